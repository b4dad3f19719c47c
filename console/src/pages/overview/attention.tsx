import { useMutation } from '@tanstack/react-query'
import { Link, type LinkOptions } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { z } from 'zod'
import type { Alert } from '../../../../src/http/contract/alerts.ts'
import type { ChatSummary } from '../../../../src/http/contract/chats.ts'
import type { CommandSummary, resolveBody } from '../../../../src/http/contract/commands.ts'
import type { EventSummary } from '../../../../src/http/contract/events.ts'
import type { Overview, SilentNumber } from '../../../../src/http/contract/overview.ts'
import { api, path } from '../../api/client.ts'
import { useSession } from '../../api/session.ts'
import { Button } from '../../ui/button.tsx'
import { ButtonLink } from '../../ui/button-link.tsx'
import { useConfirm } from '../../ui/confirm.tsx'
import { Section } from '../../ui/page.tsx'
import { nameOf } from '../../ui/shorten.ts'
import { EmptyState } from '../../ui/states.tsx'
import { SignalIcon } from '../../ui/status.tsx'
import { RelativeTime } from '../../ui/time.tsx'
import { useToast } from '../../ui/toast.tsx'
import { shownAddress } from '../../words/address.ts'
import { commandTypes, eventKinds } from '../../words/kinds.ts'
import { useFormat, useWords } from '../../words/use-words.tsx'
import { AlertLine } from './alert-line.tsx'
import { Line, Since, useRenew } from './line.tsx'
import { words } from './words.ts'

const COUNTED_TO = 1_000

/** What waits for a person, each with its cause and what to do about it. The dearest first. */
export function Attention({
  attention,
  alerts,
}: {
  attention: Overview['attention']
  alerts: readonly Alert[]
}) {
  const t = useWords(words)
  const { unknownSends, failedSends, deadLetters, numbers, waitingChats } = attention
  if (attention.total + alerts.length === 0)
    return (
      <Section title={t('attention')}>
        <div className="flex items-start gap-2">
          <span className="mt-0.5">
            <SignalIcon signal="good" />
          </span>
          <div>
            <p className="font-strong">{t('nothing')}</p>
            <p className="text-muted">{t('nothingHint')}</p>
          </div>
        </div>
      </Section>
    )
  return (
    <Section title={t('attention')} flush>
      <Group title={t('numbers')} few={numbers} all={{ to: '/instances' }}>
        {(number) => <NumberLine key={number.instance} number={number} />}
      </Group>
      <Group title={t('alerts')} few={{ count: alerts.length, first: alerts }}>
        {(alert) => <AlertLine key={alert.id} alert={alert} />}
      </Group>
      <Group
        title={t('unknownSends')}
        few={unknownSends}
        all={{ to: '/events', search: { tab: 'sends', state: 'unknown,held' } }}
      >
        {(command) => <SendLine key={command.id} command={command} />}
      </Group>
      <Group
        title={t('failedSends')}
        few={failedSends}
        all={{ to: '/events', search: { tab: 'sends', state: 'dead' } }}
      >
        {(command) => <SendLine key={command.id} command={command} failed />}
      </Group>
      <Group title={t('deadLetters')} few={deadLetters} all={{ to: '/events', search: { tab: 'dead' } }}>
        {(event) => <EventLine key={event.id} event={event} />}
      </Group>
      <Group title={t('waitingChats')} few={waitingChats}>
        {(chat) => <ChatLine key={chat.id} chat={chat} />}
      </Group>
    </Section>
  )
}

/** Where this hub has no number at all, the next step is another one. */
export function NoNumbers() {
  const t = useWords(words)
  const { can } = useSession()
  return (
    <EmptyState
      title={t('noNumbers')}
      action={
        can('manage') && (
          <ButtonLink to="/instances/new" look="primary">
            {t('connectNumber')}
          </ButtonLink>
        )
      }
    >
      {t('noNumbersHint')}
    </EmptyState>
  )
}

function Group<T>({
  title,
  few,
  all,
  children,
}: {
  title: string
  few: { count: number; first: readonly T[] }
  /** Where all of them are listed. */
  all?: LinkOptions
  children(one: T): ReactNode
}) {
  const t = useWords(words)
  const format = useFormat()
  if (few.count === 0) return null
  const count = few.count >= COUNTED_TO ? t('andMore', { n: COUNTED_TO }) : format.number(few.count)
  return (
    <section aria-label={title} className="border-b border-line last:border-0">
      <h3 className="flex items-baseline gap-2 px-4 pt-3 pb-1 text-meta font-strong text-muted">
        <span>{title}</span>
        <span className="tabular-nums">{count}</span>
        {all !== undefined && few.count > few.first.length && (
          <Link {...all} className="ml-auto text-accent underline underline-offset-2">
            {t('showAll', { count })}
          </Link>
        )}
      </h3>
      <ul>{few.first.map(children)}</ul>
    </section>
  )
}

type Decision = z.output<typeof resolveBody>['decision']

function SendLine({ command, failed = false }: { command: CommandSummary; failed?: boolean }) {
  const t = useWords(words)
  const renew = useRenew()
  const types = useWords(commandTypes)
  const { can } = useSession()
  const confirm = useConfirm()
  const toast = useToast()
  const resolve = useMutation({
    mutationFn: (decision: Decision) => api.post(path`/commands/${command.id}/resolve`, { decision }),
    onSuccess: (_answer, decision) =>
      toast.done(
        t(decision === 'resend' ? 'resent' : decision === 'sent' ? 'markedArrived' : 'markedFailed'),
      ),
    onSettled: renew,
  })
  const to = shownAddress(command.command.to)
  const text = 'text' in command.command ? command.command.text : undefined
  const busy = resolve.isPending
  return (
    <Line
      signal={failed ? 'bad' : 'attention'}
      title={t(failed ? 'sendDead' : 'sendOf', { to })}
      {...(text !== undefined && { quote: text })}
      about={[
        types(command.type),
        t('on', { number: command.instance }),
        <RelativeTime key="since" at={command.unknownAt ?? command.sendingAt ?? command.createdAt} />,
        command.reason,
      ]}
      actions={
        can('operate') && (
          <>
            <Button
              small
              disabled={busy}
              onClick={async () => {
                const sure =
                  failed ||
                  (await confirm({
                    title: t('resendTitle'),
                    text: t('resendText', { to }),
                    action: t('resend'),
                  }))
                if (sure) resolve.mutate('resend')
              }}
            >
              {t('resend')}
            </Button>
            {!failed && (
              <Button small disabled={busy} onClick={() => resolve.mutate('sent')}>
                {t('arrived')}
              </Button>
            )}
            <Button small disabled={busy} onClick={() => resolve.mutate(failed ? 'discard' : 'failed')}>
              {t(failed ? 'discard' : 'failed')}
            </Button>
          </>
        )
      }
    />
  )
}

function EventLine({ event }: { event: EventSummary }) {
  const t = useWords(words)
  const renew = useRenew()
  const kinds = useWords(eventKinds)
  const { can } = useSession()
  const confirm = useConfirm()
  const toast = useToast()
  const act = useMutation({
    mutationFn: (what: 'retry' | 'discard') =>
      what === 'retry'
        ? api.post(path`/dead-letters/${event.id}/retry`)
        : api.post(path`/dead-letters/${event.id}/discard`),
    onSuccess: (_answer, what) => toast.done(t(what === 'retry' ? 'running' : 'discarded')),
    onSettled: renew,
  })
  const { fact } = event
  const quote = fact.kind === 'message' ? fact.message.content.text : undefined
  return (
    <Line
      signal="bad"
      title={
        <Link
          to="/events/$id"
          params={{ id: event.id }}
          className="underline decoration-line-strong underline-offset-2"
        >
          {t('eventDead', { what: kinds(event.kind) })}
        </Link>
      }
      {...(quote !== undefined && { quote })}
      about={[
        t('on', { number: event.instance }),
        <RelativeTime key="at" at={event.doneAt ?? event.acceptedAt} />,
        t('triesOf', { n: event.attempts }),
        event.error,
      ]}
      actions={
        can('operate') && (
          <>
            <Button small disabled={act.isPending} onClick={() => act.mutate('retry')}>
              {t('retryEvent')}
            </Button>
            <Button
              small
              disabled={act.isPending}
              onClick={async () => {
                const question = {
                  title: t('discardTitle'),
                  text: t('discardText'),
                  action: t('discard'),
                }
                if (await confirm(question)) act.mutate('discard')
              }}
            >
              {t('discard')}
            </Button>
          </>
        )
      }
    />
  )
}

const TITLES = {
  disconnected: 'numberDisconnected',
  'logged-out': 'numberLogged-out',
  held: 'numberHeld',
} as const

function NumberLine({ number }: { number: SilentNumber }) {
  const t = useWords(words)
  const { can } = useSession()
  const out = number.reason === 'disconnected' || number.reason === 'logged-out'
  return (
    <Line
      signal={out ? 'bad' : 'attention'}
      title={t(TITLES[number.reason], { number: number.instance })}
      about={[
        number.since !== undefined && <Since key="since" word="sinceWhen" at={number.since} />,
        number.queued > 0 && t('sendsWait', { n: number.queued }),
        number.lastEventAt !== undefined && <Since key="heard" word="lastHeard" at={number.lastEventAt} />,
        number.detail,
      ]}
      actions={
        <ButtonLink
          small
          to="/instances/$id"
          params={{ id: number.instance }}
          search={out && can('manage') ? { connect: true } : {}}
        >
          {t(out && can('manage') ? 'connect' : 'openNumber')}
        </ButtonLink>
      }
    />
  )
}

function ChatLine({ chat }: { chat: ChatSummary }) {
  const t = useWords(words)
  const renew = useRenew()
  const { can } = useSession()
  const toast = useToast()
  const back = useMutation({
    mutationFn: () => api.post(path`/chats/${chat.id}/owner`, { owner: 'bot' }),
    onSuccess: () => toast.done(t('givenBack')),
    onSettled: renew,
  })
  const address = shownAddress(chat.address)
  return (
    <Line
      signal="waiting"
      title={t('chatWaits', { who: nameOf(chat.name ?? address) })}
      about={[
        chat.name !== undefined && address,
        t('on', { number: chat.instance }),
        chat.lastMessageAt !== undefined && <RelativeTime key="at" at={chat.lastMessageAt} />,
      ]}
      actions={
        can('send') && (
          <Button small disabled={back.isPending} onClick={() => back.mutate()}>
            {t('giveBack')}
          </Button>
        )
      }
    />
  )
}
