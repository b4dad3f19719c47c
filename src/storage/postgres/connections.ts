import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import pg from 'pg'
import { HubError } from '../../core/errors.ts'
import type { Clock, Logger } from '../../core/ports.ts'
import { isAway, unavailable } from './failures.ts'

export interface ConnectionsOptions {
  url: string
  /** Most connections of this process, the one that listens not counted. */
  size: number
  clock: Clock
  log: Logger
  /** How long the database may say nothing to a statement until the connection is given up (ms). Default 35 s. */
  silenceMs?: number
}

/** How long somebody who needs a connection waits for a database that is away (ms). */
const HOLD_MS = 8_000
/** How often it is asked meanwhile (ms). */
const PROBE_MS = 200
const CONNECT_LIMIT_MS = 5_000
/** Longest statement, and longest pause within a transaction: a process that was stopped must not keep its locks (ms). */
const STATEMENT_LIMIT_MS = 30_000
const IDLE_LIMIT_MS = 2_000
/** Past every statement's end: a way that was cut without a word would else be waited for until TCP gives up, after a quarter of an hour. */
const SILENCE_MS = STATEMENT_LIMIT_MS + 5_000
/** What a transaction that takes as long as it takes begins with. */
export const WITHOUT_LIMIT = 'set local statement_timeout = 0'
/** As long as the driver can wait. */
const NO_LIMIT_MS = 2 ** 31 - 1
/** Statements a connection keeps prepared; texts beyond that are parsed each time. */
const PREPARED = 400

/**
 * `jit` costs more than these statements ever take. A plan kept for all values would be one made while a table was
 * small, and would read the whole of it long after; planning anew costs less than one such reading.
 */
const SETTINGS = [
  `statement_timeout = ${STATEMENT_LIMIT_MS}`,
  `idle_in_transaction_session_timeout = ${IDLE_LIMIT_MS}`,
  'jit = off',
  'plan_cache_mode = force_custom_plan',
]

/** Values as every engine gives them: 64-bit integers are numbers, as all of the hub's are within 2^53. */
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8 || oid === pg.types.builtins.NUMERIC
      ? Number
      : (pg.types.getTypeParser(oid, format as 'text') as (value: string) => unknown),
}

/** The client options every connection of the hub shares. */
export const clientOptions = (url: string) => ({
  connectionString: withoutOurs(url),
  types: types as never,
  connectionTimeoutMillis: CONNECT_LIMIT_MS,
  query_timeout: SILENCE_MS,
  keepAlive: true,
  application_name: 'pombo',
})

/** Without the parameters that are the hub's own. */
function withoutOurs(url: string): string {
  const parsed = new URL(url)
  parsed.searchParams.delete('pool')
  return parsed.toString()
}

/**
 * Which line of commits a server is on: another one after a restore, or when a standby took over. Then commits
 * that were answered may be missing.
 */
export interface Line {
  /** Cluster, database and timeline. */
  history: string
  /** How far it has come (bytes of its log of commits). */
  position: number
}

/** What is known of a connection. */
interface Known {
  pooled: boolean
  line: Line
  /** Name by text of the statements it keeps. */
  prepared: Map<string, string>
  /** What a transaction begins with. */
  begin: string
}

/**
 * A small pool. Who needs a connection while the database restarts waits up to 8 s for it. Fits Kysely's
 * `PostgresPool`.
 *
 * Statements are prepared by name unless a pooler stands in between: one that gives each transaction another
 * server connection (PgBouncer) would not find them there. It shows in that the process id the client was told
 * is not that of the server's process.
 */
export class Connections {
  readonly #options: ConnectionsOptions
  readonly #pool: pg.Pool
  readonly #sessions = new WeakMap<pg.PoolClient, Session>()
  #away: Promise<void> | undefined
  #closed = false
  #pooled = false
  #line: Line | undefined
  #onOtherLine: ((session: Session, line: Line, earlier: boolean) => Promise<void>) | undefined

  constructor(options: ConnectionsOptions) {
    this.#options = options
    this.#pool = new pg.Pool({
      ...clientOptions(options.url),
      query_timeout: options.silenceMs ?? SILENCE_MS,
      max: options.size,
      idleTimeoutMillis: 60_000,
      // Statements that do not wait for each other's answers are sent at once; the server takes them in order.
      pipeline: true,
    } as pg.PoolConfig)
    // Whoever uses a connection learns of its end by what fails. From the first: one that is ended in the same breath
    // that greeted it would else have nobody to tell, and end the process.
    this.#pool.on('connect', (client) => void client.on('error', () => {}))
    // A connection that ends while idle is simply gone; the next one who needs one finds out.
    this.#pool.on('error', (err) => options.log.debug({ err }, 'an idle database connection ended'))
  }

  /** Whether a pooler was met: sessions cannot be relied on, so there is nothing to listen on. */
  get pooled(): boolean {
    return this.#pooled
  }

  /**
   * From now on a connection that leads to another line of commits, or to an earlier place on this one, is handed
   * over first; nobody uses it, nor another one, before that is done.
   */
  watch(line: Line, onOther: (session: Session, line: Line, earlier: boolean) => Promise<void>): void {
    this.#line = line
    this.#onOtherLine = onOther
  }

  /** @throws HubError E_STORE_UNAVAILABLE after 8 s without a database */
  async connect(): Promise<Session> {
    const { clock } = this.#options
    const deadline = clock.monotonic() + HOLD_MS
    for (;;) {
      if (this.#closed) throw new HubError('E_STORE_UNAVAILABLE', 'The store is closed.')
      try {
        return await this.#open()
      } catch (error) {
        if (!isAway(error) || this.#closed) throw error
        if (clock.monotonic() >= deadline) {
          throw new HubError('E_STORE_UNAVAILABLE', 'The database does not answer.', { cause: error })
        }
        await this.#probe()
      }
    }
  }

  /** One pause for all who wait: a server that is coming up must not be met by a thousand knocks. */
  #probe(): Promise<void> {
    this.#away ??= this.pause(PROBE_MS).finally(() => {
      this.#away = undefined
    })
    return this.#away
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.setTimeout(resolve, ms))
  }

  async #open(): Promise<Session> {
    const client = await this.#pool.connect()
    try {
      const known = this.#sessions.get(client)
      if (known) return known
      // What is known before it is asked: others may be introduced meanwhile, and be further.
      const before = this.#line
      const session = new Session(client, await introduce(client))
      this.#pooled = session.pooled
      if (before) await this.#judge(session, before)
      this.#sessions.set(client, session)
      return session
    } catch (error) {
      client.release(true)
      throw error
    }
  }

  /** Notes how far the database has come, so that an earlier state of it is recognised. */
  async remember(): Promise<void> {
    const session = await this.connect()
    try {
      const { rows } = await session.query(`select ${POSITION} as position`)
      const { position } = rows[0] as Line
      if (this.#line && position > this.#line.position) this.#line = { ...this.#line, position }
    } finally {
      session.release()
    }
  }

  async #judge(session: Session, before: Line): Promise<void> {
    const { line } = session
    const earlier = line.history === before.history && line.position < before.position
    const other = line.history !== before.history
    if (earlier || other) await this.#onOtherLine?.(session, line, earlier)
    if (earlier || other || line.position > (this.#line?.position ?? 0)) this.#line = line
  }

  async end(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#pool.end()
  }
}

const POSITION = `case when pg_is_in_recovery() then 0 else pg_current_wal_lsn() - '0/0' end`
/** The timeline of what is written now; a checkpoint would tell the last one's. Some hosts do not let one ask. */
const INTRODUCTION = `select pg_backend_pid() as pid, current_setting('synchronous_commit') as sync,
  concat_ws('/',
    case when has_function_privilege('pg_control_system()', 'execute')
      then (select system_identifier::text from pg_control_system()) end,
    (select oid::text from pg_database where datname = current_database()),
    case when not pg_is_in_recovery() and has_function_privilege('pg_walfile_name(pg_lsn)', 'execute')
      then substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) end) as history,
  ${POSITION} as position`

async function introduce(client: pg.PoolClient): Promise<Known> {
  const { rows } = await client.query<{ pid: number; sync: string } & Line>(INTRODUCTION)
  const row = rows[0]!
  const pooled = row.pid !== (client as unknown as { processID: number }).processID
  // Commits that return before they are on disk would break the first promise.
  const settings = row.sync === 'off' ? [...SETTINGS, 'synchronous_commit = on'] : SETTINGS
  const set = (verb: string) => settings.map((setting) => `${verb} ${setting}`).join('; ')
  // Behind a pooler, what is set for a session may hold for another client's.
  if (!pooled) await client.query(set('set'))
  return {
    pooled,
    line: { history: row.history, position: row.position },
    prepared: new Map(),
    begin: pooled ? `begin; ${set('set local')}` : 'begin',
  }
}

/** The driver's types leave out that a statement may have a limit of its own. */
type Statement = pg.QueryConfig & { query_timeout?: number }

/** One connection, which is somebody's from `connect` to `release`. Fits Kysely's `PostgresPoolClient`. */
export class Session {
  readonly #client: pg.PoolClient
  readonly #known: Known
  #broken = false
  #failed = false
  #patient = false

  constructor(client: pg.PoolClient, known: Known) {
    this.#client = client
    this.#known = known
  }

  async query(text: string, parameters: readonly unknown[] = []): Promise<pg.QueryResult> {
    if (this.#failed) throw new Error('another part of this transaction has failed')
    try {
      this.#patient ||= text === WITHOUT_LIMIT
      const statement: Statement = this.#statement(text, parameters.map(portable))
      if (this.#patient) statement.query_timeout = NO_LIMIT_MS
      return await this.#client.query(statement)
    } catch (error) {
      if (!isAway(error)) throw error
      this.#broken = true
      throw unavailable(error)
    }
  }

  #statement(text: string, values: unknown[]): pg.QueryConfig {
    const { pooled, prepared } = this.#known
    if (pooled || values.length === 0) return { text, values }
    let name = prepared.get(text)
    if (name === undefined) {
      if (prepared.size >= PREPARED) return { text, values }
      name = createHash('sha1').update(text).digest('base64url')
      prepared.set(text, name)
    }
    return { name, text, values }
  }

  get pooled(): boolean {
    return this.#known.pooled
  }
  get line(): Line {
    return this.#known.line
  }

  begin(): Promise<unknown> {
    return this.query(this.#known.begin)
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
      if (command === 'ROLLBACK') throw new Error('the transaction had failed before its commit')
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
