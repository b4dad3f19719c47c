import { z } from 'zod'
import type { SendResult } from '../../core/commands.ts'
import { messageId } from '../../core/ids.ts'
import type { HttpOutcome } from '../../core/ports.ts'
import { bareId, text } from './wire/fields.ts'

/**
 * What uazapi's answers mean for a send. The rule: "not sent" needs a refusal that is listed here; every
 * other failure after the first byte is `unknown`, because a message that may have gone out is not repeated.
 *
 * Reasons are made of constant words and the status only. uazapi's own texts may repeat what was sent.
 */
type Answer = Extract<HttpOutcome, { type: 'answered' }>

/** What the request was about, where that decides what a refusal means. */
export type Purpose = 'message' | 'message-action' | 'group'

/** Error bodies (1.0.0 to 2.1.1): `{"error"}`, and more keys when WhatsApp itself refused (since 2.0.1). */
const errorBody = z.object({
  error: text,
  message: text,
  error_key: text,
  provider_code: z
    .union([
      z.number(),
      z
        .string()
        .regex(/^[0-9]{1,6}$/)
        .transform(Number),
    ])
    .optional()
    .catch(undefined),
  retry_after_ms: z.number().positive().optional().catch(undefined),
})

/** Texts come in English or Portuguese, and the same text with 401, 500 or 503, depending on the path. */
const NOT_CONNECTED =
  /\bno (?:active )?session\b|not (?:connected|logged in)|whatsapp disconnected|instance (?:is )?disconnected|desconectad[oa]|n[ãa]o (?:est[áa] )?conectad[oa]|(?:sem|n[ãa]o (?:h[áa]|tem|possui)) sess[ãa]o/i
const NOT_ON_WHATSAPP =
  /not (?:registered )?(?:on|in) whatsapp|not (?:a )?(?:valid )?whatsapp (?:number|user)|number (?:is )?not registered|n[ãa]o (?:est[áa](?: registrad[oa]| cadastrad[oa])? no|existe no|(?:possui|tem)(?: conta (?:de|no))?) whatsapp/i

/** WhatsApp's refusal of new chats for a while, and the key uazapi gives it (2.0.1 and later). */
const TIME_LOCK = 463
const TIME_LOCK_KEY = 'WHATSAPP_REACHOUT_TIMELOCK'

/** Reads the body of an answer; undefined when it is not a JSON object. */
export function readObject(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return z.record(z.string(), z.unknown()).safeParse(value).data
  } catch {
    return undefined
  }
}

/** The answer as a complete success, or how the send ended otherwise. */
export function accepted(
  outcome: HttpOutcome,
  purpose: Purpose,
  now: number,
): { ok: true; body: Record<string, unknown> } | { ok: false; result: SendResult } {
  if (outcome.type === 'not-sent') {
    return failed({ end: 'retry', reason: 'The gateway could not be reached.' })
  }
  if (outcome.type === 'unanswered') {
    return failed({ end: 'unknown', reason: 'The gateway gave no complete answer.' })
  }
  if (outcome.status < 200 || outcome.status > 299) return failed(refusal(outcome, purpose, now))
  const body = readObject(outcome.body)
  if (body === undefined) {
    return failed({ end: 'unknown', reason: 'The gateway accepted with an answer that cannot be read.' })
  }
  return { ok: true, body }
}
const failed = (result: SendResult) => ({ ok: false as const, result })

/** How a send ends that was answered with anything but 2xx. */
function refusal(answer: Answer, purpose: Purpose, now: number): SendResult {
  const { status } = answer
  const error = errorBody.safeParse(readObject(answer.body) ?? {}).data
  const words = `${error?.error ?? ''} ${error?.message ?? ''}`.slice(0, 500)
  if (status < 400 || status === 408) return unsettled(status)
  if (error?.provider_code === TIME_LOCK || error?.error_key === TIME_LOCK_KEY) {
    return rejected('time-locked', 'WhatsApp lets this number begin no new chats for a while (463).')
  }
  if (status === 429) return retryLater(answer, error?.retry_after_ms, now)
  if (NOT_CONNECTED.test(words)) {
    return { end: 'hold', reason: 'The number is not connected to WhatsApp.' }
  }
  if (NOT_ON_WHATSAPP.test(words)) {
    return rejected('not-on-whatsapp', 'The recipient is not on WhatsApp.')
  }
  if (error?.provider_code !== undefined) {
    return rejected('invalid', `WhatsApp refused the request (${error.provider_code}).`)
  }
  if (status >= 500) return unsettled(status)
  // uazapi says why in `error`. Without that something before it answered, and uazapi never saw the request.
  if (words.trim() === '' && (status === 403 || status === 404 || status === 405)) {
    return { end: 'retry', reason: `Not uazapi but something before it answered ${status}: check baseUrl.` }
  }
  switch (status) {
    case 401:
      return { end: 'hold', reason: 'uazapi knows no instance with this token: check the setting "token".' }
    case 403:
      return purpose === 'group'
        ? rejected('not-admin', 'Our number is not an admin of the group.')
        : rejected('unauthorized', 'uazapi does not allow this with the instance token.')
    case 404:
      return purpose === 'message'
        ? rejected('unsupported', 'uazapi does not know this request: check baseUrl and the version.')
        : rejected('gone', 'uazapi does not know the message or group.')
    case 409:
      return { end: 'retry', reason: 'uazapi is busy with a reset or synchronisation (409).' }
    case 413:
      return rejected('invalid', 'The medium is too large (413).')
    case 415:
      return rejected('invalid', 'uazapi does not take this sort of medium (415).')
    default:
      return rejected('invalid', `uazapi refused the request (${status}).`)
  }
}

type Rejected = Extract<SendResult, { end: 'rejected' }>
export const rejected = (code: Rejected['code'], reason: string): Rejected => ({
  end: 'rejected',
  code,
  reason,
})
const unsettled = (status: number): SendResult => ({
  end: 'unknown',
  reason: `The gateway answered ${status}; the request may have been carried out.`,
})

/** Both a rate limit and the cap of instances: nothing was sent either way. */
function retryLater(answer: Answer, bodyMs: number | undefined, now: number): SendResult {
  const afterMs = readRetryAfter(answer.headers['retry-after'], now) ?? bodyMs
  const reason = 'uazapi asks to wait (429).'
  return { end: 'retry', reason, ...(afterMs !== undefined && { afterMs: Math.round(afterMs) }) }
}
/** `Retry-After` (RFC 9110) in ms from now: whole seconds or an HTTP date. */
function readRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  if (/^[0-9]{1,9}$/.test(header)) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** Says that the message will never go out, or that somebody stopped it. Queued and Pending count as sent. */
const UNSENT_STATUS: ReadonlySet<string> = new Set(['failed', 'canceled'])
const sentMessage = z.object({ id: text, messageid: text, status: text })

/** A send's 2xx: the message with its id. Without an id nobody could recognise its echo. */
export function sentWithId(body: Record<string, unknown>): SendResult {
  const { id, messageid, status } = sentMessage.parse(body)
  const found = bareId(messageid || id)
  if (UNSENT_STATUS.has(status.toLowerCase())) {
    return { end: 'unknown', reason: 'The gateway accepted the message and marked it as failed.' }
  }
  if (found === '') return { end: 'unknown', reason: 'The gateway accepted without naming the message.' }
  return { end: 'sent', messageId: messageId(found) }
}

const markRead = z.object({
  results: z.array(z.object({ status: text, error: text })).catch([]),
})
/** `/message/markread` answers per message; it failed only when it did for every one. */
export function readMarked(body: Record<string, unknown>): SendResult {
  const { results } = markRead.parse(body)
  if (results.length === 0 || results.some((one) => one.status !== 'error')) return { end: 'sent' }
  return results.some((one) => NOT_CONNECTED.test(one.error.slice(0, 500)))
    ? { end: 'hold', reason: 'The number is not connected to WhatsApp.' }
    : rejected('gone', 'uazapi could mark none of the messages as read.')
}

const participants = z.object({
  groupUpdated: z.array(z.object({ Error: z.number().catch(0) })).catch([]),
})
/** `/group/updateParticipants` answers per member: `Error` 0 is done, else WhatsApp's code. */
export function membersChanged(body: Record<string, unknown>): SendResult {
  const codes = participants.parse(body).groupUpdated.map((one) => one.Error)
  if (codes.length === 0 || codes.some((code) => code === 0)) return { end: 'sent' }
  return codes.some((code) => code === 401 || code === 403)
    ? rejected('not-admin', 'Our number may not change the members of the group.')
    : rejected('gone', 'None of them is a member of the group.')
}

/** The group as `/group/info` gives it: unset addresses are `""` (captured on 2.x). */
export const groupBody = z.object({
  JID: text,
  Name: text,
  Topic: text,
  Participants: z
    .array(
      z
        .object({
          JID: text,
          LID: text,
          PhoneNumber: text,
          DisplayName: text,
          IsAdmin: z.boolean().catch(false),
          IsSuperAdmin: z.boolean().catch(false),
        })
        .catch({ JID: '', LID: '', PhoneNumber: '', DisplayName: '', IsAdmin: false, IsSuperAdmin: false }),
    )
    .catch([]),
})

/** `/instance/status`: the instance's own word, and what the connection to WhatsApp says. */
export const statusBody = z.object({
  instance: z
    .object({ status: text, lastDisconnectReason: text })
    .catch({ status: '', lastDisconnectReason: '' }),
  status: z.object({ connected: z.boolean().optional().catch(undefined) }).catch({}),
})
