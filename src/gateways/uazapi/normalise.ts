import { type Address, addressKind, addressValue, chatKind } from '../../core/address.ts'
import type { Author, FactOf, Identity, InboundEvent, Party, ReceiptState } from '../../core/events.ts'
import type { NormaliseContext, Normalised, Verified } from '../../core/gateway.ts'
import { messageId } from '../../core/ids.ts'
import { hashParts } from '../../core/signature.ts'
import { readMessage, readText } from './content.ts'
import { readAddress, readParty, withoutDevice } from './wire/address.ts'
import { connectionState, type WireConnection } from './wire/connection.ts'
import { type Detected, detect, unknown } from './wire/detect.ts'
import { bareId } from './wire/fields.ts'
import type { WireGroupChange, WireGroupMessage } from './wire/groups.ts'
import type { WireChat, WireMessage } from './wire/message.ts'
import type { WireUpdate } from './wire/update.ts'

/** What reading one delivery needs to know beside its payload. */
interface Reading {
  /** Every own address known, by the hub or from this body. */
  own: ReadonlySet<Address>
  ownPhone?: Address
  referencePrefix: string
  /** Identity of a fact that has none of its own. Hashes the whole body, so it is made only when needed. */
  bodyIdentity: () => Identity & { type: 'state' }
}

/**
 * Reads one delivery. Pure; never throws; at least one event for whatever was authentic.
 * `BaseUrl` in the body is not looked at: where requests go is configuration, not input.
 */
export function normalise(delivery: Verified, context: NormaliseContext): Normalised {
  const { envelope, detected } = detect(delivery.json)
  const owner = readAddress(envelope.owner)
  const ownPhone = owner !== undefined && addressKind(owner) === 'phone' ? owner : undefined
  const shown = ownAddresses(detected, ownPhone)
  const reading: Reading = {
    own: new Set([...context.own, ...shown]),
    ...(ownPhone !== undefined && { ownPhone }),
    referencePrefix: context.referencePrefix,
    bodyIdentity: () => ({
      type: 'state',
      parts: [hashParts([delivery.delivery.body.toString('latin1')]).toString('hex')],
    }),
  }
  const device = [ownPhone === undefined ? '' : addressValue(ownPhone), envelope.instanceName].filter(
    (name) => name !== '',
  )
  return {
    events: readEvents(detected, reading),
    ...(envelope.token !== '' && { credential: envelope.token }),
    ...(device.length > 0 && { device }),
    ...(shown.length > 0 && { own: shown }),
  }
}

/** `owner`, and the sender of an own message: there `sender_*` are the account's own (captured on 2.x). */
function ownAddresses(detected: Detected, ownPhone: Address | undefined): Address[] {
  const own = ownPhone === undefined ? [] : [ownPhone]
  if (detected.type === 'message' && detected.message.fromMe) {
    const alias = readAddress(detected.message.sender_lid)
    if (alias !== undefined && addressKind(alias) === 'private') own.push(alias)
  }
  return own
}

function readEvents(detected: Detected, reading: Reading): InboundEvent[] {
  switch (detected.type) {
    case 'message':
      return [messageEvent(detected.message, detected.chat, reading) ?? unknownEvent('messages', reading)]
    case 'update': {
      const events = updateEvents(detected.update)
      const { type, state } = detected.update
      return events.length > 0 ? events : [unknownEvent(`messages_update ${type || state}`, reading)]
    }
    case 'connection':
      return [connectionEvent(detected.connection, reading) ?? unknownEvent('connection', reading)]
    case 'group-change': {
      const events = groupChangeEvents(detected.change, reading)
      return events.length > 0 ? events : [unknownEvent(`groups ${detected.change.type}`, reading)]
    }
    case 'group-message':
      return [
        groupMessageEvent(detected.message, reading) ??
          unknownEvent(`groups ${detected.message.type}`, reading),
      ]
    case 'history': {
      const event = unknownEvent(detected.name, reading)
      return [{ ...event, identity: { ...event.identity, type: 'history' } }]
    }
    case 'unknown':
      return [unknownEvent(detected.name, reading)]
  }
}

function unknownEvent(name: string, reading: Reading): InboundEvent {
  const fact = { kind: 'unknown', name: unknown(name.trim()).name } as const
  return { fact, identity: reading.bodyIdentity(), author: 'other' }
}

// ── messages ─────────────────────────────────────────────────────────────────────────────────────────

/** Undefined when the message names no chat or no id: it cannot be put anywhere. */
function messageEvent(wire: WireMessage, names: WireChat, reading: Reading): InboundEvent | undefined {
  const id = bareId(wire.messageid || wire.id)
  const parties = messageParties(wire, names, reading)
  if (id === '' || parties === undefined) return undefined
  const sender = wire.sender || wire.sender_pn || wire.sender_lid
  return {
    fact: messageFact(wire, id),
    identity: { type: 'fact', parts: [withoutDevice(wire.chatid), withoutDevice(sender), id] },
    ...(wire.messageTimestamp !== undefined && { at: wire.messageTimestamp }),
    ...parties,
    author: messageAuthor(wire, reading.referencePrefix),
    ...(wire.track_id !== '' && { reference: wire.track_id }),
  }
}

/** Edits and reactions are messages of their own that point at another (captured on 2.x). */
function messageFact(wire: WireMessage, id: string): FactOf<'message' | 'edit' | 'reaction'> {
  const reactedTo = bareId(wire.reaction || (isReaction(wire) ? (wire.content.key?.ID ?? '') : ''))
  if (reactedTo !== '') {
    const emoji = wire.text || wire.content.text
    return { kind: 'reaction', target: messageId(reactedTo), emoji, id: messageId(id) }
  }
  const edited = bareId(wire.edited)
  if (edited !== '') {
    return { kind: 'edit', target: messageId(edited), text: readText(wire), id: messageId(id) }
  }
  return { kind: 'message', message: readMessage(wire, id) }
}
const isReaction = ({ type, messageType }: WireMessage): boolean =>
  type === 'reaction' || messageType.toLowerCase() === 'reactionmessage'

/**
 * In a direct chat `chatid` is the counterpart, whoever wrote; `sender_*` are whoever wrote. `sender` is
 * usually the private id, `sender_pn` the phone (captured on 2.x); older builds put the phone in `sender`.
 */
function messageParties(
  wire: WireMessage,
  names: WireChat,
  { ownPhone }: Reading,
): { chat: Party; sender?: Party } | undefined {
  const chatAddress = readAddress(wire.chatid)
  if (chatAddress === undefined) return undefined
  const spellings = [wire.sender_pn, wire.sender_lid, wire.sender].map(emptyUnlessPerson)
  if (chatKind(chatAddress) !== 'direct') {
    const name = wire.groupName === 'Unknown' ? '' : wire.groupName
    const chat = readParty([wire.chatid], name)
    const sender = readParty(withOwn(spellings, wire.fromMe, ownPhone), wire.senderName)
    return chat && { chat, ...(sender && { sender }) }
  }
  if (wire.fromMe) {
    const chat = readParty([wire.chatid, wire.chatlid], names.wa_contactName || names.wa_name || names.name)
    const sender = readParty(withOwn(spellings, true, ownPhone), wire.senderName)
    return chat && { chat, ...(sender && { sender }) }
  }
  const person = readParty([wire.chatid, emptyUnlessPerson(wire.chatlid), ...spellings], wire.senderName)
  return person && { chat: person, sender: person }
}
const emptyUnlessPerson = (text: string): string => {
  const found = readAddress(text)
  return found !== undefined && chatKind(found) === 'direct' ? text : ''
}
const withOwn = (spellings: string[], fromMe: boolean, ownPhone: Address | undefined): string[] =>
  fromMe && ownPhone !== undefined ? [...spellings, addressValue(ownPhone)] : spellings

/**
 * A reference of this installation is ours whatever the flag says: one production source reports builds
 * that do not tell API sends apart. A hosted sender or agent is not a person at the phone either.
 */
function messageAuthor(wire: WireMessage, referencePrefix: string): Author {
  if (!wire.fromMe) return 'other'
  const ours = referencePrefix !== '' && wire.track_id.startsWith(referencePrefix)
  if (wire.wasSentByApi || ours) return 'api'
  return wire.send_folder_id !== '' || wire.ai_metadata?.agent_id ? 'hosted' : 'person'
}

// ── messages_update ──────────────────────────────────────────────────────────────────────────────────

const RECEIPT_STATES: ReadonlyMap<string, ReceiptState> = new Map([
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['played', 'played'],
])

/** One event per message id; none when it is neither a receipt nor a deletion, or names no message. */
function updateEvents({ type, state: outer, event }: WireUpdate): InboundEvent[] {
  const state = (outer || event.Type).toLowerCase()
  const receipt = type === 'ReadReceipt' || type === '' ? RECEIPT_STATES.get(state) : undefined
  const deleted = type === 'DeletedMessage' || (type === '' && state === 'deleted')
  const common = updateParties(event)
  if (common === undefined || (receipt === undefined && !deleted)) return []
  const sender = withoutDevice(event.Sender || event.Chat)
  const ids = new Set(event.MessageIDs.map(bareId).filter((id) => id !== ''))
  return [...ids].map((id) => {
    const target = messageId(id)
    if (receipt === undefined) {
      // A deletion through the API and one by hand look the same. Only proof of a hand claims a chat.
      return {
        ...common,
        fact: { kind: 'revoke', target },
        identity: { type: 'fact', parts: [withoutDevice(event.Chat), sender, id] },
        author: event.IsFromMe ? 'api' : 'other',
      }
    }
    return {
      ...common,
      fact: { kind: 'receipt', target, state: receipt, ...(event.IsFromMe && { self: true }) },
      identity: { type: 'fact', parts: [id, sender, receipt] },
      author: event.IsFromMe ? 'person' : 'other',
    }
  })
}

/** `IsFromMe` is about who acted: true means another of our own devices did (read, deleted). */
function updateParties(event: WireUpdate['event']): Pick<InboundEvent, 'chat' | 'sender' | 'at'> | undefined {
  const spellings = [event.sender_pn, event.sender_lid, event.Sender].map(emptyUnlessPerson)
  const chatAddress = readAddress(event.Chat)
  if (chatAddress === undefined) return undefined
  const counterpart = !event.IsFromMe && chatKind(chatAddress) === 'direct'
  const chat = readParty(counterpart ? [event.Chat, ...spellings] : [event.Chat])
  const sender = counterpart ? chat : readParty(spellings)
  return {
    ...(chat && { chat }),
    ...(sender && { sender }),
    ...(event.Timestamp !== undefined && { at: event.Timestamp }),
  }
}

// ── connection ───────────────────────────────────────────────────────────────────────────────────────

function connectionEvent({ type, instance }: WireConnection, reading: Reading): InboundEvent | undefined {
  const { status, lastDisconnect, lastDisconnectReason } = instance
  const state = type === 'LoggedOut' ? 'logged-out' : connectionState(status, lastDisconnectReason)
  if (state === undefined) return undefined
  const down = state === 'disconnected' || state === 'logged-out'
  const reason = lastDisconnectReason || (status.toLowerCase() === 'hibernated' ? status : '')
  return {
    fact: {
      kind: 'connection',
      state,
      ...(down && reason !== '' && { reason: reason.slice(0, 200).toWellFormed() }),
    },
    identity: reading.bodyIdentity(),
    ...(down && lastDisconnect !== undefined && { at: lastDisconnect }),
    author: 'other',
  }
}

// ── groups ───────────────────────────────────────────────────────────────────────────────────────────

type Change = FactOf<'membership'>['change']

/** One event per list that names somebody; none when the change is not about members. */
function groupChangeEvents({ type, event }: WireGroupChange, reading: Reading): InboundEvent[] {
  const chat = readGroup(event.JID, type === 'JoinedGroup' ? event.Name : '')
  if (chat === undefined) return []
  const sender = readParty([event.SenderPN, event.sender_pn, event.sender_lid, event.Sender])
  const common = {
    chat,
    ...(sender && { sender }),
    ...(event.Timestamp !== undefined && { at: event.Timestamp }),
    author: authorOfChange(sender, reading),
  }
  if (type === 'JoinedGroup') {
    const self = reading.ownPhone ?? [...reading.own].find((one) => addressKind(one) === 'phone')
    return [
      {
        ...common,
        fact: {
          kind: 'membership',
          change: 'join',
          members: self ? [{ address: self, aliases: [] }] : [],
          self: true,
        },
        identity: reading.bodyIdentity(),
      },
    ]
  }
  const lists: [Change, Party[]][] = [
    ['join', readMembers(event.Join, event.JoinLid)],
    ['leave', readMembers(event.Leave, event.LeaveLid)],
    ['promote', readMembers(event.Promote, [])],
    ['demote', readMembers(event.Demote, [])],
  ]
  return lists
    .filter(([, members]) => members.length > 0)
    .map(([change, members]) => ({
      ...common,
      fact: membership(change, members, reading),
      identity: membershipIdentity(event.JID, change, members, event.Timestamp, reading),
    }))
}

const CHANGES: ReadonlyMap<string, Change> = new Map([
  ['add', 'join'],
  ['join', 'join'],
  ['remove', 'leave'],
  ['leave', 'leave'],
  ['promote', 'promote'],
  ['demote', 'demote'],
])

function groupMessageEvent(wire: WireGroupMessage, reading: Reading): InboundEvent | undefined {
  const change = CHANGES.get(wire.type.toLowerCase())
  const chat = readGroup(wire.chatid, '')
  const members = readMembers(wire.participants, [])
  if (change === undefined || chat === undefined || members.length === 0) return undefined
  const sender = readParty([wire.sender_pn, wire.sender_lid, wire.sender].map(emptyUnlessPerson))
  return {
    fact: membership(change, members, reading),
    identity: membershipIdentity(wire.chatid, change, members, wire.messageTimestamp, reading),
    ...(wire.messageTimestamp !== undefined && { at: wire.messageTimestamp }),
    chat,
    ...(sender && { sender }),
    author: authorOfChange(sender, reading),
  }
}

function readGroup(spelling: string, name: string): Party | undefined {
  const chat = readParty([spelling], name)
  return chat !== undefined && chatKind(chat.address) === 'group' ? chat : undefined
}

/**
 * Phones are listed in one key and private ids in another, with nothing that says which belong together.
 * Only one of each is certainly one person; a wrong pair would merge two people for good.
 */
function readMembers(phones: readonly string[], privates: readonly string[]): Party[] {
  if (phones.length <= 1 && privates.length <= 1) {
    const one = readParty([...phones, ...privates])
    return one ? [one] : []
  }
  const listed = phones.length > 0 ? phones : privates
  const members = listed.map((spelling) => readParty([spelling])).filter((one) => one !== undefined)
  return [...new Map(members.map((member) => [member.address, member])).values()]
}

function membership(change: Change, members: Party[], { own }: Reading): FactOf<'membership'> {
  const moved = change === 'join' || change === 'leave'
  const self = moved && members.some((one) => [one.address, ...one.aliases].some((known) => own.has(known)))
  return { kind: 'membership', change, members, ...(self && { self }) }
}

/** Without a time the same people may join again tomorrow: then it is only as good as its bytes. */
function membershipIdentity(
  group: string,
  change: Change,
  members: readonly Party[],
  at: number | undefined,
  reading: Reading,
): Identity {
  if (at === undefined) return reading.bodyIdentity()
  const names = members.map((member) => member.address).sort()
  return { type: 'fact', parts: [withoutDevice(group), change, names.join(','), String(at)] }
}

/** Our own number may have acted by hand or through the API; nothing tells, so nobody is claimed for. */
const authorOfChange = (sender: Party | undefined, { own }: Reading): Author =>
  sender !== undefined && [sender.address, ...sender.aliases].some((one) => own.has(one)) ? 'api' : 'other'
