import { queryOptions, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { EventDetail } from '../../../../../src/http/contract/events.ts'
import { api, path } from '../../../api/client.ts'
import { CopyId } from '../../../ui/copy.tsx'
import { Facts } from '../../../ui/page.tsx'
import { shorten } from '../../../ui/shorten.ts'
import { ErrorState, LoadingState } from '../../../ui/states.tsx'
import { Notice } from '../../../ui/status.tsx'
import { shownAddress } from '../../../words/address.ts'
import { eventKinds } from '../../../words/kinds.ts'
import { useFormat, useWords } from '../../../words/use-words.tsx'
import { EventState } from '../columns.tsx'
import { contentTextOf, Said } from '../facts/said.tsx'
import { Decisions, SendState, SendText } from '../sends/send.tsx'
import { When } from '../when.tsx'
import { words as events } from '../words.ts'
import { Handlers } from './handlers.tsx'
import { RawAndNormalised } from './raw.tsx'
import { Stages } from './stages.tsx'
import { words } from './words.ts'

export const eventQuery = (id: string) =>
  queryOptions({
    queryKey: ['events', 'one', id],
    queryFn: ({ signal }) => api.get<EventDetail>(path`/events/${id}`, { signal }),
    meta: { topics: ['commands'] },
  })

/** Everything known of one event. Its parts have headings one below that of where it is shown. */
export function EventDetails({ id, heading }: { id: string; heading: Heading }) {
  const { data, error, refetch } = useQuery(eventQuery(id))
  if (data) return <Details event={data} heading={heading} />
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />
  return <LoadingState lines={8} />
}

type Heading = 'h2' | 'h3'

function Part({ heading: Title, title, children }: { heading: Heading; title: string; children: ReactNode }) {
  return (
    <section className="border-t border-line pt-3">
      <Title className="mb-2 font-strong">{title}</Title>
      {children}
    </section>
  )
}

const link = 'text-accent underline underline-offset-2'
/** Longest text shown as a message; what is longer is below as data. */
const MOST = 1_500

function Details({ event, heading }: { event: EventDetail; heading: Heading }) {
  const t = useWords(words)
  const e = useWords(events)
  const kinds = useWords(eventKinds)
  const text = contentTextOf(event.fact)
  return (
    <div className="grid grid-cols-1 gap-4">
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-strong">{kinds(event.kind)}</span>
        <EventState status={event.status} />
        <span className="text-muted">{event.instance}</span>
        <span className="text-muted">
          <When at={event.acceptedAt} />
        </span>
      </div>
      {text === undefined || text === '' ? (
        <Said fact={event.fact} lines={2} />
      ) : (
        <div>
          <bdi
            dir="auto"
            className="block max-h-60 overflow-y-auto rounded-lg bg-page px-3 py-2 whitespace-pre-wrap"
            // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
            tabIndex={0}
            data-focus="inside"
          >
            {shorten(text, MOST)}
          </bdi>
          {text.length > MOST && <p className="mt-1 text-meta text-muted">{t('wholeText')}</p>}
        </div>
      )}
      {event.error !== undefined && (
        <Notice signal={event.status === 'dead' ? 'bad' : 'attention'}>{event.error}</Notice>
      )}
      <Part heading={heading} title={t('stages')}>
        <Stages event={event} />
      </Part>
      <Part heading={heading} title={t('handlers')}>
        <Handlers event={event} />
      </Part>
      <Part heading={heading} title={t('commands')}>
        <Commands event={event} />
      </Part>
      {event.generations.length > 1 && (
        <Part heading={heading} title={t('generations')}>
          <Generations event={event} />
        </Part>
      )}
      <Part heading={heading} title={t('about')}>
        <About event={event} authors={e} />
      </Part>
      <Part heading={heading} title={t('compare')}>
        <RawAndNormalised event={event} />
      </Part>
    </div>
  )
}

function Commands({ event: { commands } }: { event: EventDetail }) {
  const t = useWords(words)
  const format = useFormat()
  if (commands.length === 0) return <p className="text-muted">{t('noCommands')}</p>
  return (
    <ul className="grid grid-cols-1 gap-3">
      {commands.map((command) => (
        <li key={command.id} className="grid grid-cols-1 gap-1">
          <div className="flex items-center gap-2">
            <SendState state={command.state} />
            <span className="min-w-0 grow truncate text-meta text-muted">
              {shownAddress(command.command.to)}
            </span>
            {command.settledAt !== undefined && (
              <span className="text-meta text-muted tabular-nums">
                +{format.duration(Math.max(0, Date.parse(command.settledAt) - Date.parse(command.createdAt)))}
              </span>
            )}
          </div>
          <SendText command={command.command} lines={2} />
          {command.reason !== undefined && <p className="text-meta text-muted">{command.reason}</p>}
          <CopyId id={command.id} />
          <Decisions command={command} />
        </li>
      ))}
    </ul>
  )
}

function Generations({ event }: { event: EventDetail }) {
  const t = useWords(words)
  return (
    <ol className="grid grid-cols-1 gap-1">
      {event.generations.map(({ id, generation, status, acceptedAt }) => (
        <li key={id} className="flex flex-wrap items-center gap-2">
          <span className="min-w-24">
            {generation === 0 ? t('original') : t('replayOf', { n: generation })}
          </span>
          {id === event.id ? (
            <span className="text-muted">
              {id} ({t('thisOne')})
            </span>
          ) : (
            <Link to="/events/$id" params={{ id }} className={link}>
              {id}
            </Link>
          )}
          <EventState status={status} />
          <span className="text-meta text-muted">
            <When at={acceptedAt} />
          </span>
        </li>
      ))}
    </ol>
  )
}

function About({
  event,
  authors,
}: {
  event: EventDetail
  authors: (author: EventDetail['author']) => string
}) {
  const t = useWords(words)
  const e = useWords(events)
  const format = useFormat()
  const { sender, chat, reference } = event.normalised
  const named = (party: { name?: string; address: string }) => (
    <bdi>{party.name ? `${shorten(party.name, 80)} · ` : ''}</bdi>
  )
  return (
    <Facts
      facts={[
        ['ID', <CopyId key="id" id={event.id} />],
        [e('number'), event.instance],
        [e('author'), authors(event.author)],
        ...(sender
          ? [
              [
                t('sender'),
                <span key="sender">
                  {named(sender)}
                  {shownAddress(sender.address)}
                </span>,
              ] as const,
            ]
          : []),
        ...(event.chat
          ? [
              [
                t('chat'),
                <span key="chat" className="flex flex-wrap items-center gap-x-2">
                  {chat && (
                    <span>
                      {named(chat)}
                      {shownAddress(chat.address)}
                    </span>
                  )}
                  <CopyId id={event.chat} />
                  <Link to="/events" search={{ chat: event.chat }} className={link}>
                    {t('onlyChat')}
                  </Link>
                </span>,
              ] as const,
            ]
          : []),
        [
          t('happened'),
          <span key="happened">
            {format.exact(event.at)} <span className="text-muted">({t('happenedHint')})</span>
          </span>,
        ],
        ...(event.delivery
          ? [
              [
                t('delivery'),
                <span key="delivery" className="flex flex-wrap items-center gap-x-2">
                  <CopyId id={event.delivery.id} />
                  {event.delivery.events.length > 1 && (
                    <Link to="/events" search={{ id: event.delivery.id }} className={link}>
                      {t('onlyDelivery')}
                    </Link>
                  )}
                </span>,
              ] as const,
            ]
          : []),
        ...(reference ? [[t('reference'), <CopyId key="reference" id={reference} />] as const] : []),
        [t('attempts'), format.number(event.attempts)],
        [t('runs'), event.generation === 0 ? t('original') : t('replayOf', { n: event.generation })],
      ]}
    />
  )
}
