import { type Selectable, sql } from 'kysely'
import type { EventId, InstanceId, ReplayId } from '../core/ids.ts'
import type { MonitorStore, ReplayFilter, ReplayRow, ReplayState } from '../core/monitor.ts'
import type { EventStatus } from '../core/store.ts'
import type { Db, Engine } from './dialect.ts'
import { matchingEvents, spanOf } from './event-filter.ts'
import { retryEvent } from './operate.ts'
import { before, toPage } from './pages.ts'
import { toEvent } from './reads.ts'
import type { Tables } from './tables.ts'

/** Replays of many events: noted as one row, carried out in small transactions that each also note how far it is. */

/** What can run again: what has ended. */
const ENDED: readonly EventStatus[] = ['done', 'skipped', 'dead', 'discarded']

/** Ids between which events of a filter lie. */
async function boundsOf(db: Db, filter: ReplayFilter): Promise<{ above: number; upTo: number }> {
  const { rows } = await sql<{ high: number | null }>`select max(id) as high from event`.execute(db)
  return { above: 0, upTo: rows[0]?.high ?? 0, ...(await spanOf(db, filter)) }
}

function matching({ ids, instance, kind, status, chat }: ReplayFilter) {
  const ended = (status ?? ENDED).filter((one) => ENDED.includes(one))
  return sql<boolean>`${matchingEvents({ instance, kind, status: ended, chat })}
    and lane_id is not null and kind <> 'timer'
    and ${ids === undefined ? sql`true` : sql`id in (${sql.join(ids)})`}`
}

/** The part of the port that reads. */
export const replayReads = (
  read: Db,
): Pick<MonitorStore, 'matchReplay' | 'getReplay' | 'listReplays' | 'replayRuns'> => ({
  async matchReplay(filter, { limit, count }) {
    const { above, upTo } = await boundsOf(read, filter)
    const within = sql`from event where id > ${above} and id <= ${upTo} and ${matching(filter)}`
    const { rows: counted } = await sql<{ n: number }>`
      select count(*) as n from (select 1 as one ${within} limit ${count}) found`.execute(read)
    const { rows } = await sql<Selectable<Tables['event']>>`
      select * ${within} order by id limit ${limit}`.execute(read)
    return { matched: Number(counted[0]?.n ?? 0), events: rows.map(toEvent) }
  },
  async replayRuns() {
    const { rows } = await sql`select 1 from replay where state = 'running' limit 1`.execute(read)
    return rows.length > 0
  },
  async getReplay(id) {
    const row = await read.selectFrom('replay').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toReplay(row)
  },
  async listReplays(page) {
    const rows = await read
      .selectFrom('replay')
      .selectAll()
      .where(before('id', page))
      .orderBy('id', 'desc')
      .limit(page.limit + 1)
      .execute()
    return toPage(rows, page.limit, (row) => row.id, toReplay)
  },
})

/** The part of the port that writes. */
export const replayWrites = (
  engine: Engine,
  now: () => number,
): Pick<MonitorStore, 'beginReplay' | 'advanceReplay' | 'cancelReplay'> => ({
  beginReplay: (filter, limit) =>
    engine.write(async (db) => {
      const { above, upTo } = await boundsOf(db, filter)
      // The last of them is known from the start: what a replay makes is an event, too, and never one of its own.
      const { rows } = await sql<{
        n: number
        last: number | null
      }>`select count(*) as n, max(id) as last from (
        select id from event where id > ${above} and id <= ${upTo} and ${matching(filter)}
        order by id limit ${limit}) found`.execute(db)
      const matched = Number(rows[0]?.n ?? 0)
      const row = await db
        .insertInto('replay')
        .values({
          state: matched === 0 ? 'done' : 'running',
          filter: JSON.stringify(filter),
          matched,
          place: above,
          until: rows[0]?.last ?? above,
          created_at: now(),
          ended_at: matched === 0 ? now() : null,
        })
        .returningAll()
        .executeTakeFirstOrThrow()
      return toReplay(row)
    }),

  advanceReplay: (batch) =>
    engine.write(async (db) => {
      if (!(await engine.isAlone(db, 'replay'))) return undefined
      const { rows: running } = await sql<Selectable<Tables['replay']>>`select * from replay
        where state = 'running' order by id limit 1 ${engine.forUpdate}`.execute(db)
      const replay = running[0]
      if (!replay) return undefined
      const filter = JSON.parse(replay.filter) as ReplayFilter
      const { rows: events } = await sql<{ id: EventId; instance: InstanceId }>`select id, instance from event
        where id > ${replay.place} and id <= ${replay.until} and ${matching(filter)}
        order by id limit ${batch}`.execute(db)
      let queued = 0
      for (const { id } of events) {
        if ((await retryEvent(engine, db, id, true, now())) !== undefined) queued += 1
      }
      const over = events.length < batch
      const left = replay.matched - replay.queued - replay.skipped
      const row = await db
        .updateTable('replay')
        .set({
          place: events.at(-1)?.id ?? replay.until,
          queued: replay.queued + queued,
          // What matched at the beginning and does so no more was run again or removed by somebody else.
          skipped: replay.skipped + (over ? left - queued : events.length - queued),
          ...(over && { state: 'done', ended_at: now() }),
        })
        .where('id', '=', replay.id)
        .returningAll()
        .executeTakeFirstOrThrow()
      return { replay: toReplay(row), instances: [...new Set(events.map(({ instance }) => instance))] }
    }),

  cancelReplay: (id) =>
    engine.write(async (db) => {
      await db
        .updateTable('replay')
        .set({ state: 'cancelled', ended_at: now() })
        .where('id', '=', id)
        .where('state', '=', 'running')
        .execute()
      const row = await db.selectFrom('replay').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toReplay(row)
    }),
})

const toReplay = (row: Selectable<Tables['replay']>): ReplayRow => ({
  id: row.id as ReplayId,
  state: row.state as ReplayState,
  matched: row.matched,
  queued: row.queued,
  skipped: row.skipped,
  createdAt: row.created_at,
  ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
})
