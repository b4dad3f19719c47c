import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../../test/free-port.ts'
import { says, somebody, TestNode, until } from '../../../test/nodes.ts'
import { type PostgresServer, startPostgres, withClient } from '../../../test/postgres/server.ts'

describe('a server that goes away', () => {
  let folder: string
  let port: number
  let server: PostgresServer
  let node: TestNode
  const start = () => startPostgres({ version: '18', durable: false, folder, port })
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pombo-outage-'))
    port = await freePort()
    server = await start()
    node = await TestNode.open(await server.createDatabase('outage'))
  })
  afterAll(async () => {
    await node.store.close()
    await server.stop('immediate')
    await rm(folder, { recursive: true, force: true })
  })
  const ana = somebody(1)

  test('a commit whose wait for a standby was cancelled is not acknowledged', async () => {
    await withClient(server.url, async (client) => {
      await client.query(`alter system set synchronous_standby_names = 'nobody'`)
      await client.query('select pg_reload_conf()')
      await sleep(100)
      const answer = node.accept(says(ana, 'cancelled')).catch((error: unknown) => error)
      const cancelled = async () => {
        const { rows } = await client.query(
          `select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'`,
        )
        return rows.length > 0
      }
      await until('it waits for the standby', cancelled)
      expect(await answer).toMatchObject({ code: 'E_STORE_UNAVAILABLE' })
      await client.query('alter system reset synchronous_standby_names')
      await client.query('select pg_reload_conf()')
      await sleep(100)
    })
    // It is there all the same; the one who sends it again hears so, after a commit that stands on its own.
    expect(await node.accept(says(ana, 'cancelled'))).toEqual([{ accepted: 0, duplicates: 1 }])
  })

  test('for 3 s: calls wait, and succeed', async () => {
    const before = performance.now()
    await server.stop('fast')
    const answers = Promise.all(Array.from({ length: 20 }, (_, i) => node.accept(says(ana, `during${i}`))))
    await sleep(3_000)
    server = await start()
    const counts = (await answers).flat()
    const tookMs = performance.now() - before
    expect(counts.every(({ accepted }) => accepted === 1)).toBe(true)
    expect(tookMs).toBeGreaterThan(3_000)
    expect(tookMs).toBeLessThan(7_000)
    expect((await node.claim(5, 50))[0]!.events.length).toBeGreaterThanOrEqual(20)
  }, 20_000)

  test('for longer: calls are told so after 8 s', async () => {
    await server.stop('immediate')
    const before = performance.now()
    const ends = await Promise.allSettled([
      node.accept(says(ana, 'lost')),
      node.claim(),
      node.claimSends(),
      node.store.listEvents({ limit: 1 }),
    ])
    const tookMs = performance.now() - before
    for (const end of ends) expect(end).toMatchObject({ reason: { code: 'E_STORE_UNAVAILABLE' } })
    expect(tookMs).toBeGreaterThan(7_500)
    expect(tookMs).toBeLessThan(10_000)
    server = await start()
    expect(await node.accept(says(ana, 'lost'))).toEqual([{ accepted: 1, duplicates: 0 }])
  }, 30_000)
})
