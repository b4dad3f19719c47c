import type { Clock, Logger, TimerHandle } from '../core/ports.ts'
import {
  LAGS,
  lagClass,
  TRAFFIC_COUNTERS,
  TRAFFIC_SLOTS,
  TRAFFIC_STEPS,
  type TrafficCounter,
  type TrafficMeter,
  type TrafficRow,
  type TrafficStore,
} from '../core/traffic.ts'
import type { Outage } from './outage.ts'

export interface TrafficParts {
  store: TrafficStore
  clock: Clock
  log: Logger
  outage: Outage
}

/** What a process that is killed loses of its counts (ms). */
const FLUSH_MS = 5_000
/** Minutes of numbers that may wait for a store that is away; beyond that the oldest are given up. */
const MAX_WAITING = 10_000

const SLOT = Object.fromEntries(TRAFFIC_COUNTERS.map((name, i) => [name, i])) as Record<
  TrafficCounter,
  number
>

/**
 * Counts in memory, and adds what came together to the store every few seconds and at the end of each minute. What
 * was counted belongs to the minute it is written in.
 */
export function createTraffic({ store, clock, log, outage }: TrafficParts): TrafficMeter & {
  start(): void
  /** Writes what was counted until now. */
  flush(): Promise<void>
  /** Writes what is left. */
  stop(): Promise<void>
} {
  let counts = new Map<string, number[]>()
  let waiting: TrafficRow[] = []
  let timer: TimerHandle | undefined
  let running: Promise<void> = Promise.resolve()
  let stopped = false

  const valuesOf = (instance: string): number[] => {
    let values = counts.get(instance)
    if (!values) {
      values = new Array<number>(TRAFFIC_SLOTS).fill(0)
      counts.set(instance, values)
    }
    return values
  }

  async function write(minute: number): Promise<void> {
    for (const [instance, values] of counts) waiting.push({ instance, at: minute, values })
    counts = new Map()
    if (waiting.length === 0) return
    const rows = waiting.slice(-MAX_WAITING)
    waiting = []
    try {
      await store.addTraffic(rows)
    } catch (err) {
      if (outage.noted(err)) waiting = rows
      else
        log.error({ err }, 'what was counted could not be written; those seconds are missing from the charts')
    }
  }

  const minuteOf = (ms: number): number => ms - (ms % TRAFFIC_STEPS.minute)

  function next(): void {
    if (stopped) return
    const now = clock.now()
    const minute = minuteOf(now)
    const wait = Math.min(FLUSH_MS, minute + TRAFFIC_STEPS.minute - now)
    timer = clock.setTimeout(() => {
      running = write(minute).finally(next)
    }, wait)
  }

  return {
    count(instance, counter, by = 1) {
      valuesOf(instance)[SLOT[counter]]! += by
    },
    lag(instance, lag, ms) {
      valuesOf(instance)[LAGS[lag] + lagClass(ms)]! += 1
    },
    start: next,
    flush: () => write(minuteOf(clock.now())),
    async stop() {
      stopped = true
      timer?.cancel()
      await running
      await write(minuteOf(clock.now()))
    },
  }
}
