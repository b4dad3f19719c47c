import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { DryRunResult, ReplayJob } from '../../../../../src/http/contract/events.ts'
import { api } from '../../../api/client.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { SelectField, TextField } from '../../../ui/field.tsx'
import { ErrorState, LoadingState } from '../../../ui/states.tsx'
import { Notice } from '../../../ui/status.tsx'
import { useToast } from '../../../ui/toast.tsx'
import { common } from '../../../words/common.ts'
import { eventKinds } from '../../../words/kinds.ts'
import { useFormat, useWords } from '../../../words/use-words.tsx'
import { KINDS, PeriodFields, useNumberChoices } from '../filters.tsx'
import { type EventFilters, present } from '../search.ts'
import { ENDED } from '../states.ts'
import { words as events } from '../words.ts'
import { DryRun } from './dry-run.tsx'
import { useWatchReplay } from './watch.ts'
import { words } from './words.ts'

const MOST = 10_000
const USUAL = 1_000

type Wanted = Pick<EventFilters, 'instance' | 'kind' | 'status' | 'chat' | 'from' | 'to'>

const many = (value: string | undefined) => (value ? value.split(',') : undefined)
const bodyOf = ({ instance, kind, status, chat, from, to }: Wanted, ids: readonly string[] | undefined) =>
  ids
    ? { ids }
    : present({
        instance: many(instance),
        kind: many(kind),
        status: many(status),
        chat: chat || undefined,
        from,
        to,
      })

/** Which events → what they would send → start. Nothing starts before it was seen what it does. */
export function RangeReplay({
  filters,
  ids,
  onClose,
  onStarted,
}: {
  /** What the list is filtered by, to begin with. */
  filters: EventFilters
  /** These and no others. */
  ids: readonly string[] | undefined
  onClose(): void
  onStarted(): void
}) {
  const t = useWords(words)
  const shared = useWords(common)
  const toast = useToast()
  const format = useFormat()
  const watch = useWatchReplay()
  const { author, id, status, ...given } = filters
  const ended = ENDED.some((one) => one === status)
  const [wanted, setWanted] = useState<Wanted>({ ...given, ...(ended && { status }) })
  const [limit, setLimit] = useState(String(USUAL))
  const body = bodyOf(wanted, ids)
  const most = Number(limit)
  const limitFine = Number.isInteger(most) && most >= 1 && most <= MOST
  const named = Object.keys(body).length > 0
  const rehearse = useMutation({
    mutationFn: () => api.post<DryRunResult>('/events/replay', { ...body, limit: most, dryRun: true }),
    meta: { quiet: true },
  })
  const start = useMutation({
    mutationFn: () => api.post<ReplayJob>('/events/replay', { ...body, limit: most }),
    onSuccess(job) {
      watch(job)
      toast.done(t('started', { n: job.matched }))
      onStarted()
      onClose()
    },
  })
  const result = rehearse.data
  const seen = rehearse.isSuccess && result !== undefined
  return (
    <Dialog
      open
      wide
      keep
      onClose={onClose}
      title={t('rangeTitle')}
      description={t('meaning')}
      footer={
        seen ? (
          <>
            <Button onClick={() => rehearse.reset()}>{t('lookAgain')}</Button>
            <Button
              look="primary"
              disabled={result.matched === 0}
              busy={start.isPending}
              onClick={() => start.mutate()}
            >
              {t('start', { n: result.matched })}
            </Button>
          </>
        ) : (
          <>
            <Button onClick={onClose}>{shared('cancel')}</Button>
            <Button
              look="primary"
              busy={rehearse.isPending}
              disabled={!named || !limitFine}
              onClick={() => rehearse.mutate()}
            >
              {t('look')}
            </Button>
          </>
        )
      }
    >
      {seen ? (
        <div className="grid grid-cols-1 gap-3">
          <DryRun result={result} />
          {!ids && result.matched === most && <p className="text-meta text-muted">{t('limited')}</p>}
        </div>
      ) : rehearse.isPending ? (
        <div>
          <p role="status" className="text-muted">
            {t('looking')}
          </p>
          <LoadingState />
        </div>
      ) : rehearse.error ? (
        <ErrorState error={rehearse.error} onRetry={() => rehearse.reset()} />
      ) : (
        <div className="grid grid-cols-1 gap-4">
          <p className="text-muted">{t('steps')}</p>
          {ids ? (
            <p className="font-strong">{t('chosen', { n: ids.length })}</p>
          ) : (
            <>
              <WantedFields wanted={wanted} onChange={setWanted} />
              <div className="max-w-64">
                <TextField
                  label={t('limit')}
                  inputMode="numeric"
                  value={limit}
                  onChange={setLimit}
                  hint={t('limitHint', { most: format.number(MOST) })}
                  error={limitFine ? undefined : t('limitHint', { most: format.number(MOST) })}
                />
              </div>
            </>
          )}
          {!named && <Notice signal="neutral">{t('needsFilter')}</Notice>}
          {!ids && (author !== undefined || id !== undefined) && (
            <Notice signal="attention">{t('noAuthor')}</Notice>
          )}
        </div>
      )}
    </Dialog>
  )
}

function WantedFields({ wanted, onChange }: { wanted: Wanted; onChange(wanted: Wanted): void }) {
  const t = useWords(words)
  const e = useWords(events)
  const kinds = useWords(eventKinds)
  const numbers = useNumberChoices()
  const set = (change: Wanted) => onChange({ ...wanted, ...change })
  /** One of several, any, or the several the list is filtered by. */
  const one = (
    any: string,
    choices: readonly { value: string; label: string }[],
    value: string | undefined,
  ) => [
    { value: '', label: any },
    ...choices,
    ...(value && !choices.some((choice) => choice.value === value) ? [{ value, label: value }] : []),
  ]
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <SelectField
        label={e('number')}
        value={wanted.instance ?? ''}
        choices={one(t('anyNumber'), numbers, wanted.instance)}
        onChange={(instance) => set({ instance: instance || undefined })}
      />
      <SelectField
        label={e('kind')}
        value={wanted.kind ?? ''}
        choices={one(
          t('anyKind'),
          KINDS.map((value) => ({ value, label: kinds(value) })),
          wanted.kind,
        )}
        onChange={(kind) => set({ kind: kind || undefined })}
      />
      <SelectField
        label={e('status')}
        value={wanted.status ?? ''}
        choices={one(
          t('statusEnded'),
          ENDED.map((value) => ({ value, label: e(value) })),
          wanted.status,
        )}
        onChange={(status) => set({ status: status || undefined })}
      />
      <TextField label={e('chat')} value={wanted.chat ?? ''} onChange={(chat) => set({ chat })} />
      <div className="sm:col-span-2">
        <PeriodFields from={wanted.from} to={wanted.to} onChange={set} />
      </div>
    </div>
  )
}
