import type { Address } from './address.ts'
import type { MediaType } from './events.ts'
import type { MessageId } from './ids.ts'

/** An intended effect on a gateway. `to` is always the chat it happens in. */
export type Command =
  | {
      type: 'text'
      to: Address
      text: string
      replyTo?: MessageId
      /** `all` mentions everybody in a group. */
      mentions?: Address[] | 'all'
      linkPreview?: boolean
    }
  | {
      type: 'media'
      to: Address
      media: MediaType
      /** Absolute http(s) URL the gateway fetches. */
      url: string
      text?: string
      fileName?: string
      replyTo?: MessageId
      viewOnce?: boolean
    }
  /** `emoji: ''` takes the reaction back. `own`: the target is a message of our own number. */
  | { type: 'react'; to: Address; target: MessageId; emoji: string; own?: boolean }
  /** Delete for everyone. */
  | { type: 'revoke'; to: Address; target: MessageId }
  | { type: 'read'; to: Address; targets: MessageId[] }
  | { type: 'remove-member'; to: Address; members: Address[] }

export type CommandType = Command['type']
export const COMMAND_TYPES = [
  'text',
  'media',
  'react',
  'revoke',
  'read',
  'remove-member',
] as const satisfies readonly CommandType[]

/**
 * May a command be sent again when nobody knows whether it went out? Doing these twice changes nothing.
 * A chat has at most one unsettled command that is not repeatable.
 */
export const REPEATABLE: Readonly<Record<CommandType, boolean>> = {
  text: false,
  media: false,
  react: true,
  revoke: true,
  read: true,
  'remove-member': true,
}

/** Commands that put a message into the chat, and so get a row in its log. */
export const makesMessage = (command: Command): command is Extract<Command, { type: 'text' | 'media' }> =>
  command.type === 'text' || command.type === 'media'

/**
 * How a send ended.
 * - `sent`: the gateway took it; `messageId` is what later receipts and echoes will carry.
 * - `rejected`: it will never work (invalid, not on WhatsApp, time-locked); nothing was sent.
 * - `retry`: certainly nothing was sent; try again, not before `afterMs` when the gateway said so.
 * - `hold`: nothing was sent because the number is not connected; the whole instance waits.
 * - `unknown`: it may or may not have gone out. Never blindly repeated.
 *
 * `reason` is for people and must hold no message text, phone number or credential.
 */
export type SendResult =
  | { end: 'sent'; messageId?: MessageId }
  | { end: 'rejected'; code: RejectCode; reason: string }
  | { end: 'retry'; reason: string; afterMs?: number }
  | { end: 'hold'; reason: string }
  | { end: 'unknown'; reason: string }

export const REJECT_CODES = [
  'invalid',
  'not-on-whatsapp',
  'time-locked',
  'not-admin',
  'gone',
  'unauthorized',
  'unsupported',
] as const
export type RejectCode = (typeof REJECT_CODES)[number]

/**
 * A command's life. `unknown` waits for reconciling and holds its chat for at most 60 s; `held` has passed
 * that limit and waits for a person while the chat goes on; `refused` was decided under an old epoch;
 * `dead` used up its retries; `discarded` was given up by a person.
 */
export const COMMAND_STATES = [
  'queued',
  'sending',
  'sent',
  'rejected',
  'refused',
  'unknown',
  'held',
  'dead',
  'discarded',
] as const
export type CommandState = (typeof COMMAND_STATES)[number]
