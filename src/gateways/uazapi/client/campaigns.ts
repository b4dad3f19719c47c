import { z } from 'zod'
import type { Command, SendResult } from '../../../core/commands.ts'
import type { Answer, HostedCampaign, HostedCampaignsClient } from '../../../core/gateway.ts'
import type { Clock } from '../../../core/ports.ts'
import { numberForm } from '../wire/address.ts'
import { count, text } from '../wire/fields.ts'
import { type Asking, done, refuse, toVoid } from './asking.ts'
import { type Json, SEND_TIMEOUT_MS } from './caller.ts'
import { asAnswer } from './endings.ts'
import { isSaid, say } from './say.ts'

/** `type` of a message of `/sender/advanced` for what goes to these paths alone; elsewhere the body names it. */
const TYPES: Readonly<Record<string, string>> = {
  '/send/text': 'text',
  '/send/contact': 'contact',
  '/send/location': 'location',
}
/** The types its schema lists. */
const HOSTED: ReadonlySet<unknown> = new Set([
  'text',
  'image',
  'video',
  'audio',
  'ptt',
  'document',
  'sticker',
  'contact',
  'location',
  'poll',
  'list',
  'button',
])
/** Fields of a single send that a message of a campaign does not have. */
const NOT_HOSTED = ['viewOnce', 'mentions', 'mimetype', 'replyid']

type Refused = Extract<Answer<never>, { ok: false }>
const NOT_THIS = refuse('unsupported', 'uazapi’s sender cannot send this kind of message.')

/** A message of a campaign, or why it cannot be one. */
function hosted(command: Command): Json | Refused {
  const number = numberForm(command.to)
  if (number === undefined || !isSaid(command) || command.replyTo !== undefined) return NOT_THIS
  const said = say(command)
  if ('end' in said) return refusedBy(said)
  const message = { number, type: TYPES[said.path], ...said.body }
  return HOSTED.has(message.type) && NOT_HOSTED.every((key) => !(key in said.body)) ? message : NOT_THIS
}
const refusedBy = (result: SendResult): Refused =>
  result.end === 'rejected' ? { ok: false, code: result.code, reason: result.reason, retry: false } : NOT_THIS

const created = z.object({ folder_id: text, count, status: text })
const folder = z.object({
  id: text,
  info: text,
  status: text,
  log_total: count,
  /** Spelt so. */
  log_sucess: count,
  log_failed: count,
})
function readFolder(body: unknown): HostedCampaign[] {
  const read = folder.safeParse(body)
  if (!read.success || read.data.id === '') return []
  const { id, info, status: state, log_total: total, log_sucess: sent, log_failed: failed } = read.data
  return [
    {
      id,
      ...(info !== '' && { info }),
      state,
      ...(total !== undefined && { total }),
      ...(sent !== undefined && { sent }),
      ...(failed !== undefined && { failed }),
    },
  ]
}

const ACTIONS = { pause: 'stop', resume: 'continue', delete: 'delete' } as const

/** uazapi's own sender. A request counts delays in seconds, its folders count them in milliseconds. */
export function campaignsClient({ ask, attempt }: Asking, clock: Clock): HostedCampaignsClient {
  const list = () =>
    ask({ method: 'GET', path: '/sender/listfolders', about: 'hosted' }, (body) =>
      Array.isArray(body) ? body.flatMap(readFolder) : undefined,
    )
  return {
    list,

    async create({ info, messages, minDelaySeconds, maxDelaySeconds, at }) {
      if (info === '') return refuse('invalid', 'A campaign needs a name of its own.')
      if (messages.length === 0) return refuse('invalid', 'A campaign needs messages.')
      if (!(minDelaySeconds >= 0 && maxDelaySeconds >= minDelaySeconds)) {
        return refuse('invalid', 'The delays have to be at least 0, and the longer one not the shorter.')
      }
      const wire: Json[] = []
      for (const command of messages) {
        const message = hosted(command)
        if ('ok' in message) return message as Refused
        wire.push(message)
      }
      const before = await list()
      if (!before.ok) return before
      const same = before.value.filter((one) => one.info === info)
      if (same.length > 0) return only(same)
      const body = {
        info,
        delayMin: Math.ceil(minDelaySeconds),
        delayMax: Math.ceil(maxDelaySeconds),
        // Large numbers are ms since 1970; a small one would be minutes from now.
        ...(at !== undefined && at > clock.now() && { scheduled_for: Math.round(at) }),
        messages: wire,
      }
      const judged = await attempt({
        method: 'POST',
        path: '/sender/advanced',
        body,
        about: 'hosted',
        timeoutMs: SEND_TIMEOUT_MS,
      })
      if (!judged.ok && judged.failure.kind !== 'unsettled' && judged.failure.kind !== 'unreadable') {
        return asAnswer(judged.failure)
      }
      const read = judged.ok ? created.safeParse(judged.body).data : undefined
      if (read?.folder_id) {
        const { folder_id: id, count: total, status: state } = read
        return { ok: true, value: { id, info, state, ...(total !== undefined && { total }) } }
      }
      // Nobody knows whether it was made: it is looked for, never made again.
      const after = await list()
      const found = after.ok ? after.value.filter((one) => one.info === info) : []
      return found.length > 0
        ? only(found)
        : { ok: false, reason: 'It is not known whether uazapi made the campaign.', retry: false }
    },

    async control(id, action) {
      const body = { folder_id: id, action: ACTIONS[action] }
      return toVoid(await ask({ method: 'POST', path: '/sender/edit', body, about: 'hosted' }, done))
    },
  }
}

function only(found: readonly HostedCampaign[]): Answer<HostedCampaign> {
  const [first, second] = found
  return first && !second
    ? { ok: true, value: first }
    : { ok: false, code: 'invalid', reason: 'Several campaigns have this name.', retry: false }
}
