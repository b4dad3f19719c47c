import { useNavigate, useSearch } from '@tanstack/react-router'
import { Inbox } from 'lucide-react'
import type { DeliverySummary } from '../../../../src/http/contract/events.ts'
import { Button } from '../../ui/button.tsx'
import { CopyId } from '../../ui/copy.tsx'
import { type Column, List } from '../../ui/list.tsx'
import { ListBar } from '../../ui/list-tools.tsx'
import { EmptyState, LoadingState } from '../../ui/states.tsx'
import { useToast } from '../../ui/toast.tsx'
import { common } from '../../words/common.ts'
import { useFormat, useWords } from '../../words/use-words.tsx'
import { PeriodPicker, useEventFilters, useFilters } from './filters.tsx'
import { useLiveList } from './live-list.ts'
import { type EventFilters, present } from './search.ts'
import { When } from './when.tsx'
import { words } from './words.ts'

const FILTERS = ['instance', 'from', 'to'] as const

/** What gateways posted; opening one shows the events it became. */
export function Deliveries() {
  const t = useWords(words)
  const shared = useWords(common)
  const format = useFormat()
  const toast = useToast()
  const search = useSearch({ from: '/shell/events' })
  const navigate = useNavigate({ from: '/events' })
  const query = useFilters(search, FILTERS)
  const { searching, onFurther, ...deliveries } = useLiveList<DeliverySummary>('events', '/deliveries', query)
  const filters = useEventFilters(query, FILTERS)
  const filter = (next: EventFilters) =>
    void navigate({ search: { tab: 'deliveries', ...next }, replace: true })
  const filtered = Object.keys(query).length > 0
  const events = (row: DeliverySummary) =>
    row.events === 0 ? <span className="text-muted">{t('allKnown')}</span> : format.number(row.events)
  const columns: readonly Column<DeliverySummary>[] = [
    {
      id: 'received',
      header: t('received'),
      width: '132px',
      cell: ({ receivedAt }) => <When at={receivedAt} />,
    },
    { id: 'number', header: t('number'), width: 'minmax(80px, 1fr)', cell: ({ instance }) => instance },
    { id: 'id', header: 'ID', width: 'minmax(140px, 1fr)', cell: ({ id }) => <CopyId id={id} /> },
    { id: 'source', header: t('source'), width: 'minmax(120px, 1fr)', cell: ({ source }) => source },
    { id: 'size', header: t('size'), width: '90px', end: true, cell: ({ bytes }) => format.bytes(bytes) },
    { id: 'events', header: t('eventsOf'), width: '110px', end: true, cell: events },
  ]
  return (
    <>
      <ListBar
        name="deliveries"
        filters={filters}
        values={query}
        onChange={(values) => filter(present(values))}
        count={deliveries.count}
      >
        <PeriodPicker
          from={query.from}
          to={query.to}
          onChange={({ from, to }) => filter(present({ ...query, from, to }))}
        />
      </ListBar>
      <List
        {...deliveries}
        main
        live
        label={t('tabDeliveries')}
        idOf={({ id }) => id}
        columns={columns}
        rowHeight={36}
        onOpen={({ id, events: n }) =>
          n === 0 ? toast.done(t('noEventsOf')) : void navigate({ search: { id } })
        }
        narrow={{
          height: 56,
          row: (row) => (
            <div className="grid gap-0.5">
              <div className="flex items-center gap-2">
                <span className="min-w-0 grow truncate font-strong">{row.instance}</span>
                <span>{row.events === 0 ? t('allKnown') : t('inDelivery', { n: row.events })}</span>
              </div>
              <div className="flex items-center gap-2 text-meta text-muted">
                <span className="min-w-0 grow truncate">
                  {row.source} · {format.bytes(row.bytes)}
                </span>
                <When at={row.receivedAt} />
              </div>
            </div>
          ),
        }}
        empty={
          searching ? (
            <LoadingState />
          ) : onFurther ? (
            <EmptyState title={t('further')} action={<Button onClick={onFurther}>{t('lookFurther')}</Button>}>
              {t('furtherHint')}
            </EmptyState>
          ) : (
            <EmptyState
              icon={<Inbox size={24} aria-hidden />}
              title={filtered ? shared('noMatch') : t('deliveriesEmpty')}
              action={filtered && <Button onClick={() => filter({})}>{t('clearFilters')}</Button>}
            >
              {filtered ? shared('noMatchHint') : t('deliveriesEmptyHint')}
            </EmptyState>
          )
        }
      />
    </>
  )
}
