import type { Address } from './address.ts'
import type { Media, MediaType } from './events.ts'
import type { InstanceId, MessageId, MessageRowId } from './ids.ts'

/**
 * What becomes of the medium of a message somebody sent us. Facts of the store; bytes are in a {@link MediaStore}.
 * - `wanted`: to be fetched, or being fetched.
 * - `fetched`: the hub has it.
 * - `failed`: it could not be had; `reason` says why.
 * - `expired`: the hub had it, and kept it as long as it was asked to.
 */
export type MediaState = 'wanted' | 'fetched' | 'failed' | 'expired'

export interface MediaRow {
  message: MessageRowId
  state: MediaState
  attempts: number
  /** sha256 of the bytes, in hex. */
  hash?: string
  bytes?: number
  /** By the bytes themselves, never as the sender says. */
  mime?: string
  reason?: string
  fetchedAt?: number
  /** As the sender named it; shown, never used as a path. */
  fileName?: string
}

/** A medium to fetch now, leased to whoever claimed it. */
export interface WantedMedia {
  message: MessageRowId
  instance: InstanceId
  /** Which try this is, from 1. */
  attempt: number
  id: MessageId
  chat: Address
  kind: MediaType
  media: Media
}
export type MediaEnd =
  | { message: MessageRowId; end: 'fetched'; hash: string; bytes: number; mime: string }
  | { message: MessageRowId; end: 'retry'; at: number; reason: string }
  | { message: MessageRowId; end: 'failed'; reason: string }

export interface MediaLedger {
  /** Leases media whose time has come, oldest first. */
  claimMedia(request: { limit: number; leaseMs: number }): Promise<WantedMedia[]>
  settleMedia(end: MediaEnd): Promise<void>
  /** Bytes fetched since then; what several messages share counts once for each. */
  mediaBytesSince(since: number): Promise<number>
  getMedia(message: MessageRowId): Promise<MediaRow | undefined>
  /**
   * What was fetched before then has expired.
   * @returns hashes whose bytes no message needs any more, until they are forgotten; at most `limit`
   */
  expireMedia(request: { before: number; limit: number }): Promise<string[]>
  /** Is there a message that still needs these bytes? */
  needsMedia(hash: string): Promise<boolean>
  /** These bytes are gone. */
  forgetMedia(hash: string): Promise<void>
}

/** Holds bytes under the sha256 of themselves: the same bytes are kept once, and never change. */
export interface MediaStore {
  /**
   * Takes bytes as they come and keeps them aside. Rejects with whatever `chunks` throws, leaving nothing behind.
   */
  receive(chunks: AsyncIterable<Uint8Array>): Promise<ReceivedMedia>
  /** Undefined when it does not have them. */
  open(hash: string): Promise<AsyncIterable<Uint8Array> | undefined>
  remove(hash: string): Promise<void>
}
export interface ReceivedMedia {
  /** sha256, 64 hex digits. */
  readonly hash: string
  readonly bytes: number
  /** The first bytes, enough to tell what it is. */
  readonly head: Uint8Array
  /** Puts them in their place, whole or not at all. */
  keep(): Promise<void>
  /** Throws them away. Safe to call after `keep`, too. */
  drop(): Promise<void>
}

/**
 * Fetches bytes. `reach`:
 * - `gateway`: the address is on the host of a gateway the owner configured, wherever that is.
 * - `public`: somebody else named the address, so nothing but a public one is spoken to.
 *
 * Redirects are not followed. Never throws; `chunks` may: on a broken connection, after `timeoutMs` for all of
 * it, or as soon as there is more than `maxBytes`.
 */
export type FetchBytes = (request: {
  url: string
  headers?: Readonly<Record<string, string>>
  timeoutMs: number
  maxBytes: number
  reach: 'gateway' | 'public'
}) => Promise<FetchedBytes>
export type FetchedBytes =
  | { type: 'bytes'; chunks: AsyncIterable<Uint8Array> }
  /** An answer without the bytes. */
  | { type: 'refused'; status: number; afterMs?: number }
  /** `forbidden`: it must not be asked, ever. */
  | { type: 'failed'; reason: string; forbidden?: boolean }

/** Thrown out of `chunks` when there are more bytes than allowed. */
export class TooManyBytes extends Error {
  constructor(maxBytes: number) {
    super(`there are more than ${maxBytes} bytes`)
    this.name = 'TooManyBytes'
  }
}
