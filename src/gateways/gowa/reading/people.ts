import { type Address, addressKind, chatKind } from '../../../core/address.ts'
import type { Author, Fact, Identity, InboundEvent, Party } from '../../../core/events.ts'
import { isPerson, type Jid, partyOf } from '../wire/address.ts'

/** What a reader knows beside the payload. */
export interface Reading {
  /** Own addresses, as far as known. */
  own: readonly Address[]
  /** When it happened (ms), as the delivery itself says. */
  at: number | undefined
  /** Names the exact bytes, for facts that nothing else tells apart. */
  digest(): string
}
/** What could be read; undefined: nothing, so the delivery is one `unknown` event. */
export type Read = { events: InboundEvent[]; own?: readonly Address[] } | undefined

/** Who speaks where, out of everything a delivery names. */
export interface People {
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
export function people(
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

export const ownParty = (own: readonly Address[]): Party | undefined =>
  partyOf(own.map((one) => ({ address: one, bare: one })))

/** The fields that name people, as the envelope generation writes them. */
export interface EnvelopePeople {
  chat_id?: string
  chat_lid?: string
  from?: string
  from_lid?: string
  from_name?: string
  sender_display_name?: string
  chat_name?: string
}
/** The names of sender and chat. */
export function labelsOf(wire: EnvelopePeople): { sender?: string; chat?: string } {
  // GOWA falls back to the number when it knows no name; a number is not a name.
  const shown = wire.sender_display_name
  const sender =
    wire.from_name ?? (shown !== undefined && /\p{L}/u.test(shown.split('@')[0] ?? '') ? shown : undefined)
  return {
    ...(sender !== undefined && { sender }),
    ...(wire.chat_name !== undefined && { chat: wire.chat_name }),
  }
}

/** `"A in B"`: sender and chat; `"A"` alone when they are the same. */
export function splitSource(from: string | undefined): [string | undefined, string | undefined] {
  const [sender, chat] = from?.split(' in ', 2) ?? []
  return [sender, chat]
}

/** A fact somebody made in a chat, with an identity of its own. */
export const eventOf = (who: People, fact: Fact, parts: string[], at: number | undefined): InboundEvent => ({
  fact,
  identity: { type: 'fact', parts },
  ...(at !== undefined && { at }),
  chat: who.chat,
  ...(who.sender && { sender: who.sender }),
  author: who.author,
})

/** The identity of a fact that has no id, only a time; without one it is a state. */
export const timedIdentity = (parts: string[], at: number | undefined): Identity =>
  at === undefined ? { type: 'state', parts } : { type: 'fact', parts: [...parts, String(at)] }
