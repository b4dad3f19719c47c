import type { Generated } from 'kysely'

/**
 * Row types of the hub's own tables. Times are integer milliseconds since 1970, JSON is text, booleans are
 * 0 and 1, so that a row reads the same on every engine.
 */
export interface Tables {
  meta: { key: string; value: string }
  delivery: {
    id: number
    instance: string
    received_at: number
    source: string
    headers: string
    body: Uint8Array
    /** When it was proved; NULL where nobody said. */
    verified_at: number | null
  }
  /** A fact is new exactly when its key can be inserted. */
  dedupe: { key: Uint8Array; expires_at: number }
  event: EventTable
  lane: LaneTable
  chat: ChatTable
  contact: { id: number; name: string | null; created_at: number; merged_into: number | null }
  address: {
    address: string
    contact_id: number
    created_at: number
    /** 1 once a gateway named it; 0 while only we wrote to it. */
    seen: Generated<number>
  }
  message: MessageTable
  command: CommandTable
  outbox: {
    chat_id: number
    instance: string
    /** NULL: nothing to send. Future: leased or waiting. Past: claimable. */
    ready_at: number | null
    fence: number
    holder: string | null
  }
  timer: {
    lane_id: number
    key: string
    at: number
    generation: number
    data: string
    /** 1 once its event lies in the lane; the row goes when that event's turn commits. */
    fired: number
  }
  /** An edit, revoke or reaction that waits beside the lane for its message. */
  parked: { event_id: number; lane_id: number; target: string; until: number }
  /** Receipts for messages nobody knows yet: they may come before the send's own answer. */
  early_receipt: {
    instance: string
    message_id: string
    chat_id: number
    status: number
    at: number
    expires_at: number
  }
  step: {
    event_id: number
    generation: number
    name: string
    /** NULL while only the epoch of the first attempt is recorded. */
    value: string | null
    epoch: number | null
  }
  state: { lane_id: number; key: string; data: string }
  instance_state: {
    instance: string
    next_send_at: number
    hold_reason: string | null
    hold_until: number | null
    connection: string | null
    last_event_at: number | null
  }
  /** Contacts proved to be one while a lane of theirs was leased; merged as soon as it is free. */
  pending_merge: {
    id: Generated<number>
    contact_a: number
    contact_b: number
    proof: string
    created_at: number
  }
  /** What a merge did and on what proof, so that it can be shown and undone. */
  contact_merge: {
    id: Generated<number>
    kept: number
    gone: number
    at: number
    proof: string
    /** `MergeDetail` as JSON. */
    detail: string
    undone_at: number | null
  }
  /** How a number was connected; the row without an end is how it is. */
  connection_change: {
    id: Generated<number>
    instance: string
    state: string
    at: number
    until: number | null
    reason: string | null
    source: string
  }
  /** What one node of all does at its time: a look at a number's gateway, and the round of alerts. */
  look: { name: string; due_at: number; asked_at: number | null; failures: number }
  alert: {
    id: Generated<number>
    kind: string
    instance: string | null
    state: string
    since: number
    opened_at: number
    changed_at: number
    times: number
    /** `AlertDetails` as JSON. */
    details: string
    acknowledged_at: number | null
    acknowledged_by: string | null
    resolved_at: number | null
  }
  /** What was last seen of a thing that can go wrong. */
  alert_standing: {
    kind: string
    /** Empty: the whole hub. */
    instance: string
    version: number
    seen: string
    since: number
    alert_id: number | null
  }
  /** What is to be told, or was, through a channel. */
  alert_news: {
    id: Generated<number>
    alert_id: number
    channel: string
    news: string
    /** `AlertNow` as it was then, as JSON. */
    body: string
    attempts: Generated<number>
    /** NULL: it has ended. Future: leased or waiting. */
    ready_at: number | null
    delivered: Generated<number>
    settled_at: number | null
    reason: string | null
  }
  /** The longest a number was silent in an hour, counted since 1970. */
  silence: { hour: number; instance: string; silent_ms: number }
  media: MediaTable
  /** Counts of a span; the other columns are those of `TRAFFIC_COLUMNS`. */
  traffic: { step: number; instance: string; at: number }
  /** A replay of many events: `place` is the last one that was looked at, `until` the last one of all. */
  replay: {
    id: Generated<number>
    state: string
    filter: string
    matched: number
    queued: Generated<number>
    skipped: Generated<number>
    place: number
    until: number
    created_at: number
    ended_at: number | null
  }
  node: { id: string; roles: string; host: string; version: string; started_at: number; seen_at: number }
  /** What a limited number may still receive, over all nodes. */
  delivery_bucket: { instance: string; thousandths: number; at: number }
  /** Instances and servers made while the hub ran. `settings` and `box` are empty once it was removed. */
  registry_entry: {
    kind: string
    /** The id in lower case. */
    folded: string
    id: string
    revision: number
    settings: string
    box: string
    /** What no two may have at once. */
    claim: string | null
    created_at: number
    updated_at: number
    removed_at: number | null
  }
  registry_creation: {
    key: string
    server: string
    instance: string
    name: string
    before: string
    holder: string
    begun_at: number
  }
  /** Deliveries that were refused; `target` is empty where no instance has that name. */
  refusal: {
    target: string
    reason: string
    detail: string
    count: number
    first_at: number
    last_at: number
  }
  /** First authentic delivery of an instance. */
  verified: { instance: string; at: number }
  /** Numbers that no instance is known for, by what their deliveries name. */
  unrouted: {
    id: Generated<number>
    key: string
    target: string
    gateway: string
    base_url: string
    names: string
    token_seen: number
    count: number
    first_at: number
    last_at: number
  }
  unrouted_event: { event_id: number; unrouted_id: number }
  account: {
    id: Generated<number>
    /** Folded: case does not count. */
    login: string
    name: string
    role: string
    /** What the password was made into; NULL: none yet. */
    password: string | null
    disabled: Generated<number>
    created_at: number
    seen_at: number | null
    version: Generated<number>
  }
  session: {
    id: Generated<number>
    /** sha256 of the token in hex. */
    hash: string
    account_id: number
    created_at: number
    seen_at: number
    source: string
    agent: string
  }
  /** Links that work once: the first owner's, invitations, new passwords. */
  link: {
    id: Generated<number>
    hash: string
    type: string
    role: string
    /** Whose password it sets. */
    account_id: number | null
    name: string | null
    login: string | null
    created_at: number
    created_by: string
    expires_at: number
    /** Idempotency key of the request that made it. */
    request: string | null
  }
  api_key: {
    id: Generated<number>
    hash: string
    name: string
    /** Separated by spaces. */
    scopes: string
    prefix: string
    created_at: number
    created_by: string
    used_at: number | null
    expires_at: number | null
    revoked_at: number | null
    request: string | null
  }
  audit: {
    id: Generated<number>
    at: number
    actor_type: string
    actor_id: string
    actor_name: string
    action: string
    target: string | null
    detail: string | null
    source: string | null
  }
  /** Failed sign-ins of late, by source and by account. */
  login_failure: { key: string; count: number; at: number }
}

/** The medium of a message somebody sent us, and how far it is fetched. */
interface MediaTable {
  /** `message.id` */
  message: number
  instance: string
  state: string
  attempts: number
  /** When it is to be tried (next); also how long a fetch that runs is leased. NULL: nothing to do. */
  ready_at: number | null
  created_at: number
  fetched_at: number | null
  /** sha256 in hex. Outlives `fetched` until the bytes are removed. */
  hash: string | null
  bytes: number | null
  mime: string | null
  reason: string | null
}

interface EventTable {
  id: number
  instance: string
  delivery_id: number | null
  lane_id: number | null
  place: number | null
  kind: string
  author: string
  at: number
  accepted_at: number
  status: string
  disposition: string
  generation: number
  attempts: number
  epoch: number | null
  orphan: number
  contact_id: number | null
  done_at: number | null
  error: string | null
  note: string | null
  data: string
  /** When the last attempt's turn began. */
  started_at: number | null
  /** `TurnTrace` as JSON: what each handler made of it. */
  trace: string | null
  /** The event this one is a replay of, at its root. */
  origin: number | null
}

interface LaneTable {
  id: number
  /** `<instance>/<peer>`: whose mailbox this is. */
  key: string
  instance: string
  /** The place the next event gets; places are given under this row's lock. */
  next_place: number
  /** Everything before this place is done. */
  head: number
  /** NULL: empty. Future: leased (holder set) or backing off. Past: claimable. */
  ready_at: number | null
  /** Moves with every claim; a commit under an older one is stale. */
  fence: number
  holder: string | null
}

interface ChatTable {
  id: number
  instance: string
  address: string
  kind: string
  contact_id: number | null
  name: string | null
  owner: string
  epoch: number
  owner_at: number | null
  last_message_at: number | null
  merged_into: number | null
}

interface MessageTable {
  id: Generated<number>
  chat_id: number
  message_id: string
  instance: string
  author: string
  contact_id: number | null
  at: number
  /** Index into MESSAGE_STATUSES; moves up only. */
  status: number
  /** 0 for what only history told: the same message may still come as news. */
  live: Generated<number>
  content: string
  reply_to: string | null
  reactions: string | null
  edited_at: number | null
  revoked_at: number | null
  votes: string | null
  pinned_at: number | null
  command_id: string | null
  /** The one address of the other side it came under; NULL if several were shown, or none. Direct chats only. */
  address: string | null
  /** The chat it was written down in, if a merge took it from there. */
  origin_chat: number | null
}

interface CommandTable {
  /** Order within a chat. */
  seq: Generated<number>
  id: string
  /** Idempotency key of requests from outside; NULL for what turns decide. */
  key: string | null
  instance: string
  chat_id: number
  event_id: number | null
  type: string
  state: string
  body: string
  typing_ms: number
  typed: number
  /** Epoch it was decided under; NULL when it may be sent whoever owns the chat. */
  epoch: number | null
  attempts: number
  message_id: string | null
  reason: string | null
  created_at: number
  sending_at: number | null
  unknown_at: number | null
  settled_at: number | null
  /** When to look at the gateway for it again; NULL: not by itself. Leased looks lie in the future. */
  search_at: number | null
  /** No look before this can prove anything by likeness or absence. */
  search_from: number | null
  /** Looks in a row that proved it absent. */
  absences: number
  /** A medium's own bytes, in base64; see `carried.ts`. Gone soon after the command is over. */
  bytes: string | null
}
