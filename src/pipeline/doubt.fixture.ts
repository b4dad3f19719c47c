import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { Address } from '../core/address.ts'
import type { Command, SendResult } from '../core/commands.ts'
import type { HubConfig } from '../core/config.ts'
import type { Author, ConnectionState, InboundEvent, ReceiptState } from '../core/events.ts'
import { type Capability, type Gateway, type RemoteMessage, verified } from '../core/gateway.ts'
import type { CommandId, InstanceId, MessageId } from '../core/ids.ts'
import { type Logger, noMetrics } from '../core/ports.ts'
import type { CommandRow, Store } from '../core/store.ts'
import { createHub, type Hub } from '../hub.ts'
import { systemClock } from '../platform/clock.ts'
import { openSqliteStore } from '../storage/sqlite/open.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { instance } from './instance.fixture.ts'

/**
 * A hub over a gateway that does with a send what a test says, and remembers what became of it.
 *
 * - `sent`: passed on and answered. `lost`: passed on, and the answer lost. `nothing`: neither.
 * - `late`: unanswered, and passed on only after twenty seconds.
 * - `failed`: unanswered; its own records say that it did not go out.
 * - `hang`: passed on, never answered (until the process dies).
 */
export type Manner = 'sent' | 'lost' | 'nothing' | 'late' | 'failed' | 'hang'

export const INSTANCE = 'main' as InstanceId
export const ANA = 'phone:5511911110001' as Address
const SEND_TIMEOUT_MS = 30_000
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

export interface Doubt {
  readonly clock: FakeClock
  readonly hub: Hub
  readonly store: Store
  /** What the customer's phone shows of us, in order. */
  readonly heard: string[]
  /** The gateway's own records, newest first. */
  readonly records: RemoteMessage[]
  /** What the hub asked and sent, oldest first. */
  readonly asked: string[]
  connection: ConnectionState
  /** The gateway does not answer searches. */
  deaf: boolean
  /** What happens to the next sends; after that they are `sent`. */
  next(...manners: Manner[]): void
  say(text: string | Omit<Extract<Command, { to: Address }>, 'to'>): Promise<CommandId>
  /** A person writes by hand on our own number. Without `echo` the hub is not told. */
  byHand(text: string, options?: { echo?: boolean }): Promise<MessageId>
  receipt(id: MessageId, state?: ReceiptState): Promise<void>
  /** The delivery of one of our own messages, as it is sent by the gateway some time; by default one it sent for us. */
  echo(record: RemoteMessage, author?: Author): Promise<void>
  command(id: CommandId): Promise<CommandRow>
  /** By command: how they stand. */
  states(): Promise<string[]>
  crash(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export async function doubtful(
  capabilities: readonly Capability[],
  options: { searchable?: boolean } = {},
): Promise<Doubt> {
  const folder = mkdtempSync(join(tmpdir(), 'pombo-doubt-'))
  const clock = new FakeClock({ settle: () => settled() })
  const manners: Manner[] = []
  const events: InboundEvent[] = []
  let ids = 0
  const world = {
    heard: [] as string[],
    records: [] as RemoteMessage[],
    asked: [] as string[],
    connection: 'connected' as ConnectionState,
    deaf: false,
  }
  const newId = () => `R${String(++ids).padStart(4, '0')}` as MessageId
  const pass = (command: Command, reference: string | undefined): RemoteMessage => {
    const text = 'text' in command ? (command.text ?? '') : command.type
    const record: RemoteMessage = {
      id: newId(),
      chat: command.to,
      fromMe: true,
      at: clock.now(),
      text,
      state: 'sent',
      ...(capabilities.includes('references') && reference !== undefined && { reference }),
    }
    world.heard.push(text)
    world.records.unshift(record)
    return record
  }
  const perform = async (command: Command, reference: string): Promise<SendResult> => {
    const manner = manners.shift() ?? 'sent'
    switch (manner) {
      case 'sent':
        return { end: 'sent', messageId: pass(command, reference).id }
      case 'lost':
        pass(command, reference)
        return { end: 'unknown', reason: 'no answer' }
      case 'late':
        clock.setTimeout(() => void pass(command, reference), 20_000)
        return { end: 'unknown', reason: '504' }
      case 'nothing':
        return { end: 'unknown', reason: 'no answer' }
      case 'failed': {
        const record = pass(command, reference)
        world.heard.pop()
        world.records[0] = { ...record, state: 'failed' }
        return { end: 'unknown', reason: 'no answer' }
      }
      case 'hang':
        pass(command, reference)
        return new Promise(() => {})
    }
  }
  const gateway: Gateway = {
    name: 'test',
    settings: z.unknown(),
    capabilities: new Set(capabilities),
    proof: 'signature',
    verify: (delivery) => ({ ok: true, verified: verified(delivery) }),
    normalise: () => ({ events: events.splice(0) }),
    redact: (body) => body,
    parseRecipient: () => undefined,
    connect: () => ({
      sendTimeoutMs: SEND_TIMEOUT_MS,
      send(command, reference) {
        world.asked.push(`send ${command.type}`)
        return perform(command, reference)
      },
      status: async () => ({ ok: true, value: world.connection }),
      ...((options.searchable ?? true) && {
        async search(query) {
          world.asked.push(`search ${Object.keys(query).join()}`)
          if (world.deaf) return { ok: false as const, reason: 'no answer', retry: true }
          const value = world.records.filter(
            (m) =>
              (query.reference === undefined || m.reference === query.reference) &&
              (query.id === undefined || m.id === query.id) &&
              (query.chat === undefined || m.chat === query.chat) &&
              (query.since === undefined || m.at === undefined || m.at >= query.since),
          )
          return { ok: true as const, value: value.slice(0, 100) }
        },
      }),
    }),
  }
  const config: HubConfig = {
    host: '127.0.0.1',
    port: 0,
    database: { engine: 'sqlite', path: join(folder, 'hub.db') },
    limits: { bodyBytes: 1 << 20, bodyBytesWithKey: 1 << 20, failedAuthPerMinute: 60 },
    trustedProxies: [],
    servers: [],
    instances: [instance(INSTANCE)],
    features: {},
    retention: { deliveriesMs: 1e9, dedupeMs: 1e9, eventsMs: 1e9, commandsMs: 1e9, auditMs: 1e9 },
    logLevel: 'silent',
  }
  const random = () => 0.5 + (ids++ % 1000) / 2_000
  let life: { hub: Hub; store: Store }
  const begin = async () => {
    const lazy = clock.lazy()
    const store = await openSqliteStore({
      path: join(folder, 'hub.db'),
      clock: lazy,
      log: silent,
      dedupeMs: 1e9,
    })
    const hub = createHub({
      config,
      store,
      gateways: [gateway],
      features: [],
      clock: lazy,
      machine: systemClock,
      random,
      log: silent,
      metrics: noMetrics,
      http: async () => ({ type: 'not-sent', reason: 'no network' }),
    })
    await hub.start()
    life = { hub, store }
  }
  await begin()
  /** A hub that waits for a gateway which hangs never rests. */
  let hanging = false
  async function settled(): Promise<number | undefined> {
    if (hanging) for (let i = 0; i < 50; i++) await new Promise((next) => setImmediate(next))
    else await life.hub.idle()
    const { store } = life
    const dues = await Promise.all(
      (['lanes', 'timers', 'outbox', 'searches'] as const).map((queue) => store.nextDue(queue)),
    )
    const ahead = dues.filter((due) => due !== undefined && due > clock.now()) as number[]
    return ahead.length === 0 ? undefined : Math.min(...ahead)
  }
  const deliver = async (...list: InboundEvent[]) => {
    events.push(...list)
    const admission = life.hub.ingest.admit({ instance: INSTANCE })
    if (admission.type !== 'admitted') throw new Error('not admitted')
    await life.hub.ingest.receive(admission.target, { headers: {}, body: Buffer.from('{}') }, 'test')
    await settled()
  }
  const party = { address: ANA, aliases: [] }
  const own = (record: RemoteMessage, author: Author): InboundEvent => ({
    fact: { kind: 'message', message: { id: record.id, content: { type: 'text', text: record.text ?? '' } } },
    identity: { type: 'fact', parts: [record.id] },
    author,
    chat: party,
    at: record.at!,
    ...(record.reference !== undefined && { reference: record.reference }),
  })
  const doubt = {
    clock,
    next: (...list: Manner[]) => void manners.push(...list),
    async say(what: Parameters<Doubt['say']>[0]) {
      hanging ||= manners[0] === 'hang'
      const command = typeof what === 'string' ? { type: 'text' as const, text: what } : what
      const { id } = await life.hub.send({ instance: INSTANCE, to: ANA, command: command as never })
      await settled()
      return id
    },
    async byHand(text: string, { echo = true } = {}) {
      const record = pass({ type: 'text', to: ANA, text }, undefined)
      if (echo) await deliver(own(record, 'person'))
      return record.id
    },
    receipt: (id: MessageId, state: ReceiptState = 'delivered') =>
      deliver({
        fact: { kind: 'receipt', target: id, state },
        identity: { type: 'fact', parts: [id, state] },
        author: 'other',
        chat: party,
        sender: party,
      }),
    echo: (record: RemoteMessage, author: Author = 'api') => deliver(own(record, author)),
    async command(id: CommandId) {
      return (await life.store.getCommand(id))!
    },
    async states() {
      return (await life.store.listCommands({ limit: 100 })).data.map(({ state }) => state).reverse()
    },
    async crash() {
      // What it still does fails on its closed store: it is as good as dead.
      const old = life
      void old.hub.stop(0).catch(() => {})
      await old.store.close()
      hanging = false
      await begin()
      await settled()
    },
    async [Symbol.asyncDispose]() {
      void life.hub.stop(0).catch(() => {})
      await life.store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  // The hub and its store are others after a crash.
  return Object.defineProperties(Object.assign(world, doubt), {
    hub: { get: () => life.hub },
    store: { get: () => life.store },
  }) as typeof world & typeof doubt & Pick<Doubt, 'hub' | 'store'>
}
