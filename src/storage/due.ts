import { sql } from 'kysely'
import type { Address } from '../core/address.ts'
import type { Fact } from '../core/events.ts'
import type { Cell, Db, Engine } from './dialect.ts'
import type { EventData } from './lanes.ts'
import { appendToLanes } from './tail.ts'

/**
 * Lays due timers into their lanes as events, and gives up on messages that parked events waited for. Lanes are
 * locked before what hangs on them, as turns do; then it is read again what is still so. Two transactions, because
 * each locks lanes in order.
 */
export async function fireDue(engine: Engine, limit: number, now: () => number): Promise<number> {
  let fired = 0
  for (const fire of [fireTimers, giveUpWaiting]) {
    fired += await engine.write(async (db) =>
      (await engine.isAlone(db, 'timers')) ? fire(engine, db, limit, now()) : 0,
    )
  }
  return fired
}

async function fireTimers(engine: Engine, db: Db, limit: number, now: number): Promise<number> {
  const due = await db
    .selectFrom('timer')
    .select('lane_id')
    .where('fired', '=', 0)
    .where('at', '<=', now)
    .orderBy('at')
    .limit(limit)
    .execute()
  if (due.length === 0) return 0
  const lanes = [...new Set(due.map((timer) => timer.lane_id))]
  await engine.lock(db, 'lane', lanes)
  const timers = await db
    .selectFrom('timer')
    .innerJoin('lane', 'lane.id', 'timer.lane_id')
    .select(['timer.lane_id', 'timer.key', 'timer.generation', 'timer.data', 'lane.instance'])
    .where(sql<boolean>`timer.lane_id in (select w.id from ${idsOf(engine, lanes)} w)`)
    .where('timer.fired', '=', 0)
    .where('timer.at', '<=', now)
    .orderBy('timer.at')
    .limit(limit)
    .execute()
  if (timers.length > 0) {
    const ids = await engine.reserveIds(db, 'event', timers.length)
    const chats = await db
      .selectFrom('chat')
      .select(['id', 'address', 'name', 'kind', 'contact_id'])
      .where(sql<boolean>`id in (select w.id from ${idsOf(engine, lanes)} w)`)
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
        ids[i]!,
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
      timers.map((timer, i) => ({ event: ids[i]!, lane: timer.lane_id })),
    )
  }
  return timers.length
}

const idsOf = (engine: Engine, ids: readonly number[]) =>
  engine.table(
    { id: 'int' },
    ids.map((id) => ({ id })),
  )

async function giveUpWaiting(engine: Engine, db: Db, limit: number, now: number): Promise<number> {
  const late = await db
    .selectFrom('parked')
    .select(['event_id', 'lane_id'])
    .where('until', '<=', now)
    .limit(limit)
    .execute()
  if (late.length === 0) return 0
  await engine.lock(
    db,
    'lane',
    late.map((row) => row.lane_id),
  )
  const overdue = await db
    .deleteFrom('parked')
    .where(
      sql<boolean>`event_id in (select w.id from ${idsOf(
        engine,
        late.map((row) => row.event_id),
      )} w)`,
    )
    .where('until', '<=', now)
    .returning(['event_id as event', 'lane_id as lane'])
    .execute()
  await appendToLanes(
    engine,
    db,
    overdue.map((row) => ({ ...row, orphan: true })),
  )
  return overdue.length
}
