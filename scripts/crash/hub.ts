import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ToldCommand, ToldEvent } from './judge.ts'
import { sleep } from './random.ts'

const root = join(import.meta.dirname, '..', '..')
const API_KEY = 'crash-key-0123456789abcdef'
const START_LIMIT_MS = 20_000

/** The hub as a user runs it: `pombo serve --config FILE`, a process that can be killed at any moment. */
export class HubProcess {
  readonly port: number
  readonly #config: string
  #child: ChildProcess | undefined
  #log = ''

  private constructor(port: number, config: string) {
    this.port = port
    this.#config = config
  }

  /** @param instances as in the configuration */
  static async prepare(folder: string, instances: readonly object[]): Promise<HubProcess> {
    mkdirSync(folder, { recursive: true })
    const port = await freePort()
    const config = join(folder, 'pombo.config.ts')
    writeFileSync(config, configuration(folder, port, instances))
    return new HubProcess(port, config)
  }

  get base(): string {
    return `http://127.0.0.1:${this.port}`
  }
  get log(): string {
    return this.#log
  }

  spawn(): void {
    const child = spawn(process.execPath, [join(root, 'src/cli/bin.ts'), 'serve', '--config', this.#config], {
      cwd: root,
      env: {
        ...process.env,
        POMBO_SECRET_KEY: 'c'.repeat(64),
        POMBO_API_KEY: API_KEY,
        POMBO_ADMIN_PASSWORD: 'a long pass phrase 42',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that whatever the hub starts dies with it.
      detached: true,
    })
    const keep = (chunk: Buffer): void => {
      this.#log = (this.#log + chunk.toString('utf8')).slice(-8000)
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    this.#child = child
  }

  /** Resolves to the ms it took. */
  async ready(): Promise<number> {
    const begun = performance.now()
    for (;;) {
      if (this.#child && this.#child.exitCode !== null)
        throw new Error(`the hub ended by itself:\n${this.#log}`)
      const took = performance.now() - begun
      if (took > START_LIMIT_MS)
        throw new Error(`the hub was not ready within ${START_LIMIT_MS} ms:\n${this.#log}`)
      const answer = await fetch(`${this.base}/ready`, { signal: AbortSignal.timeout(2_000) }).catch(
        () => undefined,
      )
      await answer?.arrayBuffer().catch(() => {})
      if (answer?.ok) return took
      await sleep(20)
    }
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    process.kill(-child.pid, signal)
    await gone
  }

  /** False if it ended without being killed. */
  get alive(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null
  }

  async backlog(): Promise<{ events: number; commands: number }> {
    const [events, queued, sending] = await Promise.all([
      this.#list(`events?status=pending&limit=1`, 1),
      this.#list(`commands?state=queued&limit=1`, 1),
      this.#list(`commands?state=sending&limit=1`, 1),
    ])
    return { events: events.length, commands: queued.length + sending.length }
  }

  async events(): Promise<ToldEvent[]> {
    const rows = (await this.#list('events?kind=message&limit=100')) as {
      status: string
      fact: { message: { id: string } }
    }[]
    return rows.map(({ status, fact }) => ({ messageId: fact.message.id, status }))
  }

  async commands(): Promise<ToldCommand[]> {
    const rows = (await this.#list('commands?limit=100')) as {
      state: string
      command: { text?: string }
      reason?: string
    }[]
    return rows.map(({ state, command, reason }) => ({
      state,
      text: command.text ?? '',
      ...(reason !== undefined && { reason }),
    }))
  }

  async #list(path: string, most = Number.POSITIVE_INFINITY): Promise<unknown[]> {
    const all: unknown[] = []
    for (let cursor: string | null = ''; cursor !== null && all.length < most; ) {
      const suffix: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
      const response = await fetch(`${this.base}/api/v1/${path}${suffix}`, {
        headers: { authorization: `Bearer ${API_KEY}` },
        signal: AbortSignal.timeout(10_000),
      })
      if (!response.ok) throw new Error(`GET ${path} answered ${response.status}: ${await response.text()}`)
      const page = (await response.json()) as { data: unknown[]; next: string | null }
      all.push(...page.data)
      cursor = page.next
    }
    return all
  }
}

/** A bot whose every reply names its message and how many the chat's session has counted. */
function configuration(folder: string, port: number, instances: readonly object[]): string {
  const library = pathToFileURL(join(root, 'src/index.ts')).href
  const settings = {
    host: '127.0.0.1',
    port,
    database: `sqlite:${join(folder, 'pombo.db')}`,
    instances,
  }
  return `import { createBot, defineHub } from '${library}'

const bot = createBot({ session: () => ({ count: 0 }) })
bot.on('message:text', (ctx) => {
  ctx.session.count++
  ctx.reply(\`re:\${ctx.text}#\${ctx.session.count}\`)
})

export default defineHub({ ...${JSON.stringify(settings)}, bot })
`
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
