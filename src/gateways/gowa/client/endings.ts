import type { RejectCode, SendResult } from '../../../core/commands.ts'
import type { Answer, FailureCode } from '../../../core/gateway.ts'
import { messageId } from '../../../core/ids.ts'
import type { HttpOutcome } from '../../../core/ports.ts'
import { retryAfterMs } from '../../../core/retry-after.ts'
import { isObject, type Raw } from '../wire/fields.ts'

/** Why something did not happen, or may have. Reasons are our own words: GOWA's quote numbers and texts. */
export interface Failure {
  end: 'rejected' | 'retry' | 'hold' | 'unknown'
  reason: string
  code?: FailureCode
  afterMs?: number
}
export type Verdict = { end: 'sent'; messageId?: string } | Failure

export const reject = (code: RejectCode, reason: string): Failure => ({ end: 'rejected', code, reason })
export const unknown = (reason: string): Failure => ({ end: 'unknown', reason })
const hold = (reason: string, code: FailureCode = 'not-connected'): Failure => ({ end: 'hold', code, reason })
const retry = (reason: string, code?: FailureCode): Failure => ({
  end: 'retry',
  reason,
  ...(code && { code }),
})

const NOT_CONNECTED = 'the number is not connected or not logged in on GOWA'
const PROXY = 'GOWA or a proxy before it refused the request; check baseUrl and the version of GOWA'

/**
 * Refusals that GOWA makes before anything is sent, by its code, and the status that comes with it
 * (GOWA 9.2): with another status a code says nothing about the send.
 */
const REFUSALS: Readonly<Record<string, { status: number; failure: Failure }>> = {
  VALIDATION_ERROR: { status: 400, failure: reject('invalid', 'GOWA found a field invalid') },
  BAD_REQUEST: { status: 400, failure: reject('invalid', 'GOWA found the request unreadable') },
  INVALID_JID: { status: 400, failure: reject('not-on-whatsapp', 'the recipient is not on WhatsApp') },
  INVALID_GROUP_ID: { status: 400, failure: reject('invalid', 'GOWA knows no such group') },
  INVALID_IMAGE_FORMAT: { status: 400, failure: reject('invalid', 'GOWA takes JPEG and PNG pictures only') },
  DEVICE_ID_REQUIRED: {
    status: 400,
    failure: hold('GOWA holds several devices or none; set `device` of this instance'),
  },
  AUTHENTICATION_ERROR: { status: 401, failure: hold(NOT_CONNECTED) },
  DEVICE_NOT_FOUND: {
    status: 404,
    failure: hold('GOWA does not know the configured device; check `device` of this instance'),
  },
  NOT_FOUND: { status: 404, failure: reject('gone', 'GOWA does not know this device') },
  WA_REACHOUT_TIMELOCK: {
    status: 429,
    failure: reject('time-locked', 'WhatsApp does not let this number write to new people for now'),
  },
  INVALID_WA_CLI: { status: 500, failure: hold(NOT_CONNECTED) },
}

/**
 * What GOWA's unspecific 500 says in words that are known to come before anything is done (whatsmeow's error
 * texts). `says` true: also proof for a request that puts something into a chat.
 */
const WORDS: readonly { words: RegExp; says?: true; failure: Failure }[] = [
  {
    words: /^message with ID .{1,200} not found/,
    says: true,
    failure: reject('gone', 'GOWA does not know this message'),
  },
  {
    // Before 8.2.0 GOWA looks for a document among the uploaded files only.
    words: /there is no uploaded file|is not multipart\/form-data/,
    says: true,
    failure: reject(
      'unsupported',
      'this GOWA takes it as an uploaded file only; documents by address need 8.2',
    ),
  },
  {
    words: /^failed to download (video|audio|image|sticker|file|document)\b/i,
    says: true,
    failure: retry('GOWA could not fetch the medium'),
  },
  {
    words: /^(ffmpeg not installed|neither ffmpeg|failed to (compress|convert|create thumbnail|open image))/,
    says: true,
    failure: reject('invalid', 'GOWA could not convert the medium'),
  },
  { words: /that group does not exist/, says: true, failure: reject('gone', 'there is no such group') },
  {
    words: /you're not participating in that group/,
    says: true,
    failure: reject('gone', 'the number is not in that group'),
  },
  {
    words: /info query returned status (401|403)\b|don't have the permission/,
    failure: reject('not-admin', 'WhatsApp lets only admins of the group do this'),
  },
  { words: /invite link has been revoked/, failure: reject('gone', 'the invite link was revoked') },
  { words: /invite link is not valid/, failure: reject('invalid', 'the invite link is not valid') },
  {
    words: /info query returned status (404|410)\b/,
    failure: reject('gone', 'WhatsApp knows nothing of that name'),
  },
  {
    words: /info query returned status 429\b/,
    failure: retry('WhatsApp limits the rate', 'rate-limited'),
  },
  { words: /websocket not connected|is not logged in/, failure: hold(NOT_CONNECTED) },
]

/**
 * Judges one exchange. Only what certainly did nothing is anything but `sent` or `unknown`: GOWA's own
 * refusals by code and status, and refusals of a proxy. Its 500, 504 and timeouts may have sent.
 * @param now ms since 1970, for a Retry-After that is a date
 */
export function judge(
  outcome: HttpOutcome,
  now: number,
  step: { says?: true; judge: (results: unknown, code: string | undefined) => Verdict },
): Verdict {
  if (outcome.type === 'not-sent') return retry(`GOWA could not be reached: ${outcome.reason}`)
  if (outcome.type === 'unanswered') return unknown(`GOWA did not answer: ${outcome.reason}`)
  const { status, body, headers } = outcome
  const code = codeOf(body)
  if (status >= 200 && status < 300) return step.judge(json(body)?.results, code)
  const refusal = code !== undefined && Object.hasOwn(REFUSALS, code) ? REFUSALS[code] : undefined
  if (refusal?.status === status) {
    return code === 'VALIDATION_ERROR' ? withField(refusal.failure, body) : refusal.failure
  }
  switch (status) {
    case 401:
      return hold('GOWA refuses its basic auth; check `basicAuth` of this instance', 'unauthorized')
    case 429: {
      const afterMs = retryAfterMs(headers['retry-after'], now)
      const limited = retry('GOWA or a proxy before it limits the rate', 'rate-limited')
      return { ...limited, ...(afterMs !== undefined && { afterMs }) }
    }
    case 403:
    case 404:
    case 405:
      return retry(`${PROXY} (${status})`)
    case 413:
      return reject('invalid', 'the command is larger than GOWA or a proxy before it takes')
    default: {
      const known =
        status === 500 && code === 'INTERNAL_SERVER_ERROR' ? wordsOf(body, step.says === true) : undefined
      return known ?? unknown(`GOWA answered ${status}${code === undefined ? '' : ` ${code}`}`)
    }
  }
}

function wordsOf(body: string, says: boolean): Failure | undefined {
  const message = json(body)?.message
  if (typeof message !== 'string') return undefined
  return WORDS.find((one) => (!says || one.says) && one.words.test(message))?.failure
}

/** One of GOWA's fields and one of its fixed complaints about it; anything else may quote what was sent. */
const COMPLAINT =
  /(?:^|; )((?:phone|message|message_id|emoji|caption|link|duration|reply_message_id|latitude|longitude|contact_name|contact_phone|question|options|max_answer|group_id|participants|name|topic|title|timer_seconds|caller_jid|call_id|push_name|device_id|webhook_url|(?:image|video|audio|file|sticker)_url)): (cannot be blank|must be a valid value|must be a valid URL|must be in a valid format|the length must be (?:no more than|no less than|between|exactly) \d{1,6}(?: and \d{1,6})?|must be no (?:less|greater) than \d{1,6})/
function withField(failure: Failure, body: string): Failure {
  const message = json(body)?.message
  const found = typeof message === 'string' ? COMPLAINT.exec(message.slice(0, 2_000)) : null
  return found ? { ...failure, reason: `${failure.reason} (${found[1]}: ${found[2]})` } : failure
}

/** Did the server not know the route at all? Then nothing was done. */
export const isRouteMissing = (outcome: HttpOutcome): boolean =>
  outcome.type === 'answered' &&
  (outcome.status === 404 || outcome.status === 405) &&
  codeOf(outcome.body) === undefined

/** The body as an object; undefined for anything else, e.g. a proxy's page. */
export function json(body: string): Raw | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
/** GOWA's code of an answer; undefined for a body that is not GOWA's. */
export function codeOf(body: string): string | undefined {
  const code = json(body)?.code
  return typeof code === 'string' && /^[A-Z][A-Z_]{1,60}$/.test(code) ? code : undefined
}

// ── readers of a 2xx ─────────────────────────────────────────────────────────────────────────────────

/** Every send answers with the id of what it sent; a success without one proves nothing. */
export function withMessageId(results: unknown): Verdict {
  const id = isObject(results) ? results.message_id : undefined
  return typeof id === 'string' && id !== ''
    ? { end: 'sent', messageId: id }
    : unknown('GOWA answered without a message id')
}
/** What sends nothing is done when GOWA says so. Another code under a 200 is GOWA contradicting itself. */
export function succeeded(_results: unknown, code: string | undefined): Verdict {
  if (code === 'SUCCESS') return { end: 'sent' }
  if (code !== undefined) return reject('gateway-bug', `GOWA answered 200 with the code ${code}`)
  return unknown('GOWA sent an answer that cannot be read')
}
/** Member changes answer per member. `verb` stands in the reason. */
export const perMember =
  (verb: string) =>
  (results: unknown): Verdict => {
    if (!Array.isArray(results) || results.length === 0)
      return unknown('GOWA answered without a result per member')
    const failed = results.filter((one) => !isObject(one) || one.status !== 'success')
    if (failed.length === 0) return { end: 'sent' }
    const refused = failed.every((one) => isObject(one) && /\bcode 40[13]\b/.test(String(one.message)))
    return reject(
      refused ? 'not-admin' : 'invalid',
      `GOWA could not ${verb} ${failed.length} of ${results.length} members`,
    )
  }

// ── to the port ──────────────────────────────────────────────────────────────────────────────────────

export function toSendResult(verdict: Verdict): SendResult {
  switch (verdict.end) {
    case 'sent':
      return {
        end: 'sent',
        ...(verdict.messageId !== undefined && { messageId: messageId(verdict.messageId) }),
      }
    case 'rejected': {
      const { code } = verdict
      const known = code === undefined || code === 'not-connected' || code === 'rate-limited'
      return { end: 'rejected', code: known ? 'invalid' : code, reason: verdict.reason }
    }
    case 'retry': {
      const { reason, afterMs } = verdict
      return { end: 'retry', reason, ...(afterMs !== undefined && { afterMs }) }
    }
    case 'hold':
    case 'unknown':
      return { end: verdict.end, reason: verdict.reason }
  }
}

/** @param repeatable false: asking changes something, so an answer that was lost must not be asked for again */
export function toAnswer(failure: Failure, repeatable = true): Answer<never> {
  const { end, reason, code, afterMs } = failure
  return {
    ok: false,
    reason,
    retry: end === 'retry' || end === 'hold' || (end === 'unknown' && repeatable),
    ...(code !== undefined && { code }),
    ...(afterMs !== undefined && { afterMs }),
  }
}
