import type { Address } from '../../core/address.ts'
import { contentText } from '../../core/events.ts'
import type { WorldMessage } from '../model.ts'
import type { PostEntry, StripEntry } from '../strip.ts'
import type { ExpectedReply } from './schema.ts'

/** What became of the deliveries. */
export interface Deliveries {
  /** Messages of customers that a gateway handed on; forged ones are none. */
  messages: number
  acknowledged: number
  /** Deliveries of every kind, and tries of them. */
  posted: number
  attempts: number
  /** How often the hub said that it knew it already. */
  duplicates: number
  refused: number
  lost: number
  /** Lost by the gateway itself. */
  dropped: number
  /** How long the hub took to acknowledge (ms). */
  ackMs: { p50: number; p99: number; max: number }
}

/** Watches what goes to the hub, and says afterwards what was wrong with it. */
export class Judge {
  readonly #posts = new Map<number, PostEntry>()

  see(entry: StripEntry): void {
    if (entry.type === 'post') this.#posts.set(entry.id, entry)
  }

  deliveries(): Deliveries {
    const posts = [...this.#posts.values()]
    const state = (name: PostEntry['state']) => posts.filter((post) => post.state === name).length
    const messages = [...this.#messages().values()].filter((copies) => !isForged(copies))
    const times = posts
      .filter((post) => post.state === 'accepted')
      .flatMap((post) => post.attempts.at(-1)?.ms ?? [])
      .sort((a, b) => a - b)
    const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
    return {
      messages: messages.length,
      acknowledged: messages.filter(isAccepted).length,
      posted: posts.length,
      attempts: posts.reduce((sum, post) => sum + post.attempts.length, 0),
      duplicates: posts.reduce((sum, post) => sum + (post.duplicates ?? 0), 0),
      refused: state('refused'),
      lost: state('lost'),
      dropped: state('dropped'),
      ackMs: { p50: at(0.5), p99: at(0.99), max: times.at(-1) ?? 0 },
    }
  }

  /** Every message must be acknowledged, and every forged one refused. */
  faults(): string[] {
    const faults: string[] = []
    for (const [message, copies] of this.#messages()) {
      const forged = isForged(copies)
      const accepted = isAccepted(copies)
      if (forged && accepted) faults.push(`forged message ${message} was accepted`)
      if (forged || accepted || copies.some(({ state }) => state === 'dropped')) continue
      const last = copies.at(-1)?.attempts.at(-1)
      const said = last?.status === undefined ? (last?.failed ?? 'never posted') : `answered ${last.status}`
      faults.push(`message ${message} of a customer was not acknowledged: ${said}`)
    }
    return faults
  }

  /** Deliveries of customers' messages by message. */
  #messages(): Map<string, PostEntry[]> {
    const messages = new Map<string, PostEntry[]>()
    for (const post of this.#posts.values()) {
      if (post.what !== 'message' || post.by !== 'other' || post.message === undefined) continue
      const copies = messages.get(post.message) ?? []
      copies.push(post)
      messages.set(post.message, copies)
    }
    return messages
  }
}

const isForged = (copies: readonly PostEntry[]) => copies.some(({ fault }) => fault === 'forge')
const isAccepted = (copies: readonly PostEntry[]) => copies.some(({ state }) => state === 'accepted')

/** Client references that more than one message carries: what was decided once was said more than once. */
export function sentTwice(
  chats: readonly { address: Address; messages: readonly WorldMessage[] }[],
): string[] {
  const times = new Map<string, number>()
  for (const { messages } of chats)
    for (const { reference } of messages)
      if (reference !== undefined) times.set(reference, (times.get(reference) ?? 0) + 1)
  return [...times]
    .filter(([, count]) => count > 1)
    .map(([reference, count]) => `command ${reference} went out ${count} times`)
}

export const fits = (expected: ExpectedReply, { content }: WorldMessage): boolean =>
  (expected.text === undefined || contentText(content) === expected.text) &&
  (expected.matches === undefined || new RegExp(expected.matches, 'u').test(contentText(content))) &&
  (expected.type === undefined || content.type === expected.type)

/** An answer or an expectation in a few words. */
export const inWords = (message: WorldMessage): string => {
  const words = contentText(message.content)
  return words === '' ? `(${message.content.type})` : quoted(words)
}
export const asExpected = ({ text, matches, type }: ExpectedReply): string =>
  [type && `(${type})`, text !== undefined && quoted(text), matches !== undefined && `/${matches}/`]
    .filter(Boolean)
    .join(' ')

const quoted = (words: string): string => JSON.stringify(words.length > 80 ? `${words.slice(0, 79)}…` : words)
