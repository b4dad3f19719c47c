import type { Clock } from '../../core/ports.ts'

/** An answer that took longer is not one to set a clock by (ms). */
const SLOW_MS = 500

/**
 * The database's clock, so that all nodes live by one: this machine's steady clock, plus how far the database's
 * time lies from it. What this machine believes the time to be does not matter.
 */
export class DatabaseClock implements Clock {
  readonly #machine: Clock
  /** Database time less monotonic time (ms). */
  #distance: number
  #told = false

  constructor(machine: Clock) {
    this.#machine = machine
    this.#distance = machine.now() - machine.monotonic()
  }

  /**
   * @param ask gives the database's time (ms)
   * @returns how far this machine's own clock is ahead of the database's (ms), as exactly as could be told
   */
  async set(ask: () => Promise<number>): Promise<number> {
    const before = this.#machine.monotonic()
    const there = await ask()
    const tookMs = this.#machine.monotonic() - before
    const distance = there - (before + tookMs / 2)
    // The answer may have been made at any moment between; within that it says nothing new. One that took long says
    // hardly anything, unless nothing is known yet.
    const says = Math.abs(distance - this.#distance) > tookMs / 2
    if (says && (tookMs <= SLOW_MS || !this.#told)) this.#distance = distance
    this.#told = true
    return Math.round(this.#machine.now() - this.now())
  }

  now(): number {
    return Math.round(this.#machine.monotonic() + this.#distance)
  }
  monotonic(): number {
    return this.#machine.monotonic()
  }
  setTimeout(...[run, ms]: Parameters<Clock['setTimeout']>) {
    return this.#machine.setTimeout(run, ms)
  }
}
