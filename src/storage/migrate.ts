import { sql } from 'kysely'
import { HubError } from '../core/errors.ts'
import type { Db, Engine } from './dialect.ts'
import type { Migration, SchemaTypes } from './migration.ts'
import { spine } from './migrations/0001_spine.ts'
import { doubtMergesMedia } from './migrations/0002_doubt_merges_media.ts'
import { manyNodes } from './migrations/0003_many_nodes.ts'
import { access } from './migrations/0004_access.ts'
import { instances } from './migrations/0005_instances.ts'
import { watch } from './migrations/0006_watch.ts'
import { traffic } from './migrations/0007_traffic.ts'
import { verified } from './migrations/0008_verified.ts'

/** In order, forward only. A released migration is never changed. */
export const migrations: readonly Migration[] = [
  spine,
  doubtMergesMedia,
  manyNodes,
  access,
  instances,
  watch,
  traffic,
  verified,
]

export interface MigrationReport {
  applied: string[]
  present: string[]
}

/**
 * Brings the schema up to date, each migration in a transaction of its own. Nodes that start at once take turns.
 * @throws HubError E_STORE_NEWER when the database knows migrations this program does not.
 */
export async function migrate(engine: Engine, types: SchemaTypes, now: number): Promise<MigrationReport> {
  await engine.write(async (db) => {
    await engine.beginMigration(db)
    await sql`create table if not exists meta (key text primary key, value text not null)`.execute(db)
    await sql`create table if not exists migration (name text primary key, applied_at ${types.int} not null)`.execute(
      db,
    )
  })
  const present = await appliedMigrations(engine.read)
  const known = new Set(migrations.map((m) => m.name))
  const strangers = present.filter((name) => !known.has(name))
  if (strangers.length > 0) {
    throw new HubError(
      'E_STORE_NEWER',
      `The database has been used by a newer Pombo (it knows ${strangers.join(', ')}). Run that version again, or restore a backup made before the upgrade.`,
    )
  }
  const applied: string[] = []
  for (const migration of migrations) {
    if (present.includes(migration.name)) continue
    const ours = await engine.write(async (db) => {
      await engine.beginMigration(db)
      // Another node may have been quicker.
      if ((await appliedMigrations(db)).includes(migration.name)) return false
      await sql`insert into migration (name, applied_at) values (${migration.name}, ${now})`.execute(db)
      for (const statement of migration.statements(types)) await statement.execute(db)
      return true
    })
    if (ours) applied.push(migration.name)
  }
  return { applied, present }
}

async function appliedMigrations(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select name from migration order by name`.execute(db)
  return rows.map((row) => row.name)
}
