import { chatKind } from '../../../core/address.ts'
import type { Fact, InboundEvent, Label, Party, PresenceState } from '../../../core/events.ts'
import { parseJid, partyOf } from '../wire/address.ts'
import { type Raw, readAs } from '../wire/fields.ts'
import { WireCall, WireChannel, WireHistory, WireLabel, WireLabelled, WirePresence } from '../wire/notices.ts'
import { labelsOf, people, type Read, type Reading, timedIdentity } from './people.ts'

/** What the envelope generation says about chats, labels, channels and calls, by the name of the event. */
export const NOTICES: Readonly<Record<string, (payload: Raw, reading: Reading) => Read>> = {
  chat_presence: presence,
  'label.edit': labelEdit,
  'label.association': labelAssociation,
  'newsletter.joined': (payload, reading) => channel(payload, reading, 'joined'),
  'newsletter.left': (payload, reading) => channel(payload, reading, 'left'),
  'newsletter.mute': channelMute,
  'newsletter.message': channelPosts,
  'call.offer': call,
  history_sync_complete: history,
}

const one = (event: InboundEvent): Read => ({ events: [event] })

/** Has a time and no id; it says how things stand, so the same bytes are the same fact only for a moment. */
function presence(payload: Raw, { own, at, digest }: Reading): Read {
  const wire = readAs(WirePresence, payload)
  if (!wire) return undefined
  const state = presenceState(wire.state, wire.media)
  const from = [parseJid(wire.from), parseJid(wire.from_lid)]
  const who = people(
    { chat: [parseJid(wire.chat_id), parseJid(wire.chat_lid)], from },
    own,
    undefined,
    labelsOf(wire),
  )
  if (state === undefined || !who) return undefined
  return one({
    fact: { kind: 'presence', state },
    identity: { type: 'state', parts: [digest()] },
    ...(at !== undefined && { at }),
    chat: who.chat,
    ...(who.sender && { sender: who.sender }),
    author: who.author,
  })
}
function presenceState(state: string | undefined, media: string | undefined): PresenceState | undefined {
  if (state === 'paused') return 'paused'
  if (state !== 'composing') return undefined
  return media === 'audio' ? 'recording' : 'typing'
}

/** Labels are the account's own: only its owner, on the phone or another device, changes them. */
function labelEdit(payload: Raw, { at, digest }: Reading): Read {
  const wire = readAs(WireLabel, payload)
  if (!wire) return undefined
  const { label_id: id, name, color, deleted } = wire
  if (id === undefined) return undefined
  const label: Label = { id, ...(name !== undefined && { name }), ...(color !== undefined && { color }) }
  const change = deleted === true ? 'deleted' : 'defined'
  return one({
    fact: { kind: 'label', label, change },
    // Several fields can change within one second, each in a delivery of its own.
    identity: timedIdentity([id, change, digest()], at),
    ...(at !== undefined && { at }),
    author: 'person',
  })
}
function labelAssociation(payload: Raw, { at }: Reading): Read {
  const wire = readAs(WireLabelled, payload)
  if (!wire) return undefined
  const { label_id: id, labeled, chat_id, chat_lid } = wire
  const names = [parseJid(chat_id), parseJid(chat_lid)]
  const chat = partyOf(names)
  if (id === undefined || labeled === undefined || !chat) return undefined
  const change = labeled ? 'added' : 'removed'
  const bare = names.find((name) => name !== undefined)?.bare ?? ''
  return one({
    fact: { kind: 'label', label: { id }, change },
    identity: timedIdentity([bare, id, change], at),
    ...(at !== undefined && { at }),
    chat,
    author: 'person',
  })
}

type ChannelFact = Extract<Fact, { kind: 'channel' }>
function channel(
  payload: Raw,
  { at, digest }: Reading,
  change: ChannelFact['change'],
  posts?: ChannelFact['posts'],
): Read {
  const wire = WireChannel.parse(payload)
  const named = parseJid(wire.newsletter_id)
  if (!named || chatKind(named.address) !== 'channel') return undefined
  const chat: Party = {
    address: named.address,
    aliases: [],
    ...(wire.name !== undefined && { name: wire.name }),
  }
  // Counts of the same posts follow each other within a second.
  const parts = [named.bare, change, ...(posts ? [digest()] : [])]
  return one({
    fact: {
      kind: 'channel',
      change,
      ...(wire.name !== undefined && { name: wire.name }),
      ...(posts && { posts }),
    },
    identity: timedIdentity(parts, at),
    ...(at !== undefined && { at }),
    chat,
    author: 'other',
  })
}
function channelMute(payload: Raw, reading: Reading): Read {
  const { mute } = WireChannel.parse(payload)
  if (mute !== 'on' && mute !== 'off') return undefined
  return channel(payload, reading, mute === 'on' ? 'muted' : 'unmuted')
}
function channelPosts(payload: Raw, reading: Reading): Read {
  const { messages } = WireChannel.parse(payload)
  return messages && messages.length > 0 ? channel(payload, reading, 'posted', messages) : undefined
}

/** The chat is always the caller's; a group that is called is named in the fact. */
function call(payload: Raw, { own, at }: Reading): Read {
  const wire = readAs(WireCall, payload)
  if (!wire) return undefined
  const caller = [parseJid(wire.from), parseJid(wire.from_lid)]
  const who = people({ chat: caller, from: caller }, own, undefined, labelsOf(wire))
  const { call_id: id } = wire
  if (id === undefined || !who || chatKind(who.chat.address) !== 'direct') return undefined
  const group = parseJid(wire.group_jid)?.address
  const state = wire.auto_rejected === true ? 'rejected' : 'offered'
  return one({
    fact: {
      kind: 'call',
      id,
      state,
      ...(group !== undefined && chatKind(group) === 'group' && { group }),
    },
    identity: { type: 'fact', parts: [who.keys[0], id, state] },
    ...(at !== undefined && { at }),
    chat: who.chat,
    ...(who.sender && { sender: who.sender }),
    author: who.author,
  })
}

/** The messages themselves are not delivered: this only says that the gateway's own store has them now. */
function history(payload: Raw, { at }: Reading): Read {
  const { sync_type: scope } = WireHistory.parse(payload)
  if (scope === undefined) return undefined
  return one({
    fact: { kind: 'history', messages: 0, scope },
    identity: timedIdentity([scope], at),
    ...(at !== undefined && { at }),
    author: 'other',
  })
}
