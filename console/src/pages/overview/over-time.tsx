import { useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { Traffic, TrafficPoint } from '../../../../src/http/contract/overview.ts'
import { Chart } from '../../ui/chart.tsx'
import type { ChartSeries } from '../../ui/chart-props.ts'
import { Segmented, SelectField } from '../../ui/field.tsx'
import { Section } from '../../ui/page.tsx'
import { ErrorState, Skeleton } from '../../ui/states.tsx'
import { useNarrow } from '../../ui/use-media.ts'
import { common } from '../../words/common.ts'
import { useFormat, useWords } from '../../words/use-words.tsx'
import { trafficQuery } from './queries.ts'
import { RANGES, type Range } from './ranges.ts'
import { words } from './words.ts'

const HEIGHT_PX = { narrow: 112, wide: 240 }

/** What is counted as a failure: of handling, of sending. */
export const failuresOf = ({
  failed,
  dead,
  rejected,
  unknown,
}: Pick<TrafficPoint, 'failed' | 'dead' | 'rejected' | 'unknown'>): number =>
  failed + dead + rejected + unknown

/** Traffic, lag, sends and failures over the chosen time, of all numbers or of one. */
export function OverTime({
  title,
  range,
  number,
  numbers = [],
  onRange,
  onNumber,
}: {
  title: string
  range: Range
  number: string | undefined
  /** What may be chosen, where one may. */
  numbers?: readonly string[]
  onRange(range: Range): void
  onNumber?(number: string | undefined): void
}) {
  const t = useWords(words)
  const { data, error, refetch, isPlaceholderData } = useQuery(trafficQuery(range, number))
  return (
    <Section
      title={title}
      actions={
        <>
          {onNumber && (numbers.length > 1 || number !== undefined) && (
            <div className="w-48 max-w-full">
              <SelectField
                bare
                label={t('ofNumber')}
                value={number ?? ''}
                choices={[
                  { value: '', label: t('allNumbers') },
                  ...withChosen(numbers, number).map((id) => ({ value: id, label: id })),
                ]}
                onChange={(chosen) => onNumber(chosen === '' ? undefined : chosen)}
              />
            </div>
          )}
          <Segmented
            label={t('range')}
            value={range}
            choices={RANGES.map((one) => ({ value: one, label: t(`range${one}`) }))}
            onChange={onRange}
          />
        </>
      }
    >
      {error && !data ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <div
          className={isPlaceholderData ? 'grid gap-6 opacity-60 sm:grid-cols-2' : 'grid gap-6 sm:grid-cols-2'}
        >
          {data ? <Charts traffic={data} /> : [0, 1, 2, 3].map((at) => <ChartShape key={at} />)}
        </div>
      )}
    </Section>
  )
}

/** One that is in the URL stays to be chosen, even when it is gone. */
const withChosen = (numbers: readonly string[], chosen: string | undefined): readonly string[] =>
  chosen === undefined || numbers.includes(chosen) ? numbers : [...numbers, chosen]

function Charts({ traffic: { points } }: { traffic: Traffic }) {
  const t = useWords(words)
  const format = useFormat()
  const sum = (of: (point: TrafficPoint) => number) => points.reduce((all, point) => all + of(point), 0)
  const events = sum((point) => point.events)
  const sent = sum((point) => point.sent)
  const failures = sum(failuresOf)
  const slowest = Math.max(-1, ...points.map(({ lag }) => lag?.p95 ?? -1))
  return (
    <>
      <Card
        title={t('traffic')}
        said={t('trafficSaid', { n: events })}
        points={points}
        series={[{ name: t('traffic'), of: ({ events: n }) => n }]}
        bars
      />
      <Card
        title={t('lag')}
        said={slowest < 0 ? t('lagNone') : t('lagSaid', { time: format.duration(slowest) })}
        points={points}
        series={[
          { name: t('slowest'), of: ({ lag }) => lag?.p95 ?? null },
          { name: t('half'), of: ({ lag }) => lag?.p50 ?? null },
        ]}
        write={format.duration}
      />
      <Card
        title={t('sends')}
        said={t('sendsSaid', { n: sent })}
        points={points}
        series={[{ name: t('sends'), of: (point) => point.sent }]}
        bars
      />
      <Card
        title={t('failures')}
        said={failures === 0 ? t('failuresNone') : t('failuresSaid', { n: failures })}
        points={points}
        series={[{ name: t('failures'), of: failuresOf, signal: 'bad' }]}
        bars
      />
    </>
  )
}

interface Drawn {
  name: string
  of(point: TrafficPoint): number | null
  signal?: 'bad'
}

/** A chart with its sum above it; at the pointer, the figure of that time in place of the sum. */
function Card({
  title,
  said,
  points,
  series,
  bars,
  write,
}: {
  title: string
  said: string
  points: readonly TrafficPoint[]
  series: readonly Drawn[]
  bars?: boolean
  write?: (value: number) => string
}) {
  const t = useWords(words)
  const shared = useWords(common)
  const format = useFormat()
  const height = useNarrow() ? HEIGHT_PX.narrow : HEIGHT_PX.wide
  const [at, setAt] = useState<number>()
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is drawn changes with the points, and the language
  const [times, drawn] = useMemo<[number[], ChartSeries[]]>(
    () => [
      points.map((point) => Date.parse(point.at)),
      series.map(({ name, of, signal }) => ({
        label: name,
        values: points.map(of),
        ...(signal !== undefined && { signal }),
      })),
    ],
    [points, title],
  )
  const point = at === undefined ? undefined : points[at]
  const shown = point
    ? t('atTime', {
        time: `${format.day(point.at)} ${format.time(point.at)}`,
        value: series.map(({ of }) => writeValue(of(point), write ?? format.number)).join(' / '),
      })
    : said
  return (
    <div className="min-w-0">
      <h3 className="font-strong">{title}</h3>
      <p className="truncate text-meta text-muted tabular-nums">{shown}</p>
      {points.some((one) => series.some(({ of }) => of(one))) ? (
        <Chart
          label={`${title}: ${said}`}
          times={times}
          series={drawn}
          height={height}
          kind={bars ? 'bars' : 'line'}
          onPoint={setAt}
          {...(write && { format: write })}
        />
      ) : (
        <p
          style={{ height }}
          className="mt-1 flex items-center justify-center rounded bg-page text-meta text-muted"
        >
          {shared('noData')}
        </p>
      )}
    </div>
  )
}

const writeValue = (value: number | null, write: (value: number) => string): string =>
  value === null ? '–' : write(value)

const ChartShape = () => (
  <div className="grid gap-2">
    <Skeleton className="w-1/2" />
    <div style={{ height: HEIGHT_PX.wide }}>
      <Skeleton className="h-full w-full" />
    </div>
  </div>
)
