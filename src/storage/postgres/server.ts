import { sql } from 'kysely'
import { HubError } from '../../core/errors.ts'
import type { Logger } from '../../core/ports.ts'
import type { PostgresEngine } from './engine.ts'

const OLDEST = 140_000

/** What a server says of itself. */
export interface ServerFacts {
  /** As in `180004`. */
  version: number
  /** A standby takes no writes. */
  standby: boolean
  encoding: string
  fsync: boolean
  /**
   * Which line of commits this is: another one after a restore, or when a standby took over. Commits of the
   * hub may be missing in it.
   */
  history: string
}

/** @throws HubError E_STORE_OPEN when the hub cannot work on such a server */
export async function checkServer(engine: PostgresEngine, log: Logger): Promise<ServerFacts> {
  const facts = await factsOf(engine)
  if (facts.version < OLDEST) {
    throw new HubError(
      'E_STORE_OPEN',
      `The server is PostgreSQL ${Math.floor(facts.version / 10_000)}; Pombo needs 14 or newer. Upgrade the server, or name another one.`,
    )
  }
  if (facts.standby) {
    throw new HubError(
      'E_STORE_OPEN',
      'The server is a read-only standby. Name the primary in the database URL.',
    )
  }
  if (facts.encoding !== 'UTF8') {
    throw new HubError(
      'E_STORE_OPEN',
      `The database is encoded in ${facts.encoding}; people write in all alphabets. Create it anew: createdb --encoding=UTF8 --template=template0 NAME.`,
    )
  }
  if (!facts.fsync) {
    log.error(
      {},
      'the server runs with fsync = off: a power cut loses what was acknowledged, or the whole database. Set fsync = on',
    )
  }
  return facts
}

async function factsOf(engine: PostgresEngine): Promise<ServerFacts> {
  const { rows } = await sql<
    Omit<ServerFacts, 'history'> & { database: string; cluster: string | null }
  >`select
    current_setting('server_version_num')::int as version, pg_is_in_recovery() as standby,
    pg_encoding_to_char((select encoding from pg_database where datname = current_database())) as encoding,
    current_setting('fsync')::boolean as fsync,
    (select oid::text from pg_database where datname = current_database()) as database,
    case when has_function_privilege('pg_control_system()', 'execute')
      then (select system_identifier::text from pg_control_system()) end as cluster`.execute(engine.read)
  const { database, cluster, ...facts } = rows[0]!
  return { ...facts, history: [cluster ?? '', database, await timeline(engine, facts)].join('/') }
}

/** The timeline of what is written now; a checkpoint would tell the last one's. Some hosts do not let one ask. */
async function timeline(engine: PostgresEngine, { standby }: { standby: boolean }): Promise<string> {
  if (standby) return ''
  try {
    const { rows } = await sql<{ timeline: string }>`
      select substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) as timeline`.execute(engine.read)
    return rows[0]?.timeline ?? ''
  } catch {
    return ''
  }
}
