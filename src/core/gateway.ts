import type { z } from 'zod'
import type { Address } from './address.ts'
import type { ChatSetting, Command, RejectCode, SendResult } from './commands.ts'
import type { ChatDetails, ConnectionState, InboundEvent, Label, Media, MediaType, Party } from './events.ts'
import type { MessageId } from './ids.ts'
import type { Clock, HttpClient, Logger } from './ports.ts'

/** One HTTP request from a gateway, exactly as received. Header names are lower case. */
export interface RawDelivery {
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: Buffer
  /** The key in the URL (`/webhooks/:instance/:key`), if there was one. */
  urlKey?: string
}

/** What an installation configured to prove deliveries with. */
export interface WebhookCredentials {
  /** HMAC secrets, newest first; any of them proves a delivery. */
  secrets: readonly string[]
  /** Key in the URL, for gateways that do not sign. */
  key?: string
  /** The owner said that this instance takes deliveries without proof. */
  insecure: boolean
}

declare const proof: unique symbol
/**
 * A delivery that was proved authentic. Only {@link verified} makes one and only a gateway's `verify`
 * calls it, so that nothing unverified can be parsed by mistake.
 */
export interface Verified {
  readonly [proof]: true
  readonly delivery: RawDelivery
  /** The body as JSON; undefined when it is not JSON. Parsed once. Values may be anything: narrow them. */
  readonly json: unknown
}

class VerifiedDelivery {
  readonly delivery: RawDelivery
  #parsed: { value: unknown } | undefined
  constructor(delivery: RawDelivery) {
    this.delivery = delivery
  }
  get json(): unknown {
    this.#parsed ??= { value: parseJson(this.delivery.body) }
    return this.#parsed.value
  }
}
function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return undefined
  }
}
/** Marks a delivery as proved. To be called by a gateway's `verify`, after the proof. */
export const verified = (delivery: RawDelivery): Verified =>
  new VerifiedDelivery(delivery) as unknown as Verified

/** `reason` is for the operator's log and the answer; it names no secret. */
export type Verification = { ok: true; verified: Verified } | { ok: false; reason: string }

/** What the hub knows about an instance when it reads a delivery of it. */
export interface NormaliseContext {
  /** Own addresses of this number, as far as known; empty when not. */
  own: readonly Address[]
  /** Every client reference of this installation begins with this. An echo that carries one is ours. */
  referencePrefix: string
}

export interface Normalised {
  /** In the order they stand in the delivery. Never empty for an authentic delivery: at worst one `unknown`. */
  events: InboundEvent[]
  /** The instance credential the body carries, to be compared with the instance's own. */
  credential?: string
  /** Names of the receiving number in the body (slot id, own number's digits), if it says. */
  device?: string[]
  /** Own addresses of the receiving number that the body shows. */
  own?: Address[]
}

/**
 * Things not every gateway can do. A caller asks once, instead of meeting "not implemented" later. A command
 * whose capability is missing is rejected as `unsupported` before it leaves.
 */
export const CAPABILITIES = [
  'typing',
  'recording',
  'media',
  /** `data:` URLs: the bytes themselves instead of an address to fetch. */
  'media-bytes',
  'voice',
  'stickers',
  'video-notes',
  'view-once',
  'link-preview',
  'location',
  'contact',
  'poll',
  'buttons',
  'lists',
  'carousel',
  'pix',
  'payment',
  'status-posts',
  'forward',
  'edit',
  'react',
  'revoke',
  'delete-for-me',
  'read',
  'star',
  'pin',
  'mentions',
  'mention-all',
  'groups',
  'group-admin',
  'archive',
  'pin-chat',
  'mute',
  'block',
  'delete-chat',
  'mark-chat-read',
  'ephemeral',
  'labels',
  'notes',
  'reject-call',
  'leads',
  'directory',
  'profile',
  'privacy',
  'webhooks',
  'webhook-errors',
  'instances',
  /** A number can be logged in (by QR or code) and out. */
  'pairing',
  'search',
  'download',
  'hosted-campaigns',
  'hosted-agents',
  /** Deliveries include what a person writes by hand on our own number. */
  'sees-own-messages',
  /** Sends carry a client reference that echoes and searches give back. */
  'references',
  /** Connection changes arrive as deliveries. */
  'connection-events',
] as const
export type Capability = (typeof CAPABILITIES)[number]

/** What a command needs of a gateway. Undefined: any gateway has it. */
export function neededCapability(command: Command): Capability | undefined {
  switch (command.type) {
    case 'text':
      if (command.mentions === 'all') return 'mention-all'
      return command.mentions?.length ? 'mentions' : undefined
    case 'media':
      if (command.viewOnce) return 'view-once'
      if (command.media === 'voice') return 'voice'
      if (command.media === 'sticker') return 'stickers'
      if (command.media === 'video-note') return 'video-notes'
      return command.url.startsWith('data:') ? 'media-bytes' : 'media'
    case 'status':
      return 'status-posts'
    case 'list':
      return 'lists'
    case 'remove-member':
    case 'members':
    case 'group':
    case 'leave-group':
      return 'group-admin'
    case 'chat':
      return CHAT_CAPABILITY[command.set]
    case 'lead':
      return 'leads'
    default:
      return command.type
  }
}
const CHAT_CAPABILITY = {
  archived: 'archive',
  pinned: 'pin-chat',
  blocked: 'block',
  read: 'mark-chat-read',
  muted: 'mute',
  ephemeral: 'ephemeral',
  labels: 'labels',
  label: 'labels',
  notes: 'notes',
  deleted: 'delete-chat',
} as const satisfies Record<ChatSetting['set'], Capability>

export interface GroupMember {
  address: Address
  aliases: Address[]
  name?: string
  admin: boolean
}
export interface GroupInfo {
  address: Address
  name: string
  description?: string
  members: GroupMember[]
  locked?: boolean
  announce?: boolean
}
/**
 * A question to a gateway either has an answer, or a reason why not (safe to log). `code` tells what kind of
 * reason it is where that is known; `afterMs`: the gateway asked to wait that long.
 */
export type Answer<T> =
  | { ok: true; value: T }
  | { ok: false; reason: string; retry: boolean; code?: FailureCode; afterMs?: number }
export type FailureCode = RejectCode | 'not-connected' | 'rate-limited'

/** What a gateway's server is, as far as it shows. */
export interface GatewayVersion {
  /** As the server says it; undefined where it says none. */
  version?: string
  /** How it is known, e.g. `app/info`, or which answer gave it away. */
  source: string
  /**
   * What this very server was seen to have or lack, in the gateway's own words. A capability's name with false:
   * the gateway has it, and this version does not, or cannot be relied on for it.
   */
  features: Readonly<Record<string, boolean>>
}

export interface Page<T> {
  items: T[]
  /** Hand it back for the next page; undefined: there is none. */
  next?: string
}

/** A message as a gateway's own store holds it. */
export interface RemoteMessage {
  id: MessageId
  chat?: Address
  fromMe: boolean
  /** ms since 1970 */
  at?: number
  text?: string
  media?: MediaType
  reference?: string
  /** `failed`: the gateway says it did not go out. `queued`: it has it and will send it. */
  state?: 'queued' | 'sent' | 'delivered' | 'read' | 'played' | 'failed'
}

/** Groups of a number beyond reading one. Changing one is a command. */
export interface GroupsClient {
  list(): Promise<Answer<GroupInfo[]>>
  create(name: string, members: readonly Address[]): Promise<Answer<GroupInfo>>
  /** `reset` makes a new link and the old one void. */
  inviteLink(group: Address, reset?: boolean): Promise<Answer<string>>
  preview(link: string): Promise<Answer<Omit<GroupInfo, 'members'>>>
  join(link: string): Promise<Answer<Address>>
  requests(group: Address): Promise<Answer<GroupMember[]>>
}

export interface DirectoryClient {
  /** In the order asked. */
  check(phones: readonly string[]): Promise<Answer<{ query: string; exists: boolean; party?: Party }[]>>
  chats(query: { search?: string; cursor?: string; limit: number }): Promise<Answer<Page<RemoteChat>>>
  contacts(query: { cursor?: string; limit: number }): Promise<Answer<Page<Party>>>
  /** Undefined value: they have no picture, or do not show it. */
  picture(of: Address): Promise<Answer<string | undefined>>
  labels?(): Promise<Answer<Label[]>>
  /** Makes one where `id` is missing. */
  editLabel?(label: { id?: string; name?: string; color?: number; deleted?: boolean }): Promise<Answer<void>>
}
export interface RemoteChat extends ChatDetails {
  party: Party
  /** ms since 1970 */
  lastMessageAt?: number
}

export const PRIVACY_VALUES = [
  'all',
  'contacts',
  'contact-blacklist',
  'none',
  'known',
  'match-last-seen',
] as const
/** Keys: `groupAdd`, `lastSeen`, `about`, `picture`, `readReceipts`, `online`, `callAdd`, as far as the gateway tells. */
export type Privacy = Readonly<Record<string, (typeof PRIVACY_VALUES)[number]>>
export interface ProfileClient {
  setName?(name: string): Promise<Answer<void>>
  /** A URL as in commands; '' removes it. */
  setPicture?(url: string): Promise<Answer<void>>
  privacy?(): Promise<Answer<Privacy>>
  setPrivacy?(change: Privacy): Promise<Answer<Privacy>>
}

/** How a gateway reports to us. */
export interface WebhookRegistration {
  id?: string
  url: string
  enabled: boolean
  /** Gateway's own names; empty: all. */
  events: string[]
  /** Gateway's own names of what it leaves out. */
  excludes: string[]
}
export interface WebhookError {
  /** ms since 1970 */
  at?: number
  url?: string
  event?: string
  status?: number
  attempts?: number
  error: string
}
export interface WebhooksClient {
  /** Where none is listed, the server's own apply, and those cannot be read. */
  readonly inherits?: boolean
  list(): Promise<Answer<WebhookRegistration[]>>
  /** Registers this URL with events and filters that suit the hub; changes the one that has it already. */
  register(webhook: { url: string; secret?: string }): Promise<Answer<WebhookRegistration>>
  remove(id: string): Promise<Answer<void>>
  /** Capability `webhook-errors`. */
  errors?(): Promise<Answer<WebhookError[]>>
}

/** How to log a number in: scan this, or type that. */
export type Pairing =
  | { type: 'connected' }
  /**
   * `image`: a PNG as `data:` URL, or the address of one on the gateway. `validMs` from now. `headers`: what the
   * fetch needs to be let in, as in {@link MediaLocation}.
   */
  | { type: 'qr'; image: string; validMs: number; headers?: Record<string, string> }
  | { type: 'code'; code: string; validMs: number }

export interface HostedCampaign {
  id: string
  info?: string
  state: string
  total?: number
  sent?: number
  failed?: number
}
export interface HostedCampaignsClient {
  /** `info` must be unique: an unknown create is found again by it, never repeated. */
  create(campaign: {
    info: string
    messages: readonly Command[]
    minDelaySeconds: number
    maxDelaySeconds: number
    /** ms since 1970 */
    at?: number
  }): Promise<Answer<HostedCampaign>>
  list(): Promise<Answer<HostedCampaign[]>>
  control(id: string, action: 'pause' | 'resume' | 'delete'): Promise<Answer<void>>
}
export type HostedPart = 'agent' | 'trigger' | 'knowledge' | 'function'
/** The gateway's own bot machinery. Fields are the gateway's; secrets among them are never read back. */
export interface HostedAgentsClient {
  list(part: HostedPart): Promise<Answer<Record<string, unknown>[]>>
  /** Makes one where `id` is missing. Answers its id. */
  edit(
    part: HostedPart,
    value: { id?: string; fields: Record<string, unknown> },
  ): Promise<Answer<{ id: string }>>
  remove(part: HostedPart, id: string): Promise<Answer<void>>
  settings(fields: Record<string, unknown>): Promise<Answer<void>>
}

/** Speaks to one instance on its gateway. Never throws; never follows an address out of a delivery. */
export interface GatewayClient {
  /**
   * Performs one command, one attempt.
   * @param reference client reference to carry where the gateway can
   */
  send(command: Command, reference: string): Promise<SendResult>
  /** Longest time (ms) `send` may take; the hub's leases exceed it. */
  readonly sendTimeoutMs: number
  /** Shows or ends "typing…" (or "recording…") in a chat for about `ms`. Best effort. Capability `typing`. */
  typing?(to: Address, state: 'start' | 'stop', ms: number, as?: 'text' | 'voice'): Promise<void>
  /** Capability `groups`. */
  groupInfo?(group: Address): Promise<Answer<GroupInfo>>
  groups?: GroupsClient
  /** Is the number connected now? */
  status?(): Promise<Answer<ConnectionState>>
  /** Asked once and remembered; `fresh` asks again. */
  version?(fresh?: boolean): Promise<Answer<GatewayVersion>>
  /** Capability `search`. What the gateway's own store holds, newest first, at most 100. */
  search?(query: {
    chat?: Address
    id?: MessageId
    reference?: string
    since?: number
  }): Promise<Answer<RemoteMessage[]>>
  /** Capability `download`. Where the bytes of a message's medium can be fetched now, or the bytes themselves. */
  download?(message: { id: MessageId; chat: Address; media: Media }): Promise<Answer<MediaLocation>>
  directory?: DirectoryClient
  profile?: ProfileClient
  webhooks?: WebhooksClient
  /** Logs the number in. With `phone` (digits): by pairing code, else by QR. */
  pair?(phone?: string): Promise<Answer<Pairing>>
  disconnect?(): Promise<Answer<void>>
  campaigns?: HostedCampaignsClient
  agents?: HostedAgentsClient
}
/** `headers`: what the fetch needs to be let in. Only ever sent to the gateway's own host. */
export type MediaLocation =
  | { type: 'url'; url: string; headers?: Record<string, string>; mime?: string }
  | { type: 'bytes'; bytes: Uint8Array; mime?: string }

/** An instance as its gateway's server lists it. */
export interface RemoteInstance {
  /** The gateway's id or slot. */
  id: string
  name?: string
  state?: ConnectionState
  /** Own number, where it is logged in. */
  phone?: Address
  /** Its credential, where the gateway makes one and shows it to its admin. A secret. */
  credential?: string
}
/** Speaks to a gateway's server with its admin's rights. */
export interface ServerClient {
  instances(): Promise<Answer<RemoteInstance[]>>
  create(name: string): Promise<Answer<RemoteInstance>>
  rename?(id: string, name: string): Promise<Answer<void>>
  remove(id: string): Promise<Answer<void>>
  globalWebhook?: WebhooksClient
}

export interface ClientContext {
  baseUrl: string
  /** Slot or own number on a gateway with several devices, as configured. */
  device?: string
  http: HttpClient
  clock: Clock
  log: Logger
}

/** A value to enter where a gateway is set up. */
export interface SetupValue {
  kind: 'url' | 'env' | 'flag' | 'field'
  name: string
  value: string
  /** It holds a secret. */
  secret: boolean
}

/**
 * The port every gateway folder fills. `verify`, `normalise` and `redact` are pure.
 * @typeParam S the gateway's own instance settings (tokens, basic auth), validated by `settings`
 */
export interface Gateway<S = unknown> {
  readonly name: string
  /** Gateway-specific keys of an instance in the configuration, beside the common ones. */
  readonly settings: z.ZodType<S>
  readonly capabilities: ReadonlySet<Capability>
  /** How deliveries are proved: `signature` needs `webhook.secrets`, `url-key` needs `webhook.key`. */
  readonly proof: 'signature' | 'url-key'
  verify(delivery: RawDelivery, credentials: WebhookCredentials): Verification
  /**
   * What the gateway would send along with this body, so that `verify` takes it: for test deliveries and for
   * doing one again. Undefined: nothing is configured to prove it with.
   */
  prove?(
    body: Buffer,
    credentials: WebhookCredentials,
  ): { headers: Record<string, string>; urlKey?: string } | undefined
  normalise(verified: Verified, context: NormaliseContext): Normalised
  /** The instance's own credential, when deliveries carry it in the body. */
  credential?(settings: S): string | undefined
  /** The body with every credential in it masked; the same buffer when there is none. Works on any bytes. */
  redact(body: Buffer): Buffer
  /** Gateway spelling of a recipient (what people paste from its own UI) → address; undefined if it is none. */
  parseRecipient(text: string): Address | undefined
  connect(settings: S, context: ClientContext): GatewayClient
  /** Capability `instances`. `adminToken` as configured for the server, where the gateway has such a thing. */
  administer?(server: { adminToken?: string; settings?: S }, context: ClientContext): ServerClient
  /**
   * What the configuration of an instance needs beyond the server's, of one that its server made or listed.
   * Undefined: the list does not say enough; its owner has to.
   */
  adopt?(
    remote: RemoteInstance,
    server: { settings?: S },
  ): { settings: Record<string, unknown>; device?: string } | undefined
  /** What to enter by hand so that it reports to this URL: as its own documentation calls things. */
  setup?(webhook: { url: string; secret?: string }): SetupValue[]
}

/** Identity function that checks a gateway's shape where it is written and keeps its settings type inside. */
export const defineGateway = <S>(gateway: Gateway<S>): Gateway => gateway as Gateway
