import type { InstanceId } from './ids.ts'

/** What is counted of every number, so that one can see how it was over time. */
export const TRAFFIC_COUNTERS = [
  /** Authentic deliveries that brought something new. */
  'deliveries',
  /** Authentic deliveries that told only what was known. */
  'duplicates',
  /** Deliveries that were not taken. */
  'refused',
  /** Events in authentic deliveries. */
  'events',
  /** Turns that committed. */
  'handled',
  /** Turns that failed and are tried again. */
  'failed',
  /** Turns that failed for the last time. */
  'dead',
  'sent',
  'rejected',
  'unknown',
] as const
export type TrafficCounter = (typeof TRAFFIC_COUNTERS)[number]

/** Upper bounds (ms) of the classes in which lags are counted; the last class has none. */
export const LAG_BOUNDS_MS = [
  5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 15_000, 60_000, 300_000,
] as const
const CLASSES = LAG_BOUNDS_MS.length + 1

/**
 * Where a count stands among the values of a {@link TrafficRow}: the counters, then the classes of the handling lag
 * (event accepted to turn committed), then those of the send lag (command made to send ended).
 */
export const TRAFFIC_SLOTS = TRAFFIC_COUNTERS.length + 2 * CLASSES
export const LAGS = {
  lag: TRAFFIC_COUNTERS.length,
  sendLag: TRAFFIC_COUNTERS.length + CLASSES,
} as const
export type Lag = keyof typeof LAGS

/** The class (from 0) a lag falls into. A clock that was put back makes none negative. */
export function lagClass(ms: number): number {
  for (let i = 0; i < LAG_BOUNDS_MS.length; i++) if (ms <= LAG_BOUNDS_MS[i]!) return i
  return LAG_BOUNDS_MS.length
}

/**
 * The lag (ms) that this share of those counted did not exceed: the upper bound of its class, for the last class
 * its lower one. Undefined when nothing was counted.
 * @param share in (0, 1]
 */
export function lagQuantile(values: readonly number[], lag: Lag, share: number): number | undefined {
  const classes = values.slice(LAGS[lag], LAGS[lag] + CLASSES)
  const total = classes.reduce((sum, n) => sum + n, 0)
  if (total === 0) return undefined
  let left = Math.ceil(total * share)
  const at = classes.findIndex((n) => {
    left -= n
    return left <= 0
  })
  return LAG_BOUNDS_MS[Math.min(at, LAG_BOUNDS_MS.length - 1)]
}

/** Spans in which counts are kept (ms). */
export const TRAFFIC_STEPS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const
export type TrafficStep = keyof typeof TRAFFIC_STEPS

/** How long each is kept (ms). */
export const TRAFFIC_KEPT_MS: Readonly<Record<TrafficStep, number>> = {
  minute: 2 * 86_400_000,
  hour: 90 * 86_400_000,
  day: 800 * 86_400_000,
}

/** All numbers together, where a number is named. No instance has this name. */
export const ALL_INSTANCES = ''

export interface TrafficRow {
  /** A number, or {@link ALL_INSTANCES}. */
  instance: string
  /** Begin of its span (ms). */
  at: number
  /** {@link TRAFFIC_SLOTS} of them. */
  values: readonly number[]
}

/** Counts as it happens. Costs an increment, so it may be called for every message. */
export interface TrafficMeter {
  count(instance: InstanceId | 'global', counter: TrafficCounter, by?: number): void
  lag(instance: InstanceId, lag: Lag, ms: number): void
}
export const noTraffic: TrafficMeter = { count() {}, lag() {} }

export interface TrafficStore {
  /** Adds what was counted in these minutes to what is there, of minutes, hours and days, of each number and of all. */
  addTraffic(rows: readonly TrafficRow[]): Promise<void>
  /**
   * What was counted from `from` up to, without, `to` (ms), of these instances; sums over all of them unless
   * `each`, over the whole span with `whole`. Spans without any count are left out. Oldest first.
   */
  readTraffic(request: {
    step: TrafficStep
    from: number
    to: number
    instances: readonly string[]
    each?: boolean
    whole?: boolean
  }): Promise<TrafficRow[]>
}
