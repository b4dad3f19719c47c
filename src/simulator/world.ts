import { type Address, address } from '../core/address.ts'
import type { Content, GroupChange, PresenceState } from '../core/events.ts'
import { type MessageId, messageId } from '../core/ids.ts'
import type { Clock, Random } from '../core/ports.ts'
import { Calls } from './calls.ts'
import { Chats, onWire } from './chats.ts'
import { Groups, type MemberChange, type MemberOutcome } from './groups.ts'
import { Login } from './login.ts'
import {
  type Group,
  type Person,
  type Place,
  type WorldChat,
  WorldError,
  type WorldEvent,
  type WorldMessage,
} from './model.ts'
import { News, Timers } from './news.ts'
import { People } from './people.ts'
import { Places } from './places.ts'
import type { Happening, SimulatedNumber, World } from './port.ts'
import { Receipts } from './receipts.ts'
import { Shelf } from './shelf.ts'
import { createView } from './view.ts'

export interface WorldOptions {
  clock: Clock
  random: Random
  numbers: readonly SimulatedNumber[]
  people: readonly Person[]
  groups?: readonly Group[]
  /** How long until the other side's phone has, and has shown, a message: shortest and longest (ms). */
  deliveredMs?: readonly [number, number]
  readMs?: readonly [number, number]
  /** How long until somebody scans an offered QR or types a code (ms); `never`: only when told to. */
  scanMs?: number | 'never'
}

/**
 * A WhatsApp of its own, in memory: people, our numbers, their chats and groups. It knows what happened and
 * tells its subscribers; it knows nothing of HTTP or of any gateway's wire.
 *
 * Every phone number exists here, except those that end in `0000`: they are not on WhatsApp.
 */
export class SimulatedWhatsApp {
  readonly numbers: ReadonlyMap<string, SimulatedNumber>
  readonly people: Map<string, Person>
  readonly groups: Map<Address, Group>
  readonly #clock: Clock
  readonly #random: Random
  readonly #news: News
  readonly #timers: Timers
  readonly #people: People
  readonly #groups: Groups
  readonly #chats: Chats
  readonly #places: Places
  readonly #receipts: Receipts
  readonly #deliveredMs: readonly [number, number]
  readonly #calls: Calls
  readonly #login: Login
  readonly #shelf = new Shelf()
  readonly #views = new Map<string, World>()

  constructor(options: WorldOptions) {
    const { clock, random, scanMs = 3_000 } = options
    this.#clock = clock
    this.#random = random
    this.#news = new News(clock)
    this.#timers = new Timers(clock)
    this.numbers = new Map(options.numbers.map((number) => [number.instance, { ...number }]))
    const news = this.#news
    const timers = this.#timers
    this.#people = new People(options.people, (person) => news.tell({ type: 'person', person }))
    this.people = this.#people.byDigits
    const number = (instance: string) => this.#number(instance)
    this.#groups = new Groups(options.groups ?? [], { random, news, people: this.#people, number })
    this.groups = this.#groups.byAddress
    this.#chats = new Chats(clock, news, this.#people)
    this.#places = new Places({
      news,
      people: this.#people,
      groups: this.#groups,
      chats: this.#chats,
      number,
    })
    this.#deliveredMs = options.deliveredMs ?? [150, 400]
    this.#receipts = new Receipts({
      chats: this.#chats,
      timers,
      random,
      deliveredMs: this.#deliveredMs,
      readMs: options.readMs ?? [600, 1_200],
      happened: (chat, fact, sender, device) => this.#places.happened(chat, fact, { sender, device }),
    })
    this.#calls = new Calls(news, timers, random)
    this.#login = new Login({
      clock,
      random,
      news,
      timers,
      scanMs: scanMs === 'never' ? undefined : scanMs,
      back: ({ instance }) => this.#catchUp(instance),
    })
  }

  /** Calls `listener` with everything that happens or changes from now on; returns how to stop that. */
  subscribe(listener: (event: WorldEvent) => void): () => void {
    return this.#news.subscribe(listener)
  }

  chats(): WorldChat[] {
    return this.#chats.list()
  }

  /** The address a chat with somebody is kept under, by whatever name they go. */
  chatAddress(at: Address): Address {
    const person = this.#people.find(at)
    return person ? address('phone', person.digits) : at
  }

  /** Forgets every timer, so that nothing happens any more. */
  close(): void {
    this.#timers.close()
    this.#chats.close()
  }

  // --- what people do in a chat -------------------------------------------------------------------------

  /** A person writes to one of our numbers or into a group. */
  say(place: Place, content: Content, replyTo?: MessageId): WorldMessage {
    const chat = this.#places.chat(place)
    const person = this.#people.get(place.person)
    if (place.group !== undefined) this.#groups.mustSpeak(this.#groups.get(place.group), person)
    const message = this.#chats.add(chat, {
      id: this.newMessageId(),
      author: 'other',
      by: person.digits,
      content,
      ...this.#chats.quote(chat, replyTo),
    })
    // Whoever is blocked sees one tick, for ever.
    if (chat.settings.blocked) return message
    this.#chats.setSettings(chat, { unread: chat.settings.unread + 1 })
    this.#places.happened(chat, { kind: 'message', message: onWire(message) }, { sender: person })
    this.#timers.after(this.#receipts.between(this.#deliveredMs), () => {
      if (this.#number(chat.instance).connected) this.#chats.move(chat, message, 'delivered')
    })
    return message
  }

  /** Somebody writes by hand on the business phone: our own number, but not through its API. */
  sayByHand(place: Place, content: Content, replyTo?: MessageId): WorldMessage {
    const chat = this.#places.chat(place)
    if (!this.#number(place.instance).connected) throw new WorldError('the number is not connected')
    const message = this.#chats.add(chat, {
      id: this.newMessageId(),
      author: 'person',
      content,
      ...this.#chats.quote(chat, replyTo),
    })
    this.#places.happened(chat, { kind: 'message', message: onWire(message) }, { author: 'person' })
    this.#receipts.expect(chat, message, this.#places.recipients(chat))
    this.#chats.setByHand(chat, true)
    return message
  }

  /** Somebody opens the chat on the business phone: everything there becomes read. */
  readByHand(place: Place): void {
    const chat = this.#places.chat(place)
    for (const message of chat.messages) {
      if (message.by === undefined || this.#chats.hasReached(message, 'read')) continue
      this.#chats.move(chat, message, 'read')
      this.#places.happened(
        chat,
        { kind: 'receipt', target: message.id, state: 'read', self: true },
        { author: 'person' },
      )
    }
    this.#chats.setSettings(chat, { unread: 0 })
  }

  /** Whoever wrote by hand in a chat is done with it. */
  handBack(place: Place): void {
    this.#chats.setByHand(this.#places.chat(place), false)
  }

  /** A person's reaction; an empty `emoji` takes it back. */
  react(place: Place, target: MessageId, emoji: string): void {
    const chat = this.#places.chat(place)
    this.#chats.setReaction(chat, this.#chats.message(chat, target), emoji, place.person)
    this.#byPerson(chat, place, { kind: 'reaction', target, emoji, id: this.newMessageId() })
  }

  /** A person rewrites one of their own messages. */
  edit(place: Place, target: MessageId, text: string): void {
    const chat = this.#places.chat(place)
    this.#chats.rewrite(chat, this.#chats.own(chat, target, place.person), text)
    this.#byPerson(chat, place, { kind: 'edit', target, text, id: this.newMessageId() })
  }

  /** A person deletes one of their own messages for everyone. */
  revoke(place: Place, target: MessageId): void {
    const chat = this.#places.chat(place)
    this.#chats.takeBack(chat, this.#chats.own(chat, target, place.person))
    this.#byPerson(chat, place, { kind: 'revoke', target })
  }

  /** A person puts a message at the top of the chat, or takes it from there. */
  pin(place: Place, target: MessageId, pinned: boolean): void {
    const chat = this.#places.chat(place)
    this.#chats.setFlag(chat, this.#chats.message(chat, target), 'pinned', pinned)
    this.#byPerson(chat, place, { kind: 'pin', target, pinned })
  }

  /** A person chooses in a poll; every vote replaces the one before, no options take it back. */
  vote(place: Place, target: MessageId, options: string[]): void {
    const chat = this.#places.chat(place)
    const message = this.#chats.message(chat, target)
    const { content } = message
    if (content.type !== 'poll') throw new WorldError('this message is no poll')
    if (options.some((option) => !content.options.includes(option)))
      throw new WorldError('the poll has no such option')
    if (content.choices > 0 && options.length > content.choices)
      throw new WorldError(`at most ${content.choices} may be chosen`)
    this.#chats.setVote(chat, message, options, place.person)
    this.#byPerson(chat, place, { kind: 'vote', target, options, id: this.newMessageId() })
  }

  /** A person taps a button or chooses a row of a menu, by its label or id. */
  tap(place: Place, target: MessageId, choice: string): WorldMessage {
    const chat = this.#places.chat(place)
    const { content } = this.#chats.message(chat, target)
    const options = content.type === 'menu' ? content.options : []
    const option = options.find(({ id, text }) => id === choice || text === choice)
    if (!option) throw new WorldError('there is nothing like that to tap')
    const { id, text } = option
    return this.say(place, { type: 'choice', text, ...(id !== undefined && { id }) }, target)
  }

  /** A person opens the chat: everything of ours in it becomes read at once. */
  read(place: Place): void {
    const chat = this.#places.chat(place)
    const person = this.#people.get(place.person)
    for (const message of chat.messages) {
      if (message.by === undefined && message.revokedAt === undefined)
        this.#receipts.tell(chat, message, person, 'read', true)
    }
  }

  /** A person types, records, stops, comes or goes. */
  presence(place: Place, state: PresenceState): void {
    const lastSeen = state === 'offline' ? { lastSeen: this.#clock.now() } : {}
    this.#byPerson(this.#places.chat(place), place, { kind: 'presence', state, ...lastSeen })
  }

  /** A person calls one of our numbers; answers the call's id. */
  call(place: Place, video = false): string {
    return this.#calls.offer(this.#number(place.instance), this.#people.get(place.person), video)
  }

  hangUp(call: string): void {
    this.#calls.end(call)
  }

  /** What a person seems to have said was made up by somebody else: it keeps one tick. */
  neverDelivered({ fact }: Happening): void {
    if (fact.kind !== 'message') return
    for (const chat of this.#chats.list()) {
      const message = this.#chats.find(chat, fact.message.id)
      if (message) message.forged = true
    }
  }

  /** All receipts of a message that are still to come come now. */
  hurryReceipts(id: MessageId): void {
    this.#receipts.hurry(id)
  }

  /** Changes somebody: what WhatsApp shows of them, their name, their devices. Who is new gets a phone. */
  setPerson(digits: string, about: Partial<Pick<Person, 'name' | 'shows' | 'devices'>>): void {
    this.#people.resolve(address('phone', digits))
    const person = Object.assign(this.#people.get(digits), about)
    this.#news.tell({ type: 'person', person })
  }

  /** Puts a medium where the gateways serve it; answers the last part of its path. */
  keepMedia(bytes: Uint8Array, mime: string): string {
    return this.#shelf.keep(bytes, mime)
  }

  media(name: string): { bytes: Uint8Array; mime: string } | undefined {
    return this.#shelf.get(name)
  }

  // --- what happens in groups -----------------------------------------------------------------------------

  join(group: Address, digits: string): void {
    this.#groups.join(this.#groups.get(group), this.#people.get(digits))
  }

  /** A person asks to join; where no approval is needed they are in at once. */
  askToJoin(group: Address, digits: string): void {
    this.#groups.ask(this.#groups.get(group), this.#people.get(digits))
  }

  leave(group: Address, digits: string): void {
    this.#groups.leave(this.#groups.get(group), this.#people.get(digits))
  }

  /** An admin among the people changes who is in a group. */
  changeMembers(
    group: Address,
    by: string,
    change: MemberChange,
    members: readonly string[],
  ): MemberOutcome[] {
    const found = this.#groups.get(group)
    const addresses = members.map((digits) => address('phone', digits))
    return this.#groups.changeMembers(found, { person: this.#people.get(by) }, change, addresses)
  }

  /** A person changes a group's settings. */
  changeGroup(group: Address, by: string, change: GroupChange): void {
    const person = this.#people.get(by)
    if (!this.#groups.change(this.#groups.get(group), { person }, change))
      throw new WorldError(`${person.name} may not do that in this group`)
  }

  /** A person lets our number into a group, puts it out, or makes it an admin or a plain member. */
  setOwnRole(group: Address, by: string, role: 'admin' | 'member' | 'gone'): void {
    const found = this.#groups.get(group)
    const actor = { person: this.#people.get(by) }
    const number = this.#number(found.instance)
    const before = found.own ?? 'admin'
    if (before === role) return
    if (role === 'gone') this.#groups.loseOwn(found, actor, number)
    else if (before === 'gone') this.#groups.gainOwn(found, actor, number)
    if (role === 'admin' || (role === 'member' && before === 'admin'))
      this.#groups.setOwnAdmin(found, actor, number, role === 'admin')
  }

  // --- what happens to our numbers ------------------------------------------------------------------------

  /** Connects one of our numbers to WhatsApp or cuts it off. What was missed comes when it is back. */
  setConnected(instance: string, connected: boolean, quietly = false): void {
    this.#login.setConnected(this.#number(instance), connected, quietly)
  }

  /** Somebody unlinks the gateway on the phone. */
  logOut(instance: string): void {
    this.#login.logOut(this.#number(instance))
  }

  /** Somebody holds the phone over the QR that the gateway offers, or types its code. */
  scan(instance: string): void {
    this.#login.scan(this.#number(instance))
  }

  /** From now on the number's gateway is of this version. */
  setGeneration(instance: string, generation: string): void {
    this.#change(instance, { generation })
  }

  /** From now on the clock of the number's gateway is off by this much (ms). */
  setSkew(instance: string, skewMs: number): void {
    this.#change(instance, { skewMs })
  }

  /** The world as the gateway of one number acts on it. */
  view(instance: string): World {
    let view = this.#views.get(instance)
    if (!view) {
      const number = this.#number(instance)
      view = createView(number, {
        clock: this.#clock,
        people: this.#people,
        groups: this.#groups,
        chats: this.#chats,
        calls: this.#calls,
        login: this.#login,
        shelf: this.#shelf,
        newMessageId: () => this.newMessageId(),
        places: this.#places,
        receipts: this.#receipts,
      })
      this.#views.set(instance, view)
    }
    return view
  }

  /** A message id in WhatsApp's style: `3EB0` and 18 hexadecimal digits. */
  newMessageId(): MessageId {
    let id = '3EB0'
    while (id.length < 22) id += Math.floor(this.#random() * 16).toString(16)
    return messageId(id.toUpperCase())
  }

  // --- inside -------------------------------------------------------------------------------------------

  #number(instance: string): SimulatedNumber {
    const number = this.numbers.get(instance)
    if (!number) throw new WorldError(`there is no number "${instance}"`)
    return number
  }

  #change(instance: string, change: Partial<SimulatedNumber>): void {
    const number = Object.assign(this.#number(instance), change)
    this.#news.tell({ type: 'number', number })
  }

  #byPerson(chat: WorldChat, place: Place, fact: Happening['fact']): void {
    if (!chat.settings.blocked) this.#places.happened(chat, fact, { sender: this.#people.get(place.person) })
  }

  /** What people wrote while the number was away now has its second tick. */
  #catchUp(instance: string): void {
    for (const chat of this.#chats.of(instance)) {
      for (const message of chat.messages)
        if (message.by !== undefined && !chat.settings.blocked) this.#chats.move(chat, message, 'delivered')
    }
  }
}
