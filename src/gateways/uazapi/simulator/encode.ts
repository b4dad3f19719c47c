import { createHmac } from 'node:crypto'
import { address, addressKind, chatKind } from '../../../core/address.ts'
import type { Media, MediaType, Message, Party } from '../../../core/events.ts'
import type { Happening, SimulatedNumber, WireDelivery } from '../../../simulator/port.ts'
import { MEDIA_WORDS } from '../send.ts'
import { fullForm } from '../wire/address.ts'

export type Json = Record<string, unknown>
const GENERATION_SEED = 'seed-1'
/** Every body names its server. The hub never uses it; nothing answers here. */
const BASE_URL = 'https://simulated.uazapi.example'

/** What uazapi would post for a happening. */
export function encode(happening: Happening, number: SimulatedNumber): WireDelivery[] {
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
export function spell(party: Party | undefined): Spelled {
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

export type MessageHappening = Omit<Happening, 'fact'> & { fact: Happening['fact'] }

/** `message` with the 29 keys of every capture on 2.x, `""` where empty. */
export function wireMessage(happening: MessageHappening, number: SimulatedNumber): Json {
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
