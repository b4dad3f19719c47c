import { createHash } from 'node:crypto'
import { type Address, addressKind, addressValue, chatKind } from '../../core/address.ts'
import type { Author, Content, Fact, InboundEvent, Message, Party, ReceiptState } from '../../core/events.ts'
import type { NormaliseContext, Normalised, Verified } from '../../core/gateway.ts'
import { messageId } from '../../core/ids.ts'
import { isPerson, type Jid, parseJid, parseLoose, partyOf } from './wire/address.ts'
import { detect } from './wire/detect.ts'
import {
  type Envelope,
  EnvelopeDeleted,
  EnvelopeEdit,
  EnvelopeGroup,
  EnvelopeMessage,
  EnvelopeReaction,
  EnvelopeReceipt,
  EnvelopeRevoke,
} from './wire/envelope.ts'
import { time } from './wire/fields.ts'
import type { Flat } from './wire/flat.ts'
import type { ReadMedia } from './wire/media.ts'

/**
 * Reads one delivery of any generation (flat 4.22-7.11, envelope 8.0-9.x). Pure, and never fails: what is
 * not understood becomes exactly one `unknown` event.
 */
export function normalise(verified: Verified, context: NormaliseContext): Normalised {
  const seen = detect(verified.json)
  const unknown = (name: string, at?: number): InboundEvent => ({
    fact: { kind: 'unknown', name: name.slice(0, 100) },
    identity: { type: 'state', parts: [createHash('sha256').update(verified.delivery.body).digest('hex')] },
    ...(at !== undefined && { at }),
    author: 'other',
  })
  if (seen.type === 'unknown') return { events: [unknown(seen.name)] }

  const { device_id, session_id } = { session_id: undefined, ...seen.wire }
  const self = parseLoose(device_id)
  const own = self ? [self.address, ...context.own.filter((one) => one !== self.address)] : context.own
  const read = seen.type === 'envelope' ? readEnvelope(seen.wire, own) : readFlat(seen.wire, own)
  const name = seen.type === 'envelope' ? seen.wire.event : (seen.wire.action ?? 'message')
  const at =
    seen.wire.timestamp ?? (seen.type === 'envelope' ? time.parse(seen.wire.payload.timestamp) : undefined)
  const shown = [...new Set([...(self ? [self.address] : []), ...(read?.own ?? [])])]
  const names = [device_id, self?.bare, self && addressValue(self.address), session_id]
  const device = [...new Set(names.filter((one) => one !== undefined))]
  return {
    events: read?.events ?? [unknown(name, at)],
    ...(device.length > 0 && { device }),
    ...(shown.length > 0 && { own: shown }),
  }
}

/** What could be read; undefined: nothing, so the delivery is one `unknown` event. */
type Read = { events: InboundEvent[]; own?: readonly Address[] } | undefined

function readEnvelope({ event, payload, timestamp }: Envelope, own: readonly Address[]): Read {
  switch (event) {
    case 'message':
      return envelopeMessage(EnvelopeMessage.parse(payload), own)
    case 'message.reaction': {
      const wire = EnvelopeReaction.parse(payload)
      const { reacted_message_id: target, reaction: emoji, id } = wire
      if (target === undefined || emoji === undefined || id === undefined) return undefined
      return act(wire, own, { kind: 'reaction', target: messageId(target), emoji, id: messageId(id) }, id)
    }
    case 'message.revoked': {
      const wire = EnvelopeRevoke.parse(payload)
      const target = wire.revoked_message_id
      if (target === undefined) return undefined
      return act(wire, own, { kind: 'revoke', target: messageId(target) }, wire.id ?? target)
    }
    case 'message.edited': {
      const wire = EnvelopeEdit.parse(payload)
      const { original_message_id: target, body, id } = wire
      if (target === undefined || id === undefined) return undefined
      return act(wire, own, editOf(target, body, id), id)
    }
    case 'message.ack':
      return receipts(EnvelopeReceipt.parse(payload), own, timestamp)
    case 'message.deleted': {
      const wire = EnvelopeDeleted.parse(payload)
      const chat = [parseJid(wire.chat_id), parseJid(wire.chat_lid)]
      return deletedForMe(wire.deleted_message_id, chat, wire.timestamp ?? timestamp, own)
    }
    case 'group.participants':
    case 'group.joined':
      return membership(EnvelopeGroup.parse(payload), own, timestamp, event === 'group.joined')
    default:
      return undefined
  }
}

function readFlat(wire: Flat, own: readonly Address[]): Read {
  if (wire.action === 'event.delete_for_me' || wire.action === 'message_deleted_for_me') {
    const chat = [parseJid(wire.chat_jid), parseJid(wire.chat_id), parseJid(wire.chat_lid)]
    return deletedForMe(wire.deleted_message_id, chat, wire.timestamp, own)
  }
  const id = wire.message?.id
  const act = (fact: Fact, part: string | undefined) => flatEvent(wire, own, fact, part)
  switch (wire.action) {
    case undefined:
      break
    case 'message_revoked': {
      const target = wire.revoked_message_id
      return target === undefined
        ? undefined
        : act({ kind: 'revoke', target: messageId(target) }, id ?? target)
    }
    case 'message_edited': {
      // Before 7.9.0 nothing says which message was edited: `message.id` is the edit's own.
      const target = wire.original_message_id
      return target === undefined || id === undefined
        ? undefined
        : act(editOf(target, wire.edited_text, id), id)
    }
    default:
      return undefined
  }
  if (id === undefined) return undefined
  if (wire.reaction) {
    const { id: target, message: emoji } = wire.reaction
    if (target === undefined || emoji === undefined) return undefined
    return act({ kind: 'reaction', target: messageId(target), emoji, id: messageId(id) }, id)
  }
  const { text, replied_id, quoted_message } = wire.message ?? {}
  return act(messageFact(id, contentOf(wire, text, 'caption first'), wire, replied_id, quoted_message), id)
}

// ── people ───────────────────────────────────────────────────────────────────────────────────────────

interface People {
  chat: Party
  sender?: Party
  author: Author
  /** Chat and sender as delivered, for dedupe keys. */
  keys: readonly [string, string]
}

/**
 * Who speaks where. `fromMe` is GOWA's own word for it (≥ 8.3.0). Without it, a sender that is not the
 * other side of a direct chat is ourselves, provided both are named the same way; a number beside a
 * private id proves nothing unless our own number is known.
 */
function people(
  names: { chat: readonly (Jid | undefined)[]; from: readonly (Jid | undefined)[] },
  own: readonly Address[],
  fromMe: boolean | undefined,
  labels: { sender?: string; chat?: string } = {},
): People | undefined {
  const chats = names.chat.filter((one) => one !== undefined)
  const senders = names.from.filter((one) => one !== undefined).filter((one) => isPerson(one.address))
  const [chat] = chats
  const [from] = senders
  if (!chat) return undefined
  const keys = [chat.bare, from?.bare ?? ''] as const
  const isOwn = (one: Jid | undefined) => one !== undefined && own.includes(one.address)
  const mine = () => partyOf(senders, labels.sender) ?? ownParty(own)
  const group = chatKind(chat.address) !== 'direct'

  if (group) {
    const author: Author = (fromMe ?? senders.some(isOwn)) ? 'person' : 'other'
    const sender = author === 'person' ? mine() : partyOf(senders, labels.sender)
    return { chat: partyOf(chats, labels.chat)!, ...(sender && { sender }), author, keys }
  }
  const same = senders.some((one) => chats.some((other) => other.address === one.address))
  const differs = senders.some((one) =>
    chats.some(
      (other) => addressKind(other.address) === addressKind(one.address) && other.address !== one.address,
    ),
  )
  const ours = fromMe ?? (senders.some(isOwn) || (!same && differs))
  if (ours) {
    const sender = mine()
    return { chat: partyOf(chats, labels.chat)!, ...(sender && { sender }), author: 'person', keys }
  }
  const proven =
    same ||
    (!differs &&
      (fromMe === false ||
        (from !== undefined && own.some((one) => addressKind(one) === addressKind(from.address)))))
  const party = proven
    ? partyOf([...chats, ...senders], labels.sender ?? labels.chat)!
    : partyOf(chats, labels.chat)!
  return { chat: party, sender: party, author: 'other', keys }
}

const ownParty = (own: readonly Address[]): Party | undefined =>
  partyOf(own.map((one) => ({ address: one, bare: one })))

interface EnvelopePeople {
  chat_id?: string
  chat_lid?: string
  from?: string
  from_lid?: string
  from_name?: string
  sender_display_name?: string
  chat_name?: string
}
function labelsOf(wire: EnvelopePeople): { sender?: string; chat?: string } {
  // GOWA falls back to the number when it knows no name; a number is not a name.
  const shown = wire.sender_display_name
  const sender =
    wire.from_name ?? (shown !== undefined && /\p{L}/u.test(shown.split('@')[0] ?? '') ? shown : undefined)
  return {
    ...(sender !== undefined && { sender }),
    ...(wire.chat_name !== undefined && { chat: wire.chat_name }),
  }
}

/** An event of the four message kinds of the envelope generation. */
function act(
  wire: EnvelopePeople & { is_from_me?: boolean; timestamp?: number },
  own: readonly Address[],
  fact: Fact,
  id: string,
): Read {
  const who = people(
    {
      chat: [parseJid(wire.chat_id), parseJid(wire.chat_lid)],
      from: [parseJid(wire.from), parseJid(wire.from_lid)],
    },
    own,
    wire.is_from_me,
    labelsOf(wire),
  )
  if (!who) return undefined
  const shown = wire.is_from_me === true ? [parseJid(wire.from), parseJid(wire.from_lid)] : []
  return {
    events: [eventOf(who, fact, [...who.keys, id], wire.timestamp)],
    own: shown.flatMap((one) => (one && isPerson(one.address) ? [one.address] : [])),
  }
}

/** `"A in B"`, or `"A"` alone when sender and chat are the same. */
function flatEvent(wire: Flat, own: readonly Address[], fact: Fact, id: string | undefined): Read {
  const [sender, chat] = splitSource(wire.from)
  const from = parseLoose(sender ?? wire.sender_id)
  const who = people(
    {
      chat: [
        parseJid(wire.chat_jid) ??
          parseLoose(chat) ??
          (wire.from === undefined ? parseLoose(wire.chat_id) : undefined) ??
          from,
        parseJid(wire.chat_lid),
      ],
      from: [from, parseJid(wire.from_lid)],
    },
    own,
    undefined,
    wire.pushname === undefined ? {} : { sender: wire.pushname },
  )
  if (!who || id === undefined) return undefined
  return { events: [eventOf(who, fact, [...who.keys, id], wire.timestamp)] }
}
function splitSource(from: string | undefined): [string | undefined, string | undefined] {
  const [sender, chat] = from?.split(' in ', 2) ?? []
  return [sender, chat]
}

const eventOf = (who: People, fact: Fact, parts: string[], at: number | undefined): InboundEvent => ({
  fact,
  identity: { type: 'fact', parts },
  ...(at !== undefined && { at }),
  chat: who.chat,
  ...(who.sender && { sender: who.sender }),
  author: who.author,
})

// ── messages ─────────────────────────────────────────────────────────────────────────────────────────

function envelopeMessage(wire: ReturnType<typeof EnvelopeMessage.parse>, own: readonly Address[]): Read {
  if (wire.id === undefined) return undefined
  const fact = messageFact(
    wire.id,
    contentOf(wire, wire.body, 'text first'),
    wire,
    wire.replied_to_id,
    wire.quoted_body,
  )
  if (wire.from_history_sync !== true) return act(wire, own, fact, wire.id)
  const past = act(
    { ...wire, chat_id: wire.from, from: wire.sender, from_lid: undefined },
    own,
    fact,
    wire.id,
  )
  return (
    past && {
      ...past,
      events: past.events.map((event) => ({
        ...event,
        identity: { type: 'history', parts: event.identity.parts },
      })),
    }
  )
}

function messageFact(
  id: string,
  content: Content,
  wire: { forwarded?: boolean; view_once?: boolean },
  repliedTo: string | undefined,
  quoted: string | undefined,
): Fact {
  const message: Message = { id: messageId(id), content }
  if (repliedTo !== undefined) {
    message.replyTo = { id: messageId(repliedTo), ...(quoted !== undefined && { text: quoted }) }
  }
  if (wire.forwarded === true) message.forwarded = true
  if (wire.view_once === true) message.viewOnce = true
  return { kind: 'message', message }
}

const MEDIA = [
  ['image', 'image'],
  ['video', 'video'],
  ['video_note', 'video-note'],
  ['audio', 'audio'],
  ['document', 'document'],
  ['sticker', 'sticker'],
] as const
const SHOWN_ONLY = [
  'contact',
  'contacts_array',
  'location',
  'live_location',
  'list',
  'order',
  'interactive',
  'interactive_media',
] as const

/**
 * `text`: the message's own text. A caption stands beside the medium; from 8.3.1 also in the text, where
 * mentions are readable; in the flat generation only beside the medium.
 * A message with nothing in it (polls, templates, encrypted edits, a reaction taken back before 8.0) is
 * shown as `empty`.
 */
function contentOf(
  wire: Partial<
    Record<(typeof MEDIA)[number][0], ReadMedia | undefined> & Record<(typeof SHOWN_ONLY)[number], boolean>
  >,
  text: string | undefined,
  prefer: 'text first' | 'caption first',
): Content {
  const withText = (found: string | undefined) => (found === undefined ? {} : { text: found })
  for (const [field, type] of MEDIA) {
    const read = wire[field]
    if (!read) continue
    const caption = prefer === 'text first' ? (text ?? read.caption) : (read.caption ?? text)
    return { type, media: read.media, ...withText(caption) }
  }
  for (const field of SHOWN_ONLY) {
    if (wire[field] === true) return { type: 'unsupported', wire: field, ...withText(text) }
  }
  return text === undefined ? { type: 'unsupported', wire: 'empty' } : { type: 'text', text }
}

const editOf = (target: string, text: string | undefined, id: string): Fact => ({
  kind: 'edit',
  target: messageId(target),
  ...(text !== undefined && { text }),
  id: messageId(id),
})

// ── receipts, deletions, groups ──────────────────────────────────────────────────────────────────────

/** GOWA sends `delivered`, `read` and `read-self`; the others stand in its documentation only. */
const RECEIPTS: Readonly<Record<string, { state: ReceiptState; self?: true }>> = {
  delivered: { state: 'delivered' },
  read: { state: 'read' },
  played: { state: 'played' },
  'read-self': { state: 'read', self: true },
  read_self: { state: 'read', self: true },
  'played-self': { state: 'played', self: true },
  played_self: { state: 'played', self: true },
}

function receipts(
  wire: ReturnType<typeof EnvelopeReceipt.parse>,
  own: readonly Address[],
  at: number | undefined,
): Read {
  const type = wire.receipt_type
  if (type === undefined || !Object.hasOwn(RECEIPTS, type)) return undefined
  const { state, self } = RECEIPTS[type]!
  const from = wire.sender_jid ?? wire.sender_id ?? splitSource(wire.from)[0]
  const who = people(
    {
      chat: [parseJid(wire.chat_jid) ?? parseLoose(wire.chat_id), parseJid(wire.chat_lid)],
      from: [parseLoose(from), parseJid(wire.from_lid), parseJid(wire.sender_lid)],
    },
    own,
    self,
    labelsOf(wire),
  )
  if (!who || wire.ids.length === 0) return undefined
  return {
    events: wire.ids.map((id) =>
      eventOf(
        who,
        { kind: 'receipt', target: messageId(id), state, ...(self && { self }) },
        [id, who.keys[1], type],
        at,
      ),
    ),
  }
}

function deletedForMe(
  target: string | undefined,
  chats: readonly (Jid | undefined)[],
  at: number | undefined,
  own: readonly Address[],
): Read {
  if (target === undefined) return undefined
  const chat = partyOf(chats)
  const sender = ownParty(own)
  return {
    events: [
      {
        fact: { kind: 'delete-for-me', target: messageId(target) },
        identity: { type: 'fact', parts: [chats.find((one) => one !== undefined)?.bare ?? '', target] },
        ...(at !== undefined && { at }),
        ...(chat && { chat }),
        ...(sender && { sender }),
        author: 'person',
      },
    ],
  }
}

const CHANGES = ['join', 'leave', 'promote', 'demote'] as const

function membership(
  wire: ReturnType<typeof EnvelopeGroup.parse>,
  own: readonly Address[],
  at: number | undefined,
  joined: boolean,
): Read {
  const change = CHANGES.find((one) => one === wire.type)
  const group = parseLoose(wire.chat_id)
  const jids = wire.jids.flatMap((one) => parseLoose(one) ?? [])
  // Two lists prove who is who only when each names one member.
  const hidden = jids.length === 1 && wire.lids.length === 1 ? parseJid(wire.lids[0]) : undefined
  const members = jids.flatMap((one) => partyOf([one, hidden]) ?? [])
  if (!change || !group || chatKind(group.address) !== 'group' || members.length === 0) return undefined
  if (!jids.every((one) => isPerson(one.address))) return undefined
  const self =
    joined || members.some((one) => [one.address, ...one.aliases].some((name) => own.includes(name)))
  const moved = change === 'join' || change === 'leave'
  const parts = [
    group.bare,
    change,
    jids
      .map((one) => one.bare)
      .sort()
      .join(' '),
  ]
  const chat: Party = {
    address: group.address,
    aliases: [],
    ...(wire.group_name !== undefined && { name: wire.group_name }),
  }
  return {
    events: [
      {
        fact: { kind: 'membership', change, members, ...(self && moved && { self: true }) },
        identity:
          at === undefined ? { type: 'state', parts } : { type: 'fact', parts: [...parts, String(at)] },
        ...(at !== undefined && { at }),
        chat,
        author: 'other',
      },
    ],
    ...(joined && { own: members.map((one) => one.address) }),
  }
}
