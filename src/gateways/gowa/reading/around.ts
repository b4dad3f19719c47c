import { type Address, chatKind } from '../../../core/address.ts'
import type { Party, ReceiptState } from '../../../core/events.ts'
import { messageId } from '../../../core/ids.ts'
import { isPerson, type Jid, parseJid, parseLoose, partyOf } from '../wire/address.ts'
import type { EnvelopeGroup, EnvelopeReceipt } from '../wire/envelope.ts'
import {
  eventOf,
  labelsOf,
  ownParty,
  people,
  type Read,
  type Reading,
  splitSource,
  timedIdentity,
} from './people.ts'

/** Receipts, deletions for oneself and group members: the same in the flat and the envelope generation. */

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

/** One event per message. The flat generation posts one delivery per linked device: they are the same fact. */
export function receipts(wire: EnvelopeReceipt, { own, at }: Reading): Read {
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
  const fact = { kind: 'receipt', state, ...(self && { self }) } as const
  return {
    events: wire.ids.map((id) =>
      eventOf(who, { ...fact, target: messageId(id) }, [id, who.keys[1], self ? `${state}-self` : state], at),
    ),
  }
}

/** `chats`: everything that names the chat, most trusted first. Who deleted is always ourselves. */
export function deletedForMe(
  target: string | undefined,
  chats: readonly (Jid | undefined)[],
  { own, at }: Reading,
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

/** `joined`: it is our own number that came in, whatever its address. */
export function membership(wire: EnvelopeGroup, { own, at }: Reading, joined: boolean): Read {
  const change = CHANGES.find((one) => one === wire.type)
  const group = parseLoose(wire.chat_id)
  const named = wire.jids.map(parseLoose)
  const jids = named.filter((one) => one !== undefined)
  // Two lists prove who is who only when each names one member.
  const hidden = jids.length === 1 && wire.lids.length === 1 ? parseJid(wire.lids[0]) : undefined
  const members = jids.flatMap((one) => partyOf([one, hidden]) ?? [])
  if (!change || !group || chatKind(group.address) !== 'group' || members.length === 0) return undefined
  if (!named.every((one) => one !== undefined && isPerson(one.address))) return undefined
  const isOwn = (party: Party) => [party.address, ...party.aliases].some((name) => own.includes(name))
  const self = joined || members.some(isOwn)
  const moved = change === 'join' || change === 'leave'
  const sorted = jids.map((one) => one.bare).sort()
  return {
    events: [
      {
        fact: { kind: 'membership', change, members, ...(self && moved && { self: true }) },
        identity: timedIdentity([group.bare, change, sorted.join(' ')], at),
        ...(at !== undefined && { at }),
        chat: {
          address: group.address,
          aliases: [],
          ...(wire.group_name !== undefined && { name: wire.group_name }),
        },
        author: 'other',
      },
    ],
    ...(joined && { own: members.map((one): Address => one.address) }),
  }
}
