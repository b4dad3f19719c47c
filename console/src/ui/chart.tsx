import { lazy, Suspense } from 'react'
import type { ChartProps } from './chart-props.ts'
import { Skeleton } from './states.tsx'

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
