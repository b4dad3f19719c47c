import { createHash, createHmac } from 'node:crypto'
import { type Address, addressKind, addressValue, address as makeAddress } from '../../core/address.ts'
import { type Content, MEDIA_TYPES, type Media, type Party } from '../../core/events.ts'
import { messageId } from '../../core/ids.ts'
import { sameText } from '../../core/signature.ts'
import type {
  Happening,
  SimulatedGateway,
  SimulatedNumber,
  WireDelivery,
  WireRequest,
  WireResponse,
  World,
} from '../../simulator/port.ts'
import { formatJid, parseLoose } from './wire/address.ts'
import { isObject, type Raw } from './wire/fields.ts'

/**
 * The vendor's side of GOWA: what it posts (9.x envelope, 7.x flat) and how its REST API answers.
 * Bytes are those of Go's `encoding/json`; `Struct` marks objects whose fields keep their order.
 */
export const gowaSimulator: SimulatedGateway = {
  name: 'gowa',
  generations: ['envelope-9', 'flat-7'],
  /** 7.4.0 to 9.2: five attempts, no waiting after the last; 10 s each. */
  retryDelaysMs: [1_000, 2_000, 4_000, 8_000],
  attemptTimeoutMs: 10_000,
  encode(happening, number) {
    const body = number.generation === 'flat-7' ? flat(happening, number) : envelope(happening, number)
    return body === undefined ? [] : [deliver(body, number)]
  },
  serve,
}

// ── bytes ────────────────────────────────────────────────────────────────────────────────────────────

/** Fields of a Go struct, in the order of their declaration. Plain objects are Go maps. */
type Struct = Map<string, unknown>
const struct = (fields: object): Struct => new Map(Object.entries(fields))

/**
 * What Go's `json.Marshal` writes: compact, map keys sorted by bytes, struct fields in their order,
 * `<`, `>`, `&`, U+2028 and U+2029 escaped, other characters raw, broken UTF-16 as U+FFFD. Undefined
 * fields are left out.
 */
export function goJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const entries = value instanceof Map ? [...value] : Object.entries(value).sort(byKey)
    const fields = entries.filter(([, field]) => field !== undefined)
    return `{${fields.map(([key, field]) => `${goJson(key)}:${goJson(field)}`).join(',')}}`
  }
  if (typeof value !== 'string') return JSON.stringify(value)
  return JSON.stringify(value.toWellFormed()).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
const byKey = ([a]: [string, unknown], [b]: [string, unknown]): number =>
  Buffer.compare(Buffer.from(a), Buffer.from(b))

/** GOWA signs with `secret` when it was given none. */
function deliver(value: unknown, { secret = 'secret' }: SimulatedNumber): WireDelivery {
  const body = Buffer.from(goJson(value))
  return {
    urlSuffix: '',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Go-http-client/1.1',
      'accept-encoding': 'gzip',
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    },
    body,
  }
}

const rfc3339 = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z')
/** An id in WhatsApp's style for facts that have one on the wire and none in the hub's vocabulary. */
const idFor = (...parts: string[]): string =>
  `3EB0${createHash('sha256').update(parts.join(' ')).digest('hex').slice(0, 16).toUpperCase()}`

const jid = (party: Party | undefined): string | undefined => party && formatJid(party.address)
/** The private id beside a number. */
const hidden = (party: Party | undefined): string | undefined => {
  const alias = party?.aliases.find((one) => addressKind(one) === 'private')
  return alias && formatJid(alias)
}
const ownJid = (number: SimulatedNumber): string => `${number.digits}@s.whatsapp.net`

/** `delivered`, `read` and `read-self` are all GOWA ever sends. */
function receiptType(
  fact: Extract<Happening['fact'], { kind: 'receipt' }>,
): { type: string; words: string } | undefined {
  if (fact.self) {
    return fact.state === 'read'
      ? { type: 'read-self', words: 'the message was read on another own device' }
      : undefined
  }
  if (fact.state === 'delivered') return { type: 'delivered', words: 'the message reached the device' }
  return fact.state === 'read'
    ? { type: 'read', words: 'the chat was opened and the message seen' }
    : undefined
}

const ECHOED_BY_HAND_ONLY: readonly string[] = ['message', 'edit', 'revoke', 'reaction']
/** What the API sends yields no delivery: whatsmeow does not echo a session's own sends. */
const isSilent = ({ fact, author }: Happening): boolean =>
  (author === 'api' || author === 'hosted') && ECHOED_BY_HAND_ONLY.includes(fact.kind)

// ── envelope, 9.x ────────────────────────────────────────────────────────────────────────────────────

function envelope(happening: Happening, number: SimulatedNumber): object | undefined {
  const { fact, chat, sender, author } = happening
  if (isSilent(happening)) return undefined
  const timestamp = rfc3339(happening.at)
  const head = { device_id: ownJid(number), session_id: number.device }
  const who = author === 'person' && sender === undefined ? ownPartyOf(number) : sender
  const common = (id: string) => ({
    id,
    timestamp,
    is_from_me: author === 'person',
    chat_id: jid(chat),
    chat_lid: hidden(chat),
    from: jid(who),
    from_lid: hidden(who),
    from_name: who?.name,
    sender_display_name: who && (who.name ?? addressValue(who.address)),
  })
  switch (fact.kind) {
    case 'message': {
      const { id, content, replyTo, forwarded, viewOnce } = fact.message
      const payload = {
        ...common(id),
        ...envelopeContent(content, happening),
        replied_to_id: replyTo?.id,
        quoted_body: replyTo?.text,
        forwarded: forwarded || undefined,
        view_once: viewOnce || undefined,
      }
      return { event: 'message', ...head, payload }
    }
    case 'reaction': {
      const id = fact.id ?? idFor('reaction', fact.target, timestamp)
      const payload = { ...common(id), reaction: fact.emoji, reacted_message_id: fact.target }
      return { event: 'message.reaction', ...head, payload }
    }
    case 'edit': {
      const id = fact.id ?? idFor('edit', fact.target, timestamp)
      const payload = { ...common(id), original_message_id: fact.target, body: fact.text }
      return { event: 'message.edited', ...head, payload }
    }
    case 'revoke': {
      const payload = {
        ...common(idFor('revoke', fact.target)),
        revoked_message_id: fact.target,
        revoked_from_me: author === 'person',
        revoked_chat: jid(chat),
      }
      return { event: 'message.revoked', ...head, payload }
    }
    case 'delete-for-me': {
      const payload = {
        deleted_message_id: fact.target,
        timestamp,
        from: '',
        chat_id: jid(chat),
        was_from_me: false,
      }
      return { event: 'message.deleted', ...head, payload }
    }
    case 'receipt': {
      const receipt = receiptType(fact)
      if (!receipt) return undefined
      const payload = {
        ids: [fact.target],
        chat_id: jid(chat),
        from: jid(who),
        from_lid: hidden(who),
        sender_display_name: who && (who.name ?? addressValue(who.address)),
        receipt_type: receipt.type,
        receipt_type_description: receipt.words,
      }
      return { event: 'message.ack', ...head, timestamp, payload }
    }
    case 'membership': {
      const jids = fact.members.map(jid)
      const payload = { chat_id: jid(chat), type: fact.change, jids }
      return fact.self && fact.change === 'join'
        ? {
            event: 'group.joined',
            ...head,
            timestamp,
            payload: { ...payload, reason: '', group_name: chat?.name },
          }
        : { event: 'group.participants', ...head, timestamp, payload }
    }
    case 'unknown':
      return { event: fact.name, ...head, timestamp, payload: {} }
    case 'connection':
      // GOWA posts nothing about its connection.
      return undefined
  }
}

const ownPartyOf = (number: SimulatedNumber): Party => ({
  address: makeAddress('phone', number.digits),
  aliases: [makeAddress('private', number.privateDigits)],
})

/** A caption stands beside the medium and in the text (≥ 8.3.1); audio and stickers are a bare path. */
function envelopeContent(content: Content, happening: Happening): object {
  if (content.type === 'text') return { body: content.text }
  if (content.type === 'unsupported') return { body: content.text, ...shownOnly(content.wire) }
  if (!('media' in content)) return { body: content.text }
  const field = fieldOf(content.type)
  const path = pathOf(content.media, field, happening)
  const { text: caption } = content
  if (path === undefined) {
    const named = field === 'document' ? { filename: content.media.fileName } : { caption: caption ?? '' }
    return {
      body: caption,
      [field]: { url: ENCRYPTED, ...(field !== 'audio' && field !== 'sticker' && named) },
    }
  }
  const plain = caption === undefined || field === 'audio' || field === 'sticker'
  return { body: caption, [field]: plain ? path : { path, caption } }
}

// ── flat, 7.x ────────────────────────────────────────────────────────────────────────────────────────

function flat(happening: Happening, number: SimulatedNumber): object | undefined {
  const { fact, chat, author } = happening
  if (isSilent(happening)) return undefined
  const timestamp = rfc3339(happening.at)
  const sender = happening.sender ?? (author === 'person' ? ownPartyOf(number) : chat)
  const user = (party: Party | undefined) => party && addressValue(party.address)
  // Own messages come from a linked device and say so; private senders keep their suffix beside.
  const device = (text: string | undefined) => (author === 'person' ? text?.replace('@', ':12@') : text)
  const source = sender?.address === chat?.address ? jid(sender) : `${device(jid(sender))} in ${jid(chat)}`
  const head = {
    sender_id: user(sender),
    chat_id: user(chat),
    from: source,
    from_lid: sender && addressKind(sender.address) === 'private' ? device(jid(sender)) : undefined,
    timestamp,
    pushname: sender?.name,
  }
  const text = (id: string, words = '', reply?: { id: string; text?: string }): Struct =>
    struct({ text: words, id, replied_id: reply?.id ?? '', quoted_message: reply?.text ?? '' })
  switch (fact.kind) {
    case 'message': {
      const { id, content, replyTo, forwarded, viewOnce } = fact.message
      const flags = { forwarded: forwarded || undefined, view_once: viewOnce || undefined }
      if ('media' in content) {
        return { ...head, ...flags, message: text(id), ...flatMedia(content, happening) }
      }
      const shown = content.type === 'unsupported' ? shownOnly(content.wire) : {}
      return { ...head, ...flags, ...shown, message: text(id, content.text, replyTo) }
    }
    case 'reaction': {
      const message = text(fact.id ?? idFor('reaction', fact.target, timestamp))
      // A reaction that is taken back loses its object.
      const reaction = fact.emoji === '' ? undefined : struct({ message: fact.emoji, id: fact.target })
      return { ...head, message, reaction }
    }
    case 'edit': {
      const message = text(fact.id ?? idFor('edit', fact.target, timestamp))
      return {
        ...head,
        action: 'message_edited',
        message,
        original_message_id: fact.target,
        edited_text: fact.text,
      }
    }
    case 'revoke':
      return {
        ...head,
        action: 'message_revoked',
        message: text(idFor('revoke', fact.target)),
        revoked_message_id: fact.target,
        revoked_from_me: author === 'person',
        revoked_chat: jid(chat),
      }
    case 'delete-for-me':
      return {
        action: 'event.delete_for_me',
        deleted_message_id: fact.target,
        sender_id: user(sender),
        chat_id: jid(chat),
        timestamp,
      }
    case 'receipt': {
      const receipt = receiptType(fact)
      if (!receipt) return undefined
      const payload = {
        ids: [fact.target],
        chat_id: jid(chat),
        sender_id: device(jid(sender)),
        from: source,
        receipt_type: receipt.type,
        receipt_type_description: receipt.words,
      }
      return { event: 'message.ack', timestamp, payload }
    }
    case 'membership': {
      const payload = { chat_id: jid(chat), type: fact.change, jids: fact.members.map(jid) }
      return { event: 'group.participants', timestamp, payload }
    }
    case 'unknown':
      return { action: fact.name, timestamp }
    case 'connection':
      return undefined
  }
}

function flatMedia(content: Extract<Content, { media: Media }>, happening: Happening): object {
  const field = fieldOf(content.type)
  const path = pathOf(content.media, field, happening)
  const caption = content.text ?? ''
  if (path !== undefined) {
    return { [field]: struct({ media_path: path, mime_type: content.media.mime ?? '', caption }) }
  }
  if (field === 'document') return { document: { url: ENCRYPTED, filename: content.media.fileName } }
  return {
    [field]: field === 'audio' || field === 'sticker' ? { url: ENCRYPTED } : { url: ENCRYPTED, caption },
  }
}

// ── contents of both generations ─────────────────────────────────────────────────────────────────────

/** With automatic download off GOWA hands on WhatsApp's own address: encrypted, so of no use. */
const ENCRYPTED = 'https://mmg.whatsapp.net/v/t62.7118-24/0_0_n.enc?ccb=11-4'

/** GOWA does not tell voice notes from other audio. */
function fieldOf(type: Extract<Content, { media: Media }>['type']): string {
  if (type === 'voice') return 'audio'
  return type === 'video-note' ? 'video_note' : type
}
/** Where GOWA put the file; undefined: it did not download it. */
function pathOf({ source }: Media, field: string, { at }: Happening): string | undefined {
  if (source.type === 'gateway') return undefined
  if (source.type === 'path') return source.path
  const name = /\.[0-9a-z]{2,5}$/i.exec(source.url.split(/[?#]/)[0] ?? '')?.[0] ?? ''
  return `statics/media/${Math.floor(at / 1000)}-${idFor(field, source.url).toLowerCase()}${name}`
}

/** Contents the hub shows without reading them, as GOWA writes them. */
function shownOnly(wire: string): object {
  const samples: Readonly<Record<string, object>> = {
    location: struct({ degreesLatitude: -23.55, degreesLongitude: -46.63, name: 'Sao Paulo' }),
    live_location: struct({ degreesLatitude: -23.55, degreesLongitude: -46.63 }),
    contact: struct({ displayName: 'Bia', vcard: 'BEGIN:VCARD\nVERSION:3.0\nFN:Bia\nEND:VCARD' }),
    contacts_array: [struct({ displayName: 'Bia', vcard: 'BEGIN:VCARD\nVERSION:3.0\nFN:Bia\nEND:VCARD' })],
    list: struct({ title: 'Menu', buttonText: 'Open', listType: 1 }),
    order: struct({ orderID: '1', itemCount: 1 }),
  }
  return Object.hasOwn(samples, wire) ? { [wire]: samples[wire] } : {}
}

// ── REST ─────────────────────────────────────────────────────────────────────────────────────────────

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
function serve(request: WireRequest, number: SimulatedNumber, world: World): WireResponse {
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
