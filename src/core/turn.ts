import type { z } from 'zod'
import type { Address, ChatKind } from './address.ts'
import type { Command } from './commands.ts'
import type { Author, Fact, Message, MessageStatus, Party } from './events.ts'
import type { Answer, Capability, GroupInfo } from './gateway.ts'
import type { ChatId, CommandId, ContactId, EventId, InstanceId, MessageId } from './ids.ts'
import type { Logger } from './ports.ts'
import type { HandlerTrace } from './trace.ts'

/** An event as it waits in its lane. */
export interface LaneEvent {
  id: EventId
  instance: InstanceId
  fact: Fact
  author: Author
  /** Gateway time, or the time of acceptance where the gateway gave none (ms). */
  at: number
  acceptedAt: number
  chat?: Party
  sender?: Party
  /** 0 for the original; each replay of an event adds one. */
  generation: number
  /** 1 for the first try of this turn. */
  attempt: number
}

export type Owner = 'bot' | 'person' | 'nobody'

export interface ChatView {
  id: ChatId
  kind: ChatKind
  /** The best address to speak to. */
  address: Address
  name?: string
  owner: Owner
}
export interface ContactView {
  id: ContactId
  name?: string
  address: Address
}
export interface InstanceView {
  id: InstanceId
  gateway: string
  tags: readonly string[]
  capabilities: ReadonlySet<Capability>
}

/** A message of the hub's own log. */
export interface LoggedMessage {
  messageId: MessageId
  author: Author
  at: number
  content: Message['content']
  status: MessageStatus
  replyTo?: Message['replyTo']
  editedAt?: number
  revokedAt?: number
  /** Who reacted with what: `self` for our own number, else the public id of the contact. */
  reactions?: Record<string, string>
  /** For a poll: who chose what, named as in `reactions`. */
  votes?: Record<string, string[]>
  /** Set while it is pinned to the top of its chat. */
  pinnedAt?: number
}

export interface IntentOptions {
  /** Show "typing…" for this long (ms) first. Default 0. */
  typingMs?: number
  /** Send although a person owns the chat (group moderation). Default false. */
  ignoreOwner?: boolean
}

/**
 * All a handler can do in one turn. It can only *intend*: nothing leaves the process before the turn has
 * committed state, commands, timers and done together. A crash runs the handler again, never its effects.
 */
export interface Turn {
  readonly event: LaneEvent
  readonly instance: InstanceView
  /** Undefined for events of the instance itself (connection). */
  readonly chat: ChatView | undefined
  /** Who did it; undefined when the event has no sender. */
  readonly contact: ContactView | undefined
  /** False when a person or nobody owns the chat: bot commands would be refused. */
  readonly botMaySpeak: boolean
  /** Milliseconds since 1970, the same during the whole turn. */
  readonly now: number
  readonly log: Logger
  /** Aborted when the lease is lost: stop working, nothing will be committed. */
  readonly signal: AbortSignal

  /** Records a command that is sent after the turn committed. */
  intend(command: Command, options?: IntentOptions): { id: CommandId }
  /** Sets or moves the chat's timer of that key; it comes back as a `timer` event in this lane. */
  schedule(key: string, at: number, data?: unknown): void
  cancelTimer(key: string): void
  /** Changes who may speak here. Moves the epoch, so that earlier bot commands are refused. */
  setOwner(owner: Owner): void
  /**
   * Durable step: slow work outside the transaction. Once its result is stored it is never called again,
   * not even after a crash; before that it may be repeated, with the same `key`. The result must survive
   * JSON. `name` must be unique within the turn.
   * @param timeoutMs default 30 s @param retries default 0, exponential from 500 ms
   */
  step<T>(
    name: string,
    run: (step: { key: string; signal: AbortSignal }) => Promise<T> | T,
    options?: { timeoutMs?: number; retries?: number },
  ): Promise<T>

  /** State of this chat, kept as JSON, committed with the turn. Keys are `<feature>` or `<feature>.<what>`. */
  readonly state: {
    get(key: string): unknown
    /** `undefined` deletes. */
    set(key: string, value: unknown): void
  }
  /** The delivery's whole payload, credentials masked. Undefined once retention has taken it. */
  raw(): Promise<unknown>
  /** A message of this chat's log. */
  message(id: MessageId): Promise<LoggedMessage | undefined>
  /** The group's name and members, asked of the gateway as a durable step. */
  groupInfo(): Promise<Answer<GroupInfo>>
  /**
   * Says for the event monitor what ran or why nothing did, e.g. `bot: command help`. A turn may note
   * several things; notes hold no message text.
   */
  note?(text: string): void
  /** For what is made of several handlers: which of them ran, or why none did. */
  tell?(what: { ran: readonly string[] } | Pick<HandlerTrace, 'outcome' | 'reason' | 'missed'>): void
  /** For whoever runs handlers: what each of them makes of the event. An entry may be completed later. */
  traced?(entry: HandlerTrace): void
}

/** One link of the chain. Not calling `next` ends it. Calling it twice is an error. */
export type Handler = (turn: Turn, next: () => Promise<void>) => Promise<void> | void

/**
 * A feature adds one capability. It knows the core and the bot framework, never another feature or a
 * gateway. Features run in the order of the list in `features/index.ts`, then the bot.
 */
export interface Feature<C = unknown> {
  readonly name: string
  readonly config: z.ZodType<C>
  setup(config: C): { handler?: Handler }
}
export const defineFeature = <C>(feature: Feature<C>): Feature => feature as Feature
