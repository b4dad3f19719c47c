import { ListChecks, X } from 'lucide-react'
import { createContext, type ReactNode, useContext, useMemo, useState } from 'react'
import { Button, IconButton } from '../ui/button.tsx'
import { Popover } from '../ui/popover.tsx'
import { Progress } from '../ui/progress.tsx'
import { Badge } from '../ui/status.tsx'
import { common } from '../words/common.ts'
import { useWords } from '../words/use-words.tsx'
import { words } from './words.ts'

/** Something that takes long, told while it runs and once it has ended. */
export interface Activity {
  id: string
  title: string
  state: 'running' | 'done' | 'failed' | 'cancelled'
  done: number
  total: number
  /** About how long (ms) it will take. */
  leftMs?: number
  /** What came of it, or why it failed. */
  result?: string
  onCancel?(): void
}
interface Activities {
  all: readonly Activity[]
  /** Shows or renews the entry of `activity.id`; it outlives the page that told it. */
  tell(activity: Activity): void
  clearEnded(): void
}
const ActivityContext = createContext<Activities | undefined>(undefined)

export function ActivityProvider({ children }: { children: ReactNode }) {
  const [all, setAll] = useState<readonly Activity[]>([])
  const activities = useMemo<Activities>(
    () => ({
      all,
      tell: (activity) => setAll((known) => [activity, ...known.filter(({ id }) => id !== activity.id)]),
      clearEnded: () => setAll((known) => known.filter(({ state }) => state === 'running')),
    }),
    [all],
  )
  return <ActivityContext value={activities}>{children}</ActivityContext>
}

/** The tray of what takes long. */
export function useActivities(): Activities {
  const activities = useContext(ActivityContext)
  if (!activities) throw new Error('useActivities outside of ActivityProvider')
  return activities
}

const ENDED = { done: 'activityDone', failed: 'activityFailed', cancelled: 'activityCancelled' } as const
const SIGNALS = { done: 'good', failed: 'bad', cancelled: 'neutral' } as const

export function ActivityTray() {
  const t = useWords(words)
  const { all, clearEnded } = useActivities()
  const running = all.filter(({ state }) => state === 'running').length
  return (
    <Popover
      label={t('activity')}
      trigger={
        running > 0 ? (
          <Button small look="quiet" icon={<ListChecks size={16} />}>
            {t('activityRunning', { n: running })}
          </Button>
        ) : (
          <IconButton small label={t('activity')} icon={<ListChecks size={16} />} />
        )
      }
    >
      <h2 className="mb-2 font-strong">{t('activity')}</h2>
      {all.length === 0 ? (
        <p className="text-muted">{t('activityEmpty')}</p>
      ) : (
        <ul className="grid max-h-96 gap-3 overflow-y-auto">
          {all.map((activity) => (
            <Entry key={activity.id} activity={activity} />
          ))}
        </ul>
      )}
      {all.length > running && (
        <div className="mt-3">
          <Button small onClick={clearEnded}>
            {t('activityClear')}
          </Button>
        </div>
      )}
    </Popover>
  )
}

function Entry({
  activity: { title, state, done, total, leftMs, result, onCancel },
}: {
  activity: Activity
}) {
  const t = useWords(words)
  const shared = useWords(common)
  return (
    <li className="grid gap-1">
      <div className="flex items-center gap-2">
        <span className="min-w-0 grow truncate font-strong">{title}</span>
        {state === 'running' ? (
          onCancel && <IconButton small label={shared('cancel')} icon={<X size={16} />} onClick={onCancel} />
        ) : (
          <Badge signal={SIGNALS[state]}>{t(ENDED[state])}</Badge>
        )}
      </div>
      {state === 'running' && (
        <Progress label={title} done={done} total={total} {...(leftMs !== undefined && { leftMs })} />
      )}
      {result !== undefined && <p className="text-meta text-muted">{result}</p>}
    </li>
  )
}
