import { sql } from 'kysely'
import * as z from 'zod'
import { HubError } from '../../core/errors.ts'
import type { Clock, Logger } from '../../core/ports.ts'
import type { Cell, Db } from '../dialect.ts'
import { migrate } from '../migrate.ts'
import { PostgresEngine, postgresTypes } from '../postgres/engine.ts'
import { placeOf } from '../postgres/place.ts'
import { checkServer } from '../postgres/server.ts'
import { endLeases, holdRestored } from '../settle.ts'
import { TRANSFER } from './marks.ts'
import { Checksum, type Comparable, hex, type Key, LONG, sizeOf, type Table } from './rows.ts'

/** Rows compared per statement: also with bodies of 16 MiB, which the server hashes, far from its time limit. */
const PAGE = 500
/**
 * Rows are sent as one array per column; one with more than this goes alone, its bytes as they are (bytes). As text in
 * an array 16 MiB took three seconds.
 */
const LARGE = 64 * 1024

/** How far a move has come, kept in the target with the rows it speaks of. */
const record = z.object({
  /** What is being moved: an installation, as its last hub left it, in this schema. */
  installation: z.string(),
  boot: z.string(),
  schema: z.string(),
  /** The table under way, and the key of its last row here; no table: all are here. */
  table: z.string().optional(),
  after: z.array(z.union([z.number(), z.string(), z.object({ hex: z.string() })])).optional(),
  /** Rows here, of all tables. */
  rows: z.number(),
  /** Everything is here and was compared: from now on the source may be marked. */
  compared: z.boolean(),
})
export type Progress = z.infer<typeof record>

/** What a target holds before a move. */
export type TargetState =
  | { type: 'empty' }
  /** A move into it began. `text`: how that stands in the database. */
  | { type: 'begun'; progress: Progress; text: string }
  | { type: 'installed'; installation: string }
  /** It has no installation, yet rows. */
  | { type: 'rows'; table: string }
  /** Another program has a table where the hub needs one. */
  | { type: 'foreign'; table: string }

/** Longest page of a comparison (ms): bodies may be large, and nobody else works there. */
const COMPARE_MS = 60_000

/** The PostgreSQL database an installation is moved into. */
export class Target {
  /** Without user and password. */
  readonly place: string
  readonly #engine: PostgresEngine
  readonly #clock: Clock
  /** As written in the database: whoever finds another one there is not alone. */
  #written = ''

  constructor(options: { url: string; clock: Clock; log: Logger }) {
    this.place = placeOf(options.url)
    this.#engine = new PostgresEngine({ ...options, size: 2, readMs: COMPARE_MS })
    this.#clock = options.clock
  }

  /** @throws HubError E_STORE_OPEN when a hub could not work there */
  async check(): Promise<void> {
    await checkServer(this.#engine)
    const { rows } = await sql<{
      schema: string | null
      mayCreate: boolean
    }>`select current_schema() as schema,
      coalesce(has_schema_privilege(current_schema(), 'create'), false) as "mayCreate"`.execute(
      this.#engine.read,
    )
    const { schema = null, mayCreate = false } = rows[0] ?? {}
    if (schema === null) {
      throw new HubError(
        'E_STORE_OPEN',
        `${this.place} has none of the schemas its search_path names. Create it (create schema NAME), or mend search_path in the URL.`,
      )
    }
    if (!mayCreate) {
      throw new HubError(
        'E_STORE_OPEN',
        `This user may not make tables in ${this.place}. Make it the owner of the database, or run: grant create on schema ${schema} to USER.`,
      )
    }
  }

  /** Makes the tables. @throws HubError E_STORE_NEWER */
  async prepare(): Promise<void> {
    await migrate(this.#engine, postgresTypes, this.#clock.now())
  }

  /** Changes nothing. */
  state(tables: readonly string[]): Promise<TargetState> {
    return this.#stateIn(this.#engine.read, tables)
  }

  async #stateIn(db: Db, tables: readonly string[]): Promise<TargetState> {
    const present = new Set((await this.#columnsIn(db)).keys())
    if (!present.has('migration')) {
      const foreign = ['meta', ...tables].find((name) => present.has(name))
      return foreign === undefined ? { type: 'empty' } : { type: 'foreign', table: foreign }
    }
    const rows = await db
      .selectFrom('meta')
      .selectAll()
      .where('key', 'in', ['installation', TRANSFER])
      .execute()
    const value = (key: string) => rows.find((row) => row.key === key)?.value
    const text = value(TRANSFER)
    if (text !== undefined) return { type: 'begun', progress: record.parse(JSON.parse(text)), text }
    const installation = value('installation')
    if (installation !== undefined) return { type: 'installed', installation }
    for (const table of tables.filter((name) => present.has(name))) {
      const found = await sql`select 1 from ${sql.table(table)} limit 1`.execute(db)
      if (found.rows.length > 0) return { type: 'rows', table }
    }
    return { type: 'empty' }
  }

  /** Names of the columns of each table. */
  columns(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    return this.#columnsIn(this.#engine.read)
  }

  async #columnsIn(db: Db): Promise<Map<string, Set<string>>> {
    const { rows } = await sql<{ table: string; column: string }>`
      select c.relname as table, a.attname as column from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0
        and not a.attisdropped`.execute(db)
    const groups = Map.groupBy(rows, (row) => row.table)
    return new Map([...groups].map(([table, list]) => [table, new Set(list.map((row) => row.column))]))
  }

  /**
   * Begins a move or goes on with it. What lies there of an earlier state of the source goes.
   * @param judge throws for a state into which nothing may be moved; false: begin anew
   */
  async claim(
    tables: readonly Table[],
    fresh: Progress,
    judge: (state: TargetState) => boolean,
  ): Promise<Progress> {
    const text = JSON.stringify(fresh)
    const claimed = await this.#engine.write(async (db) => {
      // Waits for others who begin, and takes away the limit on statements: there may be much to remove.
      await this.#engine.beginMigration(db)
      const state = await this.#stateIn(
        db,
        tables.map(({ name }) => name),
      )
      if (judge(state) && state.type === 'begun') return state
      if (state.type === 'begun') {
        await sql`truncate ${sql.join(tables.map(({ name }) => sql.table(name)))}`.execute(db)
        await sql`delete from meta where key in (${TRANSFER}, 'installation')`.execute(db)
      }
      // The identity first: a hub that starts here now finds it, waits for this commit, and then sees the move.
      await sql`insert into meta (key, value) values ('installation', ${fresh.installation})`.execute(db)
      await sql`insert into meta (key, value) values (${TRANSFER}, ${text})`.execute(db)
      return { progress: fresh, text }
    })
    this.#written = claimed.text
    return claimed.progress
  }

  /** Adds rows and says how far the move has come, together. */
  async add(table: Table, rows: readonly Cell[][], progress: Progress): Promise<void> {
    const columns = table.columns.map(({ name }) => name)
    const { large = [], small = [] } = Object.groupBy(rows, (row) =>
      sizeOf(row) > LARGE ? 'large' : 'small',
    )
    await this.#advance(progress, async (db) => {
      await this.#engine.insert(db, table.name, columns, small)
      const names = sql.join(columns.map((name) => sql.ref(name)))
      for (const row of large)
        await sql`insert into ${sql.table(table.name)} (${names}) values (${sql.join(row)})`.execute(db)
    })
  }

  /** Says how far the move has come. */
  async note(progress: Progress): Promise<void> {
    await this.#advance(progress, async () => {})
  }

  async #advance(progress: Progress, work: (db: Db) => Promise<void>): Promise<void> {
    const value = JSON.stringify(progress)
    await this.#engine.write(async (db) => {
      const { numAffectedRows } = await sql`update meta set value = ${value}
        where key = ${TRANSFER} and value = ${this.#written}`.execute(db)
      if (numAffectedRows !== 1n) {
        throw new HubError(
          'E_CONFLICT',
          `Somebody else moves an installation into ${this.place} at this moment, or has emptied it. Let one of them work, alone, and run it again.`,
        )
      }
      await work(db)
    })
    this.#written = value
  }

  /** @param report hears how many rows were read since it was last called */
  async checksum(table: Table, report: (rows: number) => void): Promise<Checksum> {
    const checksum = new Checksum()
    const list = [
      ...table.columns.map(({ name, kind }, i) => sql`${compared(name, kind)} as ${sql.ref(`c${i}`)}`),
      ...table.key.map((name, i) => sql`${sql.ref(name)} as ${sql.ref(`k${i}`)}`),
    ]
    const keys = sql.join(table.key.map((name) => sql.ref(name)))
    for (let after: Cell[] | undefined; ; ) {
      const past = after ? sql`where (${keys}) > (${sql.join(after)})` : sql``
      const { rows } = await sql<Record<string, Cell>>`
        select ${sql.join(list)} from ${sql.table(table.name)} ${past}
        order by ${keys} limit ${PAGE}`.execute(this.#engine.read)
      for (const row of rows) checksum.add(table.columns.map((_, i) => row[`c${i}`] as Comparable))
      if (rows.length > 0) report(rows.length)
      const last = rows.at(-1)
      if (last === undefined || rows.length < PAGE) return checksum
      after = table.key.map((_, i) => last[`k${i}`]!)
    }
  }

  /**
   * The last step: the database becomes one that a hub may open. Numbers go on after the last one given, leases of
   * the process that ended with the source end here, too.
   * @param restored the source was an old copy: its unfinished sends are held for a person
   */
  async finish(
    tables: readonly Table[],
    lastId: (table: string) => number,
    restored: boolean,
  ): Promise<{ held: number; unknown: number }> {
    return this.#engine.write(async (db) => {
      await this.#engine.beginMigration(db)
      for (const { name } of tables) await this.#countOn(db, name, lastId(name))
      const { unknown } = await endLeases(
        this.#engine,
        db,
        sql<boolean>`holder is not null`,
        this.#clock.now(),
      )
      const held = restored ? await holdRestored(db) : 0
      await db.deleteFrom('meta').where('key', '=', TRANSFER).execute()
      return { held, unknown }
    })
  }

  async #countOn(db: Db, table: string, last: number): Promise<void> {
    const { rows } = await sql<{ column: string; sequence: string }>`
      select a.attname as column, pg_get_serial_sequence(quote_ident(${table}::text), a.attname) as sequence
      from pg_attribute a where a.attrelid = quote_ident(${table}::text)::regclass and a.attidentity <> ''`.execute(
      db,
    )
    for (const { column, sequence } of rows) {
      const next = sql`greatest(${last}::bigint, (select max(${sql.ref(column)}) from ${sql.table(table)}), 0) + 1`
      await sql`select setval(${sequence}::regclass, ${next}, false)`.execute(db)
    }
  }

  async close(): Promise<void> {
    await this.#engine.close()
  }
}

/** What `comparable` makes of a value, in SQL. */
function compared(name: string, kind: Table['columns'][number]['kind']) {
  const column = sql.ref(name)
  if (kind === 'int') return column
  const bytes = kind === 'text' ? sql`convert_to(${column}, 'UTF8')` : column
  const value = kind === 'text' ? column : sql`encode(${column}, 'hex')`
  return sql`case when octet_length(${column}) > ${sql.lit(LONG)}
    then '#' || encode(sha256(${bytes}), 'hex') else ${value} end`
}

/** A key as JSON. */
export const storedKey = (key: Key): NonNullable<Progress['after']> =>
  key.map((cell) => (cell instanceof Uint8Array ? { hex: hex(cell) } : (cell as string | number)))
export const loadedKey = (key: Progress['after']): Key | undefined =>
  key?.map((cell) => (typeof cell === 'object' ? Buffer.from(cell.hex, 'hex') : cell))
