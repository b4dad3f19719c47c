import type { ReactNode } from 'react'
import type { EventSummary } from '../../../../../src/http/contract/events.ts'
import { Quoted } from '../../../ui/quoted.tsx'
import { nameOf, shorten } from '../../../ui/shorten.ts'
import { shownAddress } from '../../../words/address.ts'
import type { Translate } from '../../../words/define.ts'
import { useFormat, useWords } from '../../../words/use-words.tsx'
import { words } from './words.ts'

type Fact = EventSummary['fact']
type Content = Extract<Fact, { kind: 'message' }>['message']['content']

interface Line {
  /** In our words. */
  told?: string
  /** In theirs. */
  quoted?: string
}

/** What happened, in a line: in our words, and in those of who did it. */
export function Said({ fact, lines = 1 }: { fact: Fact; lines?: 1 | 2 }): ReactNode {
  const t = useWords(words)
  const format = useFormat()
  const { told, quoted } = lineOf(t, format.list, fact)
  if (quoted === undefined || quoted === '') return <span className="truncate text-muted">{told ?? '–'}</span>
  return (
    <span className="flex min-w-0 items-baseline gap-2 whitespace-normal">
      {told !== undefined && <span className="shrink-0 text-muted">{told}</span>}
      <Quoted text={quoted} lines={lines} />
    </span>
  )
}

/** The words somebody wrote, where the fact is that they wrote some. */
export const contentTextOf = (fact: Fact): string | undefined =>
  fact.kind === 'message' ? fact.message.content.text : fact.kind === 'edit' ? fact.text : undefined

type T = Translate<typeof words.en>

function contentLine(t: T, content: Content): Line {
  switch (content.type) {
    case 'text':
      return { quoted: content.text }
    case 'location':
      return { told: t('location'), quoted: content.text ?? content.name ?? content.address ?? '' }
    case 'contacts':
      return { told: t('contacts'), quoted: content.contacts.map(({ name }) => name).join(', ') }
    case 'unsupported':
      return { told: t('unsupported', { wire: content.wire }), quoted: content.text ?? '' }
    default:
      return { told: t(content.type), quoted: content.text ?? '' }
  }
}

function lineOf(t: T, list: (items: readonly string[]) => string, fact: Fact): Line {
  switch (fact.kind) {
    case 'message':
      return contentLine(t, fact.message.content)
    case 'edit':
      return { quoted: fact.text ?? '' }
    case 'reaction':
      return fact.emoji === '' ? { told: t('emojiTaken') } : { quoted: fact.emoji }
    case 'vote':
      return fact.options.length === 0 ? { told: t('votedNone') } : { quoted: fact.options.join(' · ') }
    case 'pin':
      return { told: t(fact.pinned ? 'pinned' : 'unpinned') }
    case 'receipt':
      return { told: t(fact.self ? 'readElsewhere' : fact.state) }
    case 'membership':
      return {
        told: t(fact.change, {
          who: shorten(
            list(fact.members.map(({ name, address }) => nameOf(name ?? shownAddress(address)))),
            200,
          ),
        }),
      }
    case 'group': {
      const { kind: _kind, ...changed } = fact
      return { told: t('changed', { what: Object.keys(changed).join(', ') }), quoted: fact.name ?? '' }
    }
    case 'connection':
      return { told: t(fact.state), quoted: fact.reason ?? '' }
    case 'presence':
    case 'call':
      return { told: t(fact.state) }
    case 'label':
      return { told: t(fact.change, { label: nameOf(fact.label.name ?? fact.label.id) }) }
    case 'chat': {
      const { kind: _kind, ...changed } = fact
      return { told: t('changed', { what: Object.keys(changed).join(', ') }), quoted: fact.name ?? '' }
    }
    case 'contact':
      return { ...(fact.removed && { told: t('contactRemoved') }), quoted: fact.name ?? '' }
    case 'lead':
      return { told: t('changed', { what: shorten(Object.keys(fact.fields).join(', '), 200) }) }
    case 'block':
      return { told: t(fact.blocked ? 'blocked' : 'unblocked') }
    case 'channel':
      return { told: t(fact.change), quoted: fact.name ?? '' }
    case 'history':
      return { told: t('messagesOfPast', { n: fact.messages }) }
    case 'campaign':
      return {
        told:
          fact.sent !== undefined && fact.total !== undefined
            ? t('campaignSent', { sent: fact.sent, total: fact.total })
            : t(fact.state === 'done' ? 'campaignDone' : 'campaignRunning'),
      }
    case 'unknown':
      return { told: t('called', { name: nameOf(fact.name) }) }
    case 'timer':
      return { quoted: fact.key }
    // revoke, delete-for-me: their kind says it all.
    default:
      return {}
  }
}
