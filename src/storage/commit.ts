import { sql } from 'kysely'
import type { LaneId } from '../core/ids.ts'
import type { TurnCommit, TurnOutcome } from '../core/store.ts'
import { apart } from './carried.ts'
import type { Cell, Db, Engine } from './dialect.ts'
import { PLACE_HOLDER } from './messages.ts'
import { recordLog } from './record.ts'
import { unpark, wakeOutboxes } from './tail.ts'

/**
 * Commits turns whose lease still stands; everything hangs on the fence, and on the lane's head: a commit that is
 * repeated because its answer was lost finds its own work done, and is stale.
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
    from ${engine.locked(
      'lane',
      { id: 'int', fence: 'int', place: 'int', more: 'int', lease: 'int' },
      sorted.map((t) => ({
        id: t.lane,
        fence: t.fence,
        place: t.place,
        more: t.more ? 1 : 0,
        lease: t.leaseMs,
      })),
    )} w where lane.id = w.id and lane.fence = w.fence and lane.head <= w.place
    returning lane.id, lane.fence`.execute(db)
  // By fence, not by lane alone: a stale claim may stand in the same batch as the one that replaced it.
  const fenceOf = new Map(held.map((row) => [row.id, row.fence]))
  const isOurs = (turn: TurnCommit) => fenceOf.get(turn.lane) === turn.fence
  const turns = sorted.filter(isOurs)
  if (turns.length === 0) return batch.map(() => ({ type: 'stale' }))

  // Nobody else changes who owns these chats between the look at it and the change.
  await engine.lock(
    db,
    'chat',
    turns.filter((turn) => turn.owner !== undefined).map((turn) => turn.lane),
  )
  const refused = await recordCommands(engine, db, turns, now)
  await changeOwners(db, turns, now)
  // Beside each other, though the log wakes parked events and writes what a turn that parks looks up: a batch has one
  // live turn of each chat, and a turn that parks writes no message.
  await Promise.all([
    recordLog(engine, db, turns, now),
    recordState(engine, db, turns),
    recordTimers(db, turns),
    finishEvents(engine, db, turns, now),
  ])
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
      const { body, bytes } = apart(command)
      rows.push([
        id,
        turn.instance,
        turn.lane,
        turn.event,
        command.type,
        refuse ? 'refused' : 'queued',
        body,
        bytes,
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
  'bytes',
  'typing_ms',
  'epoch',
  'reason',
  'created_at',
  'settled_at',
]

/** A turn that was decided before the chat changed hands changes them no more. */
async function changeOwners(db: Db, turns: readonly TurnCommit[], now: number): Promise<void> {
  for (const turn of turns) {
    if (turn.owner === undefined) continue
    await sql`update chat set owner = ${turn.owner}, owner_at = ${now}, epoch = epoch + 1
      where id = ${turn.lane} and owner <> ${turn.owner} and epoch = coalesce(${turn.epoch ?? null}, epoch)`.execute(
      db,
    )
  }
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
export const forgetTimer = (db: Db, lane: LaneId, fired: { key: string; generation: number }) =>
  db
    .deleteFrom('timer')
    .where('lane_id', '=', lane)
    .where('key', '=', fired.key)
    .where('generation', '=', fired.generation)
    .execute()

async function recordTimers(db: Db, turns: readonly TurnCommit[]): Promise<void> {
  for (const turn of turns) await recordTimersOf(db, turn)
}

async function recordTimersOf(db: Db, turn: TurnCommit): Promise<void> {
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
  await sql`update event set status = w.status, done_at = ${now}, note = w.note, started_at = w.started_at, trace = w.trace,
      attempts = event.attempts + 1, error = null
    from ${engine.table(
      { id: 'int', status: 'text', note: 'text', started_at: 'int', trace: 'text' },
      turns.map((turn) => ({
        id: turn.event,
        status: turn.outcome,
        note: turn.note ?? null,
        started_at: turn.startedAt ?? null,
        trace: turn.trace === undefined ? null : JSON.stringify(turn.trace),
      })),
    )} w where event.id = w.id`.execute(db)
  const waiting: { chat: number; message: { id: string } }[] = []
  for (const turn of turns) {
    if (!turn.parked) continue
    waiting.push({ chat: turn.lane, message: { id: turn.parked.target } })
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
  // What they wait for may have been written down since the turn looked: a send of ours has just ended.
  await unpark(engine, db, await logged(engine, db, waiting))
}

async function logged(
  engine: Engine,
  db: Db,
  wanted: readonly { chat: number; message: { id: string } }[],
): Promise<{ chat: number; message: { id: string } }[]> {
  if (wanted.length === 0) return []
  const table = engine.table(
    { chat_id: 'int', message_id: 'text' },
    wanted.map(({ chat, message }) => ({ chat_id: chat, message_id: message.id })),
  )
  const { rows } = await sql<{ chat_id: number; message_id: string }>`
    select m.chat_id, m.message_id from ${table} w
    join message m on m.chat_id = w.chat_id and m.message_id = w.message_id
    where m.status > ${PLACE_HOLDER}`.execute(db)
  return rows.map((row) => ({ chat: row.chat_id, message: { id: row.message_id } }))
}
