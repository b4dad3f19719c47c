import { z } from 'zod'
import type { RejectCode, SendResult } from '../../../core/commands.ts'
import type { Answer, FailureCode } from '../../../core/gateway.ts'
import type { HttpOutcome } from '../../../core/ports.ts'
import { retryAfterMs } from '../../../core/retry-after.ts'
import { text } from '../wire/fields.ts'
import type { Json } from './caller.ts'

/**
 * What uazapi's answers mean. The rule: "not done" needs a refusal that is listed here; every other failure
 * after the first byte is `unsettled`, because a message that may have gone out is not repeated.
 *
 * Reasons are made of constant words and the status only. uazapi's own texts may repeat what was sent.
 */
export type Failure =
  /** Nothing was done; asking again may help. */
  | { kind: 'wait'; reason: string; code?: 'rate-limited'; afterMs?: number }
  /** Nothing was done, and nothing will be until the number is connected or the token is right. */
  | { kind: 'hold'; code: 'not-connected' | 'unauthorized'; reason: string }
  | { kind: 'rejected'; code: RejectCode; reason: string }
  /** It may have been done. */
  | { kind: 'unsettled'; reason: string }
  /** It was answered with 2xx, by something that is no JSON. */
  | { kind: 'unreadable' }
export type Judged = { ok: true; body: unknown } | { ok: false; failure: Failure }

/** What the request was about: that decides what a refusal means. */
export type About =
  | 'message'
  | 'message-action'
  | 'group'
  | 'chat'
  | 'call'
  | 'instance'
  | 'server'
  | 'hosted'

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
/** Said before a message is looked at. The other words may also tell of a connection that broke under it. */
const NO_SESSION = /\bno (?:active )?session\b|(?:sem|n[ãa]o (?:h[áa]|tem|possui)) sess[ãa]o/i
const NOT_ON_WHATSAPP =
  /not (?:registered )?(?:on|in) whatsapp|not (?:a )?(?:valid )?whatsapp (?:number|user)|number (?:is )?not registered|n[ãa]o (?:est[áa](?: registrad[oa]| cadastrad[oa])? no|existe no|(?:possui|tem)(?: conta (?:de|no))?) whatsapp/i
/** Go's decoder: the request was not understood at all, so one of the two sides has a fault. */
const NOT_DECODED = /cannot unmarshal|invalid character .* looking for|unexpected end of json|cannot parse/i
/** A 404 about a thing, not about the path. */
const NAMES_A_THING =
  /\b(?:message|mensagem|chat|group|grupo|label|contact|agent|trigger|knowledge|function|folder|lead)\b/i
const NAMES_THE_PATH = /\bcannot (?:get|post|put|delete)\b|page not found|route|endpoint/i

/** WhatsApp's refusal of new chats for a while, and the key uazapi gives it (2.0.1 and later). */
const TIME_LOCK = 463
const TIME_LOCK_KEY = 'WHATSAPP_REACHOUT_TIMELOCK'

export const saysNotConnected = (words: string): boolean => NOT_CONNECTED.test(words.slice(0, 500))
export const NOT_CONNECTED_FAILURE = {
  kind: 'hold',
  code: 'not-connected',
  reason: 'The number is not connected to WhatsApp.',
} as const satisfies Failure
/** The path does not exist on this server. */
export const missing: Failure = {
  kind: 'rejected',
  code: 'unsupported',
  reason: 'This server’s version of uazapi does not have this request.',
}

/** The body as JSON; undefined when it is none. */
export function readJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown
  } catch {
    return undefined
  }
}
const record = z.record(z.string(), z.unknown())
/** Reads a JSON object; undefined when it is none. */
export const readObject = (body: string): Json | undefined => record.safeParse(readJson(body)).data

export interface JudgeOptions {
  about: About
  /** Only some servers have this path, so that a 404 may be about that. */
  partly?: boolean
  /** ms since 1970 */
  now: number
}

/** What became of a request. */
export function judge(outcome: HttpOutcome, options: JudgeOptions): Judged {
  switch (outcome.type) {
    case 'not-sent':
      return failed({ kind: 'wait', reason: 'The gateway could not be reached.' })
    case 'unanswered':
      return failed({ kind: 'unsettled', reason: 'The gateway gave no complete answer.' })
    case 'answered': {
      if (outcome.status < 200 || outcome.status > 299) return failed(refusal(outcome, options))
      const body = readJson(outcome.body)
      return body === undefined ? failed({ kind: 'unreadable' }) : { ok: true, body }
    }
  }
}
const failed = (failure: Failure) => ({ ok: false as const, failure })
const rejection = (code: RejectCode, reason: string): Failure => ({ kind: 'rejected', code, reason })

/** What an answer with anything but 2xx means. */
function refusal(answer: Extract<HttpOutcome, { type: 'answered' }>, options: JudgeOptions): Failure {
  const { status } = answer
  const { about, now } = options
  const error = errorBody.safeParse(readObject(answer.body) ?? {}).data
  const words = `${error?.error ?? ''} ${error?.message ?? ''}`.slice(0, 500)
  if (status < 400 || status === 408) return unsettled(status)
  if (error?.provider_code === TIME_LOCK || error?.error_key === TIME_LOCK_KEY) {
    return rejection('time-locked', 'WhatsApp lets this number begin no new chats for a while (463).')
  }
  const afterMs = retryAfterMs(answer.headers['retry-after'], now) ?? error?.retry_after_ms
  const wait = afterMs !== undefined && { afterMs: Math.round(afterMs) }
  if (status === 429) {
    return { kind: 'wait', code: 'rate-limited', reason: 'uazapi asks to wait (429).', ...wait }
  }
  const notConnected = about === 'message' && status >= 500 ? NO_SESSION : NOT_CONNECTED
  if (notConnected.test(words)) return NOT_CONNECTED_FAILURE
  if (NOT_ON_WHATSAPP.test(words)) return rejection('not-on-whatsapp', 'The recipient is not on WhatsApp.')
  if (error?.provider_code !== undefined) {
    return rejection('invalid', `WhatsApp refused the request (${error.provider_code}).`)
  }
  if (status === 503 && about === 'instance' && afterMs !== undefined) {
    return { kind: 'wait', reason: 'uazapi asks to wait (503).', ...wait }
  }
  if (status >= 500) return unsettled(status)
  if (options.partly && (status === 404 || status === 405) && !namesAThing(words)) return missing
  // uazapi says why in `error`. Without that something before it answered, and uazapi never saw the request.
  if (words.trim() === '' && (status === 403 || status === 404 || status === 405)) {
    return { kind: 'wait', reason: `Not uazapi but something before it answered ${status}: check baseUrl.` }
  }
  return byStatus(status, about, words)
}
const namesAThing = (words: string): boolean => NAMES_A_THING.test(words) && !NAMES_THE_PATH.test(words)

function byStatus(status: number, about: About, words: string): Failure {
  switch (status) {
    case 401:
      return {
        kind: 'hold',
        code: 'unauthorized',
        reason:
          about === 'server'
            ? 'uazapi does not take this admin token: check the setting "adminToken".'
            : 'uazapi knows no instance with this token: check the setting "token".',
      }
    case 403:
      return about === 'group'
        ? rejection('not-admin', 'Our number is not an admin of the group.')
        : rejection('unauthorized', 'uazapi does not allow this with the token it was given.')
    case 404:
      return about === 'message' || about === 'instance' || about === 'server'
        ? rejection('unsupported', 'uazapi does not know this request: check baseUrl and the version.')
        : rejection('gone', 'uazapi does not know the message, chat or group.')
    case 405:
      return rejection('unsupported', 'uazapi does not know this request: check baseUrl and the version.')
    case 409:
      return { kind: 'wait', reason: 'uazapi is busy with a reset or synchronisation (409).' }
    case 413:
      return rejection('invalid', 'The medium is too large (413).')
    case 415:
      return rejection('invalid', 'uazapi does not take this sort of medium (415).')
    default:
      return NOT_DECODED.test(words)
        ? rejection('gateway-bug', `uazapi could not read the request (${status}).`)
        : rejection('invalid', `uazapi refused the request (${status}).`)
  }
}

const unsettled = (status: number): Failure => ({
  kind: 'unsettled',
  reason: `The gateway answered ${status}; the request may have been carried out.`,
})

type Rejected = Extract<SendResult, { end: 'rejected' }>
export const rejected = (code: RejectCode, reason: string): Rejected => ({ end: 'rejected', code, reason })

/** A failure as the end of a send. A wrong token holds the number: every other send would fail as well. */
export function asResult(failure: Failure): SendResult {
  const { kind } = failure
  switch (kind) {
    case 'wait': {
      const { reason, afterMs } = failure
      return { end: 'retry', reason, ...(afterMs !== undefined && { afterMs }) }
    }
    case 'hold':
      return { end: 'hold', reason: failure.reason }
    case 'rejected':
      return rejected(failure.code, failure.reason)
    case 'unsettled':
      return { end: 'unknown', reason: failure.reason }
    case 'unreadable':
      return { end: 'unknown', reason: 'The gateway accepted with an answer that cannot be read.' }
  }
}

/** A failure as the answer to a question. */
export function asAnswer(failure: Failure): Extract<Answer<never>, { ok: false }> {
  const no = (reason: string, retry: boolean, code?: FailureCode, afterMs?: number) => ({
    ok: false as const,
    reason,
    retry,
    ...(code && { code }),
    ...(afterMs !== undefined && { afterMs }),
  })
  const { kind } = failure
  switch (kind) {
    case 'wait':
      return no(failure.reason, true, failure.code, failure.afterMs)
    case 'hold':
      return no(failure.reason, failure.code === 'not-connected', failure.code)
    case 'rejected':
      return no(failure.reason, false, failure.code)
    case 'unsettled':
      return no(failure.reason, true)
    case 'unreadable':
      return no('The answer of uazapi cannot be read.', false, 'gateway-bug')
  }
}
