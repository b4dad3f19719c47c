import type { AlertDetails, AlertKind, AlertStep, Seen, Standing } from '../core/alerts.ts'
import type { InstanceId } from '../core/ids.ts'

/** Pure: when something that is wrong becomes an alert, and when an alert is over. */

/** What was seen of one thing that can go wrong. */
export interface Observation {
  kind: AlertKind
  /** Undefined: the whole hub. */
  instance?: InstanceId
  seen: Seen
  /** Since when, where that is known better than by looking (ms). */
  since?: number
  details: AlertDetails
}

/** What is wrong again this soon after its alert was over is the same alert (ms). */
export const SAME_ALERT_MS = 10 * 60_000

/**
 * What to record of an observation; undefined when there is nothing new. An alert opens once something has been wrong
 * for `afterMs` without a break, and is over once it has been well as long; what is unsure breaks both.
 */
export function stepOf(
  standing: Standing | undefined,
  { kind, instance, seen, since, details }: Observation,
  now: number,
  afterMs: number,
): AlertStep | undefined {
  // Of what was never wrong there is nothing to be kept.
  if (standing === undefined && seen !== 'wrong') return undefined
  const same = standing?.seen === seen
  const began = same ? standing.since : Math.min(since ?? now, now)
  const alert = standing?.alert
  const isOpen = alert !== undefined && alert.resolvedAt === undefined
  const act = decide()
  if (same && act === 'nothing') return undefined
  return {
    kind,
    ...(instance !== undefined && { instance }),
    version: standing?.version ?? 0,
    seen,
    since: began,
    act,
    details,
  }

  function decide(): AlertStep['act'] {
    const stood = now - began >= afterMs
    if (isOpen && seen === 'well') return stood ? 'resolve' : 'nothing'
    if (seen !== 'wrong') return 'nothing'
    if (isOpen) return isNews(alert.details, details) ? 'update' : 'nothing'
    if (!stood) return 'nothing'
    return alert?.resolvedAt !== undefined && now - alert.resolvedAt < SAME_ALERT_MS ? 'reopen' : 'open'
  }
}

/** Figures that move all the time are kept as they were when the alert opened. */
const isNews = (before: AlertDetails, now: AlertDetails): boolean =>
  before.reason !== now.reason || before.count !== now.count
