/**
 * Branded ids. A brand costs nothing at run time and stops the classic mistake of this field:
 * a phone number passed where a chat id was meant.
 *
 * Numeric ids are rows of the hub's own store. They leave the process with a prefix (`evt_12`), so that
 * a chat id can never be mistaken for a phone number in `to`.
 */
declare const brand: unique symbol
type Brand<T, B extends string> = T & { readonly [brand]: B }

/** Name of a number in the configuration, e.g. `support`. */
export type InstanceId = Brand<string, 'InstanceId'>
/** Name of a gateway server in the configuration, e.g. `uaz1`. */
export type ServerId = Brand<string, 'ServerId'>
export type DeliveryId = Brand<number, 'DeliveryId'>
export type EventId = Brand<number, 'EventId'>
/** A chat and its lane share one id: a lane is the mailbox of exactly one chat, or of one instance. */
export type LaneId = Brand<number, 'LaneId'>
export type ChatId = LaneId
export type ContactId = Brand<number, 'ContactId'>
export type MergeId = Brand<number, 'MergeId'>
export type ReplayId = Brand<number, 'ReplayId'>
export type AccountId = Brand<number, 'AccountId'>
export type SessionId = Brand<number, 'SessionId'>
export type LinkId = Brand<number, 'LinkId'>
export type KeyId = Brand<number, 'KeyId'>
/** A message as a row of the hub's log; {@link MessageId} is the gateway's, and unique in its chat only. */
export type MessageRowId = Brand<number, 'MessageRowId'>
export type AlertId = Brand<number, 'AlertId'>
/** UUIDv7 made by the hub. It is also what a gateway carries as client reference where it can. */
export type CommandId = Brand<string, 'CommandId'>
/** The gateway's own id of a message, without any owner prefix. */
export type MessageId = Brand<string, 'MessageId'>

const INSTANCE_ID = /^[a-z0-9][a-z0-9_-]{0,62}$/i
/** Ids that are routes of their own (`/webhooks/global/:key`). */
export const RESERVED_INSTANCE_IDS: readonly string[] = ['global']

/** True for 1 to 63 letters, digits, `-` or `_`, beginning with a letter or digit, and not reserved. */
export const isInstanceId = (text: string): text is InstanceId =>
  INSTANCE_ID.test(text) && !RESERVED_INSTANCE_IDS.includes(text.toLowerCase())

export const messageId = (text: string): MessageId => text as MessageId

type PublicKind =
  | 'alr'
  | 'evt'
  | 'chat'
  | 'dlv'
  | 'con'
  | 'mrg'
  | 'msg'
  | 'unr'
  | 'rpl'
  | 'usr'
  | 'ses'
  | 'inv'
  | 'key'
  | 'aud'
/** `12` → `evt_12`: how numeric ids look outside the process. */
export const publicId = (kind: PublicKind, id: number): string => `${kind}_${id}`
/** The inverse of {@link publicId}; undefined when the text is not an id of that kind. */
export function parsePublicId(kind: PublicKind, text: string): number | undefined {
  const match = new RegExp(`^${kind}_([1-9][0-9]{0,15})$`).exec(text)
  const id = Number(match?.[1])
  return Number.isSafeInteger(id) ? id : undefined
}

/**
 * UUIDv7 (RFC 9562): 48 bits of milliseconds, then randomness, so ids sort by time.
 * @param now milliseconds since 1970
 * @param random a source of numbers in [0, 1)
 */
export function uuidv7(now: number, random: () => number): string {
  const hex = Math.floor(now).toString(16).padStart(12, '0').slice(-12)
  const digits = (bits: number) =>
    Math.floor(random() * 2 ** bits)
      .toString(16)
      .padStart(bits / 4, '0')
  const variant = (8 + Math.floor(random() * 4)).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${digits(12)}-${variant}${digits(12)}-${digits(24)}${digits(24)}`
}
