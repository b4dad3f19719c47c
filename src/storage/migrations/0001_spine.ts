import { sql } from 'kysely'
import type { Migration } from '../migration.ts'

/** The hub's own log, lanes, timers and outbox. */
export const spine: Migration = {
  name: '0001_spine',
  statements: (t) => [
    sql`create table delivery (
      id ${t.id}, instance text not null, received_at ${t.int} not null, source text not null,
      headers text not null, body ${t.bytes} not null)`,

    sql`create table dedupe (key ${t.bytes} primary key, expires_at ${t.int} not null) ${t.clustered}`,
    sql`create index dedupe_expires on dedupe (expires_at)`,

    sql`create table event (
      id ${t.id}, instance text not null, delivery_id ${t.int}, lane_id ${t.int}, place ${t.int},
      kind text not null, author text not null, at ${t.int} not null, accepted_at ${t.int} not null,
      status text not null, disposition text not null, generation integer not null default 0,
      attempts integer not null default 0, epoch ${t.int}, orphan integer not null default 0,
      contact_id ${t.int}, done_at ${t.int}, error text, note text, data text not null)`,
    sql`create index event_pending on event (lane_id, place) where status = 'pending'`,
    sql`create index event_dead on event (id) where status = 'dead'`,

    sql`create table lane (
      id ${t.id}, key text not null unique, instance text not null, next_place ${t.int} not null default 1,
      head ${t.int} not null default 1, ready_at ${t.int}, fence ${t.int} not null default 0, holder text) ${t.hot}`,
    sql`create index lane_ready on lane (ready_at) where ready_at is not null`,

    sql`create table contact (id ${t.id}, name text, created_at ${t.int} not null, merged_into ${t.int})`,
    sql`create table address (
      address text primary key, contact_id ${t.int} not null, created_at ${t.int} not null) ${t.clustered}`,
    sql`create index address_contact on address (contact_id)`,

    sql`create table chat (
      id ${t.int} primary key, instance text not null, address text not null, kind text not null,
      contact_id ${t.int}, name text, owner text not null default 'bot', epoch ${t.int} not null default 0,
      owner_at ${t.int}, last_message_at ${t.int}, merged_into ${t.int})`,
    sql`create index chat_contact on chat (contact_id) where contact_id is not null`,
    sql`create index chat_merged on chat (merged_into) where merged_into is not null`,

    sql`create table message (
      id ${t.id}, chat_id ${t.int} not null, message_id text not null, instance text not null,
      author text not null, contact_id ${t.int}, at ${t.int} not null, status integer not null,
      live integer not null default 1,
      content text not null, reply_to text, reactions text, edited_at ${t.int}, revoked_at ${t.int},
      command_id text, unique (chat_id, message_id))`,
    sql`create index message_chat on message (chat_id, id)`,

    sql`create table command (
      seq ${t.id}, id text not null unique, key text, instance text not null, chat_id ${t.int} not null,
      event_id ${t.int}, type text not null, state text not null, body text not null,
      typing_ms integer not null default 0, typed integer not null default 0, epoch ${t.int},
      attempts integer not null default 0, message_id text, reason text, created_at ${t.int} not null,
      sending_at ${t.int}, unknown_at ${t.int}, settled_at ${t.int})`,
    sql`create unique index command_key on command (key) where key is not null`,
    sql`create index command_active on command (chat_id, seq) where state in ('queued', 'sending', 'unknown')`,
    sql`create index command_attention on command (state, seq) where state in ('unknown', 'held', 'dead')`,

    sql`create table outbox (
      chat_id ${t.int} primary key, instance text not null, ready_at ${t.int},
      fence ${t.int} not null default 0, holder text) ${t.hot}`,
    sql`create index outbox_ready on outbox (ready_at) where ready_at is not null`,

    sql`create table timer (
      lane_id ${t.int} not null, key text not null, at ${t.int} not null, generation ${t.int} not null,
      data text not null, fired integer not null default 0, primary key (lane_id, key))`,
    sql`create index timer_due on timer (at) where fired = 0`,

    sql`create table parked (
      event_id ${t.int} primary key, lane_id ${t.int} not null, target text not null, until ${t.int} not null)`,
    sql`create index parked_target on parked (lane_id, target)`,
    sql`create index parked_until on parked (until)`,

    sql`create table early_receipt (
      instance text not null, message_id text not null, status integer not null, expires_at ${t.int} not null,
      primary key (instance, message_id))`,
    sql`create index early_receipt_expires on early_receipt (expires_at)`,

    sql`create table step (
      event_id ${t.int} not null, generation integer not null, name text not null, value text, epoch ${t.int},
      primary key (event_id, generation, name))`,

    sql`create table state (
      lane_id ${t.int} not null, key text not null, data text not null, primary key (lane_id, key)) ${t.clustered}`,

    sql`create table instance_state (
      instance text primary key, next_send_at ${t.int} not null default 0, hold_reason text,
      hold_until ${t.int}, connection text, last_event_at ${t.int})`,

    sql`create table pending_merge (
      id ${t.id}, contact_a ${t.int} not null, contact_b ${t.int} not null, created_at ${t.int} not null,
      unique (contact_a, contact_b))`,
    sql`create table contact_merge (
      id ${t.id}, kept ${t.int} not null, gone ${t.int} not null, at ${t.int} not null, detail text not null)`,
  ],
}
