import type { Signal } from './status.tsx'

const WIDTH = 96
const HEIGHT = 20

/** The shape of a few numbers over time, as wide as a word. Says in words what it shows. */
export function Sparkline({
  label,
  values,
  signal,
}: {
  label: string
  values: readonly number[]
  signal?: Extract<Signal, 'bad'>
}) {
  const top = Math.max(1, ...values)
  const step = WIDTH / Math.max(1, values.length)
  return (
    <svg
      role="img"
      aria-label={label}
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      className={signal === 'bad' ? 'text-bad' : 'text-accent'}
    >
      {values.map((value, at) => {
        const height = value === 0 ? 1 : Math.max(2, (value / top) * HEIGHT)
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
            key={at}
            x={at * step}
            y={HEIGHT - height}
            width={Math.max(1, step - 1)}
            height={height}
            fill="currentColor"
            opacity={value === 0 ? 0.35 : 1}
          />
        )
      })}
    </svg>
  )
}
