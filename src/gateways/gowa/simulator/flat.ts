import { addressKind, addressValue } from '../../../core/address.ts'
import type { Content, Media, Party } from '../../../core/events.ts'
import type { Happening, SimulatedNumber } from '../../../simulator/port.ts'
import {
  ENCRYPTED,
  fieldOf,
  idFor,
  ownPartyOf,
  pathOf,
  rawContact,
  receiptType,
  structured,
} from './contents.ts'
import { type Struct, struct } from './go.ts'
import { jid, rfc3339 } from './names.ts'
import { atLeast } from './versions.ts'

/** What 4.22 to 7.11 post. A receipt comes once from every device of the person, each a happening of its own. */
export function flat(happening: Happening, number: SimulatedNumber): object | undefined {
  const { fact, chat, author } = happening
  const since = (major: number, minor: number) => atLeast(number, major, minor)
  if (author === 'person' && !since(6, 1)) return undefined
  const timestamp = rfc3339(happening.at)
  const sender = happening.sender ?? (author === 'person' ? ownPartyOf(number) : chat)
  const user = (party: Party | undefined) => party && addressValue(party.address)
  // Own messages come from a linked device and say so; private senders keep their suffix beside.
  const suffix = author === 'person' ? 12 : happening.device
  const device = (text: string | undefined) => (suffix ? text?.replace('@', `:${suffix}@`) : text)
  const source =
    sender?.address === chat?.address ? device(jid(sender)) : `${device(jid(sender))} in ${jid(chat)}`
  const head = {
    ...(since(7, 2) && { sender_id: user(sender), chat_id: user(chat) }),
    from: source,
    from_lid:
      since(6, 1) && sender && addressKind(sender.address) === 'private' ? device(jid(sender)) : undefined,
    timestamp,
    pushname: sender?.name,
  }
  const text = (id: string, words = '', reply?: { id: string; text?: string }): Struct => {
    const all = { text: words, id, replied_id: reply?.id ?? '', quoted_message: reply?.text ?? '' }
    return messageStruct(all, number)
  }
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
      const reaction = fact.emoji === '' ? undefined : reactionStruct(fact.emoji, fact.target, number)
      return { ...head, message, reaction }
    }
    case 'edit': {
      const message = text(fact.id ?? idFor('edit', fact.target, timestamp), fact.text)
      if (!since(6, 1)) return { ...head, message }
      const target = since(7, 9) ? fact.target : undefined
      return {
        ...head,
        action: 'message_edited',
        message,
        original_message_id: target,
        edited_text: fact.text,
      }
    }
    case 'revoke':
      if (!since(6, 1)) return { ...head, message: text(idFor('revoke', fact.target)) }
      return {
        ...head,
        action: 'message_revoked',
        message: text(idFor('revoke', fact.target)),
        revoked_message_id: fact.target,
        revoked_from_me: author === 'person',
        revoked_chat: jid(chat),
      }
    case 'delete-for-me':
      if (!since(7, 2)) return undefined
      return {
        action: since(7, 3) ? 'event.delete_for_me' : 'message_deleted_for_me',
        deleted_message_id: fact.target,
        sender_id: user(sender),
        chat_id: jid(chat),
        timestamp,
      }
    case 'receipt': {
      const receipt = receiptType(fact)
      if (!receipt || !since(7, 3)) return undefined
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
      if (!since(7, 4)) return undefined
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

export function flatMedia(content: Extract<Content, { media: Media }>, happening: Happening): object {
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

const CONTACT = { one: rawContact, several: false }

type Text = Record<'text' | 'id' | 'replied_id' | 'quoted_message', string>
/** All four fields from 7.2.1; only those that say something before 7.2.0, which alone lost their names. */
function messageStruct(all: Text, number: SimulatedNumber): Struct {
  if (atLeast(number, 7, 3)) return struct(all)
  if (atLeast(number, 7, 2)) {
    return struct({
      Text: all.text,
      ID: all.id,
      RepliedId: all.replied_id,
      QuotedMessage: all.quoted_message,
    })
  }
  const { text, id, replied_id, quoted_message } = all
  return struct({
    id,
    text: text || undefined,
    replied_id: replied_id || undefined,
    quoted_message: quoted_message || undefined,
  })
}
function reactionStruct(message: string, id: string, number: SimulatedNumber): Struct {
  if (atLeast(number, 7, 3)) return struct({ message, id })
  return atLeast(number, 7, 2) ? struct({ Message: message, ID: id }) : struct({ id, message })
}
