import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { startPostgres } from '../../test/postgres/server.ts'
import { afterwards, temporaryFolder } from './children.ts'

export const ENGINES = ['sqlite', 'postgres'] as const
export type EngineName = (typeof ENGINES)[number]

/** One database of a run; it goes with the run. */
export interface Database {
  engine: EngineName
  /** As the configuration takes it. */
  url: string
  /** Runs statements of the bench's own, one after the other on one connection, each committed by itself. */
  script(work: (run: RunSql) => Promise<void>): Promise<void>
}
/** @returns the rows */
export type RunSql = (text: string) => Promise<Record<string, unknown>[]>

export interface Databases {
  create(name: string): Promise<Database>
}

/**
 * A place for databases on the project's own disk, with the durability users get: SQLite files, or a
 * PostgreSQL 18 cluster of this run with the server's own defaults.
 */
export async function openDatabases(engine: EngineName): Promise<Databases> {
  const folder = temporaryFolder()
  if (engine === 'sqlite') return { create: async (name) => sqlite(join(folder, `${name}.db`)) }
  const server = await startPostgres({ version: '18', durable: true, folder })
  // Its files go next: no time to let it end in order.
  afterwards(() => process.kill(server.pid, 'SIGKILL'))
  return { create: async (name) => postgres(await server.createDatabase(name)) }
}

const sqlite = (path: string): Database => ({
  engine: 'sqlite',
  url: `sqlite:${path}`,
  async script(work) {
    const db = new DatabaseSync(path)
    try {
      // What the bench itself writes need not survive anything.
      db.exec('pragma synchronous = off; pragma cache_size = -262144')
      await work(async (text) => db.prepare(text).all())
    } finally {
      db.close()
    }
  },
})

const postgres = (url: string): Database => ({
  engine: 'postgres',
  url,
  async script(work) {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    try {
      await client.query('set synchronous_commit = off')
      await work(async (text) => (await client.query<Record<string, unknown>>(text)).rows)
    } finally {
      await client.end()
    }
  },
})
