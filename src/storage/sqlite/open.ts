import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Clock, Logger } from '../../core/ports.ts'
import type { Store } from '../../core/store.ts'
import { alone } from '../alone.ts'
import type { Db } from '../dialect.ts'
import { type MigrationReport, migrate } from '../migrate.ts'
import { holdRestored } from '../settle.ts'
import { createStore } from '../store.ts'
import { MOVED, refuseMoved } from '../transfer/marks.ts'
import { COPIED } from './backup.ts'
import { bootMarker, SqliteEngine, sqliteTypes } from './engine.ts'

export interface SqliteOptions {
  path: string
  clock: Clock
  log: Logger
  /** How long dedupe keys are kept (ms). */
  dedupeMs: number
  /** How long an unknown send holds its chat (ms). Default 60 s. */
  unknownHoldMs?: number
  onCommit?: (seconds: number, pieces: number) => void
  onFatal?: (error: Error) => void
}

/**
 * Opens the store in a SQLite file, made and migrated as needed.
 * @throws HubError E_STORE_LOCKED, E_STORE_OPEN, E_STORE_NEWER
 */
export async function openSqliteStore(options: SqliteOptions): Promise<Store> {
  const engine = new SqliteEngine(options)
  try {
    const report = await migrate(engine, sqliteTypes, options.clock.now())
    if (report.applied.length > 0) options.log.info({ migrations: report.applied }, 'database migrated')
    const boot = bootMarker(options.path)
    const meta = await openInstallation(engine, options.path, boot.last)
    if (meta.held !== undefined) {
      options.log.error(
        { held: meta.held },
        'this database is an older copy than the one last used here: its unfinished sends are held for a person',
      )
    }
    boot.write(meta.boot)
    return createStore(engine, {
      async mark() {
        // The database first: a note that is ahead of it would make the next start believe in an old copy.
        meta.boot += 1
        await engine.write((db) => writeMeta(db, 'boot', String(meta.boot)))
        boot.write(meta.boot)
      },
      clock: options.clock,
      // One process per file: whoever held anything before is gone.
      abandoned: { leases: async () => sql<boolean>`holder is not null`, looks: true },
      cluster: alone(() => options.clock.now()),
      installation: meta.installation,
      dedupeMs: options.dedupeMs,
      unknownHoldMs: options.unknownHoldMs ?? 60_000,
    })
  } catch (error) {
    await engine.close()
    throw error
  }
}

/** Migrates and closes again. */
export async function migrateSqlite(options: SqliteOptions): Promise<MigrationReport> {
  const engine = new SqliteEngine(options)
  try {
    return await migrate(engine, sqliteTypes, options.clock.now())
  } finally {
    await engine.close()
  }
}

/** Raises the boot counter past the one noted beside the file, and tells a restored copy from the real one. */
function openInstallation(engine: SqliteEngine, path: string, noted: number) {
  return engine.write(async (db) => {
    const rows = await db
      .selectFrom('meta')
      .selectAll()
      .where('key', 'in', ['installation', 'boot', MOVED, COPIED])
      .execute()
    const value = (key: string) => rows.find((row) => row.key === key)?.value
    refuseMoved(path, value(MOVED))
    const last = Number(value('boot') ?? 0)
    const boot = Math.max(last, noted) + 1
    const installation = value('installation') ?? randomUUID().slice(0, 8)
    for (const [key, text] of [
      ['installation', installation],
      ['boot', String(boot)],
    ] as const) {
      await writeMeta(db, key, text)
    }
    const copied = value(COPIED) !== undefined
    if (copied) await db.deleteFrom('meta').where('key', '=', COPIED).execute()
    // A fresh file beside an old note is a new installation, not a restored one.
    const restored = copied || (rows.length > 0 && last < noted)
    // Together with the new counter: a copy is recognised only once.
    return { installation, boot, held: restored ? await holdRestored(db) : undefined }
  })
}

const writeMeta = (db: Db, key: string, value: string) =>
  db
    .insertInto('meta')
    .values({ key, value })
    .onConflict((oc) => oc.column('key').doUpdateSet({ value }))
    .execute()
