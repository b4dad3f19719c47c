import { type Address, addressKind } from '../../core/address.ts'
import type { Command, SendResult } from '../../core/commands.ts'
import type { ConnectionState, MediaType } from '../../core/events.ts'
import type { Answer, ClientContext, GatewayClient, GroupInfo } from '../../core/gateway.ts'
import type { HttpOutcome } from '../../core/ports.ts'
import {
  accepted,
  groupBody,
  membersChanged,
  type Purpose,
  readMarked,
  readObject,
  rejected,
  sentWithId,
  statusBody,
} from './answers.ts'
import type { UazapiSettings } from './config.ts'
import { fullForm, numberForm, readParty } from './wire/address.ts'
import { connectionState } from './wire/connection.ts'

/** uazapi states no limit of its own; it uploads a medium before it answers. */
const SEND_TIMEOUT_MS = 30_000
const ASK_TIMEOUT_MS = 10_000
/** The longest `delay` `/message/presence` takes. */
const TYPING_MAX_MS = 300_000

/** Our media → `type` of `/send/media`. */
export const MEDIA_WORDS: Readonly<Record<MediaType, string>> = {
  image: 'image',
  video: 'video',
  audio: 'audio',
  voice: 'ptt',
  document: 'document',
  sticker: 'sticker',
  'video-note': 'ptv',
}

/** WhatsApp has no caption on these; leaving it out silently would send something else than was meant. */
const WITHOUT_CAPTION: ReadonlySet<MediaType> = new Set(['audio', 'voice', 'sticker', 'video-note'])

/** One request, and what its success means. */
interface Call {
  path: string
  body: Record<string, unknown>
  purpose: Purpose
  success(body: Record<string, unknown>): SendResult
}

/**
 * Speaks to one instance. Every request goes to the configured `baseUrl` with the configured token; nothing
 * of a delivery decides where. uazapi's own `delay`, `async` and queues are not used: a take-over must be
 * able to stop a send until its first byte, and they would let it go out later.
 */
export function connect(settings: UazapiSettings, context: ClientContext): GatewayClient {
  const request = (
    method: 'GET' | 'POST',
    path: string,
    body: object | undefined,
    timeoutMs: number,
  ): Promise<HttpOutcome> =>
    context.http({
      method,
      url: context.baseUrl + path,
      headers: {
        accept: 'application/json',
        token: settings.token,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      timeoutMs,
    })

  return {
    sendTimeoutMs: SEND_TIMEOUT_MS,

    async send(command, reference) {
      const call = callFor(command, reference)
      if ('end' in call) return call
      const outcome = await request('POST', call.path, call.body, SEND_TIMEOUT_MS)
      const answer = accepted(outcome, call.purpose, context.clock.now())
      return answer.ok ? call.success(answer.body) : answer.result
    },

    async typing(to, state, ms) {
      const number = numberForm(to)
      if (number === undefined) return
      const presence = state === 'start' ? 'composing' : 'paused'
      const delay = Math.min(Math.max(Math.round(ms), 0), TYPING_MAX_MS)
      const body = { number, presence, ...(state === 'start' && { delay }) }
      const outcome = await request('POST', '/message/presence', body, ASK_TIMEOUT_MS)
      if (outcome.type !== 'answered' || outcome.status > 299) {
        context.log.debug({ outcome: describe(outcome) }, 'typing was not shown')
      }
    },

    async groupInfo(group) {
      const outcome = await request('POST', '/group/info', { groupjid: fullForm(group) }, ASK_TIMEOUT_MS)
      return answerOf(outcome, readGroupInfo)
    },

    async status() {
      const outcome = await request('GET', '/instance/status', undefined, ASK_TIMEOUT_MS)
      return answerOf(outcome, readStatus)
    },
  }
}

// ── commands ─────────────────────────────────────────────────────────────────────────────────────────

const UNSUPPORTED = rejected('unsupported', 'uazapi cannot send to this kind of address.')
const NO_CAPTION = rejected('unsupported', 'WhatsApp has no caption on this kind of medium.')
const NO_GROUP = rejected('invalid', 'Members can be removed from a group only.')

/** The request for a command, or why there is none. */
function callFor(command: Command, reference: string): Call | SendResult {
  const number = numberForm(command.to)
  if (number === undefined || addressKind(command.to) === 'status') return UNSUPPORTED
  switch (command.type) {
    case 'text': {
      const { text, replyTo, mentions, linkPreview } = command
      return {
        path: '/send/text',
        body: {
          number,
          text,
          ...(replyTo !== undefined && { replyid: replyTo }),
          ...(mentions !== undefined && mentions.length > 0 && { mentions: mentionForm(mentions) }),
          ...(linkPreview !== undefined && { linkPreview }),
          track_id: reference,
        },
        purpose: 'message',
        success: sentWithId,
      }
    }
    case 'media': {
      const { media, url, text, fileName, replyTo, viewOnce } = command
      if (text && WITHOUT_CAPTION.has(media)) return NO_CAPTION
      return {
        path: '/send/media',
        body: {
          number,
          type: MEDIA_WORDS[media],
          file: url,
          ...(text !== undefined && { text }),
          ...(fileName !== undefined && { docName: fileName }),
          ...(replyTo !== undefined && { replyid: replyTo }),
          ...(viewOnce !== undefined && { viewOnce }),
          track_id: reference,
        },
        purpose: 'message',
        success: sentWithId,
      }
    }
    case 'react':
      return action('/message/react', { number, text: command.emoji, id: command.target })
    case 'revoke':
      // uazapi finds the message by its id alone; the chat goes along for whoever reads the request.
      return action('/message/delete', { id: command.target, number })
    case 'read':
      return { ...action('/message/markread', { id: command.targets, number }), success: readMarked }
    case 'remove-member': {
      if (addressKind(command.to) !== 'group') return NO_GROUP
      const participants = command.members.map(numberForm).filter((one) => one !== undefined)
      if (participants.length === 0) return UNSUPPORTED
      return {
        path: '/group/updateParticipants',
        body: { groupjid: number, action: 'remove', participants },
        purpose: 'group',
        success: membersChanged,
      }
    }
    default:
      return rejected('unsupported', `uazapi cannot do this: ${command.type}.`)
  }
}

/** Something done to a message that exists. The id of the reaction or deletion itself is of no use. */
const action = (path: string, body: Record<string, unknown>): Call => ({
  path,
  body,
  purpose: 'message-action',
  success: () => ({ end: 'sent' }),
})

const mentionForm = (mentions: Address[] | 'all'): string =>
  mentions === 'all'
    ? mentions
    : mentions
        .map(numberForm)
        .filter((one) => one !== undefined)
        .join(',')

// ── questions ────────────────────────────────────────────────────────────────────────────────────────

/** A question's answer; a refusal says whether asking again may help. */
function answerOf<T>(
  outcome: HttpOutcome,
  read: (body: Record<string, unknown>) => T | undefined,
): Answer<T> {
  if (outcome.type === 'answered' && outcome.status >= 200 && outcome.status <= 299) {
    const body = readObject(outcome.body)
    const value = body && read(body)
    return value === undefined
      ? { ok: false, reason: 'The answer cannot be read.', retry: false }
      : { ok: true, value }
  }
  const retry = outcome.type !== 'answered' || outcome.status >= 500 || outcome.status === 429
  return { ok: false, reason: `The gateway did not answer: ${describe(outcome)}.`, retry }
}

function describe(outcome: HttpOutcome): string {
  if (outcome.type === 'answered') return `status ${outcome.status}`
  return outcome.type === 'not-sent' ? 'not reached' : 'no complete answer'
}

/** In groups that hide numbers `JID` is the private id and the phone stands in `PhoneNumber` (captured on 2.x). */
function readGroupInfo(body: Record<string, unknown>): GroupInfo | undefined {
  const found = groupBody.parse(body)
  const address = readParty([found.JID])?.address
  if (address === undefined) return undefined
  const members = found.Participants.flatMap((one) => {
    const party = readParty([one.PhoneNumber, one.JID, one.LID], one.DisplayName)
    return party ? [{ ...party, admin: one.IsAdmin || one.IsSuperAdmin }] : []
  })
  return { address, name: found.Name, ...(found.Topic !== '' && { description: found.Topic }), members }
}

/** `status.connected` is about the connection itself and wins over the instance's word. */
function readStatus(body: Record<string, unknown>): ConnectionState | undefined {
  const { instance, status } = statusBody.parse(body)
  if (status.connected === true) return 'connected'
  const state = connectionState(instance.status, instance.lastDisconnectReason)
  return state === 'connected' && status.connected === false ? 'disconnected' : state
}
