import type { z } from 'zod'
import type { Address } from '../core/address.ts'
import type { ACTION_SCHEMAS, ActionName } from './action-schemas.ts'
import type { PendingFaults } from './faults.ts'
import type { HubChat } from './hub-chats.ts'
import type { HubState } from './hub-watch.ts'
import type { ChatSettings, Group, Person, WorldChat, WorldMessage } from './model.ts'
import type { StripEntry } from './strip.ts'
import type { Tally } from './way.ts'

export type { ActionName } from './action-schemas.ts'
export type { CallEntry, PostEntry, StripEntry } from './strip.ts'
export type { Way, WayStage } from './way.ts'
export type { WireDetail } from './wire-detail.ts'

/** What crosses the wire between the simulator and a page with the phone. */

/** What `POST /phone/<name>` takes. */
export type ActionInput<Name extends ActionName> = z.input<(typeof ACTION_SCHEMAS)[Name]>

/** Of `GET /phone/state` and `GET /phone/stream`. */

export interface NumberView {
  instance: string
  name: string
  digits: string
  generation: string
  /** Those its gateway can speak. */
  generations: readonly string[]
  gateway: string
  connected: boolean
  loggedOut: boolean
  skewMs: number
  faults: PendingFaults
}
export interface MessageView extends WorldMessage {
  /** It is the example picture, which every page has. */
  example?: true
}
export interface ChatView extends Omit<WorldChat, 'messages'> {
  /** The latest, oldest first. */
  messages: MessageView[]
}
export interface HubView {
  url?: string
  state: HubState
  canKill: boolean
  canAsk: boolean
}

export interface PhoneState {
  numbers: NumberView[]
  people: Person[]
  groups: Group[]
  chats: ChatView[]
  /** Oldest first. */
  strip: StripEntry[]
  hub: HubView
  hubChats: readonly HubChat[]
  tally: Tally
}

/** Name of a server-sent event → its data. */
export interface PhoneNews {
  state: PhoneState
  message: { instance: string; chat: Address; message: MessageView }
  typing: { instance: string; chat: Address; typing: boolean }
  chat: { instance: string; chat: Address; byHand: boolean; settings: ChatSettings }
  number: NumberView
  group: Group
  person: Person
  strip: StripEntry
  hub: HubView
  'hub-chats': readonly HubChat[]
  tally: Tally
}
