import { statSync } from 'node:fs'
import { HubError } from '../../core/errors.ts'
import type { Clock } from '../../core/ports.ts'
import type { Cell } from '../dialect.ts'
import { migrate, migrations } from '../migrate.ts'
import { holdRestored } from '../settle.ts'
import { COPIED } from '../sqlite/backup.ts'
import { Connection } from '../sqlite/driver.ts'
import { bootMarker, SqliteEngine, sqliteTypes } from '../sqlite/engine.ts'
import { inspectSqlite, type SqliteInspection } from '../sqlite/inspect.ts'
import { MOVED } from './marks.ts'
import { Checksum, type Column, canonical, comparable, type Key, sizeOf, type Table } from './rows.ts'

/** Most rows of a batch, and the bytes after which it ends earlier: a body alone may have 16 MiB. */
const BATCH_ROWS = 2000
const BATCH_BYTES = 2 * 1024 * 1024
/** Rows between two reports while checksums are made. */
const REPORT_ROWS = 5000

/** Tables that each database makes for itself. */
const OWN_TABLES = ['meta', 'migration']

/** The installation in a SQLite file, held so that nobody else can use it. */
export class Source {
  readonly path: string
  /** Its own identity, which references given to gateways begin with. */
  readonly installation: string
  /** Raised by every hub that runs on it: another one means that its rows are others. */
  readonly boot: string
  /** A copy older than the file a hub last ran on: what it believes to be unsent may long be out. */
  readonly restored: boolean
  /** Its mark, if it was moved already. */
  readonly moved: string | undefined
  readonly #engine: SqliteEngine
  readonly #reader: Connection

  private constructor(path: string, engine: SqliteEngine, meta: ReadonlyMap<string, string>) {
    this.path = path
    this.#engine = engine
    this.#reader = new Connection(path, { readOnly: true })
    this.installation = meta.get('installation') ?? ''
    this.boot = meta.get('boot') ?? ''
    this.moved = meta.get(MOVED)
    this.restored = meta.has(COPIED) || Number(this.boot) < bootMarker(path).last
  }

  /**
   * Takes the file and brings it up to date. Call {@link checkSource} before.
   * @throws HubError E_STORE_LOCKED, E_STORE_OPEN, E_STORE_NEWER
   */
  static async open(path: string, clock: Clock): Promise<Source> {
    const engine = new SqliteEngine({ path, clock })
    try {
      await migrate(engine, sqliteTypes, clock.now())
      const rows = await engine.read.selectFrom('meta').selectAll().execute()
      const source = new Source(path, engine, new Map(rows.map(({ key, value }) => [key, value])))
      if (source.installation === '') {
        await source.close()
        throw nothingIn(path)
      }
      return source
    } catch (error) {
      await engine.close()
      throw error
    }
  }

  /** Every table but those each database makes for itself, by name. */
  tables(): Table[] {
    return tablesOf(this.#reader)
  }

  count(table: Table): number {
    return countOf(this.#reader, table)
  }

  /** The next rows by key, in columns' order, as the target is to have them. */
  batch(table: Table, after: Key | undefined): Cell[][] {
    const rows: Cell[][] = []
    let bytes = 0
    for (const row of this.#rows(table, after)) {
      bytes += sizeOf(row)
      if (rows.push(row) >= BATCH_ROWS || bytes >= BATCH_BYTES) break
    }
    return rows
  }

  /** @param report hears how many rows were read since it was last called */
  async checksum(table: Table, report: (rows: number) => void): Promise<Checksum> {
    const checksum = new Checksum()
    for (const row of this.#rows(table, undefined)) {
      checksum.add(row.map((cell) => comparable(canonical(cell))))
      if (checksum.rows % REPORT_ROWS !== 0) continue
      report(REPORT_ROWS)
      await new Promise((next) => setImmediate(next))
    }
    if (checksum.rows % REPORT_ROWS > 0) report(checksum.rows % REPORT_ROWS)
    return checksum
  }

  *#rows({ name, columns, key }: Table, after: Key | undefined): Generator<Cell[]> {
    const keys = key.map(quoted).join(', ')
    const past = after ? `where (${keys}) > (${key.map(() => '?').join(', ')})` : ''
    const list = columns.map((column) => quoted(column.name)).join(', ')
    const statement = this.#reader.prepare(`select ${list} from ${quoted(name)} ${past} order by ${keys}`)
    for (const row of statement.iterate(after ?? []))
      yield columns.map((column) => (row as Record<string, Cell>)[column.name]!)
  }

  /** The last number a table gave to a row, which may be gone. */
  lastId(table: string): number {
    const rows = this.#reader.prepare('select seq from sqlite_sequence where name = ?').all([table])
    return (rows[0] as { seq: number } | undefined)?.seq ?? 0
  }

  /** From now on no hub opens this file. */
  async mark(value: string): Promise<void> {
    await this.#engine.write((db) => db.insertInto('meta').values({ key: MOVED, value }).execute())
  }

  /**
   * Hubs may open it again. Its unfinished sends are held: the other side may have sent them.
   * @returns how many
   */
  async reopen(): Promise<number> {
    return this.#engine.write(async (db) => {
      await db.deleteFrom('meta').where('key', '=', MOVED).execute()
      await db
        .updateTable('meta')
        .set({ value: String(Number(this.boot) + 1) })
        .where('key', '=', 'boot')
        .execute()
      return holdRestored(db)
    })
  }

  async close(): Promise<void> {
    this.#reader.close()
    await this.#engine.close()
  }
}

/**
 * Looks at a file that is to be moved, without changing it.
 * @throws HubError E_STORE_OPEN, E_STORE_LOCKED, E_STORE_NEWER
 */
export function checkSource(path: string): void {
  if (inspectInstallation(path).inUse) {
    throw new HubError(
      'E_STORE_LOCKED',
      `A hub or another move uses ${path}. Stop it first: what it wrote meanwhile would be left behind.`,
    )
  }
}

/** What a move has to know of a file before it begins. */
export interface SourceFacts {
  readonly path: string
  readonly installation: string
  /** Its mark, if it was moved already. */
  readonly moved: string | undefined
}

/**
 * Looks into the file of an installation and changes nothing; a hub may run on it.
 * @throws HubError E_STORE_OPEN, E_STORE_NEWER
 */
export function lookInto(path: string): SourceFacts & { tables: readonly string[] } {
  inspectInstallation(path)
  const reader = new Connection(path, { readOnly: true })
  try {
    const rows = reader
      .prepare("select key, value from meta where key in ('installation', ?)")
      .all([MOVED]) as { key: string; value: string }[]
    const value = (key: string) => rows.find((row) => row.key === key)?.value
    const installation = value('installation')
    if (installation === undefined) throw nothingIn(path)
    return { path, installation, moved: value(MOVED), tables: tablesOf(reader).map(({ name }) => name) }
  } finally {
    reader.close()
  }
}

/** How many rows each table of a file has that {@link lookInto} took for an installation. */
export function rowsIn(path: string): ReadonlyMap<string, number> {
  const reader = new Connection(path, { readOnly: true })
  try {
    return new Map(tablesOf(reader).map((table) => [table.name, countOf(reader, table)]))
  } finally {
    reader.close()
  }
}

function inspectInstallation(path: string): SqliteInspection {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new HubError(
      'E_STORE_OPEN',
      `${path} is a folder. Name the file of the installation in it, as in sqlite:./data/pombo.db.`,
    )
  }
  const inspection = inspectSqlite(path)
  const { exists, missing, strangers } = inspection
  if (!exists) {
    throw new HubError(
      'E_STORE_OPEN',
      `There is no database ${path}. Name the file of the installation that is to be moved, as in sqlite:./data/pombo.db.`,
    )
  }
  if (missing.length === migrations.length) throw nothingIn(path)
  if (strangers.length > 0) {
    throw new HubError(
      'E_STORE_NEWER',
      `${path} has been used by a newer Pombo (it knows ${strangers.join(', ')}). Move it with that version.`,
    )
  }
  return inspection
}

const nothingIn = (path: string): HubError =>
  new HubError(
    'E_STORE_OPEN',
    `${path} holds no installation of Pombo. Name the file of the one that is to be moved; a new one needs no move: name the PostgreSQL database in the configuration and start the hub.`,
  )

function countOf(reader: Connection, { name }: Table): number {
  const [row] = reader.prepare(`select count(*) as rows from ${quoted(name)}`).all([])
  return (row as { rows: number }).rows
}

function tablesOf(reader: Connection): Table[] {
  const rows = reader
    .prepare(
      `select m.name as "table", c.name as name, lower(c.type) as type, c.pk as pk
       from sqlite_master m join pragma_table_info(m.name) c
       where m.type = 'table' and m.name not like 'sqlite_%' order by m.name, c.cid`,
    )
    .all([]) as { table: string; name: string; type: string; pk: number }[]
  return [...Map.groupBy(rows, (row) => row.table)]
    .filter(([name]) => !OWN_TABLES.includes(name))
    .map(([name, columns]) => ({
      name,
      columns: columns.map((column) => ({ name: column.name, kind: kindOf(column.type) })),
      key: columns
        .filter(({ pk }) => pk > 0)
        .sort((a, b) => a.pk - b.pk)
        .map((column) => column.name),
    }))
}

function kindOf(type: string): Column['kind'] {
  if (type === 'blob') return 'bytes'
  return type === 'text' ? 'text' : 'int'
}

const quoted = (name: string): string => `"${name}"`
