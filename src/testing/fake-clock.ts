import { type Duration, parseDuration } from '../core/duration.ts'
import type { Clock, TimerHandle } from '../core/ports.ts'

export interface FakeClockOptions {
  /** When it is at first. Default: Monday 5 January 2026, 12:00 UTC. */
  start?: Date | number
  /**
   * Awaited before every step in time, so that what the last one set off is done. It may answer the next
   * moment (ms since 1970) to stop at beside those of timers.
   */
  settle?: () => Promise<number | undefined>
}

interface FakeTimer {
  at: number
  fn: () => void
  lazy: boolean
}

/** A clock that moves only when told to. */
export class FakeClock implements Clock {
  readonly #start: number
  readonly #settle: () => Promise<number | undefined>
  readonly #timers = new Set<FakeTimer>()
  #now: number
  #moving: Promise<void> = Promise.resolve()

  constructor(options: FakeClockOptions = {}) {
    this.#start = Number(options.start ?? Date.UTC(2026, 0, 5, 12))
    this.#now = this.#start
    this.#settle = options.settle ?? (async () => undefined)
  }

  now(): number {
    return this.#now
  }
  monotonic(): number {
    return this.#now - this.#start
  }
  setTimeout(fn: () => void, ms: number): TimerHandle {
    return this.#set(fn, ms, false)
  }

  /**
   * The same time for those who only look around now and then: their timers fire when time has passed them,
   * but time does not stop for them.
   */
  lazy(): Clock {
    return {
      now: () => this.now(),
      monotonic: () => this.monotonic(),
      setTimeout: (fn, ms) => this.#set(fn, ms, true),
    }
  }

  /** When the earliest timer fires (ms since 1970), lazy ones included; undefined when there is none. */
  get nextTimer(): number | undefined {
    return earliest([...this.#timers].map((timer) => timer.at))
  }

  /**
   * Lets time pass, stopping wherever something is due, in order.
   * @throws RangeError for what is no duration
   */
  async advance(duration: Duration): Promise<void> {
    const ms = parseDuration(duration)
    if (ms === undefined)
      throw new RangeError(`${JSON.stringify(duration)} is no duration; write "2s", "5m", "1h".`)
    await this.#exclusive(async () => {
      const until = this.#now + ms
      while (await this.#step(until));
      this.#now = until
      this.#fire()
      await this.#settle()
    })
  }

  /** One move at a time: whoever else wants time to pass waits. */
  async #exclusive(move: () => Promise<void>): Promise<void> {
    const before = this.#moving
    const mine = before.then(move)
    this.#moving = mine.catch(() => {})
    await mine
  }

  /** Goes to the next moment something is due, if that is not after `until`. */
  async #step(until: number): Promise<boolean> {
    const due = await this.#settle()
    const stops = [...this.#timers].filter((timer) => !timer.lazy).map((timer) => timer.at)
    const next = earliest(due === undefined ? stops : [...stops, due])
    if (next === undefined || next > until) return false
    const moved = next > this.#now
    if (moved) this.#now = next
    return this.#fire() || moved
  }

  /** Fires what is due, in order, including what those that fire set for now. */
  #fire(): boolean {
    let fired = false
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.at <= this.#now).sort((a, b) => a.at - b.at)[0]
      if (!due) return fired
      this.#timers.delete(due)
      due.fn()
      fired = true
    }
  }

  #set(fn: () => void, ms: number, lazy: boolean): TimerHandle {
    const timer: FakeTimer = { at: this.#now + Math.max(0, ms), fn, lazy }
    this.#timers.add(timer)
    return { cancel: () => this.#timers.delete(timer) }
  }
}

const earliest = (times: readonly number[]): number | undefined =>
  times.length === 0 ? undefined : Math.min(...times)
