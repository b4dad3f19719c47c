import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { identityConformance } from '../../../test/identity-conformance.ts'
import type { StoreFixture } from '../../../test/store-conformance.ts'
import type { Logger } from '../../core/ports.ts'
import { openSqliteStore } from './open.ts'

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

identityConformance('SQLite', async (): Promise<StoreFixture> => {
  const dir = mkdtempSync(join(tmpdir(), 'pombo-identity-'))
  const clock = { now: Date.UTC(2026, 10, 1) }
  const open = () =>
    openSqliteStore({
      path: join(dir, 'hub.db'),
      log: silent,
      dedupeMs: 30 * 86_400_000,
      clock: { now: () => clock.now, monotonic: () => clock.now, setTimeout: () => ({ cancel() {} }) },
    })
  const store = await open()
  return {
    store,
    clock,
    async reopen() {
      await store.close()
      return open()
    },
    async close() {
      await store.close()
      rmSync(dir, { recursive: true })
    },
  }
})
