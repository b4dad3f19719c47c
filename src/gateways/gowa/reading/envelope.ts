import type { Fact } from '../../../core/events.ts'
import { messageId } from '../../../core/ids.ts'
import { isPerson, parseJid } from '../wire/address.ts'
import {
  type Envelope,
  EnvelopeDeleted,
  EnvelopeEdit,
  EnvelopeGroup,
  EnvelopeMessage,
  EnvelopeReaction,
  EnvelopeReceipt,
  EnvelopeRevoke,
} from '../wire/envelope.ts'
import { type Raw, readAs } from '../wire/fields.ts'
import { deletedForMe, membership, receipts } from './around.ts'
import { editOf, messageFact } from './message.ts'
import { NOTICES } from './notices.ts'
import { type EnvelopePeople, eventOf, labelsOf, people, type Read, type Reading } from './people.ts'

/** Reads `{event, payload}` of 8.0 to 9.x, and the receipts and group changes of 7.3 to 7.11. */
export function readEnvelope({ event, payload }: Envelope, reading: Reading): Read {
  switch (event) {
    case 'message':
      return message(payload, reading)
    case 'message.reaction': {
      const wire = readAs(EnvelopeReaction, payload)
      if (!wire) return undefined
      const { reacted_message_id: target, reaction: emoji, id } = wire
      if (target === undefined || emoji === undefined || id === undefined) return undefined
      return act(wire, reading, { kind: 'reaction', target: messageId(target), emoji, id: messageId(id) }, id)
    }
    case 'message.revoked': {
      const wire = readAs(EnvelopeRevoke, payload)
      if (!wire) return undefined
      const target = wire.revoked_message_id
      if (target === undefined) return undefined
      return act(wire, reading, { kind: 'revoke', target: messageId(target) }, wire.id ?? target)
    }
    case 'message.edited': {
      const wire = readAs(EnvelopeEdit, payload)
      if (!wire) return undefined
      const { original_message_id: target, body, id } = wire
      if (target === undefined || id === undefined) return undefined
      return act(wire, reading, editOf(target, body, id), id)
    }
    case 'message.ack':
      return receipts(EnvelopeReceipt.parse(payload), reading)
    case 'message.deleted': {
      const wire = EnvelopeDeleted.parse(payload)
      return deletedForMe(wire.deleted_message_id, [parseJid(wire.chat_id), parseJid(wire.chat_lid)], reading)
    }
    case 'group.participants':
    case 'group.joined':
      return membership(EnvelopeGroup.parse(payload), reading, event === 'group.joined')
    default:
      return Object.hasOwn(NOTICES, event) ? NOTICES[event]?.(payload, reading) : undefined
  }
}

/** An event of the four message kinds. */
function act(
  wire: EnvelopePeople & { is_from_me?: boolean },
  { own, at }: Reading,
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
    events: [eventOf(who, fact, [...who.keys, id], at)],
    own: shown.flatMap((one) => (one && isPerson(one.address) ? [one.address] : [])),
  }
}

function message(payload: Raw, reading: Reading): Read {
  const wire = readAs(EnvelopeMessage, payload)
  if (!wire) return undefined
  const { id, body: text, replied_to_id: repliedTo, quoted_body: quoted } = wire
  if (id === undefined) return undefined
  const vote = wire.poll?.vote
  const fact: Fact = vote
    ? { kind: 'vote', target: messageId(vote.target), options: vote.options, id: messageId(id) }
    : messageFact(wire, { id, text, repliedTo, quoted }, 'text first')
  if (wire.from_history_sync !== true) return act(wire, reading, fact, id)
  // A fork delivers history as messages: `from` is then the chat and `sender` the author.
  const past = act({ ...wire, chat_id: wire.from, from: wire.sender, from_lid: undefined }, reading, fact, id)
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
