import type { MessageId } from '../core/ids.ts'
import type { Random } from '../core/ports.ts'
import type { Chats } from './chats.ts'
import type { Person, WorldChat, WorldMessage } from './model.ts'
import type { Timers } from './news.ts'
import type { Happening } from './port.ts'

type Span = readonly [shortest: number, longest: number]

export interface ReceiptsParts {
  chats: Chats
  timers: Timers
  random: Random
  deliveredMs: Span
  readMs: Span
  happened(chat: WorldChat, fact: Happening['fact'], sender: Person, device?: number): void
}

/** The ticks of what our numbers say: every phone that gets a message says so, and again when it was read. */
export class Receipts {
  readonly #parts: ReceiptsParts
  /** Messages whose receipts are still to come, and how to have them all at once. */
  readonly #open = new Map<MessageId, () => void>()

  constructor(parts: ReceiptsParts) {
    this.#parts = parts
  }

  /** The phones that got our message say so, one after the other. In a group the ticks move with the last. */
  expect(chat: WorldChat, message: WorldMessage, recipients: readonly Person[]): void {
    const { timers } = this.#parts
    const pending = new Set<{ cancel(): void }>()
    const last = recipients.length - 1
    this.#open.set(message.id, () => {
      for (const timer of pending) timer.cancel()
      for (const state of ['delivered', 'read'] as const)
        for (const [index, person] of recipients.entries())
          this.tell(chat, message, person, state, index === last)
    })
    recipients.forEach((person, index) => {
      const tell = (state: 'delivered' | 'read') => {
        this.tell(chat, message, person, state, index === last)
        if (state === 'read' && index === last) this.#open.delete(message.id)
      }
      pending.add(
        timers.after(this.between(this.#parts.deliveredMs), () => {
          tell('delivered')
          pending.add(timers.after(this.between(this.#parts.readMs), () => tell('read')))
        }),
      )
    })
    if (recipients.length === 0) this.#open.delete(message.id)
  }

  /** Everything that is still to come for this message comes now. */
  hurry(id: MessageId): void {
    const now = this.#open.get(id)
    this.#open.delete(id)
    now?.()
  }

  /** One person's phone, and every device linked to it, says so. `moves`: the ticks follow. */
  tell(
    chat: WorldChat,
    message: WorldMessage,
    person: Person,
    state: 'delivered' | 'read',
    moves: boolean,
  ): void {
    const { chats, happened } = this.#parts
    if (message.revokedAt !== undefined || (moves && chats.hasReached(message, state))) return
    if (moves) chats.move(chat, message, state)
    const fact = { kind: 'receipt', target: message.id, state } as const
    happened(chat, fact, person)
    for (let device = 1; device <= (person.devices ?? 0); device++) happened(chat, fact, person, device)
  }

  between([least, most]: Span): number {
    return least + this.#parts.random() * (most - least)
  }
}
