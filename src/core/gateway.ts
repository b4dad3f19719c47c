import type { z } from 'zod'
import type { Address } from './address.ts'
import type { Command, SendResult } from './commands.ts'
import type { ConnectionState, InboundEvent } from './events.ts'
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

/** Things not every gateway can do. A caller asks once, instead of meeting "not implemented" later. */
export const CAPABILITIES = [
  'typing',
  'media',
  'react',
  'revoke',
  'read',
  'mentions',
  'groups',
  /** Deliveries include what a person writes by hand on our own number. */
  'sees-own-messages',
  /** Sends carry a client reference that echoes and searches give back. */
  'references',
  /** Connection changes arrive as deliveries. */
  'connection-events',
] as const
export type Capability = (typeof CAPABILITIES)[number]

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
}
/** A question to a gateway either has an answer, or a reason why not (safe to log). */
export type Answer<T> = { ok: true; value: T } | { ok: false; reason: string; retry: boolean }

/** Speaks to one instance on its gateway. Never throws; never follows an address out of a delivery. */
export interface GatewayClient {
  /**
   * Performs one command, one attempt.
   * @param reference client reference to carry where the gateway can
   */
  send(command: Command, reference: string): Promise<SendResult>
  /** Longest time (ms) `send` may take; the hub's leases exceed it. */
  readonly sendTimeoutMs: number
  /** Shows or ends "typing…" in a chat for about `ms`. Best effort. Capability `typing`. */
  typing?(to: Address, state: 'start' | 'stop', ms: number): Promise<void>
  /** Capability `groups`. */
  groupInfo?(group: Address): Promise<Answer<GroupInfo>>
  /** Is the number connected now? */
  status?(): Promise<Answer<ConnectionState>>
}

export interface ClientContext {
  baseUrl: string
  /** Slot or own number on a gateway with several devices, as configured. */
  device?: string
  http: HttpClient
  clock: Clock
  log: Logger
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
  normalise(verified: Verified, context: NormaliseContext): Normalised
  /** The instance's own credential, when deliveries carry it in the body. */
  credential?(settings: S): string | undefined
  /** The body with every credential in it masked; the same buffer when there is none. Works on any bytes. */
  redact(body: Buffer): Buffer
  /** Gateway spelling of a recipient (what people paste from its own UI) → address; undefined if it is none. */
  parseRecipient(text: string): Address | undefined
  connect(settings: S, context: ClientContext): GatewayClient
}

/** Identity function that checks a gateway's shape where it is written and keeps its settings type inside. */
export const defineGateway = <S>(gateway: Gateway<S>): Gateway => gateway as Gateway
