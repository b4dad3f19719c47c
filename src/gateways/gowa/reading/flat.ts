import type { Fact } from '../../../core/events.ts'
import { messageId } from '../../../core/ids.ts'
import { parseJid, parseLoose } from '../wire/address.ts'
import type { Flat } from '../wire/flat.ts'
import { deletedForMe } from './around.ts'
import { editOf, messageFact } from './message.ts'
import { eventOf, people, type Read, type Reading, splitSource } from './people.ts'

/** Reads the flat generations: 3.6 to 7.11, and the deletions of 8.0.0 to 8.1.1. */
export function readFlat(wire: Flat, reading: Reading): Read {
  const id = wire.message?.id ?? wire.message_id
  const act = (fact: Fact, part: string | undefined) => flatEvent(wire, reading, fact, part)
  switch (wire.action) {
    case undefined:
      break
    case 'event.delete_for_me':
    case 'message_deleted_for_me': {
      const chat = [parseJid(wire.chat_jid), parseJid(wire.chat_id), parseJid(wire.chat_lid)]
      return deletedForMe(wire.deleted_message_id, chat, reading)
    }
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
        : act(editOf(target, wire.edited_text ?? wire.message?.text, id), id)
    }
    default:
      return undefined
  }
  // The very first versions name no message; without an id nothing can be told from its repetition.
  if (id === undefined) return undefined
  const { id: target, message: emoji } = wire.reaction ?? {}
  if (target && emoji !== undefined) {
    return act({ kind: 'reaction', target: messageId(target), emoji, id: messageId(id) }, id)
  }
  // Before 4.22.0 an empty reaction stands beside every message.
  if (target || emoji) return undefined
  const { text, replied_id: repliedTo, quoted_message } = wire.message ?? {}
  const quoted = quoted_message ?? wire.quoted_message
  return act(messageFact(wire, { id, text, repliedTo, quoted }, 'caption first'), id)
}

function flatEvent(wire: Flat, { own, at }: Reading, fact: Fact, id: string | undefined): Read {
  const [sender, chat] = splitSource(wire.from)
  const from = parseLoose(sender ?? wire.sender_jid ?? wire.sender_id)
  const who = people(
    {
      chat: [
        parseJid(wire.chat_jid) ??
          parseLoose(chat) ??
          (wire.from === undefined ? parseLoose(wire.chat_id) : undefined) ??
          from,
        parseJid(wire.chat_lid),
      ],
      from: [from, parseJid(wire.from_lid), parseJid(wire.sender_lid)],
    },
    own,
    undefined,
    wire.pushname === undefined ? {} : { sender: wire.pushname },
  )
  if (!who || id === undefined) return undefined
  return { events: [eventOf(who, fact, [...who.keys, id], at)] }
}
