import type { Said } from './judge.ts'
import { between, sleep } from './random.ts'
import type { Post, Wire } from './wires.ts'

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
  /** Where the next attempt goes. */
  readonly #hub: () => string
  readonly #chats: string[]
  readonly #wires: readonly Wire[]
  readonly #busy = new Set<string>()
  readonly #written = new Map<string, Said[]>()
  #running = false
  #workers: Promise<void>[] = []

  constructor(options: { random: () => number; hub: () => string; wires: readonly Wire[]; chats: number }) {
    this.#random = options.random
    this.#hub = options.hub
    this.#wires = options.wires
    this.#chats = Array.from({ length: options.chats }, (_, i) => String(5511910000000 + i))
  }

  start(workers: number): void {
    this.#running = true
    this.#workers = Array.from({ length: workers }, () => this.#work())
  }

  /** What a gateway reports by itself: soon, once or twice, and not for long. */
  report(wire: Wire, post: Post): void {
    const copies = this.#random() < 0.2 ? 2 : 1
    for (let i = 0; i < copies; i++) {
      void sleep(between(this.#random, 0, 300)).then(() => this.#post(wire, post))
    }
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

  async #deliver(one: Said): Promise<void> {
    // A chat stays with its gateway.
    const wire = this.#wires[Number(one.chat) % this.#wires.length]!
    if (await this.#post(wire, wire.says(one))) one.acknowledged = true
  }

  /** One delivery with its retries, the same bytes each time. @returns whether it was acknowledged */
  async #post(wire: Wire, { body, headers }: Post): Promise<boolean> {
    for (let attempt = 0; ; attempt++) {
      const status = await fetch(`${this.#hub()}/webhooks/${wire.webhook}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body,
        signal: AbortSignal.timeout(ATTEMPT_TIMEOUT_MS),
      }).then(
        async (response) => {
          await response.arrayBuffer().catch(() => {})
          return response.status
        },
        () => 0,
      )
      if (status === 200) return true
      const delay = RETRY_DELAYS_MS[attempt]
      if (delay === undefined) return false
      await sleep(delay)
    }
  }
}
