import type { Step } from '../../../../src/http/contract/overview.ts'

export const RANGES = ['1h', '24h', '7d', '30d'] as const
/** How far back the charts look. */
export type Range = (typeof RANGES)[number]
export const isRange = (value: unknown): value is Range => RANGES.some((range) => range === value)

const HOUR_MS = 3_600_000
/** Length, and the span that one point of a chart stands for. */
export const SPANS: Readonly<Record<Range, { ms: number; step: Step }>> = {
  '1h': { ms: HOUR_MS, step: 'minute' },
  '24h': { ms: 24 * HOUR_MS, step: 'hour' },
  '7d': { ms: 7 * 24 * HOUR_MS, step: 'hour' },
  '30d': { ms: 30 * 24 * HOUR_MS, step: 'day' },
}

/** What of this page stands in the URL. */
export interface OverviewSearch {
  /** How far back the charts look; a day unless it says otherwise. */
  range?: Range
  /** The charts are of this number only. */
  number?: string
}
