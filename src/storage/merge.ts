import { sql } from 'kysely'
import type { Db } from './dialect.ts'

/**
 * Makes two contacts one. The older one stays. On every instance where both have a chat, the two lanes
 * become one: pending events of both are put in order of acceptance behind the kept lane; a person's
 * ownership wins; the epoch is the larger plus one; timers and state that collide are written to the
 * merge's record.
 *
 * While a lane or outbox of either is leased nothing is touched and the merge is noted for later.
 * @returns the id of the contact that stays, or undefined when it has to wait
 */
export async function mergeContacts(db: Db, a: number, b: number, now: number): Promise<number | undefined> {
  const [kept, gone] = a < b ? [a, b] : [b, a]
  if (kept === gone) return kept
  const chats = await db
    .selectFrom('chat')
    .innerJoin('lane', 'lane.id', 'chat.id')
    .leftJoin('outbox', 'outbox.chat_id', 'chat.id')
    .select([
      'chat.id',
      'chat.instance',
      'chat.contact_id',
      'lane.holder as lane_holder',
      'outbox.holder as outbox_holder',
    ])
    .where('chat.contact_id', 'in', [kept, gone])
    .where('chat.merged_into', 'is', null)
    .orderBy('chat.id')
    .execute()
  if (chats.some((chat) => chat.lane_holder !== null || chat.outbox_holder !== null)) {
    await db
      .insertInto('pending_merge')
      .values({ contact_a: kept, contact_b: gone, created_at: now })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    return undefined
  }
  const detail: { chats: unknown[]; addresses: string[] } = { chats: [], addresses: [] }
  const addresses = await db.selectFrom('address').select('address').where('contact_id', '=', gone).execute()
  detail.addresses = addresses.map((row) => row.address)
  for (const chat of chats.filter((c) => c.contact_id === gone)) {
    const twin = chats.find((c) => c.contact_id === kept && c.instance === chat.instance)
    if (twin) {
      detail.chats.push(await mergeChats(db, twin.id, chat.id, now))
    } else {
      await db
        .updateTable('lane')
        .set({ key: contactLaneKey(chat.instance, kept) })
        .where('id', '=', chat.id)
        .execute()
      await db.updateTable('chat').set({ contact_id: kept }).where('id', '=', chat.id).execute()
      detail.chats.push({ moved: chat.id })
    }
  }
  await db.updateTable('address').set({ contact_id: kept }).where('contact_id', '=', gone).execute()
  await sql`update contact set name = coalesce(name, (select name from contact where id = ${gone})) where id = ${kept}`.execute(
    db,
  )
  await db.updateTable('contact').set({ merged_into: kept }).where('id', '=', gone).execute()
  await db
    .insertInto('contact_merge')
    .values({ kept, gone, at: now, detail: JSON.stringify(detail) })
    .execute()
  return kept
}

/** Key of the lane of a direct chat. */
export const contactLaneKey = (instance: string, contact: number): string => `${instance}/c${contact}`

async function mergeChats(db: Db, kept: number, gone: number, now: number): Promise<unknown> {
  // Events: behind the kept lane, in order of acceptance.
  const pending = await db
    .selectFrom('event')
    .select('id')
    .where('lane_id', 'in', [kept, gone])
    .where('status', '=', 'pending')
    .orderBy('id')
    .execute()
  const lane = await db
    .selectFrom('lane')
    .select(['next_place', 'fence'])
    .where('id', '=', kept)
    .executeTakeFirstOrThrow()
  let place = lane.next_place
  for (const event of pending) {
    await db.updateTable('event').set({ lane_id: kept, place: place++ }).where('id', '=', event.id).execute()
  }
  await db
    .updateTable('lane')
    .set({
      head: lane.next_place,
      next_place: place,
      ready_at: pending.length > 0 ? now : null,
      fence: lane.fence + 1,
    })
    .where('id', '=', kept)
    .execute()
  await sql`update lane set ready_at = null, fence = fence + 1, key = key || '#' || id where id = ${gone}`.execute(
    db,
  )
  // What waits for somebody moves along; what is done stays where it was, and is found through `merged_into`:
  // moving all of it would scan the largest tables inside an accept. States are written out so that the
  // partial indexes serve.
  await sql`update event set lane_id = ${kept} where status = 'dead' and lane_id = ${gone}`.execute(db)
  await sql`update event set lane_id = ${kept} where id in (select event_id from parked where lane_id = ${gone})`.execute(
    db,
  )
  await db.updateTable('parked').set({ lane_id: kept }).where('lane_id', '=', gone).execute()

  // The log: a message both chats saw is one message.
  await sql`delete from message where chat_id = ${gone}
    and message_id in (select message_id from message where chat_id = ${kept})`.execute(db)
  await db.updateTable('message').set({ chat_id: kept }).where('chat_id', '=', gone).execute()

  // Who may speak, and the best address.
  const both = await db.selectFrom('chat').selectAll().where('id', 'in', [kept, gone]).execute()
  const stays = both.find((chat) => chat.id === kept)
  const goes = both.find((chat) => chat.id === gone)
  if (stays && goes) {
    const person = [stays, goes].find((chat) => chat.owner === 'person')
    const owned = person ?? stays
    const epoch = Math.max(stays.epoch, goes.epoch) + 1
    if (!person) {
      // The bot owned both: what it has queued is still its own word.
      for (const chat of [stays, goes]) {
        await sql`update command set epoch = ${epoch}
          where chat_id = ${chat.id} and state in ('queued', 'sending', 'unknown') and epoch = ${chat.epoch}`.execute(
          db,
        )
      }
    }
    await db
      .updateTable('chat')
      .set({
        owner: owned.owner,
        owner_at: owned.owner_at,
        epoch,
        address: stays.address.startsWith('phone:')
          ? stays.address
          : goes.address.startsWith('phone:')
            ? goes.address
            : stays.address,
        name: stays.name ?? goes.name,
        last_message_at: Math.max(stays.last_message_at ?? 0, goes.last_message_at ?? 0) || null,
      })
      .where('id', '=', kept)
      .execute()
    await db.updateTable('chat').set({ merged_into: kept }).where('id', '=', gone).execute()
  }
  // The outbox: commands keep their order of decision.
  await sql`update command set chat_id = ${kept}
    where chat_id = ${gone} and state in ('queued', 'sending', 'unknown')`.execute(db)
  await sql`update command set chat_id = ${kept}
    where chat_id = ${gone} and state in ('unknown', 'held', 'dead')`.execute(db)
  await sql`insert into outbox (chat_id, instance, ready_at)
    select ${kept}, instance, ready_at from outbox where chat_id = ${gone} and ready_at is not null
    on conflict (chat_id) do update set ready_at = coalesce(outbox.ready_at, excluded.ready_at), fence = outbox.fence + 1`.execute(
    db,
  )
  await db.deleteFrom('outbox').where('chat_id', '=', gone).execute()

  // Timers and state: what collides is kept in the record.
  const timers = await db
    .selectFrom('timer')
    .selectAll()
    .where('lane_id', '=', gone)
    .where('key', 'in', db.selectFrom('timer').select('key').where('lane_id', '=', kept))
    .execute()
  const state = await db
    .selectFrom('state')
    .selectAll()
    .where('lane_id', '=', gone)
    .where('key', 'in', db.selectFrom('state').select('key').where('lane_id', '=', kept))
    .execute()
  for (const row of timers)
    await db.deleteFrom('timer').where('lane_id', '=', gone).where('key', '=', row.key).execute()
  for (const row of state)
    await db.deleteFrom('state').where('lane_id', '=', gone).where('key', '=', row.key).execute()
  await db.updateTable('timer').set({ lane_id: kept }).where('lane_id', '=', gone).execute()
  await db.updateTable('state').set({ lane_id: kept }).where('lane_id', '=', gone).execute()

  return { kept, gone, timers, state, chat: goes }
}

/** Merges that had to wait. @returns how many still wait */
export async function mergeWaiting(db: Db, now: number): Promise<number> {
  const waiting = await db.selectFrom('pending_merge').selectAll().orderBy('id').limit(100).execute()
  for (const merge of waiting) {
    await db.deleteFrom('pending_merge').where('id', '=', merge.id).execute()
    const a = await currentContact(db, merge.contact_a)
    const b = await currentContact(db, merge.contact_b)
    await mergeContacts(db, a, b, now)
  }
  const left = await db
    .selectFrom('pending_merge')
    .select(db.fn.countAll<number>().as('n'))
    .executeTakeFirst()
  return Number(left?.n ?? 0)
}

/** Follows merges to the contact that stands. */
export async function currentContact(db: Db, id: number): Promise<number> {
  let current = id
  for (;;) {
    const row = await db
      .selectFrom('contact')
      .select('merged_into')
      .where('id', '=', current)
      .executeTakeFirst()
    if (!row?.merged_into) return current
    current = row.merged_into
  }
}
