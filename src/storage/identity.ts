import { sql } from 'kysely'
import { type Address, addressKind, chatKind } from '../core/address.ts'
import type { Party } from '../core/events.ts'
import { otherAddress } from '../core/phone.ts'
import type { MergeProof } from '../core/store.ts'
import type { Db, Engine } from './dialect.ts'
import { newProofs, noteMerge } from './merge.ts'

const isPerson = (address: Address): boolean => chatKind(address) === 'direct'

/**
 * How the addresses of a party came to be known.
 * - `seen`: a gateway named all of them as one.
 * - `written`: somebody here wrote them. Says nothing about who has them.
 * - `directory`: a gateway was asked about the aliases and named the address.
 */
export type Knowledge = 'seen' | 'written' | 'directory'

interface Known {
  contact_id: number
  seen: boolean
}

/**
 * Finds or makes the contact of every party, learns their further addresses, and finds contacts that are proved
 * to be one person. They are merged in a transaction of their own: within another one the locks would come out of
 * order, and two that accept would wait for each other.
 *
 * What proves it, and nothing else does:
 * 1. One fact names both addresses, or the gateway's directory does.
 * 2. Both are forms of one line by the numbering plan (`core/phone.ts`), and a gateway has named at most one of
 *    them: then the other one is but a way somebody here wrote it. Two forms that a gateway names apart stay
 *    two people, whatever the plan says; one that was taken for the other before is given back when it shows
 *    a private id of its own.
 *
 * @param proofs what to do with a new proof: ask that they be merged first, or note that they have to be
 * @returns contact id by person address, for every address of every party
 * @throws MergeFirst
 */
export async function resolveContacts(
  engine: Engine,
  db: Db,
  parties: readonly Party[],
  now: number,
  how: Knowledge = 'seen',
  proofs: 'first' | 'note' = 'first',
): Promise<Map<Address, number>> {
  const groups = parties
    .map((party) => ({ party, addresses: [party.address, ...party.aliases].filter(isPerson) }))
    .filter((group) => group.addresses.length > 0)
  const contactOf = new Map<Address, number>()
  if (groups.length === 0) return contactOf
  const seenNow = new Set(
    how === 'seen'
      ? groups.flatMap((group) => group.addresses)
      : how === 'directory'
        ? groups.map((group) => group.party.address)
        : [],
  )
  const known = await lookUp(
    engine,
    db,
    groups.flatMap((group) => group.addresses),
  )
  // Rows of addresses are changed in their order, whoever changes several.
  for (const address of how === 'seen' ? (await takenForAnother(db, groups, known)).sort() : []) {
    await db.deleteFrom('address').where('address', '=', address).execute()
    known.delete(address)
  }
  for (const [address, row] of known) contactOf.set(address, row.contact_id)

  // A group none of whose addresses is known gets a new contact; groups may share addresses.
  const fresh: { id: number; name: string | null }[] = []
  const unknown = groups.filter((group) => !group.addresses.some((address) => contactOf.has(address)))
  const free = await engine.reserveIds(db, 'contact', unknown.length)
  const learnt = new Map<Address, number>()
  const merges: { a: number; b: number; proof: MergeProof }[] = []
  for (const { party, addresses } of groups) {
    const ids = [
      ...new Set(addresses.map((address) => contactOf.get(address)).filter((id) => id !== undefined)),
    ]
    let id = ids[0]
    if (id === undefined) {
      id = free.shift()!
      fresh.push({ id, name: party.name ?? null })
    }
    for (const other of ids.slice(1)) {
      merges.push({ a: id, b: other, proof: how === 'directory' ? 'directory' : 'event' })
    }
    for (const address of addresses) {
      if (contactOf.has(address)) continue
      contactOf.set(address, id)
      learnt.set(address, id)
    }
  }
  await engine.insert(
    db,
    'contact',
    ['id', 'name', 'created_at'],
    fresh.map((c) => [c.id, c.name, now]),
  )
  await engine.insert(
    db,
    'address',
    ['address', 'contact_id', 'created_at', 'seen'],
    [...learnt]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([address, id]) => [address, id, now, seenNow.has(address) ? 1 : 0]),
  )
  const shown = [...known].flatMap(([address, row]) => (row.seen || !seenNow.has(address) ? [] : [address]))
  for (const address of shown.sort()) {
    await db.updateTable('address').set({ seen: 1 }).where('address', '=', address).execute()
  }
  merges.push(...(await sameLines(engine, db, learnt, seenNow)))
  const proved = await newProofs(db, merges)
  if (proved.length > 0 && proofs === 'first') throw new MergeFirst(parties, how)
  for (const pair of proved) await noteMerge(db, pair, now)
  return contactOf
}

/** What was to be done names two contacts that are one: they are to be merged, and then it is to be done again. */
export class MergeFirst extends Error {
  readonly parties: readonly Party[]
  readonly how: Knowledge

  constructor(parties: readonly Party[], how: Knowledge) {
    super('two contacts have to be merged first')
    this.parties = parties
    this.how = how
  }
}

/** An address learnt while its contact was being merged may still name the one that went. */
async function lookUp(engine: Engine, db: Db, addresses: readonly Address[]): Promise<Map<Address, Known>> {
  const wanted = [...new Set(addresses)].sort()
  const table = engine.table(
    { address: 'text' },
    wanted.map((address) => ({ address })),
  )
  const { rows } = await sql<{ address: Address; contact_id: number; seen: number }>`
    select a.address, coalesce(c.merged_into, a.contact_id) as contact_id, a.seen
    from ${table} w join address a on a.address = w.address join contact c on c.id = a.contact_id`.execute(db)
  return new Map(rows.map((row) => [row.address, { contact_id: row.contact_id, seen: row.seen === 1 }]))
}

/**
 * To be asked under the locks of these contacts' lanes: who waits for them may wait for an undo, which gives some of
 * the addresses back. From then on no undo does until the transaction ends.
 * @throws a lost race where an address leads to another contact by now
 */
export async function stillTheirs(
  engine: Engine,
  db: Db,
  contacts: ReadonlyMap<Address, number>,
): Promise<void> {
  if (contacts.size === 0) return
  const known = await lookUp(engine, db, [...contacts.keys()])
  for (const [address, contact] of contacts) {
    if (known.get(address)?.contact_id !== contact) throw engine.lostRace()
  }
}

/**
 * Numbers that only we wrote, joined by the plan to somebody whose private id a gateway named, and that a
 * gateway now names with another one: they are somebody else's.
 */
async function takenForAnother(
  db: Db,
  groups: readonly { addresses: readonly Address[] }[],
  known: ReadonlyMap<Address, Known>,
): Promise<Address[]> {
  const wrong: Address[] = []
  for (const { addresses } of groups) {
    const ids = addresses.filter((address) => addressKind(address) === 'private')
    for (const address of ids.length === 0 ? [] : addresses) {
      const row = known.get(address)
      const other = otherAddress(address)?.address
      if (!row || row.seen || other === undefined) continue
      if (ids.some((id) => known.get(id)?.contact_id === row.contact_id)) continue
      const named = await db
        .selectFrom('address')
        .select('address')
        .where('contact_id', '=', row.contact_id)
        .where('seen', '=', 1)
        .execute()
      const hasId = named.some((one) => addressKind(one.address as Address) === 'private')
      if (hasId && named.some((one) => one.address === other)) wrong.push(address)
    }
  }
  return wrong
}

/** Addresses learnt just now that are another way to write one that was known before. */
async function sameLines(
  engine: Engine,
  db: Db,
  learnt: ReadonlyMap<Address, number>,
  seenNow: ReadonlySet<Address>,
): Promise<{ a: number; b: number; proof: MergeProof }[]> {
  const forms = [...learnt].flatMap(([address, contact]) => {
    const other = otherAddress(address)
    return other?.oneLine ? [{ address, contact, other: other.address }] : []
  })
  if (forms.length === 0) return []
  const known = await lookUp(
    engine,
    db,
    forms.map((form) => form.other),
  )
  return forms.flatMap(({ address, contact, other }) => {
    const row = known.get(other)
    if (!row || row.contact_id === contact || (row.seen && seenNow.has(address))) return []
    return [{ a: contact, b: row.contact_id, proof: 'number' as const }]
  })
}

/** The best address of a party to speak to: a phone where one is known. */
export function bestAddress(party: Party): Address {
  const all = [party.address, ...party.aliases]
  return all.find((address) => addressKind(address) === 'phone') ?? party.address
}

/** The address to send to: the form of the number this chat is spoken to under, where another one was written. */
export async function spokenAs(db: Db, chat: number, to: Address): Promise<Address> {
  const other = otherAddress(to)?.address
  if (other === undefined) return to
  const row = await db.selectFrom('chat').select('address').where('id', '=', chat).executeTakeFirst()
  return row?.address === other ? other : to
}
