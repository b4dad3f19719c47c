import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { ConnectionChange, ConnectionHistory } from '../../../../src/http/contract/alerts.ts'
import type { Instance, InstanceDetail } from '../../../../src/http/contract/instances.ts'
import { Button } from '../../ui/button.tsx'
import { CopyId } from '../../ui/copy.tsx'
import { Facts, Section } from '../../ui/page.tsx'
import { ErrorState, LoadingState, Skeleton } from '../../ui/states.tsx'
import { Notice } from '../../ui/status.tsx'
import { RelativeTime, useNow } from '../../ui/time.tsx'
import { common } from '../../words/common.ts'
import { useFormat, useWords } from '../../words/use-words.tsx'
import { OverTime } from '../overview/over-time.tsx'
import type { Range } from '../overview/ranges.ts'
import { Connection } from './connection.tsx'
import { numberWords } from './number-words.ts'
import { connectionsQuery, detailQuery } from './queries.ts'

/** Since when is it how it is, and why? */
export function NumberHealth({ number }: { number: Instance }) {
  const t = useWords(numberWords)
  const format = useFormat()
  const [range, setRange] = useState<Range>('24h')
  const { hold } = number
  return (
    <>
      {hold && (
        <div className="mb-4">
          <Notice signal="attention" title={t('heldTitle')}>
            <p>
              {hold.reason}
              {hold.until !== undefined && ` · ${t('heldUntil', { time: format.relative(hold.until) })}`}
            </p>
          </Notice>
        </div>
      )}
      <div className="grid items-start gap-x-4 lg:grid-cols-2">
        <Now number={number} />
        <History id={number.id} />
      </div>
      <OverTime title={t('traffic')} range={range} number={number.id} onRange={setRange} />
    </>
  )
}

function Now({ number }: { number: Instance }) {
  const t = useWords(numberWords)
  const shared = useWords(common)
  const format = useFormat()
  const { data: detail } = useQuery(detailQuery(number.id))
  const { data: history } = useQuery(connectionsQuery(number.id))
  const facts: (readonly [string, ReactNode])[] = [
    [t('lastHeard'), <LastHeard key="heard" number={number} history={history} />],
    [t('atGateway'), <GatewaySays key="says" id={number.id} />],
    [
      t('lastEvent'),
      number.lastEventAt === undefined ? (
        shared('never')
      ) : (
        <RelativeTime key="event" at={number.lastEventAt} />
      ),
    ],
    [t('waiting'), format.number(number.queued)],
    [t('uptimeDay'), <Uptime key="day" uptime={history?.uptime.day} />],
    [t('uptimeWeek'), <Uptime key="week" uptime={history?.uptime.week} />],
    [t('version'), <Version key="version" told={detail?.version} />],
    ...(number.baseUrl === undefined
      ? []
      : [[t('address'), <CopyId key="url" id={number.baseUrl} />] as const]),
    ...(number.device === undefined
      ? []
      : [[t('device'), <CopyId key="device" id={number.device} />] as const]),
  ]
  return (
    <Section title={t('now')}>
      <Facts facts={facts} />
    </Section>
  )
}

function LastHeard({ number, history }: { number: Instance; history: ConnectionHistory | undefined }) {
  const t = useWords(numberWords)
  const format = useFormat()
  return (
    <>
      <Connection state={number.connection} />
      <span className="block text-meta text-muted">
        {[
          history?.since !== undefined &&
            t('sinceTime', { time: `${format.day(history.since)} ${format.time(history.since)}` }),
          history?.reason,
          history?.checkedAt !== undefined && t('checkedAt', { time: format.relative(history.checkedAt) }),
        ]
          .filter(Boolean)
          .join(' · ')}
      </span>
    </>
  )
}

/** Its gateway's own answer, now. A gateway that is slow keeps only this line waiting. */
function GatewaySays({ id }: { id: string }) {
  const t = useWords(numberWords)
  const { data, error } = useQuery(detailQuery(id))
  if (error) return <NoAnswer reason={error.message} />
  if (!data) return <span className="text-muted">{t('asking')}</span>
  if (data.status === null) return <span className="text-muted">{t('cannotSay')}</span>
  return data.status.known ? (
    <Connection state={data.status.value} />
  ) : (
    <NoAnswer reason={data.status.reason} />
  )
}

function NoAnswer({ reason }: { reason: string }) {
  const t = useWords(numberWords)
  return (
    <>
      <span className="font-strong text-attention">{t('noAnswer')}</span>
      <span className="block text-meta text-muted">{reason}</span>
    </>
  )
}

function Version({ told }: { told: InstanceDetail['version'] | undefined }) {
  const t = useWords(numberWords)
  const shared = useWords(common)
  if (told === undefined) return <Skeleton className="w-16" />
  if (told === null) return <span className="text-muted">{t('cannotSay')}</span>
  return told.known ? (told.value.version ?? shared('unknown')) : <NoAnswer reason={told.reason} />
}

function Uptime({ uptime }: { uptime: ConnectionHistory['uptime']['day'] | undefined }) {
  const t = useWords(numberWords)
  const format = useFormat()
  if (!uptime) return <Skeleton className="w-24" />
  if (uptime.ratio === null) return <span className="text-muted">{t('uptimeUnknown')}</span>
  return (
    <>
      {t('uptimeOf', { share: format.percent(uptime.ratio) })}
      <span className="text-muted"> · {t('reconnected', { n: uptime.reconnects })}</span>
    </>
  )
}

const STEP = 20

function History({ id }: { id: string }) {
  const t = useWords(numberWords)
  const [limit, setLimit] = useState(STEP)
  const { data, error, refetch } = useQuery({
    ...connectionsQuery(id, limit),
    placeholderData: (before) => before,
  })
  return (
    <Section title={t('history')} flush>
      {!data ? (
        error ? (
          <ErrorState error={error} onRetry={() => void refetch()} />
        ) : (
          <LoadingState lines={3} />
        )
      ) : data.data.length === 0 ? (
        <p className="p-4 text-muted">{t('historyEmpty')}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <div tabIndex={0} data-focus="inside" className="max-h-80 overflow-y-auto">
          <ol>
            {data.data.map((change) => (
              <Change key={change.at} change={change} />
            ))}
          </ol>
          {data.next !== null && (
            <div className="p-2 text-center">
              <Button small look="quiet" onClick={() => setLimit(limit + STEP)}>
                {t('older')}
              </Button>
            </div>
          )}
        </div>
      )}
    </Section>
  )
}

function Change({ change: { state, at, until, reason, source } }: { change: ConnectionChange }) {
  const t = useWords(numberWords)
  const format = useFormat()
  const now = useNow()
  const lasted = (until === undefined ? Math.max(now, Date.parse(at)) : Date.parse(until)) - Date.parse(at)
  return (
    <li className="border-b border-line px-4 py-2 last:border-0">
      <div className="flex flex-wrap items-baseline gap-x-3">
        <span className="min-w-0 grow">
          <Connection state={state} />
        </span>
        <time dateTime={at} title={format.exact(at)} className="text-meta text-muted">
          {format.day(at)} {format.time(at)}
        </time>
      </div>
      <p className="pl-4 text-meta text-muted">
        {[
          t(until === undefined ? 'stillLasts' : 'lasted', { time: format.duration(lasted) }),
          t(source === 'event' ? 'byEvent' : 'byPoll'),
          reason,
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
    </li>
  )
}
