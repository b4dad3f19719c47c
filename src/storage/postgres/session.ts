import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type pg from 'pg'
import { HubError } from '../../core/errors.ts'
import { isAway, unavailable } from './failures.ts'

/** What a transaction that takes as long as it takes begins with. */
export const WITHOUT_LIMIT = 'set local statement_timeout = 0'
/** As long as the driver can wait. */
const NO_LIMIT_MS = 2 ** 31 - 1
/** Statements a connection keeps prepared; texts beyond that are parsed each time. */
const PREPARED = 400
/** "The transaction is aborted": says that something failed before, not what. */
const ABORTED = '25P02'

/** The driver's types leave out that a statement may have a limit of its own. */
type Statement = pg.QueryConfig & { query_timeout?: number }

/** One connection, which is somebody's from `connect` to `release`. Fits Kysely's `PostgresPoolClient`. */
export class Session {
  readonly #client: pg.PoolClient
  /** What a transaction begins with. */
  readonly #begin: string
  /** Name by text of the statements it keeps; none behind a pooler. */
  readonly #prepared: Map<string, string> | undefined
  #broken = false
  #failed = false
  /** What failed first in this transaction. */
  #cause: unknown
  #patient = false

  constructor(client: pg.PoolClient, options: { pooled: boolean; begin: string }) {
    this.#client = client
    this.#begin = options.begin
    this.#prepared = options.pooled ? undefined : new Map()
  }

  /** @throws E_STORE_UNAVAILABLE when the database is away, else what the server says */
  async query(text: string, parameters: readonly unknown[] = []): Promise<pg.QueryResult> {
    if (this.#failed) throw new Error('another part of this transaction has failed')
    try {
      this.#patient ||= text === WITHOUT_LIMIT
      const statement: Statement = this.#statement(text, parameters.map(portable))
      if (this.#patient) statement.query_timeout = NO_LIMIT_MS
      return await this.#client.query(statement)
    } catch (error) {
      throw this.#told(error)
    }
  }

  /**
   * Statements are under way side by side: whichever hears first that the transaction is aborted must tell why, or
   * a race that was lost would be taken for bad data.
   */
  #told(error: unknown): unknown {
    if ((error as { code?: string }).code === ABORTED) return this.#cause ?? error
    const told = isAway(error) ? unavailable(error) : error
    if (told !== error) this.#broken = true
    this.#cause ??= told
    return told
  }

  #statement(text: string, values: unknown[]): pg.QueryConfig {
    const prepared = this.#prepared
    if (!prepared || values.length === 0) return { text, values }
    let name = prepared.get(text)
    if (name === undefined) {
      if (prepared.size >= PREPARED) return { text, values }
      name = createHash('sha1').update(text).digest('base64url')
      prepared.set(text, name)
    }
    return { name, text, values }
  }

  begin(): Promise<unknown> {
    this.#cause = undefined
    this.#patient = false
    return this.query(this.#begin)
  }

  /**
   * Resolves only when the server says that it is committed, and says nothing else: a warning here means that a
   * commit stands on less than it should (a wait for a standby that was cancelled).
   */
  async commit(): Promise<void> {
    let warning: string | undefined
    const listen = (notice: { severity?: string; message?: string }) => {
      if (notice.severity === 'WARNING') warning = notice.message
    }
    this.#client.on('notice', listen as never)
    try {
      const { command } = await this.query('commit')
      if (command === 'ROLLBACK')
        throw this.#cause ?? new Error('the transaction had failed before its commit')
    } finally {
      this.#client.off('notice', listen as never)
    }
    if (warning !== undefined) {
      throw new HubError('E_STORE_UNAVAILABLE', `The database committed with a warning: ${warning}`)
    }
  }

  /**
   * Parts of the work that do not know yet that another part has failed go on: what they ask for now must be done
   * neither outside of a transaction nor within the next one, so it is refused until they all know.
   */
  async rollback(): Promise<void> {
    const rolledBack = this.#broken ? undefined : this.query('rollback')
    this.#failed = true
    await rolledBack?.catch(() => {
      this.#broken = true
    })
    // Whoever was told of a statement's end has gone on by then.
    await setImmediate()
    this.#failed = false
  }

  release(): void {
    this.#cause = undefined
    this.#patient = false
    this.#client.release(this.#broken)
  }
}

/** What the server takes: no NUL in text, no fractions of a millisecond. */
function portable(value: unknown): unknown {
  if (typeof value === 'string') return value.includes('\0') ? value.replaceAll('\0', '') : value
  if (typeof value === 'number' && !Number.isInteger(value)) return Math.round(value)
  if (value instanceof Uint8Array && !Buffer.isBuffer(value)) return Buffer.from(value)
  return Array.isArray(value) ? value.map(portable) : value
}
