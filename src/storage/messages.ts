import { sql } from 'kysely'
import type { Author, Message } from '../core/events.ts'
import { MESSAGE_STATUSES } from '../core/events.ts'
import type { ContactId, MessageId } from '../core/ids.ts'
import type { Db, Engine } from './dialect.ts'
import { wantMedia } from './media.ts'
import { proveByReceipt } from './proof.ts'
import { freeChat } from './tail.ts'

/** How long a receipt waits for its message: longer than any gateway may take to answer a send (ms). */
const EARLY_RECEIPT_MS = 10 * 60_000
/** Status of a row that stands in for a message never received, because an edit or reaction of it was. */
export const PLACE_HOLDER = -1

export interface NewMessage {
  chat: number
  instance: string
  message: Pick<Message, 'id' | 'content' | 'replyTo'>
  author: Author
  contact?: ContactId
  at: number
  /** Index into MESSAGE_STATUSES. */
  status: number
  live: boolean
  command?: string
  /** See `message.address`. */
  address?: string
}

/**
 * Adds messages to the log; one that is already there stays as it is, except that a place holder made for
 * an early edit takes the content. Receipts that came before their message are applied.
 */
export async function insertMessages(engine: Engine, db: Db, messages: readonly NewMessage[]): Promise<void> {
  if (messages.length === 0) return
  const inserted = await engine.insertNew(
    db,
    'message',
    [
      'chat_id',
      'message_id',
      'instance',
      'author',
      'contact_id',
      'at',
      'status',
      'live',
      'content',
      'reply_to',
      'command_id',
      'address',
    ],
    messages.map((m) => [
      m.chat,
      m.message.id,
      m.instance,
      m.author,
      m.contact ?? null,
      m.at,
      m.status,
      m.live ? 1 : 0,
      JSON.stringify(m.message.content),
      m.message.replyTo ? JSON.stringify(m.message.replyTo) : null,
      m.command ?? null,
      m.address ?? null,
    ]),
    ['chat_id', 'message_id'],
  )
  await wantMedia(
    engine,
    db,
    messages.filter((m, i) => inserted[i] && m.live && m.author === 'other' && 'media' in m.message.content),
  )
  for (const [i, m] of messages.entries()) {
    if (!inserted[i]) await completeMessage(db, m)
  }
  const own = messages.filter((m) => m.author !== 'other')
  if (own.length === 0) return
  const wanted = engine.table(
    { instance: 'text', message_id: 'text', chat_id: 'int' },
    own.map((m) => ({ instance: m.instance, message_id: m.message.id, chat_id: m.chat })),
  )
  const { rows: early } = await sql<{
    chat_id: number
    instance: string
    message_id: string
    status: number
  }>`
    select w.chat_id, r.instance, r.message_id, r.status from ${wanted} w
    join early_receipt r on r.instance = w.instance and r.message_id = w.message_id`.execute(db)
  for (const receipt of early) {
    await sql`update message set status = ${receipt.status}
      where chat_id = ${receipt.chat_id} and message_id = ${receipt.message_id} and status < ${receipt.status}`.execute(
      db,
    )
    await db
      .deleteFrom('early_receipt')
      .where('instance', '=', receipt.instance)
      .where('message_id', '=', receipt.message_id)
      .execute()
  }
}

/** A row that is there already is a place holder, told by history, or the echo of a send whose answer comes only now. */
async function completeMessage(db: Db, m: NewMessage): Promise<void> {
  const row = db.updateTable('message').where('chat_id', '=', m.chat).where('message_id', '=', m.message.id)
  await row
    .set({
      content: JSON.stringify(m.message.content),
      status: m.status,
      author: m.author,
      contact_id: m.contact ?? null,
      at: m.at,
    })
    .where('status', '=', PLACE_HOLDER)
    .execute()
  if (m.live) await row.set({ live: 1 }).where('live', '=', 0).execute()
  if (m.command !== undefined)
    await row.set({ command_id: m.command }).where('command_id', 'is', null).execute()
}

/** Moves statuses forward, never back. Receipts for messages nobody knows yet are kept for a while. */
export async function raiseStatus(
  engine: Engine,
  db: Db,
  receipts: readonly { chat: number; instance: string; target: MessageId; status: number }[],
  now: number,
): Promise<void> {
  if (receipts.length === 0) return
  // Several receipts of one message in a batch: only the furthest counts.
  const furthest = new Map<string, (typeof receipts)[number]>()
  for (const receipt of receipts) {
    const key = `${receipt.chat} ${receipt.target}`
    const seen = furthest.get(key)
    if (!seen || seen.status < receipt.status) furthest.set(key, receipt)
  }
  const { rows: known } = await sql<{ chat_id: number; message_id: string }>`
    update message set status = case when message.status < w.status then w.status else message.status end
    from ${engine.table(
      { chat_id: 'int', message_id: 'text', status: 'int' },
      [...furthest.values()].map((r) => ({ chat_id: r.chat, message_id: r.target, status: r.status })),
    )} w where message.chat_id = w.chat_id and message.message_id = w.message_id
    returning message.chat_id, message.message_id`.execute(db)
  const found = new Set(known.map((row) => `${row.chat_id} ${row.message_id}`))
  for (const [key, receipt] of furthest) {
    if (found.has(key) || (await proveByReceipt(db, receipt, now))) continue
    await sql`insert into early_receipt (instance, message_id, chat_id, status, at, expires_at)
      values (${receipt.instance}, ${receipt.target}, ${receipt.chat}, ${receipt.status}, ${now}, ${now + EARLY_RECEIPT_MS})
      on conflict (instance, message_id) do update set
        status = case when early_receipt.status < excluded.status then excluded.status else early_receipt.status end,
        expires_at = excluded.expires_at`.execute(db)
    await lookAgain(db, receipt.chat, now)
  }
}

/** A message nobody knows reached somebody in this chat: it may be the send whose end is unknown. */
async function lookAgain(db: Db, chat: number, now: number): Promise<void> {
  await sql`update command set search_at = case when search_from > ${now} then search_from else ${now} end
    where chat_id = ${chat} and unknown_at is not null and state in ('unknown', 'held')
      and search_at is null and search_from is not null`.execute(db)
}

/**
 * An echo proves that a command went out: it is sent, whatever we believed (`sending`, `unknown`, `held`).
 * @returns whether the echo was of a command of ours
 */
export async function settleEcho(
  engine: Engine,
  db: Db,
  instance: string,
  chat: number,
  messageId: MessageId,
  commandId: string | undefined,
  now: number,
): Promise<boolean> {
  if (commandId === undefined) return false
  const find = () =>
    db
      .selectFrom('command')
      .select(['seq', 'state', 'id', 'chat_id'])
      .where('id', '=', commandId)
      .where('instance', '=', instance)
      .executeTakeFirst()
  const seen = await find()
  if (!seen) return false
  // Before the command itself, as those do who claim it at this moment.
  await engine.lock(db, 'outbox', [seen.chat_id])
  const command = (await find()) ?? seen
  await sql`update message set command_id = ${command.id}, status = case when status < ${SENT} then ${SENT} else status end
    where chat_id = ${chat} and message_id = ${messageId}`.execute(db)
  if (command.state === 'sent') return true
  await db
    .updateTable('command')
    .set({ state: 'sent', message_id: messageId, settled_at: now, reason: 'seen in the chat' })
    .where('seq', '=', command.seq)
    .execute()
  // Whatever name of the chat the echo came under.
  await freeChat(db, command.chat_id, now)
  return true
}
const SENT = MESSAGE_STATUSES.indexOf('sent')
