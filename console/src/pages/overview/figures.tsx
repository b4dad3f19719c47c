import type { ReactNode } from 'react'
import type { Overview, TrafficTotals } from '../../../../src/http/contract/overview.ts'
import { cx } from '../../ui/class-names.ts'
import { Section } from '../../ui/page.tsx'
import { StatusDot } from '../../ui/status.tsx'
import { RelativeTime } from '../../ui/time.tsx'
import { useFormat, useWords } from '../../words/use-words.tsx'
import { words } from './words.ts'

/** What waits and who works on it, at this moment. */
export function Now({ overview: { queues, nodes, store } }: { overview: Overview }) {
  const t = useWords(words)
  const format = useFormat()
  return (
    <Section title={t('now')}>
      <dl className="tabular-nums">
        <Figure name={t('eventsWaiting')}>{format.number(queues.events)}</Figure>
        <Figure name={t('commandsWaiting')}>{format.number(queues.commands)}</Figure>
        <Figure name={t('lanes')}>{format.number(queues.lanesHeld)}</Figure>
        <Figure name={t('lanesWaiting')}>{format.number(queues.lanesWaiting)}</Figure>
        <Figure name={t('lanesLater')}>{format.number(queues.lanesLater)}</Figure>
        {queues.oldestEventAt !== undefined && (
          <Figure name={t('oldest')}>
            <RelativeTime at={queues.oldestEventAt} />
          </Figure>
        )}
        <Figure name={t('nodes')} below={nodes.count > 1 && t('nodeRoles', nodes.roles)}>
          {format.number(nodes.count)}
        </Figure>
        <Figure name={t('store')}>
          <StatusDot signal={store.ok ? 'good' : 'bad'}>
            {!store.ok
              ? t('storeBad')
              : store.ms === undefined
                ? t('storeFine')
                : t('storeOk', { time: format.duration(store.ms) })}
          </StatusDot>
        </Figure>
      </dl>
    </Section>
  )
}

const Figure = ({ name, below, children }: { name: string; below?: string | false; children: ReactNode }) => (
  <div className="flex flex-wrap items-baseline gap-x-3 py-0.5">
    <dt className="min-w-0 grow text-muted">{name}</dt>
    <dd className="max-w-full text-right">{children}</dd>
    {below && <dd className="w-full text-right text-meta text-muted">{below}</dd>}
  </div>
)

const COUNTED = [
  ['events', 'received'],
  ['duplicates', 'duplicates'],
  ['refused', 'refused'],
  ['handled', 'handled'],
  ['failed', 'turnsFailed'],
  ['dead', 'dead'],
  ['sent', 'sent'],
  ['rejected', 'rejected'],
  ['unknown', 'unknown'],
] as const
/** A number above zero here is one somebody should know of. */
const BAD: ReadonlySet<string> = new Set(['dead', 'unknown', 'rejected'])

/** What was counted in the last hour and the last day. */
export function Totals({ hour, day }: { hour: TrafficTotals; day: TrafficTotals }) {
  const t = useWords(words)
  const format = useFormat()
  const time = (ms: number | undefined) => (ms === undefined ? '–' : format.duration(ms))
  return (
    <Section title={t('totals')}>
      <table className="w-full">
        <thead>
          <tr className="text-meta text-muted">
            <td />
            <th scope="col" className="pb-1 pl-3 text-right font-strong whitespace-nowrap">
              {t('lastHour')}
            </th>
            <th scope="col" className="pb-1 pl-3 text-right font-strong whitespace-nowrap">
              {t('lastDay')}
            </th>
          </tr>
        </thead>
        <tbody>
          {COUNTED.map(([key, word]) => (
            <tr key={key}>
              <th scope="row" className="py-0.5 text-left font-normal text-muted">
                {t(word)}
              </th>
              {[hour, day].map((totals, at) => (
                <td
                  // biome-ignore lint/suspicious/noArrayIndexKey: the hour, then the day
                  key={at}
                  className={cx(
                    'py-0.5 pl-3 text-right whitespace-nowrap',
                    BAD.has(key) && totals[key] > 0 && 'font-strong text-bad',
                  )}
                >
                  {format.number(totals[key])}
                </td>
              ))}
            </tr>
          ))}
          {(
            [
              ['lagHalf', hour.lag?.p50, day.lag?.p50],
              ['lagMost', hour.lag?.p95, day.lag?.p95],
              ['sendLag', hour.sendLag?.p95, day.sendLag?.p95],
            ] as const
          ).map(([word, ofHour, ofDay]) => (
            <tr key={word}>
              <th scope="row" className="py-0.5 text-left font-normal text-muted">
                {t(word)}
              </th>
              <td className="py-0.5 pl-3 text-right whitespace-nowrap">{time(ofHour)}</td>
              <td className="py-0.5 pl-3 text-right whitespace-nowrap">{time(ofDay)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  )
}
