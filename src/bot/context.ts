import { type Address, addressValue } from '../core/address.ts'
import { type Command, makesMessage } from '../core/commands.ts'
import { DURATION_HELP, type Duration, parseDuration } from '../core/duration.ts'
import { HubError } from '../core/errors.ts'
import {
  type Author,
  type ConnectionState,
  type Content,
  contentText,
  type Fact,
  type FactOf,
  type Media,
  type MediaType,
  type Message,
  type ReceiptState,
} from '../core/events.ts'
import type { Answer, GroupInfo } from '../core/gateway.ts'
import type { MessageId } from '../core/ids.ts'
import type { Logger } from '../core/ports.ts'
import type { ChatView, ContactView, InstanceView, LoggedMessage, Turn } from '../core/turn.ts'
import {
  createReply,
  type Handle,
  type Intent,
  type Mentionable,
  type Reply,
  type SayOptions,
} from './reply.ts'
import type { Session } from './session.ts'
import { fold } from './text.ts'

/** Anything with an address: a chat, a contact, a member. */
export type Recipient = Address | { readonly address: Address }
/** The message of a message event. */
export interface IncomingMessage<C = Content> extends Omit<Message, 'content'> {
  readonly content: C
  /** Deletes it for everyone. In groups also while a person owns the chat. */
  delete(): Handle
  /** Marks it as read. */
  read(): Handle
}
/** Somebody in a group. */
export interface Member {
  readonly address: Address
  readonly name?: string
  /** Takes them out of the group, also while a person owns the chat. */
  remove(): Handle
  /** Makes them an admin, or takes that back. */
  promote(): Handle
  demote(): Handle
}
export interface Group {
  readonly address: Address
  /** As last heard; empty while the hub has not heard it. */
  readonly name: string
  /** Name, description and members, asked of the gateway as a durable step. */
  info(): Promise<Answer<GroupInfo>>
}

export interface StepOptions {
  /** Default 30 s. */
  timeout?: Duration
  /** Further tries after the first. Default 0; waits grow from 500 ms. */
  retries?: number
}

/**
 * What a handler gets: the event, and short verbs with this chat filled in.
 *
 * Verbs that have an effect are synchronous: they only *intend*, and what is intended leaves when the turn
 * commits. Nothing can be forgotten to await. Only steps and reads are asynchronous.
 *
 * @typeParam S the session's type
 */
export class Context<S = unknown> {
  /** The core's turn, for features that need more than these verbs. */
  readonly turn: Turn
  /** What `/name` was followed by; set by `bot.command`. */
  args?: string
  /** What `bot.hears` found. */
  match?: unknown
  /** Says or sends something in this chat. */
  readonly reply: Reply
  readonly #session: Session<S>
  #typingMs = 0
  #folded: string | undefined
  readonly #mentions = new Map<string, Address>()
  #over = false

  /** Made by the bot, one per turn. */
  constructor(turn: Turn, session: Session<S>) {
    this.turn = turn
    this.#session = session
    this.reply = createReply((intent, options) => this.#say(this.#here(), intent, options))
  }

  // --- what happened ------------------------------------------------------------------------------

  get fact(): Fact {
    return this.turn.event.fact
  }
  get author(): Author {
    return this.turn.event.author
  }
  /** When it happened, by the gateway's clock where it has one (ms since 1970). */
  get at(): number {
    return this.turn.event.at
  }
  /** The conversation; undefined for events of the number itself. */
  get chat(): ChatView | undefined {
    return this.turn.chat
  }
  /** Who did it. */
  get contact(): ContactView | undefined {
    return this.turn.contact
  }
  /** The number it happened on. */
  get instance(): InstanceView {
    return this.turn.instance
  }
  /** Milliseconds since 1970, the same during the whole turn. */
  get now(): number {
    return this.turn.now
  }
  /** Fields go beside a constant message. Never put message text or phone numbers in either. */
  get log(): Logger {
    return this.turn.log
  }
  /** Aborted when nothing this turn does will be committed any more. */
  get signal(): AbortSignal {
    return this.turn.signal
  }

  get message(): IncomingMessage | undefined {
    const message = this.#fact('message')?.message
    return message && { ...message, delete: () => this.delete(), read: () => this.#read(message.id) }
  }
  /** The words of a message (its text or a medium's caption) or of an edit. */
  get text(): string | undefined {
    const { fact } = this
    if (fact.kind === 'edit') return fact.text
    return fact.kind === 'message' ? contentText(fact.message.content) || undefined : undefined
  }
  /** The same with case and accents set aside, for comparing; empty when there are no words. */
  get folded(): string {
    this.#folded ??= fold(this.text ?? '')
    return this.#folded
  }
  get media(): (Media & { type: MediaType }) | undefined {
    const content = this.#fact('message')?.message.content
    return content && 'media' in content ? { ...content.media, type: content.type } : undefined
  }
  /** The message that was edited, revoked or reacted to, or that a receipt is about. */
  get target(): MessageId | undefined {
    return 'target' in this.fact ? this.fact.target : undefined
  }
  /** What was tapped in a menu. Its label is also `ctx.text`. */
  get choice(): { id?: string; text: string } | undefined {
    const content = this.#fact('message')?.message.content
    return content?.type === 'choice' ? content : undefined
  }
  /** What was chosen in a poll; empty when the vote was taken back. */
  get votes(): string[] | undefined {
    return this.#fact('vote')?.options
  }
  get call(): { id: string; reject(): Handle } | undefined {
    const id = this.#fact('call')?.id
    return id === undefined ? undefined : { id, reject: () => this.do({ type: 'reject-call', call: id }) }
  }
  /** The emoji of a reaction; empty when it was taken back. */
  get emoji(): string | undefined {
    return this.#fact('reaction')?.emoji
  }
  get receipt(): { messageId: MessageId; state: ReceiptState; self: boolean } | undefined {
    const fact = this.#fact('receipt')
    return fact && { messageId: fact.target, state: fact.state, self: fact.self ?? false }
  }
  get connection(): { state: ConnectionState; reason?: string } | undefined {
    return this.#fact('connection')
  }
  get timer(): { key: string; data: unknown } | undefined {
    return this.#fact('timer')
  }
  get change(): FactOf<'membership'>['change'] | undefined {
    return this.#fact('membership')?.change
  }
  /** Who joined, left, or was promoted or demoted. */
  get members(): Member[] | undefined {
    return this.#fact('membership')?.members.map((member) => this.#member(member))
  }
  /** In groups: who did it. A join or leave that names nobody else was done by the member itself. */
  get member(): Member | undefined {
    if (this.turn.chat?.kind !== 'group') return undefined
    const { contact, event } = this.turn
    const who =
      contact ?? event.sender ?? (event.fact.kind === 'membership' ? event.fact.members[0] : undefined)
    return who && this.#member(who)
  }
  get group(): Group | undefined {
    const { chat } = this.turn
    if (chat?.kind !== 'group') return undefined
    return { address: chat.address, name: chat.name ?? '', info: () => this.turn.groupInfo() }
  }

  // --- what to do ---------------------------------------------------------------------------------

  /** Says something to this chat or to somebody the hub lets this turn speak to (a member of the group). */
  send(to: Recipient, text: string, options?: SayOptions): Handle {
    return createReply((intent, given) => this.#say(addressOf(to), intent, given))(text, options)
  }
  /**
   * Any other command of the vocabulary, in this chat: `ctx.do({ type: 'chat', set: 'archived', on: true })`.
   * What the gateway cannot do is recorded as rejected.
   * @throws HubError E_BOT when the event has no chat
   */
  do(intent: Intent, options: Pick<SayOptions, 'ignoreOwner'> = {}): Handle {
    return this.#intend({ ...intent, to: this.#here() } as Command, options)
  }
  /** Shows "typing…" this long before the next thing said in this turn. */
  typing(duration: Duration): void {
    this.#typingMs = ms(duration)
  }
  /**
   * Reacts to the message at hand; an empty emoji takes the reaction back.
   * @throws HubError E_BOT when the event is neither a message nor an edit
   */
  react(emoji: string): Handle {
    const target = this.#fact('message')?.message.id ?? this.#fact('edit')?.target
    if (target === undefined) throw this.#misfit('ctx.react', 'a message or an edit')
    const own = this.author !== 'other'
    return this.#intend({ type: 'react', to: this.#here(), target, emoji, ...(own && { own }) })
  }
  /**
   * Deletes the message at hand for everyone: the one that came, or the one that was edited or reacted to.
   * In groups also while a person owns the chat.
   */
  delete(): Handle {
    const target = this.#fact('message')?.message.id ?? this.target
    if (target === undefined) throw this.#misfit('ctx.delete', 'about a message')
    const ignoreOwner = this.turn.chat?.kind === 'group'
    return this.#intend({ type: 'revoke', to: this.#here(), target }, { ignoreOwner })
  }
  /**
   * Text that names people, for use inside what is said next: those whose name is in it are notified, and
   * WhatsApp shows their names in its place.
   */
  mention(who: Mentionable | readonly Mentionable[]): string {
    const everybody = isList(who) ? who : [who]
    return everybody
      .map((one) => {
        const token = `@${addressValue(addressOf(one))}`
        this.#mentions.set(token, addressOf(one))
        return token
      })
      .join(', ')
  }

  /**
   * What this chat remembers between turns: change it in place, or assign a new one. It is saved with the
   * turn when no handler threw. It must survive JSON.
   */
  get session(): S {
    return this.#session.value
  }
  set session(value: S) {
    this.#session.value = value
  }
  /**
   * Sets or moves this chat's timer of that key; `bot.timer(key, …)` takes it when it is due.
   * @param when how long from now, or a date
   * @param data comes back as `ctx.timer.data`; must survive JSON
   */
  schedule(key: string, when: Duration | Date, data?: unknown): void {
    this.#open()
    this.#here()
    this.turn.schedule(key, when instanceof Date ? when.getTime() : this.turn.now + ms(when), data)
  }
  /** Takes this chat's timer of that key back, if there is one. */
  cancel(key: string): void {
    this.#open()
    this.turn.cancelTimer(key)
  }
  /**
   * Durable step: slow or outside work whose result is kept. Once stored it is never done again, not even
   * after a crash; before that it may be repeated, with the same `key`.
   * @param name unique within the turn
   * @returns what `run` returned; it must survive JSON
   */
  step<T>(
    name: string,
    run: (step: { key: string; signal: AbortSignal }) => Promise<T> | T,
    { timeout, retries }: StepOptions = {},
  ): Promise<T> {
    this.#open()
    return this.turn.step(name, run, {
      ...(timeout !== undefined && { timeoutMs: ms(timeout) }),
      ...(retries !== undefined && { retries }),
    })
  }
  /**
   * Gives the chat to a person. The bot is silent from here on, until somebody gives it back.
   * @param words said first, so that the customer knows
   */
  handoff(words?: string): void {
    this.#here()
    if (words !== undefined) this.reply(words)
    this.#open()
    this.turn.setOwner('person')
  }

  // --- what is known ------------------------------------------------------------------------------

  /** The delivery's whole payload, credentials masked. Undefined once retention has taken it. */
  raw(): Promise<unknown> {
    return this.turn.raw()
  }
  /** A message of this chat's log; undefined when the hub never saw it. */
  find(id: MessageId): Promise<LoggedMessage | undefined> {
    return this.turn.message(id)
  }
  /** Adds to what the event monitor shows of this turn. No message text. */
  note(text: string): void {
    this.turn.note?.(text)
  }

  /** The turn is over: from here on an intention would be lost, so it throws. */
  static close(ctx: Context<unknown>): void {
    ctx.#over = true
  }

  #say(to: Address, intent: Intent, options: SayOptions = {}): Handle {
    const text = 'text' in intent && intent.text !== undefined ? intent.text : ''
    const named = intent.type === 'text' || intent.type === 'media'
    const mentions = named ? this.#mentioned(text, options.mentions) : undefined
    const command = { ...intent, to, ...this.#quote(options), ...(mentions && { mentions }) } as Command
    return this.#intend(command, options)
  }

  #read(id: MessageId): Handle {
    return this.#intend({ type: 'read', to: this.#here(), targets: [id] })
  }

  #member({ address, name }: { address: Address; name?: string }): Member {
    return {
      address,
      ...(name !== undefined && { name }),
      remove: () => this.do({ type: 'remove-member', members: [address] }, { ignoreOwner: true }),
      promote: () =>
        this.do({ type: 'members', change: 'promote', members: [address] }, { ignoreOwner: true }),
      demote: () => this.do({ type: 'members', change: 'demote', members: [address] }, { ignoreOwner: true }),
    }
  }

  #quote(options: SayOptions): { replyTo?: MessageId } {
    const replyTo = options.quote ? this.#fact('message')?.message.id : undefined
    return replyTo === undefined ? {} : { replyTo }
  }

  #mentioned(text: string, named: SayOptions['mentions']): Address[] | 'all' | undefined {
    if (named === 'all') return 'all'
    const all = new Set(named?.map(addressOf))
    for (const [token, address] of this.#mentions) if (text.includes(token)) all.add(address)
    return all.size === 0 ? undefined : [...all]
  }

  #intend(command: Command, options: { typing?: Duration; ignoreOwner?: boolean } = {}): Handle {
    this.#open()
    const says = makesMessage(command)
    const typingMs = options.typing !== undefined ? ms(options.typing) : says ? this.#typingMs : 0
    if (says) this.#typingMs = 0
    return this.turn.intend(command, {
      ...(typingMs > 0 && { typingMs }),
      ...(options.ignoreOwner && { ignoreOwner: true }),
    })
  }

  #here(): Address {
    const { chat } = this.turn
    if (!chat) throw this.#misfit('This', 'in a chat')
    return chat.address
  }

  #open(): void {
    if (this.#over)
      throw new HubError('E_BOT', 'The turn is over: await your own work before the handler returns.')
  }

  #misfit(verb: string, what: string): HubError {
    return new HubError('E_BOT', `${verb} needs an event that is ${what}; this one is "${this.fact.kind}".`)
  }

  #fact<K extends Fact['kind']>(kind: K): FactOf<K> | undefined {
    return this.fact.kind === kind ? (this.fact as FactOf<K>) : undefined
  }
}

/** @throws HubError E_BOT when it is none */
function ms(duration: Duration): number {
  const value = parseDuration(duration)
  if (value === undefined) throw new HubError('E_BOT', `${JSON.stringify(duration)} is not ${DURATION_HELP}.`)
  return value
}

const isList = (who: Mentionable | readonly Mentionable[]): who is readonly Mentionable[] =>
  Array.isArray(who)
const addressOf = (to: Recipient): Address => (typeof to === 'string' ? to : to.address)
