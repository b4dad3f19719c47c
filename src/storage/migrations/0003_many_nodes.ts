import { sql } from 'kysely'
import type { Migration } from '../migration.ts'

/** What many processes on one store need: who lives, and limits they share. */
export const manyNodes: Migration = {
  name: '0003_many_nodes',
  statements: (t) => [
    sql`create table node (
      id text primary key, roles text not null, host text not null, version text not null,
      started_at ${t.int} not null, seen_at ${t.int} not null)`,
    sql`create table delivery_bucket (
      instance text primary key, thousandths ${t.int} not null, at ${t.int} not null)`,
    // The chat of a slow number that waits longest, however many of it wait.
    sql`create index outbox_instance on outbox (instance, ready_at) where ready_at is not null`,
  ],
}
