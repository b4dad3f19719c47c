import { useLive } from '../api/live.tsx'
import type { LiveState } from '../api/live-source.ts'
import { cx } from '../ui/class-names.ts'
import { type Signal, StatusDot } from '../ui/status.tsx'
import { Tooltip } from '../ui/tooltip.tsx'
import { useFormat, useWords } from '../words/use-words.tsx'
import { words } from './words.ts'

const SIGNALS: Record<LiveState['type'], Signal> = {
  connecting: 'waiting',
  live: 'good',
  reconnecting: 'attention',
  stale: 'bad',
}

/** Whether what one sees is the state of now. */
export function LiveBadge() {
  const t = useWords(words)
  const format = useFormat()
  const live = useLive()
  const text =
    live.type === 'stale' ? t('stale', { time: format.time(live.since, { seconds: true }) }) : t(live.type)
  const hint = live.type === 'stale' ? 'staleHint' : live.type === 'live' ? 'liveHint' : 'reconnectingHint'
  return (
    <Tooltip text={t(hint)}>
      <button
        type="button"
        aria-live="polite"
        className={cx(
          'h-7 cursor-default rounded px-2 text-meta',
          live.type === 'stale' && 'bg-bad-soft font-strong',
          live.type === 'reconnecting' && 'bg-attention-soft',
        )}
      >
        <StatusDot signal={SIGNALS[live.type]}>{text}</StatusDot>
      </button>
    </Tooltip>
  )
}
