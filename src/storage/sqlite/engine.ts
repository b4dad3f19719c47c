import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Kysely, type RawBuilder, SqliteDialect, sql } from 'kysely'
import { HubError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports.ts'
import type { Cell, Columns, Db, Engine, LockableTable, RowsOf } from '../dialect.ts'
import type { SchemaTypes } from '../migration.ts'
import type { Tables } from '../tables.ts'
import { Connection } from './driver.ts'

export const sqliteTypes: SchemaTypes = {
  id: sql.raw('integer primary key autoincrement'),
  int: sql.raw('integer'),
  bytes: sql.raw('blob'),
  clustered: sql.raw('without rowid'),
  hot: sql.raw(''),
}

const IOERR_FSYNC = 1034
const NOTHING = sql.raw('')

interface Job {
  work: (db: Db) => Promise<unknown>
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}

/**
 * SQLite as an engine: one process per file, one writer, readers on a snapshot of their own.
 *
 * Group commit: all work that waits when the writer comes round shares one transaction and one fsync,
 * each piece behind a savepoint. Because every statement is synchronous, a whole group runs without
 * letting anything else in between; nobody sees it half done. Only after a piece has failed is a turn of the
 * event loop waited for.
 */
export class SqliteEngine implements Engine {
  readonly name = 'sqlite'
  readonly read: Db
  readonly forUpdate = NOTHING
  readonly skipLocked = NOTHING
  readonly forKeyShare = NOTHING
  readonly shareSkipLocked = NOTHING
  readonly #lock: Connection | undefined
  readonly #writer: Connection
  readonly #db: Db
  readonly #onCommit: (seconds: number, pieces: number) => void
  readonly #onFatal: (error: Error) => void
  readonly #clock: Clock
  #queue: Job[] = []
  #flushing: Promise<void> | undefined
  #failed: unknown
  /** A piece has failed, and parts of it may not know yet. */
  #refusing = false

  /**
   * @throws HubError E_STORE_LOCKED when another process has the file, E_STORE_OPEN when it cannot be opened
   */
  constructor(options: {
    path: string
    clock: Clock
    /** Another process may have the file: its lock is neither taken nor asked for. The file must exist. */
    beside?: boolean
    onCommit?: (seconds: number, pieces: number) => void
    /** A failed fsync: what the disk holds is no longer known, so the process must end and recover. */
    onFatal?: (error: Error) => void
  }) {
    const { path, clock } = options
    this.#clock = clock
    this.#onCommit = options.onCommit ?? (() => {})
    this.#onFatal = options.onFatal ?? (() => {})
    this.#lock = options.beside ? undefined : acquireLock(path)
    try {
      this.#writer = new Connection(path, { readOnly: false })
      this.#writer.exec(
        // fullfsync matters on macOS only, where fsync alone does not reach the disk. Small checkpoints: a large
        // one stops every acknowledgement behind it for tens of milliseconds.
        `pragma journal_mode = wal; pragma synchronous = full; pragma fullfsync = on;
         pragma foreign_keys = off; pragma cache_size = -16384; pragma temp_store = memory;
         pragma wal_autocheckpoint = 500; pragma mmap_size = 0`,
      )
      this.#db = kyselyOver({ prepare: (text) => this.#prepare(text), close: () => this.#writer.close() })
      this.read = openReader(path)
    } catch (cause) {
      this.#lock?.close()
      throw cannotOpen(path, cause)
    }
  }

  get now() {
    return sql<number>`${this.#clock.now()}`
  }
  get nowOnce() {
    return this.now
  }

  write<T>(work: (db: Db) => Promise<T>): Promise<T> {
    if (this.#failed) return Promise.reject(this.#failed)
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, resolve: resolve as (value: unknown) => void, reject })
      // One turn of the event loop, so that requests which arrived together commit together.
      this.#flushing ??= new Promise<void>((done) => setImmediate(() => void this.#flush().finally(done)))
    })
  }

  async #flush(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#queue
      this.#queue = []
      await this.#commit(group)
      if (this.#queue.length > 0) await new Promise((next) => setImmediate(next))
    }
    this.#flushing = undefined
  }

  async #commit(group: Job[]): Promise<void> {
    const started = this.#clock.monotonic()
    const settled: (() => void)[] = []
    try {
      this.#writer.exec('begin immediate')
      await this.#db.connection().execute(async (db) => {
        for (const job of group) {
          if (group.length > 1) this.#writer.exec('savepoint piece')
          try {
            const value = await job.work(db)
            settled.push(() => job.resolve(value))
          } catch (error) {
            const others = await this.#takeBack(group.length > 1 ? 'rollback to piece' : 'rollback')
            if (group.length === 1 || !others) throw error
            settled.push(() => job.reject(error))
          }
          if (group.length > 1) this.#writer.exec('release piece')
        }
      })
      this.#writer.exec('commit')
    } catch (error) {
      this.#rollback()
      if ((error as { errcode?: number }).errcode === IOERR_FSYNC) {
        this.#failed = error
        this.#onFatal(error as Error)
      }
      for (const job of group) job.reject(error)
      return
    }
    this.#onCommit((this.#clock.monotonic() - started) / 1000, group.length)
    for (const settle of settled) settle()
  }

  /**
   * Parts of the piece that do not know yet that another part has failed go on: what they ask for now would be
   * written outside of a transaction or with the next piece, so it is refused until they all know.
   * @returns false when SQLite has already taken everything back (disk full, I/O error)
   */
  async #takeBack(rollback: string): Promise<boolean> {
    this.#refusing = true
    try {
      this.#writer.exec(rollback)
      return true
    } catch {
      return false
    } finally {
      // Statements end at once: whoever was told of one has gone on by then.
      await nextTurn()
      this.#refusing = false
    }
  }

  #prepare(text: string): ReturnType<Connection['prepare']> {
    // SQLite itself takes everything back when the disk is full: what comes then would be written outside of it.
    if (this.#refusing || !this.#writer.inTransaction)
      throw new Error('another part of this transaction has failed')
    return this.#writer.prepare(text)
  }

  #rollback(): void {
    try {
      this.#writer.exec('rollback')
    } catch {
      // SQLite already took it back (disk full, I/O error).
    }
  }

  readonly table = jsonTable

  /** There is one writer: whoever writes has all locks. */
  locked<R extends Columns>(_: LockableTable, columns: R, rows: readonly RowsOf<R>[]): RawBuilder<never> {
    return jsonTable(columns, rows)
  }
  async lock(): Promise<void> {}
  async beginMigration(): Promise<void> {}
  async isAlone(): Promise<boolean> {
    return true
  }
  lostRace(): Error {
    return new Error('nobody else writes, yet something has changed')
  }

  first(
    wanted: RawBuilder<unknown>,
    { table, key, limit, rows }: Parameters<Engine['first']>[1],
  ): RawBuilder<unknown> {
    return sql`${wanted} w join ${sql.table(table)} x on x.${sql.ref(key)} in (
      select x.${sql.ref(key)} from ${sql.table(table)} x where ${rows} limit ${limit})`
  }

  async insert(_db: Db, table: string, columns: readonly string[], rows: readonly Cell[][]): Promise<void> {
    const statement = this.#prepare(insertText('insert', table, columns))
    for (const row of rows) statement.run(row)
  }

  async insertNew(
    _db: Db,
    table: string,
    columns: readonly string[],
    rows: readonly Cell[][],
  ): Promise<boolean[]> {
    const statement = this.#prepare(insertText('insert or ignore', table, columns))
    return rows.map((row) => Number(statement.run(row).changes) === 1)
  }

  async reserveIds(_db: Db, table: string, count: number): Promise<number[]> {
    if (count === 0) return []
    const [row] = this.#prepare('select seq from sqlite_sequence where name = ?').all([table]) as {
      seq: number
    }[]
    const last = row?.seq ?? 0
    // Written back at once, so that a later reservation in the same transaction does not overlap.
    if (row) this.#prepare('update sqlite_sequence set seq = ? where name = ?').run([last + count, table])
    else this.#prepare('insert into sqlite_sequence (name, seq) values (?, ?)').run([table, count])
    return Array.from({ length: count }, (_, i) => last + 1 + i)
  }

  isUnavailable(error: unknown): boolean {
    const code = (error as { errcode?: number }).errcode
    if (code === undefined) return false
    // BUSY 5, LOCKED 6, NOMEM 7, READONLY 8, IOERR 10, CORRUPT 11, FULL 13, CANTOPEN 14, PROTOCOL 15, NOTADB 26
    return [5, 6, 7, 8, 10, 11, 13, 14, 15, 26].includes(code & 0xff)
  }

  async close(): Promise<void> {
    this.#failed ??= new HubError('E_STORE_UNAVAILABLE', 'The store is closed.')
    await this.#flushing
    await this.read.destroy()
    await this.#db.destroy()
    this.#lock?.close()
  }
}

/** See {@link Engine.table}: one parameter, whatever the number of rows. */
export function jsonTable<R extends Columns>(columns: R, rows: readonly RowsOf<R>[]): RawBuilder<never> {
  const names = Object.keys(columns)
  const json = JSON.stringify(rows.map((row) => names.map((name) => (row as Record<string, Cell>)[name])))
  const list = names.map((name, i) => `json_extract(value, '$[${i}]') as "${name}"`).join(', ')
  return sql<never>`(select ${sql.raw(list)} from json_each(${json}))`
}

/** A read-only connection: sees what is committed, waits for nobody. The database must exist. */
export function openReader(path: string): Db {
  const reader = new Connection(path, { readOnly: true })
  reader.exec('pragma cache_size = -8192; pragma temp_store = memory')
  return kyselyOver(reader)
}

function kyselyOver(connection: Pick<Connection, 'prepare' | 'close'>): Db {
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: connection as never }) })
}

function insertText(verb: string, table: string, columns: readonly string[]): string {
  return `${verb} into ${table} (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`
}

/**
 * A lock that ends with the process, however it ends: an exclusive transaction on a file of its own.
 * The database itself stays open to readers (backup, reports). Its folder is made where it is missing.
 */
function acquireLock(path: string): Connection {
  let lock: Connection | undefined
  try {
    mkdirSync(dirname(path), { recursive: true })
    lock = new Connection(`${path}.lock`, { readOnly: false })
    lock.exec('pragma busy_timeout = 200; pragma journal_mode = delete; begin exclusive')
    return lock
  } catch (cause) {
    lock?.close()
    if ((cause as { errcode?: number }).errcode !== BUSY) throw cannotOpen(path, cause)
    throw new HubError(
      'E_STORE_LOCKED',
      `Another process uses the database ${path}. Stop that process first, or give this one a database of its own.`,
      { cause },
    )
  }
}
const BUSY = 5

const cannotOpen = (path: string, cause: unknown): HubError =>
  new HubError(
    'E_STORE_OPEN',
    `The database ${path} cannot be opened: ${(cause as Error).message}. Check that it is a Pombo database and that this user may write to its folder.`,
    { cause },
  )

/**
 * Tells an old copy that was put back from the file the hub last ran on: a counter in the database is
 * raised at every start and noted in a file beside it. A database behind its note is a restored copy.
 */
export function bootMarker(path: string): { last: number; write(boot: number): void } {
  const file = `${path}.boot`
  const last = existsSync(file) ? Number.parseInt(readFileSync(file, 'utf8'), 10) || 0 : 0
  return {
    last,
    write(boot) {
      writeFileSync(`${file}.new`, `${boot}\n`)
      renameSync(`${file}.new`, file)
    },
  }
}
