import pg from 'pg'
import { HubError } from '../../core/errors.ts'
import type { Clock, Logger } from '../../core/ports.ts'
import { isAway } from './failures.ts'
import { LINEAGE, type Lineage, LineageWatch } from './lineage.ts'
import { Session } from './session.ts'

export interface ConnectionsOptions {
  url: string
  /** Most connections of this pool. */
  size: number
  clock: Clock
  log: Logger
  /** Judges every new connection; pools of one engine share it. */
  watch?: LineageWatch<Session>
  /** Longest statement (ms). Default 30 s. */
  statementMs?: number
  /** How long the database may say nothing to a statement until the connection is given up (ms). Default 5 s past its end. */
  silenceMs?: number
}

/** How long somebody who needs a connection waits for a database that is away (ms). */
const HOLD_MS = 8_000
/** How often it is asked meanwhile (ms). */
const PROBE_MS = 200
const CONNECT_LIMIT_MS = 5_000
const STATEMENT_LIMIT_MS = 30_000
/** Longest pause within a transaction: a process that was stopped must not keep its locks (ms). */
const IDLE_LIMIT_MS = 2_000
/** A way that was cut without a word would else be waited for until TCP gives up, after a quarter of an hour. */
const PAST_STATEMENT_MS = 5_000

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
  query_timeout: STATEMENT_LIMIT_MS + PAST_STATEMENT_MS,
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
  readonly #watch: LineageWatch<Session>
  readonly #sessions = new WeakMap<pg.PoolClient, Session>()
  #away: Promise<void> | undefined
  #closed = false
  #pooled = false
  #durable = true

  constructor(options: ConnectionsOptions) {
    this.#options = options
    this.#watch = options.watch ?? new LineageWatch(options.clock)
    const statementMs = options.statementMs ?? STATEMENT_LIMIT_MS
    this.#pool = new pg.Pool({
      ...clientOptions(options.url),
      query_timeout: options.silenceMs ?? statementMs + PAST_STATEMENT_MS,
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
   * @param deadline until when to wait for a database that is away (monotonic ms); 8 s from now unless given
   * @throws HubError E_STORE_UNAVAILABLE after that
   */
  async connect(deadline = this.#options.clock.monotonic() + HOLD_MS): Promise<Session> {
    for (;;) {
      if (this.#closed) throw new HubError('E_STORE_UNAVAILABLE', 'The store is closed.')
      try {
        return await this.#openBefore(deadline)
      } catch (error) {
        if (!isAway(error) || this.#closed) throw error
        if (this.#options.clock.monotonic() >= deadline) {
          throw new HubError('E_STORE_UNAVAILABLE', 'The database does not answer.', { cause: error })
        }
        await this.#probe()
      }
    }
  }

  /** Does something on a connection, and gives it back. */
  async use<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.connect()
    try {
      return await work(session)
    } finally {
      session.release()
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

  /** While another line of commits is seen to, every new connection waits for that; whoever asked does not for ever. */
  async #openBefore(deadline: number): Promise<Session> {
    const opening = this.#open()
    if (!this.#watch.busy) return opening
    const late = Promise.withResolvers<never>()
    const { clock } = this.#options
    const timer = clock.setTimeout(
      () => {
        late.reject(new HubError('E_STORE_UNAVAILABLE', 'Another copy of the database is being seen to.'))
        opening.then(
          (session) => session.release(),
          () => {},
        )
      },
      Math.max(0, deadline - clock.monotonic()),
    )
    try {
      return await Promise.race([opening, late.promise])
    } finally {
      timer.cancel()
    }
  }

  async #open(): Promise<Session> {
    const client = await this.#pool.connect()
    try {
      const known = this.#sessions.get(client)
      if (known) return known
      const session = await this.#introduce(client)
      this.#sessions.set(client, session)
      return session
    } catch (error) {
      client.release(true)
      throw error
    }
  }

  async #introduce(client: pg.PoolClient): Promise<Session> {
    const { rows } = await client.query<{ pid: number; sync: string; fsync: string }>(
      `select pg_backend_pid() as pid, current_setting('synchronous_commit') as sync, current_setting('fsync') as fsync`,
    )
    const { pid, sync, fsync } = rows[0]!
    this.#noteDurable(fsync === 'on')
    this.#pooled = pid !== (client as unknown as { processID: number }).processID
    const set = this.#settings(sync)
    // Behind a pooler, what is set for a session may hold for another client's.
    if (!this.#pooled) await client.query(set('set'))
    const session = new Session(client, {
      pooled: this.#pooled,
      begin: this.#pooled ? `begin; ${set('set local')}` : 'begin',
    })
    await this.#watch.look(session, () => lineageOf(session))
    return session
  }

  #settings(sync: string): (verb: string) => string {
    const settings = [
      `statement_timeout = ${this.#options.statementMs ?? STATEMENT_LIMIT_MS}`,
      `idle_in_transaction_session_timeout = ${IDLE_LIMIT_MS}`,
      // Costs more than these statements ever take.
      'jit = off',
      // A plan kept for all values would be one made while a table was small, and would read the whole of it long
      // after; planning anew costs less than one such reading.
      'plan_cache_mode = force_custom_plan',
      // Commits that return before they are on disk would break the first promise.
      ...(sync === 'off' ? ['synchronous_commit = on'] : []),
    ]
    return (verb) => settings.map((setting) => `${verb} ${setting}`).join('; ')
  }

  #noteDurable(durable: boolean): void {
    if (!durable && this.#durable) {
      this.#options.log.error(
        {},
        'the server runs with fsync = off: a power cut loses what was acknowledged, or the whole database. Set fsync = on',
      )
    }
    this.#durable = durable
  }

  /**
   * Looks where the database is now. Notes how far it has come, so that an earlier state of it is recognised; and
   * finds what connections that outlive a change of servers, as those to a pooler do, would not tell.
   */
  async look(): Promise<void> {
    await this.use((session) => this.#watch.look(session, () => lineageOf(session)))
  }

  async end(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#pool.end()
  }
}

/** Which line of commits a connection leads to. */
export async function lineageOf(session: Session): Promise<Lineage> {
  const { rows } = await session.query(`select ${LINEAGE}`)
  return rows[0] as Lineage
}
