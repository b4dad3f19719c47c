import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { HubError } from '../../core/errors.ts'
import { migrations } from '../migrate.ts'
import { Connection } from './driver.ts'
import { openReader } from './engine.ts'
import { isInUse } from './in-use.ts'

/** A database file as it lies there, looked at without changing it. Sizes in bytes. */
export interface SqliteInspection {
  exists: boolean
  /** The file and its folder, or the folder it would be made in. */
  writable: boolean
  /** A running hub has it. */
  inUse: boolean
  bytes: number
  /** Of the log of commits beside it. */
  walBytes: number
  freeBytes: number
  /** Migrations this program would still apply, and those it does not know. */
  missing: string[]
  strangers: string[]
}

/** @throws HubError E_STORE_OPEN when the file is no database that can be read */
export function inspectSqlite(path: string): SqliteInspection {
  const exists = existsSync(path)
  const folder = nearestFolder(path)
  const { bavail, bsize } = statfsSync(folder)
  const present = exists ? readMigrations(path) : []
  const known = migrations.map(({ name }) => name)
  return {
    exists,
    writable: isWritable(folder) && (!exists || isWritable(path)),
    inUse: isInUse(path),
    bytes: sizeOf(path),
    walBytes: sizeOf(`${path}-wal`),
    freeBytes: bavail * bsize,
    missing: known.filter((name) => !present.includes(name)),
    strangers: present.filter((name) => !known.includes(name)),
  }
}

function nearestFolder(path: string): string {
  const folder = dirname(path)
  return existsSync(folder) ? folder : nearestFolder(folder)
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0

function readMigrations(path: string): string[] {
  let connection: Connection | undefined
  try {
    connection = new Connection(path, { readOnly: true })
    const tables = connection.prepare("select name from sqlite_master where name = 'migration'").all([])
    if (tables.length === 0) return []
    const rows = connection.prepare('select name from migration').all([]) as { name: string }[]
    return rows.map(({ name }) => name)
  } catch (cause) {
    throw new HubError(
      'E_STORE_OPEN',
      `The database ${path} cannot be read: ${(cause as Error).message}. Check that it is a Pombo database and that this user may read it.`,
      { cause },
    )
  } finally {
    connection?.close()
  }
}

/** Reads of a file that a hub may work on. */
export function openSqliteReader(path: string) {
  const read = openReader(path)
  return { read, close: () => read.destroy() }
}
