import type { AlertKind, Seen } from '../core/alerts.ts'
import type { InstanceId } from '../core/ids.ts'
import type { Backlog } from '../core/store.ts'
import type { ConnectionNow, WatchState } from '../core/watch.ts'
import type { Observation } from './rule.ts'
import { isTooSilent, silenceOf, usualPause } from './silence.ts'

/** Pure: what the hub's figures say about each thing that can go wrong. */

/** A queue whose first entry waits this long for somebody to take it stands still or is too slow (ms). */
const LAG_MS = 60_000
/** A disk with less room is nearly full (bytes). */
export const LEAST_FREE_BYTES = 512 * 1024 * 1024

const CONNECTION: Readonly<
  Record<'disconnected' | 'logged-out' | 'gateway-unreachable', Partial<Record<WatchState, Seen>>>
> = {
  // One that only tries to connect is not connected either.
  disconnected: { disconnected: 'wrong', connecting: 'wrong', connected: 'well' },
  'logged-out': { 'logged-out': 'wrong', connected: 'well' },
  'gateway-unreachable': {
    unreachable: 'wrong',
    connected: 'well',
    connecting: 'well',
    disconnected: 'well',
    'logged-out': 'well',
  },
}

/** What a number's connection says; what it does not say is unsure. */
export function observeConnection({ instance, state, at, reason }: ConnectionNow): Observation[] {
  return Object.entries(CONNECTION).map(([kind, seen]) => ({
    kind: kind as AlertKind,
    instance,
    seen: seen[state] ?? 'unsure',
    since: at,
    details: reason === undefined ? {} : { reason },
  }))
}

/** @param pauses the longest of this hour on the days before */
export function observeSilence(
  { instance, state, at }: ConnectionNow,
  lastEventAt: number | undefined,
  pauses: readonly number[],
  now: number,
): Observation {
  const usualMs = usualPause(pauses)
  const about = { kind: 'silent' as const, instance }
  if (state !== 'connected' || usualMs === undefined) return { ...about, seen: 'unsure', details: {} }
  const silentMs = silenceOf(lastEventAt, at, now)
  return {
    ...about,
    seen: isTooSilent(silentMs, usualMs) ? 'wrong' : 'well',
    details: { silentMs, usualMs },
  }
}

export interface HubFigures {
  backlog: Backlog
  /** When the first event that anybody may take became ready; undefined: none is (ms). */
  readySince: number | undefined
  freeBytes: number | undefined
}
export function observeHub({ backlog, readySince, freeBytes }: HubFigures, now: number): Observation[] {
  const waiting = (kind: AlertKind, count: number): Observation => ({
    kind,
    seen: count > 0 ? 'wrong' : 'well',
    details: { count },
  })
  const lagMs = readySince === undefined ? 0 : Math.max(0, now - readySince)
  return [
    waiting('unknown-sends', backlog.unknownCommands),
    waiting('dead-letters', backlog.deadEvents),
    {
      kind: 'backlog',
      seen: lagMs > LAG_MS ? 'wrong' : 'well',
      details: { lagMs, count: backlog.events },
    },
    {
      kind: 'store-full',
      seen: freeBytes === undefined ? 'unsure' : freeBytes < LEAST_FREE_BYTES ? 'wrong' : 'well',
      details: freeBytes === undefined ? {} : { freeBytes },
    },
  ]
}

/** Numbers by name. */
export const connectionsOf = (
  connections: readonly ConnectionNow[],
  instances: ReadonlyMap<InstanceId, unknown>,
): ConnectionNow[] => connections.filter(({ instance }) => instances.has(instance))
