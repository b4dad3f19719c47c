import { createHmac } from 'node:crypto'
import { type Address, address, addressKind, chatKind } from '../../core/address.ts'
import type { Party } from '../../core/events.ts'
import { type Content, MEDIA_TYPES, type Media, type MediaType, type Message } from '../../core/events.ts'
import { type MessageId, messageId } from '../../core/ids.ts'
import type {
  FoundMessage,
  Happening,
  SimulatedGateway,
  SimulatedNumber,
  WireDelivery,
  WireRequest,
  WireResponse,
  World,
} from '../../simulator/port.ts'
import { readObject } from './answers.ts'
import { MEDIA_WORDS } from './send.ts'
import { fullForm, readAddress, readRecipient } from './wire/address.ts'
import { bareId } from './wire/fields.ts'

/**
 * uazapi's side of the wire. Two generations:
 *
 * - `real-2`: as captured on 2.x: `EventType`, a message of 29 keys, `event` an object.
 * - `seed-1`: as users of the 1.0.0 line describe it: the name in `event`, a message of few keys, group
 *   changes as a message. What they do not describe (receipts, deletions, connection) is as in `real-2`.
 */
export const uazapiSimulator: SimulatedGateway = {
  name: 'uazapi',
  generations: ['real-2', 'seed-1'],
  // Three attempts are documented by example (`/webhook/errors`); the waits and the timeout are assumed.
  retryDelaysMs: [2_000, 10_000],
  attemptTimeoutMs: 15_000,
  encode,
  serve,
}

type Json = Record<string, unknown>
const GENERATION_SEED = 'seed-1'
/** Every body names its server. The hub never uses it; nothing answers here. */
const BASE_URL = 'https://simulated.uazapi.example'

// ── deliveries ───────────────────────────────────────────────────────────────────────────────────────

function encode(happening: Happening, number: SimulatedNumber): WireDelivery[] {
  const body = bodyOf(happening, number)
  return body === undefined ? [] : [post({ BaseUrl: BASE_URL, ...body }, number)]
}

/** The headers are the ones uazapi sends; a proxy in front of the hub may add the signature. */
function post(body: Json, number: SimulatedNumber): WireDelivery {
  const bytes = Buffer.from(JSON.stringify(body))
  const signature =
    number.secret === undefined ? undefined : createHmac('sha256', number.secret).update(bytes).digest('hex')
  return {
    urlSuffix: '',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'uazapiGO-Webhook/1.0',
      ...(signature !== undefined && { 'x-webhook-signature': signature }),
    },
    body: bytes,
  }
}

function bodyOf(happening: Happening, number: SimulatedNumber): Json | undefined {
  const { fact } = happening
  const seed = number.generation === GENERATION_SEED
  const named = (name: string): Json => ({
    [seed ? 'event' : 'EventType']: name,
    owner: number.digits,
    instanceName: number.instance,
    token: number.token ?? '',
  })
  switch (fact.kind) {
    case 'message':
    case 'edit':
    case 'reaction': {
      const message = wireMessage(happening, number)
      if (seed) return { ...named('messages'), message: fewKeys(message) }
      const chat = wireChat(happening, number)
      return { ...named('messages'), chat, chatSource: 'updated', message }
    }
    case 'receipt':
      return { ...envelope('messages_update', number), ...wireUpdate(happening, number, fact.target) }
    case 'revoke':
      return { ...envelope('messages_update', number), ...wireUpdate(happening, number, fact.target) }
    case 'membership':
      return seed
        ? { ...named('groups'), message: seedMembership(happening, fact) }
        : { ...named('groups'), ...wireMembership(happening, number, fact) }
    case 'connection': {
      const owner = fact.state === 'connecting' ? '' : number.digits
      return { ...envelope('connection', number), owner, ...wireConnection(happening, number, fact) }
    }
    case 'unknown':
      return named(fact.name)
    case 'delete-for-me':
      // Deleting for oneself is told to nobody.
      return undefined
  }
}

/** Keys beside every payload whose `event` is an object: both generations name these by `EventType`. */
const envelope = (name: string, number: SimulatedNumber): Json => ({
  EventType: name,
  owner: number.digits,
  instanceName: number.instance,
  token: number.token ?? '',
})

interface Spelled {
  phone: string
  private: string
  name: string
}
/** A party as uazapi writes it: its phone and its private id, each `""` when not known. */
function spell(party: Party | undefined): Spelled {
  const all = party === undefined ? [] : [party.address, ...party.aliases]
  const form = (kind: 'phone' | 'private') =>
    all.filter((one) => addressKind(one) === kind).map(fullForm)[0] ?? ''
  return { phone: form('phone'), private: form('private'), name: party?.name ?? '' }
}
const ownParty = (number: SimulatedNumber): Party => ({
  address: address('phone', number.digits),
  aliases: [address('private', number.privateDigits)],
  name: number.name,
})
const isDirect = (chat: Party | undefined): boolean =>
  chat !== undefined && chatKind(chat.address) === 'direct'

type MessageHappening = Omit<Happening, 'fact'> & { fact: Happening['fact'] }

/** `message` with the 29 keys of every capture on 2.x, `""` where empty. */
function wireMessage(happening: MessageHappening, number: SimulatedNumber): Json {
  const { author, chat, at, reference } = happening
  const fromMe = author !== 'other'
  const who = fromMe ? ownParty(number) : (happening.sender ?? chat)
  const sender = spell(who)
  const direct = isDirect(chat)
  const payload = payloadOf(happening)
  return {
    id: `${number.digits}:${payload.messageid}`,
    chatid: (chat && fullForm(chat.address)) ?? '',
    chatlid: direct ? spell(chat).private : '',
    sender: sender.private || sender.phone,
    sender_pn: sender.phone,
    sender_lid: sender.private,
    senderName: sender.name,
    groupName: direct ? 'Unknown' : (chat?.name ?? ''),
    fromMe,
    isGroup: chat !== undefined && chatKind(chat.address) === 'group',
    owner: number.digits,
    type: 'text',
    messageType: 'Conversation',
    mediaType: '',
    text: '',
    content: '',
    quoted: '',
    edited: '',
    reaction: '',
    vote: '',
    convertOptions: '',
    buttonOrListid: '',
    messageTimestamp: at,
    source: fromMe ? 'web' : 'android',
    status: '',
    track_source: '',
    track_id: reference ?? '',
    wasSentByApi: author === 'api',
    ...(author === 'hosted' && { ai_metadata: { agent_id: 'r00000000000001' } }),
    ...payload,
  }
}

type Payload = Json & { messageid: string }
function payloadOf({ fact, chat, author, at }: MessageHappening): Payload {
  switch (fact.kind) {
    case 'message':
      return contentOf(fact.message)
    case 'edit':
      return {
        messageid: fact.id ?? `${fact.target}E`,
        edited: fact.target,
        text: fact.text ?? '',
        content: fact.text ?? '',
      }
    case 'reaction':
      return {
        messageid: fact.id ?? `${fact.target}R`,
        type: 'reaction',
        messageType: 'ReactionMessage',
        text: fact.emoji,
        reaction: fact.target,
        content: {
          key: {
            remoteJID: (chat && fullForm(chat.address)) ?? '',
            fromMe: author === 'other',
            ID: fact.target,
          },
          text: fact.emoji,
          senderTimestampMS: at,
        },
      }
    default:
      return { messageid: '' }
  }
}

const MESSAGE_TYPES: Readonly<Record<MediaType, string>> = {
  image: 'ImageMessage',
  video: 'VideoMessage',
  audio: 'AudioMessage',
  voice: 'AudioMessage',
  document: 'DocumentMessage',
  sticker: 'StickerMessage',
  'video-note': 'PtvMessage',
}

function contentOf(message: Message): Payload {
  const { id, content, replyTo, mentions, forwarded, viewOnce } = message
  const contextInfo = {
    ...(replyTo && {
      stanzaID: replyTo.id,
      ...(replyTo.text !== undefined && { quotedMessage: { conversation: replyTo.text } }),
    }),
    ...(mentions && { mentionedJid: mentions.map(fullForm) }),
    ...(forwarded && { isForwarded: true, forwardingScore: 1 }),
  }
  const extra = {
    ...(Object.keys(contextInfo).length > 0 && { contextInfo }),
    ...(viewOnce && { viewOnce: true }),
  }
  const common = { messageid: id, quoted: replyTo?.id ?? '', text: content.text ?? '' }
  if (content.type === 'text') {
    if (Object.keys(extra).length === 0) return { ...common, content: content.text }
    return { ...common, messageType: 'ExtendedTextMessage', content: { text: content.text, ...extra } }
  }
  if (content.type === 'unsupported') {
    return { ...common, messageType: content.wire, content: { ...extra } }
  }
  if (!('media' in content)) return { ...common, messageType: content.type, content: { ...extra } }
  return {
    ...common,
    type: 'media',
    messageType: MESSAGE_TYPES[content.type],
    mediaType: MEDIA_WORDS[content.type],
    content: { ...mediaContent(content.media, content.type), ...captionOf(content.text), ...extra },
  }
}
const captionOf = (text: string | undefined): Json => (text === undefined ? {} : { caption: text })

/** `URL` leads to encrypted bytes in reality, and nowhere here. */
const mediaContent = (media: Media, type: MediaType): Json => ({
  URL: 'https://mmg.whatsapp.example/encrypted.enc',
  ...(media.mime !== undefined && { mimetype: media.mime }),
  ...(media.bytes !== undefined && { fileLength: media.bytes }),
  ...(media.seconds !== undefined && { seconds: media.seconds }),
  ...(media.fileName !== undefined && { fileName: media.fileName }),
  ...(type === 'voice' && { PTT: true }),
})

/** Of `seed-1`: the keys that hold something; `sender` is the phone, and plain text has no type at all. */
function fewKeys(message: Json): Json {
  const plain = message.messageType === 'Conversation' || message.messageType === 'ExtendedTextMessage'
  const dropped = new Set([
    ...(plain ? ['type', 'messageType'] : []),
    'id',
    'chatlid',
    'sender_lid',
    'source',
  ])
  const kept = Object.entries(message).filter(([key, value]) => value !== '' && !dropped.has(key))
  const content = typeof message.content === 'string' ? { text: message.content } : message.content
  return { ...Object.fromEntries(kept), content, sender: message.sender_pn || message.sender }
}

/** `chat` beside a message: the keys of the captures whose values the simulated world knows. */
function wireChat({ chat, at }: Happening, number: SimulatedNumber): Json {
  const spelled = spell(chat)
  const group = chat !== undefined && chatKind(chat.address) === 'group'
  const id = (chat && fullForm(chat.address)) ?? ''
  return {
    id: `r${number.digits.padStart(14, '0').slice(-14)}`,
    wa_fastid: `${number.digits}:${id.split('@')[0]}`,
    wa_chatid: id,
    wa_chatlid: group ? '' : spelled.private,
    wa_archived: false,
    wa_contactName: '',
    wa_name: spelled.name,
    name: spelled.name,
    image: '',
    imagePreview: '',
    wa_isBlocked: false,
    wa_isGroup: group,
    wa_isPinned: false,
    wa_label: [],
    wa_lastMsgTimestamp: at,
    wa_muteEndTime: 0,
    wa_unreadCount: 0,
    owner: number.digits,
    phone: group || spelled.phone === '' ? '' : `+${spelled.phone.split('@')[0]}`,
    lead_tags: [],
    lead_isTicketOpen: false,
    chatbot_disableUntil: 0,
  }
}

const STATE_WORDS = { sent: 'Sent', delivered: 'Delivered', read: 'Read', played: 'Played' } as const

/** `messages_update`, as captured on 2.1.1: booleans as words, the time as text in seconds. */
function wireUpdate(
  { fact, chat, sender, author, at }: Happening,
  number: SimulatedNumber,
  id: string,
): Json {
  const state = fact.kind === 'receipt' ? STATE_WORDS[fact.state] : 'Deleted'
  const fromMe = author !== 'other'
  const who = spell(fromMe ? ownParty(number) : (sender ?? chat))
  return {
    type: fact.kind === 'receipt' ? 'ReadReceipt' : 'DeletedMessage',
    state,
    event: {
      Chat: (chat && fullForm(chat.address)) ?? '',
      Sender: who.private || who.phone,
      sender_pn: who.phone,
      sender_lid: who.private,
      MessageIDs: [id],
      Type: state,
      IsFromMe: fromMe ? 'True' : 'False',
      IsGroup: isDirect(chat) ? 'False' : 'True',
      Timestamp: String(Math.floor(at / 1000)),
    },
  }
}

type Membership = Extract<Happening['fact'], { kind: 'membership' }>

function wireMembership({ chat, sender, at }: Happening, number: SimulatedNumber, fact: Membership): Json {
  const by = spell(sender)
  const group = (chat && fullForm(chat.address)) ?? ''
  if (fact.self && fact.change === 'join') {
    const event = {
      Reason: '',
      Type: 'new',
      CreateKey: '',
      Sender: by.private || null,
      SenderPN: by.phone || null,
    }
    const about = {
      JID: group,
      Name: chat?.name ?? '',
      Topic: '',
      Participants: [{ JID: spell(ownParty(number)).phone }],
    }
    return { type: 'JoinedGroup', event: { ...event, Notify: '', ...about } }
  }
  const members = fact.members.map(spell)
  const phones = members.map((one) => one.phone).filter((one) => one !== '')
  const privates = members.map((one) => one.private).filter((one) => one !== '')
  const listed = phones.length > 0 ? phones : privates
  const only = (change: Membership['change']) => (fact.change === change ? listed : null)
  return {
    type: 'Group',
    event: {
      JID: group,
      Notify: '',
      Sender: by.private || by.phone || null,
      SenderPN: by.phone || null,
      Timestamp: new Date(at).toISOString(),
      Name: null,
      Topic: null,
      Locked: null,
      Announce: null,
      Ephemeral: null,
      MembershipApprovalMode: null,
      Delete: null,
      Link: null,
      Unlink: null,
      NewInviteLink: null,
      PrevParticipantVersionID: '',
      ParticipantVersionID: '',
      JoinReason: '',
      Suspended: false,
      Unsuspended: false,
      UnknownChanges: null,
      Join: only('join'),
      Leave: only('leave'),
      Promote: only('promote'),
      Demote: only('demote'),
      ...(fact.change === 'join' && privates.length > 0 && { JoinLid: privates }),
      ...(fact.change === 'leave' && privates.length > 0 && { LeaveLid: privates }),
      ...(sender !== undefined && { sender_pn: by.phone, sender_lid: by.private }),
    },
  }
}

const SEED_CHANGES = { join: 'add', leave: 'remove', promote: 'promote', demote: 'demote' } as const
const seedMembership = ({ chat, sender, at }: Happening, fact: Membership): Json => ({
  type: SEED_CHANGES[fact.change],
  chatid: (chat && fullForm(chat.address)) ?? '',
  participants: fact.members.map((one) => spell(one).phone || spell(one).private),
  ...(sender && { sender: spell(sender).phone || spell(sender).private }),
  messageTimestamp: at,
})

type Connection = Extract<Happening['fact'], { kind: 'connection' }>
function wireConnection({ at }: Happening, number: SimulatedNumber, { state, reason }: Connection): Json {
  const down = state === 'disconnected' || state === 'logged-out'
  return {
    ...(state === 'logged-out' && { type: 'LoggedOut' }),
    instance: {
      name: number.instance,
      status: down ? 'disconnected' : state,
      ...(state === 'connecting' && { qrcode: 'data:image/png;base64,' }),
      ...(down && {
        lastDisconnect: new Date(at).toISOString().replace('T', ' '),
        lastDisconnectReason: reason ?? '',
      }),
    },
  }
}

// ── REST ─────────────────────────────────────────────────────────────────────────────────────────────

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

function serve(request: WireRequest, number: SimulatedNumber, world: World): WireResponse {
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
