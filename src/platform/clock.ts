import type { Clock, TimerHandle } from '../core/ports.ts'

/** Longest delay (ms) Node's timers take; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The machine's clock. Timers of any length work, and keep the process alive until cancelled or fired. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(fn, ms): TimerHandle {
    const due = performance.now() + ms
    let timer: NodeJS.Timeout
    const wait = () => {
      const left = due - performance.now()
      timer = left > LONGEST_TIMER_MS ? setTimeout(wait, LONGEST_TIMER_MS) : setTimeout(fn, Math.max(0, left))
    }
    wait()
    return { cancel: () => clearTimeout(timer) }
  },
}
