import type { Address } from '../core/address.ts'
import type { Author, Content, GroupChange, Message, MessageStatus } from '../core/events.ts'
import type { MessageId } from '../core/ids.ts'
import type { Happening, SimulatedChat, SimulatedNumber } from './port.ts'

/** Somebody with a phone of their own, who writes to our numbers. */
export interface Person {
  /** International number, digits. It is also the person's id in this world. */
  digits: string
  /** Digits of the id WhatsApp shows instead of the number. */
  privateDigits: string
  name: string
  /** What WhatsApp shows of them to our numbers; both unless said. */
  shows?: Shown
  /** Linked devices beside the phone; each sends receipts of its own. */
  devices?: number
}
export const SHOWN = ['both', 'phone', 'private'] as const
export type Shown = (typeof SHOWN)[number]

export interface Group extends Pick<GroupChange, 'locked' | 'announce' | 'approval' | 'ephemeralSeconds'> {
  address: Address
  name: string
  description?: string
  /** Our number that it is about. */
  instance: string
  /** Digits of the people in it; our own number is a member too, unless `own` says otherwise. */
  members: string[]
  /** Those of them who are admins. */
  admins?: string[]
  /** What our number is in it; an admin unless said. */
  own?: 'admin' | 'member' | 'gone'
  /** Digits of the people who asked to join. */
  requests?: string[]
  /** Code at the end of the link that lets people in. */
  link?: string
  picture?: string
}

export interface WorldMessage {
  id: MessageId
  at: number
  author: Author
  /** Digits of the person, or undefined when one of our numbers wrote it. */
  by?: string
  content: Content
  status: MessageStatus
  replyTo?: Message['replyTo']
  mentions?: Address[]
  forwarded?: true
  /** Client reference that a send through the API carried. */
  reference?: string
  reactions: { by?: string; emoji: string }[]
  /** Who chose what in a poll. */
  votes?: { by?: string; options: string[] }[]
  editedAt?: number
  revokedAt?: number
  pinned?: true
  starred?: true
  /** It never reaches our number's phone. */
  forged?: true
}
/** A message before it is in a chat. */
export type NewMessage = Omit<WorldMessage, 'at' | 'status' | 'reactions'>

/** What our number's phone remembers of a conversation beside its messages. */
export type ChatSettings = Omit<SimulatedChat, 'party' | 'lastMessageAt'>

/** A conversation of one of our numbers; `address` is a person's phone or a group. */
export interface WorldChat {
  instance: string
  address: Address
  messages: WorldMessage[]
  /** Our number shows "typing…" here. */
  typing: boolean
  /** Somebody wrote by hand on the business phone, and has not given the chat back since. */
  byHand: boolean
  settings: ChatSettings
}

/** A place to write: one of our numbers, a person, and a group when it is not their direct chat. */
export interface Place {
  instance: string
  person: string
  group?: Address
}

export type WorldEvent =
  /** A gateway would learn of this. */
  | { type: 'happened'; instance: string; happening: Happening }
  /** A message is new or changed. */
  | { type: 'message'; instance: string; chat: Address; message: WorldMessage }
  | { type: 'typing'; instance: string; chat: Address; typing: boolean }
  /** What is around the messages of a chat changed. */
  | { type: 'chat'; instance: string; chat: Address; byHand: boolean; settings: ChatSettings }
  | { type: 'number'; number: SimulatedNumber }
  | { type: 'group'; group: Group }
  | { type: 'person'; person: Person }

/** Thrown when somebody asks for what cannot be done on WhatsApp; the message says why. */
export class WorldError extends Error {}
