import type { Kysely, RawBuilder } from 'kysely'
import type { Tables } from './tables.ts'

export type Db = Kysely<Tables>

export type Cell = string | number | null | Uint8Array

/**
 * Everything that really differs between engines. The store is written once above this.
 */
export interface Engine {
  readonly name: 'sqlite' | 'postgres'
  /** Reads what is committed; never waits for a writer. */
  readonly read: Db
  /**
   * Runs `work` in a transaction that takes the write lock first. Resolves after the commit returned.
   * Calls that wait together may share a commit; one that throws takes back only its own work.
   */
  write<T>(work: (db: Db) => Promise<T>): Promise<T>
  /** The store's own clock (ms) as an SQL expression: leases are compared and set with it. */
  readonly now: RawBuilder<number>
  /** Rows as a table expression in SQL, sent as one parameter whatever their number. No bytes. */
  table<R extends Record<string, 'int' | 'text'>>(
    columns: R,
    rows: readonly { [K in keyof R]: (R[K] extends 'int' ? number : string) | null }[],
  ): RawBuilder<{ [K in keyof R]: R[K] extends 'int' ? number : string }>
  /** Inserts many rows. */
  insert<T extends keyof Tables & string>(
    db: Db,
    table: T,
    columns: readonly string[],
    rows: readonly Cell[][],
  ): Promise<void>
  /** Inserts rows whose unique key is free; says of each whether it went in. Rows come sorted by their key. */
  insertNew<T extends keyof Tables & string>(
    db: Db,
    table: T,
    columns: readonly string[],
    rows: readonly Cell[][],
  ): Promise<boolean[]>
  /** `count` fresh ids of a table, the first of a run. */
  reserveIds(db: Db, table: 'event' | 'delivery' | 'lane' | 'contact', count: number): Promise<number>
  /** Added to a select that must lock rows others may hold. */
  readonly skipLocked: RawBuilder<unknown>
  /** True when an error means that the store itself cannot work now, rather than that it refuses the data. */
  isUnavailable(error: unknown): boolean
  close(): Promise<void>
}
