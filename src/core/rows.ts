import type { Command, CommandState, CommandType } from './commands.ts'
import type { Author, EventKind, Fact } from './events.ts'
import type {
  ChatId,
  CommandId,
  ContactId,
  DeliveryId,
  EventId,
  InstanceId,
  LaneId,
  MessageId,
} from './ids.ts'
import type { ChatView, ContactView, LaneEvent } from './turn.ts'

/** What the store hands out of its main things: as they are claimed, and as they are listed. */

/** What becomes of an event beside being stored. */
export type Disposition =
  /** Handlers see it. */
  | 'handle'
  /** Stored in the log by its turn; handlers do not see it (too old, own, history). */
  | 'store'
  /** Authentic, but of a number this hub does not know: stored and shown, in no lane. */
  | 'unrouted'

export interface ClaimedLane {
  lane: LaneId
  fence: number
  instance: InstanceId
  chat: ChatState | undefined
  events: ClaimedEvent[]
  /** Everything handlers keep about this chat. */
  state: Map<string, unknown>
}

export interface ChatState extends ChatView {
  epoch: number
}

export interface ClaimedEvent extends LaneEvent {
  place: number
  disposition: Disposition
  delivery?: DeliveryId
  reference?: string
  contact?: ContactView
  /** Epoch of the turn's first attempt, if an earlier one recorded it. */
  epoch?: number
  /** True once it waited for its message in vain: it is stored as one of an unknown message. */
  orphan: boolean
}

export interface StepRecord {
  event: EventId
  generation: number
  name: string
}

export type EventStatus = 'pending' | 'done' | 'skipped' | 'parked' | 'dead' | 'discarded' | 'unrouted'

export interface EventRow {
  id: EventId
  kind: EventKind
  instance: InstanceId
  at: number
  acceptedAt: number
  doneAt?: number
  status: EventStatus
  attempts: number
  error?: string
  note?: string
  author: Author
  fact: Fact
  chat?: ChatId
  delivery?: DeliveryId
  generation: number
}

export interface CommandRow {
  id: CommandId
  instance: InstanceId
  chat: ChatId
  type: CommandType
  state: CommandState
  attempts: number
  /** Without the bytes of a medium that it carries: of `data:…;base64,…` only what stands before them. */
  command: Command
  messageId?: MessageId
  /** Why it is in this state, for people. */
  reason?: string
  /** The event whose handlers decided it. */
  event?: EventId
  createdAt: number
  /** When its latest attempt began. */
  sendingAt?: number
  unknownAt?: number
  settledAt?: number
}

export interface ChatRow extends ChatState {
  instance: InstanceId
  contact?: ContactId
  lastMessageAt?: number
}
