import { type Address, addressValue, chatKind } from '../../../core/address.ts'
import type { Author, FactOf, Identity, InboundEvent, Party } from '../../../core/events.ts'
import { messageId } from '../../../core/ids.ts'
import { readMessage, readText } from '../content.ts'
import { readOptions } from '../interactive.ts'
import { readAddress, readParty, withoutDevice } from '../wire/address.ts'
import { history } from '../wire/batches.ts'
import { pinInChat, pollVote } from '../wire/content.ts'
import { bareId } from '../wire/fields.ts'
import { chatBeside, message, type WireChatBeside, type WireMessage } from '../wire/message.ts'
import { pinIdentity } from './pins.ts'
import { emptyUnlessPerson, type Reader, type Reading, unknownEvent, unlessOwn } from './reading.ts'

/** `messages`: one message, or what is told as one: an edit, a reaction, a vote, a pin. */
export const readMessages: Reader = (body, reading) => {
  const event = messageEvent(body.message, chatBeside.parse(body.chat), reading)
  return event === undefined ? [] : [event]
}

/**
 * `history`: the batch as a fact, then its messages in their order, all in the key space of the past. What
 * cannot be read of them is one `unknown`, so that the batch is not mistaken for whole.
 */
export const readHistory: Reader = (body, reading) => {
  const found = history.safeParse(body).data
  if (found === undefined) return []
  const { messages, batchNumber: batch, batchTotal: of } = found
  const nobody = chatBeside.parse(undefined)
  const events = messages.map((one) => messageEvent(one, nobody, reading))
  const read = events.filter((event) => event !== undefined)
  const asPast = (event: InboundEvent): InboundEvent => ({
    ...event,
    identity: { ...event.identity, type: 'history' },
  })
  const lost = unknownEvent('history message', reading.stateOf())
  return [
    {
      fact: {
        kind: 'history',
        messages: messages.length,
        ...(batch !== undefined && { batch }),
        ...(of !== undefined && { of }),
      } as const,
      identity: reading.stateOf(),
      author: 'other' as const,
    },
    ...read,
    ...(read.length < messages.length ? [lost] : []),
  ].map(asPast)
}

/** Undefined when it is no message, or names no chat or no id: it cannot be put anywhere. */
function messageEvent(body: unknown, beside: WireChatBeside, reading: Reading): InboundEvent | undefined {
  const wire = message.safeParse(body).data
  if (wire === undefined) return undefined
  const id = bareId(wire.messageid || wire.id)
  const parties = messageParties(wire, beside, reading)
  const fact = messageFact(wire, id)
  if (id === '' || parties === undefined || fact === undefined) return undefined
  return {
    fact,
    identity: messageIdentity(wire, id, fact),
    ...(wire.messageTimestamp !== undefined && { at: wire.messageTimestamp }),
    ...parties,
    author: messageAuthor(wire, reading.referencePrefix),
    ...(wire.track_id !== '' && { reference: wire.track_id }),
  }
}

type MessageFact = FactOf<'message' | 'edit' | 'reaction' | 'vote' | 'pin'>

function messageIdentity(wire: WireMessage, id: string, fact: MessageFact): Identity {
  const { chatid, messageTimestamp: at } = wire
  if (fact.kind === 'pin' && at !== undefined) return pinIdentity(chatid, fact, at)
  const sender = withoutDevice(wire.sender || wire.sender_pn || wire.sender_lid)
  return { type: 'fact', parts: [withoutDevice(chatid), sender, id] }
}

/**
 * Edits, reactions, votes and pins are messages of their own that point at another (all but the pin captured
 * on 2.x). Undefined for one that should point at another and does not: it would be a wrong fact.
 */
function messageFact(wire: WireMessage, id: string): MessageFact | undefined {
  const type = wire.messageType.toLowerCase()
  const key = wire.content.key?.ID || wire.content.key?.id || ''
  if (wire.reaction !== '' || type === 'reactionmessage' || wire.type === 'reaction') {
    const target = bareId(wire.reaction || key)
    const emoji = wire.text || wire.content.text
    return target === ''
      ? undefined
      : { kind: 'reaction', target: messageId(target), emoji, id: messageId(id) }
  }
  const edited = bareId(wire.edited)
  if (edited !== '') {
    return { kind: 'edit', target: messageId(edited), text: readText(wire), id: messageId(id) }
  }
  if (type === 'pollupdatemessage' || (type === '' && wire.type === 'poll' && wire.vote !== '')) {
    return voteFact(wire, id)
  }
  if (type === 'pininchatmessage') return pinFact(wire)
  return { kind: 'message', message: readMessage(wire, id) }
}

function voteFact(wire: WireMessage, id: string): FactOf<'vote'> | undefined {
  const inside = pollVote.safeParse(wire.content.raw).data?.pollcreationmessagekey.id ?? ''
  const target = bareId(wire.quoted || inside)
  if (target === '') return undefined
  return {
    kind: 'vote',
    target: messageId(target),
    options: splitVote(wire.vote, readOptions(wire)),
    id: messageId(id),
  }
}

/** WhatsApp allows 12; more are no poll, and trying them all would take its time. */
const MOST_OPTIONS = 100
/**
 * Choices come joined with `, ` (captured), which an option may hold itself. Where the poll's options are
 * beside it they tell how to split; else every comma does.
 */
export function splitVote(vote: string, options: readonly string[]): string[] {
  if (options.length > MOST_OPTIONS) return plainSplit(vote)
  const longestFirst = [...options].sort((one, other) => other.length - one.length)
  const chosen: string[] = []
  for (let rest = vote; rest !== ''; ) {
    const option = longestFirst.find((one) => rest === one || rest.startsWith(`${one}, `))
    if (option === undefined) return plainSplit(vote)
    chosen.push(option)
    rest = rest.slice(option.length + 2)
  }
  return chosen
}

const plainSplit = (vote: string): string[] => vote.split(', ').filter((one) => one !== '')

/** 1 pins and 2 unpins in WhatsApp's own numbering. */
const PINNED: ReadonlyMap<string, boolean> = new Map([
  ['1', true],
  ['pin_for_all', true],
  ['2', false],
  ['unpin_for_all', false],
])
function pinFact(wire: WireMessage): FactOf<'pin'> | undefined {
  const found = pinInChat.safeParse(wire.content.raw).data
  const target = bareId(found?.key.id || wire.quoted)
  const pinned = PINNED.get(String(found?.type).toLowerCase())
  return target === '' || pinned === undefined
    ? undefined
    : { kind: 'pin', target: messageId(target), pinned }
}

/**
 * In a direct chat `chatid` is the counterpart, whoever wrote; `sender_*` are whoever wrote. `sender` is
 * usually the private id, `sender_pn` the phone (captured on 2.x); older builds put the phone in `sender`.
 * `chatid` may be a private id that was not resolved; then `chat` beside it may know the phone.
 */
function messageParties(
  wire: WireMessage,
  beside: WireChatBeside,
  reading: Reading,
): { chat: Party; sender?: Party } | undefined {
  const { ownPhone } = reading
  const chatAddress = readAddress(wire.chatid)
  if (chatAddress === undefined) return undefined
  const spellings = [wire.sender_pn, wire.sender_lid, wire.sender].map(emptyUnlessPerson)
  if (chatKind(chatAddress) !== 'direct') {
    const name = wire.groupName === 'Unknown' ? '' : wire.groupName
    const chat = readParty([wire.chatid], name)
    const sender = readParty(withOwn(spellings, wire.fromMe, ownPhone), wire.senderName)
    return chat && { chat, ...(sender && { sender }) }
  }
  const names = [wire.chatid, emptyUnlessPerson(wire.chatlid), ...otherNames(wire, beside)]
  if (wire.fromMe) {
    const chat = readParty(
      counterpart(names, reading),
      beside.wa_contactName || beside.wa_name || beside.name,
    )
    const sender = readParty(withOwn(spellings, true, ownPhone), wire.senderName)
    return chat && { chat, ...(sender && { sender }) }
  }
  const person = readParty(counterpart([...names, ...spellings], reading), wire.senderName)
  return person && { chat: person, sender: person }
}

/** Whoever is not us; in a chat with oneself nobody is left, and the chat is what it is called. */
function counterpart(names: readonly string[], reading: Reading): readonly string[] {
  const others = unlessOwn(names, reading)
  return others.some((name) => readAddress(name) !== undefined) ? others : names.slice(0, 1)
}

/**
 * Both addresses of `chat` beside the message, if one of them shows that it is the same chat. Looked at only
 * where the message itself does not name both.
 */
function otherNames({ chatid, chatlid }: WireMessage, beside: WireChatBeside): string[] {
  if (chatlid !== '' && chatlid !== chatid) return []
  const names = [beside.wa_chatid, beside.wa_chatlid].map(emptyUnlessPerson)
  const shown = readAddress(chatid)
  return names.some((name) => name !== '' && readAddress(name) === shown) ? names : []
}
const withOwn = (spellings: string[], fromMe: boolean, ownPhone: Address | undefined): string[] =>
  fromMe && ownPhone !== undefined ? [...spellings, addressValue(ownPhone)] : spellings

/**
 * A reference of this installation is ours whatever the flags say: one production source reports builds that
 * do not tell API sends apart. What the hosted sender or a hosted agent wrote is theirs also where it is
 * flagged as sent by API; nobody documents whether it is.
 */
function messageAuthor(wire: WireMessage, referencePrefix: string): Author {
  if (!wire.fromMe) return 'other'
  if (referencePrefix !== '' && wire.track_id.startsWith(referencePrefix)) return 'api'
  if (wire.send_folder_id !== '' || wire.ai_metadata?.agent_id) return 'hosted'
  return wire.wasSentByApi || wire.sendFunction !== '' ? 'api' : 'person'
}
