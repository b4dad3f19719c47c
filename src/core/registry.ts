import type { InstanceConfig, ServerConfig } from './config.ts'
import type { InstanceId } from './ids.ts'

/** Instances and servers that are kept in the store, beside those of the configuration file. */

/** `file`: written in the configuration, and read-only. `store`: made while the hub ran. */
export type Origin = 'file' | 'store'

/**
 * Seals texts so that the database alone does not give them away. A box names the key it was closed with.
 * `about` is what the text belongs to: a box that was put elsewhere does not open.
 */
export interface SecretBox {
  /** @throws HubError E_SECRET_KEY when there is no key yet and none can be made */
  seal(text: string, about: string): string
  /** @throws HubError E_SECRET_KEY when no known key opens it */
  open(box: string, about: string): string
  /** Whether it was closed with the key that {@link seal} uses now. */
  isCurrent(box: string): boolean
}

/** What is kept of an instance or server. `settings` is JSON without secrets, `box` a sealed JSON with them. */
export interface StoredEntry {
  id: string
  revision: number
  settings: string
  box: string
  createdAt: number
  updatedAt: number
}
export type EntryKind = 'instance' | 'server'
export interface StoredRegistry {
  /** Moves with every change. */
  generation: number
  instances: StoredEntry[]
  servers: StoredEntry[]
  /** Instances that were taken away: what still wants to go out through them never will. */
  removed: InstanceId[]
}

export interface NewEntry {
  id: string
  settings: string
  box: string
  /** What no two entries may have at once: the device of a gateway, the key in a URL. */
  claim: string | null
}
export type SaveOutcome =
  | { type: 'saved'; entry: StoredEntry }
  /** There is none of this revision any more. Undefined: none at all. */
  | { type: 'stale'; entry?: StoredEntry }
  /** Another one has this id or claim. */
  | { type: 'taken'; by: string; what: 'id' | 'claim' }

/**
 * An instance that is being made at its gateway. Written before the gateway is asked, so that asking again after
 * a crash finds what was made instead of making another one.
 */
export interface Creation {
  /** Idempotency key of the request. */
  key: string
  server: string
  instance: string
  /** Its name at the gateway. */
  name: string
  /** What the gateway had before, by its own ids. */
  before: string[]
  /** Node that makes it. */
  holder: string
}

/** Deliveries that were refused, by target and reason. */
export interface RefusalRow {
  /** Instance or server they were addressed to; empty where there is none of that name. */
  target: string
  reason: RefusalReason
  /** The latest one in words; safe to show. */
  detail: string
  count: number
  firstAt: number
  lastAt: number
}
export const REFUSAL_REASONS = [
  'signature',
  'url-key',
  'token',
  'path',
  'address',
  'rate',
  'size',
  'form',
] as const
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/** Authentic deliveries of a number nobody knows, by what they call it. */
export interface UnroutedRow {
  id: number
  /** Tells it from the others. */
  key: string
  /** Server or instance by whose URL they came. */
  target: string
  gateway: string
  baseUrl: string
  names: string[]
  /** They carry a credential that is no instance's. */
  tokenSeen: boolean
  count: number
  firstAt: number
  lastAt: number
}

export interface RegistryStore {
  registryGeneration(): Promise<number>
  storedRegistry(): Promise<StoredRegistry>
  /**
   * Adds an entry (`revision` undefined) or replaces the one of that revision. With `creation` the intent of that
   * key is over, in the same transaction.
   */
  saveEntry(
    kind: EntryKind,
    entry: NewEntry,
    options: { revision?: number; creation?: string },
  ): Promise<SaveOutcome>
  /**
   * Takes an entry away. Of an instance its queued sends are refused, and its secrets are gone from the store.
   * Undefined when there is none.
   */
  removeEntry(kind: EntryKind, id: string): Promise<{ refused: number } | undefined>
  /** Another box for the same secrets; nothing changes if the entry did. */
  reseal(kind: EntryKind, id: string, from: string, to: string): Promise<boolean>

  /** Notes an intent once; the one that is there already stands. */
  beginCreation(creation: Creation): Promise<Creation>
  /** Another node goes on with it; false if it did already. */
  takeCreation(key: string, from: string, to: string): Promise<boolean>
  endCreation(key: string): Promise<void>

  noteRefusals(rows: readonly RefusalRow[]): Promise<void>
  /** Newest first; of these targets, and those addressed to nobody. */
  refusals(targets: readonly string[]): Promise<RefusalRow[]>
  /** First authentic delivery of an instance since it was made; noted once. */
  noteVerified(instance: InstanceId, at: number): Promise<void>
  verifiedSince(): Promise<ReadonlyMap<InstanceId, number>>

  /** Most recent first. */
  listUnrouted(): Promise<UnroutedRow[]>
  /** Ids of a group's events that are still unrouted, oldest first. */
  unroutedEvents(group: number, after: number, limit: number): Promise<{ event: number; delivery: number }[]>
  /** These events went to an instance. The group goes when none is left. */
  handedOver(group: number, events: readonly number[], instance: InstanceId): Promise<void>
  forgetUnrouted(group: number): Promise<void>
}

/** An entry of the running hub, with where it comes from. */
export interface Known<C extends InstanceConfig | ServerConfig> {
  config: C
  origin: Origin
  revision?: number
  createdAt?: number
  updatedAt?: number
  /** Idempotency key of the request that made it, until it is changed. */
  request?: string
}
export type KnownInstance = Known<InstanceConfig>
export type KnownServer = Known<ServerConfig>
