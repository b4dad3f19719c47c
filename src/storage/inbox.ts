import { sql } from 'kysely'
import { type Address, chatKind } from '../core/address.ts'
import type { Party } from '../core/events.ts'
import type { Acceptance, Arrival, ArrivingEvent } from '../core/store.ts'
import type { Cell, Db, Engine } from './dialect.ts'
import { bestAddress, resolveContacts, stillTheirs } from './identity.ts'
import { contactLaneKey } from './merge-record.ts'
import { noteUnrouted } from './registry.ts'

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

  const ids = Promise.all([
    engine.reserveIds(db, 'delivery', batch.length),
    engine.reserveIds(db, 'event', fresh.length),
  ])
  const [contacts] = await Promise.all([
    resolveContacts(
      engine,
      db,
      fresh.flatMap((item) => partiesOf(item.event)),
      now,
    ),
    ids,
  ])
  const contactOf = (party: Party | undefined) => (party ? contacts.get(party.address) : undefined)
  const lanes = new Map<string, Wanted>()
  const talking = new Map<Address, number>()
  for (const item of fresh) {
    if (item.event.disposition === 'unrouted') continue
    const { instance, reorderMs } = batch[item.arrival]!
    const { chat, sender } = item.event
    item.contact = contactOf(sender ?? (chat && chatKind(chat.address) === 'direct' ? chat : undefined))
    const chatContact = contactOf(chat)
    if (chat && chatContact !== undefined) talking.set(chat.address, chatContact)
    item.laneKey = laneKey(instance, chat, chatContact)
    const lane = lanes.get(item.laneKey)
    if (lane) lane.count += 1
    else lanes.set(item.laneKey, { instance, chat, contact: chatContact, count: 1, delay: reorderMs })
  }
  const places = await givePlaces(engine, db, lanes, now)
  await claimForPersons(db, fresh, places, now)

  const [deliveries, events] = await ids
  // None of these waits for another.
  await Promise.all([
    stillTheirs(engine, db, talking),
    engine.insert(
      db,
      'delivery',
      ['id', 'instance', 'received_at', 'verified_at', 'source', 'headers', 'body'],
      batch.map((a, i) => [
        deliveries[i]!,
        a.instance,
        a.receivedAt,
        a.verifiedAt ?? null,
        a.source,
        JSON.stringify(a.headers),
        a.body,
      ]),
    ),
    engine.insert(
      db,
      'event',
      EVENT_COLUMNS,
      fresh.map((item, i) =>
        eventRow(item, events[i]!, deliveries[item.arrival]!, batch[item.arrival]!, places, now),
      ),
    ),
    noteTraffic(engine, db, batch, now),
    noteUnrouted(
      db,
      batch,
      fresh.map(({ arrival }, i) => ({ arrival, id: events[i]! })),
      now,
    ),
  ])
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
  const known = sorted.filter(({ event }, i) => event.identity === 'state' && !inserted[i])
  for (const item of await grownOld(engine, db, known, options.now)) fresh.add(item)
  return all.filter((item) => fresh.has(item))
}

/**
 * States whose key is from before the retry window: they are new again. After the new keys, as these are locked in
 * order; taken away before, two who take in the same states would wait for each other.
 */
async function grownOld(engine: Engine, db: Db, states: readonly Pending[], now: number): Promise<Pending[]> {
  if (states.length === 0) return []
  // Of several alike the first one is new.
  const byKey = new Map(states.toReversed().map((item) => [item.event.key.toString('hex'), item]))
  const keys = [...byKey.values()].map(({ event }) => event.key)
  const known = await db
    .selectFrom('dedupe')
    .select(['key', 'expires_at'])
    .where('key', 'in', padded(keys))
    .execute()
  const old = known.filter(({ expires_at }) => expires_at <= now).map(({ key }) => key)
  const { rows: renewed } =
    old.length === 0
      ? { rows: [] }
      : await sql<{ key: Uint8Array }>`update dedupe set expires_at = ${now + STATE_WINDOW_MS}
          from (select key from dedupe where key in (${sql.join(padded(old))}) and expires_at <= ${now}
            order by key ${engine.forUpdate}) w
          where dedupe.key = w.key returning dedupe.key`.execute(db)
  // Somebody else was quicker: retention took a key away, or another one took the same state in.
  if (known.length < byKey.size || renewed.length < old.length) throw engine.lostRace()
  return renewed.map(({ key }) => byKey.get(Buffer.from(key).toString('hex'))!)
}

/** Filled up to a power of two with the last one: few texts of statements, whatever the number of keys. */
const padded = <T>(keys: readonly T[]): T[] => {
  const count = 2 ** Math.ceil(Math.log2(keys.length))
  return [...keys, ...Array.from({ length: count - keys.length }, () => keys.at(-1)!)]
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

/** What a batch wants of a lane: so many places; the delay (ms) until its events are handled. */
type Wanted = Mailbox & { count: number; delay: number }

/**
 * Takes `count` places in each lane under its lock. Lanes and chats are made where they are missing: after the
 * locks, and in the order of their keys, so that two who make the same ones never wait for each other.
 */
export async function givePlaces(
  engine: Engine,
  db: Db,
  lanes: Map<string, Wanted>,
  now: number,
): Promise<Map<string, LanePlace>> {
  const places = new Map<string, LanePlace>()
  if (lanes.size === 0) return places
  const wanted = engine.locked(
    'lane',
    { key: 'text', count: 'int', delay: 'int' },
    [...lanes].map(([key, { count, delay }]) => ({ key, count, delay })),
  )
  const { rows } = await sql<{ id: number; key: string; next_place: number }>`
    update lane set next_place = lane.next_place + w.count, ready_at = coalesce(lane.ready_at, ${engine.now} + w.delay)
    from ${wanted} w where lane.key = w.key returning lane.id, lane.key, lane.next_place`.execute(db)
  for (const { id, key, next_place } of rows) {
    places.set(key, { id, next: next_place - lanes.get(key)!.count })
  }
  const missing = [...lanes].filter(([key]) => !places.has(key))
  const made = await makeLanes(engine, db, new Map(missing), now)
  // Somebody else has just made one; this one has places of its own to take in it.
  if (made.size < missing.length) throw engine.lostRace()
  for (const [key, id] of made) places.set(key, { id, next: 1 })
  return places
}

/** Makes lanes and their chats. @returns ids by key; those that are there already are left out */
async function makeLanes(
  engine: Engine,
  db: Db,
  lanes: ReadonlyMap<string, Wanted>,
  now: number,
): Promise<Map<string, number>> {
  if (lanes.size === 0) return new Map()
  const keys = [...lanes.keys()].sort()
  const [ids] = await Promise.all([
    engine.reserveIds(db, 'lane', keys.length),
    stillApart(
      engine,
      db,
      keys.map((key) => lanes.get(key)!.contact),
    ),
  ])
  const inserted = await engine.insertNew(
    db,
    'lane',
    ['id', 'key', 'instance', 'next_place', 'ready_at'],
    keys.map((key, i) => {
      const { instance, count, delay } = lanes.get(key)!
      return [ids[i]!, key, instance, 1 + count, count > 0 ? now + delay : null]
    }),
    ['key'],
  )
  const made = new Map(keys.flatMap((key, i) => (inserted[i] ? [[key, ids[i]!] as const] : [])))
  const chats: Cell[][] = []
  for (const [key, id] of made) {
    const { instance, chat, contact } = lanes.get(key)!
    if (!chat) continue
    const address = bestAddress(chat)
    chats.push([id, instance, address, chatKind(address), contact ?? null, chat.name ?? null])
  }
  await engine.insert(db, 'chat', ['id', 'instance', 'address', 'kind', 'contact_id', 'name'], chats)
  return made
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

/**
 * The chat an address leads to on an instance, made where it is missing. Its lane is locked: until the transaction
 * ends no merge or undo takes the chat away.
 */
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
  const find = () => db.selectFrom('lane').select('id').where('key', '=', key).executeTakeFirst()
  const make = async () => {
    const wanted = { instance, chat: to, contact, count: 0, delay: 0 }
    const made = await makeLanes(engine, db, new Map([[key, wanted]]), now)
    return made.get(key) ?? (await find())!.id
  }
  const chat = (await find())?.id ?? (await make())
  await engine.lock(db, 'lane', [chat])
  // A merge or undo may have been quicker.
  const found = await db.selectFrom('chat').select('merged_into').where('id', '=', chat).executeTakeFirst()
  if (!found || found.merged_into !== null) throw engine.lostRace()
  await stillTheirs(engine, db, contacts)
  return chat
}
