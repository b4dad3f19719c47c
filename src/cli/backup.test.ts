import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { freshDatabase } from '../../test/postgres/database.ts'
import { systemPostgres, withClient } from '../../test/postgres/server.ts'
import { arrival, person, textEvent } from '../../test/store-conformance.ts'
import type { Address } from '../core/address.ts'
import type { CommandId, InstanceId } from '../core/ids.ts'
import type { Logger } from '../core/ports.ts'
import type { Store } from '../core/store.ts'
import { systemClock } from '../platform/clock.ts'
import { openPostgresStore } from '../storage/postgres/open.ts'
import { openSqliteThread } from '../storage/sqlite/thread.ts'
import { run } from './run.ts'
import { terminal } from './terminal.fixture.ts'

vi.setConfig({ testTimeout: 60_000 })

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
const PARTS = { clock: systemClock, log: silent, dedupeMs: 24 * 3_600_000 }
const ID = '00000000-0000-7000-8000-000000000001' as CommandId
const ana = person('5511911110001')
const enqueue = (store: Store) =>
  store.enqueue({
    instance: 'support' as InstanceId,
    to: ana,
    claim: false,
    command: {
      id: ID,
      command: { type: 'text', to: ana.address as Address, text: 'hi' },
      typingMs: 0,
      ignoreOwner: true,
    },
  })

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'pombo-backup-'))
  writeFileSync(join(cwd, 'pombo.config.json'), JSON.stringify({ database: 'sqlite:hub.db' }))
})
afterEach(() => rmSync(cwd, { recursive: true }))

async function backup(...args: string[]) {
  const tty = terminal(cwd)
  const code = await run(['backup', ...args], tty.io)
  return { code, out: tty.out.join('\n'), err: tty.err.join('\n') }
}
const openFile = (path: string) => openSqliteThread({ ...PARTS, path })

describe('pombo backup', () => {
  test('makes no folder: a disk that is not mounted would be one', async () => {
    await (await openFile(join(cwd, 'hub.db'))).close()
    expect(await backup('away/copy.db')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^E_FILE: There is no folder .*away, so nothing was copied\. Mount/),
    })
    expect(existsSync(join(cwd, 'away'))).toBe(false)
  })

  test('beside a hub that writes all the time: whole, and a hub on it sends nothing unasked', async () => {
    const store = await openFile(join(cwd, 'hub.db'))
    await enqueue(store)
    let writing = true
    let accepted = 0
    const writer = (async () => {
      while (writing) {
        await store.accept([arrival(textEvent(ana, `M${accepted}`))])
        accepted += 1
      }
    })()
    await vi.waitFor(() => expect(accepted).toBeGreaterThan(20))
    const before = accepted
    mkdirSync(join(cwd, 'copies'))
    expect(await backup('copies/one.db')).toMatchObject({
      code: 0,
      err: '',
      out: expect.stringMatching(/hub\.db was copied to .*one\.db \(\d+ KiB\)/),
    })
    writing = false
    await writer
    await store.close()
    expect(readdirSync(join(cwd, 'copies'))).toEqual(['one.db'])

    const db = new DatabaseSync(join(cwd, 'copies/one.db'))
    expect(db.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' })
    const [events, deliveries] = ['event', 'delivery'].map(
      (table) => (db.prepare(`select count(*) as n from ${table}`).get() as { n: number }).n,
    )
    db.close()
    expect(events).toBe(deliveries)
    expect(events).toBeGreaterThanOrEqual(before)

    // On another machine, where nothing lies beside it.
    const restored = await openFile(join(cwd, 'copies/one.db'))
    expect(await restored.getCommand(ID)).toMatchObject({ state: 'held' })
    expect(restored.installation).toBe(store.installation)
    expect(await restored.accept([arrival(textEvent(ana, 'new'))])).toEqual([{ accepted: 1, duplicates: 0 }])
    await restored.close()
    // Only once.
    const again = await openFile(join(cwd, 'copies/one.db'))
    await again.resolveCommand(ID, 'resend')
    await again.close()
    const third = await openFile(join(cwd, 'copies/one.db'))
    expect(await third.getCommand(ID)).toMatchObject({ state: 'queued' })
    await third.close()
  })

  test.each<[string, () => void, string[], number, RegExp]>([
    ['without a database', () => {}, ['x.db'], 1, /^E_STORE_OPEN: There is no database .*hub\.db/],
    [
      'over a file',
      () => copyFileSync(join(cwd, 'pombo.config.json'), join(cwd, 'hub.db')),
      ['pombo.config.json'],
      1,
      /^E_FILE_EXISTS: .*pombo\.config\.json exists already/,
    ],
    [
      'of something else',
      () => writeFileSync(join(cwd, 'hub.db'), 'no database, whatever its name says'),
      ['x.db'],
      1,
      /^E_FILE: The backup .*x\.db could not be written: .*not a database/,
    ],
    [
      'of a server',
      () => writeFileSync(join(cwd, 'pombo.config.json'), '{"database":"postgres://a:hunter2@db/pombo"}'),
      ['x.db'],
      2,
      /^E_USAGE: A PostgreSQL database is backed up with its own tools/,
    ],
    ['to nowhere', () => {}, [], 2, /^E_USAGE: pombo backup needs <file>/],
  ])('%s is told with the cure', async (_, prepare, args, code, message) => {
    prepare()
    expect(await backup(...args)).toMatchObject({ code, out: '', err: expect.stringMatching(message) })
    expect(existsSync(join(cwd, 'x.db'))).toBe(false)
  })
})

describe.runIf(systemPostgres())('pg_dump and pg_restore', () => {
  test('into another database: all is there, and what was queued is held', async () => {
    const [source, target] = [await freshDatabase('system'), await freshDatabase('system')]
    const open = async (url: string) => (await openPostgresStore({ ...PARTS, url, poolSize: 2 })).store
    const tool = (name: string, ...args: string[]) => {
      const done = spawnSync(join(systemPostgres()!, name), args, { encoding: 'utf8' })
      expect(done.stderr).toBe('')
      expect(done.status).toBe(0)
    }
    const store = await open(source.url)
    await enqueue(store)
    await store.accept([arrival(textEvent(ana, 'M1'))])
    const dump = join(cwd, 'pombo.dump')
    tool('pg_dump', '--format=custom', '--file', dump, source.url)
    await store.accept([arrival(textEvent(ana, 'M2'))])
    tool('pg_restore', '--no-owner', '--exit-on-error', '--dbname', target.url, dump)

    const restored = await open(target.url)
    expect(restored.installation).toBe(store.installation)
    expect((await restored.listEvents({ limit: 5 })).data).toHaveLength(1)
    expect(await restored.getCommand(ID)).toMatchObject({ state: 'held' })
    await restored.resolveCommand(ID, 'resend')
    await restored.close()
    // The next start finds the line of commits it knows.
    const again = await open(target.url)
    expect(await again.getCommand(ID)).toMatchObject({ state: 'queued' })
    await again.close()
    // As the documentation says for copies that cannot be told apart.
    await withClient(target.url, (client) =>
      client.query("update meta set value = 'restored' where key = 'history'"),
    )
    const told = await open(target.url)
    expect(await told.getCommand(ID)).toMatchObject({ state: 'held' })
    await told.close()

    expect(await store.getCommand(ID)).toMatchObject({ state: 'queued' })
    await store.close()
    await Promise.all([source.drop(), target.drop()])
  })
})
