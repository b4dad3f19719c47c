import type { InstanceId } from '../core/ids.ts'

/** Pure: whether a number is silent for far longer than it usually is at this hour. */

const HOUR_MS = 3_600_000
/** Days that are looked at, and how many of them must have been watched before anything is said. */
export const SILENCE_DAYS = 21
const DAYS_NEEDED = 14
/** How many times longer than usual is far too long, and what is never too long (ms). */
const FACTOR = 3
const LEAST_MS = 30 * 60_000

/** Hours are counted since 1970. */
export const hourOf = (ms: number): number => Math.floor(ms / HOUR_MS)
/** The same hour of the days before, newest first. */
export const hoursLikeThis = (now: number): number[] =>
  Array.from({ length: SILENCE_DAYS }, (_, day) => hourOf(now) - 24 * (day + 1))

/** How long nothing came (ms). Time in which the number was not connected does not count. */
export const silenceOf = (lastEventAt: number | undefined, connectedSince: number, now: number): number =>
  Math.max(0, now - Math.max(lastEventAt ?? 0, connectedSince))

/**
 * The longest pause that is usual: the second longest of the days at hand, so that one bad day is no habit.
 * Undefined while too few days were watched.
 */
export function usualPause(pauses: readonly number[]): number | undefined {
  if (pauses.length < DAYS_NEEDED) return undefined
  return [...pauses].sort((a, b) => b - a)[1]
}

export const isTooSilent = (silentMs: number, usualMs: number): boolean =>
  silentMs > Math.max(LEAST_MS, FACTOR * usualMs)

/** Pauses by number. */
export function byInstance(
  rows: readonly { instance: InstanceId; silentMs: number }[],
): ReadonlyMap<InstanceId, number[]> {
  const pauses = new Map<InstanceId, number[]>()
  for (const { instance, silentMs } of rows) {
    const known = pauses.get(instance)
    if (known) known.push(silentMs)
    else pauses.set(instance, [silentMs])
  }
  return pauses
}
