import type { Kysely, RawBuilder } from 'kysely'
import type { Tables } from './tables.ts'

export type Db = Kysely<Tables>

export type Cell = string | number | null | Uint8Array

/** Columns of a table expression; the first one is the key where rows are locked by it. */
export type Columns = Record<string, 'int' | 'text'>
export type RowsOf<R extends Columns> = { [K in keyof R]: (R[K] extends 'int' ? number : string) | null }
/** Tables whose rows are locked by their number. */
export type LockableTable = 'lane' | 'outbox' | 'chat' | 'event'

/**
 * Everything that really differs between engines. The store is written once above this.
 *
 * Where several writers meet, row locks are taken in one order everywhere: dedupe keys sorted, lanes by id,
 * outboxes by chat, chats, then the rest. What breaks that order waits for nobody (`skip locked`). Turns lock their
 * chats before they wake outboxes, and may settle an echo's outbox after that: whoever holds an outbox and
 * not its lane waits for no chat, as claims of sends leave out those that are locked.
 */
export interface Engine {
  readonly name: 'sqlite' | 'postgres'
  /** Reads what is committed; never waits for a writer. */
  readonly read: Db
  /**
   * Runs `work` in a transaction. Resolves after the commit returned. SQLite: calls that wait together share a
   * commit; one that throws takes back only its own work. Postgres: `work` may run again from its start if
   * another transaction came between, so it must change nothing but `db`.
   */
  write<T>(work: (db: Db) => Promise<T>): Promise<T>
  /** The store's own clock (ms) as an SQL expression: leases are compared and set with it. */
  readonly now: RawBuilder<number>
  /** {@link now}, the same throughout a statement: what indexed columns are compared with. */
  readonly nowOnce: RawBuilder<number>
  /** Rows as a table expression in SQL, sent as a handful of parameters whatever their number. No bytes. */
  table<R extends Columns>(
    columns: R,
    rows: readonly RowsOf<R>[],
  ): RawBuilder<{ [K in keyof R]: R[K] extends 'int' ? number : string }>
  /**
   * {@link table} of the rows whose first column names a row that exists, by its number or a lane by its `key`;
   * these are locked, in the order of their numbers. What an update of many rows joins with.
   */
  locked<R extends Columns>(
    table: LockableTable,
    columns: R,
    rows: readonly RowsOf<R>[],
  ): RawBuilder<{ [K in keyof R]: R[K] extends 'int' ? number : string }>
  /** Locks rows in the order of their keys. What is read in the statements that follow is as it stands then. */
  lock(db: Db, table: LockableTable, keys: readonly number[]): Promise<void>
  /** True for one transaction of all nodes at a time: what need not be done twice. */
  isAlone(db: Db, what: string): Promise<boolean>
  /** Waits until no other process changes the schema; what follows in the transaction may take its time. */
  beginMigration(db: Db): Promise<void>
  /** Inserts many rows. */
  insert<T extends keyof Tables & string>(
    db: Db,
    table: T,
    columns: readonly string[],
    rows: readonly Cell[][],
  ): Promise<void>
  /**
   * Inserts rows whose unique key is free; says of each whether it went in. Rows come sorted by their key, whose
   * columns are named.
   */
  insertNew<T extends keyof Tables & string>(
    db: Db,
    table: T,
    columns: readonly string[],
    rows: readonly Cell[][],
    key: readonly string[],
  ): Promise<boolean[]>
  /** `count` fresh ids of a table, rising. */
  reserveIds(db: Db, table: 'event' | 'delivery' | 'lane' | 'contact', count: number): Promise<number[]>
  /**
   * `wanted w` joined with rows `x` of a table: for each `w` the first `limit` of those that `rows`, a condition and
   * an order, finds.
   */
  first(
    wanted: RawBuilder<unknown>,
    of: { table: 'event' | 'outbox'; key: 'id' | 'chat_id'; rows: RawBuilder<unknown>; limit: number },
  ): RawBuilder<unknown>
  /** Added to a select: its rows are locked. */
  readonly forUpdate: RawBuilder<unknown>
  /** {@link forUpdate}; rows others hold are left out. */
  readonly skipLocked: RawBuilder<unknown>
  /** Added to a select: who wants these rows {@link forUpdate} waits for this transaction; plain updates do not. */
  readonly forKeyShare: RawBuilder<unknown>
  /** Added to a select: nobody changes these rows before this transaction ends; rows somebody is changing are left out. */
  readonly shareSkipLocked: RawBuilder<unknown>
  /** To be thrown by work that finds under its locks that what it read before is not so any more: it runs again. */
  lostRace(): Error
  /** True when an error means that the store itself cannot work now, rather than that it refuses the data. */
  isUnavailable(error: unknown): boolean
  close(): Promise<void>
}
