import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../platform/clock.ts'
import type { Db } from '../dialect.ts'
import { migrate } from '../migrate.ts'
import { SqliteEngine, sqliteTypes } from './engine.ts'

let dir: string
let engine: SqliteEngine
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'pombo-engine-'))
  engine = new SqliteEngine({ path: join(dir, 'hub.db'), clock: systemClock })
  await migrate(engine, sqliteTypes, 0)
})
afterEach(async () => {
  await engine.close()
  rmSync(dir, { recursive: true })
})

const note = (db: Db, key: string) => sql`insert into meta (key, value) values (${key}, '')`.execute(db)
const noted = async (like: string): Promise<string[]> => {
  const rows = await engine.read.selectFrom('meta').select('key').where('key', 'like', like).execute()
  return rows.map(({ key }) => key)
}

/** One part fails while the other one, which does not know, goes on writing through `db` and beside it. */
const goesOn = (db: Db) => {
  const late = async () => {
    for (let i = 0; i < 5; i++) {
      await note(db, `late ${i}`)
      await engine.insert(db, 'meta', ['key', 'value'], [[`late too ${i}`, '']])
      await engine.reserveIds(db, 'event', 1)
    }
  }
  return Promise.all([late(), sql`insert into meta (key, value) values ('bad', null)`.execute(db)])
}

test('a part of a transaction that goes on while another part fails writes nothing: alone', async () => {
  await expect(engine.write(goesOn)).rejects.toThrow('NOT NULL')
  await engine.write((db) => note(db, 'next'))
  expect(await noted('late%')).toEqual([])
  expect(await noted('next')).toEqual(['next'])
})

test('a part of a transaction that goes on while another part fails writes nothing: among others', async () => {
  const ended = await Promise.allSettled([
    engine.write((db) => note(db, 'before')),
    engine.write(goesOn),
    engine.write(async (db) => {
      for (let i = 0; i < 8; i++) await note(db, `after ${i}`)
    }),
    engine.write(goesOn),
  ])
  expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected'])
  expect(await noted('late%')).toEqual([])
  expect(await noted('before')).toHaveLength(1)
  expect(await noted('after%')).toHaveLength(8)
})

test('when the disk is full SQLite takes everything back, and nothing is written after that', async () => {
  await expect(
    engine.write(async (db) => {
      const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(db)
      await sql.raw(`pragma max_page_count = ${rows[0]!.page_count + 4}`).execute(db)
      await note(db, 'full first')
      const big = () =>
        sql`insert into meta (key, value) values ('full big', ${'x'.repeat(500_000)})`.execute(db)
      await Promise.all([big(), ...['a', 'b', 'c'].map((name) => note(db, `full ${name}`))])
    }),
  ).rejects.toThrow('full')
  expect(await noted('full%')).toEqual([])
})
