import { type RawBuilder, sql } from 'kysely'
import type { RetentionConfig } from '../core/config.ts'
import type { Db, Engine } from './dialect.ts'
import { outdatedTraffic } from './traffic.ts'

/** Rows a single transaction removes: small, so that nothing waits long behind it. */
const BATCH = 500

/** How numbers were connected, and alerts that are over, are kept this long (ms). */
const HISTORY_MS = 90 * 86_400_000
/** Three weeks are compared, and the day under way. */
const SILENCE_MS = 22 * 86_400_000

/**
 * Removes what retention no longer keeps, oldest first. What still waits for somebody (pending events
 * and their steps, dead events, held commands) stays however old it is.
 * @returns how many rows went
 */
export async function prune(
  engine: Engine,
  limits: Omit<RetentionConfig, 'auditMs'>,
  now: number,
): Promise<number> {
  const deliveries = await lastBefore(engine.read, 'delivery', 'id', 'received_at', now - limits.deliveriesMs)
  const events = await lastBefore(engine.read, 'event', 'id', 'accepted_at', now - limits.eventsMs)
  const commands = await lastBefore(engine.read, 'command', 'seq', 'created_at', now - limits.commandsMs)
  // Found as they stood when the statement began, and gone by how they stand: one that somebody has at this moment,
  // a command that is being sent again, say, is left for the next time.
  const found = (table: string, key: string, rows: RawBuilder<unknown>) => sql`
    with old as materialized (select ${sql.raw(key)} from ${sql.raw(table)} where ${rows}
      limit ${BATCH} ${engine.skipLocked})`
  const remove = (table: string, key: string, rows: RawBuilder<unknown>) => sql`${found(table, key, rows)}
    delete from ${sql.raw(table)} where (${sql.raw(key)}) in (select ${sql.raw(key)} from old)`
  const batches = [
    remove('delivery', 'id', sql`id <= ${deliveries} order by id`),
    remove('dedupe', 'key', sql`expires_at < ${now}`),
    remove('early_receipt', 'instance, message_id', sql`expires_at < ${now}`),
    remove(
      'step',
      'event_id, generation, name',
      sql`event_id <= ${events}
        and not exists (select 1 from event e where e.id = step.event_id and e.status in ('pending', 'parked'))`,
    ),
    remove(
      'event',
      'id',
      sql`id <= ${events} and status in ('done', 'skipped', 'discarded', 'unrouted') order by id`,
    ),
    remove('traffic', 'step, instance, at', outdatedTraffic(now)),
    remove('replay', 'id', sql`state <> 'running' and ended_at < ${now - limits.eventsMs}`),
    // Nobody sends these again.
    sql`${found('command', 'seq', sql`bytes is not null and state in ('sent', 'discarded')`)}
      update command set bytes = null where seq in (select seq from old)`,
    remove(
      'command',
      'seq',
      sql`seq <= ${commands} and state in ('sent', 'rejected', 'refused', 'discarded') order by seq`,
    ),
    remove(
      'unrouted_event',
      'event_id',
      sql`event_id <= ${events} and not exists (select 1 from event e where e.id = unrouted_event.event_id)`,
    ),
    remove(
      'unrouted',
      'id',
      sql`last_at < ${now - limits.eventsMs}
        and not exists (select 1 from unrouted_event u where u.unrouted_id = unrouted.id)`,
    ),
    remove('connection_change', 'id', sql`until < ${now - HISTORY_MS}`),
    remove(
      'alert_news',
      'id',
      sql`exists (select 1 from alert a where a.id = alert_news.alert_id and a.resolved_at < ${now - HISTORY_MS})`,
    ),
    remove('alert', 'id', sql`resolved_at < ${now - HISTORY_MS}`),
    remove('silence', 'hour, instance', sql`hour < ${Math.floor((now - SILENCE_MS) / 3_600_000)}`),
    remove('refusal', 'target, reason', sql`last_at < ${now - limits.eventsMs}`),
  ]
  let removed = 0
  for (const batch of batches) {
    for (let count = BATCH; count >= BATCH; removed += count) {
      count = await engine.write(async (db) => {
        if (!(await engine.isAlone(db, 'retention'))) return 0
        return Number((await batch.execute(db)).numAffectedRows ?? 0)
      })
    }
  }
  return removed
}

/**
 * The last id whose row is older than that. Ids grow with time, so a search by halves finds it with a few
 * look-ups: an index on time would cost every insert.
 */
export async function lastBefore(
  db: Db,
  table: 'delivery' | 'event' | 'command',
  id: 'id' | 'seq',
  time: 'received_at' | 'accepted_at' | 'created_at',
  before: number,
): Promise<number> {
  const at = async (from: number) => {
    const { rows } = await sql<{ id: number; time: number }>`
      select ${sql.ref(id)} as id, ${sql.ref(time)} as time from ${sql.table(table)}
      where ${sql.ref(id)} >= ${from} order by ${sql.ref(id)} limit 1`.execute(db)
    return rows[0]
  }
  const { rows } = await sql<{ low: number | null; high: number | null }>`
    select min(${sql.ref(id)}) as low, max(${sql.ref(id)}) as high from ${sql.table(table)}`.execute(db)
  let low = (rows[0]?.low ?? 1) - 1
  let high = rows[0]?.high ?? 0
  // Everything up to `low` is old; nothing after `high` is.
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    const row = await at(middle)
    if (row && row.time < before) low = row.id
    else high = middle - 1
  }
  return low
}
