import { chatKind } from '../../../core/address.ts'
import type { Happening, SimulatedNumber } from '../../../simulator/port.ts'
import { contentOf, type Payload } from './content.ts'
import { chatAddress, isDirect, type Json, ownParty, spell } from './spell.ts'

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
    chatid: chatAddress(chat),
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
            remoteJID: chatAddress(chat),
            fromMe: author === 'other',
            ID: fact.target,
          },
          text: fact.emoji,
          senderTimestampMS: at,
        },
      }
    case 'vote':
      return {
        messageid: fact.id ?? `${fact.target}V`,
        type: 'poll',
        messageType: 'PollUpdateMessage',
        quoted: fact.target,
        vote: fact.options.join(', '),
        content: {
          pollCreationMessageKey: {
            remoteJID: chatAddress(chat),
            fromMe: author === 'other',
            ID: fact.target,
          },
          vote: { encPayload: '', encIV: '' },
          senderTimestampMS: at,
        },
      }
    default:
      return { messageid: '' }
  }
}

/** Of `seed-1`: the keys that hold something; `sender` is the phone, and plain text has no type at all. */
export function fewKeys(message: Json): Json {
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
export function wireChat({ chat, at }: Happening, number: SimulatedNumber): Json {
  const spelled = spell(chat)
  const group = chat !== undefined && chatKind(chat.address) === 'group'
  const id = chatAddress(chat)
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
