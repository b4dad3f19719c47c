import type { AccessStore } from '../../core/access.ts'
import type { Clock, Logger } from '../../core/ports.ts'
import { accessReads, accessWrites } from '../access/index.ts'
import { DatabaseClock } from './clock.ts'
import { PostgresEngine } from './engine.ts'
import { cannotOpen } from './failures.ts'
import { placeOf } from './place.ts'

/**
 * People and keys in a PostgreSQL database that is up to date, whether or not nodes work on it.
 * @returns with them the database's clock
 * @throws HubError E_STORE_OPEN
 */
export async function openPostgresAccess({
  url,
  clock: machine,
  log,
}: {
  url: string
  clock: Clock
  log: Logger
}): Promise<{ store: AccessStore; clock: Clock; close(): Promise<void> }> {
  const engine = new PostgresEngine({ url, size: 2, clock: machine, log })
  try {
    const clock = new DatabaseClock(machine)
    await engine.setClock(clock)
    return {
      store: { ...accessReads(engine.read), ...accessWrites(engine, () => clock.now()) },
      clock,
      close: () => engine.close(),
    }
  } catch (error) {
    await engine.close()
    throw cannotOpen(error, placeOf(url))
  }
}
