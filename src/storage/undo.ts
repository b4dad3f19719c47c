import { type Selectable, sql } from 'kysely'
import type { UndoOutcome } from '../core/store.ts'
import type { Db, Engine } from './dialect.ts'
import type { EventData } from './lanes.ts'
import { isOnlyOf, laterChat, setAside } from './later-chats.ts'
import { chatsOf, lockLanes, lockPeople } from './merge.ts'
import { carryEpoch, pendingEvents, requeue } from './merge-chats.ts'
import { type ChatMerge, currentChat, currentContact, type MergeDetail } from './merge-record.ts'
import type { Tables } from './tables.ts'
import { freeChat, wakeOutboxes } from './tail.ts'

/**
 * Takes a merge back: the contact that went gets its addresses, chats and everything from before the merge
 * again. What came after stays with the one that was kept, unless it came under an address of the other only.
 * The two are not joined again by themselves. Merges may be undone in any order.
 *
 * `busy`: a lane or outbox is leased; nothing was changed, ask again.
 */
export async function undoMerge(engine: Engine, db: Db, id: number, now: number): Promise<UndoOutcome> {
  if (!(await engine.isAlone(db, 'merges'))) return 'busy'
  const merge = await db.selectFrom('contact_merge').selectAll().where('id', '=', id).executeTakeFirst()
  if (!merge) return 'not-found'
  if (merge.undone_at !== null) return 'undone-before'
  const detail = JSON.parse(merge.detail) as MergeDetail
  const kept = await currentContact(db, merge.kept)

  const pairs: { chat: ChatMerge; from: number }[] = []
  for (const chat of detail.chats) pairs.push({ chat, from: await currentChat(db, chat.kept) })
  const chats = await chatsOf(db, kept)
  const lanes = new Set([
    ...pairs.flatMap(({ chat, from }) => [chat.gone, from]),
    ...chats.map(({ id }) => id),
  ])
  if (!(await lockLanes(engine, db, [...lanes], true))) return 'busy'
  // From here on nobody makes a lane for either, or learns an address.
  if (!(await lockPeople(engine, db, [kept, merge.gone], kept))) return 'busy'
  if ((await chatsOf(db, kept)).length !== chats.length) throw engine.lostRace()

  const later = chats.filter(({ id }) => !pairs.some(({ from }) => from === id))
  for (const { id: from } of later) {
    const chat = await laterChat(engine, db, from, { kept, gone: merge.gone, addresses: detail.addresses })
    if (chat) pairs.push({ chat, from })
  }
  for (const { chat, from } of pairs) {
    await splitChat(engine, db, { chat, from, detail, contact: { kept, gone: merge.gone } }, now)
  }
  for (const { chat, from, to } of detail.spoken) {
    await db
      .updateTable('chat')
      .set({ address: from })
      .where('id', '=', chat)
      .where('address', '=', to)
      .execute()
  }
  const returning = detail.addresses.length > 0 ? detail.addresses : ['']
  await db
    .updateTable('address')
    .set({ contact_id: merge.gone })
    .where('address', 'in', returning)
    .where('contact_id', '=', kept)
    .execute()
  await db.updateTable('contact').set({ merged_into: null }).where('id', '=', merge.gone).execute()
  await db
    .updateTable('contact')
    .set({ merged_into: merge.gone })
    .where('id', 'in', [...detail.contacts, 0])
    .where('merged_into', '=', kept)
    .execute()
  // A name that only the other one brought goes with it.
  await sql`update contact set name = ${detail.name} where id = ${kept}
    and name = (select name from contact where id = ${merge.gone})`.execute(db)
  await db.updateTable('contact_merge').set({ undone_at: now }).where('id', '=', id).execute()
  return 'undone'
}

interface Split {
  chat: ChatMerge
  /** The chat that holds everything now. */
  from: number
  detail: MergeDetail
  contact: { kept: number; gone: number }
}

async function splitChat(engine: Engine, db: Db, split: Split, now: number): Promise<void> {
  const { chat, from, detail, contact } = split
  const { gone } = chat
  const theirs = new Set(detail.addresses)
  const moved = new Set(chat.events)
  const unused = chat.created && from === chat.kept && (await placesGiven(db, from)) === chat.after.places

  await sql`update lane set key = ${chat.key} where id = ${gone}`.execute(db)
  await sql`update chat set merged_into = null where id = ${gone}`.execute(db)
  await db
    .updateTable('chat')
    .set({ merged_into: gone })
    .where('id', 'in', [...chat.folded, 0])
    .where('merged_into', '=', from)
    .execute()

  // Events that wait: their own, and those that name nobody but them.
  const belongs = (event: { id: number; data: string }) => moved.has(event.id) || isOnlyOf(event.data, theirs)
  const pending = await pendingEvents(db, [from])
  const returning = pending.filter(belongs)
  await requeue(
    db,
    from,
    pending.filter((event) => !belongs(event)).map((event) => event.id),
    now,
  )
  await requeue(
    db,
    gone,
    returning.map((event) => event.id),
    now,
  )
  const stray = (await setAside(db, from)).filter(belongs).map((event) => event.id)
  for (const id of [...returning.map((event) => event.id), ...stray]) {
    await sql`update event set contact_id = ${contact.gone} where id = ${id} and contact_id = ${contact.kept}`.execute(
      db,
    )
  }
  // With them, those of before the merge that were dealt with since.
  for (const id of new Set([...stray, ...moved])) {
    await sql`update event set lane_id = ${gone} where id = ${id} and lane_id = ${from}`.execute(db)
    await sql`update parked set lane_id = ${gone} where event_id = ${id} and lane_id = ${from}`.execute(db)
  }

  await splitMessages(db, split)
  await splitMemory(db, split, new Set(returning.map((event) => event.id)))
  for (const seq of chat.commands) {
    await sql`update command set chat_id = ${gone} where seq = ${seq} and chat_id = ${from}`.execute(db)
    await sql`update message set chat_id = ${gone} where chat_id = ${from}
      and command_id = (select id from command where seq = ${seq})`.execute(db)
  }
  await splitOwnership(db, split)
  await wakeOutboxes(engine, db, await withCommands(db, [from, gone]))
  // What either waited for may be the other's now: an unknown send. Who claims finds out what is left to wait for.
  for (const id of [from, gone]) await freeChat(db, id, now)
  if (unused) await removeIfEmpty(db, from)
}

async function splitMessages(db: Db, { chat, from, detail, contact }: Split): Promise<void> {
  const { gone } = chat
  await sql`update message set chat_id = ${gone}, origin_chat = nullif(origin_chat, ${gone})
    where chat_id = ${from} and origin_chat in (${sql.join([gone, ...chat.folded])})`.execute(db)
  if (detail.addresses.length > 0) {
    await sql`update message set chat_id = ${gone},
        contact_id = case when contact_id = ${contact.kept} then ${contact.gone} else contact_id end
      where chat_id = ${from} and origin_chat is null and address in (${sql.join(detail.addresses)})`.execute(
      db,
    )
  }
  for (const message of chat.messages) {
    await db
      .insertInto('message')
      .values(message)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  for (const id of [from, gone]) {
    await sql`update chat set last_message_at = (
      select at from message where chat_id = ${id} order by id desc limit 1) where id = ${id}`.execute(db)
  }
}

/**
 * State and timers as they were at the merge; what has changed since is the kept one's. A timer that came along
 * and is gone has fired or was cancelled: it does not come back.
 */
async function splitMemory(db: Db, { chat, from }: Split, waiting: ReadonlySet<number>): Promise<void> {
  const { gone } = chat
  // One that has fired fires again unless its event waits in the very lane it goes to: elsewhere it is dropped.
  const giveTimer = async (timer: Selectable<Tables['timer']>) => {
    const waits = timer.fired === 1 && (await firedWaits(db, waiting, timer))
    await insertMissing(db, 'timer', { ...timer, lane_id: gone, fired: waits ? 1 : 0 })
  }
  for (const { key, data, collided } of chat.state) {
    if (!collided) {
      await db
        .deleteFrom('state')
        .where('lane_id', '=', from)
        .where('key', '=', key)
        .where('data', '=', data)
        .execute()
    }
    await insertMissing(db, 'state', { lane_id: gone, key, data })
  }
  for (const { collided, ...timer } of chat.timers) {
    if (!collided) {
      const taken = await db
        .deleteFrom('timer')
        .where('lane_id', '=', from)
        .where('key', '=', timer.key)
        .where('generation', '=', timer.generation)
        .returningAll()
        .executeTakeFirst()
      if (taken) await giveTimer(taken)
      continue
    }
    await giveTimer(timer)
  }
}

async function firedWaits(
  db: Db,
  waiting: ReadonlySet<number>,
  timer: { key: string; generation: number },
): Promise<boolean> {
  if (waiting.size === 0) return false
  const rows = await db
    .selectFrom('event')
    .select('data')
    .where('id', 'in', [...waiting])
    .where('kind', '=', 'timer')
    .execute()
  return rows.some(({ data }) => {
    const { fact } = JSON.parse(data) as EventData
    return fact.kind === 'timer' && fact.key === timer.key && fact.generation === timer.generation
  })
}

const insertMissing = <T extends 'state' | 'timer'>(db: Db, table: T, row: Selectable<Tables[T]>) =>
  db
    .insertInto(table)
    .values(row as never)
    .onConflict((conflict) => conflict.doNothing())
    .execute()

/** Who may speak is as it was, unless it changed hands since; a person who took the merged chat has both. */
async function splitOwnership(db: Db, { chat, from }: Split): Promise<void> {
  const { before, after, gone } = chat
  const now = await db.selectFrom('chat').selectAll().where('id', '=', from).executeTakeFirstOrThrow()
  const untouched = now.epoch === after.epoch && now.owner === after.owner
  const person = !untouched && now.owner === 'person'
  const epoch = now.epoch + 1
  const owners = {
    kept: untouched ? before.kept : now,
    gone: person ? now : before.gone,
  }
  for (const [id, was] of [
    [from, owners.kept],
    [gone, owners.gone],
  ] as const) {
    await db
      .updateTable('chat')
      .set({ owner: was.owner, owner_at: was.owner_at, epoch })
      .where('id', '=', id)
      .execute()
    if (was.owner === 'bot' && now.owner === 'bot') await carryEpoch(db, id, now.epoch, epoch)
  }
  if (now.address === after.address && now.address !== before.kept.address) {
    await db.updateTable('chat').set({ address: before.kept.address }).where('id', '=', from).execute()
  }
  if (before.kept.name === null && now.name === before.gone.name) {
    await db.updateTable('chat').set({ name: null }).where('id', '=', from).execute()
  }
}

async function withCommands(db: Db, chats: number[]): Promise<{ chat_id: number; instance: string }[]> {
  const { rows } = await sql<{
    chat_id: number
    instance: string
  }>`select distinct chat_id, instance from command
    where chat_id in (${sql.join(chats)}) and state in ('queued', 'sending', 'unknown')`.execute(db)
  return rows
}

const placesGiven = async (db: Db, lane: number): Promise<number | undefined> =>
  (await db.selectFrom('lane').select('next_place').where('id', '=', lane).executeTakeFirst())?.next_place

/** A chat that was made for the merge, and got no event of its own, has no reason to stay. */
async function removeIfEmpty(db: Db, chat: number): Promise<void> {
  const { rows } = await sql<{ used: number }>`select
    exists (select 1 from message where chat_id = ${chat})
    or exists (select 1 from command where chat_id = ${chat})
    or exists (select 1 from chat where merged_into = ${chat})
    or exists (select 1 from timer where lane_id = ${chat})
    or exists (select 1 from state where lane_id = ${chat}) as used`.execute(db)
  if (rows[0]?.used) return
  for (const table of ['outbox', 'chat', 'lane'] as const) {
    await sql`delete from ${sql.table(table)} where ${sql.ref(table === 'outbox' ? 'chat_id' : 'id')} = ${chat}`.execute(
      db,
    )
  }
}
