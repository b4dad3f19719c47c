import type { Clock, TimerHandle } from '../core/ports.ts'
import type { WorldEvent } from './model.ts'
import type { Happening, SimulatedNumber } from './port.ts'

const HELD_PER_NUMBER = 500

/** Tells everybody who listens, and keeps from a number what happens while it is away. */
export class News {
  readonly #listeners = new Set<(event: WorldEvent) => void>()
  /** What happened while a number was not connected; WhatsApp hands it over when it is again. */
  readonly #held = new Map<string, Happening[]>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls `listener` with everything from now on; returns how to stop that. */
  subscribe(listener: (event: WorldEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  tell(event: WorldEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  /** A gateway learns of this now, or when its number is connected again. */
  happened(number: SimulatedNumber, what: Omit<Happening, 'at'>): void {
    const happening: Happening = { ...what, at: this.#clock.now() + (number.skewMs ?? 0) }
    if (number.connected) {
      this.tell({ type: 'happened', instance: number.instance, happening })
      return
    }
    const held = this.#held.get(number.instance) ?? []
    if (held.push(happening) > HELD_PER_NUMBER) held.shift()
    this.#held.set(number.instance, held)
  }

  /** The gateway itself tells of this, connected or not. */
  announce(number: SimulatedNumber, fact: Happening['fact']): void {
    const at = this.#clock.now() + (number.skewMs ?? 0)
    this.tell({ type: 'happened', instance: number.instance, happening: { fact, author: 'other', at } })
  }

  /** Hands over what was held back, in order. */
  release(instance: string): void {
    const held = this.#held.get(instance) ?? []
    this.#held.delete(instance)
    for (const happening of held) this.tell({ type: 'happened', instance, happening })
  }

  /** Forgets what was held back: a number that logs out never gets it. */
  forget(instance: string): void {
    this.#held.delete(instance)
  }
}

/** Timers that can all be forgotten at once. */
export class Timers {
  readonly #pending = new Set<TimerHandle>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  after(ms: number, run: () => void): TimerHandle {
    const timer = this.#clock.setTimeout(() => {
      this.#pending.delete(timer)
      run()
    }, ms)
    this.#pending.add(timer)
    return {
      cancel: () => {
        this.#pending.delete(timer)
        timer.cancel()
      },
    }
  }

  close(): void {
    for (const timer of this.#pending) timer.cancel()
    this.#pending.clear()
  }
}
