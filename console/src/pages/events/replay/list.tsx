import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { RotateCcw } from 'lucide-react'
import type { ReplayJob } from '../../../../../src/http/contract/events.ts'
import { Button } from '../../../ui/button.tsx'
import { ButtonLink } from '../../../ui/button-link.tsx'
import { useConfirm } from '../../../ui/confirm.tsx'
import { CopyId } from '../../../ui/copy.tsx'
import { type Column, List } from '../../../ui/list.tsx'
import { Progress } from '../../../ui/progress.tsx'
import { EmptyState } from '../../../ui/states.tsx'
import { Badge } from '../../../ui/status.tsx'
import { useToast } from '../../../ui/toast.tsx'
import { useFormat, useWords } from '../../../words/use-words.tsx'
import { MayNotOperate, useMayOperate } from '../may.tsx'
import { When } from '../when.tsx'
import { words as events } from '../words.ts'
import { doneOf, leftMsOf, rateOf, replaysQuery, stopReplay } from './watch.ts'
import { words } from './words.ts'

const SIGNALS = { running: 'waiting', done: 'good', cancelled: 'neutral' } as const

/** Replays of many events: those that run, and those that ran. */
export function Replays() {
  const t = useWords(words)
  const e = useWords(events)
  const format = useFormat()
  const replays = useQuery(replaysQuery)
  const columns: readonly Column<ReplayJob>[] = [
    { id: 'id', header: t('id'), width: '110px', cell: ({ id }) => <CopyId id={id} /> },
    { id: 'begun', header: t('begun'), width: '132px', cell: ({ createdAt }) => <When at={createdAt} /> },
    { id: 'state', header: t('state'), width: '130px', cell: (job) => <State job={job} /> },
    {
      id: 'progress',
      header: t('progress'),
      width: 'minmax(220px, 2fr)',
      cell: (job) => (
        <div className="flex items-center gap-3">
          <div className="min-w-0 grow">
            <Far job={job} />
          </div>
          <Stop job={job} />
        </div>
      ),
    },
    {
      id: 'skipped',
      header: t('skipped'),
      width: '110px',
      end: true,
      cell: ({ skipped }) => <span title={t('skippedHint')}>{format.number(skipped)}</span>,
    },
    {
      id: 'took',
      header: t('took'),
      width: '90px',
      end: true,
      cell: ({ createdAt, endedAt }) =>
        endedAt === undefined ? '–' : format.duration(Date.parse(endedAt) - Date.parse(createdAt)),
    },
  ]
  return (
    <>
      <MayNotOperate />
      <List
        main
        label={e('tabReplays')}
        rows={replays.data?.data}
        error={replays.error}
        onRetry={() => void replays.refetch()}
        idOf={({ id }) => id}
        columns={columns}
        narrow={{
          height: 84,
          row: (job) => (
            <div className="grid gap-1">
              <div className="flex items-center gap-2">
                <span className="min-w-0 grow text-meta text-muted">
                  <code className="font-mono">{job.id}</code> · <When at={job.createdAt} />
                </span>
                <State job={job} />
                <Stop job={job} />
              </div>
              <Far job={job} />
            </div>
          ),
        }}
        empty={
          <EmptyState
            icon={<RotateCcw size={24} aria-hidden />}
            title={t('empty')}
            action={<ButtonLink to="/events">{t('toAll')}</ButtonLink>}
          >
            {t('emptyHint')}
          </EmptyState>
        }
      />
    </>
  )
}

function State({ job: { state } }: { job: ReplayJob }) {
  const t = useWords(words)
  return <Badge signal={SIGNALS[state]}>{t(state)}</Badge>
}

function Far({ job }: { job: ReplayJob }) {
  const t = useWords(words)
  const format = useFormat()
  if (job.state !== 'running')
    return (
      <>
        {format.number(job.queued)} / {format.number(job.matched)}
      </>
    )
  const now = Date.now()
  const leftMs = leftMsOf(job, now)
  return (
    <div title={t('perSecond', { n: Math.round(rateOf(job, now)) })}>
      <Progress
        label={job.id}
        done={doneOf(job)}
        total={job.matched}
        {...(leftMs !== undefined && { leftMs })}
      />
    </div>
  )
}

function Stop({ job }: { job: ReplayJob }) {
  const t = useWords(words)
  const client = useQueryClient()
  const confirm = useConfirm()
  const toast = useToast()
  const may = useMayOperate()
  const stop = useMutation({
    mutationFn: () => stopReplay(client, job.id),
    onSuccess: () => toast.done(t('stopped')),
  })
  if (!may || job.state !== 'running') return null
  return (
    <Button
      small
      busy={stop.isPending}
      onClick={async (event) => {
        event.stopPropagation()
        if (await confirm({ title: t('stopTitle'), text: t('stopText'), action: t('stop') })) stop.mutate()
      }}
    >
      {t('stop')}
    </Button>
  )
}
