import type { ConnectionState } from '../core/events.ts'
import type { Answer } from '../core/gateway.ts'
import type { Random } from '../core/ports.ts'
import type { WatchState } from '../core/watch.ts'

/** Pure decisions of the connection watch: what a gateway's answer means, and when to ask again. */

/** A gateway that failed once is asked again this soon (ms): one lost packet is no news. */
const SECOND_LOOK_MS = 5_000
/** Failed looks in a row that make a gateway unreachable. */
const UNREACHABLE_AFTER = 2
/** Longest wait between two looks at a gateway that is down (ms). */
const MAX_WAIT_MS = 5 * 60_000
/** Numbers whose gateway tells by itself are asked this much more rarely: for what got lost. */
const TOLD_FACTOR = 4
/** What a number waits differs by up to this share either way, so that many are not asked at once. */
const JITTER = 0.2

export interface Verdict {
  /** Undefined: the answer says nothing new. */
  report?: { state: WatchState; reason?: string }
  /** Failed looks in a row, this one included. */
  failures: number
  /** How long to wait before the next look (ms). */
  waitMs: number
}

/**
 * What an answer means.
 * @param failures looks in a row that failed before
 * @param everyMs usual time between two looks @param told whether the gateway tells changes by itself
 */
export function judgeLook(
  answer: Answer<ConnectionState>,
  { failures, everyMs, told, random }: { failures: number; everyMs: number; told: boolean; random: Random },
): Verdict {
  const jittered = (ms: number) => Math.round(ms * (1 - JITTER + 2 * JITTER * random()))
  const usual = jittered(told ? everyMs * TOLD_FACTOR : everyMs)
  if (answer.ok) return { report: { state: answer.value }, failures: 0, waitMs: usual }
  const { reason, retry, code, afterMs } = answer
  if (code === 'not-connected') {
    return { report: { state: 'disconnected', reason }, failures: 0, waitMs: usual }
  }
  if (code === 'rate-limited')
    return { failures, waitMs: Math.min(Math.max(usual, afterMs ?? 0), MAX_WAIT_MS) }
  // It answers, so it is there; only what is asked it does not say.
  if (!retry) return { report: { state: 'unknown', reason }, failures: 0, waitMs: jittered(MAX_WAIT_MS) }
  const failed = failures + 1
  if (failed < UNREACHABLE_AFTER)
    return { failures: failed, waitMs: Math.min(jittered(SECOND_LOOK_MS), usual) }
  const backedOff = everyMs * 2 ** Math.min(failed - UNREACHABLE_AFTER, 16)
  return {
    report: { state: 'unreachable', reason },
    failures: failed,
    waitMs: jittered(Math.min(backedOff, MAX_WAIT_MS)),
  }
}
