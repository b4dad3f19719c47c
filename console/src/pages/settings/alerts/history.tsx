import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { BellOff } from 'lucide-react'
import { useState } from 'react'
import type { Alert } from '../../../../../src/http/contract/alerts.ts'
import { api, path } from '../../../api/client.ts'
import { usePaged } from '../../../api/paged.ts'
import { useSession } from '../../../api/session.ts'
import { Button } from '../../../ui/button.tsx'
import { CopyId } from '../../../ui/copy.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { type Column, List } from '../../../ui/list.tsx'
import { ListBar } from '../../../ui/list-tools.tsx'
import { Facts } from '../../../ui/page.tsx'
import { EmptyState } from '../../../ui/states.tsx'
import { type Signal, StatusDot } from '../../../ui/status.tsx'
import { RelativeTime } from '../../../ui/time.tsx'
import { useToast } from '../../../ui/toast.tsx'
import { common } from '../../../words/common.ts'
import { useFormat, useWords } from '../../../words/use-words.tsx'
import { KIND_WORDS, words } from './words.ts'

const STATES = ['open', 'acknowledged', 'resolved'] as const
const SIGNALS: Record<Alert['state'], Signal> = { open: 'bad', acknowledged: 'attention', resolved: 'good' }

/** The alerts there were, newest first. */
export function History() {
  const t = useWords(words)
  const shared = useWords(common)
  const { state } = useSearch({ from: '/shell/settings/alerts' })
  const navigate = useNavigate({ from: '/settings/alerts' })
  const alerts = usePaged<Alert>(['alerts', 'list'], '/alerts', { state })
  const columns = useColumns()
  const [opened, setOpened] = useState<Alert>()
  return (
    <>
      <h2 className="mb-2 font-strong">{t('history')}</h2>
      <ListBar
        name="alerts"
        filters={[
          {
            id: 'state',
            label: t('state'),
            choices: STATES.map((value) => ({ value, label: t(value) })),
          },
        ]}
        values={{ state }}
        onChange={(values) => void navigate({ search: values.state ? { state: values.state } : {} })}
        count={alerts.count}
      />
      <List
        {...alerts}
        main
        live
        label={t('history')}
        idOf={({ id }) => id}
        columns={columns}
        narrow={{ height: 60, row: (alert) => <NarrowAlert alert={alert} /> }}
        onOpen={setOpened}
        empty={
          <EmptyState icon={<BellOff size={24} aria-hidden />} title={state ? shared('noMatch') : t('empty')}>
            {state ? shared('noMatchHint') : t('emptyHint')}
          </EmptyState>
        }
      />
      {opened && <Details alert={opened} onClose={() => setOpened(undefined)} />}
    </>
  )
}

function State({ alert: { state } }: { alert: Alert }) {
  const t = useWords(words)
  return <StatusDot signal={SIGNALS[state]}>{t(state)}</StatusDot>
}

function useColumns(): readonly Column<Alert>[] {
  const t = useWords(words)
  const told = useTold()
  return [
    { id: 'state', header: t('state'), width: '130px', cell: (alert) => <State alert={alert} /> },
    { id: 'what', header: t('what'), width: 'minmax(180px, 2fr)', cell: ({ kind }) => t(KIND_WORDS[kind]) },
    {
      id: 'instance',
      header: t('instance'),
      width: 'minmax(110px, 1fr)',
      cell: ({ instance }) => instance ?? t('wholeHub'),
    },
    { id: 'since', header: t('since'), width: '130px', cell: ({ since }) => <RelativeTime at={since} /> },
    { id: 'told', header: t('told'), width: 'minmax(110px, 1fr)', cell: told },
  ]
}

/** Which ways out took it. */
function useTold(): (alert: Alert) => string {
  const t = useWords(words)
  const format = useFormat()
  return ({ deliveries }) => {
    const took = new Set(
      deliveries.filter(({ state }) => state === 'delivered').map(({ channel }) => channel),
    )
    return took.size === 0 ? t('nobody') : format.list([...took].map((channel) => t(channel)))
  }
}

function NarrowAlert({ alert }: { alert: Alert }) {
  const t = useWords(words)
  return (
    <div className="grid gap-0.5">
      <div className="flex items-center gap-2">
        <span className="min-w-0 grow truncate font-strong">{t(KIND_WORDS[alert.kind])}</span>
        <State alert={alert} />
      </div>
      <div className="flex items-center gap-2 text-meta text-muted">
        <span className="min-w-0 grow truncate">{alert.instance ?? t('wholeHub')}</span>
        <RelativeTime at={alert.since} />
      </div>
    </div>
  )
}

function Details({ alert, onClose }: { alert: Alert; onClose(): void }) {
  const t = useWords(words)
  const shared = useWords(common)
  const format = useFormat()
  const toast = useToast()
  const client = useQueryClient()
  const { can } = useSession()
  const acknowledge = useMutation({
    mutationFn: () => api.post<Alert>(path`/alerts/${alert.id}/acknowledge`),
    onSuccess() {
      toast.done(t('acknowledgedDone'))
      onClose()
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['alerts'] }),
  })
  const figures: (readonly [string, string])[] = [
    ...(alert.reason === undefined ? [] : [[t('reason'), alert.reason] as const]),
    ...(alert.count === undefined ? [] : [[t('count'), format.number(alert.count)] as const]),
    ...(alert.lagMs === undefined ? [] : [[t('lag'), format.duration(alert.lagMs)] as const]),
    ...(alert.silentMs === undefined ? [] : [[t('silent'), format.duration(alert.silentMs)] as const]),
    ...(alert.usualMs === undefined ? [] : [[t('usual'), format.duration(alert.usualMs)] as const]),
    ...(alert.freeBytes === undefined ? [] : [[t('free'), format.bytes(alert.freeBytes)] as const]),
  ]
  return (
    <Dialog
      open
      onClose={onClose}
      title={t(KIND_WORDS[alert.kind])}
      description={alert.instance ?? t('wholeHub')}
      footer={
        <>
          <Button onClick={onClose}>{shared('close')}</Button>
          {alert.state === 'open' && can('operate') && (
            <Button look="primary" busy={acknowledge.isPending} onClick={() => acknowledge.mutate()}>
              {t('acknowledge')}
            </Button>
          )}
        </>
      }
    >
      <Facts
        facts={[
          ['ID', <CopyId key="id" id={alert.id} />],
          [t('state'), <State key="state" alert={alert} />],
          [t('since'), `${format.exact(alert.since)} · ${t('times', { n: alert.times })}`],
          ...figures,
        ]}
      />
      {alert.acknowledgedBy && alert.acknowledgedAt && (
        <p className="mt-3 text-muted">
          {t('acknowledgedBy', { name: alert.acknowledgedBy, time: format.relative(alert.acknowledgedAt) })}
        </p>
      )}
      {alert.resolvedAt && (
        <p className="mt-3 text-muted">{t('resolvedAt', { time: format.relative(alert.resolvedAt) })}</p>
      )}
      <h3 className="mt-4 mb-1 font-strong">{t('told')}</h3>
      {alert.deliveries.length === 0 && <p className="text-muted">{t('nobody')}</p>}
      <ul className="grid gap-2">
        {alert.deliveries.map((delivery) => (
          <li key={`${delivery.channel} ${delivery.news} ${delivery.at}`}>
            <StatusDot
              signal={{ delivered: 'good', failed: 'bad', waiting: 'waiting' }[delivery.state] as Signal}
            >
              {t(delivery.channel)} · {format.relative(delivery.at)} ·{' '}
              {t('attempts', { n: delivery.attempts })}
            </StatusDot>
            {delivery.reason && <p className="text-meta text-muted">{delivery.reason}</p>}
          </li>
        ))}
      </ul>
    </Dialog>
  )
}
