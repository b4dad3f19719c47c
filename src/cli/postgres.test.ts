import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { freePort } from '../../test/free-port.ts'
import { type FreshDatabase, freshDatabase } from '../../test/postgres/database.ts'
import { withClient } from '../../test/postgres/server.ts'
import type { inspectStore } from '../main.ts'
import { MARKER } from '../platform/media-marker.ts'
import { storeFindings } from './doctor/store.ts'
import { run } from './run.ts'
import { startServing, terminal } from './terminal.fixture.ts'

/** The program as somebody runs it on a database server: several nodes, each a `pombo serve`. */

const API_KEY = 'an-api-key-0123456789'
const PASSWORD = 'p@ss/w0rd#9'

let database: FreshDatabase
/** The same for a user of the hub's own, as an installation has it. */
let url: string
let cwd: string
const hubs: { end(): Promise<number> }[] = []
beforeAll(async () => {
  database = await freshDatabase('18')
  const own = new URL(database.url)
  own.username = `hub${own.pathname.slice(1)}`
  own.password = encodeURIComponent(PASSWORD)
  url = own.href
  await withClient(database.url, async (client) => {
    await client.query(`create role ${own.username} login password '${PASSWORD}'`)
    await client.query(`grant create on schema public to ${own.username}`)
  })
})
afterAll(async () => {
  await withClient(database.url, async (client) => {
    const { username } = new URL(url)
    await client.query(`drop owned by ${username}`)
    await client.query(`drop role ${username}`)
  })
  await database.drop()
})
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'pombo-nodes-'))
})
afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.end()
  rmSync(cwd, { recursive: true, force: true })
})

const write = (config: object = {}) =>
  writeFileSync(
    join(cwd, 'pombo.config.json'),
    JSON.stringify({
      logLevel: 'silent',
      port: 0,
      instances: [
        { id: 'support', gateway: 'gowa', baseUrl: 'http://127.0.0.1:9', insecure: true, webhook: {} },
      ],
      ...config,
    }),
  )
const env = () => ({ POMBO_DATABASE_URL: url, POMBO_API_KEY: API_KEY })
async function node(...roles: string[]) {
  const hub = await startServing(cwd, env(), roles.length > 0 ? ['--role', roles.join()] : [])
  hubs.push(hub)
  const api = async (path: string) => {
    const res = await fetch(`${hub.url}/api/v1${path}`, { headers: { authorization: `Bearer ${API_KEY}` } })
    return (await res.json()) as { data: Record<string, unknown>[]; next: unknown }
  }
  return { ...hub, api }
}
const eventually = async (check: () => Promise<boolean>) => {
  for (let i = 0; i < 100 && !(await check()); i++) await new Promise((next) => setTimeout(next, 50))
  expect(await check()).toBe(true)
}

test('an empty database is made ready by itself, and nobody sees who logs in', async () => {
  write({ instances: [] })
  const first = terminal(cwd, { env: env() })
  expect(await run(['doctor'], first.io)).toBe(0)
  expect(first.out.join()).toMatch(/answers, PostgreSQL 18\.\d+, empty: the first start makes its tables/)
  const migrate = terminal(cwd, { env: env() })
  expect(await run(['migrate'], migrate.io)).toBe(0)
  expect(migrate.out.join()).toMatch(
    /^The database postgres:\/\/127\.0\.0\.1:\d+\/test_\w+ was brought up to date: 0001/,
  )
  const hub = await node()
  expect(hub.line).toMatch(/^Pombo listens on \S+ \(.*database: postgres:\/\/127\.0\.0\.1:\d+\/test_\w+\)$/)
  const doctor = terminal(cwd, { env: env() })
  await run(['doctor'], doctor.io)
  expect(doctor.out.join()).toMatch(
    /answers, PostgreSQL 18\.\d+, [\d.]+ MiB, \d+ of \d+ connections in use\./,
  )
  const wrong = terminal(cwd, { env: { POMBO_DATABASE_URL: url.replace(/\/test_\w+/, '/nowhere') } })
  expect(await run(['serve'], wrong.io)).toBe(1)
  expect(wrong.err.join()).toMatch(/^E_STORE_OPEN: .*no database of that name/)
  const said = [hub, first, migrate, doctor, wrong].flatMap(({ out, err }) => [...out, ...err])
  expect(`${said.join()} ${hub.line}`).not.toMatch(/p@ss|p%40ss|w0rd/)
})

test('nodes with roles know each other, and what one takes another handles', async () => {
  write()
  const [ingest, worker] = [await node('ingest'), await node('worker', 'sender')]
  expect(ingest.line).toMatch(/, role: ingest\)$/)
  const { data, next } = await ingest.api('/nodes')
  expect(next).toBeNull()
  expect(data.map(({ roles }) => roles)).toEqual([['ingest'], ['worker', 'sender']])
  for (const { host, version, startedAt, seenAt } of data) {
    expect([typeof host, version]).toEqual(['string', expect.stringMatching(/^\d+\.\d+\.\d+/)])
    expect(Date.now() - Date.parse(String(seenAt))).toBeLessThan(10_000)
    expect(Date.parse(String(startedAt))).not.toBeNaN()
  }
  const answer = await fetch(`${ingest.url}/webhooks/support`, { method: 'POST', body: '{"new":"thing"}' })
  expect(await answer.json()).toEqual({ accepted: 1, duplicates: 0 })
  await eventually(async () => (await worker.api('/events')).data[0]?.status === 'done')
  expect(await worker.end()).toBe(0)
  expect((await ingest.api('/nodes')).data).toHaveLength(1)
})

test('roles that are nobody’s are told by the doctor', async () => {
  const port = await freePort()
  write({ port })
  await node('ingest')
  const doctor = terminal(cwd, { env: env() })
  await run(['doctor'], doctor.io)
  expect(doctor.out.join()).toMatch(/media are not fetched: .*beside it\.\n +→ Name one that all nodes share/)
  expect(doctor.out.join()).toMatch(/warn +hub +No living node has the role worker: what is accepted waits/)
  expect(doctor.out.join()).toMatch(
    /warn +hub +No living node has the role sender: .*\n.*pombo serve --role sender/,
  )
})

describe('a media folder', () => {
  const folder = () => join(cwd, 'media')
  const media = () => write({ media: { folder: folder() } })

  test('is marked by the first node and known by the next', async () => {
    media()
    await node()
    await node()
    expect(hubs).toHaveLength(2)
  })

  test('of another installation is refused', async () => {
    media()
    mkdirSync(folder())
    writeFileSync(join(folder(), MARKER), 'somebody\n')
    const { io, err } = terminal(cwd, { env: env() })
    expect(await run(['serve'], io)).toBe(1)
    expect(err.join()).toMatch(/^E_CONFIG: media\.folder: .* another installation .*somebody/)
  })
})

describe('pombo doctor says of a server', () => {
  const parts = { clock: { now: Date.now } as never, log: {} as never }
  const config = () => ({ database: { engine: 'postgres' as const, url, poolSize: 10 } })
  const sound = {
    engine: 'postgres' as const,
    poolSize: 10,
    place: '',
    version: 180_001,
    standby: false,
    encoding: 'UTF8',
    fsync: true,
    history: '',
    synchronousCommit: 'on',
    pooled: false,
    aheadMs: 10,
    mayCreate: true,
    bytes: 1e7,
    connections: { used: 5, most: 100 },
    missing: [] as string[],
    strangers: [] as string[],
  }
  type Seen = Awaited<ReturnType<typeof inspectStore>>
  const findings = (more: object) =>
    storeFindings(config(), parts, async () => ({ ...sound, ...more }) as Seen)

  test.each([
    ['nothing', {}, 'ok', /PostgreSQL 18\.1, 9\.5 MiB, 5 of 100 connections/],
    ['an old one', { version: 130_012 }, 'fail', /PostgreSQL 13\.12; the hub needs 14/],
    ['a very old one', { version: 90_624 }, 'fail', /14 or newer/],
    ['a standby', { standby: true }, 'fail', /standby/],
    ['letters', { encoding: 'LATIN1' }, 'fail', /LATIN1/],
    ['fsync', { fsync: false }, 'warn', /fsync = off/],
    ['rights', { mayCreate: false, missing: ['0003_x'] }, 'fail', /may not make tables/],
    ['rights later', { mayCreate: false }, 'warn', /next upgrade/],
    ['an older version', { missing: ['0003_x'] }, 'warn', /lacks 0003_x/],
    ['a newer version', { strangers: ['0009_x'] }, 'fail', /newer Pombo/],
    ['connections', { connections: { used: 92, most: 100 } }, 'warn', /8 of 100 connections left/],
    ['the clock', { aheadMs: -3_600_000 }, 'warn', /60 minutes behind/],
    ['a pooler', { pooled: true }, 'ok', /behind a connection pooler/],
    ['commits', { synchronousCommit: 'off' }, 'ok', /but not for the hub/],
  ] as const)('%s', async (_what, more, level, message) => {
    const found = await findings(more)
    expect(found.filter((finding) => message.test(finding.message)).map((one) => one.level)).toEqual([level])
  })

  test('that it does not answer', async () => {
    const closed = {
      engine: 'postgres' as const,
      url: 'postgres://u:p@127.0.0.1:1/db',
      poolSize: 2,
    }
    const [one, ...more] = await storeFindings({ database: closed }, { ...parts, clock: realClock })
    expect([one?.level, more]).toEqual(['fail', []])
    expect(one?.message).toMatch(/postgres:\/\/127\.0\.0\.1:1\/db .*nothing listens/)
  })
})

const realClock = {
  now: Date.now,
  monotonic: () => performance.now(),
  setTimeout(run: () => void, ms: number) {
    const timer = setTimeout(run, ms)
    return { cancel: () => clearTimeout(timer) }
  },
}
