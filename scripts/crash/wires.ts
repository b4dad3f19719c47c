import { createHmac } from 'node:crypto'

/** One request of the hub that has to do with messages, whatever the gateway spells it like. */
export type Asked =
  | { type: 'send'; chat: string; text: string; reference: string }
  | { type: 'find'; chat: string | undefined; reference: string | undefined; since: number }
  | { type: 'other'; path: string }

/** A message the far side passed on, as it remembers it. */
export interface Passed {
  id: string
  chat: string
  text: string
  reference: string
  /** ms since 1970 */
  at: number
}

export interface Post {
  body: string
  headers: Record<string, string>
}

/** One gateway's spelling of the little that a crash run needs. */
export interface Wire {
  readonly instance: string
  /** Below `/webhooks/`. */
  readonly webhook: string
  /** Of the instance in the hub's configuration. */
  readonly settings: Record<string, unknown>
  /** A customer's message. */
  says(one: { id: string; chat: string; text: string }): Post
  /** What the gateway reports about a message of ours by itself; it may come before the answer. */
  reports(passed: Passed): Post
  read(method: string, url: URL, body: string): Asked
  sent(passed: Passed): object
  found(passed: readonly Passed[]): object
  failed: object
  other(path: string): object
}

const OWN = '5511900000000'
const seconds = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z/, 'Z')

const SECRET = 'crash-secret-0123456789'
const ownJid = `${OWN}@s.whatsapp.net`
const digitsOf = (chat: string): string => decodeURIComponent(chat).replace(/@.*/, '')
const success = (results: unknown): object => ({ code: 'SUCCESS', message: 'ok', results })
const signed = (payload: object): Post => {
  const body = JSON.stringify(payload)
  const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`
  return { body, headers: { 'x-hub-signature-256': signature } }
}
const device = {
  id: 'slot-1',
  phone_number: OWN,
  display_name: 'Crash',
  state: 'logged_in',
  jid: ownJid,
  created_at: new Date().toISOString(),
}
const GOWA_READS: Record<string, unknown> = {
  '/app/info': { version: 'v9.2.0', os: 'Chrome', base_path: '', max_file_size: 50_000_000 },
  '/app/status': { is_connected: true, is_logged_in: true, device_id: 'slot-1', jid: ownJid },
  '/app/devices': [{ name: 'Crash', device: ownJid, jid: ownJid }],
  '/devices': [device],
  '/devices/slot-1': device,
  '/devices/slot-1/status': { device_id: 'slot-1', is_connected: true, is_logged_in: true },
}

/** Signs its deliveries, knows no references, and does not report its own sends but by receipts. */
export const gowa: Wire = {
  instance: 'crash-gowa',
  webhook: 'crash-gowa',
  settings: { gateway: 'gowa', webhook: { secrets: [SECRET] } },
  says: ({ id, chat, text }) =>
    signed({
      event: 'message',
      device_id: ownJid,
      payload: {
        id,
        timestamp: seconds(Date.now()),
        is_from_me: false,
        chat_id: `${chat}@s.whatsapp.net`,
        from: `${chat}@s.whatsapp.net`,
        from_name: 'Ana',
        body: text,
      },
    }),
  reports: ({ id, chat, at }) =>
    signed({
      event: 'message.ack',
      device_id: ownJid,
      timestamp: seconds(at),
      payload: {
        ids: [id],
        chat_id: `${chat}@s.whatsapp.net`,
        from: `${chat}@s.whatsapp.net`,
        receipt_type: 'delivered',
        receipt_type_description: 'the message was delivered',
      },
    }),
  read(method, url, body) {
    if (method === 'POST' && url.pathname === '/send/message') {
      const { phone, message } = JSON.parse(body) as { phone: string; message: string }
      return { type: 'send', chat: digitsOf(phone), text: message, reference: '' }
    }
    const chat = /^\/chat\/([^/]+)\/messages$/.exec(url.pathname)?.[1]
    if (chat === undefined) return { type: 'other', path: url.pathname }
    const since = Date.parse(url.searchParams.get('start_time') ?? '')
    return {
      type: 'find',
      chat: digitsOf(chat),
      reference: undefined,
      since: Number.isNaN(since) ? 0 : since,
    }
  },
  sent: ({ id, chat }) => success({ message_id: id, status: `Message sent to ${chat}` }),
  found: (passed) =>
    success({
      data: passed.map(({ id, chat, text, at }) => ({
        id,
        chat_jid: `${chat}@s.whatsapp.net`,
        sender_jid: ownJid,
        content: text,
        timestamp: seconds(at),
        is_from_me: true,
        media_type: '',
        created_at: seconds(at),
      })),
      pagination: { limit: 100, offset: 0, total: passed.length },
    }),
  failed: { code: 'INTERNAL_SERVER_ERROR', message: 'something went wrong' },
  other: (path) => success(GOWA_READS[path] ?? null),
}

const TOKEN = '00000000-0000-4000-8000-0000000000c4'
const KEY = 'crash-key-in-the-url-0123456789'
const plain = (message: object): Post => ({
  body: JSON.stringify({
    BaseUrl: 'https://crash.uazapi.example',
    EventType: 'messages',
    owner: OWN,
    instanceName: 'crash',
    token: TOKEN,
    chat: {},
    chatSource: 'updated',
    message,
  }),
  headers: {},
})
const wireMessage = (one: { id: string; chat: string; text: string }, rest: object): object => ({
  id: `${OWN}:${one.id}`,
  messageid: one.id,
  chatid: `${one.chat}@s.whatsapp.net`,
  chatlid: '',
  sender: `${one.chat}@s.whatsapp.net`,
  sender_pn: `${one.chat}@s.whatsapp.net`,
  sender_lid: '',
  senderName: 'Ana',
  groupName: 'Unknown',
  fromMe: false,
  isGroup: false,
  owner: OWN,
  type: 'text',
  messageType: 'Conversation',
  mediaType: '',
  text: one.text,
  content: one.text,
  quoted: '',
  edited: '',
  reaction: '',
  vote: '',
  convertOptions: '',
  buttonOrListid: '',
  messageTimestamp: Date.now(),
  source: 'android',
  status: '',
  track_source: '',
  track_id: '',
  wasSentByApi: false,
  ...rest,
})
const ownMessage = (passed: Passed): object =>
  wireMessage(passed, {
    sender: ownJid,
    sender_pn: ownJid,
    senderName: 'Crash',
    fromMe: true,
    source: 'web',
    messageTimestamp: passed.at,
    track_id: passed.reference,
    wasSentByApi: true,
  })

/** Proves its deliveries by the key in the URL, gives references back, and echoes its own sends. */
export const uazapi: Wire = {
  instance: 'crash-uazapi',
  webhook: `crash-uazapi/${KEY}`,
  settings: { gateway: 'uazapi', token: TOKEN, webhook: { key: KEY } },
  says: (one) => plain(wireMessage(one, {})),
  reports: (passed) => plain(ownMessage(passed)),
  read(method, url, body) {
    const asked = method === 'POST' ? (JSON.parse(body) as Record<string, string | undefined>) : {}
    if (url.pathname === '/send/text') {
      const { number = '', text = '', track_id = '' } = asked
      return { type: 'send', chat: digitsOf(number), text, reference: track_id }
    }
    if (url.pathname !== '/message/find') return { type: 'other', path: url.pathname }
    const chat = asked.chatid === undefined ? undefined : digitsOf(asked.chatid)
    return { type: 'find', chat, reference: asked.track_id, since: 0 }
  },
  sent: (passed) => ({ ...ownMessage(passed), response: { status: 'success', message: 'Message sent' } }),
  found: (passed) => ({
    returnedMessages: passed.length,
    messages: passed.map((one) => ({ ...ownMessage(one), status: 'Sent' })),
    limit: 100,
    offset: 0,
    nextOffset: passed.length,
    hasMore: false,
  }),
  failed: { error: 'internal error' },
  other: (path) =>
    path === '/instance/status'
      ? {
          instance: { status: 'connected', name: 'crash', owner: OWN },
          status: { connected: true, loggedIn: true, jid: ownJid },
        }
      : {},
}

export const WIRES: readonly Wire[] = [gowa, uazapi]
