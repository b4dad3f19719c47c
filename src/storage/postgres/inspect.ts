import { sql } from 'kysely'
import type { Clock, Logger } from '../../core/ports.ts'
import { migrations } from '../migrate.ts'
import { DatabaseClock } from './clock.ts'
import { PostgresEngine } from './engine.ts'
import { cannotOpen } from './failures.ts'
import { placeOf } from './place.ts'
import { factsOf, type ServerFacts } from './server.ts'

/** A database as it stands, looked at without changing it, also while nodes work on it. */
export interface PostgresInspection extends ServerFacts {
  /** Without user and password. */
  place: string
  synchronousCommit: string
  /** A connection pooler stands in between. */
  pooled: boolean
  /** How far this machine's clock is ahead of the database's (ms). */
  aheadMs: number
  /** This user may make tables. */
  mayCreate: boolean
  bytes: number
  connections: { used: number; most: number }
  /** Migrations this program would still apply, and those it does not know. */
  missing: string[]
  strangers: string[]
}

/** @throws HubError E_STORE_OPEN with what to do about it */
export async function inspectPostgres(
  url: string,
  { clock, log }: { clock: Clock; log: Logger },
): Promise<PostgresInspection> {
  const engine = new PostgresEngine({ url, size: 2, clock, log })
  try {
    const facts = await factsOf(engine)
    const { rows } = await sql<{
      synchronousCommit: string
      mayCreate: boolean
      bytes: number
      used: number
      most: number
      migrated: boolean
    }>`select current_setting('synchronous_commit') as "synchronousCommit",
      coalesce(has_schema_privilege(current_schema(), 'create'), false) as "mayCreate",
      pg_database_size(current_database()) as bytes,
      (select count(*) from pg_stat_activity where backend_type = 'client backend') as used,
      current_setting('max_connections')::int as most,
      to_regclass('migration') is not null as migrated`.execute(engine.read)
    const { synchronousCommit, mayCreate, bytes, used, most, migrated } = rows[0]!
    const present = migrated
      ? (await sql<{ name: string }>`select name from migration`.execute(engine.read)).rows.map(
          (row) => row.name,
        )
      : []
    const known = migrations.map(({ name }) => name)
    const aheadMs = await engine.setClock(new DatabaseClock(clock))
    return {
      place: placeOf(url),
      ...facts,
      synchronousCommit,
      pooled: engine.connections.pooled,
      aheadMs,
      mayCreate,
      bytes,
      connections: { used, most },
      missing: known.filter((name) => !present.includes(name)),
      strangers: present.filter((name) => !known.includes(name)),
    }
  } catch (error) {
    throw cannotOpen(error, placeOf(url))
  } finally {
    await engine.close()
  }
}

/** Reads of a database that others work on. */
export function openPostgresReader(parts: { url: string; clock: Clock; log: Logger }) {
  const engine = new PostgresEngine({ ...parts, size: 1 })
  return { read: engine.read, close: () => engine.close() }
}
