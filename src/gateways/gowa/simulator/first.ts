import type { Happening } from '../../../simulator/port.ts'
import { idFor, rawContact, structured } from './contents.ts'
import { flatMedia } from './flat.ts'
import { struct } from './go.ts'
import { jid } from './names.ts'

/** Every key is always there. */
const NOTHING = {
  audio: null,
  contact: null,
  document: null,
  forwarded: false,
  image: null,
  list: null,
  live_location: null,
  location: null,
  order: null,
  quoted_message: null,
  sticker: null,
  video: null,
  view_once: null,
}

/**
 * What 4.8 to 4.21 post: messages and reactions of others, without a time. Edits look like messages, and
 * everything else like a message with nothing in it, or is not told at all.
 */
export function first(happening: Happening): object[] {
  const { fact, chat, author } = happening
  const sender = happening.sender ?? chat
  if (author === 'person') return []
  const from = sender?.address === chat?.address ? jid(sender) : `${jid(sender)} in ${jid(chat)}`
  const body = (id: string, text = '', reply = '', more: object = {}) => ({
    ...NOTHING,
    from,
    message: struct({ id, text, replied_id: reply }),
    pushname: sender?.name ?? '',
    reaction: struct({ id: '', message: '' }),
    ...more,
  })
  switch (fact.kind) {
    case 'message': {
      const { id, content, replyTo, forwarded } = fact.message
      const flags = { forwarded: forwarded === true, quoted_message: replyTo?.text ?? null }
      if ('media' in content) {
        return content.type === 'video-note' ? [body(id)] : [body(id, '', '', flatMedia(content, happening))]
      }
      const said = content.type === 'text' ? content.text : ''
      const more = { ...flags, ...structured(content, { one: rawContact, several: false }) }
      return [body(id, said, content.type === 'text' ? replyTo?.id : '', more)]
    }
    case 'reaction': {
      const reaction = struct({ id: fact.target, message: fact.emoji })
      return [body(fact.id ?? idFor('reaction', fact.target, fact.emoji), '', '', { reaction })]
    }
    case 'edit':
      return [body(fact.id ?? idFor('edit', fact.target, fact.text ?? ''), fact.text)]
    case 'revoke':
    case 'vote':
      return [body(idFor(fact.kind, fact.target))]
    default:
      return []
  }
}
