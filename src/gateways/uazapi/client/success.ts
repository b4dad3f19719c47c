import { z } from 'zod'
import type { Command, SendResult } from '../../../core/commands.ts'
import { messageId } from '../../../core/ids.ts'
import { bareId, text, texts } from '../wire/fields.ts'
import { asResult, NOT_CONNECTED_FAILURE, rejected, saysNotConnected } from './endings.ts'

/** How a send ended that uazapi answered with 2xx: its answers may still say no. */
export type Success = (body: unknown) => SendResult

const NO_OBJECT: SendResult = {
  end: 'unknown',
  reason: 'The gateway accepted with an answer that cannot be read.',
}

/** Says that the message will never go out, or that somebody stopped it. Queued and Pending count as sent. */
const UNSENT_STATUS: ReadonlySet<string> = new Set(['failed', 'canceled'])
const sentMessage = z.object({ id: text, Id: text, messageid: text, status: text })

/** A send's 2xx: the message with its id (`Id` for a status post). Without one nobody could recognise its echo. */
export const sentWithId: Success = (body) => {
  const read = sentMessage.safeParse(body)
  if (!read.success) return NO_OBJECT
  const { id, Id, messageid, status } = read.data
  const found = bareId(messageid || id || Id)
  if (UNSENT_STATUS.has(status.toLowerCase())) {
    return { end: 'unknown', reason: 'The gateway accepted the message and marked it as failed.' }
  }
  if (found === '') return { end: 'unknown', reason: 'The gateway accepted without naming the message.' }
  return { end: 'sent', messageId: messageId(found) }
}

/** Something done to what exists already. The id of the reaction or deletion itself is of no use. */
export const carriedOut: Success = (body) =>
  z.record(z.string(), z.unknown()).safeParse(body).success ? { end: 'sent' } : NO_OBJECT

const markRead = z.object({ results: z.array(z.object({ status: text, error: text })).catch([]) })
/** `/message/markread` answers per message; it failed only when it did for every one. */
export const readMarked: Success = (body) => {
  const read = markRead.safeParse(body)
  if (!read.success) return NO_OBJECT
  const { results } = read.data
  if (results.length === 0 || results.some((one) => one.status !== 'error')) return { end: 'sent' }
  return results.some((one) => saysNotConnected(one.error))
    ? asResult(NOT_CONNECTED_FAILURE)
    : rejected('gone', 'uazapi could mark none of the messages as read.')
}

const deleted = z.object({ actions: z.array(z.unknown()).catch([]), errors: texts })
/** `/chat/delete` lists what it did and what it could not; it failed only when it did nothing. */
export const chatDeleted: Success = (body) => {
  const read = deleted.safeParse(body)
  if (!read.success) return NO_OBJECT
  const { actions, errors } = read.data
  if (errors.length === 0 || actions.length > 0) return { end: 'sent' }
  return errors.some(saysNotConnected)
    ? asResult(NOT_CONNECTED_FAILURE)
    : rejected('invalid', 'uazapi could delete nothing of this chat.')
}

type Change = Extract<Command, { type: 'members' }>['change'] | 'remove'
const participants = z.object({
  groupUpdated: z.array(z.object({ Error: z.number().catch(0) })).catch([]),
})
/**
 * `/group/updateParticipants` answers per member: `Error` 0 is done, else WhatsApp's code. Whoever is in
 * already (409) need not be added. It failed only when it did for every one.
 */
export const membersChanged =
  (change: Change): Success =>
  (body) => {
    const read = participants.safeParse(body)
    if (!read.success) return NO_OBJECT
    const codes = read.data.groupUpdated.map((one) => one.Error)
    const fine = (code: number) => code === 0 || (change === 'add' && code === 409)
    if (codes.length === 0 || codes.some(fine)) return { end: 'sent' }
    if (change === 'add') {
      if (codes.every((code) => code === 404)) {
        return rejected('not-on-whatsapp', 'None of them is on WhatsApp.')
      }
      return rejected('unauthorized', 'They let nobody add them, or left a moment ago: send an invite link.')
    }
    return codes.some((code) => code === 401 || code === 403)
      ? rejected('not-admin', 'Our number may not change the members of the group.')
      : rejected('gone', 'None of them is in the group, or asked to be.')
  }
