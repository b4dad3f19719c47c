import { sql } from 'kysely'
import { type Address, chatKind } from '../core/address.ts'
import type { Party } from '../core/events.ts'
import type { Acceptance, Arrival, ArrivingEvent } from '../core/store.ts'
import type { Cell, Db, Engine } from './dialect.ts'
import { bestAddress, resolveContacts } from './identity.ts'
import { contactLaneKey } from './merge-record.ts'

/** How long a fact without identity of its own (connection, presence) counts as a repeat (ms). */
const STATE_WINDOW_MS = 5 * 60_000

interface Pending {
  event: ArrivingEvent
  arrival: number
  contact?: number
  laneKey?: string
}

/**
 * One transaction for all arrivals. Locks are taken in one order everywhere: dedupe keys sorted, then
 * lanes by id, then chats and contacts.
 */
export async function acceptBatch(
  engine: Engine,
  db: Db,
  batch: readonly Arrival[],
  options: { now: number; dedupeMs: number },
): Promise<Acceptance[]> {
  const { now } = options
  const all = batch.flatMap((arrival, index) =>
    arrival.events.map((event): Pending => ({ event, arrival: index })),
  )
  const fresh = await onlyNew(engine, db, all, options)
  const outcome: Acceptance[] = batch.map((arrival) => ({ accepted: 0, duplicates: arrival.events.length }))
  for (const item of fresh) {
    const counts = outcome[item.arrival]!
    counts.accepted += 1
    counts.duplicates -= 1
  }

  const contacts = await resolveContacts(
    engine,
    db,
    fresh.flatMap((item) => partiesOf(item.event)),
    now,
  )
  const contactOf = (party: Party | undefined) => (party ? contacts.get(party.address) : undefined)
  const lanes = new Map<string, Mailbox & { count: number; delay: number }>()
  for (const item of fresh) {
    if (item.event.disposition === 'unrouted') continue
    const { instance, reorderMs } = batch[item.arrival]!
    const { chat, sender } = item.event
    item.contact = contactOf(sender ?? (chat && chatKind(chat.address) === 'direct' ? chat : undefined))
    const chatContact = contactOf(chat)
    item.laneKey = laneKey(instance, chat, chatContact)
    const lane = lanes.get(item.laneKey)
    if (lane) lane.count += 1
    else lanes.set(item.laneKey, { instance, chat, contact: chatContact, count: 1, delay: reorderMs })
  }
  const places = await givePlaces(engine, db, lanes)
  await claimForPersons(db, fresh, places, now)

  const deliveries = await engine.reserveIds(db, 'delivery', batch.length)
  await engine.insert(
    db,
    'delivery',
    ['id', 'instance', 'received_at', 'source', 'headers', 'body'],
    batch.map((a, i) => [
      deliveries[i]!,
      a.instance,
      a.receivedAt,
      a.source,
      JSON.stringify(a.headers),
      a.body,
    ]),
  )
  if (fresh.length > 0) {
    const events = await engine.reserveIds(db, 'event', fresh.length)
    await engine.insert(
      db,
      'event',
      EVENT_COLUMNS,
      fresh.map((item, i) =>
        eventRow(item, events[i]!, deliveries[item.arrival]!, batch[item.arrival]!, places, now),
      ),
    )
  }
  await noteTraffic(engine, db, batch, now)
  return outcome
}

/** How exactly the time of a number's last event is kept (ms). */
const TRAFFIC_STEP_MS = 1_000

/** That these numbers live. Not with every delivery: all that arrive for one number would queue for its row. */
async function noteTraffic(engine: Engine, db: Db, batch: readonly Arrival[], now: number): Promise<void> {
  const instances = [...new Set(batch.map((arrival) => arrival.instance))].sort()
  await sql`insert into instance_state (instance, last_event_at)
    select w.instance, ${now} from ${engine.table(
      { instance: 'text' },
      instances.map((instance) => ({ instance })),
    )} w where not exists (select 1 from instance_state i
      where i.instance = w.instance and i.last_event_at > ${now - TRAFFIC_STEP_MS} and i.last_event_at <= ${now})
    order by w.instance
    on conflict (instance) do update set last_event_at = excluded.last_event_at`.execute(db)
}

const EVENT_COLUMNS = [
  'id',
  'instance',
  'delivery_id',
  'lane_id',
  'place',
  'kind',
  'author',
  'at',
  'accepted_at',
  'status',
  'disposition',
  'contact_id',
  'data',
]

function eventRow(
  item: Pending,
  id: number,
  delivery: number,
  arrival: Arrival,
  places: Map<string, LanePlace>,
  now: number,
): Cell[] {
  const { event } = item
  const lane = item.laneKey === undefined ? undefined : places.get(item.laneKey)
  return [
    id,
    arrival.instance,
    delivery,
    lane?.id ?? null,
    lane ? lane.next++ : null,
    event.fact.kind,
    event.author,
    event.at ?? now,
    now,
    lane ? 'pending' : 'unrouted',
    event.disposition,
    item.contact ?? null,
    JSON.stringify({ fact: event.fact, chat: event.chat, sender: event.sender, reference: event.reference }),
  ]
}

/** The events whose key is new; the first of several equal ones in a batch wins. */
async function onlyNew(
  engine: Engine,
  db: Db,
  all: Pending[],
  options: { now: number; dedupeMs: number },
): Promise<Pending[]> {
  const sorted = [...all].sort((a, b) => Buffer.compare(a.event.key, b.event.key))
  const states = sorted.filter(({ event }) => event.identity === 'state').map(({ event }) => event.key)
  if (states.length > 0)
    await db.deleteFrom('dedupe').where('key', 'in', states).where('expires_at', '<=', options.now).execute()
  const inserted = await engine.insertNew(
    db,
    'dedupe',
    ['key', 'expires_at'],
    sorted.map(({ event }) => [
      event.key,
      options.now + (event.identity === 'state' ? STATE_WINDOW_MS : options.dedupeMs),
    ]),
    ['key'],
  )
  const fresh = new Set(sorted.filter((_, i) => inserted[i]))
  return all.filter((item) => fresh.has(item))
}

function partiesOf(event: ArrivingEvent): Party[] {
  const members = event.fact.kind === 'membership' ? event.fact.members : []
  // The sender first: it carries the name a new contact gets.
  return [event.sender, event.chat, ...members].filter((party) => party !== undefined)
}

/** Direct chats belong to a contact, whatever address it was written under; others to their address. */
function laneKey(instance: string, chat: Party | undefined, contact: number | undefined): string {
  if (!chat) return `${instance}/`
  return contact === undefined ? `${instance}/${chat.address}` : contactLaneKey(instance, contact)
}

/** Whose mailbox a lane is. */
interface Mailbox {
  instance: string
  chat?: Party
  contact?: number
}

export interface LanePlace {
  id: number
  /** Place of the next event of this batch. */
  next: number
}

/** Makes missing lanes and chats, then takes `count` places in each lane under its lock. */
export async function givePlaces(
  engine: Engine,
  db: Db,
  lanes: Map<string, Mailbox & { count: number; delay: number }>,
): Promise<Map<string, LanePlace>> {
  const places = new Map<string, LanePlace>()
  if (lanes.size === 0) return places
  const ids = await ensureLanes(engine, db, lanes)
  const wanted = [...lanes]
    .map(([key, lane]) => ({ id: ids.get(key)!, count: lane.count, delay: lane.delay }))
    .sort((a, b) => a.id - b.id)
  const { rows } = await sql<{ id: number; key: string; next_place: number }>`
    update lane set next_place = lane.next_place + w.count, ready_at = coalesce(lane.ready_at, ${engine.now} + w.delay)
    from ${engine.locked('lane', { id: 'int', count: 'int', delay: 'int' }, wanted)} w where lane.id = w.id
    returning lane.id, lane.key, lane.next_place`.execute(db)
  const after = new Map(rows.map((row) => [row.id, row]))
  for (const [key, lane] of lanes) {
    const id = ids.get(key)!
    const row = after.get(id)
    // A merge took the lane, and its key, between our reading and our lock.
    if (row?.key !== key) throw engine.lostRace()
    places.set(key, { id, next: row.next_place - lane.count })
  }
  return places
}

/** Lane ids by key; lanes and their chats are made where they are missing. */
export async function ensureLanes(
  engine: Engine,
  db: Db,
  lanes: Map<string, Mailbox>,
): Promise<Map<string, number>> {
  const find = async (keys: string[]) => {
    const table = engine.table(
      { key: 'text' },
      keys.map((key) => ({ key })),
    )
    const { rows } = await sql<{ id: number; key: string }>`
      select l.id, l.key from ${table} w join lane l on l.key = w.key`.execute(db)
    return rows
  }
  const ids = new Map((await find([...lanes.keys()])).map((row) => [row.key, row.id]))
  const missing = [...lanes.keys()].filter((key) => !ids.has(key)).sort()
  if (missing.length === 0) return ids
  await stillApart(
    engine,
    db,
    missing.map((key) => lanes.get(key)!.contact),
  )
  const fresh = await engine.reserveIds(db, 'lane', missing.length)
  const inserted = await engine.insertNew(
    db,
    'lane',
    ['id', 'key', 'instance'],
    missing.map((key, i) => [fresh[i]!, key, lanes.get(key)!.instance]),
    ['key'],
  )
  const chats: Cell[][] = []
  for (const [i, key] of missing.entries()) {
    if (!inserted[i]) continue
    ids.set(key, fresh[i]!)
    const { instance, chat, contact } = lanes.get(key)!
    if (!chat) continue
    const address = bestAddress(chat)
    chats.push([fresh[i]!, instance, address, chatKind(address), contact ?? null, chat.name ?? null])
  }
  await engine.insert(db, 'chat', ['id', 'instance', 'address', 'kind', 'contact_id', 'name'], chats)
  const lost = missing.filter((_, i) => !inserted[i])
  if (lost.length > 0) for (const row of await find(lost)) ids.set(row.key, row.id)
  return ids
}

/** A lane is made only for a contact that stands, and no merge may take it away until the lane is there. */
async function stillApart(engine: Engine, db: Db, contacts: readonly (number | undefined)[]): Promise<void> {
  const wanted = [...new Set(contacts)].filter((id) => id !== undefined).sort((a, b) => a - b)
  if (wanted.length === 0) return
  const { rows } = await sql<{ merged_into: number | null }>`select c.merged_into from ${engine.table(
    { id: 'int' },
    wanted.map((id) => ({ id })),
  )} w join contact c on c.id = w.id order by c.id ${engine.forKeyShare}`.execute(db)
  if (rows.some((row) => row.merged_into !== null)) throw engine.lostRace()
}

/**
 * A person wrote by hand on our own number: the chat is theirs from this commit on, before any queued bot
 * command can be marked as sending. A message the hub itself sent never claims.
 */
async function claimForPersons(
  db: Db,
  fresh: readonly Pending[],
  places: Map<string, LanePlace>,
  now: number,
): Promise<void> {
  for (const { event, laneKey: key } of fresh) {
    if (!event.claims || key === undefined || event.fact.kind !== 'message') continue
    const chat = places.get(key)!.id
    const ours = await db
      .selectFrom('message')
      .select('id')
      .where('chat_id', '=', chat)
      .where('message_id', '=', event.fact.message.id)
      .where('command_id', 'is not', null)
      .executeTakeFirst()
    if (ours) continue
    // Even in a chat that is already a person's: the bot's parting words must not follow theirs.
    await sql`update chat set epoch = epoch + 1, owner = 'person', owner_at = ${now} where id = ${chat} and kind = 'direct'`.execute(
      db,
    )
  }
}

/** The chat an address leads to on an instance, made where it is missing. */
export async function ensureChat(
  engine: Engine,
  db: Db,
  instance: string,
  to: Party,
  now: number,
): Promise<number> {
  const contacts = await resolveContacts(engine, db, [to], now, 'written')
  const contact = contacts.get(to.address as Address)
  const key = laneKey(instance, to, contact)
  const ids = await ensureLanes(engine, db, new Map([[key, { instance, chat: to, contact }]]))
  return ids.get(key)!
}
