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
 * While a lane or outbox of either is leased nothing is touched. Two contacts a person took apart are never joined
 * again by themselves.
 *
 * To be run in a transaction of its own, which has no locks yet: it waits for lanes, and for nothing after them.
 * @returns false when it has to be tried again
 */
async function mergeContacts(
  engine: Engine,
  db: Db,
  pair: { a: number; b: number; proof: MergeProof; since: number },
  now: number,
): Promise<boolean> {
  const a = await currentContact(db, pair.a)
  const b = await currentContact(db, pair.b)
  const [kept, gone] = a < b ? [a, b] : [b, a]
  if (kept === gone || (await takenApart(db, kept, gone))) return true

  const chats = await chatsOf(db, kept, gone)
  const moving = chats.filter((chat) => chat.contact_id === gone)
  const touched = chats.filter((chat) => moving.some((one) => one.instance === chat.instance))
  const patient = now - pair.since < PATIENCE_MS
  if (
    !(await lockLanes(
      engine,
      db,
      touched.map((chat) => chat.id),
      patient,
    ))
  )
    return false
  // From here on nobody makes a lane for either. What was done until we had these locks is seen only now.
  if (!(await lockPeople(engine, db, [kept, gone], gone))) return false
  const still = (await currentContact(db, kept)) === kept && (await currentContact(db, gone)) === gone
  if (!still || (await chatsOf(db, kept, gone)).length !== chats.length) throw engine.lostRace()

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
  return true
}

/** Chats of these contacts that stand. */
export const chatsOf = (db: Db, ...contacts: number[]) =>
  db
    .selectFrom('chat')
    .select(['id', 'instance', 'contact_id'])
    .where('contact_id', 'in', contacts)
    .where('merged_into', 'is', null)
    .orderBy('id')
    .execute()

/**
 * Locks both contacts and the addresses of the one that gives some of them away. Waits for nobody: whoever has one of
 * them may be waiting for a lane of ours.
 */
export async function lockPeople(
  engine: Engine,
  db: Db,
  both: readonly [number, number],
  giving: number,
): Promise<boolean> {
  const { rows: people } = await sql`select id from contact where id in (${sql.join(both)})
    order by id ${engine.skipLocked}`.execute(db)
  const { rows: free } = await sql`select address from address where contact_id = ${giving}
    order by address ${engine.skipLocked}`.execute(db)
  const all = await db.selectFrom('address').select('address').where('contact_id', '=', giving).execute()
  return people.length === 2 && free.length === all.length
}

/** Notes what was proved; `mergeWaiting` makes it so. */
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

/**
 * Makes contacts one that were proved to be, each pair in a transaction of its own.
 * @param since only of proofs noted from then on (ms)
 * @returns how many still wait
 */
export async function mergeWaiting(engine: Engine, now: () => number, since = 0): Promise<number> {
  const waiting = await engine.read
    .selectFrom('pending_merge')
    .select('id')
    .where('created_at', '>=', since)
    .orderBy('id')
    .limit(100)
    .execute()
  if (waiting.length === 0) return 0
  for (const { id } of waiting) await engine.write((db) => mergeNoted(engine, db, id, now()))
  const { n } = await engine.read
    .selectFrom('pending_merge')
    .select((of) => of.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  return Number(n)
}

async function mergeNoted(engine: Engine, db: Db, id: number, now: number): Promise<void> {
  if (!(await engine.isAlone(db, 'merges'))) return
  const noted = await db.selectFrom('pending_merge').selectAll().where('id', '=', id).executeTakeFirst()
  if (!noted) return
  const { contact_a: a, contact_b: b, proof, created_at: since } = noted
  const over = await mergeContacts(engine, db, { a, b, proof: proof as MergeProof, since }, now)
  // Last of all: a turn that holds its lane and notes the same proof waits for this row.
  if (over) await db.deleteFrom('pending_merge').where('id', '=', id).execute()
}

/** Those pairs that are neither noted already nor were taken apart by a person. */
export async function newProofs<P extends { a: number; b: number }>(
  db: Db,
  pairs: readonly P[],
): Promise<P[]> {
  const fresh: P[] = []
  for (const pair of pairs) {
    const a = await currentContact(db, pair.a)
    const b = await currentContact(db, pair.b)
    if (a === b || (await takenApart(db, a, b))) continue
    const noted = await db
      .selectFrom('pending_merge')
      .select('id')
      .where('contact_a', '=', Math.min(pair.a, pair.b))
      .where('contact_b', '=', Math.max(pair.a, pair.b))
      .executeTakeFirst()
    if (!noted) fresh.push(pair)
  }
  return fresh
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
  const wanted = engine.table(
    { id: 'int' },
    chats.map((id) => ({ id })),
  )
  const among = sql<boolean>`lane.id in (select w.id from ${wanted} w)`
  const leased = await db
    .selectFrom('lane')
    .leftJoin('outbox', 'outbox.chat_id', 'lane.id')
    .select(['lane.holder as lane', 'outbox.holder as outbox'])
    .where(among)
    .execute()
  if (leased.some((row) => row.outbox !== null || (patient && row.lane !== null))) return false
  await db
    .updateTable('lane')
    .set((row) => ({ fence: row('fence', '+', 1), holder: null }))
    .where(among)
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
