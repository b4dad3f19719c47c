import { chatKind } from '../../../core/address.ts'
import type { InboundEvent, ReceiptState } from '../../../core/events.ts'
import { type MessageId, messageId } from '../../../core/ids.ts'
import { readAddress, readParty, withoutDevice } from '../wire/address.ts'
import { bareId } from '../wire/fields.ts'
import { update, type WireUpdate } from '../wire/update.ts'
import { pinIdentity } from './pins.ts'
import { authorOfChange, emptyUnlessPerson, isOwn, type Reader, type Reading, unlessOwn } from './reading.ts'

/** `messages_update`: one event per message id. None when it names no message or is of no known sort. */
export const readUpdates: Reader = (body, reading) => {
  const wire = update.safeParse(body).data
  const event = wire && eventOfUpdate(wire, reading)
  if (wire === undefined || event === undefined) return []
  const ids = new Set(wire.event.MessageIDs.map(bareId).filter((id) => id !== ''))
  return [...ids].map((id) => event(messageId(id)))
}

type EventOf = (target: MessageId) => InboundEvent

const RECEIPT_STATES: ReadonlyMap<string, ReceiptState> = new Map([
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['played', 'played'],
])

/** What is told of every message in it; undefined for what is neither receipt nor deletion nor pin. */
function eventOfUpdate({ type, state: outer, event }: WireUpdate, reading: Reading): EventOf | undefined {
  const common = updateParties(event, reading)
  if (common === undefined) return undefined
  const state = (outer || event.Type).toLowerCase()
  const sort = type.toLowerCase()
  const sender = withoutDevice(event.Sender || event.Chat)

  const receipt = RECEIPT_STATES.get(state)
  if (receipt !== undefined && (sort === 'readreceipt' || sort === '')) {
    return (target) => ({
      ...common,
      fact: { kind: 'receipt', target, state: receipt, ...(event.IsFromMe && { self: true }) },
      identity: { type: 'fact', parts: [target, sender, receipt] },
      author: event.IsFromMe ? 'person' : 'other',
    })
  }
  if (sort === 'deletedmessage' || (sort === '' && state === 'deleted')) {
    return (target) => ({
      ...common,
      fact: { kind: 'revoke', target },
      identity: { type: 'fact', parts: [withoutDevice(event.Chat), sender, target] },
      // A deletion through the API and one by hand look the same. Only proof of a hand claims a chat.
      author: event.IsFromMe ? 'api' : 'other',
    })
  }
  const pinned = state === 'pinned' ? true : state === 'unpinned' ? false : event.Pinned
  if (sort !== 'pinnedmessage' && (sort !== '' || !state.endsWith('pinned'))) return undefined
  if (pinned === undefined) return undefined
  return (target) => {
    const fact = { kind: 'pin', target, pinned } as const
    const { Timestamp: at } = event
    return {
      ...common,
      fact,
      identity: at === undefined ? reading.stateOf(target) : pinIdentity(event.Chat, fact, at),
      author: event.IsFromMe ? 'api' : authorOfChange(common.sender, reading),
    }
  }
}

/**
 * `IsFromMe` is about who acted: true means another of our own devices did (read, deleted). Only where it says
 * false is the sender of a direct chat its counterpart; pins do not say, and ours must not become one with them.
 */
function updateParties(
  event: WireUpdate['event'],
  reading: Reading,
): Pick<InboundEvent, 'chat' | 'sender' | 'at'> | undefined {
  const spellings = [event.sender_pn, event.sender_lid, event.Sender].map(emptyUnlessPerson)
  const chatAddress = readAddress(event.Chat)
  if (chatAddress === undefined) return undefined
  const direct = chatKind(chatAddress) === 'direct'
  const counterpart = direct && event.IsFromMe === false
  const chat = readParty(counterpart ? [event.Chat, ...unlessOwn(spellings, reading)] : [event.Chat])
  const actor = readParty(spellings)
  const known = !direct || event.IsFromMe === true || isOwn(actor, reading)
  const sender = counterpart ? chat : known ? actor : undefined
  return {
    ...(chat && { chat }),
    ...(sender && { sender }),
    ...(event.Timestamp !== undefined && { at: event.Timestamp }),
  }
}
