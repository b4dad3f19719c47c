import { useNavigate, useSearch } from '@tanstack/react-router'
import { Activity, RotateCcw } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { EventSummary } from '../../../../src/http/contract/events.ts'
import { Button } from '../../ui/button.tsx'
import { ButtonLink } from '../../ui/button-link.tsx'
import { BulkBar, ColumnsMenu, ListBar, useHiddenColumns } from '../../ui/list-tools.tsx'
import { EmptyState } from '../../ui/states.tsx'
import { useWords } from '../../words/use-words.tsx'
import { useEventColumns } from './columns.tsx'
import { EventList } from './event-list.tsx'
import { PeriodPicker, useEventFilters, useFilters } from './filters.tsx'
import { useLiveList } from './live-list.ts'
import { useMayOperate } from './may.tsx'
import { RangeReplay } from './replay/range.tsx'
import { type EventFilters, pick, present } from './search.ts'
import { hasEnded } from './states.ts'
import { words } from './words.ts'

const FILTERS = ['instance', 'status', 'kind', 'author', 'chat', 'from', 'to'] as const
const ALL = [...FILTERS, 'id'] as const
/** While somebody types, nothing is asked. */
const TYPED_MS = 250

/** Everything that happened, as it happens. */
export function AllEvents({ onOpen }: { onOpen(id: string): void }) {
  const t = useWords(words)
  const search = useSearch({ from: '/shell/events' })
  const navigate = useNavigate({ from: '/events' })
  const may = useMayOperate()
  const query = useFilters(search, ALL)
  const events = useLiveList<EventSummary>('events', '/events', query)
  const filters = useEventFilters(query, FILTERS)
  const columns = useEventColumns()
  const [hidden, setHidden] = useHiddenColumns('events')
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [replaying, setReplaying] = useState<'range' | 'selected'>()
  const filter = (next: EventFilters) => void navigate({ search: next, replace: true })
  const [typed, type] = useTyped(query.id ?? '', (id) =>
    filter(present({ ...query, id: id === '' ? undefined : id })),
  )
  const ended = events.rows?.filter(({ id, status }) => selected.has(id) && hasEnded(status)) ?? []
  const filtered = Object.keys(query).length > 0
  return (
    <>
      <ListBar
        name="events"
        filters={filters}
        values={{ ...pick(query, FILTERS) }}
        onChange={(values) => filter(present({ ...values, id: query.id }))}
        search={typed}
        onSearch={type}
        searchLabel={t('searchId')}
        count={events.count}
      >
        <PeriodPicker
          from={query.from}
          to={query.to}
          onChange={({ from, to }) => filter(present({ ...query, from, to }))}
        />
        <ColumnsMenu columns={columns} hidden={hidden} onChange={setHidden} />
        {may && (
          <Button small icon={<RotateCcw size={16} aria-hidden />} onClick={() => setReplaying('range')}>
            {t('replayThese')}
          </Button>
        )}
      </ListBar>
      <BulkBar count={selected.size} onClear={() => setSelected(new Set())}>
        <Button small disabled={ended.length === 0} onClick={() => setReplaying('selected')}>
          {t('replaySelected', { n: ended.length })}
        </Button>
      </BulkBar>
      <EventList
        label={t('title')}
        events={events}
        columns={columns}
        hidden={hidden}
        open={search.open}
        onOpen={onOpen}
        selected={selected}
        onSelect={may ? setSelected : undefined}
        onClear={filtered ? () => filter({}) : undefined}
        empty={
          <EmptyState
            icon={<Activity size={24} aria-hidden />}
            title={t('empty')}
            action={<ButtonLink to="/instances">{t('toNumbers')}</ButtonLink>}
          >
            {t('emptyHint')}
          </EmptyState>
        }
      />
      {replaying && (
        <RangeReplay
          filters={query}
          ids={replaying === 'selected' ? ended.map(({ id }) => id) : undefined}
          onClose={() => setReplaying(undefined)}
          onStarted={() => setSelected(new Set())}
        />
      )}
    </>
  )
}

/** What is being typed, and handed on once somebody stops. */
function useTyped(value: string, onTyped: (text: string) => void): [string, (text: string) => void] {
  const [typed, setTyped] = useState(value)
  const [before, setBefore] = useState(value)
  if (value !== before) {
    setBefore(value)
    setTyped(value)
  }
  useEffect(() => {
    const next = typed.trim().slice(0, 128)
    if (next === value) return
    const timer = setTimeout(() => onTyped(next), TYPED_MS)
    return () => clearTimeout(timer)
  }, [typed, value, onTyped])
  return [typed, setTyped]
}
