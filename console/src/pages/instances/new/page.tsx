import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { ButtonLink } from '../../../ui/button-link.tsx'
import { cx } from '../../../ui/class-names.ts'
import { Page } from '../../../ui/page.tsx'
import { EmptyState, ErrorState, LoadingState } from '../../../ui/states.tsx'
import { useWords } from '../../../words/use-words.tsx'
import { unroutedQuery } from '../queries.ts'
import type { NewSearch } from '../search.ts'
import { words } from '../words.ts'
import { Details } from './details.tsx'
import { Done } from './done.tsx'
import type { Made } from './made.ts'
import { ChooseWay } from './way.tsx'
import { type Place, Where } from './where.tsx'
import { newWords } from './words.ts'

const STEPS = ['stepWay', 'stepWhere', 'stepDetails', 'stepDone'] as const
type Step = (typeof STEPS)[number]

/** A number comes into the hub: how, where, and what it is called; then its secrets, this once. */
export function NewInstancePage() {
  const t = useWords(newWords)
  const search = useSearch({ from: '/shell/instances/new' })
  const [made, setMade] = useState<Made>()
  return (
    <Page title={t(search.unrouted === undefined ? 'title' : 'titleAdopt')}>
      <div className="max-w-2xl">
        {made ? (
          <>
            <Steps at="stepDone" steps={search.unrouted === undefined ? STEPS : STEPS.slice(2)} />
            <Done made={made} />
          </>
        ) : search.unrouted === undefined ? (
          <Stepped search={search} onMade={setMade} />
        ) : (
          <FromUnrouted id={search.unrouted} onMade={setMade} />
        )}
      </div>
    </Page>
  )
}

function Stepped({ search, onMade }: { search: NewSearch; onMade(made: Made): void }) {
  const navigate = useNavigate()
  const [place, setPlace] = useState<Place>()
  const go = (next: NewSearch) => void navigate({ to: '/instances/new', search: next })
  const { way } = search
  if (way === undefined)
    return (
      <>
        <Steps at="stepWay" steps={STEPS} />
        <ChooseWay onChoose={(chosen) => go({ way: chosen })} />
      </>
    )
  // Another way, or another server, is another place.
  if (place?.way !== way)
    return (
      <>
        <Steps at="stepWhere" steps={STEPS} />
        <Where key={way} way={way} search={search} onBack={() => go({})} onPlace={setPlace} />
      </>
    )
  return (
    <>
      <Steps at="stepDetails" steps={STEPS} />
      <Details place={place} onBack={() => setPlace(undefined)} onMade={onMade} />
    </>
  )
}

/** A number that writes already: all there is to say is what it is called here. */
function FromUnrouted({ id, onMade }: { id: string; onMade(made: Made): void }) {
  const t = useWords(newWords)
  const list = useWords(words)
  const navigate = useNavigate()
  const { data, error, refetch } = useQuery(unroutedQuery)
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <LoadingState />
  const unrouted = data.data.find((one) => one.id === id)
  if (!unrouted)
    return (
      <EmptyState
        title={t('unroutedGone')}
        action={
          <ButtonLink to="/instances" search={{ view: 'unrouted' }}>
            {list('viewUnrouted')}
          </ButtonLink>
        }
      />
    )
  return (
    <>
      <Steps at="stepDetails" steps={STEPS.slice(2)} />
      <Details
        place={{ way: 'unrouted', unrouted }}
        onBack={() => void navigate({ to: '/instances', search: { view: 'unrouted' } })}
        onMade={onMade}
      />
    </>
  )
}

function Steps({ at, steps }: { at: Step; steps: readonly Step[] }) {
  const t = useWords(newWords)
  const now = steps.indexOf(at)
  return (
    <ol aria-label={t('steps')} className="mb-4 flex flex-wrap gap-x-4 gap-y-1 text-meta">
      {steps.map((step, index) => (
        <li
          key={step}
          aria-current={step === at ? 'step' : undefined}
          className={cx('flex items-center gap-1.5', step === at ? 'font-strong' : 'text-muted')}
        >
          <span
            aria-hidden
            className={cx(
              'inline-flex size-5 items-center justify-center rounded-full border tabular-nums',
              index <= now ? 'border-accent bg-tint text-text' : 'border-line',
            )}
          >
            {index + 1}
          </span>
          {t(step)}
        </li>
      ))}
    </ol>
  )
}
