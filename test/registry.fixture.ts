import { createHmac } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../src/cli/run.ts'
import { terminal } from '../src/cli/terminal.fixture.ts'
import { SIMULATED_ADMIN_TOKEN } from '../src/gateways/uazapi/simulator/serve-server.ts'
import { compose, loadHub, type Program } from '../src/main.ts'
import { systemClock } from '../src/platform/clock.ts'
import { createHttpClient } from '../src/platform/http-client.ts'
import { createLogger } from '../src/platform/log.ts'
import { simulatedGateways } from '../src/simulator/gateways.ts'
import { type Simulator, startSimulator } from '../src/simulator/server.ts'

/** A hub whose instances are made while it runs, over simulated gateways and real HTTP. */

export const API_KEY = 'an-api-key-of-this-hub'
export const SECRET_KEY = 'a key that seals what is stored, of more than 32'
export const ADMIN_TOKEN = SIMULATED_ADMIN_TOKEN
/** Of the number that is at the uazapi server already. */
export const OWN_TOKEN = '0f0e0d0c-1111-4222-8333-444455556666'

export interface Told {
  status: number
  // biome-ignore lint/suspicious/noExplicitAny: an answer of any form; each test says what it expects in it.
  json: any
  text: string
}

export class Site {
  readonly dir = mkdtempSync(join(tmpdir(), 'pombo-registry-'))
  readonly programs: Program[] = []
  /** Every line that any node logged. */
  readonly lines: string[] = []
  /** Every answer of the API but those that show new secrets once. */
  readonly answers: string[] = []
  readonly #outgoing = createHttpClient({ clock: systemClock })
  simulator!: Simulator
  readonly #config: object
  readonly #env: Record<string, string>

  constructor(config: object = {}, env: Record<string, string> = {}) {
    this.#config = config
    this.#env = env
  }

  static async open(config: object = {}, env: Record<string, string> = {}): Promise<Site> {
    const site = new Site(config, env)
    const number = (instance: string, digits: string, generation: string, token: string) => ({
      instance,
      digits,
      privateDigits: `9${digits}`,
      name: instance,
      generation,
      connected: true,
      webhookUrl: `http://127.0.0.1:9/webhooks/${instance}`,
      token,
    })
    const [gowa, uazapi] = simulatedGateways
    site.simulator = await startSimulator({
      clock: systemClock,
      random: Math.random,
      http: site.#outgoing.request,
      port: 0,
      timing: { scanMs: 'never' },
      numbers: [
        { number: number('front', '5511955550100', 'envelope-9', ''), gateway: gowa! },
        { number: number('sales', '5511955550200', 'real-2', OWN_TOKEN), gateway: uazapi! },
      ],
      people: [],
    })
    return site
  }

  gatewayUrl(number: 'front' | 'sales'): string {
    return `${this.simulator.url}/gateways/${number}`
  }

  /** Another node, or the same one again. */
  async start(more: object = {}, env: Record<string, string> = {}) {
    const file = join(this.dir, `hub-${this.programs.length}.json`)
    writeFileSync(
      file,
      JSON.stringify({ port: 0, database: `sqlite:${join(this.dir, 'hub.db')}`, ...this.#config, ...more }),
    )
    const { config } = await loadHub({
      file,
      cwd: this.dir,
      env: { POMBO_API_KEY: API_KEY, ...this.#env, ...env },
    })
    const log = createLogger({ level: 'debug', write: (line) => void this.lines.push(line) })
    const program = await compose({ config, overrides: { log, checkAnswers: true } })
    const { url } = await program.start()
    this.programs.push(program)
    return { program, ...this.#door(url) }
  }

  /** The program's command line, with the configuration of the first node. */
  async run(args: readonly string[], env: Record<string, string> = {}) {
    const { io, out, err } = terminal(this.dir, { env: { POMBO_API_KEY: API_KEY, ...this.#env, ...env } })
    const code = await run([...args, '--config', join(this.dir, 'hub-0.json')], io)
    return { code, out: [...out, ...err] }
  }

  async stop(program: Program): Promise<void> {
    this.programs.splice(this.programs.indexOf(program), 1)
    await program.stop(2_000)
  }

  #door(url: string) {
    const read = async (response: Response): Promise<Told> => {
      const text = await response.text()
      return {
        status: response.status,
        text,
        json: text !== '' && /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : {},
      }
    }
    return {
      url,
      api: async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
        const told = await read(
          await fetch(`${url}/api/v1${path}`, {
            method,
            headers: {
              authorization: `Bearer ${API_KEY}`,
              ...(body === undefined ? {} : { 'content-type': 'application/json' }),
              ...headers,
            },
            ...(body !== undefined && { body: JSON.stringify(body) }),
          }),
        )
        if (told.json.secrets === undefined) this.answers.push(told.text)
        return told
      },
      deliver: async (path: string, body: object, headers: Record<string, string> = {}) =>
        read(
          await fetch(`${url}/webhooks/${path}`, {
            method: 'POST',
            headers: { 'content-type': 'application/json', ...headers },
            body: JSON.stringify(body),
          }),
        ),
    }
  }

  async close(): Promise<void> {
    for (const program of this.programs.splice(0)) await program.stop(1_000)
    await this.simulator.close()
    await this.#outgoing.close()
    rmSync(this.dir, { recursive: true })
  }
}

export const signed = (secret: string, body: object): Record<string, string> => ({
  'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(JSON.stringify(body)).digest('hex')}`,
})

let count = 0
const nextId = () => `3EB0${String(++count).padStart(16, '0')}`

export const gowaMessage = (text: string, device = '5511955550100@s.whatsapp.net') => ({
  event: 'message',
  device_id: device,
  payload: {
    id: nextId(),
    timestamp: new Date().toISOString(),
    is_from_me: false,
    chat_id: '5511911110001@s.whatsapp.net',
    from: '5511911110001@s.whatsapp.net',
    from_name: 'Ana',
    body: text,
  },
})

export function uazapiMessage(text: string, token: string, owner = '5511955550200', instanceName = 'sales') {
  const messageid = nextId()
  return {
    BaseUrl: 'https://example.uazapi.com',
    EventType: 'messages',
    instanceName,
    owner,
    token,
    chat: { wa_chatid: '5511911110001@s.whatsapp.net', wa_name: 'Ana', owner },
    message: {
      id: `${owner}:${messageid}`,
      messageid,
      chatid: '5511911110001@s.whatsapp.net',
      sender: '5511911110001@s.whatsapp.net',
      senderName: 'Ana',
      fromMe: false,
      isGroup: false,
      owner,
      type: 'text',
      messageType: 'Conversation',
      text,
      content: text,
      messageTimestamp: Date.now(),
      wasSentByApi: false,
    },
  }
}
