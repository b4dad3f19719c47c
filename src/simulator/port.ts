import type { Address } from '../core/address.ts'
import type { Content, Fact, GroupChange, InboundEvent, Message, Party } from '../core/events.ts'
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
  /** How long one event may take with all its attempts (ms); later attempts are not made. No limit when missing. */
  readonly deliveryBudgetMs?: number
  /** Generations that post one receipt per linked device of the reader, where others post one per person. */
  readonly receiptsPerDevice?: readonly string[]
  /** How the real API words a refusal of any request; the simulator's own words when missing. */
  refuse?(status: RefusalStatus, number: SimulatedNumber): Omit<WireResponse, 'status'>
  /**
   * What the real gateway would post for this happening: none, one or several deliveries. The inverse of
   * `normalise`: reading these bytes gives back the same facts.
   */
  encode(happening: Happening, number: SimulatedNumber): WireDelivery[]
  /** Answers one request of the hub as the real REST API would, acting on the world. */
  serve(request: WireRequest, number: SimulatedNumber, world: World): WireResponse
}

/** Refusals the simulator makes at will, whatever was asked. */
export const REFUSAL_STATUSES = [401, 404, 429, 500] as const
export type RefusalStatus = (typeof REFUSAL_STATUSES)[number]

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
  /** It has to be paired before it can connect. */
  loggedOut?: boolean
  /** The gateway's clock is off by this much (ms), into the future when positive. */
  skewMs?: number
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
  /** Which linked device of the sender; missing for the phone itself. */
  device?: number
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
  /** The body as it came, for forms with files in them. */
  bytes?: Uint8Array
}
export interface WireResponse {
  status: number
  headers?: Record<string, string>
  body: string
  /** A body that is no text, sent in place of `body`. */
  bytes?: Uint8Array
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
  /** False when there is no such message of our own. */
  edit(to: Address, target: MessageId, text: string): boolean
  /** Id of the new message; undefined when there is none to forward. */
  forward(from: Address, target: MessageId, to: Address): MessageId | undefined
  pin(to: Address, target: MessageId, pinned: boolean): boolean
  star(to: Address, target: MessageId, starred: boolean): boolean
  /** Takes a message out of our own side of the chat. */
  deleteForMe(to: Address, target: MessageId): boolean
  group(address: Address): SimulatedGroup | undefined
  groups(): readonly SimulatedGroup[]
  /** Members not on WhatsApp are left out. Our number is its first admin. */
  createGroup(name: string, members: readonly Address[]): SimulatedGroup
  /** False for members that are not in the group. */
  removeMember(group: Address, member: Address): boolean
  /** One outcome per member. `not-admin`: our number may not do that here. */
  changeMembers(
    group: Address,
    change: 'add' | 'remove' | 'promote' | 'demote' | 'approve' | 'reject',
    members: readonly Address[],
  ): readonly ('done' | 'not-a-member' | 'not-on-whatsapp' | 'not-admin')[]
  /** False when our number may not. */
  changeGroup(group: Address, change: GroupChange & { picture?: string }): boolean
  leaveGroup(group: Address): boolean
  /** The group's current link; with `reset` a new one, the old one is void. */
  inviteLink(group: Address, reset?: boolean): string | undefined
  groupByLink(link: string): SimulatedGroup | undefined
  joinByLink(link: string): Address | undefined
  /** People who asked to join. */
  joinRequests(group: Address): readonly Party[]
  chats(): readonly SimulatedChat[]
  changeChat(
    to: Address,
    change: Partial<
      Pick<SimulatedChat, 'archived' | 'pinned' | 'mutedUntil' | 'labels' | 'unread' | 'blocked'>
    >,
  ): void
  deleteChat(to: Address): void
  /** Everybody the number could know: phone, private id and name. */
  people(): readonly Party[]
  /** The number logs in: a QR to scan or a code to type; somebody does so after a moment. */
  pair(phone?: string): { qr?: string; code?: string; validMs: number }
  logOut(): void
  rejectCall(call: string): boolean
  /** Bytes that the gateway keeps and serves; answers the path's last part. */
  keepMedia(bytes: Uint8Array, mime: string): string
  media(name: string): { bytes: Uint8Array; mime: string } | undefined
  /** What the vendor's server itself remembers of this number (webhooks, labels, campaigns, agents), by name. */
  readonly memory: Map<string, unknown>
  /** The number's messages that fit all of it, newest first. Missing in worlds that keep none. */
  find?(query: { id?: MessageId; chat?: Address; reference?: string }): readonly FoundMessage[]
}

export interface SimulatedGroup {
  address: Address
  name: string
  description?: string
  members: (Party & { admin: boolean })[]
  locked?: boolean
  announce?: boolean
  approval?: boolean
  /** Our own number is an admin. */
  admin: boolean
}
export interface SimulatedChat {
  party: Party
  archived: boolean
  pinned: boolean
  /** ms since 1970; 0: not, -1: for ever */
  mutedUntil: number
  labels: string[]
  unread: number
  blocked: boolean
  /** ms since 1970 */
  lastMessageAt?: number
}

/** A message of a simulated number as a search gives it back. */
export interface FoundMessage {
  id: MessageId
  chat: Address
  message: Message
  /** ms since 1970 */
  at: number
  /** Our number wrote it. */
  fromMe: boolean
  /** Who wrote it, when it was not our number. */
  sender?: Party
  /** Client reference the send carried. */
  reference?: string
}
