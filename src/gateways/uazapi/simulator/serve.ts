import type { Address } from '../../../core/address.ts'
import { type Content, MEDIA_TYPES, type Media, type Message } from '../../../core/events.ts'
import { type MessageId, messageId } from '../../../core/ids.ts'
import type {
  FoundMessage,
  SimulatedNumber,
  WireRequest,
  WireResponse,
  World,
} from '../../../simulator/port.ts'
import { readObject } from '../client/endings.ts'
import { fullForm, readAddress, readRecipient } from '../wire/address.ts'
import { bareId } from '../wire/fields.ts'
import { MEDIA_WORDS } from '../wire/words.ts'
import { type Json, type MessageHappening, spell, wireMessage } from './encode.ts'

/** One request after its token was checked. */
interface Served {
  body: Json
  number: SimulatedNumber
  world: World
}
interface Route {
  /** Works without a connection to WhatsApp. */
  offline?: boolean
  run(served: Served): WireResponse
}

const ROUTES: Readonly<Record<string, Route>> = {
  'POST /send/text': { run: sendText },
  'POST /send/media': { run: sendMedia },
  'POST /message/react': { run: react },
  'POST /message/delete': { run: deleteMessage },
  'POST /message/markread': { run: markRead },
  'POST /message/presence': { run: presence },
  'POST /message/find': { offline: true, run: find },
  'POST /group/info': { run: groupInfo },
  'POST /group/updateParticipants': { run: updateParticipants },
  'GET /instance/status': { offline: true, run: status },
  'GET /webhook': { offline: true, run: webhooks },
}

/** Answers one request as uazapi would. */
export function serve(request: WireRequest, number: SimulatedNumber, world: World): WireResponse {
  const { token } = request.headers
  if (!token) return failure(401, 'missing token')
  if (token !== number.token) return failure(401, 'Invalid token')
  const name = `${request.method} ${request.path}`
  const route = Object.hasOwn(ROUTES, name) ? ROUTES[name] : undefined
  if (!route) return failure(404, 'not found')
  // Documented as 401 on some paths and 500 on others; the client has to read the words.
  if (!route.offline && !number.connected) return failure(500, 'No session')
  const body = request.method === 'GET' ? {} : readObject(request.body)
  return body ? route.run({ body, number, world }) : failure(400, 'invalid payload')
}

const answer = (status: number, body: unknown): WireResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
const failure = (status: number, error: string): WireResponse => answer(status, { error })

/** WhatsApp's refusal to let a number begin new chats (2.0.1 and later), for whoever wants it to happen. */
export const timeLocked = (): WireResponse =>
  answer(500, {
    error: 'WhatsApp refused to send the message',
    error_source: 'whatsapp_server',
    provider: 'whatsapp',
    provider_code: 463,
    error_key: 'WHATSAPP_REACHOUT_TIMELOCK',
    message: 'This number cannot start new conversations right now.',
    message_ptbr: 'Este número não pode iniciar novas conversas agora.',
    provider_message: 'reachout timelock',
    provider_message_ptbr: 'bloqueio temporário de novas conversas',
    diagnostics_endpoint: '/instance/wa_messages_limits',
    details: { new_chat_message_capping: {}, reachout_timelock: {} },
  })

const word = (body: Json, key: string): string => (typeof body[key] === 'string' ? body[key] : '')
const list = (body: Json, key: string): string[] =>
  Array.isArray(body[key]) ? body[key].filter((one) => typeof one === 'string') : []

function sendText(served: Served): WireResponse {
  const text = word(served.body, 'text')
  if (word(served.body, 'number') === '' || text === '') return failure(400, 'Missing number or text')
  return sendContent(served, { type: 'text', text }, {})
}

function sendMedia(served: Served): WireResponse {
  const { body } = served
  const file = word(body, 'file')
  const sort = word(body, 'type')
  const type = MEDIA_TYPES.find((one) => MEDIA_WORDS[one] === (MEDIA_ALIASES.get(sort) ?? sort))
  if (word(body, 'number') === '' || file === '') return failure(400, 'Missing number or file')
  if (!type) return failure(400, 'Invalid media type')
  const text = word(body, 'text')
  const fileName = word(body, 'docName')
  const source: Media['source'] = /^https?:/.test(file) ? { type: 'url', url: file } : { type: 'gateway' }
  const media: Media = { source, ...(fileName !== '' && { fileName }) }
  const content: Content = { type, media, ...(text !== '' && { text }) }
  return sendContent(served, content, { fileUrl: file })
}
/** Further words `/send/media` takes. */
const MEDIA_ALIASES: ReadonlyMap<string, string> = new Map([
  ['myaudio', 'ptt'],
  ['videoplay', 'video'],
])

function sendContent({ body, number, world }: Served, content: Content, extra: Json): WireResponse {
  const to = readRecipient(word(body, 'number'))
  if (to === undefined) return failure(400, 'Invalid number')
  // The words of this refusal are not documented.
  if (!world.isOnWhatsApp(to)) return failure(500, 'the number is not on WhatsApp')
  const id = world.newMessageId()
  const replyTo = bareId(word(body, 'replyid'))
  const reference = word(body, 'track_id')
  const mentions = readMentions(word(body, 'mentions'), to, world)
  world.send({
    id,
    to,
    content,
    ...(replyTo !== '' && { replyTo: messageId(replyTo) }),
    ...(mentions.length > 0 && { mentions }),
    ...(reference !== '' && { reference }),
  })
  const message: Message = { id, content, ...(replyTo !== '' && { replyTo: { id: messageId(replyTo) } }) }
  const sent = restMessage({ id, chat: to, message, at: world.now(), fromMe: true, reference }, number)
  const response = { status: 'success', message: 'Message sent successfully', ...extra }
  return answer(200, { ...sent, status: 'Pending', response })
}

function readMentions(text: string, to: Address, world: World): Address[] {
  if (text === 'all') return world.group(to)?.members.map((member) => member.address) ?? []
  return text.split(',').flatMap((one) => readRecipient(one) ?? [])
}

function react({ body, number, world }: Served): WireResponse {
  const to = readRecipient(word(body, 'number'))
  const target = bareId(word(body, 'id'))
  if (to === undefined || target === '') return failure(400, 'invalid payload')
  world.react(to, messageId(target), word(body, 'text'))
  const messageid = world.newMessageId()
  return answer(200, {
    id: `${number.digits}:${messageid}`,
    messageid,
    content: word(body, 'text'),
    messageTimestamp: world.now(),
    messageType: 'reaction',
    status: 'Pending',
    owner: number.digits,
  })
}

/** uazapi knows a message's chat by the message's id. The world does too, unless the request says it. */
function chatOf({ body, world }: Served, id: MessageId): Address | undefined {
  return readRecipient(word(body, 'number')) ?? world.find?.({ id })[0]?.chat
}

function deleteMessage(served: Served): WireResponse {
  const id = messageId(bareId(word(served.body, 'id')))
  if (id === '') return failure(400, 'invalid payload')
  const chat = chatOf(served, id)
  if (chat === undefined || !served.world.revoke(chat, id)) return failure(404, 'message not found')
  return answer(200, { timestamp: served.world.now(), id })
}

function markRead(served: Served): WireResponse {
  const ids = list(served.body, 'id').map((id) => messageId(bareId(id)))
  if (ids.length === 0) return failure(400, 'invalid payload')
  const results = ids.map((id) => {
    const chat = chatOf(served, id)
    if (chat === undefined) return { message_id: id, status: 'error', error: 'message not found' }
    served.world.read(chat, [id])
    return { message_id: id, status: 'success' }
  })
  return answer(200, { results })
}

function presence({ body, world }: Served): WireResponse {
  const to = readRecipient(word(body, 'number'))
  const state = word(body, 'presence')
  if (to === undefined || !['composing', 'recording', 'paused'].includes(state)) {
    return failure(400, 'invalid payload')
  }
  world.typing(
    to,
    state === 'paused' ? 'stop' : 'start',
    typeof body.delay === 'number' ? body.delay : 300_000,
  )
  return answer(200, { response: 'Chat presence sent successfully' })
}

function find({ body, number, world }: Served): WireResponse {
  if (!world.find) return failure(500, 'no message store')
  const chat = readAddress(word(body, 'chatid'))
  const id = bareId(word(body, 'id'))
  const reference = word(body, 'track_id')
  const limit = typeof body.limit === 'number' ? body.limit : 100
  const offset = typeof body.offset === 'number' ? body.offset : 0
  const all = world.find({
    ...(id !== '' && { id: messageId(id) }),
    ...(chat !== undefined && { chat }),
    ...(reference !== '' && { reference }),
  })
  const messages = all.slice(offset, offset + limit).map((found) => restMessage(found, number))
  const nextOffset = offset + messages.length
  return answer(200, {
    returnedMessages: messages.length,
    messages,
    limit,
    offset,
    nextOffset,
    hasMore: nextOffset < all.length,
  })
}

/** A message as REST gives it: the webhook's, with a status. */
function restMessage(found: FoundMessage, number: SimulatedNumber): Json {
  const happening: MessageHappening = {
    fact: { kind: 'message', message: found.message },
    chat: { address: found.chat, aliases: [] },
    author: found.fromMe ? 'api' : 'other',
    at: found.at,
    ...(found.reference && { reference: found.reference }),
  }
  return { ...wireMessage(happening, number), status: 'Sent' }
}

function groupInfo({ body, world }: Served): WireResponse {
  const at = readAddress(word(body, 'groupjid'))
  const group = at && world.group(at)
  return at && group ? answer(200, wireGroup(at, group)) : failure(404, 'group not found')
}

function updateParticipants({ body, world }: Served): WireResponse {
  const at = readAddress(word(body, 'groupjid'))
  const members = list(body, 'participants').flatMap((one) => readRecipient(one) ?? [])
  if (!at || members.length === 0) return failure(400, 'invalid payload')
  if (word(body, 'action') !== 'remove') return failure(400, 'the simulator only removes members')
  const groupUpdated = members.map((member) => ({
    JID: fullForm(member),
    Error: world.removeMember(at, member) ? 0 : 404,
  }))
  const group = world.group(at)
  return answer(200, { groupUpdated, group: group && wireGroup(at, group), needs_refresh: false })
}

const wireGroup = (at: Address, group: NonNullable<ReturnType<World['group']>>): Json => ({
  JID: fullForm(at),
  OwnerJID: '',
  OwnerPN: '',
  Name: group.name,
  Topic: group.description ?? '',
  IsLocked: false,
  IsAnnounce: false,
  GroupCreated: '0001-01-01T00:00:00Z',
  ParticipantCount: group.members.length,
  AddressingMode: 'pn',
  Participants: group.members.map((member) => {
    const { phone, private: hidden, name } = spell(member)
    return {
      JID: phone || hidden,
      LID: hidden,
      PhoneNumber: phone,
      IsAdmin: member.admin,
      IsSuperAdmin: false,
      DisplayName: name,
      Error: 0,
      AddRequest: null,
    }
  }),
})

function status({ number, world }: Served): WireResponse {
  const { connected, digits } = number
  return answer(200, {
    instance: {
      id: 'r00000000000000',
      token: number.token,
      status: connected ? 'connected' : 'disconnected',
      name: number.instance,
      profileName: number.name,
      owner: digits,
      lastDisconnect: '',
      lastDisconnectReason: '',
      currentTime: new Date(world.now()).toISOString(),
    },
    status: {
      connected,
      loggedIn: connected,
      jid: connected ? { user: digits, agent: 0, device: 1, server: 's.whatsapp.net' } : null,
    },
  })
}

function webhooks({ number }: Served): WireResponse {
  return answer(200, [
    {
      id: '00000000-0000-4000-8000-000000000001',
      enabled: true,
      url: number.webhookUrl,
      events: ['messages', 'messages_update', 'connection', 'groups'],
      excludeMessages: [],
      addUrlEvents: false,
      addUrlTypesMessages: false,
    },
  ])
}
