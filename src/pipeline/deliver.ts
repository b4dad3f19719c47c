import { type Command, carriedLength, REPEATABLE, type SendResult } from '../core/commands.ts'
import type { Capability, GatewayClient } from '../core/gateway.ts'
import type { InstanceId } from '../core/ids.ts'
import type { Clock, Logger, Metrics, Random } from '../core/ports.ts'
import type { ClaimedSend, Queue, Settlement, Store } from '../core/store.ts'
import type { TrafficMeter } from '../core/traffic.ts'
import { Batcher } from './batcher.ts'
import { type Adapted, adapt } from './fallback.ts'
import { settledWithin } from './grace.ts'
import { Loop } from './loop.ts'
import type { Outage } from './outage.ts'
import { retryAt, SEND_RETRY } from './retry.ts'
import type { Wake } from './wake.ts'

export interface DeliverParts {
  store: Store
  clients: ReadonlyMap<InstanceId, GatewayClient>
  /** Numbers that were taken away for good: what still wants to go out through them never will. */
  removed: ReadonlySet<InstanceId>
  /** What each number's gateway can do; what it cannot is said in other words, or refused before it leaves. */
  capabilities: ReadonlyMap<InstanceId, ReadonlySet<Capability>>
  pacing: ReadonlyMap<InstanceId, { minDelayMs: number; maxDelayMs: number }>
  clock: Clock
  random: Random
  log: Logger
  metrics: Metrics
  traffic: TrafficMeter
  holder: string
  referencePrefix: string
  outage: Outage
  wake: Wake
}

/** Sends under way at once, in all and per number: a gateway that hangs must not take every hand. */
const SLOTS = 256
const SLOTS_PER_INSTANCE = 32
const CLAIM = 32
/** Bytes of media that commands under way may carry together (characters of base64): three of the largest. */
const CARRIED = 72 * 1024 * 1024
/** Beyond the longest time a gateway's client may take (ms). */
const LEASE_MARGIN_MS = 15_000
/** How long an unknown send holds its chat (ms). */
export const UNKNOWN_HOLD_MS = 60_000
/** A number that cannot send is tried again after this, growing (ms). */
const HOLD_FIRST_MS = 5_000
const HOLD_MAX_MS = 60_000
const MAX_SLEEP_MS = 1_000

interface Settled {
  settlement: Settlement
  instance: InstanceId
}

/** Claims commands, sends them, settles how they ended. */
export function createDeliverer(parts: DeliverParts) {
  const { store, clock, log, metrics } = parts
  const underWay = new Map<InstanceId, number>()
  const running = new Set<Promise<void>>()
  let carried = 0
  let stopped = false
  const holds = new Map<InstanceId, { until: number; waitMs: number }>()
  const settlements = new Batcher<Settled, void>(async (batch) => {
    await store.settle(batch.map(({ settlement }) => settlement))
    const ends = new Set(batch.map(({ settlement }) => settlement.result.end))
    // Events may have waited for a message that went out; what became unknown is to be looked for.
    const queues: Queue[] = []
    if (ends.has('sent')) queues.push('lanes')
    if (ends.has('unknown')) queues.push('searches')
    parts.wake(queues, [...new Set(batch.map(({ instance }) => instance))])
    return batch.map(() => undefined)
  }, 256)
  /** Numbers come and go while it runs. */
  const leaseOf = () =>
    Math.max(0, ...[...parts.clients.values()].map((client) => client.sendTimeoutMs)) + LEASE_MARGIN_MS

  const loop = new Loop({
    name: 'deliver',
    clock,
    log,
    outage: parts.outage,
    maxSleepMs: MAX_SLEEP_MS,
    nextDue: () => store.nextDue('outbox'),
    work,
  })

  async function work() {
    if (running.size >= SLOTS) return 'full'
    const leaseMs = leaseOf()
    const deadline = clock.monotonic() + leaseMs - LEASE_MARGIN_MS / 3
    const exclude = [...underWay].filter(([, n]) => n >= SLOTS_PER_INSTANCE).map(([instance]) => instance)
    const { sends, refused } = await store.claimSends({
      holder: parts.holder,
      limit: Math.min(CLAIM, SLOTS - running.size),
      leaseMs,
      pacing: parts.pacing,
      dice: parts.random(),
      unknownHoldMs: UNKNOWN_HOLD_MS,
      exclude,
      maxCarried: CARRIED - carried,
    })
    for (const send of sends) start(send, deadline)
    if (refused > 0) log.info({ refused }, 'bot commands refused: their chats changed hands')
    if (sends.length > 0 || refused > 0) return 'again'
    return exclude.length > 0 ? 'full' : 'rest'
  }

  function start(send: ClaimedSend, deadline: number): void {
    underWay.set(send.instance, (underWay.get(send.instance) ?? 0) + 1)
    carried += carriedLength(send.command)
    const task = perform(send, deadline)
      .catch((err) => {
        const about = { command: send.id, instance: send.instance }
        if (stopped)
          log.warn(about, 'the hub stopped before this send ended; the next start takes it as unknown')
        else if (!parts.outage.noted(err)) log.error({ ...about, err }, 'a send could not be recorded')
        else log.error(about, 'the store was away for too long to record how a send ended')
      })
      .finally(() => {
        running.delete(task)
        carried -= carriedLength(send.command)
        const left = (underWay.get(send.instance) ?? 1) - 1
        if (left === 0) underWay.delete(send.instance)
        else underWay.set(send.instance, left)
        loop.nudge()
      })
    running.add(task)
  }

  async function perform(send: ClaimedSend, deadline: number): Promise<void> {
    const leaseEnd = deadline + LEASE_MARGIN_MS / 3
    const client = parts.clients.get(send.instance)
    if (send.task === 'typing') {
      const { command } = send
      const as = command.type === 'media' && command.media === 'voice' ? 'voice' : 'text'
      await client?.typing?.(command.to, 'start', send.typingMs, as).catch((err: unknown) => {
        log.warn({ err, command: send.id, instance: send.instance }, 'typing could not be shown')
      })
      const readyAt = clock.now() + send.typingMs
      const patient = () => !stopped && clock.monotonic() < leaseEnd
      await parts.outage.persist(() => store.typed(send, readyAt), patient)
      return
    }
    const adapted: Adapted = parts.removed.has(send.instance)
      ? { ok: false, reason: 'its instance was removed from the hub' }
      : adapt(send.command, parts.capabilities.get(send.instance) ?? new Set())
    const result = adapted.ok
      ? await attempt(client, send, adapted.command, deadline)
      : unsupported(send, adapted.reason)
    const at = clock.now()
    if (isOver(result)) {
      parts.traffic.count(send.instance, result.end)
      parts.traffic.lag(send.instance, 'sendLag', at - send.queuedAt)
    }
    // A lost settlement makes an unknown send out of one whose end is known. After the lease another node may
    // have judged it so already; only "sent" overrides that, so only "sent" goes on being told.
    const patient = () => !stopped && (result.end === 'sent' || clock.monotonic() < leaseEnd)
    const settlement = {
      id: send.id,
      chat: send.chat,
      fence: send.fence,
      at,
      result,
      retryAt: await whenAgain(send, result, patient),
      ...(adapted.ok && adapted.command !== send.command && { said: adapted.command }),
    }
    await parts.outage.persist(() => settlements.add({ settlement, instance: send.instance }), patient)
  }

  /** Refused without any request. */
  function unsupported(send: ClaimedSend, reason: string): SendResult {
    const result = { end: 'rejected', code: 'unsupported', reason } as const
    ended(send, result)
    return result
  }

  async function attempt(
    client: GatewayClient | undefined,
    send: ClaimedSend,
    command: Command,
    deadline: number,
  ): Promise<SendResult> {
    // A process that was stopped and woke up late must not send under a lease it may have lost.
    if (clock.monotonic() + (client?.sendTimeoutMs ?? 0) > deadline)
      return { end: 'retry', reason: 'woke up too late to send' }
    if (!client) return { end: 'hold', reason: 'this number is not configured any more' }
    const started = clock.monotonic()
    let result: SendResult
    try {
      result = await client.send(command, parts.referencePrefix + send.id)
    } catch (err) {
      // Clients do not throw; if one does, the request may have left.
      log.error({ err, command: send.id, instance: send.instance }, 'a gateway client threw')
      result = { end: 'unknown', reason: 'a fault in the gateway client' }
    }
    metrics.record('pombo_send_seconds', { instance: send.instance }, (clock.monotonic() - started) / 1000)
    // Doing it twice changes nothing, so there is nothing to reconcile.
    if (result.end === 'unknown' && REPEATABLE[command.type]) result = { end: 'retry', reason: result.reason }
    ended(send, result)
    if (result.end === 'sent') holds.delete(send.instance)
    return result
  }

  function ended(send: ClaimedSend, result: SendResult): void {
    metrics.count('pombo_sends_total', { instance: send.instance, end: result.end })
    if (result.end !== 'sent') {
      log.warn(
        {
          command: send.id,
          instance: send.instance,
          type: send.command.type,
          attempt: send.attempt,
          end: result.end,
          reason: result.reason,
        },
        'a send did not end as sent',
      )
    }
  }

  async function whenAgain(
    send: ClaimedSend,
    result: SendResult,
    patient: () => boolean,
  ): Promise<number | null> {
    const now = clock.now()
    if (result.end === 'retry') return retryAt(SEND_RETRY, send.attempt, now, parts.random, result.afterMs)
    if (result.end !== 'hold') return null
    const last = holds.get(send.instance)
    // Sends that were under way together tell the same thing: only the first makes the wait longer.
    if (last !== undefined && last.until > now) return last.until
    const waitMs = Math.min(last === undefined ? HOLD_FIRST_MS : last.waitMs * 2, HOLD_MAX_MS)
    const until = now + waitMs
    holds.set(send.instance, { until, waitMs })
    const { reason } = result
    await parts.outage.persist(() => store.holdInstance(send.instance, { reason, until }), patient)
    return until
  }

  return {
    start: () => loop.start(),
    nudge: () => loop.nudge(),
    get resting() {
      return loop.resting && running.size === 0
    },
    /** Ends after the sends under way, or at the deadline; those left are found as `sending` and become unknown. */
    async stop(graceMs: number): Promise<void> {
      await loop.stop()
      await settledWithin(clock, running, graceMs)
      stopped = true
    },
  }
}

/** It is not tried again, at least not by itself. */
const isOver = (
  result: SendResult,
): result is Extract<SendResult, { end: 'sent' | 'rejected' | 'unknown' }> =>
  result.end === 'sent' || result.end === 'rejected' || result.end === 'unknown'
