import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'
import { Webhook } from 'standardwebhooks'
import type { Clock, HttpClient } from '../src/core/ports.ts'
import type { Store } from '../src/core/store.ts'
import { compose, loadHub, type Program } from '../src/main.ts'
import { createHttpClient } from '../src/platform/http-client.ts'
import { simulatedGateways } from '../src/simulator/gateways.ts'
import type { SimulatedNumber } from '../src/simulator/port.ts'
import { type Simulator, startSimulator } from '../src/simulator/server.ts'
import { openPostgresStore } from '../src/storage/postgres/open.ts'
import { openSqliteStore } from '../src/storage/sqlite/open.ts'
import { FakeClock } from '../src/testing/fake-clock.ts'
import { freePort } from './free-port.ts'
import { silent } from './nodes.ts'

/** A whole installation whose gateways come and go, with an endpoint and a mail server that hear of it. */

export const API_KEY = 'an-api-key-0123456789'
export const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`
export const URL_KEY = 'a-key-in-the-url-0123'
const SMTP_LOGIN = { username: 'pombo', password: 'a-password-of-mail' }

/** What the operator's endpoint was posted. */
export interface Posted {
  id: string
  /** Of the body with its id and time, as Standard Webhooks wants it. */
  signed: boolean
  type: string
  body: string
  data: Record<string, unknown>
}

/** The operator's endpoint. */
export class Endpoint {
  readonly posted: Posted[] = []
  /** What it answers; undefined: never. */
  status: number | undefined = 204
  readonly #hanging = new Set<ServerResponse>()
  readonly #server: Server = createServer((request, response) => {
    void text(request).then((body) => {
      const header = (name: string) => String(request.headers[name])
      const id = header('webhook-id')
      const at = new Date(Number(header('webhook-timestamp')) * 1000)
      const { type, data } = JSON.parse(body) as Pick<Posted, 'type' | 'data'>
      const signed = new Webhook(SECRET).sign(id, at, body) === header('webhook-signature')
      this.posted.push({ id, signed, type, data, body })
      if (this.status === undefined) this.#hanging.add(response)
      else response.writeHead(this.status).end()
    })
  })

  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/alerts?key=in-the-query`
  }
  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((closed) => this.#server.close(closed))
  }
}

/** A mail server that asks for a login. */
export class PostOffice {
  readonly letters: string[] = []
  /** Answers every recipient with that. */
  refuses: number | undefined
  readonly #server = new SMTPServer({
    hideSTARTTLS: true,
    allowInsecureAuth: true,
    logger: false,
    onAuth: ({ username, password }, _session, done) =>
      username === SMTP_LOGIN.username && password === SMTP_LOGIN.password
        ? done(null, { user: username })
        : done(new Error('wrong login')),
    onRcptTo: (_address, _session, done) =>
      this.refuses === undefined
        ? done()
        : done(Object.assign(new Error('no such box: ana@example.com'), { responseCode: this.refuses })),
    onData: (stream, _session, done) => {
      void text(stream).then((letter) => {
        this.letters.push(letter)
        done()
      })
    },
  })

  async open(): Promise<number> {
    const server = this.#server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  close(): Promise<void> {
    return new Promise((closed) => this.#server.close(() => closed()))
  }
}

const GOWA: SimulatedNumber = {
  instance: 'support',
  name: 'Support',
  digits: '5511900000001',
  privateDigits: '184467440737001',
  generation: simulatedGateways.find(({ name }) => name === 'gowa')?.generations[0] ?? '',
  connected: true,
  webhookUrl: 'http://127.0.0.1:9/',
}
const UAZAPI: SimulatedNumber = {
  ...GOWA,
  instance: 'sales',
  name: 'Sales',
  digits: '5511900000002',
  privateDigits: '184467440737002',
  generation: simulatedGateways.find(({ name }) => name === 'uazapi')?.generations[0] ?? '',
  token: 'a-token-of-an-instance',
}
export const ANA = { digits: '5511912345678', privateDigits: '911', name: 'Ana' }

/** Where the rows are: a file of this stage, or a database server. */
export type Place = { engine: 'sqlite' } | { engine: 'postgres'; url: string }

export class Stage {
  readonly endpoint = new Endpoint()
  readonly office = new PostOffice()
  readonly folder = mkdtempSync(join(tmpdir(), 'pombo-alerts-'))
  readonly numbers = { support: { ...GOWA }, sales: { ...UAZAPI } }
  readonly clock = new FakeClock({ start: Date.now(), settle: () => this.#settle() })
  readonly logged: string[] = []
  simulator!: Simulator
  endpointUrl = ''
  smtpPort = 0
  #port = 0
  /** Deliveries of the gateways that are on the wire. */
  #posting = 0
  #programs: { program: Program; url: string }[] = []

  async open(): Promise<this> {
    this.endpointUrl = await this.endpoint.open()
    this.smtpPort = await this.office.open()
    this.#port = await freePort()
    this.numbers.sales.webhookUrl = `http://127.0.0.1:${this.#port}/webhooks/sales/${URL_KEY}`
    const { request } = createHttpClient({ clock: this.clock })
    const http: HttpClient = async (wanted) => {
      this.#posting++
      return request(wanted).finally(() => this.#posting--)
    }
    const gateway = (wanted: string) => simulatedGateways.find(({ name }) => name === wanted)!
    this.simulator = await startSimulator({
      clock: this.clock,
      random: () => 0.5,
      http,
      port: 0,
      numbers: [
        { number: this.numbers.support, gateway: gateway('gowa') },
        { number: this.numbers.sales, gateway: gateway('uazapi') },
      ],
      people: [ANA],
    })
    return this
  }

  /** Writes the configuration of the node that is started next. */
  write(alerts: object = {}, more: object = {}): void {
    const base = `${this.simulator.url}/gateways`
    const proof = { webhook: { key: URL_KEY } }
    const config = {
      // Only the first node is known to the gateways.
      port: this.#programs.length === 0 ? this.#port : 0,
      watch: { every: '30s' },
      alerts: {
        webhook: { url: this.endpointUrl, secret: SECRET },
        email: {
          smtp: { host: '127.0.0.1', port: this.smtpPort, ...SMTP_LOGIN },
          from: 'pombo@example.com',
          to: ['ana@example.com', 'tom@example.com'],
        },
        ...alerts,
      },
      instances: [
        { id: 'support', gateway: 'gowa', baseUrl: `${base}/support`, insecure: true, webhook: {} },
        { id: 'sales', gateway: 'uazapi', baseUrl: `${base}/sales`, token: UAZAPI.token, ...proof },
      ],
      ...more,
    }
    writeFileSync(join(this.folder, 'pombo.config.json'), JSON.stringify(config))
  }

  /** Starts a node. */
  async start(place: Place, alerts: object = {}, more: object = {}): Promise<void> {
    this.write(alerts, more)
    const loaded = await loadHub({ file: undefined, cwd: this.folder, env: { POMBO_API_KEY: API_KEY } })
    const keep = (fields: object, message: string) =>
      void this.logged.push(`${message} ${JSON.stringify(fields)}`)
    const log = { ...silent, info: keep, warn: keep, error: keep, child: () => log }
    const program = await compose({
      config: { ...loaded.config, media: undefined } as typeof loaded.config,
      overrides: { store: await this.#openStore(place), clock: this.clock, log },
    })
    const { url } = await program.start()
    this.#programs.push({ program, url })
    this.numbers.sales.webhookUrl = `${this.url}/webhooks/sales/${URL_KEY}`
  }

  get url(): string {
    return this.#programs[0]?.url ?? ''
  }

  #openStore(place: Place): Promise<Store> {
    const options = { log: silent, dedupeMs: 30 * 86_400_000 }
    if (place.engine === 'sqlite')
      return openSqliteStore({ ...options, path: join(this.folder, 'hub.db'), clock: this.clock })
    // What waits for a server waits for real.
    const clock: Clock = {
      now: () => this.clock.now(),
      monotonic: () => performance.now(),
      setTimeout(run, ms) {
        const timer = setTimeout(run, ms)
        return { cancel: () => clearTimeout(timer) }
      },
    }
    return openPostgresStore({ ...options, url: place.url, poolSize: 5, clock, simulatedClock: true }).then(
      ({ store }) => store,
    )
  }

  /** What one step in time sets off is done before the next one. */
  async #settle(): Promise<undefined> {
    do {
      for (const { program } of this.#programs) await program.hub.idle()
      await new Promise((next) => setImmediate(next))
    } while (this.#posting > 0)
  }

  async ask<T = Record<string, unknown>>(
    path: string,
    init: { method?: string; body?: object; key?: string } = {},
  ): Promise<{ status: number; body: T }> {
    const { method = 'GET', body, key = API_KEY } = init
    const response = await fetch(`${this.url}${path.startsWith('/metrics') ? '' : '/api/v1'}${path}`, {
      method,
      headers: {
        ...(key !== '' && { authorization: `Bearer ${key}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      body: body ? JSON.stringify(body) : null,
    })
    const answer = await response.text()
    return {
      status: response.status,
      body: (path.startsWith('/metrics') ? answer : JSON.parse(answer)) as T,
    }
  }

  /** The first node ends at once, as if its plug was pulled. */
  async stop(): Promise<void> {
    for (const { program } of this.#programs.splice(0)) await program.stop(0)
  }

  async close(): Promise<void> {
    await this.stop()
    await Promise.all([this.simulator.close(), this.endpoint.close(), this.office.close()])
    rmSync(this.folder, { recursive: true })
  }
}
