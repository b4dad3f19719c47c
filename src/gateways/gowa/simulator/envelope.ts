import type { Content, Referral, SharedContact } from '../../../core/events.ts'
import type { Happening, SimulatedNumber } from '../../../simulator/port.ts'
import { ENCRYPTED, fieldOf, idFor, ownPartyOf, pathOf, receiptType, structured, vcard } from './contents.ts'
import { type Struct, struct } from './go.ts'
import { hidden, jid, ownJid, rfc3339, shownAs } from './names.ts'
import { noticeOf } from './notices.ts'

/** What 9.x posts. */
export function envelope(happening: Happening, number: SimulatedNumber): object | undefined {
  const { fact, chat, sender, author } = happening
  const timestamp = rfc3339(happening.at)
  const head = { device_id: ownJid(number), session_id: number.device }
  const who = author === 'person' && sender === undefined ? ownPartyOf(number) : sender
  const common = (id: string) => ({
    id,
    timestamp,
    is_from_me: author === 'person',
    chat_id: jid(chat),
    chat_lid: hidden(chat),
    from: jid(who),
    from_lid: hidden(who),
    from_name: who?.name,
    sender_display_name: shownAs(who),
  })
  switch (fact.kind) {
    case 'message': {
      const { id, content, replyTo, forwarded, viewOnce, referral } = fact.message
      const payload = {
        ...common(id),
        ...envelopeContent(content, happening),
        referral: referral && referralOf(referral),
        replied_to_id: replyTo?.id,
        quoted_body: replyTo?.text,
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
        sender_display_name: shownAs(who),
        receipt_type: receipt.type,
        receipt_type_description: receipt.words,
      }
      return { event: 'message.ack', ...head, timestamp, payload }
    }
    case 'membership': {
      const jids = fact.members.map(jid)
      const payload = { chat_id: jid(chat), type: fact.change, jids }
      return fact.self && fact.change === 'join'
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
      const notice = noticeOf(happening, who)
      return notice && { event: notice.event, ...head, timestamp, payload: notice.payload }
    }
  }
}

/** A caption stands beside the medium and in the text (≥ 8.3.1); audio and stickers are a bare path. */
function envelopeContent(content: Content, happening: Happening): object {
  if (content.type === 'text') return { body: content.text }
  if (!('media' in content)) {
    const said = content.type === 'unsupported' || content.type === 'contacts' ? content.text : undefined
    return { body: said, ...structured(content, CONTACT) }
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
