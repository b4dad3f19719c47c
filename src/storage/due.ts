import type { Address } from '../core/address.ts'
import type { Fact } from '../core/events.ts'
import type { Cell, Db, Engine } from './dialect.ts'
import type { EventData } from './lanes.ts'
import { appendToLanes } from './tail.ts'

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
