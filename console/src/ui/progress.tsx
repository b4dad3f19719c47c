import { common } from '../words/common.ts'
import { useFormat, useWords } from '../words/use-words.tsx'

/** How far something long-running is, at which rate, and how long it will take (ms). */
export function Progress({
  label,
  done,
  total,
  leftMs,
}: {
  label: string
  done: number
  total: number
  leftMs?: number
}) {
  const t = useWords(common)
  const format = useFormat()
  return (
    <div className="grid gap-1">
      <progress
        aria-label={label}
        value={done}
        max={Math.max(1, total)}
        className="h-1.5 w-full appearance-none overflow-hidden rounded-full [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-hover [&::-webkit-progress-value]:bg-accent"
      />
      <span className="text-meta text-muted tabular-nums">
        {t('progress', { done, total })}
        {leftMs !== undefined && ` · ${t('timeLeft', { time: format.duration(leftMs) })}`}
      </span>
    </div>
  )
}
