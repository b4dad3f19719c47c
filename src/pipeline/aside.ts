import type { Clock, Logger } from '../core/ports.ts'
import { settledWithin } from './grace.ts'
import { Loop, type LoopOptions } from './loop.ts'
import type { Outage } from './outage.ts'

/** A part whose work begins tasks that go on by themselves, so that a slow far side holds nothing else up. */
export interface Aside {
  work: LoopOptions['work']
  nextDue: LoopOptions['nextDue']
  /** Tasks under way. */
  readonly running: { readonly size: number; values(): Iterable<Promise<void>> }
}

/** How long it sleeps at most (ms). */
const MAX_SLEEP_MS = 1_000

/**
 * The loop around such a part.
 * @param make is given what tells the loop that a task ended
 */
export function loopAround<P extends Aside>(
  name: string,
  make: (nudge: () => void) => P,
  { clock, log, outage }: { clock: Clock; log: Logger; outage: Outage },
) {
  const part = make(() => loop.nudge())
  const loop = new Loop({
    name,
    clock,
    log,
    outage,
    maxSleepMs: MAX_SLEEP_MS,
    work: () => part.work(),
    nextDue: () => part.nextDue(),
  })
  return {
    part,
    nextDue: () => part.nextDue(),
    start: () => loop.start(),
    nudge: () => loop.nudge(),
    get resting() {
      return loop.resting && part.running.size === 0
    },
    /** Ends after the tasks under way, or at the deadline. */
    async stop(graceMs: number): Promise<void> {
      await loop.stop()
      await settledWithin(clock, part.running.values(), graceMs)
    },
  }
}
