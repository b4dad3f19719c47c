import type { Address } from '../core/address.ts'
import { address, addressKind, addressValue, chatKind } from '../core/address.ts'
import type { Author, Content, Message, MessageStatus, Party } from '../core/events.ts'
import { contentText } from '../core/events.ts'
import { type MessageId, messageId } from '../core/ids.ts'
import type { Clock, Random, TimerHandle } from '../core/ports.ts'
import type { FoundMessage, Happening, SimulatedNumber, World } from './port.ts'

/** Somebody with a phone of their own, who writes to our numbers. */
export interface Person {
  /** International number, digits. It is also the person's id in this world. */
  digits: string
  /** Digits of the id WhatsApp shows instead of the number. */
  privateDigits: string
  name: string
}

export interface Group {
  address: Address
  name: string
  description?: string
  /** Our number that is in it. */
  instance: string
  /** Digits of the people in it; our own number is always an admin. */
  members: string[]
}

export interface WorldMessage {
  id: MessageId
  at: number
  author: Author
  /** Digits of the person, or undefined when one of our numbers wrote it. */
  by?: string
  content: Content
  status: MessageStatus
  replyTo?: Message['replyTo']
  /** Client reference that a send through the API carried. */
  reference?: string
  reactions: { by?: string; emoji: string }[]
  editedAt?: number
  revokedAt?: number
  /** It never reaches our number's phone. */
  forged?: true
}

/** A conversation of one of our numbers; `address` is a person's phone or a group. */
export interface WorldChat {
  instance: string
  address: Address
  messages: WorldMessage[]
  /** Our number shows "typing…" here. */
  typing: boolean
  /** Somebody wrote by hand on the business phone, and has not given the chat back since. */
  byHand: boolean
}

/** A place to write: one of our numbers, a person, and a group when it is not their direct chat. */
export interface Place {
  instance: string
  person: string
  group?: Address
}

export type WorldEvent =
  /** A gateway would learn of this. */
  | { type: 'happened'; instance: string; happening: Happening }
  /** A message is new or changed. */
  | { type: 'message'; instance: string; chat: Address; message: WorldMessage }
  | { type: 'typing'; instance: string; chat: Address; typing: boolean }
  | { type: 'chat'; instance: string; chat: Address; byHand: boolean }
  | { type: 'number'; number: SimulatedNumber }
  | { type: 'group'; group: Group }
  | { type: 'person'; person: Person }

export interface WorldOptions {
  clock: Clock
  random: Random
  numbers: readonly SimulatedNumber[]
  people: readonly Person[]
  groups?: readonly Group[]
  /** How long until the other side's phone has, and has shown, a message: shortest and longest (ms). */
  deliveredMs?: readonly [number, number]
  readMs?: readonly [number, number]
}

/** Thrown when somebody asks for what cannot be done on WhatsApp; the message says why. */
export class WorldError extends Error {}

const MESSAGES_PER_CHAT = 500
const HELD_PER_NUMBER = 500
const PEOPLE = 200
const LONGEST_TYPING_MS = 25_000
const RANK: Record<MessageStatus, number> = { pending: 0, sent: 1, delivered: 2, read: 3, played: 4 }

/**
 * A WhatsApp of its own, in memory: people, our numbers, their chats. It knows what happened and tells its
 * subscribers; it knows nothing of HTTP or of any gateway's wire.
 *
 * Every phone number exists here, except those that end in `0000`: they are not on WhatsApp.
 */
export class SimulatedWhatsApp {
  readonly numbers: ReadonlyMap<string, SimulatedNumber>
  readonly people: Map<string, Person>
  readonly groups: Map<Address, Group>
  readonly #chats = new Map<string, WorldChat>()
  readonly #listeners = new Set<(event: WorldEvent) => void>()
  /** What happened while a number was not connected; WhatsApp hands it over when it is again. */
  readonly #held = new Map<string, Happening[]>()
  readonly #timers = new Set<TimerHandle>()
  readonly #typing = new Map<WorldChat, TimerHandle>()
  readonly #clock: Clock
  readonly #random: Random
  readonly #deliveredMs: readonly [number, number]
  readonly #readMs: readonly [number, number]

  constructor(options: WorldOptions) {
    this.#clock = options.clock
    this.#random = options.random
    this.#deliveredMs = options.deliveredMs ?? [150, 400]
    this.#readMs = options.readMs ?? [600, 1_200]
    this.numbers = new Map(options.numbers.map((number) => [number.instance, { ...number }]))
    this.people = new Map(options.people.map((person) => [person.digits, person]))
    this.groups = new Map(
      (options.groups ?? []).map((group) => [group.address, { ...group, members: [...group.members] }]),
    )
  }

  /** Calls `listener` with everything that happens or changes from now on; returns how to stop that. */
  subscribe(listener: (event: WorldEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  chats(): WorldChat[] {
    return [...this.#chats.values()]
  }

  /** Forgets every timer, so that nothing happens any more. */
  close(): void {
    for (const timer of [...this.#timers, ...this.#typing.values()]) timer.cancel()
    this.#timers.clear()
    this.#typing.clear()
  }

  // --- what people do ---------------------------------------------------------------------------------

  /** A person writes to one of our numbers or into a group. */
  say(place: Place, content: Content, replyTo?: MessageId): WorldMessage {
    const chat = this.#placed(place)
    return this.#receive(chat, place, {
      id: this.newMessageId(),
      author: 'other',
      by: place.person,
      content,
      ...this.#quote(chat, replyTo),
    })
  }

  /** Somebody writes by hand on the business phone: our own number, but not through its API. */
  sayByHand(place: Place, content: Content, replyTo?: MessageId): WorldMessage {
    const chat = this.#placed(place)
    if (!this.#number(place.instance).connected) throw new WorldError('the number is not connected')
    const message = this.#add(chat, {
      id: this.newMessageId(),
      author: 'person',
      content,
      ...this.#quote(chat, replyTo),
    })
    this.#happened(chat, { kind: 'message', message: onWire(message) }, 'person')
    this.#receipts(chat, message)
    this.#setByHand(chat, true)
    return message
  }

  /** What a person seems to have said was made up by somebody else: it keeps one tick. */
  neverDelivered({ chat, fact }: Happening): void {
    if (fact.kind !== 'message') return
    for (const { address: at, messages } of this.#chats.values()) {
      const message = at === chat?.address && messages.find(({ id }) => id === fact.message.id)
      if (message) message.forged = true
    }
  }

  /** Whoever wrote by hand in a chat is done with it. */
  handBack(place: Place): void {
    this.#setByHand(this.#placed(place), false)
  }

  /** A person's reaction; an empty `emoji` takes it back. */
  react(place: Place, target: MessageId, emoji: string): void {
    const chat = this.#placed(place)
    const message = this.#message(chat, target)
    this.#setReaction(chat, message, emoji, place.person)
    this.#happened(
      chat,
      { kind: 'reaction', target, emoji, id: this.newMessageId() },
      'other',
      this.#person(place.person),
    )
  }

  /** A person rewrites one of their own messages. */
  edit(place: Place, target: MessageId, text: string): void {
    const chat = this.#placed(place)
    const message = this.#own(chat, target, place.person)
    message.content = { ...message.content, text } as Content
    message.editedAt = this.#clock.now()
    this.#changed(chat, message)
    this.#happened(
      chat,
      { kind: 'edit', target, text, id: this.newMessageId() },
      'other',
      this.#person(place.person),
    )
  }

  /** A person deletes one of their own messages for everyone. */
  revoke(place: Place, target: MessageId): void {
    const chat = this.#placed(place)
    this.#takeBack(chat, this.#own(chat, target, place.person))
    this.#happened(chat, { kind: 'revoke', target }, 'other', this.#person(place.person))
  }

  /** A person opens the chat: everything of ours in it becomes read at once. */
  read(place: Place): void {
    const chat = this.#placed(place)
    for (const message of chat.messages) {
      if (message.by === undefined && message.revokedAt === undefined)
        this.#receipt(chat, message, this.#person(place.person), 'read', true)
    }
  }

  join(group: Address, digits: string): void {
    const found = this.#group(group)
    const person = this.#person(digits)
    if (found.members.includes(digits)) throw new WorldError(`${person.name} is in the group already`)
    found.members.push(digits)
    this.#membership(found, person, 'join')
  }

  leave(group: Address, digits: string): void {
    const found = this.#group(group)
    const person = this.#person(digits)
    if (!found.members.includes(digits)) throw new WorldError(`${person.name} is not in the group`)
    found.members = found.members.filter((member) => member !== digits)
    this.#membership(found, person, 'leave')
  }

  /** Connects one of our numbers to WhatsApp or cuts it off. What was missed comes when it is back. */
  setConnected(instance: string, connected: boolean): void {
    const number = this.#number(instance)
    if (number.connected === connected) return
    number.connected = connected
    this.#emit({ type: 'number', number })
    this.#emit({
      type: 'happened',
      instance,
      happening: {
        fact: { kind: 'connection', state: connected ? 'connected' : 'disconnected' },
        author: 'other',
        at: this.#clock.now(),
      },
    })
    if (!connected) return
    const held = this.#held.get(instance) ?? []
    this.#held.delete(instance)
    for (const happening of held) this.#emit({ type: 'happened', instance, happening })
    for (const chat of this.#chats.values()) {
      if (chat.instance !== instance) continue
      for (const message of chat.messages)
        if (message.by !== undefined) this.#move(chat, message, 'delivered')
    }
  }

  // --- what a gateway does for one of our numbers -------------------------------------------------------

  /** The world as the gateway of one number acts on it. */
  view(instance: string): World {
    const chatAt = (to: Address) => this.#chat(instance, this.#resolve(to))
    const find = (to: Address, target: MessageId) =>
      chatAt(to).messages.find((message) => message.id === target && message.revokedAt === undefined)
    return {
      now: () => this.#clock.now(),
      newMessageId: () => this.newMessageId(),
      isOnWhatsApp: (to) => this.#exists(to),
      send: (sent) => {
        const chat = chatAt(sent.to)
        const message = this.#add(chat, {
          id: sent.id,
          author: 'api',
          content: sent.content,
          ...(sent.reference !== undefined && { reference: sent.reference }),
          ...this.#quote(chat, sent.replyTo),
        })
        this.#setTyping(chat, false)
        this.#happened(chat, { kind: 'message', message: onWire(message) }, 'api', undefined, sent.reference)
        this.#receipts(chat, message)
      },
      react: (to, target, emoji) => {
        const message = find(to, target)
        if (message) this.#setReaction(chatAt(to), message, emoji, undefined)
      },
      revoke: (to, target) => {
        const message = find(to, target)
        // An admin may delete what others wrote in a group; in a direct chat only what is one's own.
        if (!message || (message.by !== undefined && chatKind(to) !== 'group')) return false
        this.#takeBack(chatAt(to), message)
        return true
      },
      read: (to, targets) => {
        for (const target of targets) {
          const message = find(to, target)
          if (message?.by !== undefined) this.#move(chatAt(to), message, 'read')
        }
      },
      typing: (to, state, ms) => this.#setTyping(chatAt(to), state === 'start', ms),
      group: (to) => {
        const group = this.groups.get(to)
        if (!group) return undefined
        const own = this.#number(group.instance)
        const people = group.members.map((digits) => ({ ...party(this.#person(digits)), admin: false }))
        return {
          name: group.name,
          ...(group.description !== undefined && { description: group.description }),
          members: [{ ...party(own), admin: true }, ...people],
        }
      },
      removeMember: (to, member) => {
        const group = this.groups.get(to)
        const person = this.#lookup(member)
        if (!group || !person || !group.members.includes(person.digits)) return false
        this.leave(to, person.digits)
        return true
      },
      find: (query) => this.#find(instance, query),
    }
  }

  #find(instance: string, query: Parameters<NonNullable<World['find']>>[0]): FoundMessage[] {
    const only = query.chat && this.#resolve(query.chat)
    const found: FoundMessage[] = []
    for (const chat of this.#chats.values()) {
      if (chat.instance !== instance || (only !== undefined && chat.address !== only)) continue
      for (const message of chat.messages) {
        const { id, at, reference } = message
        if (query.id !== undefined && id !== query.id) continue
        if (query.reference !== undefined && reference !== query.reference) continue
        found.push({
          id,
          chat: chat.address,
          message: onWire(message),
          at,
          fromMe: message.by === undefined,
          ...(reference !== undefined && { reference }),
        })
      }
    }
    return found.sort((a, b) => b.at - a.at)
  }

  /** A message id in WhatsApp's style: `3EB0` and 18 hexadecimal digits. */
  newMessageId(): MessageId {
    let id = '3EB0'
    while (id.length < 22) id += Math.floor(this.#random() * 16).toString(16)
    return messageId(id.toUpperCase())
  }

  // --- inside -------------------------------------------------------------------------------------------

  #emit(event: WorldEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  #changed(chat: WorldChat, message: WorldMessage): void {
    this.#emit({ type: 'message', instance: chat.instance, chat: chat.address, message })
  }

  #after(ms: number, run: () => void): void {
    const timer = this.#clock.setTimeout(() => {
      this.#timers.delete(timer)
      run()
    }, ms)
    this.#timers.add(timer)
  }

  #between([least, most]: readonly [number, number]): number {
    return least + this.#random() * (most - least)
  }

  #number(instance: string): SimulatedNumber {
    const number = this.numbers.get(instance)
    if (!number) throw new WorldError(`there is no number "${instance}"`)
    return number
  }

  #person(digits: string): Person {
    const person = this.people.get(digits)
    if (!person) throw new WorldError(`there is nobody with the number ${digits}`)
    return person
  }

  #group(at: Address): Group {
    const group = this.groups.get(at)
    if (!group) throw new WorldError('there is no such group')
    return group
  }

  #lookup(at: Address): Person | undefined {
    const value = addressValue(at)
    return addressKind(at) === 'private'
      ? [...this.people.values()].find((person) => person.privateDigits === value)
      : this.people.get(value)
  }

  #exists(to: Address): boolean {
    if (chatKind(to) === 'group') return this.groups.has(to)
    if (addressKind(to) === 'private') return this.#lookup(to) !== undefined
    return addressKind(to) === 'phone' && !addressValue(to).endsWith('0000')
  }

  /** The address a chat is kept under; a number nobody had so far gets a person. */
  #resolve(to: Address): Address {
    if (addressKind(to) !== 'phone' && addressKind(to) !== 'private') return to
    const known = this.#lookup(to)
    if (known) return address('phone', known.digits)
    if (addressKind(to) === 'phone' && this.people.size < PEOPLE) {
      const digits = addressValue(to)
      const person = { digits, privateDigits: `9${digits.split('').reverse().join('')}`, name: `+${digits}` }
      this.people.set(digits, person)
      this.#emit({ type: 'person', person })
    }
    return to
  }

  #chat(instance: string, at: Address): WorldChat {
    const key = `${instance} ${at}`
    let chat = this.#chats.get(key)
    if (!chat) {
      chat = {
        instance: this.#number(instance).instance,
        address: at,
        messages: [],
        typing: false,
        byHand: false,
      }
      this.#chats.set(key, chat)
    }
    return chat
  }

  #placed(place: Place): WorldChat {
    const person = this.#person(place.person)
    if (place.group === undefined) return this.#chat(place.instance, address('phone', person.digits))
    const group = this.#group(place.group)
    if (group.instance !== place.instance) throw new WorldError('this number is not in the group')
    if (!group.members.includes(person.digits)) throw new WorldError(`${person.name} is not in the group`)
    return this.#chat(group.instance, group.address)
  }

  #message(chat: WorldChat, target: MessageId): WorldMessage {
    const message = chat.messages.find((candidate) => candidate.id === target)
    if (!message || message.revokedAt !== undefined) throw new WorldError('there is no such message')
    return message
  }

  #own(chat: WorldChat, target: MessageId, by: string): WorldMessage {
    const message = this.#message(chat, target)
    if (message.by !== by) throw new WorldError('only the sender may do this')
    return message
  }

  #quote(chat: WorldChat, replyTo: MessageId | undefined): Pick<WorldMessage, 'replyTo'> {
    if (replyTo === undefined) return {}
    const quoted = chat.messages.find((message) => message.id === replyTo)
    const text = quoted ? contentText(quoted.content) : ''
    return { replyTo: { id: replyTo, ...(text !== '' && { text }) } }
  }

  #add(chat: WorldChat, message: Omit<WorldMessage, 'at' | 'status' | 'reactions'>): WorldMessage {
    const added: WorldMessage = { ...message, at: this.#clock.now(), status: 'sent', reactions: [] }
    chat.messages.push(added)
    if (chat.messages.length > MESSAGES_PER_CHAT) chat.messages.shift()
    this.#changed(chat, added)
    return added
  }

  #receive(
    chat: WorldChat,
    place: Place,
    message: Omit<WorldMessage, 'at' | 'status' | 'reactions'>,
  ): WorldMessage {
    const added = this.#add(chat, message)
    this.#happened(chat, { kind: 'message', message: onWire(added) }, 'other', this.#person(place.person))
    this.#after(this.#between(this.#deliveredMs), () => {
      if (this.#number(chat.instance).connected) this.#move(chat, added, 'delivered')
    })
    return added
  }

  #happened(
    chat: WorldChat,
    fact: Happening['fact'],
    author: Author,
    sender?: Person,
    reference?: string,
  ): void {
    const { instance } = chat
    const happening: Happening = {
      fact,
      author,
      at: this.#clock.now(),
      chat: this.#chatParty(chat.address),
      sender: party(sender ?? this.#number(instance)),
      ...(reference !== undefined && { reference }),
    }
    if (this.#number(instance).connected) {
      this.#emit({ type: 'happened', instance, happening })
      return
    }
    const held = this.#held.get(instance) ?? []
    if (held.push(happening) > HELD_PER_NUMBER) held.shift()
    this.#held.set(instance, held)
  }

  #chatParty(at: Address): Party {
    const group = this.groups.get(at)
    if (group) return { address: at, aliases: [], name: group.name }
    const person = this.#lookup(at)
    return person ? party(person) : { address: at, aliases: [] }
  }

  #membership(group: Group, person: Person, change: 'join' | 'leave'): void {
    this.#emit({ type: 'group', group })
    const chat = this.#chat(group.instance, group.address)
    this.#happened(chat, { kind: 'membership', change, members: [party(person)] }, 'other', person)
  }

  /** The phones that got our message say so, one after the other. */
  #receipts(chat: WorldChat, message: WorldMessage): void {
    const group = this.groups.get(chat.address)
    const recipients = group
      ? group.members.map((digits) => this.#person(digits))
      : [this.#lookup(chat.address)]
    const last = recipients.length - 1
    recipients.forEach((person, index) => {
      if (!person) return
      this.#after(this.#between(this.#deliveredMs), () => {
        this.#receipt(chat, message, person, 'delivered', index === last)
        this.#after(this.#between(this.#readMs), () =>
          this.#receipt(chat, message, person, 'read', index === last),
        )
      })
    })
  }

  /** In a group the ticks move with the last member only. */
  #receipt(
    chat: WorldChat,
    message: WorldMessage,
    person: Person,
    state: 'delivered' | 'read',
    moves: boolean,
  ): void {
    if (message.revokedAt !== undefined || (moves && RANK[message.status] >= RANK[state])) return
    if (moves) this.#move(chat, message, state)
    this.#happened(chat, { kind: 'receipt', target: message.id, state }, 'other', person)
  }

  /** A status only ever goes forward. */
  #move(chat: WorldChat, message: WorldMessage, status: MessageStatus): void {
    if (message.forged || RANK[message.status] >= RANK[status]) return
    message.status = status
    this.#changed(chat, message)
  }

  #setReaction(chat: WorldChat, message: WorldMessage, emoji: string, by: string | undefined): void {
    message.reactions = message.reactions.filter((reaction) => reaction.by !== by)
    if (emoji !== '') message.reactions.push({ emoji, ...(by !== undefined && { by }) })
    this.#changed(chat, message)
  }

  #takeBack(chat: WorldChat, message: WorldMessage): void {
    message.revokedAt = this.#clock.now()
    message.content = { type: 'text', text: '' }
    message.reactions = []
    this.#changed(chat, message)
  }

  #setByHand(chat: WorldChat, byHand: boolean): void {
    if (chat.byHand === byHand) return
    chat.byHand = byHand
    this.#emit({ type: 'chat', instance: chat.instance, chat: chat.address, byHand })
  }

  #setTyping(chat: WorldChat, typing: boolean, ms = 0): void {
    this.#typing.get(chat)?.cancel()
    this.#typing.delete(chat)
    if (typing) {
      const stop = () => this.#setTyping(chat, false)
      const shownMs = Math.min(ms > 0 ? ms : LONGEST_TYPING_MS, LONGEST_TYPING_MS)
      this.#typing.set(chat, this.#clock.setTimeout(stop, shownMs))
    }
    if (chat.typing === typing) return
    chat.typing = typing
    this.#emit({ type: 'typing', instance: chat.instance, chat: chat.address, typing })
  }
}

const party = (who: { digits: string; privateDigits: string; name: string }): Party => ({
  address: address('phone', who.digits),
  aliases: [address('private', who.privateDigits)],
  name: who.name,
})

const onWire = (message: WorldMessage): Message => ({
  id: message.id,
  content: message.content,
  ...(message.replyTo && { replyTo: message.replyTo }),
})
