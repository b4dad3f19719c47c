import { sql } from 'kysely'
import type { Migration } from '../migration.ts'

/** Looking for unknown sends, merges that can be taken back, and the media people send. */
export const doubtMergesMedia: Migration = {
  name: '0002_doubt_merges_media',
  statements: (t) => [
    sql`create index contact_merged on contact (merged_into) where merged_into is not null`,
    sql`alter table address add column seen integer not null default 1`,

    sql`alter table message add column votes text`,
    sql`alter table message add column pinned_at ${t.int}`,
    sql`alter table message add column address text`,
    sql`alter table message add column origin_chat ${t.int}`,

    sql`alter table command add column search_at ${t.int}`,
    sql`alter table command add column search_from ${t.int}`,
    sql`alter table command add column absences integer not null default 0`,
    sql`alter table command add column bytes text`,
    sql`create index command_bytes on command (seq) where bytes is not null`,
    sql`create index command_doubt on command (chat_id) where unknown_at is not null`,
    sql`create index command_search on command (search_at) where search_at is not null`,

    // What waited there a few minutes at most names no chat, and cannot be told which it was.
    sql`drop table early_receipt`,
    sql`create table early_receipt (
      instance text not null, message_id text not null, chat_id ${t.int} not null, status integer not null,
      at ${t.int} not null, expires_at ${t.int} not null, primary key (instance, message_id))`,
    sql`create index early_receipt_expires on early_receipt (expires_at)`,

    sql`alter table pending_merge add column proof text not null default 'event'`,
    sql`alter table contact_merge add column proof text not null default 'event'`,
    sql`alter table contact_merge add column undone_at ${t.int}`,
    sql`create index contact_merge_kept on contact_merge (kept)`,
    sql`create index contact_merge_gone on contact_merge (gone)`,
    // Merges of before did not write down what an undo needs: they stay, and cannot be taken back.
    sql`delete from contact_merge`,

    sql`create table media (
      message ${t.int} primary key, instance text not null, state text not null, attempts integer not null default 0,
      ready_at ${t.int}, created_at ${t.int} not null, fetched_at ${t.int}, hash text, bytes ${t.int}, mime text,
      reason text)`,
    sql`create index media_ready on media (ready_at) where ready_at is not null`,
    sql`create index media_hash on media (hash) where hash is not null`,
    sql`create index media_expired on media (hash) where state = 'expired' and hash is not null`,
    sql`create index media_fetched on media (fetched_at) where fetched_at is not null`,
  ],
}
