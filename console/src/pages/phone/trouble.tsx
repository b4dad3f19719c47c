import { type ReactNode, useId } from 'react'
import { Button } from '../../ui/button.tsx'
import { useWords } from '../../words/use-words.tsx'
import { usePhone } from './context.tsx'
import { words } from './words.ts'

const DELIVERY = ['duplicate', 'delay', 'drop', 'forge', 'reorder', 'truncate', 'corrupt'] as const
const ANSWER = ['401', '404', '429', '500', 'hang', 'lost', 'late', 'early', 'garbled'] as const
const HOUR_MS = 3_600_000

/** The buttons that make things go wrong, for one number and the customer who writes to it. */
export function Trouble() {
  const t = useWords(words)
  const { state, place, number, act } = usePhone()
  const { instance } = number
  const { delivery, answer } = number.faults
  const person = state.people.find(({ digits }) => digits === place.person)
  const hidden = person?.shows === 'private'
  const skewed = number.skewMs !== 0
  const change = (body: object) => void act('number', { instance, ...body })
  return (
    <section className="grid gap-2">
      <h2 className="font-strong">{t('trouble')}</h2>
      {state.hub.canKill && (
        <Group title={t('hub')} about={t('about_kill')}>
          <Button small look="danger" onClick={() => void act('kill', {})}>
            {t('do_kill')}
          </Button>
        </Group>
      )}
      <Group title={t('nextDelivery')} about={delivery && `… ${t(`about_${delivery.fault}`)}`}>
        {DELIVERY.map((fault) => (
          <Armed
            key={fault}
            on={delivery?.fault === fault}
            title={`${t('nextDelivery')} ${t(`about_${fault}`)}`}
            onArm={() => void act('fault', { instance, delivery: fault })}
          >
            {t(`do_${fault}`)}
          </Armed>
        ))}
      </Group>
      <Group title={t('nextAnswer')} about={answer && `… ${t(`about_${answer.fault}`)}`}>
        {ANSWER.map((fault) => (
          <Armed
            key={fault}
            on={answer?.fault === fault}
            title={`${t('nextAnswer')} ${t(`about_${fault}`)}`}
            onArm={() => void act('fault', { instance, answer: fault })}
          >
            {t(`do_${fault}`)}
          </Armed>
        ))}
      </Group>
      <Group title={`${t('connection')}: ${number.name}`}>
        {number.loggedOut ? (
          <Button small onClick={() => change({ pair: true, scan: true })}>
            {t('do_scan')}
          </Button>
        ) : (
          <>
            <Button small onClick={() => change({ connected: !number.connected })}>
              {t(number.connected ? 'do_disconnect' : 'do_reconnect')}
            </Button>
            <Button small onClick={() => change({ logOut: true })}>
              {t('do_logOut')}
            </Button>
          </>
        )}
        <Button small onClick={() => change({ restart: true })}>
          {t('do_restart')}
        </Button>
        <Armed on={skewed} onArm={() => change({ skewMs: skewed ? 0 : HOUR_MS })}>
          {t('do_skew')}
        </Armed>
      </Group>
      {number.generations.length > 1 && (
        <Group title={t('generation')}>
          {number.generations.map((generation) => (
            <Armed
              key={generation}
              on={generation === number.generation}
              onArm={() => change({ generation })}
            >
              {generation}
            </Armed>
          ))}
        </Group>
      )}
      {person && (
        <Group title={t('personTrouble', { name: person.name })} about={hidden && t('about_flip')}>
          <Armed
            on={hidden}
            onArm={() => void act('person', { digits: person.digits, shows: hidden ? 'both' : 'private' })}
          >
            {t('do_flip')}
          </Armed>
        </Group>
      )}
    </section>
  )
}

function Armed({
  on,
  title,
  onArm,
  children,
}: {
  on: boolean
  title?: string
  onArm(): void
  children: string
}) {
  return (
    <Button small aria-pressed={on} look={on ? 'pressed' : 'plain'} title={title} onClick={onArm}>
      {children}
    </Button>
  )
}

function Group({
  title,
  about,
  children,
}: {
  title: string
  about?: string | false | undefined
  children: ReactNode
}) {
  const id = useId()
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot wrap its legend above a row
    <div role="group" aria-labelledby={id}>
      <h3 id={id} className="mb-1 text-meta font-strong text-muted">
        {title}
      </h3>
      <div className="flex flex-wrap gap-1">{children}</div>
      {about && <p className="mt-1 text-meta text-muted">{about}</p>}
    </div>
  )
}
