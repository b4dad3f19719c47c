import type { Address } from '../../../../core/address.ts'
import type { Content } from '../../../../core/events.ts'
import type { WireResponse } from '../../../../simulator/port.ts'
import { formatJid, parseLoose } from '../../wire/address.ts'
import { struct } from '../go.ts'
import { jid, ownJid, rfc3339 } from '../names.ts'
import { type Asked, failure, invalid, offline, type Route, success } from './answers.ts'

const count = (text: string | undefined, otherwise: number, most: number): number =>
  text !== undefined && /^\d{1,6}$/.test(text) ? Math.min(most, Number(text)) : otherwise

/** GOWA answers from its own storage, logged in or not. */
const stored = ({ slot }: Asked): boolean => slot?.client !== false

function chats(asked: Asked): WireResponse {
  const { query, world } = asked
  const limit = count(query.limit, 25, 100)
  const offset = count(query.offset, 0, 1_000_000)
  const all = (stored(asked) ? world.chats() : []).filter(
    ({ party, archived }) =>
      (query.search ? (party.name ?? '').toLowerCase().includes(query.search.toLowerCase()) : true) &&
      (query.archived === undefined || archived === (query.archived === 'true')),
  )
  const data = all.slice(offset, offset + limit).map(({ party, archived, lastMessageAt = world.now() }) =>
    struct({
      jid: jid(party),
      name: party.name ?? '',
      last_message_time: rfc3339(lastMessageAt),
      ephemeral_expiration: 0,
      created_at: rfc3339(lastMessageAt),
      updated_at: rfc3339(lastMessageAt),
      archived,
    }),
  )
  const pagination = struct({ limit, offset, total: all.length })
  return success('Success get chat list', struct({ data, pagination }))
}

/** What GOWA writes before its own media, and where they have no caption. */
const MARKS: Readonly<Record<string, string>> = {
  image: '🖼️ Image',
  video: '🎥 Video',
  audio: '🎵 Audio',
  voice: '🎵 Audio',
  document: '📄 Document',
  sticker: '🎨 Sticker',
}
/** What GOWA writes down of a content. */
function written(content: Content, fromMe: boolean): { content: string; media_type: string } {
  const text = content.text ?? ''
  if (!('media' in content)) return { content: text, media_type: '' }
  const media_type = content.type === 'voice' ? 'ptt' : content.type.replace('-', '_')
  const [mark = '', word = ''] = (MARKS[content.type] ?? '').split(' ')
  return { content: fromMe && mark !== '' ? `${mark} ${text || word}` : text, media_type }
}

function messages(asked: Asked): WireResponse {
  const { query, world, number, id } = asked
  const limit = count(query.limit, 50, 100)
  const offset = count(query.offset, 0, 1_000_000)
  const chat = parseLoose(id)?.address
  const from = Date.parse(query.start_time ?? '')
  const to = Date.parse(query.end_time ?? '')
  const all = (chat && stored(asked) ? (world.find?.({ chat }) ?? []) : []).filter(
    (one) =>
      !(one.at < from) &&
      !(one.at > to) &&
      (query.is_from_me === undefined || one.fromMe === (query.is_from_me === 'true')),
  )
  const data = all.slice(offset, offset + limit).map((one) =>
    struct({
      id: one.id,
      chat_jid: formatJid(one.chat),
      sender_jid: one.fromMe ? ownJid(number) : formatJid(one.chat),
      ...written(one.message.content, one.fromMe),
      timestamp: rfc3339(one.at),
      is_from_me: one.fromMe,
      filename: '',
      url: '',
      file_length: 0,
      created_at: rfc3339(one.at),
      updated_at: rfc3339(one.at),
    }),
  )
  const pagination = struct({ limit, offset, total: all.length })
  const chat_info = struct({ jid: id, name: '' })
  return success('Success get chat messages', struct({ data, pagination, chat_info }))
}

/** `field` must be there, as a boolean or number; then the chat is changed. */
const change =
  (
    field: 'pinned' | 'archived' | 'timer_seconds',
    act: (asked: Asked, chat: Address, value: boolean | number) => void,
  ): Route['answer'] =>
  (asked) => {
    const value = asked.body[field]
    const wanted = field === 'timer_seconds' ? 'number' : 'boolean'
    if (typeof value !== wanted || (typeof value !== 'boolean' && typeof value !== 'number'))
      return failure(400, 'BAD_REQUEST', 'Invalid request body')
    if (field === 'timer_seconds' && ![0, 86_400, 604_800, 7_776_000].includes(Number(value)))
      return invalid('timer_seconds: must be a valid value.')
    const down = offline(asked)
    if (down) return down
    const chat = parseLoose(asked.id)?.address
    if (!chat) return failure(400, 'INVALID_JID', 'invalid JID')
    act(asked, chat, value)
    const message = `Chat ${field} set`
    return success(message, struct({ status: 'success', message, chat_jid: asked.id, [field]: value }))
  }

export const CHAT_ROUTES: readonly Route[] = [
  { method: 'GET', path: /\/chats$/, answer: chats },
  { method: 'GET', path: /\/chat\/([^/]+)\/messages$/, answer: messages },
  {
    method: 'POST',
    path: /\/chat\/([^/]+)\/pin$/,
    strict: true,
    answer: change('pinned', ({ world }, chat, value) => world.changeChat(chat, { pinned: value === true })),
  },
  {
    method: 'POST',
    path: /\/chat\/([^/]+)\/archive$/,
    since: [8, 1],
    strict: true,
    answer: change('archived', ({ world }, chat, value) =>
      world.changeChat(chat, { archived: value === true }),
    ),
  },
  {
    method: 'POST',
    path: /\/chat\/([^/]+)\/disappearing$/,
    since: [8, 0],
    strict: true,
    answer: change('timer_seconds', ({ world }, chat, value) => {
      world.memory.set(`timer ${chat}`, value)
      if (world.group(chat)) world.changeGroup(chat, { ephemeralSeconds: Number(value) })
    }),
  },
]
