import type { EventDetail, Stage } from '../../../../../src/http/contract/events.ts'
import { useFormat, useWords } from '../../../words/use-words.tsx'
import { words } from './words.ts'

interface Step {
  stage: Stage | 'sent'
  at: number
  ms: number
}

/** The stages of an event, and the end of the last command that came of it. */
function stepsOf({ timeline, commands }: EventDetail): Step[] {
  const steps: Step[] = timeline.map(({ stage, at, ms = 0 }) => ({ stage, at: Date.parse(at), ms }))
  const ends = commands.map(({ settledAt }) => (settledAt === undefined ? Number.NaN : Date.parse(settledAt)))
  const last = Math.max(...ends)
  const before = steps.at(-1)
  if (ends.length > 0 && !Number.isNaN(last) && before)
    steps.push({ stage: 'sent', at: last, ms: Math.max(0, last - before.at) })
  return steps
}

const SAYS = {
  received: 'receivedSays',
  verified: 'verifiedSays',
  stored: 'storedSays',
  started: 'startedSays',
  handled: 'handledSays',
  sent: 'sentSays',
} as const satisfies Record<Step['stage'], string>

/** Narrower than this (% of the whole) a bar would not be seen. */
const LEAST = 1.5

/** When each stage was reached, and how long it took, as bars under each other. */
export function Stages({ event }: { event: EventDetail }) {
  const t = useWords(words)
  const format = useFormat()
  const steps = stepsOf(event)
  const first = steps[0]?.at ?? 0
  const total = Math.max(1, ...steps.map(({ at }) => at - first))
  return (
    <div>
      <ol className="grid grid-cols-1 gap-2">
        {steps.map(({ stage, at, ms }, index) => {
          const width = Math.max(LEAST, (ms / total) * 100)
          const start = Math.min(100 - width, Math.max(0, ((at - first - ms) / total) * 100))
          return (
            <li key={stage}>
              <div className="flex items-baseline gap-2">
                <span className="font-strong whitespace-nowrap">{t(stage)}</span>
                <span className="min-w-0 grow truncate text-meta text-muted">{t(SAYS[stage])}</span>
                <span className="whitespace-nowrap tabular-nums">
                  {index === 0 ? format.time(at, { seconds: true }) : `+${format.duration(ms)}`}
                </span>
              </div>
              <div aria-hidden className="mt-1 h-1.5 rounded-full bg-hover">
                <div
                  className="h-full rounded-full bg-accent"
                  style={{
                    width: `${index === 0 ? LEAST : width}%`,
                    marginLeft: `${index === 0 ? 0 : start}%`,
                  }}
                />
              </div>
            </li>
          )
        })}
      </ol>
      {steps.length > 1 && (
        <p className="mt-2 text-right text-meta text-muted tabular-nums">
          {t('inAll', { time: format.duration(total) })}
        </p>
      )}
    </div>
  )
}
