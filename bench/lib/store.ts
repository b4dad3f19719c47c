import type { Clock, Logger } from '../../src/core/ports.ts'
import type { Store } from '../../src/core/store.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { openPostgresStore } from '../../src/storage/postgres/open.ts'
import { openSqliteThread } from '../../src/storage/sqlite/thread.ts'
import type { Database } from './databases.ts'

const DAY_MS = 24 * 3_600_000

/** Says warnings and errors, and keeps the rest to itself. */
export const quietLog: Logger = {
  debug() {},
  info() {},
  warn: (fields, message) => console.error(message, fields),
  error: (fields, message) => console.error(message, fields),
  child: () => quietLog,
}

/** The store of the program in this process, made and migrated as needed. */
export async function openStore({
  engine,
  url,
  poolSize,
}: Pick<Database, 'engine' | 'url'> & { poolSize?: number }): Promise<{ store: Store; clock: Clock }> {
  const options = { clock: systemClock, log: quietLog, dedupeMs: 30 * DAY_MS }
  if (engine === 'sqlite')
    return {
      store: await openSqliteThread({ ...options, path: url.slice('sqlite:'.length) }),
      clock: systemClock,
    }
  return openPostgresStore({ ...options, url, ...(poolSize === undefined ? {} : { poolSize }) })
}
