import type { Address } from './address.ts'
import type { Content, LeadValue, MediaType } from './events.ts'
import type { MessageId } from './ids.ts'

/**
 * An intended effect on a gateway. `to` is always the chat it happens in; for posts to all one's contacts it is
 * `status:broadcast`.
 *
 * A `url` of a medium or picture is absolute http(s), fetched by the gateway, or `data:<mime>;base64,…`; the
 * latter holds the bytes themselves (at most {@link MAX_DATA_BYTES}).
 */
export type Command = { to: Address } & (
  | ({
      type: 'text'
      text: string
      /** `all` mentions everybody in a group. */
      mentions?: Address[] | 'all'
      /** True: the gateway makes one; else as given. */
      linkPreview?: boolean | LinkPreview
    } & SayOptions)
  | ({
      type: 'media'
      media: MediaType
      url: string
      text?: string
      fileName?: string
      viewOnce?: boolean
      mentions?: Address[] | 'all'
    } & SayOptions)
  | ({ type: 'location'; latitude: number; longitude: number; name?: string; address?: string } & SayOptions)
  | ({ type: 'contact'; name: string; phones: string[]; organization?: string } & SayOptions)
  /** `choices`: how many may be chosen, at least 1. */
  | ({ type: 'poll'; text: string; options: string[]; choices: number } & SayOptions)
  | ({ type: 'buttons'; text: string; buttons: Button[]; footer?: string; imageUrl?: string } & SayOptions)
  | ({ type: 'list'; text: string; button: string; sections: ListSection[]; footer?: string } & SayOptions)
  | ({ type: 'carousel'; text: string; cards: CarouselCard[] } & SayOptions)
  | ({ type: 'pix'; key: string; keyType: PixKeyType; name?: string } & SayOptions)
  | ({ type: 'payment' } & PaymentRequest & SayOptions)
  /** A status post; `to` is `status:broadcast`. Text, or a medium with a caption. */
  | { type: 'status'; text?: string; media?: MediaType; url?: string; color?: number; font?: number }
  /** `from`: the chat the message is in. */
  | { type: 'forward'; target: MessageId; from: Address }
  | { type: 'edit'; target: MessageId; text: string }
  /** `emoji: ''` takes the reaction back. `own`: the target is a message of our own number. */
  | { type: 'react'; target: MessageId; emoji: string; own?: boolean }
  /** Delete for everyone. */
  | { type: 'revoke'; target: MessageId }
  /** Delete on our own side only. */
  | { type: 'delete-for-me'; target: MessageId }
  | { type: 'read'; targets: MessageId[] }
  | { type: 'star'; target: MessageId; starred: boolean }
  /** A message at the top of its chat. `days`: 1, 7 or 30. */
  | { type: 'pin'; target: MessageId; pinned: boolean; days?: number }
  /** `remove-member` is kept as its own name for `change: 'remove'`. */
  | { type: 'remove-member'; members: Address[] }
  | { type: 'members'; change: 'add' | 'promote' | 'demote' | 'approve' | 'reject'; members: Address[] }
  /** Exactly one of them is set, so that a command is one effect. `picture` is a URL as above; '' removes it. */
  | ({ type: 'group' } & GroupSetting)
  | { type: 'leave-group' }
  | ({ type: 'chat' } & ChatSetting)
  | { type: 'reject-call'; call: string }
  /** Partial update of the gateway's own CRM record of a chat. */
  | { type: 'lead'; fields: Record<string, LeadValue> }
)

export interface SayOptions {
  replyTo?: MessageId
}
export interface LinkPreview {
  title?: string
  description?: string
  imageUrl?: string
  large?: boolean
}
/** A tap on a `reply` comes back with its `id`. */
export type Button =
  | { type: 'reply'; id: string; text: string }
  | { type: 'url'; text: string; url: string }
  | { type: 'call'; text: string; phone: string }
  | { type: 'copy'; text: string; code: string }
export interface ListSection {
  title?: string
  rows: { id: string; text: string; description?: string }[]
}
export interface CarouselCard {
  text: string
  /** At most one of these. */
  imageUrl?: string
  videoUrl?: string
  buttons: Button[]
}
export const PIX_KEY_TYPES = ['cpf', 'cnpj', 'phone', 'email', 'random'] as const
export type PixKeyType = (typeof PIX_KEY_TYPES)[number]
/** `amount` in BRL with at most two decimals. */
export interface PaymentRequest {
  amount: number
  title?: string
  text?: string
  footer?: string
  itemName?: string
  invoice?: string
  pix?: { key: string; keyType: PixKeyType; name?: string }
  paymentUrl?: string
  fileUrl?: string
  boleto?: string
}
export type GroupSetting =
  | { set: 'name'; name: string }
  | { set: 'description'; description: string }
  | { set: 'picture'; url: string }
  | { set: 'locked'; on: boolean }
  | { set: 'announce'; on: boolean }
  | { set: 'approval'; on: boolean }
  | { set: 'ephemeral'; seconds: number }
export type ChatSetting =
  | { set: 'archived' | 'pinned' | 'blocked' | 'read'; on: boolean }
  /** `hours`: 0 unmutes, -1 for ever. */
  | { set: 'muted'; hours: number }
  | { set: 'ephemeral'; seconds: number }
  /** The labels it shall have from now on: all of them. */
  | { set: 'labels'; labels: string[] }
  | { set: 'label'; label: string; on: boolean }
  | { set: 'notes'; notes: string }
  /** `messages`: only what was said in it. */
  | { set: 'deleted'; messages?: boolean }

/** Longest `data:` URL content (bytes, decoded) a command may carry. */
export const MAX_DATA_BYTES = 16 * 1024 * 1024

export type CommandType = Command['type']

/**
 * May a command be sent again when nobody knows whether it went out? Doing these twice changes nothing.
 * A chat has at most one unsettled command that is not repeatable.
 */
export const REPEATABLE: Readonly<Record<CommandType, boolean>> = {
  text: false,
  media: false,
  location: false,
  contact: false,
  poll: false,
  buttons: false,
  list: false,
  carousel: false,
  pix: false,
  payment: false,
  status: false,
  forward: false,
  edit: true,
  react: true,
  revoke: true,
  'delete-for-me': true,
  read: true,
  star: true,
  pin: true,
  'remove-member': true,
  members: true,
  group: true,
  'leave-group': true,
  chat: true,
  'reject-call': true,
  lead: true,
}
export const COMMAND_TYPES = Object.keys(REPEATABLE) as readonly CommandType[]

/** Commands that put a message into the chat, and so get a row in its log. */
export const MESSAGE_COMMANDS = [
  'text',
  'media',
  'location',
  'contact',
  'poll',
  'buttons',
  'list',
  'carousel',
  'pix',
  'payment',
  'forward',
] as const satisfies readonly CommandType[]
export type MessageCommand = Extract<Command, { type: (typeof MESSAGE_COMMANDS)[number] }>
export const makesMessage = (command: Command): command is MessageCommand =>
  (MESSAGE_COMMANDS as readonly CommandType[]).includes(command.type)

/** How long (characters) a command is by a medium's own bytes in it; 0 for one that carries none. */
export const carriedLength = (command: Command): number =>
  'url' in command && command.url?.startsWith('data:') ? command.url.length : 0

/** What a message command puts into the chat, as the log shows it until an echo says more. */
export function commandContent(command: MessageCommand): Content {
  switch (command.type) {
    case 'text':
      return { type: 'text', text: command.text }
    case 'media': {
      const { media: type, url, text, fileName } = command
      const source = url.startsWith('data:')
        ? ({ type: 'gateway' } as const)
        : ({ type: 'url', url } as const)
      return {
        type,
        media: { source, ...(fileName !== undefined && { fileName }) },
        ...(text !== undefined && { text }),
      }
    }
    case 'location': {
      const { latitude, longitude, name, address } = command
      return {
        type: 'location',
        latitude,
        longitude,
        ...(name !== undefined && { name }),
        ...(address !== undefined && { address }),
      }
    }
    case 'contact': {
      const { name, phones, organization } = command
      return {
        type: 'contacts',
        contacts: [{ name, phones, ...(organization !== undefined && { organization }) }],
      }
    }
    case 'poll':
      return { type: 'poll', text: command.text, options: command.options, choices: command.choices }
    case 'buttons':
      return {
        type: 'menu',
        text: command.text,
        options: command.buttons.map((button) => ({
          ...(button.type === 'reply' && { id: button.id }),
          text: button.text,
        })),
        ...(command.footer !== undefined && { footer: command.footer }),
      }
    case 'list':
      return {
        type: 'menu',
        text: command.text,
        options: command.sections.flatMap(({ rows }) => rows),
        ...(command.footer !== undefined && { footer: command.footer }),
      }
    case 'carousel':
      return {
        type: 'menu',
        text: [command.text, ...command.cards.map(({ text }) => text)].join('\n'),
        options: command.cards.flatMap(({ buttons }) =>
          buttons.map((button) => ({ ...(button.type === 'reply' && { id: button.id }), text: button.text })),
        ),
      }
    case 'pix':
      return { type: 'unsupported', wire: 'pix' }
    case 'payment':
      return {
        type: 'unsupported',
        wire: 'payment request',
        ...(command.text !== undefined && { text: command.text }),
      }
    case 'forward':
      return { type: 'unsupported', wire: 'forwarded message' }
  }
}

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
  /** The gateway did something it should not: its answer shows a fault of its own, and nothing was sent. */
  'gateway-bug',
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
