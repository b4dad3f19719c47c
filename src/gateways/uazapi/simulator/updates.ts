import type { Happening, SimulatedNumber } from '../../../simulator/port.ts'
import { chatAddress, isDirect, type Json, ownParty, spell } from './spell.ts'

const STATE_WORDS = { sent: 'Sent', delivered: 'Delivered', read: 'Read', played: 'Played' } as const

/** `messages_update`, as captured on 2.1.1: booleans as words, the time as text in seconds. */
export function wireUpdate(
  { fact, chat, sender, author, at }: Happening,
  number: SimulatedNumber,
  id: string,
): Json {
  const state = fact.kind === 'receipt' ? STATE_WORDS[fact.state] : 'Deleted'
  const fromMe = author !== 'other'
  const who = spell(fromMe ? ownParty(number) : (sender ?? chat))
  return {
    type: fact.kind === 'receipt' ? 'ReadReceipt' : 'DeletedMessage',
    state,
    event: {
      Chat: chatAddress(chat),
      Sender: who.private || who.phone,
      sender_pn: who.phone,
      sender_lid: who.private,
      MessageIDs: [id],
      Type: state,
      IsFromMe: fromMe ? 'True' : 'False',
      IsGroup: isDirect(chat) ? 'False' : 'True',
      Timestamp: String(Math.floor(at / 1000)),
    },
  }
}

/** A pin comes with its own time and without `IsFromMe` (captured on 2.1.1). */
export function wirePin(
  { chat, sender, author, at }: Happening,
  number: SimulatedNumber,
  { target, pinned }: Extract<Happening['fact'], { kind: 'pin' }>,
): Json {
  const state = pinned ? 'Pinned' : 'Unpinned'
  const who = spell(author === 'other' ? (sender ?? chat) : ownParty(number))
  return {
    type: 'PinnedMessage',
    state,
    event: {
      Chat: chatAddress(chat),
      MessageIDs: [target],
      Pinned: pinned,
      Type: state,
      Timestamp: new Date(at).toISOString(),
      sender_lid: who.private,
    },
  }
}
