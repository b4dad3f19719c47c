import type { Party } from './events.ts'
import type { ChatId, DeliveryId, EventId, InstanceId, ReplayId } from './ids.ts'
import type { Page, PageRequest } from './page.ts'
import type {
  ChatRow,
  ClaimedEvent,
  ClaimedLane,
  CommandRow,
  EventRow,
  EventStatus,
  StepRecord,
} from './rows.ts'
import type { TurnTrace } from './trace.ts'

/** What the monitor asks of the store: what needs a person, how an event was handled, replays of many. */

// --- around one event -----------------------------------------------------------------------------------

/** What is known around one event. */
export interface EventSurroundings {
  /** When its turn, the last attempt's, began (ms). */
  startedAt?: number
  trace?: TurnTrace
  /** Whom it names, as its gateway did. */
  chat?: Party
  sender?: Party
  /** Client reference that came with it. */
  reference?: string
  /** What its handlers decided to send, in order; at most 100. */
  commands: CommandRow[]
  /** The original and every replay of it, oldest first; at most 100. */
  generations: EventRow[]
  /** All events of its delivery, in order; at most 100. */
  siblings: EventId[]
}

export interface DeliveryRow {
  id: DeliveryId
  instance: InstanceId
  receivedAt: number
  source: string
  bytes: number
  /** Events stored of it. */
  events: number
}

// --- what needs a person ------------------------------------------------------------------------------

/** How many there are, counted up to {@link COUNTED_TO}, and the first few. */
export interface Few<T> {
  count: number
  first: T[]
}
export const COUNTED_TO = 1_000
export interface Attention {
  /** Nobody knows whether they went out. */
  unknownSends: Few<CommandRow>
  /** Used up their tries. */
  failedSends: Few<CommandRow>
  deadLetters: Few<EventRow>
  /** A person owns them, and the other side said something last. The longest wait first. */
  waitingChats: Few<ChatRow>
}
export interface LaneHealth {
  /** Being handled now. */
  held: number
  /** Their turn has come and nobody took them yet. */
  waiting: number
  /** They wait: after a turn that failed, or for their reorder window. */
  later: number
  /** When the oldest event that is not handled was accepted (ms). */
  oldestEventAt?: number
}

// --- replays --------------------------------------------------------------------------------------------

/** Which events a replay runs once more. Those that still wait are never among them. */
export interface ReplayFilter {
  ids?: EventId[]
  instance?: InstanceId[]
  kind?: string[]
  status?: EventStatus[]
  chat?: ChatId
  /** By the time of their acceptance (ms); `to` without itself. */
  from?: number
  to?: number
}
export const REPLAY_STATES = ['running', 'done', 'cancelled'] as const
export type ReplayState = (typeof REPLAY_STATES)[number]
export interface ReplayRow {
  id: ReplayId
  state: ReplayState
  /** Events it is to run. */
  matched: number
  /** Put into their queues so far. */
  queued: number
  /** Not run: somebody was quicker, or they are gone. */
  skipped: number
  createdAt: number
  endedAt?: number
}

export interface MonitorStore {
  /** @param limit how many of each are shown */
  attention(limit: number): Promise<Attention>
  /** @param now by the store's own clock (ms) */
  laneHealth(now: number): Promise<LaneHealth>
  surroundings(event: EventRow): Promise<EventSurroundings>
  /** Newest first. */
  listDeliveries(
    page: PageRequest & { instance?: readonly string[]; from?: number; to?: number },
  ): Promise<Page<DeliveryRow>>
  /**
   * A stored event as its turn would begin now, on its chat as it is now. Nothing is leased: the lane's fence is none.
   * Undefined when there is no such event, or it belongs to no lane.
   */
  peekTurn(event: EventId): Promise<{ lane: ClaimedLane; event: ClaimedEvent } | undefined>
  /** The stored result of a step. */
  storedStep(step: StepRecord): Promise<{ value: unknown } | undefined>

  /** The first `limit` events a replay would run, oldest first, and how many there are up to `count`. */
  matchReplay(
    filter: ReplayFilter,
    options: { limit: number; count: number },
  ): Promise<{ matched: number; events: EventRow[] }>
  /** Notes a replay, which nodes then carry out. It runs what matches now, never what comes later. */
  beginReplay(filter: ReplayFilter, limit: number): Promise<ReplayRow>
  /**
   * Carries the oldest running replay on: puts its next events into their queues and notes how far it is, in one
   * transaction. @returns the replay as it is now, undefined when none runs
   */
  advanceReplay(batch: number): Promise<{ replay: ReplayRow; instances: InstanceId[] } | undefined>
  /** Is any running? */
  replayRuns(): Promise<boolean>
  /** What is queued stays queued. @returns undefined when there is none; one that has ended stays as it is */
  cancelReplay(id: ReplayId): Promise<ReplayRow | undefined>
  getReplay(id: ReplayId): Promise<ReplayRow | undefined>
  /** Newest first. */
  listReplays(page: PageRequest): Promise<Page<ReplayRow>>
}
