import type { AccessStore } from '../../core/access.ts'
import type { Clock } from '../../core/ports.ts'
import { accessReads, accessWrites } from '../access/index.ts'
import { SqliteEngine } from './engine.ts'

/**
 * People and keys in a SQLite file that is up to date, also while a hub runs on it: what is written is a few rows that
 * no hub keeps in memory, and SQLite itself has one writer wait for another.
 * @throws HubError E_STORE_OPEN
 */
export function openSqliteAccess({ path, clock }: { path: string; clock: Clock }): {
  store: AccessStore
  close(): Promise<void>
} {
  const engine = new SqliteEngine({ path, clock, beside: true })
  return {
    store: { ...accessReads(engine.read), ...accessWrites(engine, () => clock.now()) },
    close: () => engine.close(),
  }
}
