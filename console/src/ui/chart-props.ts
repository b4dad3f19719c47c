import type { Signal } from './status.tsx'

export interface ChartSeries {
  label: string
  /** One per time; null where nothing is known. */
  values: readonly (number | null)[]
  /** Accent unless it means a state. */
  signal?: Signal
}
export interface ChartProps {
  /** What is drawn and what it says, for who does not see it. */
  label: string
  /** In ms since 1970, rising. */
  times: readonly number[]
  series: readonly ChartSeries[]
  /** How a value is written; as a number unless given. */
  format?: (value: number) => string
  /** In px. */
  height?: number
  /** Bars stand for what was counted in each span of time, lines for a level. */
  kind?: 'line' | 'bars'
  /** Which time the pointer is at; undefined when it has left. */
  onPoint?(at: number | undefined): void
}
