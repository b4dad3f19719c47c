import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../test/postgres/database.ts'
import { arrival, person, textEvent } from '../../../test/store-conformance.ts'
import type { Logger } from '../../core/ports.ts'
import { systemClock } from '../../platform/clock.ts'
import { migrate } from '../migrate.ts'
import { nodeRows } from '../nodes.ts'
import { Connections } from './connections.ts'
import { PostgresEngine, postgresTypes } from './engine.ts'
import { openPostgresStore } from './open.ts'
import { WITHOUT_LIMIT } from './session.ts'

const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }
let database: FreshDatabase
let engine: PostgresEngine
beforeAll(async () => {
  database = await freshDatabase('18')
  engine = new PostgresEngine({ url: database.url, size: 6, clock: systemClock, log })
  await migrate(engine, postgresTypes, 0)
  await sql`create table thing (id int primary key, n int)`.execute(engine.read)
})
afterAll(async () => {
  await engine.close()
  await database.drop()
})
beforeEach(() => sql`truncate thing`.execute(engine.read))

test('of a transaction whose parts fail together the first failure is told, so that a lost race runs again', async () => {
  await sql`insert into thing values (1, 0)`.execute(engine.read)
  let runs = 0
  await expect(
    engine.write(async (db) => {
      runs += 1
      const deep = async () => {
        await sql`select 1`.execute(db)
        await sql`insert into thing values (1, 0)`.execute(db)
      }
      const shallow = async () => {
        for (let i = 0; i < 6; i++) await sql`select ${i}`.execute(db)
      }
      await Promise.all([shallow(), deep()])
    }),
  ).rejects.toMatchObject({ code: '23505' })
  expect(runs).toBeGreaterThan(8)
})

test('tables that a newer node has migrated do not trouble connections that know them as they were', async () => {
  const read = () =>
    engine.write(async (db) => (await sql`select * from thing where id = ${1}`.execute(db)).rows)
  await sql`insert into thing values (1, 0)`.execute(engine.read)
  for (let i = 0; i < 3; i++) await read()
  await sql`alter table thing add column added text default 'new'`.execute(engine.read)
  expect(await read()).toEqual([{ id: 1, n: 0, added: 'new' }])
})

test('only a transaction that asks for it may take its time', async () => {
  const connections = new Connections({ url: database.url, size: 1, clock: systemClock, log, silenceMs: 300 })
  try {
    await connections.use(async (session) => {
      await session.begin()
      await session.query(WITHOUT_LIMIT)
      await session.query('select pg_sleep(0.5)')
      await session.commit()
    })
    await expect(connections.use((session) => session.query('select pg_sleep(1)'))).rejects.toMatchObject({
      code: 'E_STORE_UNAVAILABLE',
    })
  } finally {
    await connections.end()
  }
})

test('the smallest pool is enough for many who begin at once', async () => {
  const { store } = await openPostgresStore({
    url: database.url,
    poolSize: 2,
    clock: systemClock,
    log,
    dedupeMs: 1e9,
  })
  try {
    const all = Array.from({ length: 8 }, (_, i) => {
      const who = person(`55119111100${10 + i}`)
      return store.accept([arrival(textEvent(who, `S${i}`))])
    })
    expect((await Promise.all(all)).flat().map(({ accepted }) => accepted)).toEqual(Array(8).fill(1))
  } finally {
    await store.close()
  }
})

test('a node that was not heard itself for a while gives nobody up', async () => {
  const node = (id: string) => ({ id, roles: ['worker'] as const, host: 'h', version: '1', startedAt: 1 })
  const [judge, other] = [nodeRows(engine, Date.now), nodeRows(engine, Date.now)]
  await other.heartbeat(node('other'))
  await judge.heartbeat(node('judge'))
  await sql`update node set seen_at = seen_at - 20000`.execute(engine.read)
  expect(await judge.bury(6_000)).toEqual([])
  await judge.heartbeat(node('judge'))
  expect((await judge.bury(6_000)).map(({ id }) => id)).toEqual(['other'])
  await judge.leave('judge')
})
