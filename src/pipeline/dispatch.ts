import { HubError } from '../core/errors.ts'
import type { GatewayClient } from '../core/gateway.ts'
import type { CommandId, InstanceId, MessageId } from '../core/ids.ts'
import type { Clock, Logger, Metrics, Random } from '../core/ports.ts'
import type {
  ChatState,
  ClaimedEvent,
  ClaimedLane,
  LogChange,
  Look,
  Queue,
  Seen,
  Store,
  TurnCommit,
  TurnFailure,
  TurnOutcome,
} from '../core/store.ts'
import type { TrafficMeter } from '../core/traffic.ts'
import type { Handler, InstanceView } from '../core/turn.ts'
import { Batcher } from './batcher.ts'
import { settledWithin } from './grace.ts'
import { Loop } from './loop.ts'
import { notHandled, whyNotHandled } from './not-handled.ts'
import { isUnavailable, type Outage } from './outage.ts'
import type { Pressure } from './pressure.ts'
import { logChanges, nameChanges, waitsFor } from './record.ts'
import { retryAt, TURN_RETRY } from './retry.ts'
import { type Decisions, openTurn } from './turn.ts'
import type { Wake } from './wake.ts'

export interface DispatchParts {
  store: Store
  handler: Handler
  instances: ReadonlyMap<InstanceId, InstanceView>
  clients: ReadonlyMap<InstanceId, GatewayClient>
  /** Reorder window of each number (ms). */
  reorderMs: ReadonlyMap<InstanceId, number>
  clock: Clock
  random: Random
  log: Logger
  metrics: Metrics
  traffic: TrafficMeter
  holder: string
  referencePrefix: string
  pressure: Pressure
  outage: Outage
  wake: Wake
}

/** Lanes handled at once. Handlers mostly wait for something, so this is well above the cores. */
const SLOTS = 256
const CLAIM = 32
const TURNS_AT_A_STRETCH = 4
/** Chats looked up, and turns committed, in one call. */
const LOOKS = 256
/** Where one writer serves all, acknowledgements wait behind a commit: it stays small. */
const COMMITS_OF_ONE_WRITER = 32
const PER_LANE = 50
const PER_LANE_IN_BURST = 4
/** A node that dies keeps its chats for this long (ms). */
const LEASE_MS = 8_000
const RENEW_MS = 2_500
/** A handler that has not come back by then has failed (ms). */
const TURN_LIMIT_MS = 5 * 60_000
/** How long an edit, revoke or reaction waits for its message (ms). */
const PARK_MS = 60_000
const MAX_SLEEP_MS = 1_000
const MAX_ERROR = 1_000

type Committed = TurnOutcome | { type: 'failed'; error: unknown }

type Outcome = Pick<TurnCommit, 'log' | 'outcome'> &
  Partial<Decisions> &
  Pick<Partial<TurnCommit>, 'parked' | 'firedTimer' | 'epoch' | 'trace'>

/** What is kept of an attempt, however it ends. */
type Attempt = Required<Pick<TurnCommit, 'startedAt' | 'trace'>>

interface Run extends Pick<Attempt, 'trace'> {
  /** Of the turn's first attempt. */
  epoch: number | undefined
  signal: AbortSignal
}

interface Lease {
  control: AbortController
  /** By our own monotonic clock, taken before the claim (ms). */
  deadline: number
}

/** Claims lanes and handles their events, one at a time per lane, lanes in parallel. */
export function createDispatcher(parts: DispatchParts) {
  const { store, clock, log, metrics, traffic, outage } = parts
  const active = new Map<ClaimedLane, Lease>()
  const running = new Set<Promise<void>>()
  const looks = new Batcher<Look, Seen>((wanted) => store.lookUp(wanted), LOOKS, 2)
  const commits = store.shared
    ? new Batcher<TurnCommit, Committed>(commitBatch, LOOKS, 2)
    : new Batcher<TurnCommit, Committed>(commitBatch, COMMITS_OF_ONE_WRITER)

  /** One turn the store refuses must not fail its neighbours: they are then committed one by one. */
  async function commitBatch(batch: readonly TurnCommit[]): Promise<readonly Committed[]> {
    try {
      return await store.commitTurns(batch)
    } catch (error) {
      // Nothing is wrong with any of them: all may be tried again as they are.
      if (isUnavailable(error)) throw error
      if (batch.length === 1) return [{ type: 'failed', error }]
    }
    const outcomes: Committed[] = []
    for (const turn of batch) outcomes.push(...(await commitBatch([turn])))
    return outcomes
  }

  let renewing: { cancel(): void } | undefined

  const loop = new Loop({
    name: 'dispatch',
    clock,
    log,
    outage,
    maxSleepMs: MAX_SLEEP_MS,
    nextDue: () => store.nextDue('lanes'),
    work,
  })

  async function work() {
    await parts.pressure.relief()
    const free = SLOTS - active.size
    if (free <= 0 || stopping) return 'full'
    const limit = Math.min(free, CLAIM)
    const deadline = clock.monotonic() + LEASE_MS
    const perLane = parts.pressure.burst ? PER_LANE_IN_BURST : PER_LANE
    const claimed = await store.claimLanes({ holder: parts.holder, limit, perLane, leaseMs: LEASE_MS })
    for (const [i, lane] of claimed.entries()) {
      start(lane, deadline)
      // A turn up to its first wait is a tenth of a millisecond of this thread: deliveries come in between.
      if (i % TURNS_AT_A_STRETCH === TURNS_AT_A_STRETCH - 1) await new Promise((next) => setImmediate(next))
    }
    return claimed.length === limit ? 'again' : 'rest'
  }

  function start(lane: ClaimedLane, deadline: number): void {
    // We slept past a lease and claimed the lane again: the turn of the old claim must not go on beside it.
    for (const [other, lease] of active) {
      if (other.lane === lane.lane) lease.control.abort(new Error('lease lost'))
    }
    const lease: Lease = { control: new AbortController(), deadline }
    active.set(lane, lease)
    keepLeases()
    const task = runLane(lane, lease)
      .catch((err) => {
        // A turn that the store's absence ended was no attempt of its handler: it begins anew under a new lease.
        if (!outage.noted(err)) log.error({ err, lane: lane.lane }, 'lane stopped; its lease will run out')
      })
      .finally(() => {
        active.delete(lane)
        running.delete(task)
        loop.nudge()
      })
    running.add(task)
  }

  /** One timer renews every lease that is held; it ends with the last lane. */
  function keepLeases(): void {
    if (renewing || stopping || active.size === 0) return
    renewing = clock.setTimeout(() => {
      renewing = undefined
      const lanes = [...active.keys()]
      const deadline = clock.monotonic() + LEASE_MS
      store
        .renewLanes(lanes, LEASE_MS)
        .then((kept) => {
          for (const lane of lanes) {
            const lease = active.get(lane)
            if (kept.some((claim) => claim.lane === lane.lane && claim.fence === lane.fence)) {
              if (lease) lease.deadline = deadline
            } else lease?.control.abort(new Error('lease lost'))
          }
        })
        .catch((err) => {
          if (!outage.noted(err)) log.warn({ err }, 'leases could not be renewed')
        })
        .finally(keepLeases)
    }, RENEW_MS)
  }

  async function runLane(lane: ClaimedLane, lease: Lease): Promise<void> {
    const { signal } = lease.control
    if (lane.events.length === 0) {
      await store.releaseLanes([lane])
      return
    }
    let chat = lane.chat
    const events = inGatewayOrder(lane.events, parts.reorderMs.get(lane.instance) ?? 0)
    for (const [i, event] of events.entries()) {
      // No turn begins under a lease that may have run out; a commit would be stale anyway.
      if (signal.aborted || clock.monotonic() >= lease.deadline) return
      if (stopping) {
        await store.releaseLanes([lane])
        return
      }
      const message = chat && messageOf(event)
      let known: Seen['known']
      if (chat && (i > 0 || message !== undefined)) {
        const seen = await looks.add({ chat: chat.id, message })
        chat = seen.chat
        known = seen.known
      }
      const more = i < events.length - 1
      if (!(await runTurn(lane, event, { chat, known }, more, lease))) return
    }
  }

  /**
   * @returns whether the lane may go on with its next event
   * @throws E_STORE_UNAVAILABLE when the store was away until the lease ended
   */
  async function runTurn(
    lane: ClaimedLane,
    event: ClaimedEvent,
    { chat, known }: Seen,
    more: boolean,
    lease: Lease,
  ): Promise<boolean> {
    const { signal } = lease.control
    const patient = () => !signal.aborted && clock.monotonic() < lease.deadline
    const started = clock.monotonic()
    metrics.record('pombo_lane_wait_seconds', {}, Math.max(0, clock.now() - event.acceptedAt) / 1000)
    const epoch = event.epoch ?? chat?.epoch
    const attempt: Attempt = { startedAt: clock.now(), trace: { handlers: [] } }
    let outcome: Outcome
    try {
      outcome = await decide(lane, event, { chat, known }, { epoch, signal, trace: attempt.trace })
    } catch (error) {
      if (signal.aborted) return false
      if (isUnavailable(error)) throw error
      await fail(lane, event, { ...attempt, epoch }, error, patient)
      return false
    }
    const commit: TurnCommit = {
      lane: lane.lane,
      fence: lane.fence,
      instance: lane.instance,
      event: event.id,
      place: event.place,
      more,
      leaseMs: LEASE_MS,
      commands: [],
      state: new Map(),
      timers: [],
      ...(epoch === undefined ? {} : { epoch }),
      ...attempt,
      ...outcome,
    }
    // The fence makes a repeat safe: of a commit whose answer was lost it is stale.
    const result = await outage.persist(() => commits.add(commit), patient)
    if (result.type === 'failed') {
      await fail(lane, event, { ...attempt, epoch }, result.error, patient)
      return false
    }
    metrics.count('pombo_turns_total', { outcome: result.type === 'stale' ? 'stale' : 'done' })
    metrics.record('pombo_turn_seconds', {}, (clock.monotonic() - started) / 1000)
    if (result.type === 'stale') return false
    traffic.count(lane.instance, 'handled')
    traffic.lag(lane.instance, 'lag', clock.now() - event.acceptedAt)
    for (const [key, value] of outcome.state ?? []) {
      if (value === null) lane.state.delete(key)
      else lane.state.set(key, value)
    }
    const queues: Queue[] = []
    if (result.commands > 0 || outcome.log.some(freesSends)) queues.push('outbox')
    if (outcome.log.some((change) => change.type === 'receipt')) queues.push('searches')
    if (outcome.log.some(bringsMedium)) queues.push('media')
    if (outcome.timers?.length || outcome.parked) queues.push('timers')
    parts.wake(queues, [lane.instance])
    return true
  }

  /** What this event leads to. Reads, runs handlers, writes nothing. */
  async function decide(
    lane: ClaimedLane,
    event: ClaimedEvent,
    { chat, known }: Seen,
    run: Run,
  ): Promise<Outcome> {
    const { fact } = event
    const names = nameChanges(event, chat?.name)
    const ownCommand = ownReference(event.reference, parts.referencePrefix)
    if (fact.kind === 'timer') {
      if (!(await store.timerIsCurrent(lane.lane, fact.key, fact.generation))) {
        return { log: [], outcome: 'skipped', ...notHandled('timer-moved') }
      }
      const decisions = await handle(lane, event, chat, run)
      return {
        log: [],
        outcome: 'done',
        ...decisions,
        firedTimer: { key: fact.key, generation: fact.generation },
      }
    }
    if (isNoNews(event, known)) {
      const echo = logChanges(event, ownCommand).filter((change) => change.type === 'echo')
      return { log: [...echo, ...names], outcome: 'skipped', ...notHandled('already-known') }
    }
    const target = chat && waitsFor(event)
    if (target !== undefined && !event.orphan && event.disposition === 'handle' && known === undefined) {
      return {
        log: names,
        outcome: 'parked',
        parked: { target, until: clock.now() + PARK_MS },
        ...notHandled('waits-for-its-message'),
      }
    }
    const changes = [...(chat || fact.kind === 'connection' ? logChanges(event, ownCommand) : []), ...names]
    const reason = whyNotHandled(event)
    if (reason !== undefined) return { log: changes, outcome: 'skipped', ...notHandled(reason) }
    return { log: changes, outcome: 'done', ...(await handle(lane, event, chat, run)) }
  }

  async function handle(
    lane: ClaimedLane,
    event: ClaimedEvent,
    chat: ChatState | undefined,
    { epoch, signal, trace }: Run,
  ): Promise<Decisions | ReturnType<typeof notHandled>> {
    const instance = parts.instances.get(event.instance)
    if (!instance) return notHandled('instance-gone')
    const { turn, decisions } = openTurn({
      lane,
      event,
      chat,
      instance,
      epoch,
      client: parts.clients.get(event.instance),
      store,
      clock,
      random: parts.random,
      log,
      signal,
      installation: store.installation,
      trace: trace.handlers,
    })
    await limited(async () => parts.handler(turn, async () => {}), signal)
    return decisions()
  }

  /** A handler that never comes back must not keep its chat for ever. */
  async function limited(run: () => Promise<void>, signal: AbortSignal): Promise<void> {
    let end: (error: Error) => void = () => {}
    const ended = new Promise<never>((_, reject) => {
      end = reject
    })
    const lost = () => end(new Error('lease lost'))
    signal.addEventListener('abort', lost, { once: true })
    const timer = clock.setTimeout(
      () =>
        end(new HubError('E_BOT', `The handler did not come back within ${TURN_LIMIT_MS / 60_000} minutes.`)),
      TURN_LIMIT_MS,
    )
    try {
      await Promise.race([run(), ended])
    } finally {
      timer.cancel()
      signal.removeEventListener('abort', lost)
    }
  }

  async function fail(
    lane: ClaimedLane,
    event: ClaimedEvent,
    { epoch, ...attempt }: Attempt & Pick<Run, 'epoch'>,
    error: unknown,
    patient: () => boolean,
  ): Promise<void> {
    const again = retryAt(TURN_RETRY, event.attempt, clock.now(), parts.random)
    metrics.count('pombo_turns_total', { outcome: again === null ? 'dead' : 'failed' })
    traffic.count(event.instance, again === null ? 'dead' : 'failed')
    log.error(
      { err: error, event: event.id, instance: event.instance, attempt: event.attempt, retryAt: again },
      again === null
        ? 'a turn failed for the last time and is a dead letter'
        : 'a turn failed and will be tried again',
    )
    const { fact } = event
    const failure: TurnFailure = {
      lane: lane.lane,
      fence: lane.fence,
      instance: lane.instance,
      event: event.id,
      place: event.place,
      attempt: event.attempt,
      error: describe(error),
      retryAt: again,
      log:
        lane.chat || fact.kind === 'connection'
          ? logChanges(event, ownReference(event.reference, parts.referencePrefix))
          : [],
      ...attempt,
      ...(epoch === undefined ? {} : { epoch }),
      ...(fact.kind === 'timer' ? { firedTimer: { key: fact.key, generation: fact.generation } } : {}),
    }
    const record = (what: TurnFailure) => outage.persist(() => store.failTurn(what), patient)
    try {
      await record(failure)
    } catch (err) {
      if (isUnavailable(err)) throw err
      // What the event does to the log may be what the store refuses.
      log.error({ err, event: event.id }, 'a dead letter could not be written to its chat')
      await record({ ...failure, log: [] })
    }
    parts.wake([], [lane.instance])
  }

  let stopping = false
  return {
    start: () => loop.start(),
    nudge: () => loop.nudge(),
    /** Nothing runs and nothing is ready. */
    get resting() {
      return loop.resting && active.size === 0 && commits.pending === 0
    },
    /** Ends after the current turns; what is not finished by `deadline` is left to its lease. */
    async stop(graceMs: number): Promise<void> {
      stopping = true
      await loop.stop()
      await settledWithin(clock, running, graceMs)
      for (const { control } of active.values()) control.abort(new Error('the hub stops'))
      renewing?.cancel()
      renewing = undefined
    },
  }
}

/**
 * Events that were accepted within one window of each other, by the gateway's own time; what it dates alike
 * (its clock may have whole seconds only) stays in order of arrival.
 */
export function inGatewayOrder(events: readonly ClaimedEvent[], windowMs: number): readonly ClaimedEvent[] {
  if (windowMs === 0) return events
  const ordered: ClaimedEvent[] = []
  for (let start = 0; start < events.length; ) {
    const first = events[start]!
    let end = start + 1
    while (end < events.length && events[end]!.acceptedAt - first.acceptedAt <= windowMs) end++
    ordered.push(...events.slice(start, end).sort((a, b) => a.at - b.at))
    start = end
  }
  return ordered
}

/** The message whose being known matters to this event: its own, or the one it waits for. */
const messageOf = (event: ClaimedEvent): MessageId | undefined =>
  event.fact.kind === 'message' ? event.fact.message.id : waitsFor(event)

/**
 * Is the message in the chat already, under another spelling of its chat or sender? What history told is no news
 * yet; and who asks to run a dead letter again means it.
 */
const isNoNews = (event: ClaimedEvent, known: Seen['known']): boolean =>
  event.fact.kind === 'message' &&
  event.generation === 0 &&
  (known === 'live' || (known === 'history' && event.disposition !== 'handle'))

const bringsMedium = (change: LogChange): boolean =>
  change.type === 'message' && change.live && 'media' in change.message.content

/** An echo settles an unknown send, a connection lets held ones go. */
const freesSends = (change: LogChange): boolean => change.type === 'echo' || change.type === 'connection'

/** The command behind a client reference of this installation. */
function ownReference(reference: string | undefined, prefix: string): CommandId | undefined {
  return reference?.startsWith(prefix) ? (reference.slice(prefix.length) as CommandId) : undefined
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'something that is no Error was thrown'
  return `${error instanceof HubError ? error.code : error.name}: ${error.message}`.slice(0, MAX_ERROR)
}
