import { ArrowLeft, ArrowRight } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { CallEntry, PostEntry, StripEntry, Way, WayStage } from '../../../../src/simulator/phone-view.ts'
import { cx } from '../../ui/class-names.ts'
import { Badge, type Signal, SignalIcon } from '../../ui/status.tsx'
import { useFormat, useWords } from '../../words/use-words.tsx'
import { usePhone } from './context.tsx'
import { useSecond } from './open-send.tsx'
import { words } from './words.ts'

/** In order; one that is missing is a fault the compiler finds. */
const PLACES: Record<WayStage, number> = {
  received: 0,
  verified: 1,
  stored: 2,
  ordered: 3,
  handled: 4,
  sent: 5,
}
const WAY_STAGES = Object.keys(PLACES) as readonly WayStage[]

const SIGNALS: Record<PostEntry['state'], Signal> = {
  waiting: 'waiting',
  posting: 'waiting',
  retrying: 'attention',
  accepted: 'good',
  refused: 'bad',
  lost: 'bad',
  dropped: 'bad',
}
const EDGES: Record<Signal, string> = {
  good: 'border-s-good',
  attention: 'border-s-attention',
  bad: 'border-s-bad',
  waiting: 'border-s-waiting',
  neutral: 'border-s-line',
}

/** Every delivery to the hub and every request it makes, newest first. One line is reached with Tab, others with arrows. */
export function Wire() {
  const t = useWords(words)
  const { state } = usePhone()
  const [reached, reach] = useState<number>()
  const lines = state.strip.toReversed()
  const reachable = lines.some(({ id }) => id === reached) ? reached : lines[0]?.id
  return (
    <>
      <h2 className="font-strong">{t('wire')}</h2>
      <p className="text-meta text-muted">{t('wireAbout')}</p>
      {state.hub.state === 'down' && (
        <p
          role="status"
          className="mt-1 flex items-center gap-2 rounded bg-bad-soft px-2 py-1 text-meta font-strong"
        >
          <SignalIcon signal="bad" />
          {t('hubAway')}
        </p>
      )}
      <ol
        data-strip
        className="mt-1 mb-3 min-h-80 flex-[1_0_20rem] overflow-y-auto rounded border border-line"
        onKeyDown={(event) => {
          const step = { ArrowUp: -1, ArrowDown: 1, k: -1, j: 1 }[event.key]
          const all = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-entry]')]
          const next = step && all[all.indexOf(event.target as HTMLElement) + step]
          if (!next) return
          event.preventDefault()
          next.focus()
        }}
      >
        {lines.length === 0 && <li className="p-2 text-meta text-muted">{t('wireEmpty')}</li>}
        {lines.map((entry) => (
          <Line
            key={entry.id}
            entry={entry}
            reachable={entry.id === reachable}
            onReach={() => reach(entry.id)}
          />
        ))}
      </ol>
    </>
  )
}

interface LineProps {
  reachable: boolean
  onReach(): void
}

function Line({ entry, ...rest }: LineProps & { entry: StripEntry }) {
  return entry.type === 'post' ? <Delivery entry={entry} {...rest} /> : <Call entry={entry} {...rest} />
}

function Frame({
  entry,
  signal,
  quiet,
  reachable,
  onReach,
  children,
}: LineProps & { entry: StripEntry; signal: Signal; quiet: boolean; children: ReactNode }) {
  const t = useWords(words)
  const { openLine } = usePhone()
  return (
    <li
      data-line={entry.type}
      data-signal={signal}
      className={cx('border-s-3 border-b border-line last:border-b-0', EDGES[signal])}
    >
      <button
        type="button"
        data-entry={entry.id}
        data-focus="inside"
        title={t('openLine')}
        tabIndex={reachable ? 0 : -1}
        onFocus={onReach}
        onClick={() => openLine(entry.id)}
        className={cx('w-full px-2 py-1 text-start text-meta hover:bg-hover', quiet && 'text-muted')}
      >
        {children}
      </button>
    </li>
  )
}

function Delivery({ entry, ...rest }: LineProps & { entry: PostEntry }) {
  const t = useWords(words)
  const { state, attempts } = entry
  const duplicate = state === 'accepted' && entry.accepted === 0 && (entry.duplicates ?? 0) > 0
  return (
    <Frame
      entry={entry}
      signal={duplicate ? 'waiting' : SIGNALS[state]}
      quiet={entry.what === 'receipt'}
      {...rest}
    >
      <Top entry={entry} way={<ArrowRight size={12} role="img" aria-label={t('toHub')} />}>
        <b className="font-strong">{named(t, `kind_${entry.what}`, entry.what)}</b>
        {entry.detail && <span>{named(t, `detail_${entry.detail}`, entry.detail)}</span>}
        {entry.fault && <Badge>{t(`fault_${entry.fault}`)}</Badge>}
      </Top>
      <span className="flex flex-wrap gap-x-2">
        {attempts.map((attempt) => (
          <Attempt key={attempt.at} {...attempt} />
        ))}
        <span>
          {duplicate ? (
            t('state_duplicate')
          ) : state === 'retrying' ? (
            <NextTry at={entry.nextAt} />
          ) : state === 'lost' ? (
            t('state_lost', { n: attempts.length })
          ) : (
            t(`state_${state}`)
          )}
        </span>
      </span>
      {entry.way && <Stages way={entry.way} />}
    </Frame>
  )
}

function NextTry({ at }: { at: number | undefined }) {
  const t = useWords(words)
  const now = useSecond()
  return t('state_retrying', { seconds: Math.max(0, Math.ceil(((at ?? now) - now) / 1_000)) })
}

/** The way through the hub: each stage with its milliseconds, and those still to come. */
function Stages({ way }: { way: Way }) {
  const t = useWords(words)
  const format = useFormat()
  const toCome = way.end === undefined ? WAY_STAGES.slice(way.stages.length) : []
  return (
    <span data-way={way.end ?? 'open'} className="mt-0.5 flex flex-wrap gap-x-1 text-muted">
      <span className="sr-only">{t('way')}: </span>
      {way.stages.map(({ stage, ms }, at) => (
        <span key={stage} className="inline-flex gap-1 whitespace-nowrap">
          {at > 0 && <span aria-hidden>→</span>}
          <span className="text-text">{t(`stage_${stage}`)}</span>
          {at > 0 && <span className="tabular-nums">{format.duration(ms)}</span>}
        </span>
      ))}
      {toCome.map((stage) => (
        <span key={stage} className="whitespace-nowrap opacity-70">
          → {t(`stage_${stage}`)} …
        </span>
      ))}
      {(way.end === 'silent' || way.end === 'unsent') && <span>→ {t(`way_${way.end}`)}</span>}
    </span>
  )
}

function Call({ entry, ...rest }: LineProps & { entry: CallEntry }) {
  const t = useWords(words)
  const good = isGood(entry.status)
  return (
    <Frame
      entry={entry}
      signal={good ? 'good' : 'bad'}
      quiet={entry.path.includes('presence') || entry.method === 'GET'}
      {...rest}
    >
      <Top entry={entry} way={<ArrowLeft size={12} role="img" aria-label={t('fromHub')} />}>
        <code className="font-mono">{`${entry.method} ${entry.path.replaceAll(/[0-9A-F]{16,}/gi, '…')}`}</code>
        {entry.fault && <Badge>{t(`do_${entry.fault}`)}</Badge>}
      </Top>
      <Attempt {...entry} />
    </Frame>
  )
}

function Top({ entry, way, children }: { entry: StripEntry; way: ReactNode; children: ReactNode }) {
  const format = useFormat()
  return (
    <span className="flex flex-wrap items-center gap-x-1.5">
      <time className="text-muted">{format.time(entry.at, { seconds: true })}</time>
      {way}
      {children}
      <span className="ms-auto text-muted">{entry.instance}</span>
    </span>
  )
}

function Attempt({
  status,
  failed,
  ms,
}: {
  status?: number
  failed?: 'unreachable' | 'unanswered'
  ms: number
}) {
  const t = useWords(words)
  const format = useFormat()
  return (
    <span className={cx('tabular-nums', isGood(status) ? 'text-good' : 'text-bad')}>
      {`${status ?? t(failed ?? 'unanswered')} · ${format.duration(ms < 10 ? ms : Math.round(ms))}`}
    </span>
  )
}

const isGood = (status: number | undefined): boolean => status !== undefined && status >= 200 && status < 300

/** A word where there is one: what a gateway tells of is a longer list than what one can do here. */
function named(t: ReturnType<typeof useWords<(typeof words)['en']>>, key: string, otherwise: string): string {
  return key in words.en ? (t as (key: string) => string)(key) : otherwise
}
