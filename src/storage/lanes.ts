import { sql } from 'kysely'
import type { Address, ChatKind } from '../core/address.ts'
import type { Author, Fact, Party } from '../core/events.ts'
import type { ChatId, ContactId, DeliveryId, EventId, InstanceId, LaneId } from '../core/ids.ts'
import type { ChatState, ClaimedEvent, ClaimedLane, Disposition, TurnFailure } from '../core/store.ts'
import type { Owner } from '../core/turn.ts'
import { forgetTimer } from './commit.ts'
import type { Db, Engine } from './dialect.ts'
import { recordLog } from './record.ts'

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
    with c as materialized (
      select id from lane where ready_at <= ${engine.nowOnce} order by ready_at limit ${options.limit} ${engine.skipLocked})
    update lane set fence = lane.fence + 1, holder = ${options.holder}, ready_at = ${engine.now} + ${options.leaseMs}
    from c where lane.id = c.id
    returning lane.id, lane.instance, lane.fence, lane.head, lane.next_place`.execute(db)
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
  const eventRows = sql<EventRow>`
    select x.id, x.lane_id, x.instance, x.delivery_id, x.place, x.author, x.at, x.accepted_at, x.disposition,
      x.generation, x.attempts, x.epoch, x.orphan, x.data, c.id as contact_id, c.name as contact_name
    from ${engine.first(wanted, {
      table: 'event',
      key: 'id',
      rows: sql`x.lane_id = w.id and x.status = 'pending' order by x.place`,
      limit: perLane,
    })}
    left join contact c on c.id = coalesce((select g.merged_into from contact g where g.id = x.contact_id), x.contact_id)
    order by x.lane_id, x.place`.execute(db)
  const chatRows = sql<{
    id: number
    kind: string
    address: string
    name: string | null
    owner: string
    epoch: number
  }>`select c.id, c.kind, c.address, c.name, c.owner, c.epoch from ${wanted} w join chat c on c.id = w.id`.execute(
    db,
  )
  const stateRows = sql<{ lane_id: number; key: string; data: string }>`
    select s.lane_id, s.key, s.data from ${wanted} w join state s on s.lane_id = w.id`.execute(db)

  const [{ rows: events }, { rows: chats }, { rows: states }] = await Promise.all([
    eventRows,
    chatRows,
    stateRows,
  ])
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

export function toClaimedEvent(row: EventRow): ClaimedEvent {
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

/**
 * Under the fence: puts the event off until `retryAt`, or lays it down as dead, with what it does to the log, and goes
 * on with the next one.
 * @returns `stale`, and nothing has changed, when the lease is another's or the event was dealt with
 */
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
        where id = ${failure.lane} and fence = ${failure.fence} and head <= ${failure.place} returning id`.execute(
        db,
      )
    : await sql<{ id: number }>`update lane set holder = null, ready_at = ${failure.retryAt}
        where id = ${failure.lane} and fence = ${failure.fence} and head <= ${failure.place} returning id`.execute(
        db,
      )
  if (rows.length === 0) return 'stale'
  await db
    .updateTable('event')
    .set({
      attempts: failure.attempt,
      error: failure.error,
      status: dead ? 'dead' : 'pending',
      done_at: dead ? now : null,
      ...(failure.epoch === undefined ? {} : { epoch: failure.epoch }),
      ...(failure.startedAt === undefined ? {} : { started_at: failure.startedAt }),
      ...(failure.trace === undefined ? {} : { trace: JSON.stringify(failure.trace) }),
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

/** Leases go on for `leaseMs` from now. @returns those that still stood; the others are lost */
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

/** Gives leases back that still stand; lanes with events that wait are ready at once. */
export async function releaseLanes(
  engine: Engine,
  db: Db,
  lanes: readonly { lane: LaneId; fence: number }[],
): Promise<void> {
  // Locked by a statement of their own: what was accepted until then is seen by the next one.
  await engine.lock(
    db,
    'lane',
    lanes.map(({ lane }) => lane),
  )
  await sql`update lane set holder = null, ready_at = case when exists (
      select 1 from event e where e.lane_id = lane.id and e.status = 'pending') then ${engine.now} end
    from ${fenced(engine, lanes)} w where lane.id = w.id and lane.fence = w.fence`.execute(db)
}

const fenced = (engine: Engine, lanes: readonly { lane: LaneId; fence: number }[]) =>
  engine.locked(
    'lane',
    { id: 'int', fence: 'int' },
    lanes.map(({ lane, fence }) => ({ id: lane, fence })).sort((a, b) => a.id - b.id),
  )
