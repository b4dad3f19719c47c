import { sql } from 'kysely'
import type { Address } from '../core/address.ts'
import { otherAddress } from '../core/phone.ts'
import type { MergeProof } from '../core/store.ts'
import type { Db, Engine } from './dialect.ts'
import { mergeChats } from './merge-chats.ts'
import { currentContact, type MergeDetail } from './merge-record.ts'

/**
 * A merge that found a lane leased takes the lease away after this long (ms): the turn that held it is stale
 * and runs again in the merged lane. Sends are always waited for.
 */
const PATIENCE_MS = 5_000

/**
 * Makes two contacts one. The older one stays. On every instance where the other one has a chat, the two lanes
 * become one: waiting events of both are put in order of acceptance behind the kept lane; a person's ownership
 * wins, then nobody's; the epoch is the larger plus one; timers and state that collide are the kept one's.
 * Everything is written down, so that `undoMerge` can take it back.
 *
 * While a lane or outbox of either is leased nothing is touched and the merge is noted for later. Two contacts
 * a person took apart are never joined again by themselves.
 * @returns the id of the contact that stays, or undefined when nothing was merged
 */
export async function mergeContacts(
  engine: Engine,
  db: Db,
  pair: { a: number; b: number; proof: MergeProof; since?: number },
  now: number,
): Promise<number | undefined> {
  const a = await currentContact(db, pair.a)
  const b = await currentContact(db, pair.b)
  const [kept, gone] = a < b ? [a, b] : [b, a]
  if (kept === gone) return kept
  // From here on nobody makes a lane for either. Another merge may have been quicker.
  await engine.lock(db, 'contact', [kept, gone])
  if ((await currentContact(db, kept)) !== kept || (await currentContact(db, gone)) !== gone)
    throw engine.lostRace()
  if (await takenApart(db, kept, gone)) return undefined

  const chats = await db
    .selectFrom('chat')
    .select(['id', 'instance', 'contact_id'])
    .where('contact_id', 'in', [kept, gone])
    .where('merged_into', 'is', null)
    .orderBy('id')
    .execute()
  const moving = chats.filter((chat) => chat.contact_id === gone)
  const touched = chats.filter((chat) => moving.some((one) => one.instance === chat.instance))
  const patient = now - (pair.since ?? now) < PATIENCE_MS
  if (
    !(await lockLanes(
      engine,
      db,
      touched.map((chat) => chat.id),
      patient,
    ))
  ) {
    await noteMerge(db, { a: kept, b: gone, proof: pair.proof }, now)
    return undefined
  }

  const names = await db
    .selectFrom('contact')
    .select(['id', 'name'])
    .where('id', 'in', [kept, gone])
    .execute()
  const nameOf = (id: number) => names.find((row) => row.id === id)?.name ?? null
  const addresses = await db.selectFrom('address').select('address').where('contact_id', '=', gone).execute()
  const folded = await db.selectFrom('contact').select('id').where('merged_into', '=', gone).execute()
  const detail: MergeDetail = {
    addresses: addresses.map((row) => row.address),
    contacts: folded.map((row) => row.id),
    name: nameOf(kept),
    chats: [],
    spoken: [],
  }
  for (const chat of moving) {
    const twin = chats.find((c) => c.contact_id === kept && c.instance === chat.instance)
    detail.chats.push(await mergeChats(engine, db, { kept: twin?.id, gone: chat.id, contact: kept }, now))
  }
  await db.updateTable('address').set({ contact_id: kept }).where('contact_id', '=', gone).execute()
  await db
    .updateTable('contact')
    .set({ name: nameOf(kept) ?? nameOf(gone) })
    .where('id', '=', kept)
    .execute()
  // One step from every merged contact to the one that stands: turns look no further.
  await sql`update contact set merged_into = ${kept} where id = ${gone} or merged_into = ${gone}`.execute(db)
  detail.spoken = await speakUnderSeenForm(db, kept)
  await db
    .insertInto('contact_merge')
    .values({ kept, gone, at: now, proof: pair.proof, detail: JSON.stringify(detail), undone_at: null })
    .execute()
  await db
    .deleteFrom('pending_merge')
    .where('contact_a', 'in', [kept, gone])
    .where('contact_b', 'in', [kept, gone])
    .execute()
  return kept
}

/** Notes a merge that cannot happen in this transaction; the janitor does it. */
export async function noteMerge(
  db: Db,
  { a, b, proof }: { a: number; b: number; proof: MergeProof },
  now: number,
): Promise<void> {
  await db
    .insertInto('pending_merge')
    .values({ contact_a: Math.min(a, b), contact_b: Math.max(a, b), proof, created_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

/** Merges that had to wait. @returns how many still wait */
export async function mergeWaiting(engine: Engine, db: Db, now: number): Promise<number> {
  if (!(await engine.isAlone(db, 'merges'))) return 0
  const waiting = await db.selectFrom('pending_merge').selectAll().orderBy('id').limit(100).execute()
  for (const { id, contact_a, contact_b, proof, created_at } of waiting) {
    await db.deleteFrom('pending_merge').where('id', '=', id).execute()
    const pair = { a: contact_a, b: contact_b, proof: proof as MergeProof, since: created_at }
    await mergeContacts(engine, db, pair, now)
    // One that goes on waiting keeps the time it began.
    await db
      .updateTable('pending_merge')
      .set({ created_at })
      .where('contact_a', 'in', [contact_a, contact_b])
      .where('contact_b', 'in', [contact_a, contact_b])
      .execute()
  }
  const left = await db
    .selectFrom('pending_merge')
    .select(db.fn.countAll<number>().as('n'))
    .executeTakeFirst()
  return Number(left?.n ?? 0)
}

/**
 * Locks lanes in the order of their ids. Moves their fences, so that whoever held them finds out.
 * @param patient leave leased lanes to those who hold them
 * @returns false when one of them, or an outbox, is leased; nothing has changed then
 */
export async function lockLanes(
  engine: Engine,
  db: Db,
  chats: readonly number[],
  patient: boolean,
): Promise<boolean> {
  if (chats.length === 0) return true
  await engine.lock(db, 'lane', chats)
  await engine.lock(db, 'outbox', chats)
  const leased = await db
    .selectFrom('lane')
    .leftJoin('outbox', 'outbox.chat_id', 'lane.id')
    .select(['lane.holder as lane', 'outbox.holder as outbox'])
    .where('lane.id', 'in', chats)
    .execute()
  if (leased.some((row) => row.outbox !== null || (patient && row.lane !== null))) return false
  await db
    .updateTable('lane')
    .set((row) => ({ fence: row('fence', '+', 1), holder: null }))
    .where('id', 'in', chats)
    .execute()
  return true
}

/** Has a person taken these two apart, or two that went into them? */
async function takenApart(db: Db, a: number, b: number): Promise<boolean> {
  const family = (id: number) =>
    sql`(select ${id} union all select id from contact where merged_into = ${id})`
  const { rows } = await sql<{ id: number }>`select id from contact_merge where undone_at is not null
    and ((kept in ${family(a)} and gone in ${family(b)}) or (kept in ${family(b)} and gone in ${family(a)}))
    limit 1`.execute(db)
  return rows.length > 0
}

/**
 * A chat that is spoken to under a number only we ever wrote is from now on spoken to under the form of it
 * that the gateway uses.
 */
async function speakUnderSeenForm(db: Db, contact: number): Promise<MergeDetail['spoken']> {
  const known = await db
    .selectFrom('address')
    .select(['address', 'seen'])
    .where('contact_id', '=', contact)
    .execute()
  const seen = new Set(known.filter((row) => row.seen === 1).map((row) => row.address))
  const chats = await db
    .selectFrom('chat')
    .select(['id', 'address'])
    .where('contact_id', '=', contact)
    .where('merged_into', 'is', null)
    .execute()
  const spoken: MergeDetail['spoken'] = []
  for (const { id, address } of chats) {
    const other = otherAddress(address as Address)?.address
    if (other === undefined || seen.has(address) || !seen.has(other)) continue
    await db.updateTable('chat').set({ address: other }).where('id', '=', id).execute()
    spoken.push({ chat: id, from: address, to: other })
  }
  return spoken
}
