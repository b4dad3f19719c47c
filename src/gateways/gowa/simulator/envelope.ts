import type { Content, Referral, SharedContact } from '../../../core/events.ts'
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
  vcard,
} from './contents.ts'
import { type Struct, struct } from './go.ts'
import { hidden, jid, ownJid, rfc3339, shownAs } from './names.ts'
import { noticeOf } from './notices.ts'
import { atLeast } from './versions.ts'

/** What 8.0 to 9.2 post. */
export function envelope(happening: Happening, number: SimulatedNumber): object[] {
  const body = envelopeBody(happening, number)
  return body === undefined ? [] : [body]
}

const SAID: readonly string[] = ['message', 'edit', 'revoke', 'reaction', 'vote']

function envelopeBody(happening: Happening, number: SimulatedNumber): object | undefined {
  const from = (major: number, minor: number) => atLeast(number, major, minor)
  const { fact, chat, sender, author } = happening
  if (author === 'person' && SAID.includes(fact.kind) && !from(8, 3)) return undefined
  const timestamp = rfc3339(happening.at)
  const head = { device_id: ownJid(number), session_id: from(8, 8) ? number.device : undefined }
  const who = author === 'person' && sender === undefined ? ownPartyOf(number) : sender
  const common = (id: string) => ({
    id,
    timestamp,
    is_from_me: from(8, 3) ? author === 'person' : undefined,
    chat_id: jid(chat),
    chat_lid: from(8, 3) ? hidden(chat) : undefined,
    from: jid(who),
    from_lid: hidden(who),
    from_name: who?.name,
    sender_display_name: from(9, 0) ? shownAs(who) : undefined,
  })
  switch (fact.kind) {
    case 'message': {
      const { id, content, replyTo, forwarded, viewOnce, referral } = fact.message
      const payload = {
        ...common(id),
        ...envelopeContent(content, happening, from),
        referral: referral && from(8, 4) ? referralOf(referral) : undefined,
        ...((content.type === 'text' || from(8, 4)) && {
          replied_to_id: replyTo?.id,
          quoted_body: replyTo?.text,
        }),
        forwarded: forwarded || undefined,
        view_once: viewOnce || undefined,
      }
      return { event: 'message', ...head, payload }
    }
    case 'reaction': {
      const id = fact.id ?? idFor('reaction', fact.target, timestamp)
      const payload = { ...common(id), reaction: fact.emoji, reacted_message_id: fact.target }
      return { event: 'message.reaction', ...head, payload }
    }
    case 'edit': {
      const id = fact.id ?? idFor('edit', fact.target, timestamp)
      const payload = { ...common(id), original_message_id: fact.target, body: fact.text }
      return { event: 'message.edited', ...head, payload }
    }
    case 'revoke': {
      const payload = {
        ...common(idFor('revoke', fact.target)),
        revoked_message_id: fact.target,
        revoked_from_me: author === 'person',
        revoked_chat: jid(chat),
      }
      return { event: 'message.revoked', ...head, payload }
    }
    case 'delete-for-me': {
      if (!from(8, 2)) {
        const names = { from: jid(who), sender_id: jid(who), chat_id: jid(chat), device_id: ownJid(number) }
        const deleted_message_id = fact.target
        return { action: 'event.delete_for_me', deleted_message_id, timestamp, ...names, was_from_me: false }
      }
      const payload = {
        deleted_message_id: fact.target,
        timestamp,
        from: '',
        chat_id: jid(chat),
        was_from_me: false,
      }
      return { event: 'message.deleted', ...head, payload }
    }
    case 'receipt': {
      const receipt = receiptType(fact)
      if (!receipt) return undefined
      const payload = {
        ids: [fact.target],
        chat_id: jid(chat),
        from: jid(who),
        from_lid: hidden(who),
        sender_display_name: from(9, 0) ? shownAs(who) : undefined,
        receipt_type: receipt.type,
        receipt_type_description: receipt.words,
      }
      return { event: 'message.ack', ...head, timestamp, payload }
    }
    case 'membership': {
      const jids = fact.members.map(jid)
      const payload = { chat_id: jid(chat), type: fact.change, jids }
      return fact.self && fact.change === 'join' && from(8, 2)
        ? {
            event: 'group.joined',
            ...head,
            timestamp,
            payload: { ...payload, reason: '', group_name: chat?.name },
          }
        : { event: 'group.participants', ...head, timestamp, payload }
    }
    case 'vote':
      // Encrypted, and not opened by 9.2: a message with nothing in it.
      return { event: 'message', ...head, payload: common(fact.id ?? idFor('vote', fact.target, timestamp)) }
    case 'unknown':
      return { event: fact.name, ...head, timestamp, payload: {} }
    default: {
      const notice = noticeOf(happening, who, from)
      return notice && { event: notice.event, ...head, timestamp, payload: notice.payload }
    }
  }
}

type From = (major: number, minor: number) => boolean

/**
 * A caption stands beside the medium and in the text (≥ 8.3.1); audio and stickers are a bare path. 8.2 lost
 * captions, and before it media are objects with their type.
 */
function envelopeContent(content: Content, happening: Happening, from: From): object {
  if (content.type === 'text') return { body: content.text }
  if (!('media' in content)) {
    const said = content.type === 'unsupported' || content.type === 'contacts' ? content.text : undefined
    return {
      body: said,
      ...structured(content, from(8, 5) ? CONTACT : { one: rawContact, several: from(8, 3) }),
    }
  }
  const field = fieldOf(content.type)
  const path = pathOf(content.media, field, happening)
  const { text: caption } = content
  if (path === undefined) {
    const named = field === 'document' ? { filename: content.media.fileName } : { caption: caption ?? '' }
    return {
      body: caption,
      [field]: { url: ENCRYPTED, ...(field !== 'audio' && field !== 'sticker' && named) },
    }
  }
  if (!from(8, 2)) {
    return {
      [field]: struct({ media_path: path, mime_type: content.media.mime ?? '', caption: caption ?? '' }),
    }
  }
  if (!from(8, 3)) return { [field]: path }
  const plain = caption === undefined || field === 'audio' || field === 'sticker'
  return { body: caption, [field]: plain ? path : { path, caption } }
}

/** ≥ 8.5.0. */
const CONTACT = {
  one: (card: SharedContact): Struct =>
    struct({ displayName: card.name, vcard: vcard(card), phone_number: card.phones[0] }),
  several: true,
}

const referralOf = (referral: Referral) => ({
  ctwa_clid: referral.clickId,
  source_id: referral.sourceId,
  source_url: referral.sourceUrl,
  source_type: referral.sourceType,
  ad_title: referral.title,
  ad_body: referral.text,
})
