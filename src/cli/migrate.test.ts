import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type FreshDatabase, freshDatabase, postgresVersions } from '../../test/postgres/database.ts'
import { withClient } from '../../test/postgres/server.ts'
import { arrival, person, textEvent } from '../../test/store-conformance.ts'
import { readOneInstance } from '../config.ts'
import type { Address } from '../core/address.ts'
import type { ChatId, CommandId, ContactId, InstanceId, MessageId } from '../core/ids.ts'
import type { Logger } from '../core/ports.ts'
import type { Store } from '../core/store.ts'
import { gateways } from '../gateways/index.ts'
import { toRow } from '../pipeline/registry/entry.ts'
import { systemClock } from '../platform/clock.ts'
import { openSecretBox } from '../platform/secret-box.ts'
import { openPostgresStore } from '../storage/postgres/open.ts'
import { openSqliteStore } from '../storage/sqlite/open.ts'
import { Target } from '../storage/transfer/target.ts'
import { run } from './run.ts'
import { startServing, terminal } from './terminal.fixture.ts'

/** Moving an installation from SQLite to PostgreSQL, through the door a person uses. */

vi.setConfig({ testTimeout: 60_000 })

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
const DAY = 24 * 3_600_000
const SUPPORT = 'support' as InstanceId
const LEASE = 8_000
/** It goes along with the database: what was sealed with it is read there. */
const SECRET_KEY = 'the-key-that-goes-along-0123456789'
/** Where nobody answers. */
const GOWA_URL = 'http://127.0.0.1:9'
const PARTS = { clock: systemClock, log: silent, dedupeMs: 30 * DAY }

let cwd: string
let file: string
let database: FreshDatabase
const children: ChildProcess[] = []
beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'pombo-move-'))
  file = join(cwd, 'hub.db')
  database = await freshDatabase('18')
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await database.drop()
  rmSync(cwd, { recursive: true })
})

const openFile = (path = file) => openSqliteStore({ ...PARTS, path })
const openTarget = async () => (await openPostgresStore({ ...PARTS, url: database.url, poolSize: 3 })).store
const ask = <R>(text: string, values: unknown[] = []) =>
  withClient(database.url, async (client) => (await client.query(text, values)).rows as R[])
/** Statements on the file, as nobody but a test should run them. */
function inFile(work: (db: DatabaseSync) => void, path = file): void {
  const db = new DatabaseSync(path)
  work(db)
  db.close()
}
async function pombo(...args: string[]) {
  const tty = terminal(cwd)
  const code = await run(['migrate', ...args], tty.io)
  return { code, out: tty.out.join('\n'), err: tty.err.join('\n') }
}
async function doctor(url: string): Promise<string> {
  const tty = terminal(cwd, { env: { POMBO_DATABASE_URL: url } })
  expect(await run(['doctor'], tty.io)).toBe(1)
  return tty.out.join('\n')
}
const move = (...more: string[]) => pombo('--from', `sqlite:${file}`, '--to', database.url, ...more)

const ana = person('5511911110001')
const bia = person('5511911110002')
const commandId = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}` as CommandId
const claimSends = (store: Store) =>
  store.claimSends({
    holder: 'before',
    limit: 100,
    leaseMs: 65_000,
    pacing: new Map(),
    dice: 0.5,
    unknownHoldMs: 60_000,
    exclude: [],
  })
const say = (text: string, n: number, to = ana) => ({
  instance: SUPPORT,
  to,
  claim: false,
  command: {
    id: commandId(n),
    command: { type: 'text' as const, to: to.address as Address, text },
    typingMs: 0,
    ignoreOwner: true,
  },
})

/** An installation in the middle of its work; no table is empty. */
async function fill(): Promise<string> {
  const store = await openFile()
  await store.accept([
    arrival(textEvent(ana, 'M1', { text: 'Olá, Zé 🕊' }), textEvent(ana, 'M2'), textEvent(bia, 'M3')),
    { ...arrival(textEvent(ana, 'M4')), body: Buffer.alloc(300_000, 'x') },
  ])
  const [lane] = await store.claimLanes({ holder: 'before', limit: 1, perLane: 3, leaseMs: LEASE })
  if (!lane) throw new Error('nothing to claim')
  const [first, second, third] = lane.events
  const step = { event: third!.id, generation: 0, name: 'ask' }
  await store.finishStep(step, { lane: lane.lane, fence: lane.fence }, { value: { price: 3 }, epoch: 0 })
  const turn = {
    lane: lane.lane,
    fence: lane.fence,
    instance: SUPPORT,
    more: true,
    leaseMs: LEASE,
    epoch: 0,
    commands: [],
    state: new Map(),
    timers: [],
  }
  await store.commitTurns([
    {
      ...turn,
      event: first!.id,
      place: first!.place,
      log: [
        {
          type: 'message',
          message: { id: 'M1' as MessageId, content: { type: 'text', text: 'Olá, Zé 🕊' } },
          author: 'other',
          at: Date.now(),
          status: 'delivered',
          live: true,
        },
        { type: 'receipt', target: 'LATER' as MessageId, state: 'read', at: Date.now() },
        { type: 'connection', state: 'connected' },
      ],
      commands: [say('first', 1).command, say('second', 2).command],
      state: new Map([['cart', { items: 3 }]]),
      timers: [{ key: 'remind', at: Date.now() + DAY, data: { n: 1 } }],
      outcome: 'done',
    },
    {
      ...turn,
      event: second!.id,
      place: second!.place,
      log: [],
      outcome: 'parked',
      parked: { target: 'M9' as MessageId, until: Date.now() + 60_000 },
    },
  ])
  await store.enqueue(say('third', 3, bia))
  await store.holdInstance('sales' as InstanceId, { reason: 'logged out', until: Date.now() + DAY })
  await store.claimLooks({ numbers: [{ instance: SUPPORT, firstAt: 0 }], limit: 1, leaseMs: LEASE })
  await store.noteSilence([{ instance: SUPPORT, hour: Math.floor(Date.now() / 3_600_000), silentMs: 9 }])
  const about = { kind: 'silent', instance: SUPPORT, since: 1, details: { silentMs: 9 } } as const
  await store.stepAlerts([{ ...about, version: 0, seen: 'wrong', act: 'open' }], ['webhook'])
  await store.addTraffic([{ instance: SUPPORT, at: 60_000, values: [1, 0, 2] }])
  await store.beginReplay({ instance: [SUPPORT] }, 5)
  const written = {
    id: 'made',
    gateway: 'gowa',
    baseUrl: GOWA_URL,
    webhook: { secrets: ['a-secret-of-its-own'] },
  }
  const made = readOneInstance(written, { gateways })
  const gateway = gateways.find(({ name }) => name === made.gateway)!
  const secrets = openSecretBox({ secretKey: SECRET_KEY, oldSecretKey: undefined, file: undefined })
  await store.saveEntry('instance', toRow('instance', made, { secrets, gateway }), {})
  const creation = {
    key: 'k',
    server: 'uaz',
    instance: 'shop',
    name: 'Shop',
    before: ['r1'],
    holder: 'before',
  }
  await store.beginCreation(creation)
  const refusal = {
    target: 'made',
    reason: 'signature' as const,
    detail: 'wrong',
    count: 2,
    firstAt: 1,
    lastAt: 5,
  }
  await store.noteRefusals([refusal])
  await store.noteVerified('made' as InstanceId, 5)
  // What the last hub was sending when it ended.
  await claimSends(store)
  const { installation } = store
  await store.close()
  inFile((db) => {
    const fill = (text: string, ...values: (string | number)[]) => db.prepare(text).run(...values)
    // Rows that went leave their numbers behind.
    fill("update sqlite_sequence set seq = 5000 where name = 'contact'")
    fill("update contact set name = 'with ' || char(0) || 'nothing' where id = 1")
    fill(
      'insert into contact_merge (kept, gone, at, proof, detail) values (1, 900, 5, \'event\', \'{"addresses":[],"chats":[]}\')',
    )
    fill('insert into pending_merge (contact_a, contact_b, created_at) values (1, 2, 5)')
    fill("insert into media (message, instance, state, created_at) values (1, 'support', 'waiting', 5.4)")
    // More than one page, in an order that is another in every language.
    for (const letter of ['a', 'B', 'ä', 'Z', 'z', '-', 'é', '🕊'])
      fill(
        `with recursive n(i) as (select 1 union all select i + 1 from n where i < 250)
         insert into address select 'group:' || ? || i || 'x', 900, 5, 1 from n`,
        letter,
      )
    fill("insert into node values ('n', 'worker', 'host', '1', 1, 1)")
    fill("insert into delivery_bucket values ('support', 500, 1)")
    fill("insert into unrouted values (1, 'k', 'uaz', 'gowa', 'http://gw', '[]', 0, 1, 5, 5)")
    fill('insert into unrouted_event values (1, 1)')
    fill(`insert into account (login, name, role, password, created_at)
      values ('ana', 'Ana', 'owner', 'made of it', 5)`)
    fill(`insert into session (hash, account_id, created_at, seen_at, source, agent)
      values ('h1', 1, 5, 6, '192.0.2.1', 'Firefox')`)
    fill(`insert into link (hash, type, role, created_at, created_by, expires_at)
      values ('h2', 'invitation', 'agent', 5, 'Ana', 9)`)
    fill(`insert into api_key (hash, name, scopes, prefix, created_at, created_by)
      values ('h3', 'shop', 'read send', 'pombo_Ab12Cd', 5, 'Ana')`)
    fill(`insert into audit (at, actor_type, actor_id, actor_name, action)
      values (5, 'user', 'usr_1', 'Ana', 'key.create')`)
    fill("insert into login_failure values ('h4', 2, 5)")
  })
  return installation
}

/** Every row of every table, as text; of leases only that they are over. */
function rowsOf(path: string): Map<string, unknown[]> {
  const db = new DatabaseSync(path, { readOnly: true })
  const names = db
    .prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite%'")
    .all()
  const rows = (names as { name: string }[]).map(
    ({ name }) => [name, plain(db.prepare(`select * from "${name}"`).all())] as const,
  )
  db.close()
  return new Map(rows)
}
const plain = (rows: object[]): unknown[] =>
  rows
    .map((row) =>
      Object.entries(row)
        .filter(([name]) => !['holder', 'fence', 'ready_at'].includes(name))
        .map(
          ([name, value]) =>
            `${name}=${value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value}`,
        )
        .sort()
        .join(' '),
    )
    .sort()
const OWN = ['meta', 'migration']

describe('a move', () => {
  // Databases made in a language order text otherwise than SQLite does.
  test.each(postgresVersions())('to PostgreSQL %s brings every row, and the hub goes on', async (version) => {
    if (version !== '18') {
      await database.drop()
      database = await freshDatabase(version)
    }
    const installation = await fill()
    const before = rowsOf(file)
    const copy = join(cwd, 'copy.db')
    copyFileSync(file, copy)

    const dry = await move('--dry-run')
    expect(dry).toMatchObject({ code: 0, err: '' })
    expect(dry.out).toMatch(
      / event +4\n.* rows would be moved from .*hub\.db to postgres:.*which holds nothing of Pombo/s,
    )
    expect(await ask("select 1 from pg_class where relname = 'event'")).toEqual([])

    const moved = await move()
    expect(moved).toMatchObject({ code: 0 })
    expect(moved.out).toMatch(
      /^Moved: [\d,]+ rows of \d+ tables lie in postgres:\/\/127\.0\.0\.1:\d+\/test_\w+ and/,
    )
    expect(moved.err).toMatch(/^copying \d+ %, [\d,]+ of [\d,]+ rows.*\ncomparing 100 %, /s)
    expect(moved.out).toContain(
      'The secrets of instances or servers made while the hub ran were moved sealed',
    )
    const password = decodeURIComponent(new URL(database.url).password)
    expect(moved.out + moved.err).not.toContain(password)

    const tables = await ask<{ name: string }>(
      "select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace",
    )
    expect(tables.map(({ name }) => name).sort()).toEqual([...before.keys()].sort())
    for (const { name } of tables.filter((table) => !OWN.includes(table.name))) {
      const there = plain(await ask<object>(`select * from "${name}"`))
      expect(there, name).not.toEqual([])
      if (name === 'command') continue
      expect(there, name).toEqual(
        before
          .get(name)!
          .map((row) => String(row).replace('\0', '').replace('created_at=5.4', 'created_at=5')),
      )
    }
    expect(await ask('select 1 from lane where holder is not null')).toEqual([])

    // The same through the port, but for what was being sent.
    const old = await openFile(copy)
    const store = await openTarget()
    expect(store.installation).toBe(installation)
    const seen = async (from: Store) => {
      const chats = (await from.listChats({ limit: 50 })).data
      const events = (await from.listEvents({ limit: 50 })).data
      return {
        chats,
        events,
        deliveries: await Promise.all(events.map(({ delivery }) => from.getDelivery(delivery!))),
        messages: await Promise.all(chats.map(({ id }) => from.listMessages(id, { limit: 50 }))),
        contact: await from.getContact(2 as ContactId),
        merges: await from.listMerges(1 as ContactId, { limit: 9 }),
        states: await from.instanceStates(),
        owned: await from.findChat(SUPPORT, ana.address as Address),
      }
    }
    expect(await seen(store)).toEqual(await seen(old))
    await old.close()
    await store.recover()
    expect((await store.getContact(1 as ContactId))?.name).toBe('with nothing')
    const states = async () =>
      Promise.all([1, 2, 3].map(async (n) => (await store.getCommand(commandId(n)))?.state))
    expect(await states()).toEqual(['unknown', 'queued', 'unknown'])

    // It works on: a message known before is a duplicate, a new one gets new numbers and its answer goes out.
    expect(await store.accept([arrival(textEvent(ana, 'M1'))])).toEqual([{ accepted: 0, duplicates: 1 }])
    const carla = person('5511911110003')
    expect(await store.accept([arrival(textEvent(carla, 'M5'))])).toEqual([{ accepted: 1, duplicates: 0 }])
    const lanes = await store.claimLanes({ holder: 'after', limit: 9, perLane: 9, leaseMs: LEASE })
    const lane = lanes.find(({ chat }) => chat?.address === carla.address)!
    expect((await store.getChat(lane.chat!.id))?.contact).toBe(5001)
    const [outcome] = await store.commitTurns([
      {
        lane: lane.lane,
        fence: lane.fence,
        instance: SUPPORT,
        event: lane.events[0]!.id,
        place: lane.events[0]!.place,
        more: false,
        leaseMs: LEASE,
        log: [],
        commands: [say('hello', 4, carla).command],
        state: new Map(),
        timers: [],
        outcome: 'done',
      },
    ])
    expect(outcome).toEqual({ type: 'committed', commands: 1, refused: 0 })
    const { sends } = await claimSends(store)
    expect(sends.map(({ id }) => id)).toEqual([commandId(4)])
    await store.settle([
      {
        id: commandId(4),
        chat: sends[0]!.chat,
        fence: sends[0]!.fence,
        at: Date.now(),
        result: { end: 'sent', messageId: 'S1' as MessageId },
        retryAt: null,
      },
    ])
    expect(await store.getCommand(commandId(4))).toMatchObject({ state: 'sent' })
    expect(await store.listMessages(lane.chat!.id as ChatId, { limit: 5 })).toMatchObject({
      data: [{ messageId: 'S1' }],
    })
    await store.close()
    const env = { POMBO_DATABASE_URL: database.url, PORT: '0' }
    const keyless = await startServing(cwd, env)
    expect(keyless.line).toContain('E_SECRET_KEY')
    const hub = await startServing(cwd, { ...env, POMBO_SECRET_KEY: SECRET_KEY })
    expect(await (await fetch(`${hub.url}/health`)).json()).toMatchObject({ status: 'healthy' })
    expect(await hub.end()).toBe(0)
  })

  test('leaves a file that no hub opens, until that is taken back', async () => {
    await fill()
    expect((await move()).code).toBe(0)
    const refused = await startServing(cwd, { POMBO_DATABASE_URL: 'sqlite:hub.db', PORT: '0' })
    expect(refused.line).toMatch(
      /ended with 1: .*E_STORE_OPEN: What was in .*hub\.db was moved to postgres:\/\/127\.0\.0\.1:\d+\/\w+ at 20.* UTC.*--reopen/,
    )
    expect(refused.line).not.toContain('@')
    for (const twice of [await move(), await move('--dry-run')]) {
      expect(twice).toMatchObject({
        code: 0,
        err: '',
        out: expect.stringMatching(/was moved to postgres:\S+ already, at 20.* UTC: nothing is left to do/),
      })
    }
    const seen = await doctor('sqlite:hub.db')
    expect(seen).toMatch(/fail +store +What was in .*hub\.db was moved to .*\n.*pombo migrate --reopen/)
    expect(seen).toMatch(/No hub runs .*\n.*Mend the store/)
    const tty = terminal(cwd, { env: { POMBO_DATABASE_URL: 'sqlite:hub.db' } })
    expect(await run(['backup', 'copy.db'], tty.io)).toBe(0)
    expect(tty.err.join()).toMatch(/^Beware: this is not where the hub works now\. What was in .* was moved/)
    const other = await freshDatabase('18')
    const elsewhere = await pombo('--from', `sqlite:${file}`, '--to', other.url)
    expect(elsewhere).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^E_CONFLICT: .* was moved already, to .* at 20/),
    })
    expect(await pombo('--from', `sqlite:${file}`, '--to', other.url, '--dry-run')).toEqual(elsewhere)
    const left = await withClient(other.url, async (client) =>
      client.query("select 1 from pg_class where relname = 'meta'"),
    )
    expect(left.rows).toEqual([])
    await other.drop()

    expect(await pombo('--reopen', 'sqlite:hub.db')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Hubs open .*hub\.db again\. Its unfinished sends \(3\) are held/),
    })
    expect((await pombo('--reopen', 'sqlite:hub.db')).out).toMatch(
      /was never moved, or that was taken back already/,
    )
    const again = await move()
    expect(again).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^E_CONFLICT: This installation lies in /),
    })
    expect(await move('--dry-run')).toEqual(again)
    const store = await openFile()
    expect(await store.getCommand(commandId(2))).toMatchObject({ state: 'held' })
    await store.close()
  })

  test('that ends between its last two steps leaves nothing a hub could run on, and is finished later', async () => {
    await fill()
    vi.spyOn(Target.prototype, 'finish').mockRejectedValueOnce(new Error('the power went'))
    expect((await move()).code).toBe(1)
    for (const url of ['sqlite:hub.db', database.url]) {
      const refused = await startServing(cwd, { POMBO_DATABASE_URL: url, PORT: '0' })
      expect(refused.line).toMatch(/ended with 1: .*E_STORE_OPEN: (What was in|A move of)/)
    }
    const other = await freshDatabase('18')
    expect(await pombo('--from', `sqlite:${file}`, '--to', other.url)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^E_CONFLICT: .* was moved already/),
    })
    await other.drop()
    expect(await move()).toMatchObject({ code: 0, err: '' })
    await (await openTarget()).close()
  })

  test('of an older copy that was put back holds its unfinished sends', async () => {
    await fill()
    writeFileSync(`${file}.boot`, '99\n')
    expect(await move()).toMatchObject({
      code: 0,
      out: expect.stringContaining('3 unfinished sends are held'),
    })
    const store = await openTarget()
    expect(await store.getCommand(commandId(2))).toMatchObject({ state: 'held' })
    await store.close()
  })
})

describe('a move that is killed', () => {
  /** Starts a move in a process of its own, and kills it once some rows are over. */
  async function killed(): Promise<void> {
    const bin = fileURLToPath(new URL('bin.ts', import.meta.url))
    const child = spawn(
      process.execPath,
      [bin, 'migrate', '--from', `sqlite:${file}`, '--to', database.url],
      {
        stdio: 'ignore',
      },
    )
    children.push(child)
    const ended = new Promise((resolve) => child.on('exit', resolve))
    await vi.waitFor(async () => expect(await begun()).toBeGreaterThan(4000), {
      timeout: 30_000,
      interval: 20,
    })
    child.kill('SIGKILL')
    await ended
  }
  const begun = async () => {
    const rows = await ask<{ value: string }>("select value from meta where key = 'transfer'").catch(() => [])
    return rows[0] ? (JSON.parse(rows[0].value) as { rows: number }).rows : 0
  }
  beforeEach(async () => {
    await fill()
    inFile((db) =>
      db.exec(`with recursive n(i) as (select 1 union all select i + 1 from n where i < 60000)
        insert into dedupe select randomblob(32), 2000000000000 from n`),
    )
  })

  test('goes on where it was; until it is done no hub opens the target', async () => {
    await killed()
    const over = await begun()
    expect(over).toBeLessThan(60_000)
    const refused = await startServing(cwd, { POMBO_DATABASE_URL: database.url, PORT: '0' })
    expect(refused.line).toMatch(
      /ended with 1: .*E_STORE_OPEN: A move of a SQLite installation into .* has begun/,
    )
    expect((await move('--dry-run')).out).toMatch(/where a move has begun/)
    expect(await doctor(database.url)).toMatch(/fail +store +A move of a SQLite .* has begun and not ended\./)

    const moved = await move()
    expect(moved).toMatchObject({ code: 0 })
    const first = Number(/^copying \d+ %, ([\d,]+) of/.exec(moved.err)?.[1]?.replace(',', ''))
    expect(first).toBeGreaterThan(over)
    const store = await openTarget()
    expect((await store.listEvents({ limit: 9 })).data).toHaveLength(4)
    await store.close()
  })

  test('and a row that was changed meanwhile are told, and everything is copied anew', async () => {
    await killed()
    await ask('update dedupe set expires_at = 1 where key = (select min(key) from dedupe)')
    expect(await move()).toMatchObject({
      code: 1,
      err: expect.stringMatching(/\nE_CONFLICT: After the copy the table dedupe has the same number of rows/),
    })
    expect(await move()).toMatchObject({ code: 0 })
  })

  test('begins anew when a hub has run on the file since', async () => {
    await killed()
    const store = await openFile()
    await store.enqueue(say('fourth', 5, bia))
    await store.close()
    const moved = await move()
    expect(moved).toMatchObject({ code: 0 })
    expect(moved.err).toMatch(/^copying 0 %, /)
    const target = await openTarget()
    expect(await target.getCommand(commandId(5))).toBeDefined()
    await target.close()
  })
})

describe('what cannot be moved is told with the cure:', () => {
  const away = 'postgres://ana:hunter2-hunter2@127.0.0.1:1/pombo'
  test.each<[string, string[], number, RegExp]>([
    ['no --from', ['--to', away], 2, /^E_USAGE: A move needs --from sqlite:PATH/],
    [
      'both the wrong way round',
      ['--from', away, '--to', 'sqlite:x.db'],
      2,
      /^E_USAGE: --from names a PostgreSQL/,
    ],
    [
      'a file as target',
      ['--from', 'sqlite:x.db', '--to', 'sqlite:y.db'],
      2,
      /^E_USAGE: --to names a SQLite file/,
    ],
    ['no target', ['--from', 'sqlite:x.db'], 2, /^E_USAGE: The configuration names no PostgreSQL database/],
    ['--reopen with more', ['--reopen', 'sqlite:x.db', '--to', away], 2, /^E_USAGE: --reopen stands alone/],
    [
      'no URL',
      ['--from', 'x.db', '--to', away],
      2,
      /^E_USAGE: --from is not a database URL\. Write --from sqlite:PATH/,
    ],
    [
      'no URL as target',
      ['--from', 'sqlite:x.db', '--to', 'db'],
      2,
      /^E_USAGE: --to is not .* Write --to postgres:/,
    ],
    [
      'a target without a name',
      ['--from', 'sqlite:x.db', '--to', 'postgres://ana:hunter2-hunter2@db'],
      2,
      /^E_USAGE: --to names no database after the host\. Write postgres:/,
    ],
    ['a folder', ['--from', 'sqlite:.', '--to', away], 1, /^E_STORE_OPEN: .* is a folder\. Name the file/],
    ['no file', ['--from', 'sqlite:x.db', '--to', away], 1, /^E_STORE_OPEN: There is no database .*x\.db\./],
  ])('%s', async (_, args, code, message) => {
    const refused = await pombo(...args)
    expect(refused).toMatchObject({ code, out: '', err: expect.stringMatching(message) })
    expect(refused.err).not.toContain('hunter2')
    expect(existsSync(join(cwd, 'x.db'))).toBe(false)
  })

  test('a file that is something else', async () => {
    inFile((db) => db.exec('create table notes (text text)'))
    expect(await move()).toMatchObject({
      code: 1,
      err: expect.stringMatching(/holds no installation of Pombo/),
    })
    inFile((db) => expect(db.prepare('select name from sqlite_master').all()).toHaveLength(1))
  })

  test('a file in use', async () => {
    const store = await openFile()
    expect(await move('--dry-run')).toMatchObject({ code: 0 })
    expect(await move()).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^E_STORE_LOCKED: A hub or another/),
    })
    await store.close()
  })

  test('a server that is not there, and a user it does not know', async () => {
    await (await openFile()).close()
    const nobody = await pombo('--from', `sqlite:${file}`, '--to', away)
    expect(nobody).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^E_STORE_OPEN: .*nothing listens there/),
    })
    const url = new URL(database.url)
    url.password = 'wrong-hunter2'
    const stranger = await pombo('--from', `sqlite:${file}`, '--to', url.href)
    expect(stranger).toMatchObject({ code: 1, err: expect.stringMatching(/refuses this user or password/) })
    expect(nobody.err + stranger.err).not.toContain('hunter2')
  })

  test('a target that a hub has used, and one with rows of its own', async () => {
    await fill()
    await (await openTarget()).close()
    expect(await move()).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^E_CONFLICT: .* holds an installation already \(\w+\)\. A move/),
    })
    await ask("delete from meta where key = 'installation'")
    await ask("insert into contact (name, created_at) values ('Rui', 1)")
    expect(await move()).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^E_CONFLICT: .* is not empty: its table contact has rows\./),
    })
  })

  test('a target where another program has a table of that name, and one without a schema', async () => {
    await fill()
    await ask('create table contact (name text)')
    const foreign = await move()
    expect(foreign).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^E_CONFLICT: .* has a table contact that is not Pombo's/),
    })
    expect(await move('--dry-run')).toEqual(foreign)
    const nowhere = `${database.url}?options=-c%20search_path%3Dnowhere`
    for (const more of [[], ['--dry-run']]) {
      expect(await pombo('--from', `sqlite:${file}`, '--to', nowhere, ...more)).toMatchObject({
        code: 1,
        err: expect.stringMatching(/^E_STORE_OPEN: .*search_path names\. Create it \(create schema NAME\)/),
      })
    }
    await ask('alter table contact rename to theirs')
    expect((await move()).code).toBe(0)
    expect(await ask("select 1 from pg_class where relname = 'theirs'")).toHaveLength(1)
  })

  test('Ctrl-C ends a move, and says how it goes on', async () => {
    await fill()
    const tty = terminal(cwd)
    const ended = run(['migrate', '--from', `sqlite:${file}`, '--to', database.url], tty.io)
    await vi.waitFor(
      () => {
        tty.signal('SIGINT')
        expect(tty.exits).toEqual([130])
      },
      { interval: 5 },
    )
    expect(tty.err.join('\n')).toMatch(/Stopped\. Run the same command again: it goes on where it was\./)
    // Here the process lives on.
    await ended
  })

  test('a target in which the user may make nothing', async () => {
    await fill()
    await ask("create role reader login password 'reader-password'")
    const url = new URL(database.url)
    url.username = 'reader'
    url.password = 'reader-password'
    const refused = await pombo('--from', `sqlite:${file}`, '--to', url.href)
    expect(await pombo('--from', `sqlite:${file}`, '--to', url.href, '--dry-run')).toEqual(refused)
    await ask('drop role reader')
    expect(refused).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^E_STORE_OPEN: .*grant create on schema/),
    })
  })
})
