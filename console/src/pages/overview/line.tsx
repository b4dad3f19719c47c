import { useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Quoted } from '../../ui/quoted.tsx'
import { type Signal, SignalIcon } from '../../ui/status.tsx'
import { useFormat, useWords } from '../../words/use-words.tsx'
import { alertsQuery, overviewQuery } from './queries.ts'
import { words } from './words.ts'

/** One thing: what and why on the left, what to do on the right, below it on a phone. */
export function Line({
  signal,
  title,
  quote,
  about,
  actions,
}: {
  signal: Signal
  title: ReactNode
  /** Somebody's words. */
  quote?: string
  about: readonly (ReactNode | false | undefined)[]
  actions?: ReactNode
}) {
  const shown = about.filter((part) => part !== undefined && part !== false && part !== '')
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-2 hover:bg-hover">
      <div className="flex min-w-0 grow basis-72 items-start gap-2">
        <span className="mt-0.5">
          <SignalIcon signal={signal} />
        </span>
        <div className="min-w-0">
          <p>{title}</p>
          {quote !== undefined && quote !== '' && (
            <p className="flex max-w-prose text-muted">
              <span aria-hidden>“</span>
              <Quoted text={quote} />
              <span aria-hidden>”</span>
            </p>
          )}
          <p className="line-clamp-2 text-meta text-muted">
            {shown.map((part, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a part is its place
              <span key={at}>
                {at > 0 && ' · '}
                {part}
              </span>
            ))}
          </p>
        </div>
      </div>
      {actions !== undefined && <div className="flex flex-wrap gap-2 max-sm:pl-6">{actions}</div>}
    </li>
  )
}

/** "since 3 minutes ago" reads badly in every language: the moment itself is said, the age on hover. */
export function Since({ word, at }: { word: 'sinceWhen' | 'lastHeard'; at: string }) {
  const t = useWords(words)
  const format = useFormat()
  return (
    <time dateTime={at} title={format.exact(at)}>
      {t(word, { time: word === 'lastHeard' ? format.relative(at) : `${format.day(at)} ${format.time(at)}` })}
    </time>
  )
}

/** Asks again for what is shown; what waits for it is under way until the answer is there. */
export function useRenew(): () => Promise<void> {
  const client = useQueryClient()
  return async () => {
    await Promise.all(
      [overviewQuery, alertsQuery].map(({ queryKey }) => client.invalidateQueries({ queryKey })),
    )
  }
}
