import { sql } from 'kysely'
import type { Migration } from '../migration.ts'

/** How numbers were connected, what goes wrong and who was told. */
export const watch: Migration = {
  name: '0006_watch',
  statements: (t) => [
    sql`create table connection_change (
      id ${t.id}, instance text not null, state text not null, at ${t.int} not null, until ${t.int},
      reason text, source text not null)`,
    sql`create unique index connection_now on connection_change (instance) where until is null`,
    sql`create index connection_history on connection_change (instance, id)`,
    sql`create index connection_ended on connection_change (until) where until is not null`,

    sql`create table look (
      name text primary key, due_at ${t.int} not null, asked_at ${t.int}, failures integer not null default 0)`,

    sql`create table alert (
      id ${t.id}, kind text not null, instance text, state text not null, since ${t.int} not null,
      opened_at ${t.int} not null, changed_at ${t.int} not null, times integer not null, details text not null,
      acknowledged_at ${t.int}, acknowledged_by text, resolved_at ${t.int})`,
    sql`create index alert_standing_now on alert (kind) where resolved_at is null`,
    sql`create index alert_resolved on alert (resolved_at) where resolved_at is not null`,
    sql`create table alert_standing (
      kind text not null, instance text not null, version ${t.int} not null, seen text not null,
      since ${t.int} not null, alert_id ${t.int}, primary key (kind, instance))`,
    sql`create table alert_news (
      id ${t.id}, alert_id ${t.int} not null, channel text not null, news text not null, body text not null,
      attempts integer not null default 0, ready_at ${t.int}, delivered integer not null default 0,
      settled_at ${t.int}, reason text)`,
    sql`create index alert_news_ready on alert_news (ready_at) where ready_at is not null`,
    sql`create index alert_news_alert on alert_news (alert_id, id)`,

    sql`create table silence (
      hour ${t.int} not null, instance text not null, silent_ms ${t.int} not null, primary key (hour, instance))`,
  ],
}
