import { useQuery } from '@tanstack/react-query'
import { CalendarRange } from 'lucide-react'
import { useMemo, useState } from 'react'
import { api } from '../../api/client.ts'
import { Button } from '../../ui/button.tsx'
import { type Choice, TextField } from '../../ui/field.tsx'
import type { Filter } from '../../ui/list-tools.tsx'
import { Popover } from '../../ui/popover.tsx'
import { eventKinds } from '../../words/kinds.ts'
import { useFormat, useWords } from '../../words/use-words.tsx'
import { type EventFilters, pick } from './search.ts'
import { EVENT_STATES } from './states.ts'
import { words } from './words.ts'

/** The hub's numbers, to choose from. */
export function useNumberChoices(): readonly Choice<string>[] {
  const { data } = useQuery({
    queryKey: ['instances', 'names'],
    queryFn: ({ signal }) =>
      api.get<{ data: { id: string; name?: string }[] }>('/instances', { query: { limit: 200 }, signal }),
    meta: { quiet: true },
  })
  return (data?.data ?? []).map(({ id }) => ({ value: id, label: id }))
}

/** The named filters of the URL: the same object while they stay the same. */
export function useFilters<K extends keyof EventFilters>(
  search: EventFilters,
  names: readonly K[],
): Pick<EventFilters, K> & Readonly<Record<string, string | undefined>> {
  const said = JSON.stringify(pick(search, names))
  return useMemo(() => JSON.parse(said), [said])
}

const AUTHORS = ['other', 'person', 'api', 'hosted'] as const

/** A choice for a value that is none of those offered, such as several at once. */
function including(choices: readonly Choice<string>[], value: string | undefined): readonly Choice<string>[] {
  if (value === undefined || choices.some((choice) => choice.value === value)) return choices
  const label = value
    .split(',')
    .map((one) => choices.find((choice) => choice.value === one)?.label ?? one)
    .join(', ')
  return [...choices, { value, label }]
}

/** What events can be filtered by, for the bar above a list. Time has a picker of its own. */
export function useEventFilters(
  values: EventFilters,
  names: readonly (keyof EventFilters)[],
): readonly Filter[] {
  const t = useWords(words)
  const kinds = useWords(eventKinds)
  const format = useFormat()
  const numbers = useNumberChoices()
  const moment = (at: string) => (Number.isNaN(Date.parse(at)) ? at : `${format.day(at)}, ${format.time(at)}`)
  const kindChoices = KINDS.map((kind) => ({ value: kind, label: kinds(kind) }))
  const time = (id: 'from' | 'to') => {
    const value = values[id]
    return value === undefined ? [] : [{ id, label: t(id), choices: [{ value, label: moment(value) }] }]
  }
  const all: readonly (Filter & { id: keyof EventFilters })[] = [
    {
      id: 'instance',
      label: t('number'),
      ...(numbers.length > 0 && { choices: including(numbers, values.instance) }),
    },
    {
      id: 'status',
      label: t('status'),
      choices: including(
        EVENT_STATES.map((value) => ({ value, label: t(value) })),
        values.status,
      ),
    },
    { id: 'kind', label: t('kind'), choices: including(kindChoices, values.kind) },
    {
      id: 'author',
      label: t('author'),
      choices: including(
        AUTHORS.map((value) => ({ value, label: t(value) })),
        values.author,
      ),
    },
    { id: 'chat', label: t('chat') },
    ...time('from'),
    ...time('to'),
  ]
  return all.filter(({ id }) => names.includes(id))
}

/** In the order people look for them. */
export const KINDS = [
  'message',
  'edit',
  'revoke',
  'reaction',
  'vote',
  'receipt',
  'membership',
  'group',
  'connection',
  'timer',
  'call',
  'presence',
  'pin',
  'label',
  'chat',
  'contact',
  'lead',
  'block',
  'channel',
  'history',
  'campaign',
  'delete-for-me',
  'unknown',
] as const

const MINUTE = 60_000
const SPANS = [
  ['last15m', 15 * MINUTE],
  ['last1h', 60 * MINUTE],
  ['last24h', 24 * 60 * MINUTE],
  ['last7d', 7 * 24 * 60 * MINUTE],
] as const

/** As a `datetime-local` field writes it, in the browser's zone. */
export const toLocal = (at: string | undefined): string => {
  const date = new Date(at ?? Number.NaN)
  if (Number.isNaN(date.getTime())) return ''
  return new Date(date.getTime() - date.getTimezoneOffset() * MINUTE).toISOString().slice(0, 16)
}
/** ISO 8601 in UTC of what such a field holds; undefined while it holds no moment. */
export const fromLocal = (text: string): string | undefined => {
  const date = new Date(text)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

/** The two fields of a period. */
export function PeriodFields({
  from,
  to,
  onChange,
}: {
  from: string | undefined
  to: string | undefined
  onChange(period: { from: string | undefined; to: string | undefined }): void
}) {
  const t = useWords(words)
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <TextField
        label={t('from')}
        type="datetime-local"
        value={toLocal(from)}
        onChange={(text) => onChange({ from: fromLocal(text), to })}
      />
      <TextField
        label={t('to')}
        type="datetime-local"
        value={toLocal(to)}
        onChange={(text) => onChange({ from, to: fromLocal(text) })}
      />
    </div>
  )
}

/** When: the last while, or from and to. */
export function PeriodPicker({
  from,
  to,
  onChange,
}: {
  from: string | undefined
  to: string | undefined
  onChange(period: { from: string | undefined; to: string | undefined }): void
}) {
  const t = useWords(words)
  const [open, setOpen] = useState(false)
  const [period, setPeriod] = useState({ from, to })
  return (
    <Popover
      label={t('span')}
      open={open}
      onOpenChange={(next) => {
        setPeriod({ from, to })
        setOpen(next)
      }}
      trigger={
        <Button small look="quiet" icon={<CalendarRange size={16} />}>
          {t('span')}
        </Button>
      }
    >
      <div className="grid gap-3">
        <div className="flex flex-wrap gap-1">
          {SPANS.map(([name, ms]) => (
            <Button
              key={name}
              small
              onClick={() => {
                onChange({ from: new Date(Date.now() - ms).toISOString(), to: undefined })
                setOpen(false)
              }}
            >
              {t(name)}
            </Button>
          ))}
        </div>
        <form
          className="grid gap-3"
          onSubmit={(event) => {
            event.preventDefault()
            onChange(period)
            setOpen(false)
          }}
        >
          <PeriodFields {...period} onChange={setPeriod} />
          <p className="text-meta text-muted">{t('spanHint')}</p>
          <div>
            <Button type="submit">{t('apply')}</Button>
          </div>
        </form>
      </div>
    </Popover>
  )
}
