import { createHash, createHmac } from 'node:crypto'
import { addressKind, addressValue, address as makeAddress } from '../../../core/address.ts'
import type { Content, Media, Party } from '../../../core/events.ts'
import type { Happening, SimulatedNumber, WireDelivery } from '../../../simulator/port.ts'
import { goJson, type Struct, struct } from './go.ts'
import { hidden, jid, ownJid, rfc3339 } from './names.ts'

/** What GOWA posts for a happening, in the number's generation. */
export function encode(happening: Happening, number: SimulatedNumber): WireDelivery[] {
  const body = number.generation === 'flat-7' ? flat(happening, number) : envelope(happening, number)
  return body === undefined ? [] : [deliver(body, number)]
}

/** GOWA signs with `secret` when it was given none. */
function deliver(value: unknown, { secret = 'secret' }: SimulatedNumber): WireDelivery {
  const body = Buffer.from(goJson(value))
  return {
    urlSuffix: '',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Go-http-client/1.1',
      'accept-encoding': 'gzip',
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    },
    body,
  }
}

/** An id in WhatsApp's style for facts that have one on the wire and none in the hub's vocabulary. */
const idFor = (...parts: string[]): string =>
  `3EB0${createHash('sha256').update(parts.join(' ')).digest('hex').slice(0, 16).toUpperCase()}`

/** `delivered`, `read` and `read-self` are all GOWA ever sends. */
function receiptType(
  fact: Extract<Happening['fact'], { kind: 'receipt' }>,
): { type: string; words: string } | undefined {
  if (fact.self) {
    return fact.state === 'read'
      ? { type: 'read-self', words: 'the message was read on another own device' }
      : undefined
  }
  if (fact.state === 'delivered') return { type: 'delivered', words: 'the message reached the device' }
  return fact.state === 'read'
    ? { type: 'read', words: 'the chat was opened and the message seen' }
    : undefined
}

const ECHOED_BY_HAND_ONLY: readonly string[] = ['message', 'edit', 'revoke', 'reaction']
/** What the API sends yields no delivery: whatsmeow does not echo a session's own sends. */
const isSilent = ({ fact, author }: Happening): boolean =>
  (author === 'api' || author === 'hosted') && ECHOED_BY_HAND_ONLY.includes(fact.kind)

// ── envelope, 9.x ────────────────────────────────────────────────────────────────────────────────────

function envelope(happening: Happening, number: SimulatedNumber): object | undefined {
  const { fact, chat, sender, author } = happening
  if (isSilent(happening)) return undefined
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
    sender_display_name: who && (who.name ?? addressValue(who.address)),
  })
  switch (fact.kind) {
    case 'message': {
      const { id, content, replyTo, forwarded, viewOnce } = fact.message
      const payload = {
        ...common(id),
        ...envelopeContent(content, happening),
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
        sender_display_name: who && (who.name ?? addressValue(who.address)),
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
    case 'unknown':
      return { event: fact.name, ...head, timestamp, payload: {} }
    case 'connection':
      // GOWA posts nothing about its connection.
      return undefined
  }
}

const ownPartyOf = (number: SimulatedNumber): Party => ({
  address: makeAddress('phone', number.digits),
  aliases: [makeAddress('private', number.privateDigits)],
})

/** A caption stands beside the medium and in the text (≥ 8.3.1); audio and stickers are a bare path. */
function envelopeContent(content: Content, happening: Happening): object {
  if (content.type === 'text') return { body: content.text }
  if (content.type === 'unsupported') return { body: content.text, ...shownOnly(content.wire) }
  if (!('media' in content)) return { body: content.text }
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

// ── flat, 7.x ────────────────────────────────────────────────────────────────────────────────────────

function flat(happening: Happening, number: SimulatedNumber): object | undefined {
  const { fact, chat, author } = happening
  if (isSilent(happening)) return undefined
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
      const shown = content.type === 'unsupported' ? shownOnly(content.wire) : {}
      return { ...head, ...flags, ...shown, message: text(id, content.text, replyTo) }
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
    case 'connection':
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

// ── contents of both generations ─────────────────────────────────────────────────────────────────────

/** With automatic download off GOWA hands on WhatsApp's own address: encrypted, so of no use. */
const ENCRYPTED = 'https://mmg.whatsapp.net/v/t62.7118-24/0_0_n.enc?ccb=11-4'

/** GOWA does not tell voice notes from other audio. */
function fieldOf(type: Extract<Content, { media: Media }>['type']): string {
  if (type === 'voice') return 'audio'
  return type === 'video-note' ? 'video_note' : type
}
/** Where GOWA put the file; undefined: it did not download it. */
function pathOf({ source }: Media, field: string, { at }: Happening): string | undefined {
  if (source.type === 'gateway') return undefined
  if (source.type === 'path') return source.path
  const name = /\.[0-9a-z]{2,5}$/i.exec(source.url.split(/[?#]/)[0] ?? '')?.[0] ?? ''
  return `statics/media/${Math.floor(at / 1000)}-${idFor(field, source.url).toLowerCase()}${name}`
}

/** Contents the hub shows without reading them, as GOWA writes them. */
function shownOnly(wire: string): object {
  const samples: Readonly<Record<string, object>> = {
    location: struct({ degreesLatitude: -23.55, degreesLongitude: -46.63, name: 'Sao Paulo' }),
    live_location: struct({ degreesLatitude: -23.55, degreesLongitude: -46.63 }),
    contact: struct({ displayName: 'Bia', vcard: 'BEGIN:VCARD\nVERSION:3.0\nFN:Bia\nEND:VCARD' }),
    contacts_array: [struct({ displayName: 'Bia', vcard: 'BEGIN:VCARD\nVERSION:3.0\nFN:Bia\nEND:VCARD' })],
    list: struct({ title: 'Menu', buttonText: 'Open', listType: 1 }),
    order: struct({ orderID: '1', itemCount: 1 }),
  }
  return Object.hasOwn(samples, wire) ? { [wire]: samples[wire] } : {}
}
