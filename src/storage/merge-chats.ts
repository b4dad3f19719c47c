import { sql } from 'kysely'
import type { Db, Engine } from './dialect.ts'
import { type ChatMerge, contactLaneKey } from './merge-record.ts'

/** Who may least speak by machine comes first. */
const OWNERS = ['person', 'nobody', 'bot']

/**
 * Makes two chats of an instance one; their lanes are locked. A contact without a chat there gets one.
 * @returns what was done, for the undo
 */
export async function mergeChats(
  engine: Engine,
  db: Db,
  pair: { kept: number | undefined; gone: number; contact: number },
  now: number,
): Promise<ChatMerge> {
  const { gone } = pair
  const created = pair.kept === undefined
  const kept = pair.kept ?? (await makeTwin(engine, db, gone, pair.contact))
  const chats = await db.selectFrom('chat').selectAll().where('id', 'in', [kept, gone]).execute()
  const stays = chats.find((chat) => chat.id === kept)!
  const goes = chats.find((chat) => chat.id === gone)!

  const { key, events, places } = await joinLanes(db, kept, gone, now)
  const messages = await joinMessages(db, kept, gone)
  const [winner = stays] = [stays, goes].sort((a, b) => OWNERS.indexOf(a.owner) - OWNERS.indexOf(b.owner))
  const epoch = Math.max(stays.epoch, goes.epoch) + 1
  if (winner.owner === 'bot') {
    // The bot owned both: what it has queued is still its own word.
    for (const chat of [stays, goes]) await carryEpoch(db, chat.id, chat.epoch, epoch)
  }
  const address = [stays, goes].find((chat) => chat.address.startsWith('phone:'))?.address ?? stays.address
  await db
    .updateTable('chat')
    .set({
      owner: winner.owner,
      owner_at: winner.owner_at,
      epoch,
      address,
      name: stays.name ?? goes.name,
      last_message_at: Math.max(stays.last_message_at ?? 0, goes.last_message_at ?? 0) || null,
    })
    .where('id', '=', kept)
    .execute()
  const folded = await db.selectFrom('chat').select('id').where('merged_into', '=', gone).execute()
  await sql`update chat set merged_into = ${kept} where id = ${gone} or merged_into = ${gone}`.execute(db)
  const commands = await joinOutboxes(db, kept, gone)
  const { timers, state } = await joinMemory(db, kept, gone)
  return {
    kept,
    gone,
    created,
    key,
    folded: folded.map((row) => row.id),
    before: { kept: stays, gone: goes },
    after: { owner: winner.owner, epoch, address, places },
    events,
    commands,
    messages,
    timers,
    state,
  }
}

/** Commands decided under an epoch go on under another. States are written out so that the partial index serves. */
export const carryEpoch = (db: Db, chat: number, from: number, to: number) =>
  sql`update command set epoch = ${to}
    where chat_id = ${chat} and state in ('queued', 'sending', 'unknown') and epoch = ${from}`.execute(db)

/** An empty chat of this contact beside another one, under the same owner. */
export async function makeTwin(engine: Engine, db: Db, of: number, contact: number): Promise<number> {
  const chat = await db.selectFrom('chat').selectAll().where('id', '=', of).executeTakeFirstOrThrow()
  const [fresh] = await engine.reserveIds(db, 'lane', 1)
  const id = fresh!
  const key = contactLaneKey(chat.instance, contact)
  await db
    .insertInto('lane')
    .values({
      id,
      key,
      instance: chat.instance,
      next_place: 1,
      head: 1,
      fence: 0,
      holder: null,
      ready_at: null,
    })
    .execute()
  await db
    .insertInto('chat')
    .values({ ...chat, id, contact_id: contact, last_message_at: null })
    .execute()
  return id
}

async function joinLanes(
  db: Db,
  kept: number,
  gone: number,
  now: number,
): Promise<{ key: string; events: number[]; places: number }> {
  const { key } = await db.selectFrom('lane').select('key').where('id', '=', gone).executeTakeFirstOrThrow()
  const pending = await pendingEvents(db, [kept, gone])
  const places = await requeue(
    db,
    kept,
    pending.map((event) => event.id),
    now,
  )
  await sql`update lane set ready_at = null, key = key || '#' || id where id = ${gone}`.execute(db)
  // What waits for somebody moves along; what is done stays where it was, and is found through `merged_into`:
  // moving all of it would scan the largest tables inside an accept.
  const { rows: dead } = await sql<{ id: number }>`update event set lane_id = ${kept}
    where status = 'dead' and lane_id = ${gone} returning id`.execute(db)
  const { rows: parked } = await sql<{ id: number }>`update event set lane_id = ${kept}
    where id in (select event_id from parked where lane_id = ${gone}) returning id`.execute(db)
  await db.updateTable('parked').set({ lane_id: kept }).where('lane_id', '=', gone).execute()
  const events = [...pending.filter((event) => event.lane_id === gone), ...dead, ...parked].map((e) => e.id)
  return { key, events, places }
}

/** In order of acceptance. */
export const pendingEvents = (db: Db, lanes: readonly number[]) =>
  db
    .selectFrom('event')
    .select(['id', 'lane_id', 'accepted_at', 'data'])
    .where('lane_id', 'in', lanes)
    .where(sql<boolean>`status = 'pending'`)
    .orderBy('id')
    .execute()

/** These events, in this order, are all that waits in a lane. @returns its next place */
export async function requeue(db: Db, lane: number, events: readonly number[], now: number): Promise<number> {
  const { next_place: head } = await db
    .selectFrom('lane')
    .select('next_place')
    .where('id', '=', lane)
    .executeTakeFirstOrThrow()
  for (const [i, id] of events.entries()) {
    await db
      .updateTable('event')
      .set({ lane_id: lane, place: head + i })
      .where('id', '=', id)
      .execute()
  }
  await db
    .updateTable('lane')
    .set({ head, next_place: head + events.length, ready_at: events.length > 0 ? now : null })
    .where('id', '=', lane)
    .execute()
  return head + events.length
}

/** A message both chats saw is one message. */
async function joinMessages(db: Db, kept: number, gone: number): Promise<ChatMerge['messages']> {
  const doubles = await db
    .selectFrom('message')
    .selectAll()
    .where('chat_id', '=', gone)
    .where('message_id', 'in', db.selectFrom('message').select('message_id').where('chat_id', '=', kept))
    .execute()
  for (const { id } of doubles) await db.deleteFrom('message').where('id', '=', id).execute()
  await sql`update message set chat_id = ${kept}, origin_chat = coalesce(origin_chat, ${gone})
    where chat_id = ${gone}`.execute(db)
  return doubles
}

/** Commands keep their order of decision. */
async function joinOutboxes(db: Db, kept: number, gone: number): Promise<number[]> {
  const { rows: active } = await sql<{ seq: number }>`update command set chat_id = ${kept}
    where chat_id = ${gone} and state in ('queued', 'sending', 'unknown') returning seq`.execute(db)
  const { rows: attention } = await sql<{ seq: number }>`update command set chat_id = ${kept}
    where chat_id = ${gone} and state in ('unknown', 'held', 'dead') returning seq`.execute(db)
  await sql`insert into outbox (chat_id, instance, ready_at)
    select ${kept}, instance, ready_at from outbox where chat_id = ${gone} and ready_at is not null
    on conflict (chat_id) do update set ready_at = coalesce(outbox.ready_at, excluded.ready_at),
      fence = outbox.fence + 1`.execute(db)
  await db.deleteFrom('outbox').where('chat_id', '=', gone).execute()
  return [...active, ...attention].map((row) => row.seq)
}

/** Timers and state: where both have one, the kept one's stays. */
async function joinMemory(db: Db, kept: number, gone: number): Promise<Pick<ChatMerge, 'timers' | 'state'>> {
  const join = async <T extends 'timer' | 'state'>(table: T) => {
    const { rows } = await sql<{ key: string; collided: number }>`select t.*, exists (
        select 1 from ${sql.table(table)} k where k.lane_id = ${kept} and k.key = t.key) as collided
      from ${sql.table(table)} t where t.lane_id = ${gone}`.execute(db)
    await sql`delete from ${sql.table(table)} where lane_id = ${gone}
      and key in (select key from ${sql.table(table)} where lane_id = ${kept})`.execute(db)
    await sql`update ${sql.table(table)} set lane_id = ${kept} where lane_id = ${gone}`.execute(db)
    return rows.map((row) => ({ ...row, collided: Boolean(row.collided) }))
  }
  return {
    timers: (await join('timer')) as ChatMerge['timers'],
    state: (await join('state')) as ChatMerge['state'],
  }
}
