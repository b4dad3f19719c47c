import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { ShieldCheck } from 'lucide-react'
import { useState } from 'react'
import type { BulkOutcome } from '../../../../src/http/contract/commands.ts'
import type { EventSummary } from '../../../../src/http/contract/events.ts'
import { Button } from '../../ui/button.tsx'
import { useConfirm } from '../../ui/confirm.tsx'
import { BulkBar, ListBar } from '../../ui/list-tools.tsx'
import { EmptyState } from '../../ui/states.tsx'
import { useToast } from '../../ui/toast.tsx'
import { useWords } from '../../words/use-words.tsx'
import { LeftAsIs, toAll } from './bulk.tsx'
import { useEventColumns } from './columns.tsx'
import { EventList } from './event-list.tsx'
import { PeriodPicker, useEventFilters, useFilters } from './filters.tsx'
import { useLiveList } from './live-list.ts'
import { MayNotOperate, useMayOperate } from './may.tsx'
import { type EventFilters, present } from './search.ts'
import { words } from './words.ts'

type Act = 'retry' | 'discard'

/** Asks, retries or gives up dead letters, and renews what is shown of them. */
export function useDeadLetters() {
  const t = useWords(words)
  const client = useQueryClient()
  const confirm = useConfirm()
  const toast = useToast()
  const [outcome, setOutcome] = useState<BulkOutcome>()
  const { mutateAsync, isPending } = useMutation({
    mutationFn: ({ ids, act }: { ids: readonly string[]; act: Act }) => toAll(`/dead-letters/${act}`, ids),
    onSuccess(told, { act }) {
      setOutcome(told)
      if (told.done > 0) toast.done(t(act === 'retry' ? 'retried' : 'gaveUp', { n: told.done }))
    },
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ['events'] }),
        client.invalidateQueries({ queryKey: ['log'] }),
      ]),
  })
  return {
    /** @returns whether it was done; retrying one is what its button says, and is not asked about */
    async act(ids: readonly string[], act: Act): Promise<boolean> {
      const n = ids.length
      const sure =
        (act === 'retry' && n === 1) ||
        (await confirm(
          act === 'retry'
            ? {
                title: t('retryTitle', { n }),
                text: t('retryText'),
                action: t('retryMany', { n }),
                harmless: true,
              }
            : { title: t('discardTitle', { n }), text: t('discardText'), action: t('discardMany', { n }) },
        ))
      if (sure) await mutateAsync({ ids, act }).catch(() => undefined)
      return sure
    },
    busy: isPending,
    outcome,
    forget: () => setOutcome(undefined),
  }
}

const FILTERS = ['instance', 'kind', 'chat', 'from', 'to'] as const

/** Events whose handling failed for the last time. */
export function DeadLetters({ onOpen }: { onOpen(id: string): void }) {
  const t = useWords(words)
  const search = useSearch({ from: '/shell/events' })
  const navigate = useNavigate({ from: '/events' })
  const may = useMayOperate()
  const query = useFilters(search, FILTERS)
  const events = useLiveList<EventSummary>('events', '/dead-letters', query)
  const filters = useEventFilters(query, FILTERS)
  const columns = useEventColumns(true)
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const { act, busy, outcome, forget } = useDeadLetters()
  const filter = (next: EventFilters) => void navigate({ search: { tab: 'dead', ...next }, replace: true })
  const chosen = events.rows?.filter(({ id }) => selected.has(id)).map(({ id }) => id) ?? []
  const doIt = async (what: Act) => {
    if (await act(chosen, what)) setSelected(new Set())
  }
  return (
    <>
      <MayNotOperate />
      <ListBar
        name="dead-letters"
        filters={filters}
        values={query}
        onChange={(values) => filter(present(values))}
        count={events.count}
      >
        <PeriodPicker
          from={query.from}
          to={query.to}
          onChange={({ from, to }) => filter(present({ ...query, from, to }))}
        />
      </ListBar>
      <LeftAsIs outcome={outcome} onClose={forget} />
      <BulkBar count={chosen.length} onClear={() => setSelected(new Set())}>
        <Button small busy={busy} onClick={() => void doIt('retry')}>
          {t('retryMany', { n: chosen.length })}
        </Button>
        <Button small disabled={busy} onClick={() => void doIt('discard')}>
          {t('discardMany', { n: chosen.length })}
        </Button>
      </BulkBar>
      <EventList
        label={t('tabDead')}
        events={events}
        columns={columns}
        open={search.open}
        onOpen={onOpen}
        selected={selected}
        onSelect={may ? setSelected : undefined}
        onClear={Object.keys(query).length > 0 ? () => filter({}) : undefined}
        empty={
          <EmptyState icon={<ShieldCheck size={24} aria-hidden />} title={t('deadEmpty')}>
            {t('deadEmptyHint')}
          </EmptyState>
        }
      />
    </>
  )
}
