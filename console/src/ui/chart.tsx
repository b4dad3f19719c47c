import { lazy, Suspense } from 'react'
import { Skeleton } from './states.tsx'
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

const Plot = lazy(() => import('./plot.tsx'))

/** A small chart over time. The library behind it is loaded when the first one is shown. */
export function Chart(props: ChartProps) {
  const height = props.height ?? 120
  return (
    <Suspense
      fallback={
        <div style={{ height }}>
          <Skeleton className="h-full w-full" />
        </div>
      }
    >
      <Plot {...props} height={height} />
    </Suspense>
  )
}
