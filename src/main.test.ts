import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../test/postgres/database.ts'
import type { Logger } from './core/ports.ts'
import { compose, loadHub, type Program } from './main.ts'
import { systemClock } from './platform/clock.ts'
import { MARKER } from './platform/media-marker.ts'
import { openSqliteStore } from './storage/sqlite/open.ts'

/** The whole program over a database server that can be taken away from it. */

const API_KEY = 'an-api-key-0123456789'

let database: FreshDatabase
let way: Way
let cwd: string
let program: Program | undefined
let url: string
let lines: string[]
beforeAll(async () => {
  database = await freshDatabase('18')
})
afterAll(() => database.drop())
beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'pombo-main-'))
  way = await openWay(Number(new URL(database.url).port))
  lines = []
})
afterEach(async () => {
  await way.open()
  await program?.stop(1_000)
  program = undefined
  way.end()
  rmSync(cwd, { recursive: true })
})

type Way = Awaited<ReturnType<typeof openWay>>
/** A port that leads to the server, until it is cut: then all connections end and nobody listens. */
async function openWay(to: number) {
  const sockets = new Set<Socket>()
  let door: Server | undefined
  let port = 0
  const open = async () => {
    if (door) return
    door = createServer((near) => {
      const far = connect(to, '127.0.0.1')
      for (const socket of [near, far]) {
        sockets.add(socket)
        socket
          .on('error', () => {})
          .on('close', () => {
            sockets.delete(socket)
            near.destroy()
            far.destroy()
          })
      }
      near.pipe(far).pipe(near)
    }).listen(port, '127.0.0.1')
    await once(door, 'listening')
    port = (door.address() as AddressInfo).port
  }
  const cut = () => {
    door?.close()
    door = undefined
    for (const socket of sockets) socket.destroy()
  }
  await open()
  return { open, cut, end: cut, port: () => port }
}

async function start() {
  const known = new URL(database.url)
  known.port = String(way.port())
  const loaded = await loadHub({
    file: undefined,
    cwd,
    env: { POMBO_DATABASE_URL: known.href, POMBO_API_KEY: API_KEY, PORT: '0' },
  })
  const keep = (fields: object, message: string) => {
    const { err } = fields as { err?: Error }
    lines.push(err ? `${message}: ${err.name} ${err.message}` : message)
  }
  const log: Logger = { debug() {}, info: keep, warn: keep, error: keep, child: () => log }
  const instance = {
    id: 'support' as never,
    gateway: 'gowa',
    baseUrl: 'http://127.0.0.1:9',
    webhook: { secrets: [], allow: [] },
    insecure: true,
    tags: [],
    pacing: { minDelayMs: 0, maxDelayMs: 0 },
    apiMessagesClaim: false,
    settings: {},
  }
  program = await compose({ config: { ...loaded.config, instances: [instance] }, overrides: { log } })
  url = (await program.start()).url
}

const get = (path: string) => fetch(`${url}${path}`, { headers: { authorization: `Bearer ${API_KEY}` } })
const deliver = (body: string) => fetch(`${url}/webhooks/support`, { method: 'POST', body })
const sleep = (ms: number) => new Promise((next) => setTimeout(next, ms))

describe('a database server that goes away and comes back', () => {
  test('is waited for: a delivery of that time is taken', async () => {
    await start()
    expect((await deliver('{"n":1}')).status).toBe(200)
    await sleep(500)
    way.cut()
    const waiting = deliver('{"n":2}')
    expect((await get('/ready')).status).toBe(503)
    await sleep(2_500)
    await way.open()
    expect([(await waiting).status, await (await waiting).json()]).toEqual([
      200,
      { accepted: 1, duplicates: 0 },
    ])
    await sleep(1_500)
    expect((await get('/ready')).status).toBe(200)
    const { data } = (await (await get('/api/v1/events')).json()) as { data: { status: string }[] }
    expect(data.map(({ status }) => status)).toEqual(['done', 'done'])
    expect(lines.filter((line) => line.startsWith('the store is away')).length).toBeLessThanOrEqual(1)
    // A connection that was lost is no other database.
    expect(lines.join('\n')).not.toContain('another copy')
  }, 30_000)

  test('for longer: 503 with Retry-After, for deliveries after eight seconds in all', async () => {
    await start()
    way.cut()
    const begun = Date.now()
    const [webhook, read, write] = await Promise.all([
      deliver('{"n":3}').then(async (res) => ({ res, after: Date.now() - begun })),
      get('/api/v1/events').then(async (res) => ({ res, after: Date.now() - begun })),
      fetch(`${url}/api/v1/instances/support/messages`, {
        method: 'POST',
        headers: { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' },
        body: '{"to":"5511912345678","text":"hi"}',
      }).then(async (res) => ({ res, after: Date.now() - begun })),
    ])
    for (const { res } of [webhook, read, write]) {
      expect([res.status, ((await res.json()) as { code: string }).code]).toEqual([
        503,
        'E_STORE_UNAVAILABLE',
      ])
      expect(Number(res.headers.get('retry-after'))).toBeGreaterThan(0)
    }
    expect(webhook.after).toBeGreaterThan(7_000)
    expect(webhook.after).toBeLessThan(9_500)
    expect(lines.filter((line) => line.startsWith('the store is away'))).toHaveLength(1)
    await way.open()
    await sleep(3_000)
    expect(lines.filter((line) => line.startsWith('the store is back'))).toHaveLength(1)
    expect((await deliver('{"n":4}')).status).toBe(200)
  }, 30_000)
})

test('a media folder without the mark of this installation, though media were fetched before, is warned about', async () => {
  const warned: object[] = []
  const log: Logger = {
    debug() {},
    info() {},
    warn: (fields) => void warned.push(fields),
    error() {},
    child: () => log,
  }
  const folder = join(cwd, 'media')
  const { config } = await loadHub({
    file: undefined,
    cwd,
    env: { POMBO_DATABASE_URL: 'sqlite:hub.db', PORT: '0' },
  })
  const shared = { ...config, media: { ...config.media!, store: { type: 'folder' as const, folder } } }
  const begin = async (fetched: number) => {
    const store = await openSqliteStore({ path: join(cwd, 'hub.db'), clock: systemClock, log, dedupeMs: 1e9 })
    const known = { ...store, shared: true, mediaBytesSince: async () => fetched }
    program = await compose({ config: shared, overrides: { log, store: known } })
    await program.stop(0)
    program = undefined
    return store.installation
  }
  const installation = await begin(5)
  expect(warned).toEqual([{ folder, marker: MARKER, installation }])
  expect(existsSync(join(folder, MARKER))).toBe(false)
  await begin(0)
  expect(readFileSync(join(folder, MARKER), 'utf8')).toBe(`${installation}\n`)
  await begin(5)
  expect(warned).toHaveLength(1)
})
