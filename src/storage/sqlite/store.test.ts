import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { accessConformance } from '../../../test/access-conformance.ts'
import { monitorConformance } from '../../../test/monitor-conformance.ts'
import { registryConformance } from '../../../test/registry-conformance.ts'
import { sendConformance } from '../../../test/send-conformance.ts'
import {
  arrival,
  person,
  type StoreFixture,
  storeConformance,
  textEvent,
} from '../../../test/store-conformance.ts'
import { watchConformance } from '../../../test/watch-conformance.ts'
import type { Address } from '../../core/address.ts'
import type { CommandId, ContactId, InstanceId } from '../../core/ids.ts'
import type { Logger } from '../../core/ports.ts'
import type { Store } from '../../core/store.ts'
import { spine } from '../migrations/0001_spine.ts'
import { SqliteEngine, sqliteTypes } from './engine.ts'
import { openSqliteStore } from './open.ts'
import { openSqliteThread } from './thread.ts'

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
const DAY = 24 * 3_600_000

const clockOf = (clock: { now: number }) => ({
  now: () => clock.now,
  monotonic: () => clock.now,
  setTimeout: () => ({ cancel() {} }),
})
const openAt = (path: string, clock: { now: number }) =>
  openSqliteStore({ path, log: silent, dedupeMs: 30 * DAY, clock: clockOf(clock) })

/** A clock that a thread can read, too. */
function sharedClock(start: number): { now: number; buffer: SharedArrayBuffer } {
  const buffer = new SharedArrayBuffer(8)
  const cell = new Float64Array(buffer)
  cell[0] = start
  return {
    buffer,
    get now() {
      return cell[0]!
    },
    set now(ms: number) {
      cell[0] = ms
    },
  }
}

async function fixtureOf(
  open: (path: string, clock: ReturnType<typeof sharedClock>) => Promise<Store>,
): Promise<StoreFixture> {
  const dir = mkdtempSync(join(tmpdir(), 'pombo-store-'))
  const clock = sharedClock(Date.UTC(2026, 10, 1))
  let store = await open(join(dir, 'hub.db'), clock)
  return {
    store,
    clock,
    async reopen() {
      await store.close()
      store = await open(join(dir, 'hub.db'), clock)
      return store
    },
    async close() {
      await store.close()
      rmSync(dir, { recursive: true })
    },
  }
}

const inThread = (path: string, clock: ReturnType<typeof sharedClock>) =>
  openSqliteThread({
    path,
    log: silent,
    dedupeMs: 30 * DAY,
    clock: clockOf(clock),
    sharedClock: clock.buffer,
  })

for (const suite of [
  storeConformance,
  sendConformance,
  monitorConformance,
  accessConformance,
  watchConformance,
  registryConformance,
]) {
  suite('SQLite', () => fixtureOf(openAt))
  // The model is the same; what differs is the way to it.
  suite('SQLite with its writer in a thread', () => fixtureOf(inThread), { modelRuns: 3 })
}

test('a thread tells why it could not open, with the same error', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'pombo-thread-'))
  const clock = sharedClock(0)
  const open = () =>
    openSqliteThread({ path: join(dir, 'hub.db'), log: silent, dedupeMs: DAY, clock: clockOf(clock) })
  const store = await open()
  await expect(open()).rejects.toMatchObject({ name: 'HubError', code: 'E_STORE_LOCKED' })
  await store.close()
  await expect(store.ping()).rejects.toMatchObject({ code: 'E_STORE_UNAVAILABLE' })
  rmSync(dir, { recursive: true })
})

const ana = person('5511911110001')
const hello = {
  instance: 'support' as InstanceId,
  to: ana,
  claim: false,
  command: {
    id: '00000000-0000-7000-8000-000000000001' as CommandId,
    command: { type: 'text' as const, to: ana.address as Address, text: 'hi' },
    typingMs: 0,
    ignoreOwner: true,
  },
}

describe('a SQLite file', () => {
  let dir: string
  const clock = { now: Date.UTC(2026, 10, 1) }
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'pombo-sqlite-'))
  })
  afterEach(() => rmSync(dir, { recursive: true }))

  test('belongs to one process at a time', async () => {
    const path = join(dir, 'hub.db')
    const store = await openAt(path, clock)
    await expect(openAt(path, clock)).rejects.toMatchObject({ code: 'E_STORE_LOCKED' })
    await store.close()
    await (await openAt(path, clock)).close()
  })

  test('written by a newer program is not touched', async () => {
    const path = join(dir, 'hub.db')
    await (await openAt(path, clock)).close()
    const db = new DatabaseSync(path)
    db.exec("insert into migration values ('9999_future', 0)")
    db.close()
    await expect(openAt(path, clock)).rejects.toMatchObject({ code: 'E_STORE_NEWER' })
  })

  test('written by an earlier program is brought up to date, and nothing in it is lost', async () => {
    const path = join(dir, 'hub.db')
    const old = new SqliteEngine({ path, clock: clockOf(clock) })
    await old.write(async (db) => {
      for (const statement of spine.statements(sqliteTypes)) await statement.execute(db)
      await sql`create table migration (name text primary key, applied_at integer not null)`.execute(db)
      await sql`insert into migration values (${spine.name}, 0)`.execute(db)
      await sql`insert into contact (id, name, created_at) values (1, 'Ana', 0)`.execute(db)
      await sql`insert into address values (${ana.address}, 1, 0)`.execute(db)
      await sql`insert into contact_merge (kept, gone, at, detail) values (1, 2, 0, '{"chats":[{"moved":2}]}')`.execute(
        db,
      )
    })
    await old.close()
    const store = await openAt(path, clock)
    await store.enqueue(hello)
    expect(await store.getContact(1 as ContactId)).toMatchObject({ name: 'Ana', addresses: [ana.address] })
    expect(await store.listMerges(1 as ContactId, { limit: 10 })).toMatchObject({ data: [] })
    expect(await store.claimMedia({ limit: 1, leaseMs: 1000 })).toEqual([])
    expect(await store.claimUnknown({ limit: 1, leaseMs: 1000 })).toEqual([])
    await store.close()
  })

  test('that is no database is said to be none', async () => {
    const path = join(dir, 'hub.db')
    copyFileSync(new URL(import.meta.url).pathname, path)
    await expect(openAt(path, clock)).rejects.toMatchObject({ code: 'E_STORE_OPEN' })
  })

  test('put back from a copy made during the last run is recognised, too', async () => {
    const path = join(dir, 'hub.db')
    const store = await openAt(path, clock)
    await store.enqueue(hello)
    const db = new DatabaseSync(path, { readOnly: true })
    db.exec(`vacuum into '${join(dir, 'copy')}'`)
    db.close()
    await store.mark()
    await store.close()
    for (const file of ['hub.db-wal', 'hub.db-shm']) rmSync(join(dir, file), { force: true })
    copyFileSync(join(dir, 'copy'), path)
    const restored = await openAt(path, clock)
    expect(await restored.getCommand(hello.command.id)).toMatchObject({ state: 'held' })
    await restored.close()
  })

  test('in a folder that cannot be is said to be there', async () => {
    writeFileSync(join(dir, 'file'), '')
    await expect(openAt(join(dir, 'file', 'hub.db'), clock)).rejects.toMatchObject({ code: 'E_STORE_OPEN' })
  })

  test('put back from an older copy sends nothing by itself', async () => {
    const path = join(dir, 'hub.db')
    let store = await openAt(path, clock)
    const { id } = await store.enqueue(hello)
    await store.close()
    for (const file of readdirSync(dir))
      if (file.startsWith('hub.db') && !file.includes('boot'))
        copyFileSync(join(dir, file), join(dir, `copy-${file}`))
    await (await openAt(path, clock)).close()
    for (const file of readdirSync(dir))
      if (file.startsWith('copy-')) copyFileSync(join(dir, file), join(dir, file.slice(5)))
    store = await openAt(path, clock)
    expect(await store.getCommand(id)).toMatchObject({ state: 'held' })
    await store.close()
    store = await openAt(path, clock)
    await store.accept([arrival(textEvent(ana, 'M1'))])
    expect((await store.listEvents({ limit: 5 })).data).toHaveLength(1)
    await store.close()
  })
})
