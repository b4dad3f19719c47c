import type { ReactNode } from 'react'
import { cx } from '../../ui/class-names.ts'
import { useFormat, useWords } from '../../words/use-words.tsx'
import { usePhone } from './context.tsx'
import { chatAt } from './news.ts'
import { chatAddress, type Place } from './place.ts'
import { summary } from './text.ts'
import { words } from './words.ts'

/** Who one is, and the chats of that person. */
export function People({ onChat }: { onChat(): void }) {
  const t = useWords(words)
  const { state, place, onPlace } = usePhone()
  const go = (to: Place) => {
    onChat()
    onPlace(to)
  }
  return (
    <>
      <h2 className="px-2 py-1 font-strong">{t('customer')}</h2>
      <ul className="mb-3">
        {state.people.map(({ digits, name }) => (
          <Choice
            key={digits}
            name={name}
            about={`+${digits}`}
            current={digits === place.person}
            onChoose={() => onPlace({ ...place, person: digits })}
          />
        ))}
      </ul>
      <h2 className="px-2 py-1 font-strong">{t('chats')}</h2>
      <ul data-chats>
        {state.numbers.map(({ instance, name, gateway }) => (
          <ChatChoice
            key={instance}
            name={name}
            about={gateway}
            to={{ instance, person: place.person }}
            onChoose={go}
          />
        ))}
        {state.groups.map(({ address, instance, name, members }) => (
          <ChatChoice
            key={address}
            name={name}
            about={t('members', { n: members.length + 1 })}
            to={{ instance, person: place.person, group: address }}
            onChoose={go}
          />
        ))}
      </ul>
    </>
  )
}

function ChatChoice({
  name,
  about,
  to,
  onChoose,
}: {
  name: string
  about: string
  to: Place
  onChoose(to: Place): void
}) {
  const t = useWords(words)
  const format = useFormat()
  const { state, place, nameOf } = usePhone()
  const { typing, messages } = chatAt(state, { instance: to.instance, chat: chatAddress(to) })
  const last = messages.at(-1)
  return (
    <Choice
      name={name}
      about={typing ? t('typing') : last ? summary(last, t, nameOf) : about}
      aside={last && <time className="text-meta text-muted">{format.time(last.at)}</time>}
      current={place.group === to.group && place.instance === to.instance}
      onChoose={() => onChoose(to)}
    />
  )
}

function Choice({
  name,
  about,
  aside,
  current,
  onChoose,
}: {
  name: string
  about: string
  aside?: ReactNode
  current: boolean
  onChoose(): void
}) {
  return (
    <li>
      <button
        type="button"
        aria-current={current || undefined}
        data-focus="inside"
        onClick={onChoose}
        className={cx(
          'grid min-h-11 w-full grid-cols-[minmax(0,1fr)_auto] items-baseline gap-x-2 rounded px-2 py-1 text-start',
          current ? 'bg-tint' : 'hover:bg-hover',
        )}
      >
        <bdi className="truncate font-strong">{name}</bdi>
        {aside}
        <bdi className="col-span-full truncate text-meta text-muted">{about}</bdi>
      </button>
    </li>
  )
}
