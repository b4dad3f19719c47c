import type { ConnectionState } from './events.ts'
import type { InstanceId } from './ids.ts'
import type { Page, PageRequest } from './page.ts'

/**
 * What the hub believes of a number's connection:
 * - `unreachable`: its gateway does not answer, so nobody can say whether the number is logged in.
 * - `unknown`: nothing was heard of it yet, nobody looked, or its gateway cannot tell.
 */
export const WATCH_STATES = [
  'connected',
  'connecting',
  'disconnected',
  'logged-out',
  'unreachable',
  'unknown',
] as const satisfies readonly (ConnectionState | 'unreachable' | 'unknown')[]
export type WatchState = (typeof WATCH_STATES)[number]

/** The gateway told by itself, or it was asked. */
export type ReportSource = 'event' | 'poll'

export interface ConnectionChangeRow {
  state: WatchState
  at: number
  /** Undefined while it lasts. */
  until?: number
  reason?: string
  source: ReportSource
}
/** How it is now. */
export interface ConnectionNow extends Omit<ConnectionChangeRow, 'until'> {
  instance: InstanceId
}

/** Somebody says how it is. */
export interface ConnectionReport {
  state: WatchState
  /** When that was so (ms); of an answer, when it was asked for. */
  at: number
  source: ReportSource
  reason?: string
}

/**
 * The state after a report, or undefined when it changes nothing. One machine for what gateways tell by
 * themselves and for what they answer:
 * - What was so before the present state began is no news.
 * - A login that is gone does not come back without a new one, so a number that is logged out is not merely
 *   disconnected, whoever says so.
 */
export function connectionAfter(
  now: Pick<ConnectionChangeRow, 'state' | 'at'> | undefined,
  { state, at }: ConnectionReport,
): WatchState | undefined {
  if (now !== undefined && at < now.at) return undefined
  if (now?.state === 'logged-out' && state === 'disconnected') return undefined
  return state === now?.state ? undefined : state
}

export interface Uptime {
  connectedMs: number
  /** Time in which the state was known. */
  knownMs: number
  /** How often it came back to connected after it was known not to be. */
  reconnects: number
}
/**
 * How long a number was connected between two moments. A gateway that did not answer counts as not connected.
 * @param changes oldest first, each beginning where the one before it ends
 */
export function uptimeOf(changes: readonly ConnectionChangeRow[], from: number, to: number): Uptime {
  let [connectedMs, knownMs, reconnects, down] = [0, 0, 0, false]
  for (const { state, at, until = to } of changes) {
    const ms = Math.max(0, Math.min(until, to) - Math.max(at, from))
    if (state !== 'unknown') knownMs += ms
    if (state === 'connected') {
      connectedMs += ms
      if (down && at >= from && at < to) reconnects++
    }
    down = state === 'unknown' ? false : state !== 'connected'
  }
  return { connectedMs, knownMs, reconnects }
}

/** A number whose gateway is to be asked now. */
export interface DueLook {
  instance: InstanceId
  /** When it was due. */
  dueAt: number
  /** Looks in a row that failed before this one. */
  failures: number
}
/** How a look at a gateway ended. */
export interface LookEnd {
  instance: InstanceId
  /** When it was asked (ms). */
  askedAt: number
  /** Undefined: it brought no news. */
  report?: { state: WatchState; reason?: string }
  failures: number
  /** When to ask again (ms). */
  nextAt: number
  /** It was due since then and nobody asked: how it was meanwhile is unknown. */
  blindSince?: number
}

export interface WatchStore {
  /**
   * Leases the numbers of the list that are due for a look: one node asks about a number at a time.
   * @param numbers with the time of the first look, for those nobody has looked at yet
   */
  claimLooks(request: {
    numbers: readonly { instance: InstanceId; firstAt: number }[]
    limit: number
    leaseMs: number
  }): Promise<DueLook[]>
  /**
   * Records a look. A number that cannot send is held until the next one, and let go once it is connected.
   * @returns whether its state changed
   */
  recordLook(end: LookEnd): Promise<boolean>
  /** When the next of these numbers is due (ms). */
  nextLook(instances: readonly InstanceId[]): Promise<number | undefined>
  /** When its gateway was last asked (ms). */
  lookedAt(instance: InstanceId): Promise<number | undefined>
  /** Numbers that something was heard of. */
  connections(): Promise<ConnectionNow[]>
  /** Newest first. */
  listConnectionChanges(instance: InstanceId, page: PageRequest): Promise<Page<ConnectionChangeRow>>
  /** Everything that was so at that time or later, oldest first, at most 10,000. */
  connectionChangesSince(instance: InstanceId, from: number): Promise<ConnectionChangeRow[]>
}
