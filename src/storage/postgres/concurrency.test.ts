import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  arrivalOf,
  chatOf,
  commandTo,
  DAY,
  loops,
  machineAhead,
  messageIdOf,
  quantile,
  SUPPORT,
  says,
  silent,
  somebody,
  TestNode,
  turnOf,
  until,
} from '../../../test/nodes.ts'
import { nodesConformance } from '../../../test/nodes-conformance.ts'
import { type FreshDatabase, freshDatabase, postgresVersions } from '../../../test/postgres/database.ts'
import { findPgBouncer, startPgBouncer } from '../../../test/postgres/pgbouncer.ts'
import { withClient } from '../../../test/postgres/server.ts'
import type { Done } from '../../../test/stopped-node.ts'
import type { Address } from '../../core/address.ts'
import type { ChatId, InstanceId, MessageId } from '../../core/ids.ts'
import type { Logger } from '../../core/ports.ts'
import { hashParts } from '../../core/signature.ts'
import { systemClock } from '../../platform/clock.ts'
import type { Db } from '../dialect.ts'
import { PostgresEngine } from './engine.ts'

for (const version of postgresVersions()) {
  nodesConformance(`PostgreSQL ${version}`, async () => {
    const database = await freshDatabase(version)
    return {
      open: () => TestNode.open(database.url),
      deadlocks: () => deadlocksOf(database.url),
      empty: () => empty(database.url),
      close: () => database.drop(),
    }
  })
}

describe('several nodes on one database', () => {
  let database: FreshDatabase
  let a: TestNode
  let b: TestNode
  /** A session of its own, to hold locks and to look. */
  let raw: pg.Client
  beforeAll(async () => {
    database = await freshDatabase('18')
    a = await TestNode.open(database.url)
    b = await TestNode.open(database.url)
  })
  beforeEach(async () => {
    raw = new pg.Client(database.url)
    raw.on('error', () => {})
    await raw.connect()
  })
  afterEach(async () => {
    await raw.end()
    await empty(database.url)
  })
  afterAll(async () => {
    await Promise.all([a.store.close(), b.store.close()])
    await database.drop()
  })
  const ana = somebody(1)
  const numberOf = async (text: string, values: unknown[] = []): Promise<number> =>
    Number(Object.values((await raw.query<Record<string, string>>(text, values)).rows[0]!)[0])

  test('a process stopped at any await of claim, turn, commit, mark and send does nothing twice, and holds nobody up', async () => {
    const stops = 40
    const child = spawn(process.execPath, [STOPPED_NODE, database.url, String(stops)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    try {
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
      expect((await lines.next()).value).toBe('parked')
      child.kill('SIGSTOP')
      // Its leases, and its transactions, which the server ends after 2 s.
      const stopped = performance.now()
      await sleep(2_100)
      const done: Done = { committed: [], stale: 0, sent: [], late: 0 }
      await until('its work is taken over', () => takeOver(a, done, stops))
      const tookMs = performance.now() - stopped
      child.kill('SIGCONT')
      child.stdin.end('go on\n')
      const woken = JSON.parse(String((await lines.next()).value)) as Done
      await once(child, 'exit')

      const committed = [...done.committed, ...woken.committed]
      expect(new Set(committed).size).toBe(committed.length)
      expect(committed).toHaveLength(stops)
      const sent = [...done.sent, ...woken.sent]
      expect(new Set(sent).size).toBe(sent.length)
      const { data } = await a.store.listCommands({ limit: 200 })
      expect(data).toHaveLength(stops)
      for (const { id, state } of data) {
        if (sent.includes(id)) expect(state).toBe('sent')
        // Marked, and never sent: nobody can know that.
        else expect(state).toBe('unknown')
      }
      // It was stopped everywhere: before its commits, and between mark and send.
      expect(woken.stale).toBeGreaterThan(0)
      expect(woken.late).toBeGreaterThan(0)
      expect(tookMs).toBeLessThan(6_000)
    } finally {
      child.kill('SIGCONT')
      child.kill('SIGKILL')
    }
  }, 30_000)

  test('without the limit on idle transactions a stopped process would hold its chat; with it, for 2 s', async () => {
    await a.accept(says(ana, 'M1'))
    const claimWithin = async (ms: number) => {
      await raw.query(`set idle_in_transaction_session_timeout = ${ms}; begin`)
      await raw.query('update lane set fence = fence')
      await sleep(300)
      return (await b.claim()).length
    }
    expect(await claimWithin(0)).toBe(0)
    await raw.query('rollback')
    expect(await claimWithin(100)).toBe(1)
  })

  test('without the fence a late commit would be written; with it, it is not', async () => {
    await a.accept(says(ana, 'M1'))
    const [old] = await a.claim()
    await raw.query('update lane set ready_at = 0')
    const [fresh] = await b.claim()
    const { rowCount: unfenced } = await raw.query('update lane set ready_at = ready_at where id = $1', [
      old!.lane,
    ])
    const { rowCount: fenced } = await raw.query(
      'update lane set ready_at = ready_at where id = $1 and fence = $2',
      [old!.lane, old!.fence],
    )
    expect([unfenced, fenced]).toEqual([1, 0])
    expect(await a.finish(old!)).toEqual([{ type: 'stale' }])
    expect(await b.finish(fresh!)).toMatchObject([{ type: 'committed' }])
    expect(await a.finish(old!)).toEqual([{ type: 'stale' }])
  })

  test('claiming and reading in one statement would hand out what is done; in two it does not', async () => {
    const claimAndRead = `with c as (select id from lane where ready_at is not null for update)
      update lane set fence = lane.fence + 1 from c where lane.id = c.id
      returning (select count(*) from event e where e.lane_id = lane.id and e.status = 'pending') as n`
    // Another node's commit, as far as the moment before it returns.
    const committing = new pg.Client(database.url)
    await committing.connect()
    const handleMeanwhile = async <T>(claim: () => Promise<T>): Promise<T> => {
      await a.accept(says(ana, `M${Math.random()}`))
      await committing.query(`begin; update lane set head = next_place, ready_at = 1, fence = fence + 1;
        update event set status = 'done'`)
      const claimed = claim()
      await sleep(100)
      await committing.query('commit')
      return claimed
    }
    const old = await handleMeanwhile(() => raw.query<{ n: string }>(claimAndRead))
    expect(old.rows).toEqual([{ n: '1' }])
    expect(await handleMeanwhile(() => b.claim())).toEqual([])
    expect((await b.claim()).map((lane) => lane.events)).toEqual([[]])
    await committing.end()
  })

  test('a duplicate waits for the original: it is one only if that was committed', async () => {
    const event = says(ana, 'M1')
    for (const end of ['rollback', 'commit'] as const) {
      await raw.query('begin')
      await raw.query('insert into dedupe (key, expires_at) values ($1, $2)', [event.key, 9e15])
      let answered = false
      const answer = b.accept(event).finally(() => {
        answered = true
      })
      await sleep(150)
      expect(answered).toBe(false)
      await raw.query(end)
      expect(await answer).toEqual([
        end === 'rollback' ? { accepted: 1, duplicates: 0 } : { accepted: 0, duplicates: 1 },
      ])
      await raw.query('delete from dedupe')
    }
  })

  test('states that repeat and grow old at two nodes at once, in any order: no deadlock', async () => {
    const states = Array.from({ length: 12 }, (_, i) =>
      says(somebody(i), 'S', { identity: i < 8 ? 'state' : 'fact', key: hashParts([`state ${i}`]) }),
    )
    const end = performance.now() + 800
    await loops(
      [
        ...[a, b, a, b].map((node) => () => node.accept(...states.toSorted(() => Math.random() - 0.5))),
        // They grow old, locked in the order everybody keeps; and retention looks for what has.
        () =>
          raw
            .query(
              `with old as materialized (select key from dedupe where random() < 0.3 order by key for update)
              update dedupe set expires_at = 0 where key in (select key from old)`,
            )
            .then(() => sleep(5)),
        () => b.store.prune({ deliveriesMs: DAY, dedupeMs: DAY, eventsMs: DAY, commandsMs: DAY }),
      ],
      () => performance.now() > end,
    )
    expect(await deadlocksOf(database.url)).toEqual([])
  })

  test.each([
    ['an address longer than an index takes', { address: `group:${noise(6_000)}` as Address, aliases: [] }],
    ['a time that is no number', { at: Number.NaN }],
  ])('%s, in a batch of 64: 63 are accepted, one is unknown', async (_, fault) => {
    const batch = Array.from({ length: 64 }, (_, i) => {
      const chat = i === 20 && 'address' in fault ? (fault as typeof ana) : somebody(i)
      return arrivalOf(says(chat, 'M1', i === 20 && 'at' in fault ? { at: fault.at } : {}))
    })
    expect((await a.store.accept(batch)).every(({ accepted }) => accepted === 1)).toBe(true)
    expect(await numberOf(`select count(*) from event where kind = 'unknown'`)).toBe(1)
    expect(await numberOf(`select count(*) from event where kind = 'message'`)).toBe(63)
    expect(await numberOf('select count(*) from delivery')).toBe(64)
  })

  test('NUL and halves of characters do not make an event unknown', async () => {
    const text = 'a\0b\ud800c'
    const fact = {
      kind: 'message',
      message: { id: 'M1' as MessageId, content: { type: 'text', text } },
    } as const
    await a.accept(says({ ...ana, name: text }, 'M1', { fact }))
    expect(await a.work()).toBe(1)
    const { data } = await a.store.listMessages(await chatOf(a.store, ana), { limit: 5 })
    expect(data).toHaveLength(1)
  })

  test('what the log refuses does not stop its chat for good', async () => {
    const poison = says(ana, noise(6_000))
    await a.accept(poison, says(ana, 'M2'))
    const [lane] = await a.claim()
    await expect(a.finish(lane!)).rejects.toThrow()
    const { log, place, fence, event } = turnOf(lane!, 0)
    const failure = { lane: lane!.lane, instance: SUPPORT, fence, event, place, attempt: 8, error: 'x' }
    expect(await a.store.failTurn({ ...failure, retryAt: null, log })).toBe('recorded')
    expect((await b.claim()).map(({ events }) => events.length)).toEqual([1])
  })

  test('a race that is lost over and over is no fault of the data', async () => {
    await raw.query(`create function loses() returns trigger language plpgsql as
      $$ begin raise exception 'again' using errcode = '40001'; end $$;
      create trigger loses before insert on event for each row execute function loses()`)
    const answer = await a.accept(says(ana, 'M1')).catch((error: unknown) => error)
    await raw.query('drop function loses cascade')
    expect(answer).toMatchObject({ code: 'E_STORE_UNAVAILABLE' })
    expect(await a.accept(says(ana, 'M1'))).toEqual([{ accepted: 1, duplicates: 0 }])
  })

  test('a part of a transaction that goes on while another part fails writes nothing', async () => {
    const engine = new PostgresEngine({ url: database.url, size: 1, clock: systemClock, log: silent })
    for (let round = 0; round < 30; round++) {
      const goesOn = async (db: Db) => {
        for (let i = 0; i < 5; i++) {
          await sql`insert into meta (key, value) values (${`late ${round} ${i}`}, '')`.execute(db)
        }
      }
      const work = (db: Db) => Promise.all([goesOn(db), sql`select 1 / 0`.execute(db)])
      await expect(engine.write(work)).rejects.toThrow('division by zero')
    }
    await engine.close()
    expect(await numberOf(`select count(*) from meta where key like 'late %'`)).toBe(0)
  })

  test('an address learnt while its contact was being merged leads to who stands', async () => {
    const lid = 'private:1' as Address
    await a.accept(says(ana, 'M1'), says({ address: lid, aliases: [] }, 'M2'))
    await a.accept(says({ ...ana, aliases: [lid] }, 'M3'))
    await raw.query(`insert into address (address, contact_id, created_at)
      select 'private:2', id, 0 from contact where merged_into is not null`)
    await a.accept(says({ address: 'private:2' as Address, aliases: [] }, 'M4'))
    expect(await numberOf(`select count(*) from event where kind = 'unknown'`)).toBe(0)
    expect((await a.claim()).map((lane) => lane.events.map((_, i) => messageIdOf(lane, i)))).toEqual([
      ['M1', 'M2', 'M3', 'M4'],
    ])
  })

  test('what is queued while its chat is merged goes into the chat that stands', async () => {
    const lid = 'private:1' as Address
    await a.accept(says(ana, 'M1'), says({ address: lid, aliases: [] }, 'M2'))
    while ((await a.work()) > 0);
    const key = 'once'
    // Holds the queueing up between finding the chat and writing the command.
    await raw.query('begin')
    await raw.query(
      `insert into command (id, key, instance, chat_id, type, state, body, created_at)
       values ('x', $1, 'support', 0, 'text', 'queued', '{}', 0)`,
      [key],
    )
    const command = { ...commandTo(lid, 'hello'), key }
    const queued = a.store.enqueue({
      instance: SUPPORT,
      to: { address: lid, aliases: [] },
      command,
      claim: false,
    })
    await sleep(150)
    const merging = b.accept(says({ ...ana, aliases: [lid] }, 'M3'))
    await Promise.race([merging, sleep(500)])
    await raw.query('rollback')
    await Promise.all([queued, merging])
    await until('they are one', async () => (await b.store.mergePending()) === 0)
    const [send] = await b.claimSends()
    expect(send?.chat).toBe(await chatOf(b.store, ana))
  })

  /** Until so many sessions of this database wait for a lock. */
  const waitFor = (count: number) =>
    until(`${count} wait for a lock`, () =>
      withClient(database.url, async (client) => {
        const { rows } = await client.query<{ n: string }>(`select count(*) as n from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`)
        return Number(rows[0]!.n) === count
      }),
    )

  test('what arrives or is queued while its merge is undone goes where all goes that comes after it', async () => {
    const lid = somebody(2)
    const contactOf = async (chat: ChatId) => (await a.store.getChat(chat))!.contact!
    await a.accept(says(ana, 'M1'), says(lid, 'M2'))
    await a.accept(says({ ...ana, aliases: [lid.address] }, 'M3'))
    while ((await a.work()) > 0);
    const kept = await chatOf(a.store, lid)
    expect(kept).toBe(await chatOf(a.store, ana))
    const { data } = await a.store.listMerges(await contactOf(kept), { limit: 1 })
    // Both know whose the address is, and wait for that lane behind the undo.
    await raw.query('begin')
    await raw.query('select 1 from lane where id = $1 for update', [kept])
    const undone = a.store.undoMerge(data[0]!.id)
    await waitFor(1)
    const accepted = b.accept(says(lid, 'M4'))
    await waitFor(2)
    const queued = b.enqueue(lid.address, 'hello')
    await waitFor(3)
    await raw.query('commit')
    expect(await undone).toBe('undone')
    await Promise.all([accepted, queued])
    await a.accept(says(lid, 'M5'))

    const own = await chatOf(a.store, lid)
    expect(own).not.toBe(kept)
    const claimed = await a.claim()
    expect(claimed.map((lane) => [lane.lane, lane.events.map((_, i) => messageIdOf(lane, i))])).toEqual([
      [own, ['M4', 'M5']],
    ])
    const contact = await contactOf(own)
    expect(claimed[0]!.events.map((event) => event.contact?.id)).toEqual([contact, contact])
    expect((await a.claimSends()).map(({ chat }) => chat)).toEqual([own])
  })

  test('no undo goes past a chat that is just being made', async () => {
    const lid = somebody(2)
    const sales = 'sales' as InstanceId
    await a.accept(says(ana, 'M1'), says(lid, 'M2'))
    await a.accept(says({ ...ana, aliases: [lid.address] }, 'M3'))
    while ((await a.work()) > 0);
    const { contact } = (await a.store.getChat(await chatOf(a.store, lid)))!
    const { data } = await a.store.listMerges(contact!, { limit: 1 })
    // Holds the accept up between finding out whose the address is and making the lane.
    await raw.query('begin')
    await raw.query('insert into lane (key, instance) values ($1, $2)', [`sales/c${contact}`, sales])
    const accepted = b.store.accept([{ ...arrivalOf(says(lid, 'M4')), instance: sales }])
    await waitFor(1)
    expect(await a.store.undoMerge(data[0]!.id)).toBe('busy')
    await raw.query('rollback')
    await accepted
    expect(await a.store.undoMerge(data[0]!.id)).toBe('undone')
    const [lane] = await a.claim()
    expect([lane!.instance, lane!.lane]).toEqual([sales, await chatOf(a.store, lid, sales)])
    expect((await a.store.getChat(lane!.chat!.id))?.contact).not.toBe(contact)
  })

  test('after an undo nobody waits for the unknown send of the other one', async () => {
    const lid = 'private:1' as Address
    await a.accept(says(ana, 'M1'), says({ address: lid, aliases: [] }, 'M2'))
    while ((await a.work()) > 0);
    await a.enqueue(lid, 'in doubt')
    const [send] = await a.claimSends()
    const { id, chat, fence } = send!
    const result = { end: 'unknown', reason: 'no answer' } as const
    await a.store.settle([{ id, chat, fence, at: a.clock.now(), result, retryAt: null }])
    await a.accept(says({ ...ana, aliases: [lid] }, 'M3'))
    while ((await a.work()) > 0);
    await a.enqueue(ana.address, 'waits')
    const kept = await chatOf(a.store, ana)
    const { data } = await a.store.listMerges((await a.store.getChat(kept))!.contact!, { limit: 1 })
    expect(await a.claimSends()).toEqual([])
    expect(await a.store.undoMerge(data[0]!.id)).toBe('undone')
    expect((await a.claimSends()).map((one) => one.command)).toMatchObject([{ text: 'waits' }])
  })

  test('a turn that gives the chat up while a person takes it leaves it to the person, and says nothing after', async () => {
    await a.accept(says(ana, 'M1'), says(ana, 'M2'))
    await a.enqueue(ana.address, 'first')
    const [lane] = await a.claim()
    const commands = [commandTo(ana.address, 'a colleague will answer')]
    // Holds the commit up after it has looked who owns the chat.
    await raw.query('begin; select 1 from outbox for update')
    const turn = a.store.commitTurns([turnOf(lane!, 0, { commands, owner: 'nobody' })])
    await sleep(150)
    const taken = b.store.setOwner(lane!.lane, 'person')
    await Promise.race([taken, sleep(150)])
    await raw.query('commit')
    await Promise.all([turn, taken])
    expect((await b.store.getChat(lane!.lane))?.owner).toBe('person')
    // Nor one that had been decided before, and is committed only now.
    expect(await a.store.commitTurns([turnOf(lane!, 1, { owner: 'bot' })])).toMatchObject([
      { type: 'committed' },
    ])
    expect((await b.store.getChat(lane!.lane))?.owner).toBe('person')
    await Promise.all((await b.claimSends()).map((send) => b.settleSent(send)))
    expect(await b.claimSends()).toEqual([])
    expect((await b.store.getCommand(commands[0]!.id))?.state).toBe('refused')
  })

  test('a slow number with thousands of chats that wait slows no other one down', async () => {
    const slow = 'slow' as InstanceId
    const pacing = new Map([[slow, { minDelayMs: 10_000, maxDelayMs: 10_000 }]])
    for (let n = 0; n < 20; n++) await a.enqueue(somebody(n).address, 'quick')
    const claimMs = async () => {
      const before = performance.now()
      const sends = await a.claimSends({ pacing, limit: 10 })
      return { sends, ms: performance.now() - before }
    }
    await claimMs()
    const alone = await claimMs()
    await raw.query(`
      with l as (insert into lane (key, instance) select 'slow/' || g, 'slow' from generate_series(1, 5000) g returning id),
      c as (insert into chat (id, instance, address, kind) select id, 'slow', 'phone:' || id, 'direct' from l),
      o as (insert into outbox (chat_id, instance, ready_at) select id, 'slow', 1 from l)
      insert into command (id, instance, chat_id, type, state, body, created_at)
      select 'slow' || id, 'slow', id, 'text', 'queued', '{"type":"text","to":"phone:1","text":"x"}', 0 from l`)
    for (let n = 20; n < 40; n++) await a.enqueue(somebody(n).address, 'quick')
    const first = await claimMs()
    const crowded = [await claimMs(), await claimMs(), await claimMs()]
    console.info(
      `claim of sends: ${alone.ms.toFixed(1)} ms; beside 5,000 slow chats: ${crowded.map(({ ms }) => ms.toFixed(1)).join(', ')} ms`,
    )
    const sends = [first, ...crowded].flatMap((one) => one.sends)
    expect(sends.filter(({ instance }) => instance === slow)).toHaveLength(1)
    expect(sends.filter(({ instance }) => instance === SUPPORT)).toHaveLength(20)
    // Nothing goes on from there until the number's next slot, and asking costs next to nothing.
    expect((await claimMs()).sends).toEqual([])
    expect(Math.min(...crowded.map(({ ms }) => ms))).toBeLessThan(10 * alone.ms + 50)
  })

  test('a transaction left open for seconds does not make claims slow', async () => {
    const people = Array.from({ length: 100 }, (_, i) => somebody(i))
    let serial = 0
    const churn = async (ms: number): Promise<number[]> => {
      const claims: number[] = []
      const end = performance.now() + ms
      await loops(
        [a, b].map((node) => async () => {
          await node.accept(...people.map((one) => says(one, `M${++serial}`)).slice(0, 20))
          const before = performance.now()
          const lanes = await node.claim(20)
          claims.push(performance.now() - before)
          await Promise.all(lanes.map((lane) => node.finish(lane)))
        }),
        () => performance.now() > end,
      )
      return claims
    }
    await churn(200)
    const free = await churn(700)
    await raw.query('begin isolation level repeatable read; select count(*) from lane')
    const held = await churn(1_000)
    await raw.query('commit')
    const told = (claims: number[]) =>
      [0.5, 0.99].map((part) => quantile(claims, part).toFixed(1)).join(' / ')
    console.info(`claim p50 / p99: ${told(free)} ms; beside an open snapshot: ${told(held)} ms`)
    expect(quantile(held, 0.5)).toBeLessThan(20 * quantile(free, 0.5) + 50)
  })

  test('machines whose clocks are hours off live by the database: leases, timers and sends are in time', async () => {
    const [early, late] = await Promise.all(
      [-3_600_000, 3_600_000].map((ahead) => TestNode.open(database.url, { machine: machineAhead(ahead) })),
    )
    try {
      expect(Math.abs(early!.clock.now() - late!.clock.now())).toBeLessThan(100)
      await early!.accept(says(ana, 'M1'))
      const [lane] = await early!.claim()
      expect(await late!.claim()).toEqual([])
      await early!.finish(lane!, () => ({
        timers: [{ key: 'idle', at: early!.clock.now() + 400, data: null }],
        commands: [commandTo(ana.address, 'one')],
      }))
      expect(await late!.store.fireDue(10)).toBe(0)
      const [send] = await late!.claimSends()
      expect(await early!.claimSends()).toEqual([])
      await late!.settleSent(send!)
      await until('the timer fires', async () => (await late!.store.fireDue(10)) === 1, 2_000)
      expect(await early!.store.fireDue(10)).toBe(0)
      // State facts are repeats for five minutes, whoever takes them in.
      const state = says(ana, 'S', { identity: 'state', key: hashParts(['connected']) })
      expect(await early!.accept(state)).toEqual([{ accepted: 1, duplicates: 0 }])
      expect(await late!.accept(state)).toEqual([{ accepted: 0, duplicates: 1 }])
    } finally {
      await Promise.all([early!.store.close(), late!.store.close()])
    }
  })

  test('backends that are ended under traffic lose nothing and repeat nothing', async () => {
    const accepted: string[] = []
    const handled: string[] = []
    const refused: unknown[] = []
    let serial = 0
    const end = performance.now() + 1_500
    const patient = (step: () => Promise<unknown>) => () =>
      step().catch((error: { code?: string }) => {
        refused.push(error)
        if (error.code !== 'E_STORE_UNAVAILABLE') throw error
      })
    const worker = (node: TestNode) =>
      patient(async () => {
        for (const lane of await node.claim(5)) {
          for (const [i, { type }] of (await node.finish(lane)).entries())
            if (type === 'committed') handled.push(messageIdOf(lane, i)!)
        }
      })
    const speaker = (node: TestNode) =>
      patient(async () => {
        const id = `M${++serial}`
        await node.accept(says(somebody(serial % 10), id))
        accepted.push(id)
      })
    await loops(
      [
        speaker(a),
        speaker(b),
        worker(a),
        worker(b),
        async () => {
          await sleep(100)
          await raw.query(`select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and random() < 0.5`)
        },
      ],
      () => performance.now() > end,
    )
    // Leases of claims whose answer was lost.
    await raw.query('update lane set ready_at = 0 where ready_at is not null')
    await until('all is handled', async () => {
      await worker(a)()
      return (await a.store.backlog()).events === 0
    })
    console.info(`${accepted.length} accepted, ${refused.length} calls told to come again`)
    expect(handled.length).toBe(new Set(handled).size)
    const { data } = await a.store.listEvents({ limit: 10_000 })
    const stored = data.map(({ fact }) => (fact.kind === 'message' ? fact.message.id : ''))
    expect(accepted.filter((id) => !stored.includes(id as MessageId))).toEqual([])
    expect(new Set(stored).size).toBe(stored.length)
    expect(data.every(({ status }) => status === 'done')).toBe(true)
  })
})

describe('a copy of a database', () => {
  test('sends nothing by itself, and what it copies goes on', async () => {
    const database = await freshDatabase('18')
    const node = await TestNode.open(database.url)
    await node.enqueue(somebody(1).address, 'queued')
    await node.enqueue(somebody(2).address, 'being sent')
    await node.claimSends({ limit: 1 })
    await node.store.close()
    const name = `copy_${database.url.split('_').at(-1)}`
    const copy = new URL(database.url)
    copy.pathname = name
    await withClient(postgresOf(database.url), (client) =>
      client.query(`create database ${name} template ${new URL(database.url).pathname.slice(1)}`),
    )
    const told: object[] = []
    const log: Logger = { ...silent, error: (fields) => told.push(fields), child: () => log }
    const [one, two] = await Promise.all([
      TestNode.open(copy.href, { log }),
      TestNode.open(copy.href, { log }),
    ])
    try {
      expect([...(await one.claimSends()), ...(await two.claimSends())]).toEqual([])
      const { data } = await two.store.listCommands({ limit: 5 })
      expect(data.map(({ state }) => state)).toEqual(['held', 'held'])
      expect(told.filter((fields) => 'held' in fields)).toHaveLength(1)
    } finally {
      await Promise.all([one.store.close(), two.store.close()])
    }
    const again = await TestNode.open(database.url)
    expect((await again.store.listCommands({ limit: 5 })).data.map(({ state }) => state).sort()).toEqual([
      'queued',
      'sending',
    ])
    await again.store.close()
    await withClient(postgresOf(database.url), (client) => client.query(`drop database ${name} with (force)`))
    await database.drop()
  })
})

describe.skipIf(!findPgBouncer())(
  'behind PgBouncer in transaction mode (skipped where there is none)',
  () => {
    test('nodes accept, claim, commit, time and send', async () => {
      const database = await freshDatabase('18')
      const pooler = (await startPgBouncer({ server: database, poolMode: 'transaction' }))!
      const nodes = [await TestNode.open(pooler.url), await TestNode.open(pooler.url)]
      try {
        const [a, b] = nodes as [TestNode, TestNode]
        let serial = 0
        await loops(
          nodes.map((node) => async () => {
            const people = [1, 2, 3].map((n) => says(somebody(n), `M${++serial}`))
            await node.accept(...people)
            await node.work((lane) => ({
              commands: [commandTo(lane.chat!.address, 'reply')],
              timers: [{ key: 'idle', at: node.clock.now(), data: null }],
            }))
            await node.store.fireDue(10)
            await Promise.all((await node.claimSends()).map((send) => node.settleSent(send)))
          }),
          () => serial > 30,
        )
        await until('all is handled and sent', async () => {
          await a.store.fireDue(10)
          await b.work()
          await Promise.all((await a.claimSends()).map((send) => a.settleSent(send)))
          const { events, commands } = await b.store.backlog()
          return events + commands === 0
        })
        const { data } = await b.store.listEvents({ limit: 500, kind: 'message' })
        expect(data).toHaveLength(serial)
        expect(data.every(({ status }) => status === 'done')).toBe(true)
      } finally {
        await Promise.all(nodes.map((node) => node.store.close()))
        await pooler.stop()
        await database.drop()
      }
    })
  },
)

const STOPPED_NODE = fileURLToPath(new URL('../../../test/stopped-node.ts', import.meta.url))

/** Handles and sends what is there to be had. @returns whether so many chats have come to an end */
async function takeOver(node: TestNode, done: Done, chats: number): Promise<boolean> {
  for (const lane of await node.claim()) {
    const outcomes = await node.finish(lane, () => ({ commands: [commandTo(lane.chat!.address, 'reply')] }))
    for (const [i, { type }] of outcomes.entries())
      if (type === 'committed') done.committed.push(lane.events[i]!.id)
  }
  for (const send of await node.claimSends()) {
    done.sent.push(send.id)
    await node.settleSent(send)
  }
  const { data } = await node.store.listCommands({ limit: 200 })
  const { events } = await node.store.backlog()
  return (
    events === 0 && data.length === chats && data.every(({ state }) => ['sent', 'unknown'].includes(state))
  )
}

/** So many characters that nothing compresses. */
function noise(length: number): string {
  let seed = 1
  return Array.from({ length }, () => {
    seed = (seed * 48_271) % 2_147_483_647
    return String.fromCharCode(0x100 + (seed % 20_000))
  }).join('')
}

function postgresOf(url: string): string {
  const server = new URL(url)
  server.pathname = 'postgres'
  return server.href
}

/** Everything but what makes the database this one. */
const empty = (url: string): Promise<void> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{
      list: string
    }>(`select string_agg(quote_ident(relname), ', ') as list
      from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
      and relname not in ('migration', 'meta')`)
    await client.query(`truncate ${rows[0]!.list}`)
  })

/** What the server wrote of every deadlock it had to break since the database was made. */
const deadlocksOf = (url: string): Promise<string[]> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ log: string; n: string }>(`
      select pg_read_file('../log') as log, deadlocks as n
      from pg_stat_database where datname = current_database()`)
    const [row] = rows
    if (Number(row!.n) === 0) return []
    return row!.log.split('ERROR:  deadlock detected').slice(-Number(row!.n))
  })
