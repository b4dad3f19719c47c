import type { DryRunOutcome, DryRunResult } from '../../../../../src/http/contract/events.ts'
import { Badge, SignalIcon } from '../../../ui/status.tsx'
import { shownAddress } from '../../../words/address.ts'
import { eventKinds } from '../../../words/kinds.ts'
import { useFormat, useWords } from '../../../words/use-words.tsx'
import { SendText } from '../sends/send.tsx'
import { words } from './words.ts'

/** Listed one by one; more would not be read. */
const LISTED = 50

/** Does it send something, hand the chat over, or end early? */
const speaks = ({ commands, stopped, owner }: DryRunOutcome): boolean =>
  commands.length > 0 || stopped !== undefined || owner !== undefined

/** What would be sent. Nothing was. */
export function DryRun({ result }: { result: DryRunResult }) {
  const t = useWords(words)
  const { matched, data } = result
  if (matched === 0) return <p className="text-muted">{t('nothingMatches')}</p>
  const commands = data.flatMap((outcome) => outcome.commands)
  const refused = commands.filter((command) => command.refused !== undefined).length
  const sent = commands.length - refused
  const stopped = data.filter((outcome) => outcome.stopped !== undefined).length
  const telling = data.filter(speaks)
  const quiet = data.length - telling.length
  return (
    <div className="grid grid-cols-1 gap-3">
      <p className="flex flex-wrap items-center gap-2" role="status">
        <strong className="font-strong">{t('matched', { n: matched })}</strong>
        {data.length < matched && <span className="text-muted">{t('shownFirst', { n: data.length })}</span>}
        <Badge signal={sent > 0 ? 'attention' : 'neutral'}>
          {sent > 0 ? t('wouldSend', { n: sent }) : t('wouldSendNone')}
        </Badge>
        {refused > 0 && <Badge>{t('wouldRefuse', { n: refused })}</Badge>}
        {stopped > 0 && <Badge signal="attention">{t('wouldStop', { n: stopped })}</Badge>}
      </p>
      <ul className="grid grid-cols-1 gap-2">
        {telling.slice(0, LISTED).map((outcome) => (
          <Outcome key={outcome.event} outcome={outcome} />
        ))}
      </ul>
      {telling.length > LISTED && (
        <p className="text-meta text-muted">{t('moreShown', { n: telling.length - LISTED })}</p>
      )}
      {quiet > 0 && telling.length > 0 && <p className="text-meta text-muted">{t('quiet', { n: quiet })}</p>}
      {data.length === 1 && telling.length === 0 && <p className="text-muted">{t('noSend')}</p>}
    </div>
  )
}

function Outcome({ outcome }: { outcome: DryRunOutcome }) {
  const t = useWords(words)
  const kinds = useWords(eventKinds)
  const format = useFormat()
  const { event, kind, instance, at, commands, stopped, owner } = outcome
  return (
    <li className="rounded border border-line p-3">
      <p className="text-meta text-muted">
        {kinds(kind)} · {instance} · {format.day(at)} {format.time(at, { seconds: true })} ·{' '}
        <code className="font-mono">{event}</code>
      </p>
      {commands.map(({ command, refused }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a command not yet sent is its place
        <div key={at} className="mt-1">
          <div className="flex min-w-0 flex-wrap items-baseline gap-x-2">
            <span aria-hidden>→</span>
            <span className="font-strong">{shownAddress(command.to)}</span>
            <span className="min-w-0 flex-1">
              <SendText command={command} lines={2} />
            </span>
          </div>
          {refused !== undefined && (
            <p className="text-meta text-muted">{t('refusedBecause', { reason: refused })}</p>
          )}
        </div>
      ))}
      {owner !== undefined && (
        <p className="mt-1 text-meta text-muted">{t('ownerAfter', { owner: t(`owner${owner}`) })}</p>
      )}
      {stopped !== undefined && (
        <p className="mt-1 flex items-start gap-2">
          <span className="mt-0.5">
            <SignalIcon signal="attention" />
          </span>
          {t('stoppedBecause', { reason: stopped })}
        </p>
      )}
    </li>
  )
}
