import { type Address, address } from '../core/address.ts'
import type { Message, MessageStatus, Party } from '../core/events.ts'
import { contentText } from '../core/events.ts'
import type { MessageId } from '../core/ids.ts'
import type { Clock, TimerHandle } from '../core/ports.ts'
import { type ChatSettings, type NewMessage, type WorldChat, WorldError, type WorldMessage } from './model.ts'
import type { News } from './news.ts'
import { type People, party } from './people.ts'
import type { FoundMessage } from './port.ts'

const MESSAGES_PER_CHAT = 500
const LONGEST_TYPING_MS = 25_000
const RANK: Record<MessageStatus, number> = { pending: 0, sent: 1, delivered: 2, read: 3, played: 4 }

/** Every conversation of our numbers. What changes in one is told, what it means is the world's business. */
export class Chats {
  readonly #chats = new Map<string, WorldChat>()
  readonly #typing = new Map<WorldChat, TimerHandle>()
  readonly #clock: Clock
  readonly #news: News
  readonly #people: People

  constructor(clock: Clock, news: News, people: People) {
    this.#clock = clock
    this.#news = news
    this.#people = people
  }

  list(): WorldChat[] {
    return [...this.#chats.values()]
  }

  of(instance: string): WorldChat[] {
    return this.list().filter((chat) => chat.instance === instance)
  }

  /** The chat of a number with somebody or a group; begun when there is none. `at` as {@link People.resolve} has it. */
  at(instance: string, at: Address): WorldChat {
    const key = `${instance} ${at}`
    let chat = this.#chats.get(key)
    if (!chat) {
      const settings = {
        archived: false,
        pinned: false,
        mutedUntil: 0,
        labels: [],
        unread: 0,
        blocked: false,
      }
      chat = { instance, address: at, messages: [], typing: false, byHand: false, settings }
      this.#chats.set(key, chat)
    }
    return chat
  }

  /** A direct chat with a person. */
  with(instance: string, digits: string): WorldChat {
    return this.at(instance, address('phone', this.#people.get(digits).digits))
  }

  remove(chat: WorldChat): void {
    this.setTyping(chat, false)
    chat.messages.length = 0
    this.#chats.delete(`${chat.instance} ${chat.address}`)
  }

  close(): void {
    for (const timer of this.#typing.values()) timer.cancel()
    this.#typing.clear()
  }

  /** A message that is still there. */
  find(chat: WorldChat, target: MessageId): WorldMessage | undefined {
    return chat.messages.find((message) => message.id === target && message.revokedAt === undefined)
  }

  /** @throws WorldError when it is not there, or not any more */
  message(chat: WorldChat, target: MessageId): WorldMessage {
    const message = this.find(chat, target)
    if (!message) throw new WorldError('there is no such message')
    return message
  }

  /** @throws WorldError when somebody else wrote it */
  own(chat: WorldChat, target: MessageId, by: string): WorldMessage {
    const message = this.message(chat, target)
    if (message.by !== by) throw new WorldError('only the sender may do this')
    return message
  }

  quote(chat: WorldChat, replyTo: MessageId | undefined): Pick<WorldMessage, 'replyTo'> {
    if (replyTo === undefined) return {}
    const quoted = chat.messages.find((message) => message.id === replyTo)
    const text = quoted ? contentText(quoted.content) : ''
    return { replyTo: { id: replyTo, ...(text !== '' && { text }) } }
  }

  add(chat: WorldChat, message: NewMessage): WorldMessage {
    const added: WorldMessage = { ...message, at: this.#clock.now(), status: 'sent', reactions: [] }
    chat.messages.push(added)
    if (chat.messages.length > MESSAGES_PER_CHAT) chat.messages.shift()
    this.changed(chat, added)
    return added
  }

  changed(chat: WorldChat, message: WorldMessage): void {
    this.#news.tell({ type: 'message', instance: chat.instance, chat: chat.address, message })
  }

  /** Has a receipt of this state no news for this message? */
  hasReached(message: WorldMessage, status: MessageStatus): boolean {
    return RANK[message.status] >= RANK[status]
  }

  /** A status only ever goes forward. */
  move(chat: WorldChat, message: WorldMessage, status: MessageStatus): void {
    if (message.forged || this.hasReached(message, status)) return
    message.status = status
    this.changed(chat, message)
  }

  rewrite(chat: WorldChat, message: WorldMessage, text: string): void {
    message.content = { ...message.content, text }
    message.editedAt = this.#clock.now()
    this.changed(chat, message)
  }

  setReaction(chat: WorldChat, message: WorldMessage, emoji: string, by: string | undefined): void {
    message.reactions = message.reactions.filter((reaction) => reaction.by !== by)
    if (emoji !== '') message.reactions.push({ emoji, ...(by !== undefined && { by }) })
    this.changed(chat, message)
  }

  setVote(chat: WorldChat, message: WorldMessage, options: string[], by: string): void {
    message.votes = (message.votes ?? []).filter((vote) => vote.by !== by)
    if (options.length > 0) message.votes.push({ by, options })
    this.changed(chat, message)
  }

  setFlag(chat: WorldChat, message: WorldMessage, flag: 'pinned' | 'starred', on: boolean): void {
    if (on) message[flag] = true
    else delete message[flag]
    this.changed(chat, message)
  }

  takeBack(chat: WorldChat, message: WorldMessage): void {
    message.revokedAt = this.#clock.now()
    message.content = { type: 'text', text: '' }
    message.reactions = []
    this.changed(chat, message)
  }

  setByHand(chat: WorldChat, byHand: boolean): void {
    if (chat.byHand === byHand) return
    chat.byHand = byHand
    this.#tellChat(chat)
  }

  setSettings(chat: WorldChat, change: Partial<ChatSettings>): void {
    Object.assign(chat.settings, change)
    this.#tellChat(chat)
  }

  setTyping(chat: WorldChat, typing: boolean, ms = 0): void {
    this.#typing.get(chat)?.cancel()
    this.#typing.delete(chat)
    if (typing) {
      const stop = () => this.setTyping(chat, false)
      const shownMs = Math.min(ms > 0 ? ms : LONGEST_TYPING_MS, LONGEST_TYPING_MS)
      this.#typing.set(chat, this.#clock.setTimeout(stop, shownMs))
    }
    if (chat.typing === typing) return
    chat.typing = typing
    this.#news.tell({ type: 'typing', instance: chat.instance, chat: chat.address, typing })
  }

  /** The messages of a number that fit all of it, newest first. */
  search(
    instance: string,
    query: { id?: MessageId; chat?: Address; reference?: string },
    shown: (at: Address) => Party,
  ): FoundMessage[] {
    const found: FoundMessage[] = []
    for (const chat of this.of(instance)) {
      if (query.chat !== undefined && chat.address !== query.chat) continue
      for (const message of chat.messages) {
        const { id, at, reference } = message
        if (query.id !== undefined && id !== query.id) continue
        if (query.reference !== undefined && reference !== query.reference) continue
        found.push({
          id,
          chat: shown(chat.address).address,
          message: onWire(message),
          at,
          fromMe: message.by === undefined,
          ...(message.by !== undefined && { sender: party(this.#people.get(message.by)) }),
          ...(reference !== undefined && { reference }),
        })
      }
    }
    return found.sort((a, b) => b.at - a.at)
  }

  #tellChat({ instance, address: chat, byHand, settings }: WorldChat): void {
    this.#news.tell({ type: 'chat', instance, chat, byHand, settings })
  }
}

/** A message as a gateway hands it on. */
export const onWire = (message: WorldMessage): Message => ({
  id: message.id,
  content: message.content,
  ...(message.replyTo && { replyTo: message.replyTo }),
  ...(message.mentions && message.mentions.length > 0 && { mentions: message.mentions }),
  ...(message.forwarded && { forwarded: true }),
})
