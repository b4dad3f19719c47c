import type { Random } from '../core/ports.ts'

/** How often and how long to try again. Durations in ms. */
export interface RetryPolicy {
  /** Attempts in all; after the last one it is a dead letter. */
  attempts: number
  firstDelayMs: number
  maxDelayMs: number
}

/** A turn: its chat waits meanwhile, so the sum stays within minutes (about 4 with these figures). */
export const TURN_RETRY: RetryPolicy = { attempts: 8, firstDelayMs: 1_000, maxDelayMs: 120_000 }
/** A send that certainly did not go out: a gateway being restarted or upgraded (about half an hour). */
export const SEND_RETRY: RetryPolicy = { attempts: 12, firstDelayMs: 1_000, maxDelayMs: 300_000 }

/** News of an alert: a receiver that is down comes back within a day, or somebody looks (about 21 hours). */
export const ALERT_RETRY: RetryPolicy = { attempts: 30, firstDelayMs: 5_000, maxDelayMs: 3_600_000 }

/** A wait longer than this that the other side asks for is a mistake of theirs (ms). */
const LONGEST_ASKED_MS = 3_600_000

/**
 * When to try again after the given attempt failed, or null when it was the last one. Exponential, with
 * the second half of each wait random, so that what failed together does not come back together.
 * @param attempt 1 for the first @param atLeastMs a wait the other side asked for (Retry-After)
 */
export function retryAt(
  policy: RetryPolicy,
  attempt: number,
  now: number,
  random: Random,
  atLeastMs = 0,
): number | null {
  if (attempt >= policy.attempts) return null
  const full = Math.min(policy.firstDelayMs * 2 ** (attempt - 1), policy.maxDelayMs)
  return now + Math.max(Math.round(full / 2 + (random() * full) / 2), Math.min(atLeastMs, LONGEST_ASKED_MS))
}
