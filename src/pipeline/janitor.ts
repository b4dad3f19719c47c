import { SESSION } from '../core/access.ts'
import type { RetentionConfig } from '../core/config.ts'
import type { Clock, Logger } from '../core/ports.ts'
import type { Store } from '../core/store.ts'
import { settledWithin } from './grace.ts'
import { Loop } from './loop.ts'
import type { Outage } from './outage.ts'
import type { Wake } from './wake.ts'

export interface JanitorParts {
  store: Store
  clock: Clock
  log: Logger
  retention: RetentionConfig
  /**
   * Removes what else was kept long enough; may take its time, and nothing waits for it.
   * @returns how many files went
   */
  prune?(): Promise<number>
  outage: Outage
  wake: Wake
}

const DUE_BATCH = 200
const PRUNE_EVERY_MS = 10 * 60_000
const MAX_SLEEP_MS = 1_000

/** What has to happen by time alone: due timers, overdue parked events, waiting merges, retention. */
export function createJanitor(parts: JanitorParts) {
  const { store, clock, log } = parts
  const limits = {
    auditMs: parts.retention.auditMs,
    sessionIdleMs: SESSION.idleMs,
    sessionMs: SESSION.longestMs,
  }
  let prunedAt = clock.now()
  let pruning: Promise<void> | undefined
  let stopping = false

  const loop = new Loop({
    name: 'janitor',
    clock,
    log,
    outage: parts.outage,
    maxSleepMs: MAX_SLEEP_MS,
    nextDue: () => store.nextDue('timers'),
    async work() {
      await store.mergePending()
      const due = await store.nextDue('timers')
      const fired = due !== undefined && due <= clock.now() ? await store.fireDue(DUE_BATCH) : 0
      if (fired > 0) parts.wake(['lanes'])
      if (clock.now() - prunedAt >= PRUNE_EVERY_MS) {
        prunedAt = clock.now()
        const removed = (await store.prune(parts.retention)) + (await store.pruneAccess(limits))
        if (removed > 0) log.info({ removed }, 'retention removed old rows')
        pruning ??= pruneFiles().finally(() => {
          pruning = undefined
        })
      }
      return fired === DUE_BATCH ? 'again' : 'rest'
    },
  })

  /** Never throws. */
  async function pruneFiles(): Promise<void> {
    try {
      const files = (await parts.prune?.()) ?? 0
      if (files > 0) log.info({ files }, 'retention removed old media')
    } catch (err) {
      if (!stopping) log.error({ err }, 'old media could not be removed; the next round tries again')
    }
  }

  return {
    start: () => loop.start(),
    nudge: () => loop.nudge(),
    get resting() {
      return loop.resting
    },
    async stop(graceMs: number): Promise<void> {
      stopping = true
      await loop.stop()
      if (pruning) await settledWithin(clock, [pruning], graceMs)
    },
  }
}
