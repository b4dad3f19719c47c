import type { Clock } from '../core/ports.ts'

/**
 * While a burst arrives, acknowledging comes first: gateways give up after seconds, whereas what is
 * acknowledged is safe and can wait its turn. Lanes are then claimed seldom, and many at once, because a
 * large claim costs hardly more than a small one.
 */
export interface Pressure {
  /** A commit took this many deliveries. */
  arrived(count: number): void
  /** True while deliveries come faster than they could be committed one by one. */
  readonly burst: boolean
  /** In a burst: resolves when the last relief is `BURST_PAUSE_MS` ago. Else at once. */
  relief(): Promise<void>
}

/** Deliveries in a usual commit, from which on they crowd. */
const CROWD = 24
/** Weight of the newest commit in what is usual. */
const WEIGHT = 0.25
/** A burst is over when nothing was committed for this long (ms). */
const SILENCE_MS = 50
const BURST_PAUSE_MS = 250

/** @param machine real time, in tests too: what it paces is the machine's work, not the hub's business */
export function createPressure(machine: Clock): Pressure {
  let usual = 0
  let last = Number.NEGATIVE_INFINITY
  let relieved = Number.NEGATIVE_INFINITY
  return {
    arrived(count) {
      const now = machine.monotonic()
      usual = now - last > SILENCE_MS ? count : usual + (count - usual) * WEIGHT
      last = now
    },
    get burst() {
      return usual >= CROWD && machine.monotonic() - last <= SILENCE_MS
    },
    async relief() {
      const wait = this.burst ? relieved + BURST_PAUSE_MS - machine.monotonic() : 0
      if (wait > 0) await new Promise<void>((resolve) => void machine.setTimeout(resolve, wait))
      relieved = machine.monotonic()
    },
  }
}
