import type { EventDetail, HandlerTrace } from '../../../../../src/http/contract/events.ts'
import { Badge, type Signal } from '../../../ui/status.tsx'
import { useWords } from '../../../words/use-words.tsx'
import { KNOWN_REASONS, words } from './words.ts'

const SIGNALS: Readonly<Record<HandlerTrace['outcome'], Signal>> = {
  ran: 'good',
  passed: 'good',
  'no-match': 'neutral',
  'out-of-scope': 'neutral',
  'not-reached': 'neutral',
  stopped: 'bad',
}

/** Which handlers ran, and why the others did not. */
export function Handlers({ event }: { event: EventDetail }) {
  const t = useWords(words)
  const { handlers, notHandled, status } = event
  if (notHandled !== undefined) return <p>{t(notHandled)}</p>
  if (handlers.length === 0)
    return <p className="text-muted">{t(status === 'pending' ? 'noHandlers' : 'noTrace')}</p>
  return (
    <ul className="grid grid-cols-1 gap-3">
      {handlers.map((handler) => (
        <Handler key={handler.handler} handler={handler} />
      ))}
    </ul>
  )
}

function Handler({ handler: { handler, outcome, reason, ran, notes, missed } }: { handler: HandlerTrace }) {
  const t = useWords(words)
  const told = (text: string) => {
    const known = KNOWN_REASONS.find((one) => one === text)
    return known === undefined ? text : t(known)
  }
  // What a handler notes under its own name says what ran, which is told already.
  const said = notes?.filter((note) => !note.startsWith(`${handler}: `)) ?? []
  return (
    <li>
      <p className="flex flex-wrap items-center gap-2">
        <code className="font-mono font-strong">{handler}</code>
        <Badge signal={SIGNALS[outcome]}>{t(outcome)}</Badge>
      </p>
      <p className="text-meta text-muted">
        {t(`${outcome}Says`)} {reason !== undefined && reason !== 'no handler matched' && `(${told(reason)})`}
      </p>
      {ran !== undefined && ran.length > 0 && (
        <p className="text-meta">{t('ranInside', { what: ran.join(' → ') })}</p>
      )}
      {said.length > 0 && <p className="text-meta">{t('said', { what: said.join('; ') })}</p>}
      {missed !== undefined && missed.length > 0 && (
        <details className="mt-1">
          <summary className="cursor-pointer text-meta text-muted">{t('whyNot')}</summary>
          <ul className="mt-1 grid gap-1 pl-4 text-meta">
            {missed.map(({ reason: why, count, first }) => (
              <li key={why}>
                {t('missed', { n: count, reason: told(why) })}{' '}
                <code className="font-mono text-muted">
                  {first.join(', ')}
                  {count > first.length && ' …'}
                </code>
              </li>
            ))}
          </ul>
        </details>
      )}
    </li>
  )
}
