import { sql } from 'kysely'
import type { Migration } from '../migration.ts'

/** Who may do what: people, their sessions, one-time links, keys, and what was changed by whom. */
export const access: Migration = {
  name: '0004_access',
  statements: (t) => [
    sql`create table account (
      id ${t.id}, login text not null unique, name text not null, role text not null, password text,
      disabled integer not null default 0, created_at ${t.int} not null, seen_at ${t.int},
      version integer not null default 1)`,

    sql`create table session (
      id ${t.id}, hash text not null unique, account_id ${t.int} not null, created_at ${t.int} not null,
      seen_at ${t.int} not null, source text not null, agent text not null)`,
    sql`create index session_account on session (account_id)`,
    sql`create index session_seen on session (seen_at)`,

    sql`create table link (
      id ${t.id}, hash text not null unique, type text not null, role text not null, account_id ${t.int},
      name text, login text, created_at ${t.int} not null, created_by text not null,
      expires_at ${t.int} not null, request text unique)`,
    sql`create index link_expires on link (expires_at)`,

    sql`create table api_key (
      id ${t.id}, hash text not null unique, name text not null, scopes text not null, prefix text not null,
      created_at ${t.int} not null, created_by text not null, used_at ${t.int}, expires_at ${t.int},
      revoked_at ${t.int}, request text unique)`,

    sql`create table audit (
      id ${t.id}, at ${t.int} not null, actor_type text not null, actor_id text not null, actor_name text not null,
      action text not null, target text, detail text, source text)`,
    sql`create index audit_at on audit (at)`,

    sql`create table login_failure (
      key text primary key, count integer not null, at ${t.int} not null)`,
    sql`create index login_failure_at on login_failure (at)`,
  ],
}
