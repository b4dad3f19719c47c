import { createHmac } from 'node:crypto'

export const SECRET = 'bench-secret-0123456789'
export const PATH = '/webhooks/bench'
const BODY_BYTES = 350
const FIRST_PHONE = 5511900000000

/** Whose chat the i-th is. */
export const phoneOf = (i: number): number => FIRST_PHONE + i

export interface Recipe {
  /** Part of every message id, so that no two batches share one. */
  batch: string
  count: number
  chats: number
  /** What the customer writes; filler by default. */
  text?: string
}

/** One signed webhook delivery of exactly 350 bytes, as a whole HTTP request ready for a socket. */
export function requests({ batch, count, chats, text }: Recipe, host: string): Buffer[] {
  const timestamp = new Date().toISOString().replace(/\.\d+Z/, 'Z')
  return Array.from({ length: count }, (_, i) => {
    const chat = `${phoneOf(i % chats)}@s.whatsapp.net`
    const payload = {
      id: `3EB0${batch}${i}`,
      timestamp,
      is_from_me: false,
      chat_id: chat,
      from: chat,
      from_name: '',
      body: text ?? '',
    }
    const message = { event: 'message', device_id: '5511900000000@s.whatsapp.net', payload }
    const missing = BODY_BYTES - JSON.stringify(message).length
    // A customer who has something to say fills the body; otherwise the name does, and the text stays as asked.
    if (text === undefined) payload.body = 'x'.repeat(Math.max(0, missing))
    else payload.from_name = 'n'.repeat(Math.max(0, missing))
    const body = JSON.stringify(message)
    const signature = createHmac('sha256', SECRET).update(body).digest('hex')
    return Buffer.from(
      `POST ${PATH} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\nx-hub-signature-256: sha256=${signature}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    )
  })
}
