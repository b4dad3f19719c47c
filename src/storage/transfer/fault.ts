import { sql } from 'kysely'
import type { DatabaseConfig } from '../../core/config.ts'
import type { Clock, Logger } from '../../core/ports.ts'
import { PostgresEngine } from '../postgres/engine.ts'
import { placeOf } from '../postgres/place.ts'
import { Connection } from '../sqlite/driver.ts'
import { halfMovedFault, MOVED, type MoveFault, movedFault, TRANSFER } from './marks.ts'

/**
 * What the start of a hub would say of a move that was made out of a database or into it. Changes nothing, and the
 * database must be one that can be read.
 * @returns undefined when there was none, or when it is over
 */
export async function moveFault(
  database: DatabaseConfig,
  parts: { clock: Clock; log: Logger },
): Promise<MoveFault | undefined> {
  return database.engine === 'sqlite'
    ? movedFault(database.path, markOfFile(database.path))
    : halfMovedFault(placeOf(database.url), await markOfServer(database.url, parts))
}

function markOfFile(path: string): string | undefined {
  const reader = new Connection(path, { readOnly: true })
  try {
    if (reader.prepare("select 1 from sqlite_master where name = 'meta'").all([]).length === 0)
      return undefined
    const rows = reader.prepare('select value from meta where key = ?').all([MOVED])
    return (rows[0] as { value: string } | undefined)?.value
  } finally {
    reader.close()
  }
}

async function markOfServer(url: string, parts: { clock: Clock; log: Logger }): Promise<string | undefined> {
  const engine = new PostgresEngine({ url, size: 2, ...parts })
  try {
    const { rows: tables } = await sql<{ is: boolean }>`select to_regclass('meta') is not null as is`.execute(
      engine.read,
    )
    if (!tables[0]?.is) return undefined
    const { rows } = await sql<{ value: string }>`select value from meta where key = ${TRANSFER}`.execute(
      engine.read,
    )
    return rows[0]?.value
  } finally {
    await engine.close()
  }
}
