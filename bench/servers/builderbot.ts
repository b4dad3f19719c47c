/**
 * BuilderBot with everything in memory: its own MemoryDB, a provider without a network, one keyword flow.
 * Answers `{ messages }` over IPC with how long that many messages took, each answered once.
 */
import { createRequire } from 'node:module'

// The package's entry is CommonJS in a package that says "module", so it is loaded as what it is.
const require = createRequire(import.meta.url)
const { createBot, createFlow, addKeyword, MemoryDB, ProviderClass } =
  require('@builderbot/bot') as typeof import('@builderbot/bot')

let sent = 0
let onSent = (): void => {}

class NoNetwork extends ProviderClass {
  declare emit: (event: string, message: object) => void
  globalVendorArgs = { name: 'bench' }
  protected beforeHttpServerInit(): void {}
  protected afterHttpServerInit(): void {}
  protected busEvents(): [] {
    return []
  }
  protected async initVendor(): Promise<object> {
    return {}
  }
  async saveFile(): Promise<string> {
    return ''
  }
  async sendMessage<K>(userId: string, message: string): Promise<K> {
    sent++
    onSent()
    return { userId, message } as K
  }
}

const provider = new NoNetwork()
await createBot({
  flow: createFlow([addKeyword('/help').addAnswer('Available commands: /help, /status, /info')]),
  database: new MemoryDB(),
  provider,
})

async function run(
  messages: number,
  chats: number,
  inFlight: number,
): Promise<{ seconds: number; answered: number }> {
  sent = 0
  let emitted = 0
  const begun = performance.now()
  await new Promise<void>((resolve) => {
    const emit = (): void => {
      const from = String(5511900000000 + (emitted % chats))
      emitted++
      provider.emit('message', { body: '/help', from, name: 'Ana' })
    }
    onSent = () => {
      if (emitted < messages) emit()
      if (sent >= messages) resolve()
    }
    for (let i = 0; i < Math.min(inFlight, messages); i++) emit()
  })
  return { seconds: (performance.now() - begun) / 1000, answered: sent }
}

process.on('message', (job: { messages: number; chats: number; inFlight: number }) => {
  void run(job.messages, job.chats, job.inFlight).then((result) => process.send?.({ result }))
})
process.on('disconnect', () => process.exit(0))
process.send?.({ ready: true })
