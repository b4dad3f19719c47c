import type { AccessStore } from './access.ts'
import type { Address, ChatKind } from './address.ts'
import type { AlertStore } from './alerts.ts'
import type { Command, CommandState, SendResult } from './commands.ts'
import type {
  Author,
  ConnectionState,
  Fact,
  Identity,
  Message,
  MessageStatus,
  Party,
  ReceiptState,
} from './events.ts'
import type {
  ChatId,
  CommandId,
  ContactId,
  DeliveryId,
  EventId,
  InstanceId,
  LaneId,
  MergeId,
  MessageId,
  MessageRowId,
} from './ids.ts'
import type { Topic } from './live.ts'
import type { MediaLedger, MediaRow } from './media.ts'
import type { MonitorStore } from './monitor.ts'
import type { Page, PageRequest } from './page.ts'
import type { RegistryStore } from './registry.ts'
import type {
  ChatRow,
  ChatState,
  ClaimedLane,
  CommandRow,
  Disposition,
  EventRow,
  EventStatus,
  StepRecord,
} from './rows.ts'
import type { TurnTrace } from './trace.ts'
import type { TrafficStore } from './traffic.ts'
import type { LoggedMessage, Owner } from './turn.ts'
import type { WatchStore } from './watch.ts'

export type {
  ChatRow,
  ChatState,
  ClaimedEvent,
  ClaimedLane,
  CommandRow,
  Disposition,
  EventRow,
  EventStatus,
  StepRecord,
} from './rows.ts'

/**
 * The Store port: what the pipeline and the API need of a database, in the hub's own terms. All times are
 * milliseconds since 1970; lease times use the store's own clock. Written once over an engine's dialect;
 * every engine passes the same conformance suite.
 */
export interface Store
  extends InboxStore,
    LaneStore,
    OutboxStore,
    LogStore,
    MediaLedger,
    ClusterStore,
    AccessStore,
    RegistryStore,
    TrafficStore,
    MonitorStore,
    WatchStore,
    AlertStore {
  /** Identity of this installation, made at the first start. */
  readonly installation: string
  /** Rejects with E_STORE_UNAVAILABLE when the store cannot commit. */
  ping(): Promise<void>
  /** Removes what retention no longer keeps, in small batches. Returns how many rows went. */
  prune(limits: {
    deliveriesMs: number
    dedupeMs: number
    eventsMs: number
    commandsMs: number
  }): Promise<number>
  /** Notes how far this database has come, so that an older copy put back in its place is recognised. */
  mark(): Promise<void>
  close(): Promise<void>
}

// --- many nodes -----------------------------------------------------------------------------------

/** Where work waits until a loop takes it. */
export const QUEUES = ['lanes', 'timers', 'outbox', 'searches', 'media'] as const
export type Queue = (typeof QUEUES)[number]

/** What a commit means to whoever else looks: work in these queues, something new to show of these numbers. */
export interface Announcement {
  queues: readonly Queue[]
  instances: readonly InstanceId[]
  /** Instances or servers were added, changed or taken away. */
  registry?: boolean
  /** What else there is new to show. */
  topics?: readonly Topic[]
}

/** What a node does: takes deliveries in, handles events, sends. */
export const ROLES = ['ingest', 'worker', 'sender'] as const
export type Role = (typeof ROLES)[number]

/** A process that works on this store. */
export interface NodeRow {
  /** The holder of its leases. */
  id: string
  roles: readonly Role[]
  /** Name of its machine. */
  host: string
  version: string
  startedAt: number
  /** Its last sign of life. */
  seenAt: number
}

export interface ClusterStore {
  /** Whether other processes may work on this store at the same time. */
  readonly shared: boolean
  /** Tells the other nodes, soon and many at a time. A hint: it may be late or lost, and never fails. */
  announce(what: Announcement): void
  /** Hears what other nodes announce; not what this one does. @returns ends it */
  onAnnounced(listen: (what: Announcement) => void): () => void
  /** This node lives. */
  heartbeat(node: Omit<NodeRow, 'seenAt'>): Promise<void>
  /**
   * Takes lanes and chats away from nodes that were silent for `silentMs`, so that others may have them at
   * once. What such a node was sending becomes unknown; if it wakes, its fences are stale. Only for a node
   * that was heard itself all that time: one that was cut off would judge all others.
   * @returns the nodes that were given up
   */
  bury(silentMs: number): Promise<NodeRow[]>
  /** This node ends, and holds nothing any more. */
  leave(id: string): Promise<void>
  /** Oldest first. */
  nodes(): Promise<NodeRow[]>
  /**
   * Takes up to `want` of the deliveries that a number may still receive now, over all nodes together: a bucket
   * that fills at `perSecond` up to one second's worth, at least one. `perSecond` may be below one.
   * @returns how many were taken, a whole number; 0 when the bucket is empty
   */
  grantDeliveries(instance: InstanceId, perSecond: number, want: number): Promise<number>
}

// --- accepting ------------------------------------------------------------------------------------

export interface Arrival {
  instance: InstanceId
  /** When its last byte was here (ms). */
  receivedAt: number
  /** When it was proved and read. */
  verifiedAt?: number
  source: string
  headers: Record<string, string>
  /** With credentials masked. */
  body: Buffer
  /** An idle lane becomes ready only after this (ms), so that late neighbours can be put in order. */
  reorderMs: number
  events: ArrivingEvent[]
  /** What it calls a number that no instance is known for; `key` tells such numbers apart. */
  unrouted?: { key: string; gateway: string; baseUrl: string; names: string[]; tokenSeen: boolean }
}
export interface ArrivingEvent {
  fact: Fact
  author: Author
  at?: number
  chat?: Party
  sender?: Party
  reference?: string
  identity: Identity['type']
  /** 32 bytes. */
  key: Buffer
  disposition: Disposition
  /** A person wrote by hand: moves owner and epoch of the chat in this very transaction. */
  claims: boolean
}
export interface Acceptance {
  accepted: number
  duplicates: number
}

export interface InboxStore {
  /**
   * Stores deliveries and their events in one transaction. When it resolves, the commit that holds them
   * has returned, for duplicates too. An arrival the store refuses on its data is kept as raw bytes plus
   * one `unknown` event; the others are not affected.
   */
  accept(batch: readonly Arrival[]): Promise<Acceptance[]>
}

// --- lanes ----------------------------------------------------------------------------------------

/** What a turn does to the hub's own log. */
export type LogChange =
  | {
      type: 'message'
      message: Message
      author: Author
      at: number
      contact?: ContactId
      /** In a direct chat: the one address of the other side it came under, if only one was shown. */
      address?: Address
      status: MessageStatus
      /** Arrived as news; false for what history told. */
      live: boolean
    }
  | { type: 'edit'; target: MessageId; text?: string; at: number }
  | { type: 'revoke'; target: MessageId; at: number }
  | { type: 'reaction'; target: MessageId; contact?: ContactId; author: Author; emoji: string; at: number }
  | { type: 'receipt'; target: MessageId; state: ReceiptState; at: number }
  /** Every vote of somebody replaces the one before; no options: it was taken back. */
  | {
      type: 'vote'
      target: MessageId
      contact?: ContactId
      author: Author
      options: string[]
      at: number
    }
  | { type: 'pin'; target: MessageId; pinned: boolean; at: number }
  /** An echo of our own send: settles that command as sent, whatever was believed. */
  | { type: 'echo'; messageId: MessageId; command: CommandId }
  /** Somebody's display name, when it differs from the stored one. `spare`: only where none is known. */
  | { type: 'name'; contact?: ContactId; name: string; spare?: boolean }
  /** The number's connection; a lost one holds its sends, a regained one lets them go. */
  | { type: 'connection'; state: ConnectionState; reason?: string }

export interface NewCommand {
  id: CommandId
  /** Idempotency key of a request from outside: recorded twice it is one command. Turns need none, they have the fence. */
  key?: string
  command: Command
  typingMs: number
  ignoreOwner: boolean
}
export interface TurnCommit {
  lane: LaneId
  fence: number
  instance: InstanceId
  event: EventId
  place: number
  /** More events of this claim follow, so the lease goes on. */
  more: boolean
  leaseMs: number
  /** Epoch under which the turn decided; bot commands are refused if it moved. */
  epoch?: number
  log: LogChange[]
  commands: NewCommand[]
  /** `null` deletes. */
  state: Map<string, unknown>
  timers: { key: string; at: number | null; data: unknown }[]
  owner?: Owner
  /** Set for a timer event: the timer row goes if its generation is still this one. */
  firedTimer?: { key: string; generation: number }
  outcome: 'done' | 'parked' | 'skipped'
  /** For `parked`: the message this waits for, and until when. */
  parked?: { target: MessageId; until: number }
  /** What happened, for the event monitor: which handlers ran, or why none did. */
  note?: string
  /** The same of each handler. */
  trace?: TurnTrace
  /** When the turn began (ms). */
  startedAt?: number
}
export type TurnOutcome =
  | { type: 'committed'; commands: number; refused: number }
  /** The lease was lost; nothing was written. */
  | { type: 'stale' }

export interface TurnFailure {
  instance: InstanceId
  lane: LaneId
  fence: number
  event: EventId
  place: number
  attempt: number
  error: string
  epoch?: number
  /** When to try again; null makes it a dead letter and lets the lane go on. */
  retryAt: number | null
  /** For a dead letter: what the event itself does to the log, whatever its handlers could not do. */
  log: LogChange[]
  firedTimer?: { key: string; generation: number }
  /** As in {@link TurnCommit}. */
  trace?: TurnTrace
  startedAt?: number
}

export interface Look {
  chat: ChatId
  message?: MessageId | undefined
}
export interface Seen {
  /** Undefined when there is no such chat. */
  chat: ChatState | undefined
  /** Is the message in the chat's log: as news, or from history only? */
  known: 'live' | 'history' | undefined
}

export interface LaneStore {
  /** Leases up to `limit` ready lanes and reads their next events, `perLane` at most each. */
  claimLanes(options: {
    holder: string
    limit: number
    perLane: number
    leaseMs: number
  }): Promise<ClaimedLane[]>
  /** Prolongs leases; resolves to the claims that still stand. */
  renewLanes(
    lanes: readonly { lane: LaneId; fence: number }[],
    leaseMs: number,
  ): Promise<{ lane: LaneId; fence: number }[]>
  /** Gives lanes back untouched, so that another node may have them at once. */
  releaseLanes(lanes: readonly { lane: LaneId; fence: number }[]): Promise<void>
  /** Each turn commits whole or is stale; turns of one call share a transaction. */
  commitTurns(batch: readonly TurnCommit[]): Promise<TurnOutcome[]>
  failTurn(failure: TurnFailure): Promise<'recorded' | 'stale'>
  /** What turns must know as they begin, of many at a time: who owns the chat, and whether its log has a message. */
  lookUp(wanted: readonly Look[]): Promise<Seen[]>
  /** Is the fired timer still the one that fired? */
  timerIsCurrent(lane: LaneId, key: string, generation: number): Promise<boolean>

  /** A stored result, or undefined. Records the epoch of the first attempt, once. */
  beginStep(
    step: StepRecord,
    epoch: number | undefined,
  ): Promise<{ value: unknown; epoch: number | undefined } | undefined>
  /** First writer wins; a lost lease stores nothing. Resolves to the value that stands. */
  finishStep(
    step: StepRecord,
    guard: { lane: LaneId; fence: number },
    result: { value: unknown; epoch: number | undefined },
  ): Promise<unknown>

  /** Appends due timers and overdue parked events to their lanes. Returns how many. */
  fireDue(limit: number): Promise<number>
  /** When the next of these becomes ready (ms); undefined if nothing waits. `timers` includes parked events. */
  nextDue(queue: Queue): Promise<number | undefined>
  /** Merges contacts whose lanes were leased when an event proved them one. Returns how many are left. */
  mergePending(): Promise<number>
  /** The gateway's directory was asked about the party's aliases and named its address: they are one person. */
  learn(party: Party): Promise<void>
  /** Has a gateway named this address, or do only we write it? */
  hasSeen(address: Address): Promise<boolean>
}

// --- outbox ---------------------------------------------------------------------------------------

export interface ClaimedSend {
  id: CommandId
  chat: ChatId
  instance: InstanceId
  command: Command
  attempt: number
  fence: number
  /** `typing`: show typing for `typingMs`, then call `typed`. `send`: it is already marked `sending`. */
  task: 'typing' | 'send'
  typingMs: number
  queuedAt: number
}
export interface Settlement {
  id: CommandId
  chat: ChatId
  fence: number
  /** When the attempt ended (ms). */
  at: number
  result: SendResult
  /** For `retry` and `hold`: when to try again; null makes it a dead letter. */
  retryAt: number | null
  /** What was really said, where it is not the command itself. The log keeps this. */
  said?: Command
}

/** A send nobody knows the end of, leased for one look at the gateway's own records. */
export interface UnknownSend {
  id: CommandId
  chat: ChatId
  instance: InstanceId
  command: Command
  attempt: number
  /** When the attempt was marked `sending`: before its first byte (ms). */
  sentAt: number
  /** When it became unknown (ms). */
  unknownAt: number
  /** Searches so far that proved it absent from the gateway's records, one after the other. */
  absences: number
  /** Ids that receipts of this chat named since the attempt and that nobody knows. */
  strangers: MessageId[]
}
/** What one look brought. */
export type Finding =
  /** The gateway's record carries our reference: it is ours, whatever else is known. */
  | { type: 'ours'; messageId: MessageId; at?: number }
  /** Own messages just like it. It is sent only if exactly one of them is nobody else's. */
  | { type: 'alike'; messages: { id: MessageId; at: number }[] }
  /** Certainly not sent. It is tried again, unless the chat has gone on without it. */
  | { type: 'not-sent'; retryAt: number | null; reason: string }
  /** No proof. `absences` replaces the count. */
  | { type: 'nothing'; absences: number }
export interface Conclusion {
  send: Pick<UnknownSend, 'id' | 'chat' | 'instance' | 'attempt' | 'sentAt'>
  finding: Finding
  /** As in {@link Settlement}. */
  said?: Command
  /** When to look again if this settled nothing (ms); null: not before something new is heard. */
  again: number | null
  /** Receipts in its chat may make it worth another look, though not before this (ms). */
  notBefore: number
}

export interface OutboxStore {
  /**
   * Leases chats with something to send and marks each one's next command `sending` under the chat's lock,
   * after comparing its epoch and reserving the number's next slot. What was decided under an old epoch is
   * refused here. Instances that are held get at most one probing command after their waiting time. An
   * unknown send holds its chat for `unknownHoldMs`; then it waits for a person, and the chat goes on.
   */
  claimSends(options: {
    holder: string
    limit: number
    leaseMs: number
    pacing: ReadonlyMap<InstanceId, { minDelayMs: number; maxDelayMs: number }>
    /** One throw in [0, 1) for the jitter of this claim. */
    dice: number
    /** How long an unknown send holds its chat. */
    unknownHoldMs: number
    /** Numbers with enough sends under way. */
    exclude: readonly InstanceId[]
    /** Commands that carry more than this (`carriedLength`, together) wait. Default: no limit. */
    maxCarried?: number
  }): Promise<{ sends: ClaimedSend[]; refused: number }>
  /** Typing was begun; the command itself becomes claimable at `readyAt`. */
  typed(send: { id: CommandId; chat: ChatId; fence: number }, readyAt: number): Promise<void>
  /** Records how sends ended. `sent` is recorded even when the lease was lost or the command is `unknown`. */
  settle(batch: readonly Settlement[]): Promise<void>
  /** Leases sends whose end is unknown (held ones too) and that are due for a look at the gateway. */
  claimUnknown(options: { limit: number; leaseMs: number }): Promise<UnknownSend[]>
  /**
   * Records what a look brought. Claims of other commands, of people's messages and of messages still in
   * the lane are compared in the same transaction. Resolves to what has become of the send.
   */
  conclude(conclusion: Conclusion): Promise<'sent' | 'retry' | 'open'>
  /** A command of the chat that is being sent at this moment. */
  sendInFlight(chat: ChatId): Promise<CommandId | undefined>
  /** After a crash: what was `sending` becomes `unknown`, leases of this process's past life end now. */
  recover(): Promise<{ unknown: number; lanes: number }>
  /** A number that cannot send. `until` is when to probe again. `undefined` reason releases it at once. */
  holdInstance(instance: InstanceId, hold: { reason: string; until: number } | undefined): Promise<void>
  /** Queues a command from outside a turn. The same key is queued once and answers the first id. */
  enqueue(request: {
    instance: InstanceId
    to: Party
    command: NewCommand
    /** Move the owner to a person first. */
    claim: boolean
  }): Promise<{ id: CommandId; created: boolean }>
}

// --- reading and operating ------------------------------------------------------------------------

export type { Page, PageRequest }
export interface ContactRow {
  id: ContactId
  name?: string
  addresses: Address[]
  createdAt: number
}
/**
 * What proved two contacts to be one.
 * - `event`: one fact of a gateway named an address of each.
 * - `number`: two forms of one line, of which a gateway had named at most one.
 * - `receipt`: a message of ours to one was confirmed under the other.
 * - `directory`: the gateway was asked, and said so.
 */
export type MergeProof = 'event' | 'number' | 'receipt' | 'directory'
export interface MergeRow {
  id: MergeId
  kept: ContactId
  gone: ContactId
  at: number
  proof: MergeProof
  /** Addresses that came with the one that went. */
  addresses: Address[]
  /** Pairs of chats that became one. */
  chats: { kept: ChatId; gone: ChatId }[]
  undoneAt?: number
}
/** `busy`: something of either is being handled or sent; ask again. */
export type UndoOutcome = 'undone' | 'undone-before' | 'not-found' | 'busy'
export interface InstanceState {
  instance: InstanceId
  lastEventAt?: number
  connection?: string
  holdReason?: string
  holdUntil?: number
  queued: number
}
export interface Backlog {
  events: number
  commands: number
  deadEvents: number
  unknownCommands: number
}

/** Several values of one field: any of them. */
type OneOrMany<T> = T | readonly T[]
export const DECISIONS = ['resend', 'sent', 'failed', 'discard'] as const
export type Decision = (typeof DECISIONS)[number]
export interface EventFilter {
  instance?: OneOrMany<string>
  kind?: OneOrMany<string>
  status?: OneOrMany<EventStatus>
  author?: OneOrMany<Author>
  chat?: ChatId
  /** By the time of their acceptance (ms); `to` without itself. */
  from?: number
  to?: number
  /** An id that occurs in it: of the event, its delivery, a command it led to, or the gateway's of a message. */
  id?: string
}

export interface LogStore {
  /** Newest first. */
  listEvents(page: PageRequest & EventFilter): Promise<Page<EventRow>>
  getEvent(id: EventId): Promise<EventRow | undefined>
  getDelivery(id: DeliveryId): Promise<
    | {
        id: DeliveryId
        instance: InstanceId
        receivedAt: number
        verifiedAt?: number
        source: string
        headers: Record<string, string>
        body: Buffer
      }
    | undefined
  >
  listChats(page: PageRequest & { instance?: OneOrMany<string> }): Promise<Page<ChatRow>>
  getChat(id: ChatId): Promise<ChatRow | undefined>
  getContact(id: ContactId): Promise<ContactRow | undefined>
  /** Merges a contact took part in, on either side, undone ones included. Newest first. */
  listMerges(contact: ContactId, page: PageRequest): Promise<Page<MergeRow>>
  getMerge(id: MergeId): Promise<MergeRow | undefined>
  /** Takes a merge back, whole or not at all. */
  undoMerge(id: MergeId): Promise<UndoOutcome>
  /** Newest first. */
  listMessages(
    chat: ChatId,
    page: PageRequest,
  ): Promise<Page<LoggedMessage & { row: MessageRowId; media?: MediaRow }>>
  getMessage(chat: ChatId, id: MessageId): Promise<LoggedMessage | undefined>
  /** Newest first. */
  listCommands(
    page: PageRequest & {
      instance?: OneOrMany<string>
      state?: OneOrMany<CommandState>
      chat?: ChatId
      event?: EventId
    },
  ): Promise<Page<CommandRow>>
  getCommand(id: CommandId): Promise<CommandRow | undefined>
  /**
   * A dead event goes to its lane's tail as a new generation, in place of the old one; undefined if it is not
   * dead. With `ended` also one that was handled, skipped or given up, which keeps its status: handlers run
   * once more, and so do their effects.
   */
  retryEvent(id: EventId, ended?: boolean): Promise<EventId | undefined>
  discardEvent(id: EventId): Promise<boolean>
  /**
   * A person decides about a command that waits for one (`unknown`, `held`, `dead`, `rejected`, `refused`):
   * send it again, note that it was sent or that it was not, or give it up. False if its state does not allow that.
   * @param reason in that person's words
   */
  resolveCommand(id: CommandId, decision: Decision, reason?: string): Promise<boolean>
  /** Changes who may speak in a chat; moves the epoch. */
  setOwner(chat: ChatId, owner: Owner): Promise<boolean>
  /** The chat with this address on this instance, if there is one. */
  findChat(instance: InstanceId, address: Address): Promise<ChatId | undefined>
  chatKindOf(chat: ChatId): Promise<ChatKind | undefined>
  instanceStates(): Promise<InstanceState[]>
  backlog(): Promise<Backlog>
}
