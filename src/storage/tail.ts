import { sql } from 'kysely'
import type { Db, Engine } from './dialect.ts'

/** Makes the outboxes of these chats claimable unless they already wait for something. */
export async function wakeOutboxes(
  engine: Engine,
  db: Db,
  chats: readonly { chat_id: number; instance: string }[],
): Promise<void> {
  if (chats.length === 0) return
  const each = [...new Map(chats.map(({ chat_id, instance }) => [chat_id, { chat_id, instance }])).values()]
  each.sort((a, b) => a.chat_id - b.chat_id)
  await sql`insert into outbox (chat_id, instance, ready_at)
    select w.chat_id, w.instance, ${engine.now}
    from ${engine.table({ chat_id: 'int', instance: 'text' }, each)} w where true order by w.chat_id
    on conflict (chat_id) do update set ready_at = coalesce(outbox.ready_at, excluded.ready_at)`.execute(db)
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

/** An unknown send no longer holds its chat: what waits behind it may go. */
export const freeChat = async (db: Db, chat: number, now: number): Promise<void> => {
  await sql`update outbox set ready_at = ${now} where chat_id = ${chat} and holder is null and ready_at is not null`.execute(
    db,
  )
}
