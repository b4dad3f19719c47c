import { sql } from 'kysely'
import { afterAll, beforeAll, describe } from 'vitest'
import { accessConformance } from '../../../test/access-conformance.ts'
import { identityConformance } from '../../../test/identity-conformance.ts'
import { monitorConformance } from '../../../test/monitor-conformance.ts'
import { type FreshDatabase, freshDatabase, postgresVersions } from '../../../test/postgres/database.ts'
import { registryConformance } from '../../../test/registry-conformance.ts'
import { sendConformance } from '../../../test/send-conformance.ts'
import { type StoreFixture, storeConformance } from '../../../test/store-conformance.ts'
import { watchConformance } from '../../../test/watch-conformance.ts'
import type { Clock, Logger } from '../../core/ports.ts'
import { PostgresEngine } from './engine.ts'
import { openPostgresStore } from './open.ts'

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
const DAY = 24 * 3_600_000

/** A clock the suite moves; what waits for a moment waits for real. */
const clockOf = (clock: { now: number }): Clock => ({
  now: () => clock.now,
  monotonic: () => performance.now(),
  setTimeout(run, ms) {
    const timer = setTimeout(run, ms)
    return { cancel: () => clearTimeout(timer) }
  },
})

describe.each(postgresVersions())('PostgreSQL %s', (version) => {
  let database: FreshDatabase
  let cleaner: PostgresEngine
  const real = clockOf({
    get now() {
      return Date.now()
    },
  } as { now: number })
  const openAt = (clock: Clock) =>
    openPostgresStore({
      url: database.url,
      poolSize: 4,
      log: silent,
      dedupeMs: 30 * DAY,
      clock,
      simulatedClock: true,
    })
  beforeAll(async () => {
    database = await freshDatabase(version)
    cleaner = new PostgresEngine({ url: database.url, size: 1, clock: real, log: silent })
  })
  afterAll(async () => {
    await cleaner.close()
    await database.drop()
  })

  async function open(): Promise<StoreFixture> {
    const time = { now: Date.UTC(2026, 10, 1) }
    let { store } = await openAt(clockOf(time))
    return {
      store,
      clock: time,
      async reopen() {
        await store.close()
        store = (await openAt(clockOf(time))).store
        return store
      },
      async close() {
        await store.close()
        await empty(cleaner)
      },
    }
  }

  for (const suite of [
    storeConformance,
    sendConformance,
    monitorConformance,
    identityConformance,
    accessConformance,
    watchConformance,
    registryConformance,
  ]) {
    suite(`PostgreSQL ${version}`, open, { modelRuns: 8 })
  }
})

/** Everything but what migrations were applied. */
async function empty(engine: PostgresEngine): Promise<void> {
  const { rows } = await sql<{ name: string }>`select relname as name from pg_class
    where relnamespace = current_schema()::regnamespace and relkind = 'r' and relname <> 'migration'`.execute(
    engine.read,
  )
  await sql`truncate ${sql.join(rows.map((row) => sql.table(row.name)))} restart identity`.execute(
    engine.read,
  )
}
