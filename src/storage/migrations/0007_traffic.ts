import { sql } from 'kysely'
import type { Migration } from '../migration.ts'

const CLASSES = Array.from({ length: 14 }, (_, i) => i)
const COUNTS = [
  ...[
    'deliveries',
    'duplicates',
    'refused',
    'events',
    'handled',
    'failed',
    'dead',
    'sent',
    'rejected',
    'unknown',
  ],
  ...CLASSES.map((i) => `lag${i}`),
  ...CLASSES.map((i) => `send_lag${i}`),
]

/** What the monitor shows: traffic over time, how an event was handled, and replays of many. */
export const traffic: Migration = {
  name: '0007_traffic',
  statements: (t) => [
    sql`create table traffic (
      step ${t.int} not null, instance text not null, at ${t.int} not null,
      ${sql.join(COUNTS.map((column) => sql`${sql.raw(column)} ${t.int} not null default 0`))},
      primary key (step, instance, at)) ${t.clustered}`,
    sql`create index traffic_at on traffic (step, at)`,

    sql`alter table event add column started_at ${t.int}`,
    sql`alter table event add column trace text`,
    sql`alter table event add column origin ${t.int}`,
    sql`create index event_origin on event (origin) where origin is not null`,
    sql`create index chat_person on chat (owner_at) where owner = 'person'`,

    sql`create table replay (
      id ${t.id}, state text not null, filter text not null, matched ${t.int} not null,
      queued ${t.int} not null default 0, skipped ${t.int} not null default 0,
      place ${t.int} not null, until ${t.int} not null, created_at ${t.int} not null, ended_at ${t.int})`,
    sql`create index replay_running on replay (id) where state = 'running'`,
  ],
}
