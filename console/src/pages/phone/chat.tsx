import { type RefObject, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { MessageView } from '../../../../src/simulator/phone-view.ts'
import { Button } from '../../ui/button.tsx'
import { cx } from '../../ui/class-names.ts'
import { useEscape } from '../../ui/keyboard.tsx'
import { EmptyState } from '../../ui/states.tsx'
import { common } from '../../words/common.ts'
import { useWords } from '../../words/use-words.tsx'
import { Bubble, type Doing, type Fate } from './bubble.tsx'
import { Composer, type Voice } from './composer.tsx'
import { usePhone } from './context.tsx'
import { chatAt } from './news.ts'
import { OpenSend } from './open-send.tsx'
import { chatAddress } from './place.ts'
import { summary } from './text.ts'
import { words } from './words.ts'

/** So near to its end (px), a log follows what is new. */
const NEAR = 80

/**
 * One chat: its head, its messages, what there is to decide, and the text box.
 * @param wantsBox whether the cursor is to be in that when the chat is opened
 */
export function Chat({ wantsBox }: { wantsBox: RefObject<boolean> }) {
  const t = useWords(words)
  const { state, place, nameOf } = usePhone()
  const chat = chatAt(state, { instance: place.instance, chat: chatAddress(place) })
  const group = state.groups.find(({ address }) => address === place.group)
  const isMember = group?.members.includes(place.person) ?? true
  const [draft, setDraft] = useState('')
  const [voice, setVoice] = useState<Voice>('customer')
  const [doing, setDoing] = useState<Doing>()
  const box = useRef<HTMLTextAreaElement>(null)
  const stop = () => {
    if (doing?.type === 'edit') setDraft('')
    setDoing(undefined)
  }
  useEscape(stop, doing !== undefined)
  useEffect(() => {
    // Where there is no keyboard, focus would cover half of the chat with one.
    if (wantsBox.current && matchMedia('(hover: hover)').matches) box.current?.focus()
    wantsBox.current = false
  }, [wantsBox])
  return (
    <>
      <Head />
      <Log
        messages={chat.messages}
        typing={chat.typing}
        box={box}
        onDo={(next) => {
          setDoing(next)
          setVoice('customer')
          if (next.type === 'edit') setDraft(next.message.content.text ?? '')
        }}
      />
      <OpenSend />
      {doing ? (
        <Bar
          text={t(doing.type === 'edit' ? 'editing' : 'replying', {
            text: summary(doing.message, t, nameOf),
          })}
          action="cancel"
          onAction={stop}
        />
      ) : (
        <OwnerBar isMember={isMember} byHand={chat.byHand} />
      )}
      <Composer
        draft={draft}
        onDraft={setDraft}
        voice={voice}
        onVoice={setVoice}
        doing={doing}
        onDone={() => setDoing((now) => (now === doing ? undefined : now))}
        disabled={!isMember}
        box={box}
      />
    </>
  )
}

function Head() {
  const t = useWords(words)
  const { state, place, number, act } = usePhone()
  const { typing } = chatAt(state, { instance: place.instance, chat: chatAddress(place) })
  const group = state.groups.find(({ address }) => address === place.group)
  const isMember = group?.members.includes(place.person) ?? true
  const away = !number.connected && t(number.loggedOut ? 'loggedOut' : 'disconnected')
  return (
    <header className="flex min-h-14 shrink-0 items-center gap-2 border-b border-line bg-panel px-4 py-2">
      <div className="min-w-0 grow">
        <h2 className="truncate font-strong">
          <bdi>{group?.name ?? number.name}</bdi>
        </h2>
        <p className={cx('truncate text-meta', typing ? 'text-accent' : away ? 'text-bad' : 'text-muted')}>
          {typing
            ? t('typing')
            : [
                away,
                group ? t('members', { n: group.members.length + 1 }) : `+${number.digits}`,
                number.gateway,
              ]
                .filter(Boolean)
                .join(' · ')}
        </p>
      </div>
      {group && (
        <Button
          small
          onClick={() =>
            void act(isMember ? 'leave' : 'join', { group: group.address, person: place.person })
          }
        >
          {t(isMember ? 'leave' : 'join')}
        </Button>
      )}
    </header>
  )
}

function Log({
  messages,
  typing,
  box,
  onDo,
}: {
  messages: readonly MessageView[]
  typing: boolean
  box: RefObject<HTMLTextAreaElement | null>
  onDo(doing: Doing): void
}) {
  const t = useWords(words)
  const { state, place, nameOf } = usePhone()
  const log = useRef<HTMLElement>(null)
  const atEnd = useRef(true)
  const [reached, reach] = useState<string>()
  const reachable = messages.some(({ id }) => id === reached) ? reached : messages.at(-1)?.id
  const latest = useRef(onDo)
  latest.current = onDo
  const [stable] = useState(() => ({ onDo: (doing: Doing) => latest.current(doing) }))
  const fates = useMemo(
    () =>
      new Map(
        state.strip.flatMap((entry): [string, Fate][] =>
          entry.type === 'post' && entry.what === 'message' && entry.message && isFate(entry.state)
            ? [[entry.message, entry.state]]
            : [],
        ),
      ),
    [state.strip],
  )
  const last = messages.at(-1)
  const own = last?.by === place.person || last?.author === 'person'
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new line and each dot moves the end
  useLayoutEffect(() => {
    if (log.current && (atEnd.current || own)) log.current.scrollTop = log.current.scrollHeight
  }, [last?.id, messages.length, typing, own])
  useEffect(() => {
    const box = log.current
    if (!box) return
    // A bar over the text box, or a window that turns, takes room from the end.
    const watch = new ResizeObserver(() => {
      if (atEnd.current) box.scrollTop = box.scrollHeight
    })
    watch.observe(box)
    return () => watch.disconnect()
  }, [])

  return (
    <section
      ref={log}
      aria-label={t('messages')}
      className="flex min-h-0 grow flex-col gap-1 overflow-y-auto overscroll-contain p-4"
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        atEnd.current = scrollHeight - scrollTop - clientHeight < NEAR
      }}
      onKeyDown={(event) => {
        const step = { ArrowUp: -1, ArrowDown: 1, k: -1, j: 1 }[event.key]
        const all = [...event.currentTarget.querySelectorAll('article')]
        const next =
          step && all[all.indexOf((event.target as Element).closest('article') as HTMLElement) + step]
        if (!next) return
        event.preventDefault()
        next.focus()
      }}
    >
      {messages.length === 0 && <EmptyState title={t('emptyTitle')}>{t('emptyAbout')}</EmptyState>}
      {/* Few messages sit at the bottom, beside the box. */}
      {messages.length > 0 && <span className="mt-auto" />}
      {messages.map((message) => {
        const mine = message.by === place.person
        return (
          <Bubble
            key={message.id}
            message={message}
            mine={mine}
            named={!mine && (place.group !== undefined || message.author === 'person')}
            fate={fates.get(message.id)}
            reachable={message.id === reachable}
            onReach={() => reach(message.id)}
            onDo={stable.onDo}
            box={box}
          />
        )
      })}
      {typing && (
        <div
          data-typing
          aria-hidden
          className="flex gap-1 self-start rounded-lg border border-line bg-raised p-3"
        >
          {['', 'delay-150', 'delay-300'].map((delay) => (
            <i
              key={delay}
              className={cx('size-1.5 rounded-full bg-muted motion-safe:animate-pulse', delay)}
            />
          ))}
        </div>
      )}
      <Spoken messages={messages} nameOf={nameOf} me={place.person} />
    </section>
  )
}

const isFate = (state: string): state is Fate =>
  state === 'refused' || state === 'lost' || state === 'dropped'

/** Reads out what others have written since the chat was opened. */
function Spoken({
  messages,
  nameOf,
  me,
}: {
  messages: readonly MessageView[]
  nameOf(digits: string | undefined): string | undefined
  me: string
}) {
  const t = useWords(words)
  const [begin] = useState(() => messages.at(-1)?.id)
  const last = messages.at(-1)
  return (
    <p role="status" className="sr-only">
      {last && last.id !== begin && last.by !== me
        ? t('saidBy', { name: nameOf(last.by) ?? '', text: summary(last, t, nameOf) })
        : ''}
    </p>
  )
}

/** Why the bot is silent here, or why one cannot write. */
function OwnerBar({ isMember, byHand }: { isMember: boolean; byHand: boolean }) {
  const t = useWords(words)
  const { state, place, act, nameOf } = usePhone()
  const known = state.hubChats.find(
    ({ instance, address }) => instance === place.instance && address === chatAddress(place),
  )
  if (!isMember) return <Bar text={t('notInGroup', { name: nameOf(place.person) ?? '' })} />
  if (!byHand && known?.owner !== 'person') return null
  return (
    <Bar
      text={t(byHand ? 'personSpeaks' : 'personOwns')}
      {...(state.hub.canAsk && {
        action: 'release' as const,
        onAction: () => void act('release', { ...place }),
      })}
    />
  )
}

function Bar({ text, action, onAction }: { text: string; action?: 'cancel' | 'release'; onAction?(): void }) {
  const t = useWords(words)
  const shared = useWords(common)
  return (
    <div
      data-bar
      className="flex shrink-0 flex-wrap items-center justify-between gap-x-3 gap-y-1 border-t border-line bg-note px-4 py-1"
    >
      <span className="flex-1 basis-60">{text}</span>
      {action && (
        <Button small onClick={onAction}>
          {action === 'cancel' ? shared('cancel') : t('release')}
        </Button>
      )}
    </div>
  )
}
