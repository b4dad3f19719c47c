import { type ReactNode, useState } from 'react'
import picture from '../../../../src/simulator/media/example.png'
import type { MessageView } from '../../../../src/simulator/phone-view.ts'
import { Button } from '../../ui/button.tsx'
import { useWords } from '../../words/use-words.tsx'
import { usePhone } from './context.tsx'
import { contentWord, shorten, withNames } from './text.ts'
import { words } from './words.ts'

/** A longer text is folded until somebody wants all of it. */
const FOLDED = 1_500

/** What a message says: text as text, whatever stands in it; a poll to vote in, a menu to tap on, a place, a card. */
export function MessageContent({ message }: { message: MessageView }) {
  const t = useWords(words)
  const { nameOf } = usePhone()
  const { content, replyTo } = message
  return (
    <>
      {replyTo && (
        <p dir="auto" className="mb-1 border-s-2 border-accent ps-2 text-meta text-muted">
          {shorten(replyTo.text ?? '…')}
        </p>
      )}
      {'media' in content &&
        (message.example ? (
          <img src={picture} alt={t('picture')} width={240} height={160} className="mb-1 rounded" />
        ) : (
          <Card title={content.media.fileName ?? t(contentWord(content.type))}>{t('fileNoPreview')}</Card>
        ))}
      {content.text && <Words text={withNames(content.text, nameOf)} />}
      <Special message={message} />
    </>
  )
}

function Words({ text }: { text: string }) {
  const t = useWords(words)
  const [whole, setWhole] = useState(false)
  const folded = !whole && text.length > FOLDED
  return (
    <>
      <p dir="auto" className="break-words whitespace-pre-wrap">
        {folded ? `${[...text.slice(0, FOLDED)].slice(0, -1).join('')}…` : text}
      </p>
      {folded && (
        <Button small onClick={() => setWhole(true)}>
          {t('showWhole')}
        </Button>
      )}
    </>
  )
}

function Special({ message }: { message: MessageView }) {
  const t = useWords(words)
  const { place, act } = usePhone()
  const { content, votes = [] } = message
  switch (content.type) {
    case 'poll': {
      const mine = votes.find(({ by }) => by === place.person)?.options ?? []
      const chosen = (option: string) =>
        mine.includes(option)
          ? mine.filter((one) => one !== option)
          : content.choices === 1
            ? [option]
            : [...mine, option]
      return (
        <Options>
          {content.options.map((option) => {
            const count = votes.filter(({ options }) => options.includes(option)).length
            const isMine = mine.includes(option)
            return (
              <Button
                key={option}
                small
                aria-pressed={isMine}
                look={isMine ? 'pressed' : 'plain'}
                aria-label={isMine ? t('unvote', { option }) : t('voteFor', { option, count })}
                onClick={() => void act('vote', { ...place, target: message.id, options: chosen(option) })}
              >
                {`${option} · ${count}`}
              </Button>
            )
          })}
        </Options>
      )
    }
    case 'menu':
      return (
        <Options>
          {content.options.map(({ id, text }) => (
            <Button
              key={id ?? text}
              small
              aria-label={t('tap', { option: text })}
              onClick={() => void act('tap', { ...place, target: message.id, choice: id ?? text })}
            >
              {text}
            </Button>
          ))}
        </Options>
      )
    case 'location': {
      const where = `${content.latitude}, ${content.longitude}`
      return <Card title={content.name ?? where}>{content.address ?? where}</Card>
    }
    case 'contacts':
      return content.contacts.map(({ name, phones }) => (
        <Card key={`${name} ${phones.join()}`} title={name}>
          {phones.join(', ')}
        </Card>
      ))
    case 'unsupported':
      return <Card title={content.wire}>{t('unsupported')}</Card>
    default:
      return null
  }
}

const Options = ({ children }: { children: ReactNode }) => (
  <div className="my-1 flex flex-wrap gap-1">{children}</div>
)

const Card = ({ title, children }: { title: string; children: string }) => (
  <p className="mb-1 grid">
    <bdi className="font-strong">{shorten(title)}</bdi>
    <span className="text-meta text-muted">{children}</span>
  </p>
)
