import { compose, loadHub } from '../src/main.ts'
import { systemClock } from '../src/platform/clock.ts'
import { openSqliteStore } from '../src/storage/sqlite/open.ts'
import { silent } from './nodes.ts'

/**
 * A hub in a process of its own, to be killed: `node test/alerts-node.ts <folder>`. Its one number was found logged
 * out before it starts, so that it has something to tell at once.
 */
const [folder = ''] = process.argv.slice(2)
const { config } = await loadHub({ file: undefined, cwd: folder, env: {} })
if (config.database.engine !== 'sqlite') throw new Error('this takes a file')
const store = await openSqliteStore({
  path: config.database.path,
  log: silent,
  clock: systemClock,
  dedupeMs: config.retention.dedupeMs,
})
const now = systemClock.now()
await store.recordLook({
  instance: config.instances[0]!.id,
  askedAt: now,
  report: { state: 'logged-out' },
  failures: 0,
  nextAt: now + 3_600_000,
})
const program = await compose({ config, overrides: { store, log: silent } })
await program.start()
