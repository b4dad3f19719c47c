import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { chatOf, DAY, somebody, TestNode } from '../../../test/nodes.ts'
import { type FreshDatabase, freshDatabase } from '../../../test/postgres/database.ts'

/** A statement finds rows as they stood when it began: what it does to them must go by how they stand. */
describe('rows that change between being found and being changed', () => {
  let database: FreshDatabase
  let node: TestNode
  /** Another node, as far as any moment of a transaction. */
  let raw: pg.Client
  beforeAll(async () => {
    database = await freshDatabase('18')
    node = await TestNode.open(database.url)
  })
  beforeEach(async () => {
    raw = new pg.Client(database.url)
    await raw.connect()
  })
  afterEach(async () => {
    await raw.query('rollback')
    await raw.query('delete from command; delete from outbox; delete from early_receipt')
    await raw.end()
  })
  afterAll(async () => {
    await node.store.close()
    await database.drop()
  })
  const ana = somebody(1)

  /** Does `change` in a transaction that commits only after `work` has had time to come upon it. */
  const meanwhile = async <T>(change: string, work: () => Promise<T>): Promise<T> => {
    await raw.query('begin')
    await raw.query(change)
    const done = work()
    await Promise.race([done, sleep(200)])
    await raw.query('commit')
    return done
  }
  const chatOfNew = async () => {
    await node.enqueue(ana.address, 'hello')
    return chatOf(node.store, ana)
  }
  /** Everything is old enough. */
  const prune = () =>
    node.store.prune({ deliveriesMs: DAY, dedupeMs: DAY, eventsMs: DAY, commandsMs: -60_000 })

  test('retention leaves a command alone that is being sent again', async () => {
    const id = await node.enqueue(ana.address, 'once more')
    await raw.query(`update command set state = 'rejected'`)
    await meanwhile(`update command set state = 'queued'`, prune)
    expect((await node.store.getCommand(id))?.state).toBe('queued')
    await raw.query(`update command set state = 'rejected'`)
    await prune()
    expect(await node.store.getCommand(id)).toBeUndefined()
  })

  test('a node that starts ends no lease of one that starts beside it', async () => {
    const chat = await chatOfNew()
    await raw.query(
      `update lane set holder = 'dead', ready_at = 9e15; update outbox set holder = 'dead', ready_at = 9e15`,
    )
    // It becomes known and takes them over, both at once, while the other one looks for what the dead held.
    const taken = `insert into node (id, roles, host, version, started_at, seen_at) values ('fresh', '', '', '', 0, 9e15);
      update lane set holder = 'fresh', fence = fence + 1; update outbox set holder = 'fresh', fence = fence + 1`
    await meanwhile(taken, () => node.store.recover())
    const { rows } = await raw.query('select l.holder as lane, o.holder as outbox from lane l, outbox o')
    expect(rows).toEqual([{ lane: 'fresh', outbox: 'fresh' }])
    await raw.query('delete from node')
    await node.store.recover()
    const { rows: ended } = await raw.query('select holder from lane union all select holder from outbox')
    expect(ended).toEqual([{ holder: null }, { holder: null }])
    expect((await node.claimSends()).map((send) => send.chat)).toEqual([chat])
  })

  test('what retention takes away at this moment is not said to be sent again', async () => {
    const id = await node.enqueue(ana.address, 'once more')
    await raw.query(`update command set state = 'rejected'`)
    expect(await meanwhile('delete from command', () => node.store.resolveCommand(id, 'resend'))).toBe(false)
  })

  test('retention leaves an early receipt alone whose time is being extended', async () => {
    await raw.query(`insert into early_receipt (instance, message_id, chat_id, status, at, expires_at)
      values ('support', 'M1', 1, 3, 0, 1), ('support', 'M2', 1, 3, 0, 1)`)
    await meanwhile(`update early_receipt set expires_at = 9e15 where message_id = 'M1'`, prune)
    const { rows } = await raw.query('select message_id from early_receipt')
    expect(rows).toEqual([{ message_id: 'M1' }])
  })
})
