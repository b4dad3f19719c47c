import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import { Page } from '../../ui/page.tsx'
import { ErrorState, LoadingState } from '../../ui/states.tsx'
import { useWords } from '../../words/use-words.tsx'
import { isShownAlert } from './alert-line.tsx'
import { Attention, NoNumbers } from './attention.tsx'
import { Now, Totals } from './figures.tsx'
import { Health } from './health.tsx'
import { OverTime } from './over-time.tsx'
import { alertsQuery, overviewQuery } from './queries.ts'
import type { OverviewSearch } from './ranges.ts'
import { words } from './words.ts'

/** Does everything run, and what needs me? */
export function OverviewPage() {
  const t = useWords(words)
  const { data, error, refetch } = useQuery(overviewQuery)
  const { data: alerts } = useQuery(alertsQuery)
  const shown = alerts?.data.filter(isShownAlert) ?? []
  const search = useSearch({ from: '/shell/' })
  const { range = '24h', number } = search
  const navigate = useNavigate()
  const show = (next: OverviewSearch) => void navigate({ to: '/', search: next, replace: true })
  const numbers = useMemo(() => data?.instances.map(({ id }) => id) ?? [], [data])
  if (!data)
    return (
      <Page title={t('title')}>
        {error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <LoadingState lines={8} />}
      </Page>
    )
  const total = data.attention.total + shown.length
  if (numbers.length === 0 && total === 0)
    return (
      <Page title={t('title')}>
        <NoNumbers />
        <Now overview={data} />
      </Page>
    )
  return (
    <Page title={t('title')} subtitle={total === 0 ? t('allWell') : t('needsYou', { n: total })}>
      <Attention attention={data.attention} alerts={shown} />
      <div className="grid items-start gap-x-4 lg:grid-cols-[minmax(0,1fr)_340px]">
        <OverTime
          title={t('overTime')}
          range={range}
          number={number}
          numbers={numbers}
          onRange={(next) => show({ ...search, range: next })}
          onNumber={(next) => show({ range, ...(next !== undefined && { number: next }) })}
        />
        <div>
          <Now overview={data} />
          <Totals hour={data.lastHour} day={data.lastDay} />
        </div>
      </div>
      <Health numbers={data.instances} />
    </Page>
  )
}
