import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Lock, MessageSquareText } from 'lucide-react'
import { type ReactNode, useMemo } from 'react'
import type { Instance } from '../../../../src/http/contract/instances.ts'
import type { InstanceHealth } from '../../../../src/http/contract/overview.ts'
import { useSession } from '../../api/session.ts'
import { ButtonLink } from '../../ui/button-link.tsx'
import { type Column, List } from '../../ui/list.tsx'
import { ColumnsMenu, type Filter, ListBar, useHiddenColumns } from '../../ui/list-tools.tsx'
import { EmptyState, Skeleton } from '../../ui/states.tsx'
import { Badge } from '../../ui/status.tsx'
import { RelativeTime } from '../../ui/time.tsx'
import { Tooltip } from '../../ui/tooltip.tsx'
import { common } from '../../words/common.ts'
import { useFormat, useWords } from '../../words/use-words.tsx'
import { overviewQuery } from '../overview/queries.ts'
import { Connection } from './connection.tsx'
import { connectionsQuery, instancesQuery } from './queries.ts'
import type { InstancesSearch } from './search.ts'
import {
  acceptedShare,
  CONNECTION_RANK,
  CONNECTION_STATES,
  connectionOf,
  connectionWords,
  paceOf,
} from './state.ts'
import { words } from './words.ts'

const LIST = 'instances'
const FILTERS = ['state', 'gateway', 'tag', 'origin', 'server'] as const

type LastHour = InstanceHealth['lastHour']

/** Every number of the hub, the unwell first unless sorted otherwise. */
export function NumberList() {
  const t = useWords(words)
  const shared = useWords(common)
  const navigate = useNavigate()
  const search = useSearch({ from: '/shell/instances' })
  const { data: all, error, refetch } = useQuery(instancesQuery)
  const { data: overview } = useQuery(overviewQuery)
  const lastHour = useMemo(
    () => new Map(overview?.instances.map(({ id, lastHour: totals }) => [id, totals])),
    [overview],
  )
  const columns = useColumns(lastHour)
  const [hidden, setHidden] = useHiddenColumns(LIST)
  const filters = useFilters(all ?? [])
  const rows = useMemo(() => all && arrange(all, search, lastHour), [all, search, lastHour])
  const show = (next: InstancesSearch) =>
    void navigate({ to: '/instances', search: withoutNothing(next), replace: true })
  if (all?.length === 0) return <NoNumbers />
  const { sort } = search
  return (
    <>
      <ListBar
        name={LIST}
        search={search.q ?? ''}
        searchLabel={t('searchNumbers')}
        onSearch={(q) => show({ ...search, q })}
        filters={filters}
        values={Object.fromEntries(FILTERS.map((name) => [name, search[name]]))}
        onChange={(values) => show({ ...search, ...values })}
        count={rows && { n: rows.length }}
      >
        <ColumnsMenu columns={columns} hidden={hidden} onChange={setHidden} />
      </ListBar>
      <div className="flex min-h-0 grow flex-col pb-4">
        <List
          main
          label={t('title')}
          rows={rows}
          idOf={({ id }) => id}
          columns={columns}
          hidden={hidden}
          narrow={{ height: 72, row: (row) => <Narrow row={row} /> }}
          rowHeight={44}
          error={error}
          onRetry={() => void refetch()}
          onOpen={({ id }) => void navigate({ to: '/instances/$id', params: { id } })}
          {...(sort !== undefined && {
            sort: { column: sort.replace(/^-/, ''), descending: sort.startsWith('-') },
          })}
          onSort={({ column, descending }) => show({ ...search, sort: `${descending ? '-' : ''}${column}` })}
          empty={<EmptyState title={shared('noMatch')}>{shared('noMatchHint')}</EmptyState>}
        />
      </div>
    </>
  )
}

/** Empty texts do not belong into the URL. */
const withoutNothing = (search: InstancesSearch): InstancesSearch =>
  Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined && value !== ''))

function NoNumbers() {
  const t = useWords(words)
  const { can } = useSession()
  return (
    <EmptyState
      icon={<MessageSquareText size={24} aria-hidden />}
      title={t('empty')}
      action={
        can('manage') && (
          <ButtonLink to="/instances/new" look="primary">
            {t('newNumber')}
          </ButtonLink>
        )
      }
    >
      <p>{t('emptyHint')}</p>
      <p className="mt-2 text-meta">{t('whatIsNumber')}</p>
    </EmptyState>
  )
}

function useFilters(all: readonly Instance[]): readonly Filter[] {
  const t = useWords(words)
  const states = useWords(connectionWords)
  const distinct = (of: (one: Instance) => readonly (string | undefined)[]) =>
    [...new Set(all.flatMap(of))]
      .filter((one) => one !== undefined)
      .toSorted((a, b) => a.localeCompare(b))
      .map((one) => ({ value: one, label: one }))
  const filters: Filter[] = [
    {
      id: 'state',
      label: t('state'),
      choices: [...CONNECTION_STATES, 'held' as const].map((state) => ({
        value: state,
        label: states(state),
      })),
    },
    { id: 'gateway', label: t('gateway'), choices: distinct(({ gateway }) => [gateway]) },
    { id: 'server', label: t('server'), choices: distinct(({ server }) => [server]) },
    { id: 'tag', label: t('tag'), choices: distinct(({ tags }) => tags) },
    {
      id: 'origin',
      label: t('origin'),
      choices: [
        { value: 'file', label: t('originFile') },
        { value: 'store', label: t('originStore') },
      ],
    },
  ]
  return filters.filter(({ choices = [] }) => choices.length > 0)
}

type Sorted = Readonly<Record<string, (row: Instance, hour: LastHour | undefined) => string | number>>
const SORTS: Sorted = {
  number: ({ id, name }) => (name ?? id).toLowerCase(),
  state: (row) => CONNECTION_RANK[connectionOf(row.connection)] + (row.hold ? 0.5 : 0),
  lastEvent: ({ lastEventAt }) => (lastEventAt === undefined ? 0 : Date.parse(lastEventAt)),
  gateway: ({ gateway }) => gateway,
  accepted: (_row, hour) => (hour && acceptedShare(hour)) ?? 2,
  backlog: ({ queued }) => queued,
  budget: ({ pacing }, hour) => (hour?.sent ?? 0) / (paceOf(pacing) ?? Number.POSITIVE_INFINITY),
}

/** Searched, filtered and sorted; what is equal stays in the order of names. */
function arrange(
  all: readonly Instance[],
  search: InstancesSearch,
  lastHour: ReadonlyMap<string, LastHour>,
): Instance[] {
  const asked = search.q?.trim().toLowerCase() ?? ''
  const found = all.filter(
    (row) =>
      [row.id, row.name, row.device, row.baseUrl, ...row.tags].some(
        (text) => text?.toLowerCase().includes(asked) === true,
      ) &&
      (search.state === undefined ||
        (search.state === 'held' ? row.hold !== null : connectionOf(row.connection) === search.state)) &&
      (search.gateway === undefined || row.gateway === search.gateway) &&
      (search.server === undefined || row.server === search.server) &&
      (search.tag === undefined || row.tags.includes(search.tag)) &&
      (search.origin === undefined || row.origin === search.origin),
  )
  const { sort = '-state' } = search
  const of = SORTS[sort.replace(/^-/, '')] ?? SORTS.state
  const sign = sort.startsWith('-') ? -1 : 1
  return found.toSorted((a, b) => {
    const [x, y] = [of?.(a, lastHour.get(a.id)) ?? 0, of?.(b, lastHour.get(b.id)) ?? 0]
    return (x < y ? -1 : x > y ? 1 : 0) * sign || a.id.localeCompare(b.id, undefined, { numeric: true })
  })
}

function useColumns(lastHour: ReadonlyMap<string, LastHour>): readonly Column<Instance>[] {
  const t = useWords(words)
  const shared = useWords(common)
  const format = useFormat()
  return [
    {
      id: 'number',
      header: t('number'),
      width: 'minmax(160px, 2fr)',
      sortable: true,
      cell: (row) => <Name row={row} />,
    },
    {
      id: 'state',
      header: t('state'),
      width: 'minmax(136px, 1fr)',
      sortable: true,
      cell: ({ connection, hold }) => <Connection state={connection} held={hold !== null} />,
    },
    {
      id: 'lastEvent',
      header: t('lastEvent'),
      width: '96px',
      sortable: true,
      cell: ({ lastEventAt }) =>
        lastEventAt === undefined ? (
          <span className="text-muted">{shared('never')}</span>
        ) : (
          <RelativeTime at={lastEventAt} />
        ),
    },
    {
      id: 'accepted',
      header: t('accepted'),
      width: '100px',
      end: true,
      sortable: true,
      cell: ({ id }) => {
        const hour = lastHour.get(id)
        const share = hour && acceptedShare(hour)
        if (share === undefined) return '–'
        return <span className={share < 1 ? 'font-strong text-attention' : ''}>{format.percent(share)}</span>
      },
    },
    {
      id: 'backlog',
      header: t('backlog'),
      width: '64px',
      end: true,
      sortable: true,
      cell: ({ queued }) => format.number(queued),
    },
    {
      id: 'budget',
      header: t('budget'),
      width: '112px',
      end: true,
      sortable: true,
      cell: (row) => <Budget row={row} hour={lastHour.get(row.id)} />,
    },
    {
      id: 'reconnects',
      header: t('reconnects'),
      width: '116px',
      end: true,
      cell: ({ id }) => <Reconnects id={id} />,
    },
    { id: 'gateway', header: t('gateway'), width: '80px', sortable: true, cell: ({ gateway }) => gateway },
    {
      id: 'tags',
      header: t('tags'),
      width: 'minmax(64px, 1fr)',
      cell: ({ tags }) => (
        <span className="flex gap-1">
          {tags.map((tag) => (
            <Badge key={tag}>{tag}</Badge>
          ))}
        </span>
      ),
    },
  ]
}

function Name({ row: { id, name, origin } }: { row: Instance }): ReactNode {
  const t = useWords(words)
  return (
    <span className="flex min-w-0 items-center gap-2">
      <bdi className="truncate font-strong">{name ?? id}</bdi>
      {name !== undefined && <code className="truncate font-mono text-meta text-muted">{id}</code>}
      {origin === 'file' && (
        <Tooltip text={t('readOnly')}>
          <span role="img" aria-label={t('readOnly')} className="shrink-0 text-muted">
            <Lock size={14} aria-hidden />
          </span>
        </Tooltip>
      )}
    </span>
  )
}

/** What was sent in the last hour, beside what the pause between sends allows in one. */
function Budget({ row, hour }: { row: Instance; hour: LastHour | undefined }) {
  const t = useWords(words)
  const format = useFormat()
  if (!hour) return '–'
  const most = paceOf(row.pacing)
  const sent = format.number(hour.sent)
  if (most === undefined) return sent
  const fill = { sent, most: format.number(Math.round(most)) }
  return <span title={t('budgetHint', fill)}>{t('budgetOf', fill)}</span>
}

/** Asked for row by row: only those in sight exist. */
function Reconnects({ id }: { id: string }) {
  const format = useFormat()
  const { data, isPending } = useQuery(connectionsQuery(id, 1))
  if (isPending) return <Skeleton className="ml-auto w-6" />
  return data ? format.number(data.uptime.week.reconnects) : '–'
}

/** A row on a phone: what one looks for first. */
function Narrow({ row }: { row: Instance }) {
  const t = useWords(words)
  const format = useFormat()
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-1">
      <div className="flex items-center gap-2">
        <span className="min-w-0 grow truncate">
          <Name row={row} />
        </span>
        <span className="shrink-0 text-meta text-muted">
          {row.lastEventAt !== undefined && <RelativeTime at={row.lastEventAt} />}
        </span>
      </div>
      <div className="flex items-center gap-3 text-meta">
        <Connection state={row.connection} held={row.hold !== null} />
        <span className="truncate text-muted">
          {row.gateway}
          {row.queued > 0 && ` · ${t('backlog')}: ${format.number(row.queued)}`}
        </span>
      </div>
    </div>
  )
}
