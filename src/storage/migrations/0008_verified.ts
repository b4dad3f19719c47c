import { sql } from 'kysely'
import type { Migration } from '../migration.ts'

/** When a delivery was proved: between what came and what was stored of it. */
export const verified: Migration = {
  name: '0008_verified',
  statements: (t) => [sql`alter table delivery add column verified_at ${t.int}`],
}
