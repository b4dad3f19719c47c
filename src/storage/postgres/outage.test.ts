import { EventEmitter, once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../test/postgres/database.ts'
import { Link } from '../../../test/postgres/link.ts'
import { withClient } from '../../../test/postgres/server.ts'
import type { InstanceId } from '../../core/ids.ts'
import { systemClock } from '../../platform/clock.ts'
import { createLogger } from '../../platform/log.ts'
import { Announcements } from './announcements.ts'
import { Connections } from './connections.ts'
import { openPostgresStore } from './open.ts'

const log = createLogger({ level: 'silent' })

describe('a way to the database that breaks', () => {
  let database: FreshDatabase
  let link: Link
  let url: string

  beforeAll(async () => {
    database = await freshDatabase('18')
    link = new Link(Number(new URL(database.url).port))
    await link.open()
    const through = new URL(database.url)
    through.port = String(link.port)
    url = through.href
  })
  afterAll(async () => {
    link.close()
    await database.drop()
  })

  test('in the middle of a commit is told as a store that is away, so that whoever asked asks again', async () => {
    const { store } = await openPostgresStore({ url, clock: systemClock, log, dedupeMs: 86_400_000 })
    try {
      await withClient(database.url, (client) =>
        client.query(`create function slow() returns trigger language plpgsql as
            $$ begin perform pg_sleep(0.5); return null; end $$;
          create constraint trigger slow after insert on meta deferrable initially deferred
            for each row execute function slow()`),
      )
      const commit = store.ping()
      const told = expect(commit).rejects.toMatchObject({ code: 'E_STORE_UNAVAILABLE' })
      await new Promise((resolve) => setTimeout(resolve, 250))
      link.cut()
      await told
      await link.open()
      await store.ping()
    } finally {
      await store.close()
    }
  })

  test('without telling anybody costs as long as the longest statement, and no more', async () => {
    const connections = new Connections({ url, size: 2, clock: systemClock, log, silenceMs: 300 })
    const ask = async () => {
      const session = await connections.connect()
      try {
        return (await session.query('select 1 as one')).rows
      } finally {
        session.release()
      }
    }
    try {
      await Promise.all([ask(), ask()])
      link.forget()
      const lost = { code: 'E_STORE_UNAVAILABLE' }
      await Promise.all([
        expect(ask()).rejects.toMatchObject(lost),
        expect(ask()).rejects.toMatchObject(lost),
      ])
      expect(await ask()).toEqual([{ one: 1 }])
    } finally {
      await connections.end()
    }
  })

  test('without telling anybody makes no node deaf, nor keeps it from ending', async () => {
    const node = (self: string) => {
      const connections = new Connections({ url, size: 2, clock: systemClock, log })
      const announcements = new Announcements({
        channel: 'pombo_test',
        connections,
        url,
        self,
        clock: systemClock,
        log,
        checkMs: 200,
      })
      return { connections, announcements }
    }
    const [here, there] = [node('here'), node('there')]
    const heard = new EventEmitter()
    here.announcements.onAnnounced(({ instances }) => heard.emit(instances.join()))
    await once(heard, '')
    link.forget()
    const again = once(heard, 'sales', { signal: AbortSignal.timeout(5_000) })
    // Once it listens again, it takes it that there is something of everybody's.
    await once(heard, '', { signal: AbortSignal.timeout(5_000) })
    there.announcements.announce({ queues: [], instances: ['sales' as InstanceId] })
    await again
    // A statement under way would be waited for.
    await new Promise((resolve) => setTimeout(resolve, 200))
    link.forget()
    const begun = performance.now()
    await Promise.all([here, there].map(({ announcements }) => announcements.close()))
    await Promise.all([here, there].map(({ connections }) => connections.end()))
    expect(performance.now() - begun).toBeLessThan(2_000)
  })

  test('with the very greeting is a connection that was not there', async () => {
    const fatal = 'SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0'
    const greeting = [
      packet('R', Buffer.alloc(4)),
      packet('K', Buffer.alloc(8)),
      packet('Z', Buffer.from('I')),
      packet('E', Buffer.from(fatal)),
    ]
    let visits = 0
    const door = createServer((near) => {
      near.on('error', () => {})
      if (visits++ === 0) near.once('data', () => near.end(Buffer.concat(greeting)))
      else near.pipe(connect(link.port, '127.0.0.1').on('error', () => {})).pipe(near)
    }).listen(0, '127.0.0.1')
    await once(door, 'listening')
    const behind = new URL(url)
    behind.port = String((door.address() as AddressInfo).port)
    const connections = new Connections({ url: behind.href, size: 1, clock: systemClock, log })
    try {
      const session = await connections.connect()
      session.release()
      expect(visits).toBe(2)
    } finally {
      await connections.end()
      door.close()
    }
  })
})

/** As PostgreSQL spells one: its letter, its length, what it says. */
function packet(letter: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length + 4)
  return Buffer.concat([Buffer.from(letter), length, body])
}
