import { sql } from 'kysely'
import type { Address, ChatKind } from '../core/address.ts'
import { type Author, type Content, type Fact, MESSAGE_STATUSES, type Party } from '../core/events.ts'
import {
  type ChatId,
  type ContactId,
  type DeliveryId,
  type EventId,
  type InstanceId,
  type LaneId,
  type MessageId,
  publicId,
} from '../core/ids.ts'
import type {
  ChatState,
  ClaimedEvent,
  ClaimedLane,
  Disposition,
  LogChange,
  StepRecord,
  TurnCommit,
  TurnFailure,
  TurnOutcome,
} from '../core/store.ts'
import type { Owner } from '../core/turn.ts'
import type { Cell, Db, Engine } from './dialect.ts'
import { holdInstance } from './instances.ts'
import { insertMessages, type NewMessage, PLACE_HOLDER, raiseStatus, settleEcho } from './messages.ts'

// --- claiming -------------------------------------------------------------------------------------

interface LaneRow {
  id: number
  instance: string
  fence: number
  head: number
  next_place: number
}

/** Leases ready lanes. Reading their events is a second statement, on purpose: see `readLanes`. */
export async function leaseLanes(
  engine: Engine,
  db: Db,
  options: { holder: string; limit: number; leaseMs: number },
): Promise<LaneRow[]> {
  const { rows } = await sql<LaneRow>`
    update lane set fence = fence + 1, holder = ${options.holder}, ready_at = ${engine.now} + ${options.leaseMs}
    where id in (select id from lane where ready_at <= ${engine.now} order by ready_at limit ${options.limit} ${engine.skipLocked})
    returning id, instance, fence, head, next_place`.execute(db)
  return rows
}

interface EventRow {
  id: number
  lane_id: number
  instance: string
  delivery_id: number | null
  place: number
  author: string
  at: number
  accepted_at: number
  disposition: string
  generation: number
  attempts: number
  epoch: number | null
  orphan: number
  data: string
  contact_id: number | null
  contact_name: string | null
}

/**
 * Everything a worker needs for the lanes it leased. Must run after the lease is taken: read in the same
 * statement, another node's commit in between would hand out an event that is already done under a valid
 * fence.
 */
export async function readLanes(
  engine: Engine,
  db: Db,
  lanes: readonly LaneRow[],
  perLane: number,
): Promise<ClaimedLane[]> {
  if (lanes.length === 0) return []
  const ids = lanes.map((lane) => ({ id: lane.id })).sort((a, b) => a.id - b.id)
  const wanted = engine.table({ id: 'int' }, ids)
  const { rows: events } = await sql<EventRow>`
    select e.id, e.lane_id, e.instance, e.delivery_id, e.place, e.author, e.at, e.accepted_at, e.disposition,
      e.generation, e.attempts, e.epoch, e.orphan, e.data, c.id as contact_id, c.name as contact_name
    from ${wanted} w
    join event e on e.id in (
      select x.id from event x where x.lane_id = w.id and x.status = 'pending' order by x.place limit ${perLane})
    left join contact c on c.id = coalesce((select g.merged_into from contact g where g.id = e.contact_id), e.contact_id)
    order by e.lane_id, e.place`.execute(db)
  const { rows: chats } = await sql<{
    id: number
    kind: string
    address: string
    name: string | null
    owner: string
    epoch: number
  }>`select c.id, c.kind, c.address, c.name, c.owner, c.epoch from ${wanted} w join chat c on c.id = w.id`.execute(
    db,
  )
  const { rows: states } = await sql<{ lane_id: number; key: string; data: string }>`
    select s.lane_id, s.key, s.data from ${wanted} w join state s on s.lane_id = w.id`.execute(db)

  const byLane = new Map<number, ClaimedLane>()
  for (const lane of lanes) {
    byLane.set(lane.id, {
      lane: lane.id as LaneId,
      fence: lane.fence,
      instance: lane.instance as InstanceId,
      chat: undefined,
      events: [],
      state: new Map(),
    })
  }
  for (const chat of chats) byLane.get(chat.id)!.chat = toChatState(chat)
  for (const state of states) byLane.get(state.lane_id)!.state.set(state.key, JSON.parse(state.data))
  for (const event of events) byLane.get(event.lane_id)!.events.push(toClaimedEvent(event))
  return [...byLane.values()]
}

export function toChatState(row: {
  id: number
  kind: string
  address: string
  name: string | null
  owner: string
  epoch: number
}): ChatState {
  return {
    id: row.id as ChatId,
    kind: row.kind as ChatKind,
    address: row.address as Address,
    ...(row.name === null ? {} : { name: row.name }),
    owner: row.owner as Owner,
    epoch: row.epoch,
  }
}

/** What `event.data` holds. */
export interface EventData {
  fact: Fact
  chat?: Party
  sender?: Party
  reference?: string
}

function toClaimedEvent(row: EventRow): ClaimedEvent {
  const data = JSON.parse(row.data) as EventData
  const address = data.sender?.address ?? data.chat?.address
  return {
    id: row.id as EventId,
    instance: row.instance as InstanceId,
    ...data,
    author: row.author as Author,
    at: row.at,
    acceptedAt: row.accepted_at,
    generation: row.generation,
    attempt: row.attempts + 1,
    place: row.place,
    disposition: row.disposition as Disposition,
    orphan: row.orphan === 1,
    ...(row.delivery_id === null ? {} : { delivery: row.delivery_id as DeliveryId }),
    ...(row.epoch === null ? {} : { epoch: row.epoch }),
    ...(row.contact_id === null || address === undefined
      ? {}
      : {
          contact: {
            id: row.contact_id as ContactId,
            address,
            ...(row.contact_name === null ? {} : { name: row.contact_name }),
          },
        }),
  }
}

// --- committing -----------------------------------------------------------------------------------

/**
 * Commits turns whose lease still stands; everything hangs on the fence. Lanes are locked first, in id
 * order; then chats, timers and commands follow in the one order all transactions use.
 */
export async function commitTurns(
  engine: Engine,
  db: Db,
  batch: readonly TurnCommit[],
  now: number,
): Promise<TurnOutcome[]> {
  const sorted = [...batch].sort((a, b) => a.lane - b.lane)
  const { rows: held } = await sql<{ id: number; fence: number }>`
    update lane set head = w.place + 1,
      ready_at = case when w.more = 1 then ${engine.now} + w.lease
        when lane.next_place > w.place + 1 then ${engine.now} end,
      holder = case when w.more = 1 then lane.holder end
    from ${engine.table(
      { id: 'int', fence: 'int', place: 'int', more: 'int', lease: 'int' },
      sorted.map((t) => ({
        id: t.lane,
        fence: t.fence,
        place: t.place,
        more: t.more ? 1 : 0,
        lease: t.leaseMs,
      })),
    )} w where lane.id = w.id and lane.fence = w.fence
    returning lane.id, lane.fence`.execute(db)
  // By fence, not by lane alone: a stale claim may stand in the same batch as the one that replaced it.
  const fenceOf = new Map(held.map((row) => [row.id, row.fence]))
  const isOurs = (turn: TurnCommit) => fenceOf.get(turn.lane) === turn.fence
  const turns = sorted.filter(isOurs)
  if (turns.length === 0) return batch.map(() => ({ type: 'stale' }))

  const refused = await recordCommands(engine, db, turns, now)
  await changeOwners(db, turns, now)
  await recordLog(engine, db, turns, now)
  await recordState(engine, db, turns)
  for (const turn of turns) await recordTimers(db, turn)
  await finishEvents(engine, db, turns, now)
  return batch.map((turn) =>
    isOurs(turn)
      ? { type: 'committed', commands: turn.commands.length, refused: refused.get(turn.lane) ?? 0 }
      : { type: 'stale' },
  )
}

/** Queues commands. Those a turn decided under an epoch that has moved meanwhile are recorded as refused. */
async function recordCommands(
  engine: Engine,
  db: Db,
  turns: readonly TurnCommit[],
  now: number,
): Promise<Map<number, number>> {
  const refused = new Map<number, number>()
  const speaking = turns.filter((turn) => turn.commands.length > 0)
  if (speaking.length === 0) return refused
  const { rows: chats } = await sql<{ id: number; epoch: number; owner: string }>`
    select c.id, c.epoch, c.owner from ${engine.table(
      { id: 'int' },
      speaking.map((turn) => ({ id: turn.lane })),
    )} w
    join chat c on c.id = w.id`.execute(db)
  const chatOf = new Map(chats.map((chat) => [chat.id, chat]))
  const rows: Cell[][] = []
  const queues: { chat_id: number; instance: string }[] = []
  for (const turn of speaking) {
    const chat = chatOf.get(turn.lane)
    const moved = turn.epoch !== undefined && chat?.epoch !== turn.epoch
    // A turn that hands the chat over may still say so: its own words belong to the epoch it begins.
    const hands = turn.owner !== undefined && turn.owner !== chat?.owner ? 1 : 0
    // Somebody else's chat is theirs, however the handler came to run; a turn may give it back to the bot.
    const theirs = chat !== undefined && chat.owner !== 'bot' && turn.owner !== 'bot'
    let queued = false
    for (const { id, command, typingMs, ignoreOwner } of turn.commands) {
      const refuse = (moved || theirs) && !ignoreOwner
      if (refuse) refused.set(turn.lane, (refused.get(turn.lane) ?? 0) + 1)
      else queued = true
      rows.push([
        id,
        turn.instance,
        turn.lane,
        turn.event,
        command.type,
        refuse ? 'refused' : 'queued',
        JSON.stringify(command),
        typingMs,
        ignoreOwner || !chat ? null : chat.epoch + hands,
        refuse
          ? moved
            ? 'the chat changed hands while this was being decided'
            : 'a person owns this chat'
          : null,
        now,
        refuse ? now : null,
      ])
    }
    if (queued) queues.push({ chat_id: turn.lane, instance: turn.instance })
  }
  await engine.insert(db, 'command', COMMAND_COLUMNS, rows)
  await wakeOutboxes(engine, db, queues)
  return refused
}
const COMMAND_COLUMNS = [
  'id',
  'instance',
  'chat_id',
  'event_id',
  'type',
  'state',
  'body',
  'typing_ms',
  'epoch',
  'reason',
  'created_at',
  'settled_at',
]

/** Makes the outboxes of these chats claimable unless they already wait for something. */
export async function wakeOutboxes(
  engine: Engine,
  db: Db,
  chats: readonly { chat_id: number; instance: string }[],
): Promise<void> {
  if (chats.length === 0) return
  await sql`insert into outbox (chat_id, instance, ready_at)
    select w.chat_id, w.instance, ${engine.now} from ${engine.table({ chat_id: 'int', instance: 'text' }, chats)} w where true
    on conflict (chat_id) do update set ready_at = coalesce(outbox.ready_at, excluded.ready_at)`.execute(db)
}

async function changeOwners(db: Db, turns: readonly TurnCommit[], now: number): Promise<void> {
  for (const turn of turns) {
    if (turn.owner === undefined) continue
    await sql`update chat set owner = ${turn.owner}, owner_at = ${now}, epoch = epoch + 1
      where id = ${turn.lane} and owner <> ${turn.owner}`.execute(db)
  }
}

/** Whose log changes are to be written: a committed turn, or one that failed for the last time. */
type LogSource = Pick<TurnCommit, 'lane' | 'instance' | 'log'>

async function recordLog(engine: Engine, db: Db, turns: readonly LogSource[], now: number): Promise<void> {
  const messages: NewMessage[] = []
  const receipts: { chat: number; instance: string; target: MessageId; status: number }[] = []
  for (const turn of turns) {
    for (const change of turn.log) {
      if (change.type === 'message') {
        messages.push({
          chat: turn.lane,
          instance: turn.instance,
          message: change.message,
          author: change.author,
          contact: change.contact,
          at: change.at,
          status: MESSAGE_STATUSES.indexOf(change.status),
          live: change.live,
        })
      } else if (change.type === 'receipt') {
        receipts.push({
          chat: turn.lane,
          instance: turn.instance,
          target: change.target,
          status: MESSAGE_STATUSES.indexOf(change.state),
        })
      } else {
        await changeMessage(db, turn, change, now)
      }
    }
  }
  await insertMessages(engine, db, messages)
  await raiseStatus(engine, db, receipts, now)
  const talks = turns.flatMap((turn) =>
    turn.log.flatMap((change) =>
      change.type === 'message' ? [{ id: turn.lane as number, at: change.at }] : [],
    ),
  )
  if (talks.length > 0) {
    await sql`update chat set last_message_at = case when coalesce(chat.last_message_at, 0) < w.at then w.at else chat.last_message_at end
      from ${engine.table({ id: 'int', at: 'int' }, talks)} w where chat.id = w.id`.execute(db)
  }
  await unpark(engine, db, messages)
}

async function changeMessage(
  db: Db,
  turn: LogSource,
  change: Exclude<LogChange, { type: 'message' | 'receipt' }>,
  now: number,
): Promise<void> {
  switch (change.type) {
    case 'echo':
      await settleEcho(db, turn.instance, turn.lane, change.messageId, change.command, now)
      return
    case 'name':
      await rename(db, turn.lane, change)
      return
    case 'connection':
      await recordConnection(db, turn.instance, change, now)
      return
    default:
      await changeLogged(db, turn, change)
  }
}

async function rename(db: Db, chat: number, change: Extract<LogChange, { type: 'name' }>): Promise<void> {
  if (change.contact === undefined) {
    await db.updateTable('chat').set({ name: change.name }).where('id', '=', chat).execute()
    return
  }
  await db.updateTable('contact').set({ name: change.name }).where('id', '=', change.contact).execute()
  await db
    .updateTable('chat')
    .set({ name: change.name })
    .where('id', '=', chat)
    .where('contact_id', '=', change.contact)
    .execute()
}

/** A number that says it is offline is not tried for a while; one that is back sends at once. */
async function recordConnection(
  db: Db,
  instance: string,
  change: Extract<LogChange, { type: 'connection' }>,
  now: number,
): Promise<void> {
  await db
    .updateTable('instance_state')
    .set({ connection: change.state })
    .where('instance', '=', instance)
    .execute()
  if (change.state === 'connected') await holdInstance(db, instance, undefined)
  if (change.state === 'disconnected' || change.state === 'logged-out') {
    await holdInstance(db, instance, {
      reason: `the number is ${change.state}`,
      until: now + OFFLINE_HOLD_MS,
    })
  }
}
/** A number reported offline is probed again after this long (ms), in case its "connected" was lost. */
const OFFLINE_HOLD_MS = 60_000

async function changeLogged(
  db: Db,
  turn: LogSource,
  change: Extract<LogChange, { type: 'edit' | 'revoke' | 'reaction' }>,
): Promise<void> {
  const target = await db
    .selectFrom('message')
    .select(['id', 'content', 'reactions'])
    .where('chat_id', '=', turn.lane)
    .where('message_id', '=', change.target)
    .executeTakeFirst()
  if (!target) {
    await insertUnknownMessage(db, turn, change)
    return
  }
  const update = db.updateTable('message').where('id', '=', target.id)
  if (change.type === 'edit') {
    const content = {
      ...(JSON.parse(target.content) as Content),
      ...(change.text === undefined ? {} : { text: change.text }),
    }
    await update.set({ content: JSON.stringify(content), edited_at: change.at }).execute()
  } else if (change.type === 'revoke') {
    await update.set({ revoked_at: change.at }).execute()
  } else {
    await update.set({ reactions: JSON.stringify(withReaction(target.reactions, change)) }).execute()
  }
}

/** One reaction a person; the last one stands, an empty one takes it back. */
function withReaction(
  stored: string | null,
  change: Extract<LogChange, { type: 'reaction' }>,
): Record<string, string> {
  const reactions = stored === null ? {} : (JSON.parse(stored) as Record<string, string>)
  const who =
    change.author === 'other' && change.contact !== undefined ? publicId('con', change.contact) : 'self'
  if (change.emoji === '') delete reactions[who]
  else reactions[who] = change.emoji
  return reactions
}

/** An edit, revoke or reaction whose message never came: kept as one of a message nobody saw. */
async function insertUnknownMessage(
  db: Db,
  turn: LogSource,
  change: Extract<LogChange, { type: 'edit' | 'revoke' | 'reaction' }>,
): Promise<void> {
  const content: Content = {
    type: 'unsupported',
    wire: 'not received',
    ...(change.type === 'edit' && change.text !== undefined ? { text: change.text } : {}),
  }
  await db
    .insertInto('message')
    .values({
      chat_id: turn.lane,
      message_id: change.target,
      instance: turn.instance,
      author: 'other',
      contact_id: null,
      at: change.at,
      status: PLACE_HOLDER,
      content: JSON.stringify(content),
      reply_to: null,
      reactions: change.type === 'reaction' ? JSON.stringify(withReaction(null, change)) : null,
      edited_at: change.type === 'edit' ? change.at : null,
      revoked_at: change.type === 'revoke' ? change.at : null,
      command_id: null,
    })
    .execute()
}

async function recordState(engine: Engine, db: Db, turns: readonly TurnCommit[]): Promise<void> {
  const set: { lane_id: number; key: string; data: string }[] = []
  const unset: { lane_id: number; key: string }[] = []
  for (const turn of turns) {
    for (const [key, value] of turn.state) {
      if (value === null) unset.push({ lane_id: turn.lane, key })
      else set.push({ lane_id: turn.lane, key, data: JSON.stringify(value) })
    }
  }
  if (set.length > 0) {
    await sql`insert into state (lane_id, key, data)
      select w.lane_id, w.key, w.data from ${engine.table({ lane_id: 'int', key: 'text', data: 'text' }, set)} w where true
      on conflict (lane_id, key) do update set data = excluded.data`.execute(db)
  }
  for (const { lane_id, key } of unset) {
    await db.deleteFrom('state').where('lane_id', '=', lane_id).where('key', '=', key).execute()
  }
}

/** A timer whose event was dealt with goes, unless it was set anew meanwhile. */
const forgetTimer = (db: Db, lane: LaneId, fired: { key: string; generation: number }) =>
  db
    .deleteFrom('timer')
    .where('lane_id', '=', lane)
    .where('key', '=', fired.key)
    .where('generation', '=', fired.generation)
    .execute()

async function recordTimers(db: Db, turn: TurnCommit): Promise<void> {
  if (turn.firedTimer) await forgetTimer(db, turn.lane, turn.firedTimer)
  for (const timer of turn.timers) {
    if (timer.at === null) {
      await db.deleteFrom('timer').where('lane_id', '=', turn.lane).where('key', '=', timer.key).execute()
      continue
    }
    // The generation must never repeat for a key, not even after the row went: it is the event's own id.
    await sql`insert into timer (lane_id, key, at, generation, data) values
      (${turn.lane}, ${timer.key}, ${timer.at}, ${turn.event}, ${JSON.stringify(timer.data ?? null)})
      on conflict (lane_id, key) do update set at = excluded.at, generation = excluded.generation, data = excluded.data, fired = 0`.execute(
      db,
    )
  }
}

async function finishEvents(
  engine: Engine,
  db: Db,
  turns: readonly TurnCommit[],
  now: number,
): Promise<void> {
  await sql`update event set status = w.status, done_at = ${now}, note = w.note, attempts = event.attempts + 1, error = null
    from ${engine.table(
      { id: 'int', status: 'text', note: 'text' },
      turns.map((turn) => ({ id: turn.event, status: turn.outcome, note: turn.note ?? null })),
    )} w where event.id = w.id`.execute(db)
  for (const turn of turns) {
    if (!turn.parked) continue
    await db
      .insertInto('parked')
      .values({
        event_id: turn.event,
        lane_id: turn.lane,
        target: turn.parked.target,
        until: turn.parked.until,
      })
      .execute()
  }
}

/** Puts events that waited for these messages at the tail of their lanes. @returns how many */
export async function unpark(
  engine: Engine,
  db: Db,
  arrived: readonly { chat: number; message: { id: string } }[],
): Promise<number> {
  if (arrived.length === 0) return 0
  const targets = arrived.map(({ chat, message }) => ({ lane_id: chat, target: message.id }))
  const { rows } = await sql<{ event: number; lane: number }>`
    delete from parked where event_id in (
      select p.event_id from ${engine.table({ lane_id: 'int', target: 'text' }, targets)} w
      join parked p on p.lane_id = w.lane_id and p.target = w.target)
    returning event_id as event, lane_id as lane`.execute(db)
  await appendToLanes(engine, db, rows)
  return rows.length
}

/** Puts stored events at the tail of their lanes, in the order given. */
export async function appendToLanes(
  engine: Engine,
  db: Db,
  events: readonly { event: number; lane: number; orphan?: boolean }[],
): Promise<void> {
  const sorted = [...events].sort((a, b) => a.lane - b.lane || a.event - b.event)
  for (const { event, lane, orphan } of sorted) {
    const { rows } = await sql<{ next_place: number }>`
      update lane set next_place = next_place + 1, ready_at = coalesce(ready_at, ${engine.now})
      where id = ${lane} returning next_place`.execute(db)
    await db
      .updateTable('event')
      .set({ status: 'pending', place: rows[0]!.next_place - 1, orphan: orphan ? 1 : 0 })
      .where('id', '=', event)
      .execute()
  }
}

// --- failing, releasing ---------------------------------------------------------------------------

export async function failTurn(
  engine: Engine,
  db: Db,
  failure: TurnFailure,
  now: number,
): Promise<'recorded' | 'stale'> {
  const dead = failure.retryAt === null
  const { rows } = dead
    ? await sql<{ id: number }>`update lane set head = ${failure.place + 1}, holder = null,
        ready_at = case when next_place > ${failure.place + 1} then ${engine.now} end
        where id = ${failure.lane} and fence = ${failure.fence} returning id`.execute(db)
    : await sql<{ id: number }>`update lane set holder = null, ready_at = ${failure.retryAt}
        where id = ${failure.lane} and fence = ${failure.fence} returning id`.execute(db)
  if (rows.length === 0) return 'stale'
  await db
    .updateTable('event')
    .set({
      attempts: failure.attempt,
      error: failure.error,
      status: dead ? 'dead' : 'pending',
      done_at: dead ? now : null,
      ...(failure.epoch === undefined ? {} : { epoch: failure.epoch }),
    })
    .where('id', '=', failure.event)
    .execute()
  if (dead) {
    // What the customer wrote belongs into the chat, even if no handler could deal with it.
    await recordLog(engine, db, [failure], now)
    if (failure.firedTimer) await forgetTimer(db, failure.lane, failure.firedTimer)
  }
  return 'recorded'
}

export async function renewLanes(
  engine: Engine,
  db: Db,
  lanes: readonly { lane: LaneId; fence: number }[],
  leaseMs: number,
): Promise<{ lane: LaneId; fence: number }[]> {
  const { rows } = await sql<{ id: LaneId; fence: number }>`
    update lane set ready_at = ${engine.now} + ${leaseMs}
    from ${fenced(engine, lanes)} w where lane.id = w.id and lane.fence = w.fence and lane.holder is not null
    returning lane.id, lane.fence`.execute(db)
  return rows.map((row) => ({ lane: row.id, fence: row.fence }))
}

export async function releaseLanes(
  engine: Engine,
  db: Db,
  lanes: readonly { lane: LaneId; fence: number }[],
): Promise<void> {
  await sql`update lane set holder = null, ready_at = case when exists (
      select 1 from event e where e.lane_id = lane.id and e.status = 'pending') then ${engine.now} end
    from ${fenced(engine, lanes)} w where lane.id = w.id and lane.fence = w.fence`.execute(db)
}

const fenced = (engine: Engine, lanes: readonly { lane: LaneId; fence: number }[]) =>
  engine.table(
    { id: 'int', fence: 'int' },
    lanes.map(({ lane, fence }) => ({ id: lane, fence })).sort((a, b) => a.id - b.id),
  )

// --- steps ----------------------------------------------------------------------------------------

export async function beginStep(db: Db, step: StepRecord, epoch: number | undefined) {
  const row = await findStep(db, step)
  if (row && row.value !== null)
    return { value: JSON.parse(row.value) as unknown, epoch: row.epoch ?? undefined }
  await sql`update event set epoch = coalesce(epoch, ${epoch ?? null}) where id = ${step.event}`.execute(db)
  return undefined
}

/** First writer wins, under the fence. */
export async function finishStep(
  db: Db,
  step: StepRecord,
  guard: { lane: LaneId; fence: number },
  result: { value: unknown; epoch: number | undefined },
): Promise<unknown> {
  await sql`insert into step (event_id, generation, name, value, epoch)
    select ${step.event}, ${step.generation}, ${step.name}, ${JSON.stringify(result.value ?? null)}, ${result.epoch ?? null}
    where exists (select 1 from lane where id = ${guard.lane} and fence = ${guard.fence})
    on conflict do nothing`.execute(db)
  const row = await findStep(db, step)
  return row?.value ? (JSON.parse(row.value) as unknown) : result.value
}

const findStep = (db: Db, step: StepRecord) =>
  db
    .selectFrom('step')
    .select(['value', 'epoch'])
    .where('event_id', '=', step.event)
    .where('generation', '=', step.generation)
    .where('name', '=', step.name)
    .executeTakeFirst()

// --- timers and parked events ---------------------------------------------------------------------

/** Lays due timers into their lanes as events, and gives up on messages that parked events waited for. */
export async function fireDue(engine: Engine, db: Db, limit: number, now: number): Promise<number> {
  const timers = await db
    .selectFrom('timer')
    .innerJoin('lane', 'lane.id', 'timer.lane_id')
    .select(['timer.lane_id', 'timer.key', 'timer.generation', 'timer.data', 'lane.instance'])
    .where('timer.fired', '=', 0)
    .where('timer.at', '<=', now)
    .orderBy('timer.at')
    .limit(limit)
    .execute()
  if (timers.length > 0) {
    const first = await engine.reserveIds(db, 'event', timers.length)
    const chats = await db
      .selectFrom('chat')
      .select(['id', 'address', 'name', 'kind', 'contact_id'])
      .where('id', 'in', [...new Set(timers.map((timer) => timer.lane_id))])
      .execute()
    const chatOf = new Map(chats.map((chat) => [chat.id, chat]))
    const rows = timers.map((timer, i): Cell[] => {
      const chat = chatOf.get(timer.lane_id)
      const fact: Fact = {
        kind: 'timer',
        key: timer.key,
        generation: timer.generation,
        data: JSON.parse(timer.data),
      }
      const data: EventData = {
        fact,
        ...(chat
          ? {
              chat: {
                address: chat.address as Address,
                aliases: [],
                ...(chat.name === null ? {} : { name: chat.name }),
              },
            }
          : {}),
      }
      return [
        first + i,
        timer.instance,
        timer.lane_id,
        'timer',
        'other',
        now,
        now,
        'parked',
        'handle',
        chat?.contact_id ?? null,
        JSON.stringify(data),
      ]
    })
    await engine.insert(
      db,
      'event',
      [
        'id',
        'instance',
        'lane_id',
        'kind',
        'author',
        'at',
        'accepted_at',
        'status',
        'disposition',
        'contact_id',
        'data',
      ],
      rows,
    )
    for (const timer of timers) {
      await db
        .updateTable('timer')
        .set({ fired: 1 })
        .where('lane_id', '=', timer.lane_id)
        .where('key', '=', timer.key)
        .execute()
    }
    await appendToLanes(
      engine,
      db,
      timers.map((timer, i) => ({ event: first + i, lane: timer.lane_id })),
    )
  }
  const overdue = await db
    .deleteFrom('parked')
    .where(
      'event_id',
      'in',
      db.selectFrom('parked').select('event_id').where('until', '<=', now).limit(limit),
    )
    .returning(['event_id as event', 'lane_id as lane'])
    .execute()
  if (overdue.length > 0)
    await appendToLanes(
      engine,
      db,
      overdue.map((row) => ({ ...row, orphan: true })),
    )
  return timers.length + overdue.length
}
