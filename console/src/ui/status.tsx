import { CircleAlert, CircleCheck, CircleX, Clock } from 'lucide-react'
import type { ReactNode } from 'react'
import { cx } from './class-names.ts'

/** What a colour of state means; nothing else may use these colours. */
export type Signal = 'good' | 'attention' | 'bad' | 'waiting' | 'neutral'

const TEXT: Record<Signal, string> = {
  good: 'text-good',
  attention: 'text-attention',
  bad: 'text-bad',
  waiting: 'text-waiting',
  neutral: 'text-muted',
}
const FILL: Record<Signal, string> = {
  good: 'bg-good',
  attention: 'bg-attention',
  bad: 'bg-bad',
  waiting: 'bg-waiting',
  neutral: 'bg-muted',
}
const SOFT: Record<Signal, string> = {
  good: 'bg-good-soft text-good',
  attention: 'bg-attention-soft text-attention',
  bad: 'bg-bad-soft text-bad',
  waiting: 'bg-waiting-soft text-waiting',
  neutral: 'bg-hover text-muted',
}
const ICONS = {
  good: CircleCheck,
  attention: CircleAlert,
  bad: CircleX,
  waiting: Clock,
  neutral: undefined,
} as const

/** A dot with its word: never colour alone. */
export function StatusDot({ signal, children }: { signal: Signal; children: ReactNode }) {
  return (
    <span className="inline-flex max-w-full min-w-0 items-center gap-2">
      <span aria-hidden className={cx('size-2 shrink-0 rounded-full', FILL[signal])} />
      <span className="truncate">{children}</span>
    </span>
  )
}

/** A short word in a box. */
export function Badge({ signal = 'neutral', children }: { signal?: Signal; children: ReactNode }) {
  return (
    <span
      className={cx(
        'inline-flex h-5 max-w-full items-center rounded px-1.5 text-meta font-strong whitespace-nowrap',
        SOFT[signal],
      )}
    >
      <span className="truncate">{children}</span>
    </span>
  )
}

/** The icon of a state. */
export function SignalIcon({ signal, size = 16 }: { signal: Signal; size?: number }) {
  const Icon = ICONS[signal]
  return Icon ? <Icon aria-hidden size={size} className={cx('shrink-0', TEXT[signal])} /> : null
}

/** A line that says something about what is below it. */
export function Notice({
  signal,
  title,
  children,
  actions,
}: {
  signal: Signal
  title?: ReactNode
  children?: ReactNode
  actions?: ReactNode
}) {
  return (
    <div
      role={signal === 'bad' ? 'alert' : 'status'}
      className={cx('flex items-start gap-2 rounded px-3 py-2', SOFT[signal], 'text-text')}
    >
      <span className="mt-0.5">
        <SignalIcon signal={signal} />
      </span>
      <div className="min-w-0 grow">
        {title !== undefined && <p className="font-strong">{title}</p>}
        {children}
      </div>
      {actions}
    </div>
  )
}
