import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { between } from './random.ts'

/**
 * What the far side does with one send:
 * - `ok`: passes it on and answers
 * - `slow`: passes it on, answers late
 * - `error`: passes it on or not, and answers 500: nobody can tell which
 * - `hang-up`: passes it on and closes the connection instead of answering; it knows the message afterwards
 * - `die`: the same, and afterwards it does not even know the message
 */
type Manner = 'ok' | 'slow' | 'error' | 'hang-up' | 'die'
export interface Temper {
  name: string
  /** Chance of each manner but `ok`. */
  odds: Partial<Record<Exclude<Manner, 'ok'>, number>>
  /** Refuses every connection. */
  refuse?: boolean
}
export const TEMPERS: readonly Temper[] = [
  { name: 'well', odds: {} },
  { name: 'well', odds: { slow: 0.02 } },
  { name: 'slow', odds: { slow: 0.3 } },
  { name: 'failing', odds: { error: 0.05, slow: 0.02 } },
  { name: 'hanging up', odds: { 'hang-up': 0.05, die: 0.03 } },
  { name: 'dying', odds: { die: 0.1 } },
  { name: 'away', odds: {}, refuse: true },
]
const WELL = TEMPERS[0]!

/** A message the customer got. */
export interface Heard {
  chat: string
  text: string
}

const OWN = '5511900000000@s.whatsapp.net'
const DEVICE = {
  id: 'slot-1',
  phone_number: '5511900000000',
  display_name: 'Crash',
  state: 'logged_in',
  jid: OWN,
  created_at: new Date().toISOString(),
}
const READS: Record<string, unknown> = {
  '/app/info': { version: 'v9.2.0', os: 'Chrome', base_path: '', max_file_size: 50_000_000 },
  '/app/status': { is_connected: true, is_logged_in: true, device_id: 'slot-1', jid: OWN },
  '/app/devices': [{ name: 'Crash', device: OWN, jid: OWN }],
  '/devices': [DEVICE],
  '/devices/slot-1': DEVICE,
  '/devices/slot-1/status': { device_id: 'slot-1', is_connected: true, is_logged_in: true },
}

/**
 * A gateway that speaks GOWA's REST, remembers everything it passed on, and misbehaves on command. A request
 * counts as passed on once its whole body arrived, whether or not the hub is still there to hear the answer.
 */
export class FarSide {
  readonly heard: Heard[] = []
  temper: Temper = WELL
  port = 0
  readonly #random: () => number
  readonly #sockets = new Set<Socket>()
  readonly #history = new Map<string, object[]>()
  #server: Server | undefined
  #ids = 0

  constructor(random: () => number) {
    this.#random = random
  }

  async open(): Promise<void> {
    if (this.#server) return
    const server = createServer((req, res) => this.#receive(req, res))
    server.keepAliveTimeout = 600_000
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.port, '127.0.0.1', resolve)
    })
    this.port = (server.address() as AddressInfo).port
    this.#server = server
  }

  /** From now on connections are refused, and open ones break. */
  async close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (!server) return
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  async become(temper: Temper): Promise<void> {
    this.temper = temper
    if (temper.refuse) await this.close()
    else await this.open()
  }

  #receive(req: IncomingMessage, res: ServerResponse): void {
    const chunks: Buffer[] = []
    req.on('error', () => {})
    res.on('error', () => {})
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const url = new URL(req.url ?? '/', 'http://far.side')
      if (req.method !== 'POST') this.#read(url, res)
      else if (url.pathname === '/send/message') this.#send(Buffer.concat(chunks).toString('utf8'), req, res)
      else
        answer(res, 200, {
          code: 'SUCCESS',
          message: 'ok',
          results: { message_id: this.#newId(), status: 'ok' },
        })
    })
  }

  #read(url: URL, res: ServerResponse): void {
    const chat = /^\/chat\/([^/]+)\/messages$/.exec(url.pathname)?.[1]
    if (chat === undefined) {
      answer(res, 200, { code: 'SUCCESS', message: 'ok', results: READS[url.pathname] ?? null })
      return
    }
    const data = (this.#history.get(decodeURIComponent(chat)) ?? []).slice(-50).reverse()
    const pagination = { limit: 50, offset: 0, total: data.length }
    answer(res, 200, { code: 'SUCCESS', message: 'ok', results: { data, pagination } })
  }

  #send(body: string, req: IncomingMessage, res: ServerResponse): void {
    const { phone, message } = JSON.parse(body) as { phone: string; message: string }
    const manner = this.#manner()
    const id = this.#newId()
    if (manner !== 'error' || this.#random() < 0.5) {
      this.heard.push({ chat: phone.replace(/@.*/, ''), text: message })
      if (manner !== 'die') this.#remember(phone, id, message)
    }
    const sent = {
      code: 'SUCCESS',
      message: 'ok',
      results: { message_id: id, status: `Message sent to ${phone}` },
    }
    switch (manner) {
      case 'ok':
        answer(res, 200, sent)
        return
      case 'slow':
        setTimeout(() => answer(res, 200, sent), between(this.#random, 100, 1500))
        return
      case 'error':
        answer(res, 500, { code: 'INTERNAL_SERVER_ERROR', message: 'something went wrong' })
        return
      case 'hang-up':
      case 'die':
        req.socket.destroy()
    }
  }

  #manner(): Manner {
    let left = this.#random()
    for (const [manner, chance] of Object.entries(this.temper.odds)) {
      left -= chance
      if (left < 0) return manner as Manner
    }
    return 'ok'
  }

  #remember(phone: string, id: string, content: string): void {
    const chat = phone.includes('@') ? phone : `${phone}@s.whatsapp.net`
    const now = new Date().toISOString()
    const list = this.#history.get(chat) ?? []
    list.push({
      id,
      chat_jid: chat,
      sender_jid: OWN,
      content,
      timestamp: now,
      is_from_me: true,
      media_type: '',
      created_at: now,
    })
    this.#history.set(chat, list)
  }

  #newId(): string {
    return `3EB0FAR${String(++this.#ids).padStart(9, '0')}`
  }
}

function answer(res: ServerResponse, status: number, body: object): void {
  if (res.destroyed) return
  const text = JSON.stringify(body)
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  res.end(text)
}
