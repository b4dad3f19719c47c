import { type Selectable, sql } from 'kysely'
import type { InstanceId } from '../core/ids.ts'
import {
  type ConnectionChangeRow,
  type ConnectionNow,
  type ConnectionReport,
  connectionAfter,
  type DueLook,
  type LookEnd,
  type ReportSource,
  type WatchState,
  type WatchStore,
} from '../core/watch.ts'
import type { Db, Engine } from './dialect.ts'
import { holdInstance } from './instances.ts'
import { before, toPage } from './pages.ts'
import type { Tables } from './tables.ts'

/** What is kept of {@link WatchStore}: how numbers are connected, and when their gateways are asked. */

/** Beyond the next look (ms): a number known to be offline is not tried meanwhile. */
const LOOK_MARGIN_MS = 60_000
/** A history longer than this is cut at its old end. */
const MAX_CHANGES = 10_000

/** Sends of a number in these states only wait; others are tried, and tell by themselves how it is. */
const HELD: Partial<Record<WatchState, string>> = {
  disconnected: 'the number is disconnected',
  'logged-out': 'the number is logged-out',
  unreachable: 'the gateway of this number does not answer',
}

/**
 * Takes a report on a number's connection: its history, and whether it may send. Reports of one number take turns.
 * @param holdUntil when a send is tried all the same (ms), in case that it is back and nobody told
 * @returns whether the state changed
 */
export async function reportConnection(
  db: Db,
  instance: string,
  { at: toldAt, ...told }: ConnectionReport,
  { holdUntil, now }: { holdUntil: number; now: number },
): Promise<boolean> {
  // Whoever has this row has the number's history.
  await sql`insert into instance_state (instance) values (${instance})
    on conflict (instance) do update set instance = excluded.instance`.execute(db)
  const last = await db
    .selectFrom('connection_change')
    .select(['id', 'state', 'at'])
    .where('instance', '=', instance)
    .where('until', 'is', null)
    .executeTakeFirst()
  const current = last && { state: last.state as WatchState, at: last.at }
  // What is told is told now. So is everything, where the clock was set back behind the history.
  const isNow = told.source === 'event' || now < (current?.at ?? 0)
  const report = { ...told, at: isNow ? Math.max(toldAt, current?.at ?? 0) : toldAt }
  const state = connectionAfter(current, report)
  if (state !== undefined) {
    await db
      .updateTable('connection_change')
      .set({ until: report.at })
      .where('instance', '=', instance)
      .where('until', 'is', null)
      .execute()
    await db
      .insertInto('connection_change')
      .values({
        instance,
        state,
        at: report.at,
        until: null,
        reason: report.reason ?? null,
        source: report.source,
      })
      .execute()
    await db
      .updateTable('instance_state')
      .set({ connection: state })
      .where('instance', '=', instance)
      .execute()
  }
  const stands = state ?? current?.state
  // A gateway that says "connected" by itself means this moment; what is merely found unchanged frees nothing, as a
  // send may have learnt better since.
  if (stands === 'connected' && (state !== undefined || report.source === 'event')) {
    await holdInstance(db, instance, undefined)
  }
  const reason = stands === undefined ? undefined : HELD[stands]
  if (reason !== undefined) await holdInstance(db, instance, { reason, until: holdUntil })
  return state !== undefined
}

/** See {@link WatchStore.claimLooks}. */
async function claimLooks(
  engine: Engine,
  db: Db,
  { numbers, limit, leaseMs }: Parameters<WatchStore['claimLooks']>[0],
  now: number,
): Promise<DueLook[]> {
  if (numbers.length === 0) return []
  const wanted = engine.table(
    { name: 'text', at: 'int' },
    numbers
      .map(({ instance, firstAt }) => ({ name: instance as string, at: firstAt }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  )
  await sql`insert into look (name, due_at) select w.name, w.at from ${wanted} w
    where not exists (select 1 from look l where l.name = w.name) on conflict do nothing`.execute(db)
  const { rows } = await sql<Pick<Tables['look'], 'name' | 'due_at' | 'failures'>>`
    select name, due_at, failures from look where due_at <= ${now} and name in (select w.name from ${wanted} w)
    order by due_at limit ${limit} ${engine.skipLocked}`.execute(db)
  if (rows.length === 0) return []
  const taken = engine.table(
    { name: 'text' },
    rows.map(({ name }) => ({ name })),
  )
  await sql`update look set due_at = ${now + leaseMs} where name in (select w.name from ${taken} w)`.execute(
    db,
  )
  return rows.map((row) => ({
    instance: row.name as InstanceId,
    dueAt: row.due_at,
    failures: row.failures,
  }))
}

/** See {@link WatchStore.recordLook}. */
async function recordLook(db: Db, end: LookEnd, now: number): Promise<boolean> {
  const { instance, askedAt, report, failures, nextAt, blindSince } = end
  await db
    .updateTable('look')
    .set({ due_at: nextAt, asked_at: askedAt, failures })
    .where('name', '=', instance)
    .execute()
  let changed = false
  if (blindSince !== undefined) {
    const reason = 'the hub was not running'
    const blind = { state: 'unknown', at: blindSince, source: 'poll', reason } as const
    changed = await reportConnection(db, instance, blind, { holdUntil: 0, now })
  }
  if (!report) return changed
  const told = { ...report, at: askedAt, source: 'poll' } as const
  return (await reportConnection(db, instance, told, { holdUntil: nextAt + LOOK_MARGIN_MS, now })) || changed
}

/** True once in `everyMs`, for one node of all. */
export async function claimTurn(
  engine: Engine,
  db: Db,
  name: string,
  everyMs: number,
  now: number,
): Promise<boolean> {
  await sql`insert into look (name, due_at) select ${name}, ${now}
    where not exists (select 1 from look where name = ${name}) on conflict do nothing`.execute(db)
  const { rows } = await sql<{ name: string }>`select name from look where name = ${name} and due_at <= ${now}
    ${engine.skipLocked}`.execute(db)
  if (rows.length === 0) return false
  await db
    .updateTable('look')
    .set({ due_at: now + everyMs })
    .where('name', '=', name)
    .execute()
  return true
}

/** The part that writes. */
export const watchWrites = (
  engine: Engine,
  now: () => number,
): Pick<WatchStore, 'claimLooks' | 'recordLook'> => ({
  claimLooks: (request) => engine.write((db) => claimLooks(engine, db, request, now())),
  recordLook: (end) => engine.write((db) => recordLook(db, end, now())),
})

type Reads = Pick<
  WatchStore,
  'nextLook' | 'lookedAt' | 'connections' | 'listConnectionChanges' | 'connectionChangesSince'
>
/** The part that reads. */
export const watchReads = (read: Db, table: Engine['table']): Reads => ({
  async nextLook(instances) {
    if (instances.length === 0) return undefined
    const wanted = table(
      { name: 'text' },
      instances.map((name) => ({ name })),
    )
    const { rows } = await sql<{ due: number | null; known: number }>`
      select min(due_at) as due, count(*) as known from look where name in (select w.name from ${wanted} w)`.execute(
      read,
    )
    // One that nobody has looked at yet is due at once.
    return Number(rows[0]?.known) < instances.length ? 0 : (rows[0]?.due ?? undefined)
  },
  async lookedAt(instance) {
    const row = await read
      .selectFrom('look')
      .select('asked_at')
      .where('name', '=', instance)
      .executeTakeFirst()
    return row?.asked_at ?? undefined
  },
  async connections() {
    const rows = await read.selectFrom('connection_change').selectAll().where('until', 'is', null).execute()
    return rows.map((row): ConnectionNow => ({ instance: row.instance as InstanceId, ...toChange(row) }))
  },
  async listConnectionChanges(instance, page) {
    const rows = await read
      .selectFrom('connection_change')
      .selectAll()
      .where('instance', '=', instance)
      .where(before('id', page))
      .orderBy('id', 'desc')
      .limit(page.limit + 1)
      .execute()
    return toPage(rows, page.limit, (row) => row.id, toChange)
  },
  async connectionChangesSince(instance, from) {
    const rows = await read
      .selectFrom('connection_change')
      .selectAll()
      .where('instance', '=', instance)
      .where((where) => where.or([where('until', 'is', null), where('until', '>', from)]))
      .orderBy('id', 'desc')
      .limit(MAX_CHANGES)
      .execute()
    return rows.reverse().map(toChange)
  },
})

const toChange = (row: Selectable<Tables['connection_change']>): ConnectionChangeRow => ({
  state: row.state as WatchState,
  at: row.at,
  source: row.source as ReportSource,
  ...(row.until === null ? {} : { until: row.until }),
  ...(row.reason === null ? {} : { reason: row.reason }),
})
