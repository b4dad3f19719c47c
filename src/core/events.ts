import type { Address } from './address.ts'
import type { MessageId } from './ids.ts'

/**
 * # The vocabulary of what happens
 *
 * - **delivery**: one HTTP request from a gateway: raw bytes and headers.
 * - **event**: one normalised fact out of a delivery. A delivery may hold many.
 * - **lane**: the ordered mailbox of a chat. Timers arrive in it as events too.
 * - **turn**: handling one event of a lane, then committing everything it decided.
 *
 * Stored names last: kinds are chosen once and never renamed. All times are milliseconds since 1970 UTC.
 */
export const EVENT_KINDS = [
  'message',
  'edit',
  'revoke',
  'delete-for-me',
  'reaction',
  'vote',
  'pin',
  'receipt',
  'membership',
  'group',
  'connection',
  'presence',
  'call',
  'label',
  'chat',
  'contact',
  'lead',
  'block',
  'channel',
  'history',
  'campaign',
  'unknown',
  'timer',
] as const
export type EventKind = (typeof EVENT_KINDS)[number]

/** Somebody as a gateway names them: the address to speak to, and every other one the same fact shows. */
export interface Party {
  /** The best address: a phone where one is known, else the private id. */
  address: Address
  /** Further addresses of the same person or group that this very fact proves. */
  aliases: Address[]
  /** Display name as delivered. */
  name?: string
}

/**
 * Who made a fact.
 * - `other`: the customer, or another member of the group.
 * - `person`: somebody using our own number by hand (phone, web). Claims the chat.
 * - `api`: our own number through the gateway's API: us, or another program. Never claims by itself.
 * - `hosted`: an agent or sender hosted by the gateway. Never claims.
 */
export type Author = 'other' | 'person' | 'api' | 'hosted'

/**
 * What makes two deliveries of a fact the same.
 * - `fact`: the fact has an identity of its own; a duplicate for as long as dedupe keys are kept.
 * - `state`: it has none (connection, presence): the same bytes are a duplicate only inside the gateway's
 *   retry window (5 minutes), because the week's second "connected" is news.
 * - `history`: backfill; its own key space, so that it never suppresses a live event.
 *
 * `parts` are joined and hashed together with instance and kind by the hub; a gateway puts in the chat and
 * sender as delivered (without device suffix) and the fact's own id.
 */
export type Identity =
  | { type: 'fact'; parts: readonly string[] }
  | { type: 'state'; parts: readonly string[] }
  | { type: 'history'; parts: readonly string[] }

export const MEDIA_TYPES = ['image', 'video', 'audio', 'voice', 'document', 'sticker', 'video-note'] as const
export type MediaType = (typeof MEDIA_TYPES)[number]

/** Where the bytes of a medium are. `gateway` means: ask the gateway for this message's medium. */
export type MediaSource =
  | { type: 'url'; url: string }
  /** Path below the gateway's base URL. */
  | { type: 'path'; path: string }
  | { type: 'gateway' }

export interface Media {
  source: MediaSource
  mime?: string
  fileName?: string
  bytes?: number
  seconds?: number
}

/** Somebody's card, sent as content. `phones` as written on it. */
export interface SharedContact {
  name: string
  phones: string[]
  organization?: string
}
/** One choice of a menu: a button or a row of a list. */
export interface MenuOption {
  id?: string
  text: string
  description?: string
}

export type Content =
  | { type: 'text'; text: string }
  | { type: MediaType; media: Media; text?: string }
  /** Degrees, WGS 84. `live`: the sender goes on sharing where they are; only this one place is known. */
  | {
      type: 'location'
      latitude: number
      longitude: number
      name?: string
      address?: string
      live?: boolean
      text?: string
    }
  | { type: 'contacts'; contacts: SharedContact[]; text?: string }
  /** `text` is the question. `choices`: how many may be chosen; 0 for any number. */
  | { type: 'poll'; text: string; options: string[]; choices: number }
  /** Buttons or a list to choose from. */
  | { type: 'menu'; text: string; options: MenuOption[]; footer?: string }
  /** Somebody tapped a button or chose a row: `text` is its label. The menu is what the message replies to. */
  | { type: 'choice'; text: string; id?: string }
  /** A cart: `text` is what the customer wrote with it. */
  | { type: 'order'; id?: string; items?: number; currency?: string; text?: string }
  /**
   * A message whose content the hub does not read (yet). `wire` names it in the gateway's own words;
   * {@link NO_CONTENT}: the gateway delivered none.
   */
  | { type: 'unsupported'; wire: string; text?: string }

/** `wire` of a message that came without any content: shown, but nothing a handler could answer. */
export const NO_CONTENT = 'empty'

/** Text a person reads in a content: the body, or a medium's caption. */
export const contentText = (content: Content): string => content.text ?? ''

/** The advertisement or link that led a customer here. Everything as the gateway tells it. */
export interface Referral {
  clickId?: string
  sourceId?: string
  sourceUrl?: string
  sourceType?: string
  title?: string
  text?: string
}

export interface Message {
  id: MessageId
  content: Content
  /** The message this one replies to. `text` as quoted by the gateway, if it says. */
  replyTo?: { id: MessageId; text?: string }
  mentions?: Address[]
  forwarded?: boolean
  viewOnce?: boolean
  referral?: Referral
}

/** Order of a message's life; a receipt moves it forward only. */
export const MESSAGE_STATUSES = ['pending', 'sent', 'delivered', 'read', 'played'] as const
export type MessageStatus = (typeof MESSAGE_STATUSES)[number]
export type ReceiptState = Exclude<MessageStatus, 'pending'>

export type ConnectionState = 'connecting' | 'connected' | 'disconnected' | 'logged-out'

export const PRESENCE_STATES = ['typing', 'recording', 'paused', 'online', 'offline'] as const
export type PresenceState = (typeof PRESENCE_STATES)[number]

export interface GroupChange {
  name?: string
  description?: string
  /** Only admins may change the group's name, picture and description. */
  locked?: boolean
  /** Only admins may write. */
  announce?: boolean
  /** Admins approve who joins. */
  approval?: boolean
  /** Messages vanish after this long (seconds); 0: never. */
  ephemeralSeconds?: number
  inviteLink?: string
  deleted?: boolean
}
export interface Label {
  id: string
  name?: string
  /** The gateway's number of a colour. */
  color?: number
}
export interface ChatDetails {
  name?: string
  archived?: boolean
  pinned?: boolean
  /** ms since 1970; 0: not muted, -1: for ever. */
  mutedUntil?: number
  unread?: number
  /** Ids of the labels on it: all of them. */
  labels?: string[]
}
export type LeadValue = string | number | boolean | string[]
export interface ChannelPost {
  id?: MessageId
  type?: string
  at?: number
  views?: number
}

/** The part of an event that depends on its kind. This is what is stored as `data`. */
export type Fact =
  | { kind: 'message'; message: Message }
  | { kind: 'edit'; target: MessageId; text?: string; id?: MessageId }
  | { kind: 'revoke'; target: MessageId }
  | { kind: 'delete-for-me'; target: MessageId }
  /** An empty `emoji` takes the reaction back. */
  | { kind: 'reaction'; target: MessageId; emoji: string; id?: MessageId }
  /** Exactly one message per receipt event. `self`: we read it on another of our own devices. */
  | { kind: 'receipt'; target: MessageId; state: ReceiptState; self?: boolean }
  | {
      kind: 'membership'
      change: 'join' | 'leave' | 'promote' | 'demote'
      members: Party[]
      /** True when our own number is the one that joined or left. */
      self?: boolean
    }
  /** Who chose what in a poll or menu. Every vote replaces the one before; no options: it was taken back. */
  | { kind: 'vote'; target: MessageId; options: string[]; id?: MessageId }
  | { kind: 'pin'; target: MessageId; pinned: boolean }
  /** What changed about a group; only what is there changed. `deleted`: the group is gone. */
  | ({ kind: 'group' } & GroupChange)
  | { kind: 'connection'; state: ConnectionState; reason?: string }
  /** `typing`, `recording` and `paused` are in a chat; `online` and `offline` are about a person. */
  | { kind: 'presence'; state: PresenceState; lastSeen?: number }
  | {
      kind: 'call'
      id: string
      state: 'offered' | 'accepted' | 'rejected' | 'ended'
      video?: boolean
      group?: Address
    }
  /** A label was made, changed or deleted; with a chat: it was put on it or taken off. */
  | { kind: 'label'; label: Label; change: 'defined' | 'deleted' | 'added' | 'removed' }
  /** What the gateway says about a chat; only what is there is known. */
  | ({ kind: 'chat' } & ChatDetails)
  /** An entry of the number's own address book, as the event's `chat` names it. */
  | { kind: 'contact'; name?: string; removed?: boolean }
  /** The gateway's own CRM record of a chat. Field names are the gateway's. */
  | { kind: 'lead'; fields: Record<string, LeadValue> }
  | { kind: 'block'; blocked: boolean }
  | {
      kind: 'channel'
      change: 'joined' | 'left' | 'muted' | 'unmuted' | 'posted'
      name?: string
      posts?: ChannelPost[]
    }
  /** A batch of the past arrived; its messages are events of their own in the same delivery. */
  | { kind: 'history'; messages: number; batch?: number; of?: number; scope?: string }
  /** Progress of a campaign the gateway itself runs. */
  | { kind: 'campaign'; state: 'running' | 'done'; id?: string; sent?: number; total?: number }
  /** `name`: the gateway's own name of what it sent, shortened to 100 characters. */
  | { kind: 'unknown'; name: string }
  | { kind: 'timer'; key: string; generation: number; data: unknown }

export type FactOf<K extends Fact['kind']> = Extract<Fact, { kind: K }>

/** One normalised event as a gateway's `normalise` returns it. */
export interface InboundEvent {
  fact: Fact
  identity: Identity
  /** When it happened by the gateway's clock (ms), if it says. */
  at?: number
  /** The conversation. Events without one go to the instance's own lane. */
  chat?: Party
  /** Who did it. In a direct chat with `author: 'other'` this is the same person as `chat`. */
  sender?: Party
  author: Author
  /** Client reference that our own send carried, when the gateway echoes it. */
  reference?: string
}
