import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Address } from '../src/core/address.ts'
import type { Party } from '../src/core/events.ts'
import type { ChatId, CommandId, InstanceId, MessageId } from '../src/core/ids.ts'
import type { Clock, Logger } from '../src/core/ports.ts'
import { hashParts } from '../src/core/signature.ts'
import type {
  Acceptance,
  Arrival,
  ArrivingEvent,
  ClaimedLane,
  ClaimedSend,
  NewCommand,
  Store,
  TurnCommit,
  TurnOutcome,
} from '../src/core/store.ts'
import { systemClock } from '../src/platform/clock.ts'
import { openPostgresStore } from '../src/storage/postgres/open.ts'

/** What tests of several nodes on one database are made of. */

export const SUPPORT = 'support' as InstanceId
export const DAY = 24 * 3_600_000

export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

/** A machine whose idea of the time is off by `aheadMs`; what takes a moment takes a moment. */
export const machineAhead = (aheadMs: number): Clock => ({
  ...systemClock,
  now: () => systemClock.now() + aheadMs,
})

/** A store with a pool of its own: one process of many, as the database sees it. */
export class TestNode {
  readonly holder = randomUUID()
  readonly store: Store
  readonly clock: Clock
  leaseMs = 8_000

  constructor(opened: { store: Store; clock: Clock }) {
    this.store = opened.store
    this.clock = opened.clock
  }

  /** Opens a node; `log` and `machine` where the test looks at them. */
  static async open(
    url: string,
    {
      machine = systemClock,
      poolSize = 6,
      log = silent,
    }: { machine?: Clock; poolSize?: number; log?: Logger } = {},
  ): Promise<TestNode> {
    return new TestNode(await openPostgresStore({ url, poolSize, clock: machine, log, dedupeMs: 30 * DAY }))
  }

  accept(...events: ArrivingEvent[]): Promise<Acceptance[]> {
    return this.store.accept(events.map((event) => arrivalOf(event)))
  }
  claim(limit = 50, perLane = 50): Promise<ClaimedLane[]> {
    return this.store.claimLanes({ holder: this.holder, limit, perLane, leaseMs: this.leaseMs })
  }
  /** Heartbeat of a node that does everything. */
  live(): Promise<void> {
    return this.store.heartbeat({
      id: this.holder,
      roles: ['worker'],
      host: 'here',
      version: '0',
      startedAt: 0,
    })
  }
  async claimSends(options: Partial<Parameters<Store['claimSends']>[0]> = {}): Promise<ClaimedSend[]> {
    const { sends } = await this.store.claimSends({
      holder: this.holder,
      limit: 50,
      leaseMs: this.leaseMs,
      pacing: new Map(),
      dice: 0,
      unknownHoldMs: 60_000,
      exclude: [],
      ...options,
    })
    return sends
  }
  async settleSent(send: ClaimedSend): Promise<void> {
    const { id, chat, fence } = send
    const result = { end: 'sent', messageId: `S${id}` as MessageId } as const
    await this.store.settle([{ id, chat, fence, at: this.clock.now(), result, retryAt: null }])
  }
  async enqueue(
    to: Address,
    text: string,
    options: { claim?: boolean; on?: InstanceId } = {},
  ): Promise<CommandId> {
    const { on = SUPPORT, claim = false } = options
    const command = commandTo(to, text)
    const queued = await this.store.enqueue({
      instance: on,
      to: { address: to, aliases: [] },
      command,
      claim,
    })
    return queued.id
  }
  /** Handles all that is ready now, each event with the turn `decide` gives it. @returns how many turns stood */
  async work(
    decide: (lane: ClaimedLane, i: number) => Partial<TurnCommit> = () => ({}),
    limit = 50,
  ): Promise<number> {
    const lanes = await this.claim(limit)
    const outcomes = await Promise.all(lanes.map((lane) => this.finish(lane, decide)))
    return outcomes.flat().filter(({ type }) => type === 'committed').length
  }
  /** Commits the turns of a claim one after another, until one is stale. */
  async finish(
    lane: ClaimedLane,
    decide: (lane: ClaimedLane, i: number) => Partial<TurnCommit> = () => ({}),
  ): Promise<TurnOutcome[]> {
    if (lane.events.length === 0) await this.store.releaseLanes([lane])
    const outcomes: TurnOutcome[] = []
    for (const i of lane.events.keys()) {
      const [outcome] = await this.store.commitTurns([
        turnOf(lane, i, { leaseMs: this.leaseMs, ...decide(lane, i) }),
      ])
      outcomes.push(outcome!)
      if (outcome!.type === 'stale') break
    }
    return outcomes
  }
}

export const person = (digits: string, ...aliases: string[]): Party => ({
  address: `phone:${digits}` as Address,
  aliases: aliases as Address[],
})
/** Somebody known by a number of the plan that has one form only, so that nobody is taken for somebody else. */
export const somebody = (n: number): Party => person(`49151${String(n).padStart(8, '0')}`)

export const says = (chat: Party, id: string, options: Partial<ArrivingEvent> = {}): ArrivingEvent => ({
  fact: { kind: 'message', message: { id: id as MessageId, content: { type: 'text', text: id } } },
  author: 'other',
  chat,
  sender: chat,
  identity: 'fact',
  key: hashParts(['message', chat.address, id]),
  disposition: 'handle',
  claims: false,
  ...options,
})

export const arrivalOf = (...events: ArrivingEvent[]): Arrival => ({
  instance: SUPPORT,
  receivedAt: 0,
  source: '127.0.0.1',
  headers: {},
  body: Buffer.from('{}'),
  reorderMs: 0,
  events,
})

export const commandTo = (to: Address, text: string): NewCommand => ({
  id: randomUUID() as CommandId,
  command: { type: 'text', to, text },
  typingMs: 0,
  ignoreOwner: false,
})

/** A turn that writes its message down and does what `extra` says. */
export function turnOf(lane: ClaimedLane, i: number, extra: Partial<TurnCommit> = {}): TurnCommit {
  const event = lane.events[i]!
  return {
    lane: lane.lane,
    fence: lane.fence,
    instance: lane.instance,
    event: event.id,
    place: event.place,
    more: i < lane.events.length - 1,
    leaseMs: 8_000,
    log:
      event.fact.kind === 'message'
        ? [
            {
              type: 'message',
              message: event.fact.message,
              author: event.author,
              at: event.at,
              status: 'delivered',
              live: true,
              ...(event.contact ? { contact: event.contact.id } : {}),
              ...(event.chat?.aliases.length === 0 ? { address: event.chat.address } : {}),
            },
          ]
        : [],
    commands: [],
    state: new Map(),
    timers: [],
    outcome: 'done',
    ...(lane.chat ? { epoch: lane.chat.epoch } : {}),
    ...(event.fact.kind === 'timer'
      ? { firedTimer: { key: event.fact.key, generation: event.fact.generation } }
      : {}),
    ...extra,
  }
}

/** Id of the message an event tells of. */
export const messageIdOf = (lane: ClaimedLane, i: number): string | undefined => {
  const { fact } = lane.events[i]!
  return fact.kind === 'message' ? fact.message.id : undefined
}

/** The chat of somebody; made by what was accepted or queued before. */
export async function chatOf(store: Store, party: Party, on = SUPPORT): Promise<ChatId> {
  const chat = await store.findChat(on, party.address)
  if (chat === undefined) throw new Error(`no chat with ${party.address}`)
  return chat
}

/** Does `work` over and over, in as many loops, until `over` says so. */
export async function loops(work: readonly (() => Promise<unknown>)[], over: () => boolean): Promise<void> {
  await Promise.all(
    work.map(async (step) => {
      while (!over()) await step()
    }),
  )
}

/** Waits until it is so. @throws when it is not within 10 s */
export async function until(what: string, isSo: () => Promise<boolean>, limitMs = 10_000): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not within ${limitMs} ms: ${what}`)
    await sleep(20)
  }
}

/** A figure in milliseconds out of many: the `part`-th of them in order. */
export const quantile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ??
  Number.NaN
