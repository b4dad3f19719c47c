import { useEffect, useRef } from 'react'
import UPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { useTheme } from '../theme/use-theme.tsx'
import { useFormat } from '../words/use-words.tsx'
import type { ChartProps } from './chart-props.ts'

/** From here on (ms), days stand below the chart, and no hours. */
const MANY_DAYS_MS = 36 * 3_600_000

/** The chart itself; only {@link Chart} loads it. */
export default function Plot({
  label,
  times,
  series,
  format,
  height = 120,
  kind = 'line',
  onPoint,
}: ChartProps) {
  const box = useRef<HTMLDivElement>(null)
  const words = useFormat()
  const { shown: theme } = useTheme()
  const write = format ?? words.number
  const point = useRef(onPoint)
  point.current = onPoint
  // biome-ignore lint/correctness/useExhaustiveDependencies: the theme decides what the colours are
  useEffect(() => {
    const element = box.current
    if (!element) return
    const colour = (name: string) => getComputedStyle(element).getPropertyValue(`--${name}`).trim()
    const text = colour('muted')
    const line = colour('line')
    const axis = {
      stroke: text,
      font: '12px system-ui',
      ticks: { show: false },
      grid: { stroke: line, width: 1 },
    }
    const long = (times.at(-1) ?? 0) - (times[0] ?? 0) > MANY_DAYS_MS
    const step = ((times[1] ?? 0) - (times[0] ?? 0)) / 1000
    const edge = kind === 'bars' ? step / 2 : 0
    const plot = new UPlot(
      {
        hooks: { setCursor: [({ cursor }) => point.current?.(cursor.idx ?? undefined)] },
        width: element.clientWidth,
        height,
        cursor: { y: false, points: { size: 6 } },
        legend: { show: false },
        scales: {
          x: {
            time: true,
            // Bars stand around their time: the first and the last one need half a step more.
            range: (_plot, min, max) => [min - edge, max + edge],
          },
          y: { range: (_plot, _min, max) => [0, Math.max(max, 1)] },
        },
        axes: [
          {
            ...axis,
            grid: { show: false },
            size: 24,
            space: 72,
            values: (_plot, at) => at.map((s) => (long ? words.day(s * 1000) : words.time(s * 1000))),
          },
          {
            ...axis,
            size: 56,
            // What was counted has no halves.
            splits: (_plot, _axis, _min, max) =>
              kind === 'line' ? [0, max / 2, max] : max < 2 ? [0, max] : [0, Math.round(max / 2), max],
            values: (_plot, at) => at.map(write),
          },
        ],
        series: [
          {},
          ...series.map(({ label: name, signal }) => {
            const stroke = colour(signal === undefined || signal === 'neutral' ? 'accent' : signal)
            return {
              label: name,
              stroke,
              width: kind === 'bars' ? 0 : 1.5,
              fill: kind === 'bars' ? stroke : `${stroke}22`,
              points: { show: false },
              ...(kind === 'bars' && UPlot.paths.bars && { paths: UPlot.paths.bars({ size: [0.7, 24] }) }),
            }
          }),
        ],
      },
      [times.map((ms) => ms / 1000), ...series.map(({ values }) => [...values])] as UPlot.AlignedData,
      element,
    )
    const resize = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }))
    resize.observe(element)
    return () => {
      resize.disconnect()
      plot.destroy()
    }
  }, [times, series, height, kind, theme, words, write])
  return <div ref={box} role="img" aria-label={label} style={{ height }} className="w-full min-w-0" />
}
