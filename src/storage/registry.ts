import { sql } from 'kysely'
import type { InstanceId } from '../core/ids.ts'
import type {
  EntryKind,
  RefusalReason,
  RefusalRow,
  RegistryStore,
  SaveOutcome,
  StoredEntry,
  UnroutedRow,
} from '../core/registry.ts'
import type { Arrival } from '../core/store.ts'
import type { Db, Engine } from './dialect.ts'
import type { Tables } from './tables.ts'

/** What is kept of {@link RegistryStore}: entries with their secrets sealed, intents, refusals, unrouted numbers. */

const REMOVED = 'its instance was removed from the hub'
/** Where the counter lies that moves with every change; who changes anything holds its row. */
const GENERATION = 'registry'

type Reads = Pick<
  RegistryStore,
  'registryGeneration' | 'storedRegistry' | 'refusals' | 'verifiedSince' | 'listUnrouted' | 'unroutedEvents'
>
type Writes = Omit<RegistryStore, keyof Reads>

export function registryReads(read: Db): Reads {
  const generation = async () => {
    const row = await read.selectFrom('meta').select('value').where('key', '=', GENERATION).executeTakeFirst()
    return Number(row?.value ?? 0)
  }
  return {
    registryGeneration: generation,
    async storedRegistry() {
      // First: what changes while the rows are read is read again.
      const stands = await generation()
      const rows = await read.selectFrom('registry_entry').selectAll().orderBy('folded').execute()
      const present = rows.filter((row) => row.removed_at === null)
      return {
        generation: stands,
        instances: present.filter(({ kind }) => kind === 'instance').map(toEntry),
        servers: present.filter(({ kind }) => kind === 'server').map(toEntry),
        removed: rows
          .filter(({ kind, removed_at }) => kind === 'instance' && removed_at !== null)
          .map(({ id }) => id as InstanceId),
      }
    },
    async refusals(targets) {
      const rows = await read
        .selectFrom('refusal')
        .selectAll()
        .where('target', 'in', ['', ...targets])
        .orderBy('last_at', 'desc')
        .execute()
      return rows.map((row) => ({
        target: row.target,
        reason: row.reason as RefusalReason,
        detail: row.detail,
        count: row.count,
        firstAt: row.first_at,
        lastAt: row.last_at,
      }))
    },
    async verifiedSince() {
      const rows = await read.selectFrom('verified').selectAll().execute()
      return new Map(rows.map(({ instance, at }) => [instance as InstanceId, at]))
    },
    async listUnrouted() {
      const rows = await read.selectFrom('unrouted').selectAll().orderBy('last_at', 'desc').execute()
      return rows.map(toUnrouted)
    },
    async unroutedEvents(group, after, limit) {
      const { rows } = await sql<{ event: number; delivery: number }>`
        select u.event_id as event, e.delivery_id as delivery from unrouted_event u
        join event e on e.id = u.event_id
        where u.unrouted_id = ${group} and u.event_id > ${after} and e.delivery_id is not null
        order by u.event_id limit ${limit}`.execute(read)
      return rows
    },
  }
}

export function registryWrites(engine: Engine, now: () => number): Writes {
  return {
    saveEntry: (kind, entry, options) =>
      engine.write(async (db) => {
        await moveOn(db)
        const saved = await save(db, kind, entry, options.revision, now())
        if (saved.type !== 'saved') return saved
        if (options.creation !== undefined)
          await db.deleteFrom('registry_creation').where('key', '=', options.creation).execute()
        return saved
      }),
    removeEntry: (kind, id) =>
      engine.write(async (db) => {
        await moveOn(db)
        const { numUpdatedRows } = await db
          .updateTable('registry_entry')
          .set({ settings: '', box: '', claim: null, removed_at: now(), updated_at: now() })
          .where('kind', '=', kind)
          .where('folded', '=', id.toLowerCase())
          .where('removed_at', 'is', null)
          .executeTakeFirst()
        if (numUpdatedRows === 0n) return undefined
        if (kind === 'server') return { refused: 0 }
        await db.deleteFrom('verified').where('instance', '=', id).execute()
        await db.deleteFrom('refusal').where('target', '=', id).execute()
        // Nothing waits for it any more.
        await db
          .updateTable('instance_state')
          .set({ hold_reason: null, hold_until: null, connection: null })
          .where('instance', '=', id)
          .execute()
        return { refused: await refuse(engine, db, id, REMOVED, now()) }
      }),
    reseal: (kind, id, from, to) =>
      engine.write(async (db) => {
        await moveOn(db)
        const { numUpdatedRows } = await db
          .updateTable('registry_entry')
          .set({ box: to })
          .where('kind', '=', kind)
          .where('id', '=', id)
          .where('box', '=', from)
          .executeTakeFirst()
        return numUpdatedRows > 0n
      }),

    beginCreation: ({ key, server, instance, name, before, holder }) =>
      engine.write(async (db) => {
        await sql`insert into registry_creation (key, server, instance, name, before, holder, begun_at)
          values (${key}, ${server}, ${instance}, ${name}, ${JSON.stringify(before)}, ${holder}, ${now()})
          on conflict (key) do nothing`.execute(db)
        const row = await db
          .selectFrom('registry_creation')
          .selectAll()
          .where('key', '=', key)
          .executeTakeFirstOrThrow()
        return {
          key,
          server: row.server,
          instance: row.instance,
          name: row.name,
          before: JSON.parse(row.before) as string[],
          holder: row.holder,
        }
      }),
    takeCreation: (key, from, to) =>
      engine.write(async (db) => {
        const { numUpdatedRows } = await db
          .updateTable('registry_creation')
          .set({ holder: to })
          .where('key', '=', key)
          .where('holder', '=', from)
          .executeTakeFirst()
        return numUpdatedRows > 0n
      }),
    endCreation: (key) =>
      engine.write(async (db) => {
        await db.deleteFrom('registry_creation').where('key', '=', key).execute()
      }),

    noteRefusals: (rows) => engine.write((db) => noteRefusals(db, rows)),
    noteVerified: (instance, at) =>
      engine.write(async (db) => {
        await sql`insert into verified (instance, at) values (${instance}, ${at})
          on conflict (instance) do nothing`.execute(db)
      }),

    handedOver: (group, events, instance) =>
      engine.write(async (db) => {
        const ids = engine.table(
          { id: 'int' },
          events.map((id) => ({ id })),
        )
        await sql`update event set status = 'discarded', note = ${`handed over to the instance ${instance}`}
          where id in (select t.id from ${ids} t) and status = 'unrouted'`.execute(db)
        await sql`delete from unrouted_event where event_id in (select t.id from ${ids} t)`.execute(db)
        const { rows } = await sql`select 1 from unrouted_event where unrouted_id = ${group} limit 1`.execute(
          db,
        )
        if (rows.length === 0) await db.deleteFrom('unrouted').where('id', '=', group).execute()
      }),
    forgetUnrouted: (group) =>
      engine.write(async (db) => {
        await db.deleteFrom('unrouted_event').where('unrouted_id', '=', group).execute()
        await db.deleteFrom('unrouted').where('id', '=', group).execute()
      }),
  }
}

/** Moves the generation on, and waits for whoever else changes anything. */
const moveOn = (db: Db) =>
  sql`insert into meta (key, value) values (${GENERATION}, '1')
    on conflict (key) do update set value = cast(cast(meta.value as bigint) + 1 as text)`.execute(db)

async function save(
  db: Db,
  kind: EntryKind,
  { id, settings, box, claim }: Parameters<RegistryStore['saveEntry']>[1],
  revision: number | undefined,
  now: number,
): Promise<SaveOutcome> {
  const folded = id.toLowerCase()
  const find = () =>
    db
      .selectFrom('registry_entry')
      .selectAll()
      .where('kind', '=', kind)
      .where('folded', '=', folded)
      .executeTakeFirst()
  const before = await find()
  const stands = before?.removed_at === null ? before : undefined
  if (revision === undefined && stands) return { type: 'taken', by: stands.id, what: 'id' }
  if (revision !== undefined && stands?.revision !== revision)
    return { type: 'stale', ...(stands && { entry: toEntry(stands) }) }
  if (claim !== null) {
    const other = await db
      .selectFrom('registry_entry')
      .select('id')
      .where('kind', '=', kind)
      .where('claim', '=', claim)
      .where('folded', '<>', folded)
      .executeTakeFirst()
    if (other) return { type: 'taken', by: other.id, what: 'claim' }
  }
  const createdAt = stands?.created_at ?? now
  const next = (before?.revision ?? 0) + 1
  await sql`insert into registry_entry
      (kind, folded, id, revision, settings, box, claim, created_at, updated_at, removed_at)
    values (${kind}, ${folded}, ${id}, ${next}, ${settings}, ${box}, ${claim}, ${createdAt}, ${now}, null)
    on conflict (kind, folded) do update set id = excluded.id, revision = excluded.revision,
      settings = excluded.settings, box = excluded.box, claim = excluded.claim,
      created_at = excluded.created_at, updated_at = excluded.updated_at, removed_at = null`.execute(db)
  return { type: 'saved', entry: { id, revision: next, settings, box, createdAt, updatedAt: now } }
}

/** Queued sends of a number that is gone. What is under way ends as it ends. */
async function refuse(
  engine: Engine,
  db: Db,
  instance: string,
  reason: string,
  now: number,
): Promise<number> {
  const { rows } = await sql<{ chat: number }>`select distinct chat_id as chat from command
    where instance = ${instance} and state = 'queued' order by chat_id`.execute(db)
  if (rows.length === 0) return 0
  await engine.lock(
    db,
    'outbox',
    rows.map(({ chat }) => chat),
  )
  const { numAffectedRows } =
    await sql`update command set state = 'refused', reason = ${reason}, settled_at = ${now}
    where instance = ${instance} and state = 'queued'`.execute(db)
  return Number(numAffectedRows ?? 0)
}

async function noteRefusals(db: Db, rows: readonly RefusalRow[]): Promise<void> {
  const sorted = [...rows].sort((a, b) =>
    a.target === b.target ? (a.reason < b.reason ? -1 : 1) : a.target < b.target ? -1 : 1,
  )
  for (const { target, reason, detail, count, firstAt, lastAt } of sorted) {
    await sql`insert into refusal (target, reason, detail, count, first_at, last_at)
      values (${target}, ${reason}, ${detail}, ${count}, ${firstAt}, ${lastAt})
      on conflict (target, reason) do update set detail = excluded.detail,
        count = refusal.count + excluded.count, last_at = excluded.last_at`.execute(db)
  }
}

/** Groups what no instance is known for by what it names, together with the events themselves. */
export async function noteUnrouted(
  db: Db,
  batch: readonly Arrival[],
  fresh: readonly { arrival: number; id: number }[],
  now: number,
): Promise<void> {
  const groups = Map.groupBy(
    fresh.filter(({ arrival }) => batch[arrival]?.unrouted !== undefined),
    ({ arrival }) => batch[arrival]!.unrouted!.key,
  )
  for (const [key, events] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { instance, unrouted } = batch[events[0]!.arrival]!
    const { gateway, baseUrl, names, tokenSeen } = unrouted!
    const { rows } = await sql<{ id: number }>`
      insert into unrouted (key, target, gateway, base_url, names, token_seen, count, first_at, last_at)
      values (${key}, ${instance}, ${gateway}, ${baseUrl}, ${JSON.stringify(names)}, ${tokenSeen ? 1 : 0},
        ${events.length}, ${now}, ${now})
      on conflict (key) do update set count = unrouted.count + excluded.count, last_at = excluded.last_at,
        names = excluded.names returning id`.execute(db)
    for (const { id } of events)
      await sql`insert into unrouted_event (event_id, unrouted_id) values (${id}, ${rows[0]!.id})`.execute(db)
  }
}

const toEntry = (row: Tables['registry_entry']): StoredEntry => ({
  id: row.id,
  revision: row.revision,
  settings: row.settings,
  box: row.box,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

const toUnrouted = (row: {
  id: number
  key: string
  target: string
  gateway: string
  base_url: string
  names: string
  token_seen: number
  count: number
  first_at: number
  last_at: number
}): UnroutedRow => ({
  id: row.id,
  key: row.key,
  target: row.target,
  gateway: row.gateway,
  baseUrl: row.base_url,
  names: JSON.parse(row.names) as string[],
  tokenSeen: row.token_seen === 1,
  count: row.count,
  firstAt: row.first_at,
  lastAt: row.last_at,
})
