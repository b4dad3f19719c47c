import { sql } from 'kysely'
import { HubError } from '../../core/errors.ts'
import type { PostgresEngine } from './engine.ts'

/** Oldest server the hub works on, as it numbers itself. */
export const OLDEST_SERVER = 140_000
/** A machine whose clock is off by this much has trouble beyond ours: signatures, certificates, logs (ms). */
export const SKEW_TOLD_MS = 5_000

/** What a server says of itself. */
export interface ServerFacts {
  /** As in `180004`. */
  version: number
  /** A standby takes no writes. */
  standby: boolean
  encoding: string
  fsync: boolean
}

/** @throws HubError E_STORE_OPEN when the hub cannot work on such a server */
export async function checkServer(engine: PostgresEngine): Promise<void> {
  const facts = await factsOf(engine)
  if (facts.version < OLDEST_SERVER) {
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
}

export async function factsOf(engine: PostgresEngine): Promise<ServerFacts> {
  const { rows } = await sql<ServerFacts>`select current_setting('server_version_num')::int as version,
    pg_is_in_recovery() as standby, current_setting('fsync')::boolean as fsync,
    (select pg_encoding_to_char(encoding) from pg_database where datname = current_database()) as encoding`.execute(
    engine.read,
  )
  return rows[0]!
}
