import { addressKind, chatKind } from '../../../core/address.ts'
import type {
  ChannelPost,
  FactOf,
  Identity,
  InboundEvent,
  Party,
  PresenceState,
} from '../../../core/events.ts'
import { messageId } from '../../../core/ids.ts'
import { readAddress, readParty, withoutDevice } from '../wire/address.ts'
import { bareId, listOf } from '../wire/fields.ts'
import {
  blocklist,
  call,
  channelChange,
  chatPresence,
  contactChange,
  contactEntry,
  personPresence,
  type WireCall,
  type WireChannelChange,
} from '../wire/inferred.ts'
import { readMessages } from './messages.ts'
import { emptyUnlessPerson, isOwn, type Reader, type Reading, unlessOwn } from './reading.ts'

/** `presence`: somebody types in a chat, or comes and goes. */
export const readPresence: Reader = (body, reading) => {
  const inChat = chatPresence.safeParse(body).data
  if (inChat !== undefined) return typingEvent(inChat.event, reading)
  const found = personPresence.safeParse(body).data
  const person = found && readParty([emptyUnlessPerson(found.event.From)])
  if (found === undefined || person === undefined) return []
  const { Unavailable, LastSeen: lastSeen } = found.event
  const state = Unavailable ? 'offline' : 'online'
  return [
    {
      fact: { kind: 'presence', state, ...(Unavailable && lastSeen !== undefined && { lastSeen }) },
      identity: reading.stateOf(),
      chat: person,
      sender: person,
      author: 'other',
    },
  ]
}

function typingEvent(
  event: NonNullable<ReturnType<typeof chatPresence.safeParse>['data']>['event'],
  reading: Reading,
): InboundEvent[] {
  const state = typingState(event.State, event.Media)
  const address = readAddress(event.Chat)
  if (state === undefined || address === undefined) return []
  const spellings = [event.sender_pn, event.sender_lid, event.Sender].map(emptyUnlessPerson)
  const counterpart = chatKind(address) === 'direct' && !event.IsFromMe
  const chat = readParty(counterpart ? [event.Chat, ...unlessOwn(spellings, reading)] : [event.Chat])
  const sender = counterpart ? chat : readParty(spellings)
  return [
    {
      fact: { kind: 'presence', state },
      identity: reading.stateOf(),
      ...(chat && { chat }),
      ...(sender && { sender }),
      author: event.IsFromMe || isOwn(sender, reading) ? 'person' : 'other',
    },
  ]
}
function typingState(state: string, media: string): PresenceState | undefined {
  if (state === 'composing') return media === 'audio' ? 'recording' : 'typing'
  return state === 'recording' || state === 'paused' ? state : undefined
}

const CALL_STATES: ReadonlyMap<string, FactOf<'call'>['state']> = new Map([
  ['CallOffer', 'offered'],
  ['CallOfferNotice', 'offered'],
  ['CallAccept', 'accepted'],
  ['CallReject', 'rejected'],
  ['CallTerminate', 'ended'],
])
/** `call`: one step of a call. Steps that are only about its technique are not of this table. */
export const readCall: Reader = (body, reading) => {
  const wire = call.safeParse(body).data
  const state = CALL_STATES.get(wire?.type ?? '')
  const people = wire && callParties(wire, reading)
  if (wire === undefined || state === undefined || people === undefined) return []
  const { CallID: id, GroupJID, Timestamp: at, Media } = wire.event
  const group = readAddress(GroupJID)
  return [
    {
      fact: {
        kind: 'call',
        id,
        state,
        ...(Media.toLowerCase() === 'video' && { video: true }),
        ...(group !== undefined && addressKind(group) === 'group' && { group }),
      },
      identity: { type: 'fact', parts: [id, state] },
      ...(at !== undefined && { at }),
      ...people,
    },
  ]
}
/** The chat is with whoever began it; when that was ourselves, with whom we called. `From` took this step. */
function callParties(
  { event }: WireCall,
  reading: Reading,
): Pick<InboundEvent, 'chat' | 'sender' | 'author'> | undefined {
  const caller = readParty([event.CallCreatorAlt, event.CallCreator].map(emptyUnlessPerson))
  const actor = readParty([emptyUnlessPerson(event.From)])
  const weCalled = isOwn(caller, reading)
  const weActed = isOwn(actor, reading)
  const chat = weCalled ? (weActed ? undefined : actor) : (caller ?? (weActed ? undefined : actor))
  if (chat === undefined) return undefined
  // A hand and the API reject alike.
  if (weActed && actor) return { chat, sender: actor, author: 'api' }
  return { chat, sender: chat, author: 'other' }
}

const entries = listOf(contactEntry)
/** `contacts`: entries of the number's own address book. */
export const readContacts: Reader = (body, reading) => {
  const change = contactChange.safeParse(body).data
  if (change !== undefined) {
    const { JID, Timestamp: at, Action } = change.event
    const person = readParty([
      emptyUnlessPerson(JID),
      ...unlessOwn([emptyUnlessPerson(Action.lidJID)], reading),
    ])
    const name = Action.fullName || Action.firstName
    const identity: Identity =
      at === undefined ? reading.stateOf() : { type: 'fact', parts: [withoutDevice(JID), name, String(at)] }
    return contactEvent(person, name, identity, at)
  }
  const listed = Array.isArray(body.contacts) ? body.contacts : [body.contact]
  return entries
    .parse(listed)
    .flatMap((one) =>
      contactEvent(
        readParty([emptyUnlessPerson(one.jid)]),
        one.contact_name || one.contact_FirstName,
        reading.stateOf(one.jid),
      ),
    )
}
function contactEvent(
  person: Party | undefined,
  name: string,
  identity: Identity,
  at?: number,
): InboundEvent[] {
  if (person === undefined || name === '') return []
  return [
    {
      fact: { kind: 'contact', name },
      identity,
      ...(at !== undefined && { at }),
      chat: { ...person, name },
      author: 'other',
    },
  ]
}

/** `blocks`: who was blocked or let in again. */
export const readBlocks: Reader = (body, reading) => {
  const found = blocklist.safeParse(body).data
  return (found?.event.Changes ?? []).flatMap(({ JID, Action }): InboundEvent[] => {
    const chat = readParty([emptyUnlessPerson(JID)])
    if (chat === undefined) return []
    const fact = { kind: 'block', blocked: Action === 'block' } as const
    return [{ fact, identity: reading.stateOf(JID, Action), chat, author: 'other' }]
  })
}

/** `newsletter_messages`: what happened to a channel; or a post in the shape of a message. */
export const readChannels: Reader = (body, reading) => {
  const wire = channelChange.safeParse(body).data
  const event = wire && channelEvent(wire, reading)
  if (event !== undefined) return [event]
  return readMessages(body, reading).filter(({ chat }) => chat && addressKind(chat.address) === 'channel')
}

function channelEvent({ type, event }: WireChannelChange, reading: Reading): InboundEvent | undefined {
  const name = event.thread_metadata.name.text
  const chat = readParty([event.id || event.JID], name)
  const fact = channelFact(type, event, name)
  if (fact === undefined || chat === undefined || addressKind(chat.address) !== 'channel') return undefined
  const { Time: at } = event
  return { fact, identity: reading.stateOf(), ...(at !== undefined && { at }), chat, author: 'other' }
}
function channelFact(
  type: string,
  event: WireChannelChange['event'],
  name: string,
): FactOf<'channel'> | undefined {
  switch (type) {
    case 'NewsletterJoin':
      return { kind: 'channel', change: 'joined', ...(name !== '' && { name }) }
    case 'NewsletterLeave':
      return { kind: 'channel', change: 'left' }
    case 'NewsletterMuteChange':
      if (event.mute !== 'on' && event.mute !== 'off') return undefined
      return { kind: 'channel', change: event.mute === 'on' ? 'muted' : 'unmuted' }
    case 'NewsletterLiveUpdate':
      if (event.Messages.length === 0) return undefined
      return { kind: 'channel', change: 'posted', posts: event.Messages.map(readPost) }
    default:
      return undefined
  }
}
const readPost = (post: WireChannelChange['event']['Messages'][number]): ChannelPost => {
  const id = bareId(post.MessageID)
  return {
    ...(id !== '' && { id: messageId(id) }),
    ...(post.Type !== '' && { type: post.Type }),
    ...(post.Timestamp !== undefined && { at: post.Timestamp }),
    ...(post.ViewsCount > 0 && { views: post.ViewsCount }),
  }
}
