import { type ReactNode, useEffect, useId, useMemo, useRef, useState } from 'react'
import type { PhoneState, WireDetail } from '../../../../src/simulator/phone-view.ts'
import { cx } from '../../ui/class-names.ts'
import { LoadingState } from '../../ui/states.tsx'
import { Notice, type Signal, StatusDot } from '../../ui/status.tsx'
import { Tooltip } from '../../ui/tooltip.tsx'
import { useWords } from '../../words/use-words.tsx'
import { Chat } from './chat.tsx'
import { type PhoneParts, PhoneProvider } from './context.tsx'
import { LineDialog } from './line-dialog.tsx'
import { People } from './people.tsx'
import { nearestPlace, type Place } from './place.ts'
import { Trouble } from './trouble.tsx'
import { type SimulatorLink, useSimulator } from './use-simulator.ts'
import { Wire } from './wire.tsx'
import { words } from './words.ts'

const VIEWS = ['people', 'phone', 'wire'] as const
type View = (typeof VIEWS)[number]
const VIEW_WORDS = { people: 'tabPeople', phone: 'tabPhone', wire: 'tabWire' } as const

export interface PhoneProps {
  /** Where the simulator is; '' for the page's own server. */
  origin: string
  place: Partial<Place>
  onPlace(place: Place): void
  /** Beside the title. */
  actions?: ReactNode
  /** Leads to all that is known of an event of the hub, where that can be shown. */
  eventLink?(event: string): ReactNode
}

/** A customer's phone, beside it all that goes over the wire, and the buttons that make it go wrong. */
export function Phone({ origin, ...rest }: PhoneProps) {
  const t = useWords(words)
  const simulator = useSimulator(origin)
  const { state, live } = simulator
  useEffect(() => {
    document.title = `${t('title')} · Pombo`
  }, [t])
  const place = state && nearestPlace(state, rest.place)
  return (
    <div className="@container flex h-full min-h-0 flex-col">
      <header className="flex shrink-0 flex-wrap items-center gap-x-4 gap-y-1 border-b border-line bg-panel px-4 py-1.5">
        <h1 className="grow text-title font-strong">{t('title')}</h1>
        {state && <HubState state={state} />}
        {rest.actions}
      </header>
      {!live && state && <Away />}
      {state && place ? (
        <Panes {...rest} simulator={simulator} state={state} place={place} />
      ) : live ? (
        <LoadingState />
      ) : (
        <Away />
      )}
    </div>
  )
}

const Away = () => {
  const t = useWords(words)
  return <Notice signal="attention">{t('away')}</Notice>
}

const HUB_SIGNALS = { live: 'good', down: 'bad', unknown: 'waiting' } as const satisfies Record<
  string,
  Signal
>
const HUB_WORDS = { live: 'hubLive', down: 'hubDown', unknown: 'hubUnknown' } as const

function HubState({ state: { hub, tally } }: { state: PhoneState }) {
  const t = useWords(words)
  return (
    <>
      {hub.url !== undefined && (
        <span role="status" data-hub={hub.state} className="text-meta">
          <StatusDot signal={HUB_SIGNALS[hub.state]}>{t(HUB_WORDS[hub.state])}</StatusDot>
        </span>
      )}
      {hub.canAsk && (
        <Tooltip text={t('tallyAbout')}>
          <button
            type="button"
            data-tally
            className={cx(
              'cursor-default text-meta tabular-nums',
              tally.lost + tally.doubled > 0 && 'font-strong text-bad',
            )}
          >
            {t('tally', { lost: tally.lost, doubled: tally.doubled })}
          </button>
        </Tooltip>
      )}
    </>
  )
}

function Panes({
  simulator: { act, line },
  state,
  place,
  onPlace,
  eventLink,
}: Pick<PhoneProps, 'onPlace' | 'eventLink'> & {
  simulator: SimulatorLink
  state: PhoneState
  place: Place
}) {
  const t = useWords(words)
  const id = useId()
  const [view, setView] = useState<View>('phone')
  const [fault, setFault] = useState<string>()
  const [opened, setOpened] = useState<{ id: number; detail: WireDetail }>()
  const tabs = useRef<HTMLDivElement>(null)
  const wantsBox = useRef(true)
  const number = state.numbers.find(({ instance }) => instance === place.instance)
  const parts = useMemo((): PhoneParts | undefined => {
    if (!number) return undefined
    return {
      state,
      place,
      number,
      onPlace,
      async act(...action) {
        const outcome = await act(...action)
        setFault(outcome.ok ? undefined : t('failed', { reason: outcome.reason ?? t('offline') }))
        return outcome.ok
      },
      async openLine(id) {
        const outcome = await line(id)
        if (outcome.ok) setOpened({ id, detail: outcome.answer })
        setFault(outcome.ok ? undefined : t('failed', { reason: outcome.reason ?? t('offline') }))
      },
      nameOf: (digits) =>
        digits === undefined ? number.name : state.people.find((one) => one.digits === digits)?.name,
    }
  }, [state, place, number, onPlace, act, line, t])
  if (!parts) return null

  const openedEntry = opened && state.strip.find((entry) => entry.id === opened.id)
  const event = openedEntry?.type === 'post' ? openedEntry.way?.event : undefined
  const pane = (of: View) => ({
    id: `${id}-${of}`,
    'data-pane': of,
    className: cx(
      'flex min-h-0 min-w-0 flex-col',
      of === 'phone' ? 'bg-page' : 'overflow-y-auto border-line bg-panel p-3',
      of === 'people' && '@min-[60rem]:border-e',
      of === 'wire' && '@min-[60rem]:border-s',
      view !== of && '@max-[60rem]:hidden',
    ),
  })
  return (
    <PhoneProvider value={parts}>
      <div
        ref={tabs}
        role="tablist"
        aria-label={t('views')}
        className="flex shrink-0 border-b border-line bg-panel @min-[60rem]:hidden"
      >
        {VIEWS.map((one, at) => (
          <button
            key={one}
            type="button"
            role="tab"
            aria-selected={one === view}
            aria-controls={`${id}-${one}`}
            tabIndex={one === view ? 0 : -1}
            data-focus="inside"
            onClick={() => setView(one)}
            onKeyDown={({ key }) => {
              const next = VIEWS[at + ({ ArrowRight: 1, ArrowLeft: -1 }[key] ?? Number.NaN)]
              if (!next) return
              setView(next)
              tabs.current?.querySelectorAll('button')[VIEWS.indexOf(next)]?.focus()
            }}
            className="h-10 flex-1 border-b-2 border-transparent aria-selected:border-accent aria-selected:font-strong"
          >
            {t(VIEW_WORDS[one])}
          </button>
        ))}
      </div>
      <div className="grid min-h-0 grow grid-cols-1 @min-[60rem]:grid-cols-[248px_minmax(0,1fr)_minmax(340px,34%)]">
        <nav aria-label={t('tabPeople')} {...pane('people')}>
          <People
            onChat={() => {
              setView('phone')
              wantsBox.current = true
            }}
          />
        </nav>
        <section aria-label={t('tabPhone')} {...pane('phone')}>
          <Chat key={`${place.instance} ${place.person} ${place.group ?? ''}`} wantsBox={wantsBox} />
          {fault !== undefined && (
            <p role="alert" className="bg-panel px-4 pb-2 text-bad">
              {fault}
            </p>
          )}
        </section>
        <aside aria-label={t('tabWire')} {...pane('wire')}>
          <Wire />
          <Trouble />
        </aside>
      </div>
      {opened && (
        <LineDialog
          detail={opened.detail}
          onClose={() => setOpened(undefined)}
          link={event !== undefined && eventLink?.(event)}
        />
      )}
    </PhoneProvider>
  )
}
