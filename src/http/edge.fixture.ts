import { randomBytes } from 'node:crypto'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { z } from 'zod'
import { createAccess } from '../access/index.ts'
import type { AccessStore } from '../core/access.ts'
import { address } from '../core/address.ts'
import type { HubConfig, InstanceConfig } from '../core/config.ts'
import type { Gateway, RawDelivery } from '../core/gateway.ts'
import {
  type ChatId,
  type CommandId,
  type ContactId,
  type DeliveryId,
  type EventId,
  type InstanceId,
  type MergeId,
  type MessageRowId,
  messageId,
  type ReplayId,
  type ServerId,
} from '../core/ids.ts'
import type { MediaRow } from '../core/media.ts'
import type { ReplayRow, ReplayState } from '../core/monitor.ts'
import type { Clock, HttpClient, Logger, Metrics } from '../core/ports.ts'
import type { RegistryStore } from '../core/registry.ts'
import type { ChatRow, ClusterStore, CommandRow, EventRow, MergeRow, UndoOutcome } from '../core/store.ts'
import type { Hub } from '../hub.ts'
import type { Admission, Ingest, IngestTarget, Receipt } from '../pipeline/ingest.ts'
import { createNews } from '../pipeline/news.ts'
import { createRegistry, type Registry } from '../pipeline/registry/live.ts'
import { createMaker, type Maker } from '../pipeline/registry/make.ts'
import { createWitness, type Witness } from '../pipeline/registry/witness.ts'
import { alone } from '../storage/alone.ts'
import type { EdgeHub } from './edge.ts'
import { createHttpServer, type HttpServerOptions } from './server.ts'

export const API_KEY = 'test-api-key-of-the-hub'
export const URL_KEY = 'url-key-0123456789'
/** What the fake hub takes for a valid signature. */
export const PROOF = { 'x-proof': 'good' }

export const instance = (id: string, more: Partial<InstanceConfig> = {}): InstanceConfig => ({
  id: id as InstanceId,
  gateway: 'fake',
  baseUrl: 'http://user:basic-password@127.0.0.1:3000/base?token=base-token',
  webhook: { secrets: ['webhook-secret-1'], allow: [] },
  insecure: false,
  tags: [],
  pacing: { minDelayMs: 0, maxDelayMs: 0 },
  apiMessagesClaim: false,
  settings: { token: 'instance-token' },
  ...more,
})

export function config(more: Partial<HubConfig> = {}): HubConfig {
  return {
    host: '127.0.0.1',
    port: 0,
    database: { engine: 'sqlite', path: ':memory:' },
    limits: { bodyBytes: 1000, bodyBytesWithKey: 4000, failedAuthPerMinute: 3 },
    trustedProxies: [],
    servers: [],
    instances: [
      instance('support'),
      instance('sales', { webhook: { secrets: [], key: URL_KEY, allow: [] } }),
    ],
    features: {},
    retention: { deliveriesMs: 1, dedupeMs: 1, eventsMs: 1, commandsMs: 1, auditMs: 1 },
    apiKey: API_KEY,
    logLevel: 'silent',
    ...more,
  }
}

export interface Received {
  target: IngestTarget
  delivery: RawDelivery
  source: string
}

/** A store in which there are no instances but those of the configuration. */
const NOTHING_STORED: RegistryStore = {
  registryGeneration: async () => 0,
  storedRegistry: async () => ({ generation: 0, instances: [], servers: [], removed: [] }),
  saveEntry: async () => ({ type: 'stale' }),
  removeEntry: async () => undefined,
  reseal: async () => false,
  beginCreation: async (creation) => creation,
  takeCreation: async () => false,
  endCreation: async () => {},
  noteRefusals: async () => {},
  refusals: async () => [],
  noteVerified: async () => {},
  verifiedSince: async () => new Map(),
  listUnrouted: async () => [],
  unroutedEvents: async () => [],
  handedOver: async () => {},
  forgetUnrouted: async () => {},
}

/** One that says nothing and takes nothing. */
const silentGateway = (name: string): Gateway => ({
  name,
  settings: z.looseObject({}),
  capabilities: new Set(),
  proof: 'signature',
  verify: () => ({ ok: false, reason: 'nothing is proved here' }),
  normalise: () => ({ events: [] }),
  redact: (body) => body,
  parseRecipient: () => undefined,
  connect: () => ({ sendTimeoutMs: 0, send: async () => ({ end: 'hold', reason: 'nothing is sent here' }) }),
})

const none = () => ({ count: 0, first: [] })
const DECIDED = { resend: 'queued', sent: 'sent', failed: 'rejected', discard: 'discarded' } as const

/** A hub of plain arrays. `receive` can be replaced to hold, fail or refuse. */
export class FakeHub implements EdgeHub {
  readonly config: HubConfig
  readonly received: Received[] = []
  readonly sends: Parameters<Hub['send']>[0][] = []
  readonly events: EventRow[] = []
  readonly chats: ChatRow[] = []
  readonly commands: CommandRow[] = []
  readonly asked: object[] = []
  readonly merges: MergeRow[] = []
  /** By message row. */
  readonly files = new Map<number, { row: MediaRow; bytes?: AsyncIterable<Uint8Array> }>()
  undoOutcome: UndoOutcome | undefined
  nudges = 0
  /** Numbers whose log was changed from outside. */
  readonly changed: InstanceId[] = []
  storeFault: unknown
  receive: (received: Received) => Promise<Receipt> = async ({ delivery, target }) =>
    delivery.headers['x-proof'] === 'good' || target.urlKey === URL_KEY
      ? { type: 'accepted', accepted: 1, duplicates: 0 }
      : { type: 'unauthenticated', reason: 'The signature does not match.' }

  /** Of one process; replace it for those of many. */
  cluster: ClusterStore

  readonly kinds: readonly Gateway[]
  readonly registry: Registry
  readonly witness: Witness
  readonly maker: Maker
  checkInstance = async () => undefined
  handOver = async () => 0
  readonly fetchBytes = undefined
  readonly http: HttpClient = async () => ({ type: 'not-sent', reason: 'nobody is there' })

  constructor(hubConfig: HubConfig, clock: Clock = new SkippingClock()) {
    this.config = hubConfig
    this.cluster = alone(() => clock.now())
    const names = new Set([...hubConfig.instances, ...hubConfig.servers].map((one) => one.gateway))
    this.kinds = [...names].map(silentGateway)
    const parts = { store: this.store, clock, log: new KeptLog() }
    this.registry = createRegistry({
      ...parts,
      file: hubConfig,
      gateways: new Map(this.kinds.map((kind) => [kind.name, kind])),
      store: { ...this.store, ...this.cluster },
      announce() {},
      http: this.http,
    })
    this.witness = createWitness(parts)
    this.maker = createMaker({
      registry: this.registry,
      gateways: new Map(this.kinds.map((kind) => [kind.name, kind])),
      store: { ...this.store, ...this.cluster },
      clock,
      holder: 'here',
    })
  }

  readonly witnessed: string[] = []
  readonly ingest = {
    refused: (...said: Parameters<Ingest['refused']>) => void this.witnessed.push(said.join(' ')),
    admit: ({ instance: name, urlKey }: { instance: string; urlKey?: string }): Admission => {
      const found = this.config.instances.find(({ id }) => id === name)
      if (found === undefined && name !== 'global') return { type: 'unknown-instance' }
      const { limits } = this.config
      return {
        type: 'admitted',
        target: { id: found?.id ?? 'global', urlKey },
        maxBytes: urlKey === URL_KEY ? limits.bodyBytesWithKey : limits.bodyBytes,
        allow: found?.webhook.allow ?? [],
        deliveriesPerSecond: found?.deliveriesPerSecond,
      }
    },
    receive: async (
      target: IngestTarget,
      delivery: RawDelivery,
      source: string,
      admits?: () => Promise<boolean>,
    ): Promise<Receipt> => {
      const received = { target, delivery, source }
      this.received.push(received)
      const receipt = await this.receive(received)
      return receipt.type === 'accepted' && admits && !(await admits()) ? { type: 'over-limit' } : receipt
    },
  }

  async setOwner(...[chat, owner]: Parameters<EdgeHub['setOwner']>) {
    this.nudge()
    return (await this.store.setOwner(chat, owner)) ? {} : undefined
  }
  async media(message: MessageRowId) {
    return this.files.get(message)
  }
  async undoMerge(id: MergeId) {
    return this.undoOutcome ?? this.store.undoMerge(id)
  }
  nudge(instance?: InstanceId): void {
    this.nudges += 1
    if (instance !== undefined) this.changed.push(instance)
  }

  async send(request: Parameters<Hub['send']>[0]): Promise<{ id: CommandId; created: boolean }> {
    this.sends.push(request)
    const { idempotencyKey } = request
    const id = `00000000-0000-7000-8000-${idempotencyKey ? 'aaaaaaaaaaaa' : String(this.sends.length).padStart(12, '0')}`
    return { id: id as CommandId, created: true }
  }

  /** What the gateway of `support` has; replace to have more. */
  gateways = new Map<string, ReturnType<EdgeHub['gateway']>>()
  servers = new Map<string, ReturnType<EdgeHub['server']>>()
  gateway(instance: InstanceId) {
    return this.gateways.get(instance)
  }
  server(id: ServerId) {
    return this.servers.get(id)
  }

  readonly alerts = undefined
  readonly news: EdgeHub['news'] = createNews(alone(() => 0))
  async rehearse() {
    return undefined
  }
  replay(state: ReplayState): ReplayRow {
    return { id: 1 as ReplayId, state, matched: 0, queued: 0, skipped: 0, createdAt: 0 }
  }

  parseRecipient(_instance: InstanceId, text: string) {
    return text.endsWith('@fake') ? address('group', text.slice(0, -5)) : undefined
  }

  readonly store: EdgeHub['store'] = {
    ...NOTHING_STORED,
    listAlerts: async () => ({ data: [], next: null }),
    getAlert: async () => undefined,
    acknowledgeAlert: async () => false,
    listConnectionChanges: async () => ({ data: [], next: null }),
    connectionChangesSince: async () => [],
    lookedAt: async () => undefined,
    accept: async () => [],
    ping: async () => {
      if (this.storeFault) throw this.storeFault
    },
    listEvents: async (query) => {
      this.asked.push(query)
      if (this.storeFault) throw this.storeFault
      const wanted = query.status === undefined ? undefined : [query.status].flat()
      const data = this.events.filter((e) => wanted?.includes(e.status) ?? true)
      return { data: data.slice(0, query.limit), next: data.length > query.limit ? 'more' : null }
    },
    nodes: () => this.cluster.nodes(),
    grantDeliveries: (...request) => this.cluster.grantDeliveries(...request),
    getEvent: async (id) => this.events.find((e) => e.id === id),
    getDelivery: async (id) => ({
      id,
      instance: 'support' as InstanceId,
      receivedAt: 1_700_000_000_500,
      source: '127.0.0.1',
      headers: { 'content-type': 'application/json', authorization: 'Basic c2VjcmV0', token: 'header-token' },
      body: Buffer.from('{"hello":"world"}'),
    }),
    listChats: async (query) => {
      this.asked.push(query)
      return { data: this.chats, next: null }
    },
    getChat: async (id) => this.chats.find((c) => c.id === id),
    getContact: async (id) => ({
      id,
      name: 'Ana',
      addresses: [address('phone', '5511912345678')],
      createdAt: 0,
    }),
    listMerges: async (_contact, query) => {
      this.asked.push({ ...query })
      return { data: this.merges, next: null }
    },
    getMerge: async (id) => this.merges.find((merge) => merge.id === id),
    undoMerge: async (id) => (this.merges.some((merge) => merge.id === id) ? 'undone' : 'not-found'),
    listMessages: async (_chat, query) => {
      this.asked.push({ ...query })
      return {
        data: [
          {
            messageId: messageId('M1'),
            row: 7 as MessageRowId,
            author: 'other',
            at: 1_700_000_000_000,
            content: { type: 'text', text: 'hello' },
            status: 'read',
          },
        ],
        next: null,
      }
    },
    getMessage: async () => undefined,
    listCommands: async (query) => {
      this.asked.push(query)
      return { data: this.commands, next: null }
    },
    getCommand: async (id) => this.commands.find((c) => c.id === id),
    retryEvent: async (id, ended) => {
      const status = this.events.find((e) => e.id === id)?.status
      return status === 'dead' || (ended && status === 'done') ? ((id + 100) as EventId) : undefined
    },
    discardEvent: async (id) => {
      const row = this.events.find((e) => e.id === id)
      if (row?.status !== 'dead') return false
      row.status = 'discarded'
      return true
    },
    attention: async () => ({
      unknownSends: none(),
      failedSends: none(),
      deadLetters: none(),
      waitingChats: none(),
    }),
    laneHealth: async () => ({ held: 0, waiting: 0, later: 0 }),
    surroundings: async () => ({ commands: [], generations: [], siblings: [] }),
    listDeliveries: async () => ({ data: [], next: null }),
    peekTurn: async () => undefined,
    storedStep: async () => undefined,
    matchReplay: async () => ({ matched: 0, events: [] }),
    beginReplay: async () => this.replay('running'),
    advanceReplay: async () => undefined,
    replayRuns: async () => false,
    cancelReplay: async () => undefined,
    getReplay: async () => undefined,
    listReplays: async () => ({ data: [], next: null }),
    addTraffic: async () => {},
    readTraffic: async () => [],
    resolveCommand: async (id, decision) => {
      const row = this.commands.find((c) => c.id === id)
      if (row?.state !== 'held') return false
      row.state = DECIDED[decision]
      return true
    },
    setOwner: async (id, owner) => {
      const row = this.chats.find((c) => c.id === id)
      if (row === undefined) return false
      row.owner = owner
      row.epoch += 1
      return true
    },
    findChat: async () => undefined,
    chatKindOf: async () => 'direct',
    instanceStates: async () => [
      {
        instance: 'support' as InstanceId,
        connection: 'connected',
        lastEventAt: 1_700_000_000_000,
        queued: 2,
      },
    ],
    backlog: async () => ({ events: 0, commands: 0, deadEvents: 0, unknownCommands: 0 }),
  }
}

export const eventRow = (id: number, more: Partial<EventRow> = {}): EventRow => ({
  id: id as EventId,
  kind: 'message',
  instance: 'support' as InstanceId,
  at: 1_700_000_000_000,
  acceptedAt: 1_700_000_001_000,
  status: 'done',
  attempts: 1,
  author: 'other',
  fact: { kind: 'message', message: { id: messageId('M1'), content: { type: 'text', text: 'hello' } } },
  chat: 7 as ChatId,
  delivery: 3 as DeliveryId,
  generation: 0,
  ...more,
})

export const chatRow = (id: number, more: Partial<ChatRow> = {}): ChatRow => ({
  id: id as ChatId,
  kind: 'direct',
  address: address('phone', '5511912345678'),
  owner: 'bot',
  epoch: 1,
  instance: 'support' as InstanceId,
  contact: 4 as ContactId,
  ...more,
})

export const commandRow = (id: string, more: Partial<CommandRow> = {}): CommandRow => ({
  id: id as CommandId,
  instance: 'support' as InstanceId,
  chat: 7 as ChatId,
  type: 'text',
  state: 'sent',
  attempts: 1,
  command: { type: 'text', to: address('phone', '5511912345678'), text: 'hi' },
  createdAt: 1_700_000_000_000,
  ...more,
})

/** A clock that runs, and can be put forward. */
export class SkippingClock implements Clock {
  #skipped = 0
  skip(ms: number): void {
    this.#skipped += ms
  }
  now(): number {
    return Date.now() + this.#skipped
  }
  monotonic(): number {
    return performance.now() + this.#skipped
  }
  setTimeout(fn: () => void, ms: number): { cancel(): void } {
    const timer = setTimeout(fn, ms)
    return { cancel: () => clearTimeout(timer) }
  }
}

/** Keeps every line as text, the way an operator would read it. */
export class KeptLog implements Logger {
  readonly lines: string[] = []
  #keep(fields: object, message: string): void {
    const plain = Object.entries(fields).map(([k, v]) => [k, v instanceof Error ? String(v.stack) : v])
    this.lines.push(`${message} ${JSON.stringify(Object.fromEntries(plain))}`)
  }
  debug = (fields: object, message: string) => this.#keep(fields, message)
  info = this.debug
  warn = this.debug
  error = this.debug
  child = () => this
}

/** Nobody but the key of the configuration: people and other keys are tested over a store. */
const noPeople = {
  hasOwner: async () => false,
  findKey: async () => undefined,
  findSession: async () => undefined,
  addAudit: async () => {},
} satisfies Partial<AccessStore> as unknown as AccessStore
export const keyOnly = ({ apiKey }: HubConfig, clock: Clock, log: Logger) =>
  createAccess({ store: noPeople, clock, log, bytes: randomBytes, apiKey })

export interface EdgeOptions extends Partial<Omit<HttpServerOptions, 'hub'>> {
  config?: Partial<HubConfig>
}

/** A server on an ephemeral loopback port over a {@link FakeHub}; closed by `await using`. */
export async function startEdge(options: EdgeOptions = {}) {
  const { config: settings, ...others } = options
  const clock = new SkippingClock()
  const hub = new FakeHub(config(settings), clock)
  const log = new KeptLog()
  const counted: string[] = []
  const meter: Metrics = {
    count: (name, labels) => void counted.push(`${name} ${Object.values(labels).join(' ')}`),
    record: (name) => void counted.push(name),
  }
  const server = createHttpServer({
    hub,
    checkAnswers: true,
    access: keyOnly(hub.config, clock, log),
    log,
    clock,
    metrics: { ...meter, render: async () => 'pombo_up 1\n', contentType: 'text/plain; version=0.0.4' },
    ...others,
  })
  const { port } = await server.listen()
  const close = (graceMs = 1000) => server.close(graceMs)
  return {
    hub,
    log,
    clock,
    counted,
    server,
    port,
    close,
    ask: (method: string, path: string, request: AskOptions = {}) => ask(port, method, path, request),
    api: (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      ask(port, method, `/api/v1${path}`, {
        headers: {
          authorization: `Bearer ${API_KEY}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      }),
    open: () => openSocket(port),
    [Symbol.asyncDispose]: () => close(0),
  }
}

export interface AskOptions {
  headers?: Record<string, string | string[]>
  body?: string | Buffer
}
export interface Answered {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** The body as JSON, for the test to say what it expects in it. */
  json: Record<string, unknown>
}

export function ask(
  port: number,
  method: string,
  path: string,
  { headers, body }: AskOptions,
): Promise<Answered> {
  const { promise, resolve, reject } = Promise.withResolvers<Answered>()
  const req = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false }, (res) => {
    const chunks: Buffer[] = []
    res.on('data', (chunk: Buffer) => chunks.push(chunk))
    // One that never ends is answered once it has begun.
    if (/event-stream/.test(res.headers['content-type'] ?? '')) {
      res.destroy()
      return resolve({ status: res.statusCode ?? 0, headers: res.headers, text: '', json: {} })
    }
    res.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const json = /json/.test(res.headers['content-type'] ?? '') && text ? JSON.parse(text) : {}
      resolve({ status: res.statusCode ?? 0, headers: res.headers, text, json })
    })
  })
  req.on('error', reject)
  req.end(body)
  return promise
}

/** A socket on which a test writes HTTP by hand. */
export async function openSocket(port: number) {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  let wake: () => void = () => {}
  let isClosed = false
  socket.setEncoding('latin1')
  socket.on('data', (chunk) => {
    text += chunk
    wake()
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    isClosed = true
    wake()
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  const waitFor = async (isThere: () => boolean) => {
    const deadline = Date.now() + 8000
    while (!isThere()) {
      if (Date.now() > deadline) throw new Error(`nothing more came after: ${text}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 100)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
  return {
    socket,
    write: (data: string | Buffer) => void socket.write(data),
    /** Resolves to everything received once it matches. */
    read: async (pattern: RegExp) => {
      await waitFor(() => pattern.test(text) || isClosed)
      return text
    },
    /** Resolves to everything received once the server has closed. */
    readToEnd: async () => {
      await waitFor(() => isClosed)
      return text
    },
    get isClosed() {
      return isClosed
    },
    [Symbol.dispose]: () => void socket.destroy(),
  }
}
