import { z } from 'zod'
import { type Address, addressKind, addressValue } from '../../core/address.ts'
import type { Command, RejectCode, SendResult } from '../../core/commands.ts'
import type { ConnectionState, MediaType } from '../../core/events.ts'
import type { Answer, ClientContext, GatewayClient, GroupInfo, GroupMember } from '../../core/gateway.ts'
import { messageId } from '../../core/ids.ts'
import type { HttpOutcome, HttpRequest } from '../../core/ports.ts'
import type { GowaSettings } from './config.ts'
import { formatJid, parseJid, partyOf } from './wire/address.ts'
import { flag, isObject, type Raw, word } from './wire/fields.ts'

/** GOWA answers 504 after its own 45 s; whoever gives up earlier cannot know what became of the send. */
const SEND_TIMEOUT_MS = 50_000
const ASK_TIMEOUT_MS = 10_000

/**
 * Speaks to one GOWA number (REST of 5.x to 9.x). Addresses come from the configuration and the command,
 * never from a delivery. All times are ms.
 */
export function connect(settings: GowaSettings, context: ClientContext): GatewayClient {
  const call = caller(settings, context)
  return {
    sendTimeoutMs: SEND_TIMEOUT_MS,

    async send(command) {
      const steps = plan(command)
      if (!Array.isArray(steps)) return steps
      const deadline = context.clock.monotonic() + SEND_TIMEOUT_MS
      let result: SendResult = unknown('nothing was asked')
      for (const step of steps) {
        const left = deadline - context.clock.monotonic()
        if (left <= 0) return unknown('no time left for every message of this command')
        result = settle(await call(step, left), context.clock.now(), step.taken)
        if (result.end !== 'sent') return result
      }
      return result
    },

    /** GOWA shows typing until a message follows or WhatsApp's own limit passes; it takes no duration. */
    async typing(to, state) {
      const phone = formatJid(to)
      if (phone === undefined) return
      await call(post('/send/chat-presence', { phone, action: state }), ASK_TIMEOUT_MS)
    },

    async groupInfo(group) {
      const id = formatJid(group)
      if (id === undefined || addressKind(group) !== 'group')
        return { ok: false, reason: 'not a group', retry: false }
      const query = `?group_id=${encodeURIComponent(id)}`
      const list = answer(await call(get(`/group/participants${query}`), ASK_TIMEOUT_MS), GroupMembers)
      if (!list.ok) return list
      // The description stands only in the raw form, which may be refused to a plain member.
      const info = answer(await call(get(`/group/info${query}`), ASK_TIMEOUT_MS), RawGroup)
      const description = info.ok ? info.value.Topic : undefined
      return {
        ok: true,
        value: {
          address: group,
          name: list.value.name ?? (info.ok ? info.value.Name : undefined) ?? '',
          ...(description !== undefined && { description }),
          members: list.value.participants.flatMap((raw) => memberOf(raw) ?? []),
        } satisfies GroupInfo,
      }
    },

    async status() {
      const status = answer(await call(get('/app/status'), ASK_TIMEOUT_MS), Status)
      if (!status.ok) return status
      const { is_connected: socket, is_logged_in: paired } = status.value
      if (socket === undefined)
        return { ok: false, reason: 'GOWA sent a status that cannot be read', retry: true }
      // Both are false while the socket is down, so only an open socket tells that the login is gone.
      const state: ConnectionState = !socket ? 'disconnected' : paired ? 'connected' : 'logged-out'
      return { ok: true, value: state }
    },
  }
}

// ── commands ─────────────────────────────────────────────────────────────────────────────────────────

/** One request. `taken` reads the result that proves GOWA did it. */
interface Step {
  method: 'GET' | 'POST'
  path: string
  body?: object
  taken: (results: unknown) => SendResult
}
const post = (path: string, body: object, taken: Step['taken'] = withMessageId): Step => ({
  method: 'POST',
  path,
  body,
  taken,
})
const get = (path: string): Step => ({ method: 'GET', path, taken: withMessageId })

const reject = (code: RejectCode, reason: string): SendResult => ({ end: 'rejected', code, reason })
const unknown = (reason: string): SendResult => ({ end: 'unknown', reason })
const hold = (reason: string): SendResult => ({ end: 'hold', reason })
const retry = (reason: string): SendResult => ({ end: 'retry', reason })

/** What to ask GOWA for a command, in order; or how it ends without asking. */
function plan(command: Command): Step[] | SendResult {
  const phone = formatJid(command.to)
  if (phone === undefined) return reject('unsupported', 'GOWA cannot write to this kind of address')
  switch (command.type) {
    case 'text':
      return [
        post('/send/message', {
          phone,
          message: command.text,
          reply_message_id: command.replyTo,
          mentions: mentions(command.mentions),
        }),
      ]
    case 'media':
      return mediaStep(command, phone)
    case 'react':
      return onMessages([command.target], 'reaction', { phone, emoji: command.emoji })
    case 'revoke':
      return onMessages([command.target], 'revoke', { phone })
    case 'read':
      return onMessages(command.targets, 'read', { phone }, withoutNewId)
    case 'remove-member': {
      const participants = command.members.flatMap((one) => mention(one) ?? [])
      if (participants.length === 0) return reject('invalid', 'no member that GOWA could remove')
      return [post('/group/participants/remove', { group_id: phone, participants }, removed)]
    }
    default:
      return reject('unsupported', `GOWA cannot do this: ${command.type}`)
  }
}

/** Per kind of medium: the endpoint's last word, its field for the address, and what goes with it. */
const MEDIA: Readonly<
  Record<MediaType, { to: string; field: string; caption: boolean; extra?: object } | undefined>
> = {
  image: { to: 'image', field: 'image_url', caption: true },
  video: { to: 'video', field: 'video_url', caption: true },
  audio: { to: 'audio', field: 'audio_url', caption: false },
  voice: { to: 'audio', field: 'audio_url', caption: false, extra: { ptt: true } },
  /** `file_url` from 8.2.0. */
  document: { to: 'file', field: 'file_url', caption: true },
  sticker: { to: 'sticker', field: 'sticker_url', caption: false },
  'video-note': undefined,
}

function mediaStep(command: Extract<Command, { type: 'media' }>, phone: string): Step[] | SendResult {
  const how = MEDIA[command.media]
  if (!how) return reject('unsupported', `GOWA cannot send a ${command.media}`)
  // Leaving a caption or the view-once mark out silently would send something else than was meant.
  if (command.text && !how.caption)
    return reject('unsupported', `GOWA sends no caption with a ${command.media}`)
  if (command.viewOnce && command.media !== 'image' && command.media !== 'video') {
    return reject('unsupported', `GOWA sends no view-once ${command.media}`)
  }
  const body = {
    phone,
    [how.field]: command.url,
    ...how.extra,
    caption: command.text,
    view_once: command.viewOnce,
    reply_message_id: command.replyTo,
  }
  return [post(`/send/${how.to}`, body)]
}

/** Message ids stand in the path, so one made of dots alone would climb out of it. */
function onMessages(
  targets: readonly string[],
  verb: string,
  body: object,
  taken?: Step['taken'],
): Step[] | SendResult {
  if (targets.length === 0 || targets.some((id) => /^\.*$/.test(id)))
    return reject('invalid', 'not a message id')
  return targets.map((id) => post(`/message/${encodeURIComponent(id.toWellFormed())}/${verb}`, body, taken))
}

/** GOWA takes digits, or the full form of a private id. */
const mention = (one: Address): string | undefined =>
  addressKind(one) === 'phone' ? addressValue(one) : formatJid(one)
const mentions = (list: readonly Address[] | 'all' | undefined): string[] | undefined =>
  list === 'all' ? ['@everyone'] : list?.flatMap((one) => mention(one) ?? [])

// ── HTTP ─────────────────────────────────────────────────────────────────────────────────────────────

type Call = (step: Step, timeoutMs: number) => Promise<HttpOutcome>

/**
 * Adds base URL, basic auth and device. A device given as bare digits is either a slot's name or the own
 * number; GOWA knows the latter only in its full form, which is tried once the first is not found (nothing
 * was sent then) and kept when it works.
 */
function caller({ basicAuth }: GowaSettings, { baseUrl, device, http, clock }: ClientContext): Call {
  const base = baseUrl.replace(/\/+$/, '')
  const login =
    basicAuth && `Basic ${Buffer.from(`${basicAuth.username}:${basicAuth.password}`).toString('base64')}`
  let selector = device
  const ask = (step: Step, timeoutMs: number, slot: string | undefined): Promise<HttpOutcome> => {
    const request: HttpRequest = {
      method: step.method,
      url: base + step.path,
      headers: {
        accept: 'application/json',
        ...(step.body && { 'content-type': 'application/json' }),
        ...(login !== undefined && { authorization: login }),
        ...(slot !== undefined && { 'x-device-id': headerValue(slot) }),
      },
      timeoutMs,
    }
    if (step.body) request.body = JSON.stringify(step.body)
    return http(request)
  }
  return async (step, timeoutMs) => {
    const deadline = clock.monotonic() + timeoutMs
    const first = await ask(step, timeoutMs, selector)
    if (selector === undefined || !/^[0-9]{5,20}$/.test(selector) || !isDeviceUnknown(first)) return first
    const full = `${selector}@s.whatsapp.net`
    const second = await ask(step, Math.max(1, deadline - clock.monotonic()), full)
    if (isDeviceUnknown(second)) return first
    selector = full
    return second
  }
}
/** GOWA decodes the header (≥ 8.1.0), so plain names go as they are and work everywhere. */
const headerValue = (slot: string): string =>
  /^[\x21-\x24\x26-\x7e]+$/.test(slot) ? slot : encodeURIComponent(slot.toWellFormed())

const isDeviceUnknown = (outcome: HttpOutcome): boolean =>
  outcome.type === 'answered' && outcome.status === 404 && codeOf(outcome.body) === 'DEVICE_NOT_FOUND'

function json(body: string): Raw | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
/** GOWA's error code; undefined for a body that is not GOWA's, e.g. a proxy's. */
function codeOf(body: string): string | undefined {
  const code = json(body)?.code
  return typeof code === 'string' && /^[A-Z][A-Z_]{1,60}$/.test(code) ? code : undefined
}

// ── endings ──────────────────────────────────────────────────────────────────────────────────────────

const NOT_CONNECTED = 'the number is not connected or not logged in on GOWA'
const PROXY = 'GOWA or a proxy before it refused the request; check baseUrl and the version of GOWA'

/**
 * Refusals that GOWA makes before anything is sent, by its code, and the status that comes with it
 * (GOWA 9.2): with another status a code says nothing about the send.
 */
const REFUSALS: Readonly<Record<string, { status: number; result: SendResult }>> = {
  VALIDATION_ERROR: { status: 400, result: reject('invalid', 'GOWA found a field of the command invalid') },
  BAD_REQUEST: { status: 400, result: reject('invalid', 'GOWA found the command unreadable') },
  INVALID_JID: { status: 400, result: reject('not-on-whatsapp', 'the recipient is not on WhatsApp') },
  INVALID_GROUP_ID: { status: 400, result: reject('invalid', 'GOWA knows no such group') },
  DEVICE_ID_REQUIRED: {
    status: 400,
    result: hold('GOWA holds several devices or none; set `device` of this instance'),
  },
  AUTHENTICATION_ERROR: { status: 401, result: hold(NOT_CONNECTED) },
  DEVICE_NOT_FOUND: {
    status: 404,
    result: hold('GOWA does not know the configured device; check `device` of this instance'),
  },
  WA_REACHOUT_TIMELOCK: {
    status: 429,
    result: reject('time-locked', 'WhatsApp does not let this number write to new people for now'),
  },
  INVALID_WA_CLI: { status: 500, result: hold(NOT_CONNECTED) },
}

/**
 * Judges one exchange. Only what certainly sent nothing is anything but `sent` or `unknown`: GOWA's own
 * refusals by code and status, and refusals of a proxy. Its 500, 504 and timeouts may have sent.
 */
function settle(outcome: HttpOutcome, now: number, taken: Step['taken']): SendResult {
  if (outcome.type === 'not-sent') return retry(`GOWA could not be reached: ${outcome.reason}`)
  if (outcome.type === 'unanswered') return unknown(`GOWA did not answer: ${outcome.reason}`)
  const { status, body, headers } = outcome
  if (status >= 200 && status < 300) return taken(json(body)?.results)
  const code = codeOf(body)
  const refusal = code !== undefined && Object.hasOwn(REFUSALS, code) ? REFUSALS[code] : undefined
  if (refusal?.status === status) return refusal.result
  switch (status) {
    case 401:
      return hold('GOWA refuses its basic auth; check `basicAuth` of this instance')
    case 429: {
      const afterMs = retryAfter(headers['retry-after'], now)
      return {
        ...retry('GOWA or a proxy before it limits the rate'),
        ...(afterMs !== undefined && { afterMs }),
      }
    }
    case 403:
    case 404:
    case 405:
      return retry(`${PROXY} (${status})`)
    case 413:
      return reject('invalid', 'the command is larger than GOWA or a proxy before it takes')
    default:
      return unknown(`GOWA answered ${status}${code === undefined ? '' : ` ${code}`}`)
  }
}

/** `Retry-After`: seconds or an HTTP date → ms from now. */
function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined
  if (/^\s*\d{1,9}\s*$/.test(header)) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

const Sent = z.object({ message_id: word })
/** Every send answers with the id of what it sent; a success without one proves nothing. */
function withMessageId(results: unknown): SendResult {
  const id = isObject(results) ? Sent.parse(results).message_id : undefined
  return id === undefined
    ? unknown('GOWA answered without a message id')
    : { end: 'sent', messageId: messageId(id) }
}

/** Reading answers with the id of what was read, which is no new message. */
function withoutNewId(results: unknown): SendResult {
  const result = withMessageId(results)
  return result.end === 'sent' ? { end: 'sent' } : result
}

/** Removing answers per member; a failed one was not removed, for want of rights or membership. */
function removed(results: unknown): SendResult {
  if (!Array.isArray(results) || results.length === 0)
    return unknown('GOWA answered without a result per member')
  const failed = results.filter((one) => !isObject(one) || one.status !== 'success').length
  if (failed === 0) return { end: 'sent' }
  return reject('invalid', `GOWA could not remove ${failed} of ${results.length} members`)
}

// ── questions ────────────────────────────────────────────────────────────────────────────────────────

const Status = z.object({ is_connected: flag, is_logged_in: flag })
const RawGroup = z.object({ Name: word, Topic: word })
const GroupMembers = z.object({ name: word, participants: z.array(z.unknown()) })
const Member = z.object({
  jid: word,
  phone_number: word,
  lid: word,
  display_name: word,
  is_admin: flag,
  is_super_admin: flag,
})

function memberOf(raw: unknown): GroupMember | undefined {
  if (!isObject(raw)) return undefined
  const wire = Member.parse(raw)
  const party = partyOf(
    [parseJid(wire.jid), parseJid(wire.phone_number), parseJid(wire.lid)],
    wire.display_name,
  )
  return party && { ...party, admin: wire.is_admin === true || wire.is_super_admin === true }
}

/** Reads the answer to a question, whose reasons follow those of a send. */
function answer<T>(outcome: HttpOutcome, schema: z.ZodType<T>): Answer<T> {
  let value: T | undefined
  const end = settle(outcome, 0, (results) => {
    value = schema.safeParse(results).data
    return value === undefined ? unknown('GOWA sent an answer that cannot be read') : { end: 'sent' }
  })
  if (end.end !== 'sent') return { ok: false, reason: end.reason, retry: end.end !== 'rejected' }
  return { ok: true, value: value as T }
}
