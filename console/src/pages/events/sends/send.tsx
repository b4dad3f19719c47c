import { Link } from '@tanstack/react-router'
import type { CommandSummary } from '../../../../../src/http/contract/commands.ts'
import { Button } from '../../../ui/button.tsx'
import { CodeView } from '../../../ui/code-view.tsx'
import { CopyId } from '../../../ui/copy.tsx'
import { Facts } from '../../../ui/page.tsx'
import { Quoted } from '../../../ui/quoted.tsx'
import { Badge } from '../../../ui/status.tsx'
import { shownAddress } from '../../../words/address.ts'
import { commandTypes } from '../../../words/kinds.ts'
import { useFormat, useWords } from '../../../words/use-words.tsx'
import { useMayOperate } from '../may.tsx'
import { COMMAND_SIGNALS, inDoubt, isOpen } from '../states.ts'
import { words as events } from '../words.ts'
import { type Decision, useDecide } from './use-decide.ts'
import { words } from './words.ts'

/** How a send stands, in a word. */
export function SendState({ state }: { state: CommandSummary['state'] }) {
  const t = useWords(words)
  return <Badge signal={COMMAND_SIGNALS[state]}>{t(state)}</Badge>
}

/** What is sent, in a line. */
export function SendText({ command, lines = 1 }: { command: CommandSummary['command']; lines?: 1 | 2 }) {
  const types = useWords(commandTypes)
  const text = 'text' in command ? command.text : 'emoji' in command ? command.emoji : undefined
  return (
    <span className="flex min-w-0 items-baseline gap-2 whitespace-normal">
      {command.type !== 'text' && <span className="shrink-0 text-muted">{types(command.type)}</span>}
      {text !== undefined && text !== '' && <Quoted text={text} lines={lines} />}
    </span>
  )
}

const CHOICES = [
  { decision: 'resend', label: 'resend', says: 'resendSays' },
  { decision: 'sent', label: 'markSent', says: 'sentSays' },
  { decision: 'failed', label: 'markFailed', says: 'failedSays' },
] as const
const CHOICES_ENDED = [
  { decision: 'resend', label: 'resend', says: 'resendSaysSure' },
  { decision: 'discard', label: 'discard', says: 'discardSays' },
] as const

/** Every choice with what it will do; nothing where there is nothing to decide. */
export function Decisions({
  command,
  onDone,
}: {
  command: CommandSummary
  onDone?(decision: Decision): void
}) {
  const t = useWords(words)
  const { decide, busy } = useDecide()
  const may = useMayOperate()
  if (!may || !isOpen(command.state)) return null
  const doubt = inDoubt(command.state)
  return (
    <div className="grid grid-cols-1 gap-3">
      <p className="font-strong">{t(doubt ? 'decide' : 'decideEnded')}</p>
      {(doubt ? CHOICES : CHOICES_ENDED).map(({ decision, label, says }) => (
        <div key={decision} className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <Button
            small
            disabled={busy}
            onClick={async () => {
              if (await decide([command], decision)) onDone?.(decision)
            }}
          >
            {t(label)}
          </Button>
          <span className="min-w-40 flex-1 text-meta text-muted">{t(says)}</span>
        </div>
      ))}
    </div>
  )
}

/** One send with everything known of it. */
export function SendDetails({ command }: { command: CommandSummary }) {
  const t = useWords(words)
  const e = useWords(events)
  const format = useFormat()
  return (
    <div className="grid grid-cols-1 gap-4">
      <div className="flex flex-wrap items-center gap-2">
        <SendState state={command.state} />
        {command.reason !== undefined && <span className="text-muted">{command.reason}</span>}
      </div>
      <SendText command={command.command} lines={2} />
      <Decisions command={command} />
      <Facts
        facts={[
          ['ID', <CopyId key="id" id={command.id} />],
          [e('number'), command.instance],
          [t('to'), shownAddress(command.command.to)],
          [e('chatShort'), <CopyId key="chat" id={command.chat} />],
          [t('attempts'), format.number(command.attempts)],
          [t('created'), format.exact(command.createdAt)],
          ...(command.sendingAt ? [[t('sendingAt'), format.exact(command.sendingAt)] as const] : []),
          ...(command.settledAt ? [[t('settled'), format.exact(command.settledAt)] as const] : []),
          ...(command.messageId
            ? [[t('messageId'), <CopyId key="message" id={command.messageId} />] as const]
            : []),
          ...(command.event
            ? [
                [
                  t('event'),
                  <Link
                    key="event"
                    to="/events/$id"
                    params={{ id: command.event }}
                    className="text-accent underline underline-offset-2"
                  >
                    {command.event}
                  </Link>,
                ] as const,
              ]
            : []),
        ]}
      />
      <CodeView label={t('send')} value={command.command} />
    </div>
  )
}
