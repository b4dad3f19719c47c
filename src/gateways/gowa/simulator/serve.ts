import { type Address, addressKind } from '../../../core/address.ts'
import { MEDIA_TYPES } from '../../../core/events.ts'
import { messageId } from '../../../core/ids.ts'
import { sameText } from '../../../core/signature.ts'
import type { SimulatedNumber, WireRequest, WireResponse, World } from '../../../simulator/port.ts'
import { formatJid, parseLoose } from '../wire/address.ts'
import { isObject, type Raw } from '../wire/fields.ts'
import { goJson, struct } from './go.ts'
import { hidden, jid, ownJid, rfc3339 } from './names.ts'

const reply = (status: number, value: object): WireResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: goJson(value instanceof Map ? value : struct(value)),
})
const success = (message: string, results?: unknown): WireResponse =>
  reply(200, { code: 'SUCCESS', message, results })
const failure = (status: number, code: string, message: string, results?: unknown): WireResponse =>
  reply(status, { code, message, results })
const invalid = (message: string): WireResponse => failure(400, 'VALIDATION_ERROR', message)

/** Everything a route needs to answer. */
interface Asked {
  number: SimulatedNumber
  world: World
  query: Record<string, string>
  body: Raw
  /** The variable part of the path. */
  id: string
}
interface Route {
  method: 'GET' | 'POST'
  path: RegExp
  /** Came with 8.0.0 or later. */
  envelopeOnly?: true
  answer(asked: Asked): WireResponse
}

/** Under any base path. The answer order is GOWA's: route, basic auth, device, validation, connection. */
export function serve(request: WireRequest, number: SimulatedNumber, world: World): WireResponse {
  if (/\/health$/.test(request.path)) return { status: 200, body: 'OK' }
  if (!authorised(request, number)) {
    return { status: 401, headers: { 'www-authenticate': 'Basic realm="Restricted"' }, body: 'Unauthorized' }
  }
  const hasDevices = number.generation !== 'flat-7'
  const selector = request.headers['x-device-id'] ?? request.query.device_id
  const known = [number.device, ownJid(number)]
  if (hasDevices && selector !== undefined && !known.includes(decode(selector))) {
    const results = { device_id: decode(selector) }
    return failure(404, 'DEVICE_NOT_FOUND', 'device not found', results)
  }
  for (const route of ROUTES) {
    if (route.envelopeOnly && !hasDevices) continue
    const match = route.method === request.method ? route.path.exec(request.path) : null
    if (!match) continue
    const body = parse(request.body)
    if (!body) return failure(500, 'INTERNAL_SERVER_ERROR', 'invalid character in request body')
    return route.answer({ number, world, query: request.query, body, id: decode(match[1] ?? '') })
  }
  return { status: 404, body: `Cannot ${request.method} ${request.path}` }
}

function authorised(request: WireRequest, { basicAuth }: SimulatedNumber): boolean {
  if (!basicAuth) return true
  const expected = Buffer.from(`${basicAuth.username}:${basicAuth.password}`).toString('base64')
  return sameText(request.headers.authorization ?? '', `Basic ${expected}`)
}
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
function parse(body: string): Raw | undefined {
  if (body === '') return {}
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
const string = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined
const offline = ({ connected }: SimulatedNumber): WireResponse | undefined =>
  connected
    ? undefined
    : failure(401, 'AUTHENTICATION_ERROR', 'you are not connect to services server, please reconnect')

/** Recipient rules: required, not beginning with 0, known to WhatsApp; then the connection. */
function recipient({ body, number, world }: Asked): { to: Address } | WireResponse {
  const phone = string(body.phone)
  if (phone === undefined) return invalid('phone: cannot be blank.')
  if (phone.startsWith('0'))
    return invalid('phone number must be in international format (should not start with 0)')
  const to = parseLoose(phone)?.address
  if (to === undefined) return failure(400, 'INVALID_JID', `invalid JID ${phone}`)
  const down = offline(number)
  if (down) return down
  const isPerson = addressKind(to) === 'phone' || addressKind(to) === 'private'
  return isPerson && !world.isOnWhatsApp(to)
    ? failure(400, 'INVALID_JID', `Phone ${phone} is not on whatsapp`)
    : { to }
}

const done = (what: string, id: string, to: Address, now: number): WireResponse => {
  const time = `${new Date(now).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`
  const status = `${what} ${formatJid(to)} (server timestamp: ${time})`
  return success(status, struct({ message_id: id, status }))
}

function sendText(asked: Asked): WireResponse {
  const { body, world, number } = asked
  const text = string(body.message)
  if (text === undefined) return invalid('message: cannot be blank.')
  const to = recipient(asked)
  if (!('to' in to)) return to
  const id = world.newMessageId()
  const list = Array.isArray(body.mentions) && number.generation !== 'flat-7' ? body.mentions : []
  const mentions = list.flatMap((one: unknown) =>
    one === '@everyone'
      ? (world.group(to.to)?.members.map((member) => member.address) ?? [])
      : (parseLoose(string(one))?.address ?? []),
  )
  const replyTo = string(body.reply_message_id)
  world.send({
    id,
    to: to.to,
    content: { type: 'text', text },
    ...(replyTo !== undefined && { replyTo: messageId(replyTo) }),
    ...(mentions.length > 0 && { mentions }),
  })
  return done('Message sent to', id, to.to, world.now())
}

/** Endpoint, the field with the address, and the words of its answer. */
const MEDIA_ROUTES = {
  image: ['image_url', 'Message sent to'],
  video: ['video_url', 'Video sent to'],
  audio: ['audio_url', 'Send audio success'],
  file: ['file_url', 'Document sent to'],
  sticker: ['sticker_url', 'Sticker sent to'],
} as const

function sendMedia(kind: keyof typeof MEDIA_ROUTES): Route['answer'] {
  const [field, words] = MEDIA_ROUTES[kind]
  return (asked) => {
    const { body, world, number } = asked
    // Documents by address came with 8.2.0.
    const url = kind === 'file' && number.generation === 'flat-7' ? undefined : string(body[field])
    if (url === undefined || !URL.canParse(url)) return invalid(`either ${kind} or ${field} must be provided`)
    const to = recipient(asked)
    if (!('to' in to)) return to
    const id = world.newMessageId()
    const plain = kind === 'file' ? 'document' : kind
    const type = MEDIA_TYPES.find((one) => one === (body.ptt === true ? 'voice' : plain)) ?? 'document'
    const text = kind === 'audio' || kind === 'sticker' ? undefined : string(body.caption)
    const replyTo = string(body.reply_message_id)
    world.send({
      id,
      to: to.to,
      content: { type, media: { source: { type: 'url', url } }, ...(text !== undefined && { text }) },
      ...(replyTo !== undefined && { replyTo: messageId(replyTo) }),
    })
    return done(words, id, to.to, world.now())
  }
}

/** A request about one message of a chat. */
const onMessage =
  (act: (asked: Asked, to: Address) => WireResponse): Route['answer'] =>
  (asked) => {
    const to = recipient(asked)
    return 'to' in to ? act(asked, to.to) : to
  }

/** The group of a request, which this number must be in. */
function groupOf(
  asked: Asked,
  id: unknown,
): { address: Address; group: NonNullable<ReturnType<World['group']>> } | WireResponse {
  const text = string(id)
  if (text === undefined) return invalid('group_id: cannot be blank.')
  const down = offline(asked.number)
  if (down) return down
  const address = parseLoose(text)?.address
  const group = address && addressKind(address) === 'group' ? asked.world.group(address) : undefined
  return address && group
    ? { address, group }
    : failure(500, 'INTERNAL_SERVER_ERROR', 'that group does not exist')
}

const ROUTES: readonly Route[] = [
  { method: 'POST', path: /\/send\/message$/, answer: sendText },
  { method: 'POST', path: /\/send\/image$/, answer: sendMedia('image') },
  { method: 'POST', path: /\/send\/video$/, answer: sendMedia('video') },
  { method: 'POST', path: /\/send\/audio$/, answer: sendMedia('audio') },
  { method: 'POST', path: /\/send\/file$/, answer: sendMedia('file') },
  { method: 'POST', path: /\/send\/sticker$/, answer: sendMedia('sticker') },
  {
    method: 'POST',
    path: /\/send\/chat-presence$/,
    answer: (asked) => {
      const action = asked.body.action
      if (action !== 'start' && action !== 'stop') return invalid('action: must be a valid value.')
      const to = recipient(asked)
      if (!('to' in to)) return to
      asked.world.typing(to.to, action, TYPING_MS)
      const id = `chat-presence-${action}`
      return success(`Send chat presence ${action} success`, struct({ message_id: id, status: id }))
    },
  },
  {
    method: 'POST',
    path: /\/message\/([^/]+)\/reaction$/,
    answer: onMessage(({ body, world, id }, to) => {
      world.react(to, messageId(id), typeof body.emoji === 'string' ? body.emoji : '')
      return done('Reaction sent to', world.newMessageId(), to, world.now())
    }),
  },
  {
    method: 'POST',
    path: /\/message\/([^/]+)\/revoke$/,
    answer: onMessage(({ world, id }, to) =>
      world.revoke(to, messageId(id))
        ? done('Revoke success', world.newMessageId(), to, world.now())
        : failure(500, 'INTERNAL_SERVER_ERROR', 'message not found'),
    ),
  },
  {
    method: 'POST',
    path: /\/message\/([^/]+)\/read$/,
    answer: onMessage(({ world, id }, to) => {
      world.read(to, [messageId(id)])
      const status = `Mark as read success ${id}`
      return success(status, struct({ message_id: id, status }))
    }),
  },
  {
    method: 'GET',
    path: /\/group\/info$/,
    answer: (asked) => {
      const found = groupOf(asked, asked.query.group_id)
      if (!('group' in found)) return found
      const { address, group } = found
      const participants = group.members.map((member) =>
        struct({
          JID: jid(member),
          PhoneNumber: addressKind(member.address) === 'phone' ? jid(member) : '',
          LID: hidden(member) ?? '',
          IsAdmin: member.admin,
          IsSuperAdmin: false,
        }),
      )
      return success(
        'Success get group info',
        struct({
          JID: formatJid(address),
          Name: group.name,
          Topic: group.description ?? '',
          Participants: participants,
        }),
      )
    },
  },
  {
    method: 'GET',
    path: /\/group\/participants$/,
    answer: (asked) => {
      const found = groupOf(asked, asked.query.group_id)
      if (!('group' in found)) return found
      const { address, group } = found
      const participants = group.members.map((member) =>
        struct({
          jid: jid(member),
          phone_number: addressKind(member.address) === 'phone' ? jid(member) : '',
          lid: hidden(member),
          display_name: member.name,
          is_admin: member.admin,
          is_super_admin: false,
        }),
      )
      return success(
        'Success getting group participants',
        struct({ group_id: formatJid(address), name: group.name, participants }),
      )
    },
  },
  {
    method: 'POST',
    path: /\/group\/participants\/remove$/,
    answer: (asked) => {
      const list = asked.body.participants
      if (!Array.isArray(list) || list.length === 0) return invalid('participants: cannot be blank.')
      const found = groupOf(asked, asked.body.group_id)
      if (!('group' in found)) return found
      const results = list.map((one: unknown) => {
        const member = parseLoose(string(one))?.address
        const gone = member !== undefined && asked.world.removeMember(found.address, member)
        const participant = (member && formatJid(member)) ?? ''
        return gone
          ? struct({ participant, status: 'success', message: 'Participant removed' })
          : struct({ participant, status: 'error', message: 'Failed to remove participant' })
      })
      return success('Success to remove participants', results)
    },
  },
  {
    method: 'GET',
    path: /\/app\/status$/,
    answer: ({ number }) =>
      success('Connection status retrieved', {
        is_connected: number.connected,
        is_logged_in: number.connected,
        ...(number.generation !== 'flat-7' && {
          device_id: number.device ?? ownJid(number),
          jid: ownJid(number),
        }),
      }),
  },
  {
    method: 'GET',
    path: /\/app\/devices$/,
    answer: ({ number }) =>
      success('Fetch device success', [
        struct({ name: number.name, device: number.device ?? ownJid(number), jid: ownJid(number) }),
      ]),
  },
  {
    method: 'GET',
    path: /\/app\/info$/,
    envelopeOnly: true,
    answer: () =>
      success('App info retrieved', {
        version: 'v9.2.0',
        os: 'Pombo',
        base_path: '',
        chatwoot_enabled: false,
      }),
  },
  {
    method: 'GET',
    path: /\/devices$/,
    envelopeOnly: true,
    answer: ({ number, world }) =>
      success('List devices', [
        struct({
          id: number.device ?? ownJid(number),
          phone_number: number.digits,
          display_name: number.name,
          state: number.connected ? 'logged_in' : 'disconnected',
          jid: ownJid(number),
          created_at: rfc3339(world.now()),
        }),
      ]),
  },
]

/** WhatsApp stops showing typing by itself after a while. */
const TYPING_MS = 10_000
