import { addressKind, addressValue } from '../../../core/address.ts'
import type { Content, Media, Party, SharedContact } from '../../../core/events.ts'
import type { Happening, SimulatedNumber } from '../../../simulator/port.ts'
import { ENCRYPTED, fieldOf, idFor, ownPartyOf, pathOf, receiptType, structured, vcard } from './contents.ts'
import { type Struct, struct } from './go.ts'
import { jid, rfc3339 } from './names.ts'

/** What 7.11 posts. */
export function flat(happening: Happening, number: SimulatedNumber): object | undefined {
  const { fact, chat, author } = happening
  const timestamp = rfc3339(happening.at)
  const sender = happening.sender ?? (author === 'person' ? ownPartyOf(number) : chat)
  const user = (party: Party | undefined) => party && addressValue(party.address)
  // Own messages come from a linked device and say so; private senders keep their suffix beside.
  const device = (text: string | undefined) => (author === 'person' ? text?.replace('@', ':12@') : text)
  const source = sender?.address === chat?.address ? jid(sender) : `${device(jid(sender))} in ${jid(chat)}`
  const head = {
    sender_id: user(sender),
    chat_id: user(chat),
    from: source,
    from_lid: sender && addressKind(sender.address) === 'private' ? device(jid(sender)) : undefined,
    timestamp,
    pushname: sender?.name,
  }
  const text = (id: string, words = '', reply?: { id: string; text?: string }): Struct =>
    struct({ text: words, id, replied_id: reply?.id ?? '', quoted_message: reply?.text ?? '' })
  switch (fact.kind) {
    case 'message': {
      const { id, content, replyTo, forwarded, viewOnce } = fact.message
      const flags = { forwarded: forwarded || undefined, view_once: viewOnce || undefined }
      if ('media' in content) {
        return { ...head, ...flags, message: text(id), ...flatMedia(content, happening) }
      }
      const said = content.type === 'text' || content.type === 'unsupported' ? content.text : undefined
      return { ...head, ...flags, ...structured(content, CONTACT), message: text(id, said, replyTo) }
    }
    case 'reaction': {
      const message = text(fact.id ?? idFor('reaction', fact.target, timestamp))
      // A reaction that is taken back loses its object.
      const reaction = fact.emoji === '' ? undefined : struct({ message: fact.emoji, id: fact.target })
      return { ...head, message, reaction }
    }
    case 'edit': {
      const message = text(fact.id ?? idFor('edit', fact.target, timestamp))
      return {
        ...head,
        action: 'message_edited',
        message,
        original_message_id: fact.target,
        edited_text: fact.text,
      }
    }
    case 'revoke':
      return {
        ...head,
        action: 'message_revoked',
        message: text(idFor('revoke', fact.target)),
        revoked_message_id: fact.target,
        revoked_from_me: author === 'person',
        revoked_chat: jid(chat),
      }
    case 'delete-for-me':
      return {
        action: 'event.delete_for_me',
        deleted_message_id: fact.target,
        sender_id: user(sender),
        chat_id: jid(chat),
        timestamp,
      }
    case 'receipt': {
      const receipt = receiptType(fact)
      if (!receipt) return undefined
      const payload = {
        ids: [fact.target],
        chat_id: jid(chat),
        sender_id: device(jid(sender)),
        from: source,
        receipt_type: receipt.type,
        receipt_type_description: receipt.words,
      }
      return { event: 'message.ack', timestamp, payload }
    }
    case 'membership': {
      const payload = { chat_id: jid(chat), type: fact.change, jids: fact.members.map(jid) }
      return { event: 'group.participants', timestamp, payload }
    }
    case 'unknown':
      return { action: fact.name, timestamp }
    case 'vote':
      return { ...head, message: text(fact.id ?? idFor('vote', fact.target, timestamp)) }
    default:
      // Typing, calls, labels and channels came with 8.x.
      return undefined
  }
}

function flatMedia(content: Extract<Content, { media: Media }>, happening: Happening): object {
  const field = fieldOf(content.type)
  const path = pathOf(content.media, field, happening)
  const caption = content.text ?? ''
  if (path !== undefined) {
    return { [field]: struct({ media_path: path, mime_type: content.media.mime ?? '', caption }) }
  }
  if (field === 'document') return { document: { url: ENCRYPTED, filename: content.media.fileName } }
  return {
    [field]: field === 'audio' || field === 'sticker' ? { url: ENCRYPTED } : { url: ENCRYPTED, caption },
  }
}

const CONTACT = {
  one: (card: SharedContact): Struct => struct({ displayName: card.name, vcard: vcard(card) }),
  several: false,
}
