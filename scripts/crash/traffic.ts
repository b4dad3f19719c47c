import { createHmac } from 'node:crypto'
import type { Said } from './judge.ts'
import { between, sleep } from './random.ts'

export const SECRET = 'crash-secret-0123456789'
export const INSTANCE = 'crash'
/** Waits between the attempts of one delivery: GOWA's four, ten times as fast. */
const RETRY_DELAYS_MS = [100, 200, 400, 800]
const ATTEMPT_TIMEOUT_MS = 5_000

/**
 * Customers of many chats. One chat writes its next message only once the last one was acknowledged or given
 * up, so that the order it expects is known; deliveries of different chats overlap freely.
 */
export class Traffic {
  readonly said: Said[] = []
  readonly #random: () => number
  readonly #url: () => string
  readonly #chats: string[]
  readonly #busy = new Set<string>()
  readonly #written = new Map<string, Said[]>()
  #running = false
  #workers: Promise<void>[] = []

  constructor(options: { random: () => number; url: () => string; chats: number }) {
    this.#random = options.random
    this.#url = options.url
    this.#chats = Array.from({ length: options.chats }, (_, i) => String(5511910000000 + i))
  }

  start(workers: number): void {
    this.#running = true
    this.#workers = Array.from({ length: workers }, () => this.#work())
  }

  /** Lets everybody finish the message at hand. */
  async stop(): Promise<void> {
    this.#running = false
    await Promise.all(this.#workers)
  }

  async #work(): Promise<void> {
    while (this.#running) {
      await sleep(between(this.#random, 5, 100))
      const chat = this.#chats[Math.floor(this.#random() * this.#chats.length)] ?? ''
      if (this.#busy.has(chat)) continue
      this.#busy.add(chat)
      await this.#write(chat)
      this.#busy.delete(chat)
    }
  }

  async #write(chat: string): Promise<void> {
    const before = this.#written.get(chat) ?? []
    const number = before.length + 1
    const one: Said = { chat, id: `3EB0C${chat}N${number}`, text: `${chat}/${number}`, acknowledged: false }
    this.#written.set(chat, [...before, one])
    this.said.push(one)
    const copies = this.#random() < 0.05 ? 2 : 1
    await Promise.all(Array.from({ length: copies }, () => this.#deliver(one)))
    // A duplicate right away, or of something long past.
    if (this.#random() < 0.05) await this.#deliver(one)
    const old = before[Math.floor(this.#random() * before.length)]
    // One that was given up would be news now, and rightly come after its successors.
    if (old?.acknowledged && this.#random() < 0.05) await this.#deliver(old)
  }

  /** One delivery with its retries, the same bytes each time. */
  async #deliver(one: Said): Promise<void> {
    const address = `${one.chat}@s.whatsapp.net`
    const body = JSON.stringify({
      event: 'message',
      device_id: '5511900000000@s.whatsapp.net',
      payload: {
        id: one.id,
        timestamp: new Date().toISOString().replace(/\.\d+Z/, 'Z'),
        is_from_me: false,
        chat_id: address,
        from: address,
        from_name: 'Ana',
        body: one.text,
      },
    })
    const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`
    for (let attempt = 0; ; attempt++) {
      const status = await fetch(this.#url(), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-hub-signature-256': signature },
        body,
        signal: AbortSignal.timeout(ATTEMPT_TIMEOUT_MS),
      }).then(
        async (response) => {
          await response.arrayBuffer().catch(() => {})
          return response.status
        },
        () => 0,
      )
      if (status === 200) {
        one.acknowledged = true
        return
      }
      const delay = RETRY_DELAYS_MS[attempt]
      if (delay === undefined) return
      await sleep(delay)
    }
  }
}
