import pg from 'pg'
import { type PostgresServer, type StopMode, startPostgres } from '../../test/postgres/server.ts'
import { sleep } from './random.ts'

/** What one or several nodes were at in one moment. */
export interface Held {
  /** Of each leased chat the event that comes next. */
  events: number[]
  /** What was being sent. */
  commands: { id: string; attempt: number }[]
}

/** A PostgreSQL 18 server with the durability users get, and what the run itself wants to know of it. */
export class Database {
  readonly url: string
  readonly #folder: string
  #server: PostgresServer
  #watch: pg.Pool

  private constructor(folder: string, server: PostgresServer, url: string) {
    this.#folder = folder
    this.#server = server
    this.url = url
    this.#watch = new pg.Pool({ connectionString: url, max: 2 })
    this.#watch.on('error', () => {})
  }

  static async open(folder: string): Promise<Database> {
    const server = await startPostgres({ version: '18', durable: true, folder })
    return new Database(folder, server, await server.createDatabase('crash'))
  }

  get port(): number {
    return Number(new URL(this.url).port)
  }

  /** As a node reaches it through a link. */
  through(port: number): string {
    const url = new URL(this.url)
    url.port = String(port)
    return url.href
  }

  async restart(mode: StopMode, awayMs: number): Promise<void> {
    await this.#server.stop(mode)
    await sleep(awayMs)
    this.#server = await startPostgres({
      version: '18',
      durable: true,
      folder: this.#folder,
      port: this.port,
    })
  }

  /** Ids of the nodes that gave a sign of life and were not buried. */
  async nodes(): Promise<string[]> {
    return (await this.#rows<{ id: string }>('select id from node')).map(({ id }) => id)
  }

  async heldBy(nodes: readonly string[]): Promise<Held> {
    const [events, commands] = await Promise.all([
      this.#rows<{ id: string }>(
        `select e.id from lane l cross join lateral (
           select id from event where lane_id = l.id and status = 'pending' order by place limit 1) e
         where l.holder = any($1) and l.ready_at is not null`,
        [nodes],
      ),
      this.#rows<{ id: string; attempt: string }>(
        `select c.id, c.attempts as attempt from outbox o join command c on c.chat_id = o.chat_id and c.state = 'sending'
         where o.holder = any($1)`,
        [nodes],
      ),
    ])
    return {
      events: events.map(({ id }) => Number(id)),
      commands: commands.map(({ id, attempt }) => ({ id, attempt: Number(attempt) })),
    }
  }

  /** What of it nobody has handled, settled or called unknown yet. */
  async left({ events, commands }: Held): Promise<string[]> {
    const rows = await this.#rows<{ what: string }>(
      `select 'event ' || id as what from event where id = any($1) and status = 'pending'
       union all
       select 'send ' || c.id from command c join unnest($2::text[], $3::bigint[]) w(id, attempt) on w.id = c.id
         where c.state = 'sending' and c.attempts = w.attempt`,
      [events, commands.map(({ id }) => id), commands.map(({ attempt }) => attempt)],
    )
    return rows.map(({ what }) => what)
  }

  async close(): Promise<void> {
    await this.#watch.end()
    await this.#server.stop('fast')
  }

  /** At once, without asking. */
  abandon(): void {
    try {
      process.kill(this.#server.pid, 'SIGKILL')
    } catch {
      // It had ended.
    }
  }

  /** Waits for a server that is away. */
  async #rows<R extends object>(text: string, parameters: unknown[] = []): Promise<R[]> {
    for (let tries = 0; ; tries++) {
      try {
        return (await this.#watch.query<R>(text, parameters)).rows
      } catch (error) {
        if (tries === 100) throw error
        await sleep(200)
      }
    }
  }
}
