import { sql } from 'kysely'
import type { Address } from '../core/address.ts'
import type { Content } from '../core/events.ts'
import type { InstanceId, MessageId, MessageRowId } from '../core/ids.ts'
import type { MediaEnd, MediaLedger, MediaRow, MediaState, WantedMedia } from '../core/media.ts'
import type { Db, Engine } from './dialect.ts'

/** Notes the media of messages that were just logged; the fetcher finds them. */
export async function wantMedia(
  engine: Engine,
  db: Db,
  messages: readonly { chat: number; instance: string; message: { id: string }; at: number }[],
): Promise<void> {
  if (messages.length === 0) return
  const wanted = engine.table(
    { chat_id: 'int', message_id: 'text' },
    messages.map((m) => ({ chat_id: m.chat, message_id: m.message.id })),
  )
  await sql`insert into media (message, instance, state, ready_at, created_at)
    select m.id, m.instance, 'wanted', ${engine.now}, ${engine.now}
    from ${wanted} w join message m on m.chat_id = w.chat_id and m.message_id = w.message_id where true
    on conflict (message) do nothing`.execute(db)
}

/** See {@link MediaLedger.claimMedia}. A lease that ran out is a try that failed. */
export async function claimMedia(
  engine: Engine,
  db: Db,
  { limit, leaseMs }: { limit: number; leaseMs: number },
  now: number,
): Promise<WantedMedia[]> {
  const { rows } = await sql<{ message: number; attempts: number }>`
    with c as materialized (
      select message from media where ready_at <= ${now} order by ready_at limit ${limit} ${engine.skipLocked})
    update media set attempts = media.attempts + 1, ready_at = ${now + leaseMs}
    from c where media.message = c.message returning media.message, media.attempts`.execute(db)
  const wanted: WantedMedia[] = []
  for (const { message, attempts } of rows.sort((a, b) => a.message - b.message)) {
    const row = await db
      .selectFrom('message')
      .innerJoin('chat', 'chat.id', 'message.chat_id')
      .select(['message.instance', 'message.message_id', 'message.content', 'chat.address'])
      .where('message.id', '=', message)
      .executeTakeFirst()
    const content = row && (JSON.parse(row.content) as Content)
    if (!row || !content || !('media' in content)) {
      await settleMedia(
        db,
        { message: message as MessageRowId, end: 'failed', reason: 'the message is gone' },
        now,
      )
      continue
    }
    wanted.push({
      message: message as MessageRowId,
      instance: row.instance as InstanceId,
      attempt: attempts,
      id: row.message_id as MessageId,
      chat: row.address as Address,
      kind: content.type,
      media: content.media,
    })
  }
  return wanted
}

/** See {@link MediaLedger.settleMedia}. */
export async function settleMedia(db: Db, end: MediaEnd, now: number): Promise<void> {
  const row = db.updateTable('media').where('message', '=', end.message).where('state', '=', 'wanted')
  switch (end.end) {
    case 'fetched': {
      const { hash, bytes, mime } = end
      await row
        .set({ state: 'fetched', ready_at: null, fetched_at: now, hash, bytes, mime, reason: null })
        .execute()
      return
    }
    case 'retry':
      await row.set({ ready_at: end.at, reason: end.reason }).execute()
      return
    case 'failed':
      await row.set({ state: 'failed', ready_at: null, reason: end.reason }).execute()
      return
    default:
      end satisfies never
  }
}

/** See {@link MediaLedger.expireMedia}. */
export async function expireMedia(
  db: Db,
  { before, limit }: { before: number; limit: number },
): Promise<string[]> {
  await sql`update media set state = 'expired' where message in (
    select message from media where fetched_at < ${before} and state = 'fetched'
    order by fetched_at limit ${limit})`.execute(db)
  const { rows } = await sql<{ hash: string }>`select distinct hash from media m where hash is not null
    and state = 'expired' and not exists (select 1 from media o where o.hash = m.hash and o.state = 'fetched')
    limit ${limit}`.execute(db)
  return rows.map((row) => row.hash)
}

/** See {@link MediaLedger.forgetMedia}. */
export const forgetMedia = async (db: Db, hash: string): Promise<void> => {
  await db
    .updateTable('media')
    .set({ hash: null, fetched_at: null })
    .where('hash', '=', hash)
    .where('state', '=', 'expired')
    .execute()
}

/** The part of the ledger that reads. */
export const mediaReads = (read: Db): Pick<MediaLedger, 'mediaBytesSince' | 'getMedia' | 'needsMedia'> => ({
  async mediaBytesSince(since) {
    const { rows } = await sql<{ bytes: number | null }>`
      select sum(bytes) as bytes from media where fetched_at >= ${since}`.execute(read)
    return Number(rows[0]?.bytes ?? 0)
  },
  async getMedia(message) {
    const row = await read
      .selectFrom('media')
      .innerJoin('message', 'message.id', 'media.message')
      .selectAll('media')
      .select('message.content')
      .where('media.message', '=', message)
      .executeTakeFirst()
    if (!row) return undefined
    const content = JSON.parse(row.content) as Content
    const fileName = 'media' in content ? content.media.fileName : undefined
    return { ...toMedia(row), ...(fileName === undefined ? {} : { fileName }) }
  },
  async needsMedia(hash) {
    const row = await read
      .selectFrom('media')
      .select('message')
      .where('hash', '=', hash)
      .where('state', '=', 'fetched')
      .limit(1)
      .executeTakeFirst()
    return row !== undefined
  },
})

/** Media of these messages, by message. */
export async function mediaOf(
  read: Db,
  table: Engine['table'],
  messages: readonly number[],
): Promise<Map<number, MediaRow>> {
  if (messages.length === 0) return new Map()
  const wanted = table(
    { id: 'int' },
    messages.map((id) => ({ id })),
  )
  const rows = await read
    .selectFrom('media')
    .selectAll()
    .where(sql<boolean>`message in (select w.id from ${wanted} w)`)
    .execute()
  return new Map(rows.map((row) => [row.message, toMedia(row)]))
}

function toMedia(row: {
  message: number
  state: string
  attempts: number
  hash: string | null
  bytes: number | null
  mime: string | null
  reason: string | null
  fetched_at: number | null
}): MediaRow {
  const state = row.state as MediaState
  return {
    message: row.message as MessageRowId,
    state,
    attempts: row.attempts,
    ...(row.hash === null || state !== 'fetched' ? {} : { hash: row.hash }),
    ...(row.bytes === null ? {} : { bytes: row.bytes }),
    ...(row.mime === null ? {} : { mime: row.mime }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.fetched_at === null ? {} : { fetchedAt: row.fetched_at }),
  }
}
