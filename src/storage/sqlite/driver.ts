import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'

const CACHED_STATEMENTS = 512

/**
 * One SQLite connection with its statements kept compiled. Fits Kysely's `SqliteDatabase`.
 * Synchronous: a call returns when SQLite has done the work, `commit` included.
 */
export class Connection {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, CachedStatement>()

  constructor(path: string, options: { readOnly: boolean }) {
    this.#db = new DatabaseSync(path, { readOnly: options.readOnly, timeout: 5000 })
  }

  prepare(text: string): CachedStatement {
    let statement = this.#statements.get(text)
    if (!statement) {
      statement = new CachedStatement(this.#db.prepare(text))
      if (this.#statements.size >= CACHED_STATEMENTS) {
        const oldest = this.#statements.keys().next().value
        if (oldest !== undefined) this.#statements.delete(oldest)
      }
      this.#statements.set(text, statement)
    }
    return statement
  }

  get inTransaction(): boolean {
    return this.#db.isTransaction
  }

  /** Runs statements that take no parameters and give no rows. */
  exec(text: string): void {
    this.#db.exec(text)
  }

  close(): void {
    this.#statements.clear()
    if (this.#db.isOpen) this.#db.close()
  }
}

class CachedStatement {
  readonly #statement: StatementSync
  /** True when the statement gives rows. */
  readonly reader: boolean

  constructor(statement: StatementSync) {
    this.#statement = statement
    this.reader = statement.columns().length > 0
  }
  all(parameters: readonly unknown[]): unknown[] {
    return this.#statement.all(...(parameters as SQLInputValue[]))
  }
  run(parameters: readonly unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint } {
    return this.#statement.run(...(parameters as SQLInputValue[]))
  }
  iterate(parameters: readonly unknown[]): IterableIterator<unknown> {
    return this.#statement.iterate(...(parameters as SQLInputValue[]))
  }
}
