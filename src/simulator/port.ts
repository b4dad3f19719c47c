import type { Address } from '../core/address.ts'
import type { Content, Fact, InboundEvent, Message, Party } from '../core/events.ts'
import type { MessageId } from '../core/ids.ts'

/**
 * What a gateway folder's `simulator.ts` fills: the vendor's side of the wire, byte for byte.
 * It holds no state of its own; the {@link World} does.
 */
export interface SimulatedGateway {
  readonly name: string
  /** Wire generations it can speak, newest first. */
  readonly generations: readonly string[]
  /** Waits (ms) between attempts of one delivery; its length + 1 is the number of attempts. */
  readonly retryDelaysMs: readonly number[]
  /** How long the real gateway waits for an answer to one attempt (ms). */
  readonly attemptTimeoutMs: number
  /**
   * What the real gateway would post for this happening: none, one or several deliveries. The inverse of
   * `normalise`: reading these bytes gives back the same facts.
   */
  encode(happening: Happening, number: SimulatedNumber): WireDelivery[]
  /** Answers one request of the hub as the real REST API would, acting on the world. */
  serve(request: WireRequest, number: SimulatedNumber, world: World): WireResponse
}

/** One of our own numbers on the simulated gateway. */
export interface SimulatedNumber {
  instance: string
  /** Own number, digits. */
  digits: string
  /** Own private id, digits. */
  privateDigits: string
  name: string
  generation: string
  connected: boolean
  /** What the vendor side was configured with. */
  webhookUrl: string
  secret?: string
  token?: string
  /** Slot id on a gateway with devices. */
  device?: string
  basicAuth?: { username: string; password: string }
}

/** Something that happened on WhatsApp, in the hub's vocabulary. */
export type Happening = Pick<InboundEvent, 'fact' | 'chat' | 'sender' | 'author' | 'reference'> & {
  /** ms since 1970 */
  at: number
  fact: Exclude<Fact, { kind: 'timer' }>
}

export interface WireDelivery {
  /** Added to the webhook URL by gateways that append event names; usually empty. */
  urlSuffix: string
  headers: Record<string, string>
  body: Buffer
}
export interface WireRequest {
  method: string
  /** Path without query. */
  path: string
  query: Record<string, string>
  headers: Record<string, string | undefined>
  body: string
}
export interface WireResponse {
  status: number
  headers?: Record<string, string>
  body: string
}

/** What a request of the hub can do to the simulated WhatsApp. */
export interface World {
  /** ms since 1970 */
  now(): number
  /** A new message id in WhatsApp's style. */
  newMessageId(): MessageId
  isOnWhatsApp(to: Address): boolean
  /** Our number says something through the API. The echo, where the gateway has one, is the server's business. */
  send(message: {
    id: MessageId
    to: Address
    content: Content
    replyTo?: MessageId
    mentions?: readonly Address[]
    reference?: string
  }): void
  react(to: Address, target: MessageId, emoji: string): void
  /** False when there is no such message. */
  revoke(to: Address, target: MessageId): boolean
  read(to: Address, targets: readonly MessageId[]): void
  typing(to: Address, state: 'start' | 'stop', ms: number): void
  group(
    address: Address,
  ): { name: string; description?: string; members: (Party & { admin: boolean })[] } | undefined
  /** False for members that are not in the group. */
  removeMember(group: Address, member: Address): boolean
  /** The number's messages that fit all of it, newest first. Missing in worlds that keep none. */
  find?(query: { id?: MessageId; chat?: Address; reference?: string }): readonly FoundMessage[]
}

/** A message of a simulated number as a search gives it back. */
export interface FoundMessage {
  id: MessageId
  chat: Address
  message: Message
  /** ms since 1970 */
  at: number
  /** Our number wrote it through the API. */
  fromMe: boolean
  /** Client reference the send carried. */
  reference?: string
}
