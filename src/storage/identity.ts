import { sql } from 'kysely'
import { type Address, addressKind, chatKind } from '../core/address.ts'
import type { Party } from '../core/events.ts'
import type { Db, Engine } from './dialect.ts'
import { currentContact, mergeContacts } from './merge.ts'

const isPerson = (address: Address): boolean => chatKind(address) === 'direct'

/**
 * Finds or makes the contact of every party, learns their further addresses, and joins contacts that one
 * fact proves to be one person: at once where their lanes are free, else as soon as they are.
 * @returns contact id by person address, for every address of every party
 */
export async function resolveContacts(
  engine: Engine,
  db: Db,
  parties: readonly Party[],
  now: number,
): Promise<Map<Address, number>> {
  const groups = parties
    .map((party) => ({ party, addresses: [party.address, ...party.aliases].filter(isPerson) }))
    .filter((group) => group.addresses.length > 0)
  const contactOf = new Map<Address, number>()
  const wanted = [...new Set(groups.flatMap((group) => group.addresses))].sort()
  if (wanted.length === 0) return contactOf

  const table = engine.table(
    { address: 'text' },
    wanted.map((address) => ({ address })),
  )
  const { rows } = await sql<{ address: Address; contact_id: number }>`
    select a.address, a.contact_id from ${table} w join address a on a.address = w.address`.execute(db)
  for (const row of rows) contactOf.set(row.address, row.contact_id)

  // A group none of whose addresses is known gets a new contact; groups may share addresses.
  const fresh: { id: number; name: string | null }[] = []
  const unknown = groups.filter((group) => !group.addresses.some((address) => contactOf.has(address)))
  let nextId = unknown.length > 0 ? await engine.reserveIds(db, 'contact', unknown.length) : 0
  const learnt = new Map<Address, number>()
  const merges: [number, number][] = []
  for (const { party, addresses } of groups) {
    const known = [
      ...new Set(addresses.map((address) => contactOf.get(address)).filter((id) => id !== undefined)),
    ]
    let id = known[0]
    if (id === undefined) {
      id = nextId++
      fresh.push({ id, name: party.name ?? null })
    }
    for (const other of known.slice(1)) merges.push([id, other])
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
    ['address', 'contact_id', 'created_at'],
    [...learnt].sort(([a], [b]) => (a < b ? -1 : 1)).map(([address, id]) => [address, id, now]),
  )
  for (const [a, b] of merges) {
    // An earlier merge of this fact may have taken one of them away already.
    const kept = await mergeContacts(db, await currentContact(db, a), await currentContact(db, b), now)
    if (kept === undefined) continue
    for (const [address, id] of contactOf) {
      if (id === a || id === b || (await currentContact(db, id)) === kept) contactOf.set(address, kept)
    }
  }
  return contactOf
}

/** The best address of a party to speak to: a phone where one is known. */
export function bestAddress(party: Party): Address {
  const all = [party.address, ...party.aliases]
  return all.find((address) => addressKind(address) === 'phone') ?? party.address
}
