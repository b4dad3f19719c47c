import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { freshDatabase, postgresVersions } from './database.ts'
import { startPgBouncer } from './pgbouncer.ts'
import { isListening } from './process.ts'
import { type PostgresServer, startPostgres, withClient } from './server.ts'

const one = (url: string, query: string): Promise<unknown> =>
  withClient(url, async (client) => Object.values((await client.query(query)).rows[0] as object)[0])

describe('a server of its own', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres({ version: '18', durable: true })
  })
  afterAll(() => server.stop('immediate'))

  test('keeps what was committed when it crashes, and comes back at the same place', async () => {
    const url = await server.createDatabase("o'neil 50%")
    await withClient(url, (client) => client.query('CREATE TABLE kept AS SELECT 1 AS it'))
    const before = server.pid
    await server.restart('immediate')
    expect(server.pid).not.toBe(before)
    expect(await one(url, 'SELECT it FROM kept')).toBe(1)
  })

  test('promises what servers promise by default', async () => {
    expect(await one(server.url, 'SHOW fsync')).toBe('on')
    expect(await one(server.url, 'SHOW synchronous_commit')).toBe('on')
    expect(await one(server.url, 'SHOW server_version')).toBe(server.version)
  })

  test('is not had without its password', async () => {
    const url = new URL(server.url)
    url.password = 'wrong'
    await expect(one(url.href, 'SELECT 1')).rejects.toThrow('password authentication failed')
  })
})

test('a server does not outlive the process that started it, killed or not', async () => {
  const parent = spawn(
    process.execPath,
    [
      '--input-type=module-typescript',
      '--eval',
      `import { startPostgres } from ${JSON.stringify(import.meta.resolve('./server.ts'))}
       const { url, log } = await startPostgres({ version: '18', durable: false })
       console.log(JSON.stringify({ url, log }))
       setInterval(() => {}, 1000)`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [line] = (await once(parent.stdout, 'data')) as [Buffer]
  const { url, log } = JSON.parse(line.toString()) as { url: string; log: string }
  const port = Number(new URL(url).port)
  expect(await isListening(port)).toBe(true)
  parent.kill('SIGKILL')
  const soon = { timeout: 10_000, interval: 20 }
  await vi.waitFor(async () => expect(await isListening(port)).toBe(false), soon)
  await vi.waitFor(() => expect(existsSync(dirname(log))).toBe(false), soon)
})

describe.each(postgresVersions())("the run's server, %s", (version) => {
  test('gives each test file a database of its own', async () => {
    const [first, second] = await Promise.all([freshDatabase(version), freshDatabase(version)])
    await withClient(first.url, (client) => client.query('CREATE TABLE only_here (id int)'))
    expect(await one(second.url, "SELECT to_regclass('only_here')")).toBeNull()
    expect(await one(first.url, 'SHOW server_encoding')).toBe('UTF8')
    await Promise.all([first.drop(), second.drop()])
    await expect(one(first.url, 'SELECT 1')).rejects.toThrow('does not exist')
  })
})

test('a pooler in transaction mode stands before a database', async ({ skip }) => {
  const database = await freshDatabase('18')
  const pooler = await startPgBouncer({ server: database, poolMode: 'transaction' })
  if (!pooler) return skip('this machine has no PgBouncer; Debian has it as the package `pgbouncer`')
  try {
    const name = new URL(database.url).pathname.slice(1)
    expect(await one(pooler.url, 'SELECT current_database()')).toBe(name)
    // Two clients who never meet in a transaction get the same connection of the server.
    const pid = await one(pooler.url, 'SELECT pg_backend_pid()')
    expect(await one(pooler.url, 'SELECT pg_backend_pid()')).toBe(pid)
  } finally {
    await pooler.stop()
    await database.drop()
  }
  expect(await isListening(Number(new URL(pooler.url).port))).toBe(false)
})
