import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { InstanceHealth, TrafficPoint } from '../../../../src/http/contract/overview.ts'
import { cx } from '../../ui/class-names.ts'
import { Section } from '../../ui/page.tsx'
import { Sparkline } from '../../ui/sparkline.tsx'
import { RelativeTime } from '../../ui/time.tsx'
import { common } from '../../words/common.ts'
import { useFormat, useWords } from '../../words/use-words.tsx'
import { Connection } from '../instances/connection.tsx'
import { acceptedShare, CONNECTION_RANK, connectionOf } from '../instances/state.ts'
import { failuresOf } from './over-time.tsx'
import { trafficByNumberQuery } from './queries.ts'
import { words } from './words.ts'

/** As many as one looks through here; all of them are on the page of the instances. */
const SHOWN = 20
const HOURS = 24
const HOUR_MS = 3_600_000

const rank = ({ connection, hold, queued, lastHour }: InstanceHealth): number =>
  CONNECTION_RANK[connectionOf(connection)] * 4 +
  (hold ? 4 : 0) +
  (failuresOf(lastHour) > 0 ? 2 : 0) +
  (queued > 0 ? 1 : 0)

/** A line for each number, the unwell first. */
export function Health({ numbers }: { numbers: readonly InstanceHealth[] }) {
  const t = useWords(words)
  const sorted = numbers.toSorted((a, b) => rank(b) - rank(a) || a.id.localeCompare(b.id))
  const shown = sorted.slice(0, SHOWN)
  const { data: traffic } = useQuery(trafficByNumberQuery(shown.map(({ id }) => id).toSorted()))
  const byNumber = new Map(traffic?.instances?.map(({ instance, points }) => [instance, points]))
  return (
    <Section title={t('health')} flush actions={<span className="text-meta text-muted">{t('perHour')}</span>}>
      {/* Without tables where there is no room for one: the same facts below each other. */}
      <div className="max-lg:hidden">
        <Table numbers={shown} byNumber={byNumber} end={traffic?.to} />
      </div>
      <ul className="lg:hidden">
        {shown.map((number) => (
          <Item key={number.id} number={number} points={byNumber.get(number.id)} end={traffic?.to} />
        ))}
      </ul>
      {sorted.length > shown.length && (
        <p className="border-t border-line px-4 py-2">
          <Link to="/instances" className="text-accent underline underline-offset-2">
            {t('healthMore', { n: sorted.length - shown.length })}
          </Link>
        </p>
      )}
    </Section>
  )
}

interface LineProps {
  number: InstanceHealth
  points: readonly TrafficPoint[] | undefined
  end: string | undefined
}

function Table({
  numbers,
  byNumber,
  end,
}: {
  numbers: readonly InstanceHealth[]
  byNumber: ReadonlyMap<string, readonly TrafficPoint[]>
  end: string | undefined
}) {
  const t = useWords(words)
  const heads = [
    t('number'),
    '',
    t('lastEvent'),
    t('received'),
    t('success'),
    t('lagShort'),
    t('sent'),
    t('failedShort'),
    t('queued'),
    t('lastDayLine'),
  ]
  return (
    <table className="w-full">
      <thead>
        <tr className="h-9 border-b border-line text-meta text-muted">
          {heads.map((head, at) => (
            <th
              key={head}
              scope="col"
              className={cx('px-2 py-1 font-strong [overflow-wrap:normal] first:pl-4 last:pr-4', align(at))}
            >
              {head === '' ? <span className="sr-only">{t('now')}</span> : head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {numbers.map((number) => (
          <Row key={number.id} number={number} points={byNumber.get(number.id)} end={end} />
        ))}
      </tbody>
    </table>
  )
}
const align = (at: number): string => (at >= 3 && at <= 8 ? 'text-right' : 'text-left')

function useFigures({ lastHour, queued }: InstanceHealth) {
  const format = useFormat()
  const share = acceptedShare(lastHour)
  const failures = failuresOf(lastHour)
  return {
    events: format.number(lastHour.events),
    accepted: share === undefined ? '–' : format.percent(share),
    acceptedBad: share !== undefined && share < 1,
    lag: lastHour.lag ? format.duration(lastHour.lag.p95) : '–',
    sent: format.number(lastHour.sent),
    failures: format.number(failures),
    failuresBad: failures > 0,
    queued: format.number(queued),
  }
}

function Row({ number, points, end }: LineProps) {
  const shared = useWords(common)
  const figures = useFigures(number)
  const cell = 'px-2 text-right whitespace-nowrap'
  return (
    <tr className="h-9 border-b border-line last:border-0 hover:bg-hover">
      <th scope="row" className="max-w-48 truncate px-2 pl-4 text-left font-strong">
        <NumberLink id={number.id} />
      </th>
      <td className="max-w-48 px-2">
        <Connection state={number.connection} held={number.hold !== null} />
      </td>
      <td className="px-2">
        {number.lastEventAt === undefined ? (
          <span className="text-muted">{shared('never')}</span>
        ) : (
          <RelativeTime at={number.lastEventAt} />
        )}
      </td>
      <td className={cell}>{figures.events}</td>
      <td className={cx(cell, figures.acceptedBad && 'font-strong text-attention')}>{figures.accepted}</td>
      <td className={cell}>{figures.lag}</td>
      <td className={cell}>{figures.sent}</td>
      <td className={cx(cell, figures.failuresBad && 'font-strong text-bad')}>{figures.failures}</td>
      <td className={cell}>{figures.queued}</td>
      <td className="w-px px-2 pr-4">
        <LastDay id={number.id} points={points} end={end} />
      </td>
    </tr>
  )
}

/** The same on a phone. */
function Item({ number, points, end }: LineProps) {
  const t = useWords(words)
  const figures = useFigures(number)
  return (
    <li className="grid gap-1 border-b border-line px-4 py-2 last:border-0">
      <div className="flex items-center gap-3">
        <span className="min-w-0 grow truncate font-strong">
          <NumberLink id={number.id} />
        </span>
        <LastDay id={number.id} points={points} end={end} />
      </div>
      <div className="flex flex-wrap items-center gap-x-3 text-meta text-muted">
        <span className="text-text">
          <Connection state={number.connection} held={number.hold !== null} />
        </span>
        {number.lastEventAt !== undefined && <RelativeTime at={number.lastEventAt} />}
        <span className="tabular-nums">
          {t('received')} {figures.events} · {t('sent')} {figures.sent}
        </span>
        {figures.failuresBad && (
          <span className="font-strong text-bad tabular-nums">
            {t('failedShort')} {figures.failures}
          </span>
        )}
        {figures.acceptedBad && (
          <span className="font-strong text-attention tabular-nums">
            {t('success')} {figures.accepted}
          </span>
        )}
        {number.queued > 0 && (
          <span className="tabular-nums">
            {t('queued')} {figures.queued}
          </span>
        )}
      </div>
    </li>
  )
}

const NumberLink = ({ id }: { id: string }) => (
  <Link
    to="/instances/$id"
    params={{ id }}
    className="underline decoration-line-strong underline-offset-2 hover:decoration-text"
  >
    {id}
  </Link>
)

function LastDay({ id, points, end }: { id: string } & Omit<LineProps, 'number'>) {
  const t = useWords(words)
  const values = hourly(points, end)
  const n = values.reduce((all, value) => all + value, 0)
  return <Sparkline label={t('lastDayOf', { number: id, n })} values={values} />
}

/** Events of each of the last 24 hours; hours in which nothing happened are left out of the answer. */
function hourly(points: readonly TrafficPoint[] | undefined, end: string | undefined): number[] {
  const values = Array.from({ length: HOURS }, () => 0)
  if (!points || end === undefined) return values
  const last = Math.floor((Date.parse(end) - 1) / HOUR_MS)
  for (const { at, events } of points) {
    const place = HOURS - 1 - (last - Math.floor(Date.parse(at) / HOUR_MS))
    if (values[place] !== undefined) values[place] += events
  }
  return values
}
