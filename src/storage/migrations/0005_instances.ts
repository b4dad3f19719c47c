import { sql } from 'kysely'
import type { Migration } from '../migration.ts'

/** Instances and servers that are made while the hub runs, and what did not reach an instance. */
export const instances: Migration = {
  name: '0005_instances',
  statements: (t) => [
    // `folded`: ids that differ in case only are one. `settings` and `box` are empty once it was removed.
    sql`create table registry_entry (
      kind text not null, folded text not null, id text not null, revision ${t.int} not null,
      settings text not null, box text not null, claim text,
      created_at ${t.int} not null, updated_at ${t.int} not null, removed_at ${t.int},
      primary key (kind, folded))`,
    sql`create unique index registry_claim on registry_entry (kind, claim) where claim is not null`,
    sql`create table registry_creation (
      key text primary key, server text not null, instance text not null, name text not null,
      before text not null, holder text not null, begun_at ${t.int} not null)`,
    sql`create table refusal (
      target text not null, reason text not null, detail text not null, count ${t.int} not null,
      first_at ${t.int} not null, last_at ${t.int} not null, primary key (target, reason))`,
    sql`create table verified (instance text primary key, at ${t.int} not null)`,
    sql`create table unrouted (
      id ${t.id}, key text not null unique, target text not null, gateway text not null, base_url text not null,
      names text not null, token_seen ${t.int} not null, count ${t.int} not null,
      first_at ${t.int} not null, last_at ${t.int} not null)`,
    sql`create table unrouted_event (
      event_id ${t.int} primary key, unrouted_id ${t.int} not null)`,
    sql`create index unrouted_event_group on unrouted_event (unrouted_id, event_id)`,
  ],
}
