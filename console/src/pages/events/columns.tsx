import type { EventSummary } from '../../../../src/http/contract/events.ts'
import type { Column } from '../../ui/list.tsx'
import { Badge } from '../../ui/status.tsx'
import { eventKinds } from '../../words/kinds.ts'
import { useFormat, useWords } from '../../words/use-words.tsx'
import { Said } from './facts/said.tsx'
import { EVENT_SIGNALS } from './states.ts'
import { When } from './when.tsx'
import { words } from './words.ts'

/** How an event stands, in a word. */
export function EventState({ status }: { status: EventSummary['status'] }) {
  const t = useWords(words)
  return <Badge signal={EVENT_SIGNALS[status]}>{t(status)}</Badge>
}

/** From its storing to the end of its turn (ms); undefined while it waits. */
export const tookMs = ({ acceptedAt, doneAt }: Pick<EventSummary, 'acceptedAt' | 'doneAt'>) =>
  doneAt === undefined ? undefined : Math.max(0, Date.parse(doneAt) - Date.parse(acceptedAt))

/** Those without room beside an open drawer. */
export const HIDDEN_BESIDE: ReadonlySet<string> = new Set(['note', 'took', 'author', 'number'])

/** Columns of events; `dead` ones say why they died in place of how they ended. */
export function useEventColumns(dead = false): readonly Column<EventSummary>[] {
  const t = useWords(words)
  const kinds = useWords(eventKinds)
  const format = useFormat()
  const time: Column<EventSummary> = {
    id: 'time',
    header: dead ? t('ended') : t('time'),
    width: '116px',
    cell: (row) => <When at={(dead && row.doneAt) || row.acceptedAt} />,
  }
  const about: readonly Column<EventSummary>[] = [
    { id: 'number', header: t('number'), width: 'minmax(72px, 120px)', cell: (row) => row.instance },
    { id: 'kind', header: t('kind'), width: 'minmax(108px, 132px)', cell: (row) => kinds(row.kind) },
    {
      id: 'what',
      header: t('what'),
      width: 'minmax(140px, 2fr)',
      cell: (row) => <Said fact={row.fact} />,
    },
  ]
  if (dead)
    return [
      time,
      ...about,
      {
        id: 'error',
        header: t('error'),
        width: 'minmax(180px, 2fr)',
        cell: (row) => <span title={row.error}>{row.error ?? '–'}</span>,
      },
      {
        id: 'attempts',
        header: t('attempts'),
        width: '90px',
        end: true,
        cell: (row) => format.number(row.attempts),
      },
    ]
  return [
    time,
    ...about,
    { id: 'author', header: t('author'), width: 'minmax(84px, 132px)', cell: (row) => t(row.author) },
    { id: 'status', header: t('status'), width: '108px', cell: (row) => <EventState status={row.status} /> },
    {
      id: 'note',
      header: t('note'),
      width: 'minmax(120px, 1.5fr)',
      cell: (row) => {
        const note = row.status === 'done' || row.status === 'skipped' ? row.note : (row.error ?? row.note)
        return <span title={note}>{note ?? '–'}</span>
      },
    },
    {
      id: 'took',
      header: t('took'),
      width: '64px',
      end: true,
      cell: (row) => {
        const ms = tookMs(row)
        return ms === undefined ? '–' : format.duration(ms)
      },
    },
  ]
}

/** An event on a phone: three lines. */
export const NARROW_HEIGHT = 76
export function NarrowEvent({ row }: { row: EventSummary }) {
  const kinds = useWords(eventKinds)
  return (
    <div className="grid gap-0.5">
      <div className="flex items-center gap-2">
        <span className="min-w-0 grow truncate font-strong">{kinds(row.kind)}</span>
        <EventState status={row.status} />
      </div>
      <Said fact={row.fact} />
      <div className="flex items-center gap-2 text-meta text-muted">
        <span className="min-w-0 grow truncate">
          {row.instance}
          {(row.error ?? row.note) !== undefined && ` · ${row.error ?? row.note}`}
        </span>
        <When at={row.acceptedAt} />
      </div>
    </div>
  )
}
