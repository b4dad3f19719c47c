import { sql } from 'kysely'
import { type Command, makesMessage } from '../core/commands.ts'
import type { ChatId, CommandId, InstanceId, MessageId } from '../core/ids.ts'
import { isAlike, likenessOf } from '../core/likeness.ts'
import type { Conclusion, Finding, UnknownSend } from '../core/store.ts'
import type { Db, Engine } from './dialect.ts'
import type { EventData } from './lanes.ts'
import { insertMessages, PLACE_HOLDER } from './messages.ts'
import { outgoing } from './settle.ts'
import { freeChat, unpark, wakeOutboxes } from './tail.ts'

/** Another send of the same words may still show up in the chat this long after it became unknown (ms). */
const RIVAL_MS = 10 * 60_000
/** Own messages of the chat looked at to see whether it went on; they come in order, nearly. */
const LATEST = 20

interface Unsettled {
  seq: number
  id: string
  chat_id: number
  instance: string
  state: string
  body: string
  attempts: number
  sending_at: number | null
  unknown_at: number | null
  absences: number
}

const sentAtOf = ({ sending_at, unknown_at }: Unsettled): number | null => sending_at ?? unknown_at

/** See {@link import('../core/store.ts').OutboxStore.claimUnknown}. */
export async function claimUnknown(
  engine: Engine,
  db: Db,
  { limit, leaseMs }: { limit: number; leaseMs: number },
  now: number,
): Promise<UnknownSend[]> {
  // Settled meanwhile, by whatever way: nothing is left to look for.
  await sql`update command set search_at = null where seq in (
    select seq from command where search_at is not null and state not in ('unknown', 'held') ${engine.skipLocked})`.execute(
    db,
  )
  const { rows } = await sql<Unsettled>`
    with c as materialized (
      select seq from command where search_at <= ${now} order by search_at limit ${limit} ${engine.skipLocked})
    update command set search_at = ${now + leaseMs} from c where command.seq = c.seq
    returning command.seq, id, chat_id, instance, state, body, attempts, sending_at, unknown_at, absences`.execute(
    db,
  )
  const sends: UnknownSend[] = []
  for (const row of rows.sort((a, b) => a.seq - b.seq)) {
    const sentAt = sentAtOf(row) ?? now
    const { rows: strangers } = await sql<{ message_id: string }>`select message_id from early_receipt
      where instance = ${row.instance} and at >= ${sentAt}
        and chat_id in (select ${row.chat_id} union all select id from chat where merged_into = ${row.chat_id})
      order by at desc`.execute(db)
    sends.push({
      id: row.id as CommandId,
      chat: row.chat_id as ChatId,
      instance: row.instance as InstanceId,
      command: JSON.parse(row.body) as Command,
      attempt: row.attempts,
      sentAt,
      unknownAt: row.unknown_at ?? sentAt,
      absences: row.absences,
      strangers: strangers.map(({ message_id }) => message_id as MessageId),
    })
  }
  return sends
}

/** See {@link import('../core/store.ts').OutboxStore.conclude}. */
export async function conclude(
  engine: Engine,
  db: Db,
  conclusion: Conclusion,
  now: number,
): Promise<'sent' | 'retry' | 'open'> {
  const { send, finding } = conclusion
  // Two unknown sends of a chat must not both take the same message for theirs.
  await engine.lock(db, 'lane', [send.chat])
  await engine.lock(db, 'outbox', [send.chat])
  const row = await db
    .selectFrom('command')
    .select([
      'seq',
      'id',
      'chat_id',
      'instance',
      'state',
      'body',
      'attempts',
      'sending_at',
      'unknown_at',
      'absences',
    ])
    .where('id', '=', send.id)
    .executeTakeFirst()
  if (!row) return 'open'
  if (row.state === 'sent') return 'sent'
  const said = conclusion.said ?? (JSON.parse(row.body) as Command)
  if (finding.type === 'ours') {
    await settleFound(engine, db, row, said, finding, 'found at the gateway by its reference', now)
    return 'sent'
  }
  // A person has decided meanwhile, or there was another attempt: what was seen says nothing about it. Attempts
  // may count from the start again when a person sends something again.
  const same = row.attempts === send.attempt && sentAtOf(row) === send.sentAt
  if ((row.state !== 'unknown' && row.state !== 'held') || !same) return 'open'
  if (finding.type === 'alike') {
    const only = await onlyCandidate(db, row, said, finding.messages)
    if (only) {
      await settleFound(
        engine,
        db,
        row,
        said,
        { messageId: only.id, at: only.at },
        'found in the chat: the one message like it',
        now,
      )
      return 'sent'
    }
  }
  if (finding.type === 'not-sent' && !(await chatWentOn(db, row))) {
    await tryAgain(engine, db, row, finding, now)
    return 'retry'
  }
  const searching = finding.type !== 'not-sent'
  await db
    .updateTable('command')
    .set({
      search_at: searching ? conclusion.again : null,
      search_from: conclusion.notBefore,
      absences: finding.type === 'nothing' ? finding.absences : row.absences,
      ...(!searching && { reason: `${finding.reason}; the chat has gone on, so a person decides` }),
    })
    .where('seq', '=', row.seq)
    .execute()
  return 'open'
}

async function settleFound(
  engine: Engine,
  db: Db,
  row: Unsettled,
  said: Command,
  found: { messageId: MessageId; at?: number },
  reason: string,
  now: number,
): Promise<void> {
  await db
    .updateTable('command')
    .set({ state: 'sent', message_id: found.messageId, settled_at: now, reason, search_at: null })
    .where('seq', '=', row.seq)
    .execute()
  if (makesMessage(said)) {
    const messages = [outgoing(said, row, found.messageId, found.at ?? now)]
    await insertMessages(engine, db, messages)
    await unpark(engine, db, messages)
  }
  await freeChat(db, row.chat_id, now)
}

async function tryAgain(
  engine: Engine,
  db: Db,
  row: Unsettled,
  { retryAt, reason }: Extract<Finding, { type: 'not-sent' }>,
  now: number,
): Promise<void> {
  await db
    .updateTable('command')
    .set({
      state: retryAt === null ? 'dead' : 'queued',
      reason,
      settled_at: retryAt === null ? now : null,
      unknown_at: null,
      search_at: null,
      search_from: null,
      absences: 0,
    })
    .where('seq', '=', row.seq)
    .execute()
  await wakeOutboxes(engine, db, [row])
  await sql`update outbox set ready_at = ${retryAt ?? now} where chat_id = ${row.chat_id} and holder is null`.execute(
    db,
  )
}

/** Has anything said after it gone out already, or may have? Then saying it now would be out of order. */
async function chatWentOn(db: Db, row: Unsettled): Promise<boolean> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from (
      select seq from command where chat_id = ${row.chat_id} and seq > ${row.seq}
        and state in ('queued', 'sending', 'unknown') and state <> 'queued'
      union all
      select seq from command where chat_id = ${row.chat_id} and seq > ${row.seq}
        and unknown_at is not null and state in ('held', 'sent')
      union all
      select c.seq from (
        select command_id from message where chat_id = ${row.chat_id} and command_id is not null
        order by id desc limit ${LATEST}) m
      join command c on c.id = m.command_id where c.seq > ${row.seq}) later`.execute(db)
  return Number(rows[0]?.n ?? 0) > 0
}

/**
 * The one message that can be this send: the hub's log knows it neither as another send's nor as somebody
 * else's, no event that still waits in the lane tells of it, and no other send of the same words is open.
 */
async function onlyCandidate(
  db: Db,
  row: Unsettled,
  said: Command,
  candidates: readonly { id: MessageId; at: number }[],
): Promise<{ id: MessageId; at: number } | undefined> {
  if (candidates.length === 0 || (await hasRival(db, row, said))) return undefined
  const ids = candidates.map(({ id }) => id)
  const logged = await db
    .selectFrom('message')
    .select(['message_id', 'live', 'command_id'])
    .where('chat_id', '=', row.chat_id)
    .where('message_id', 'in', ids)
    .where('status', '>', PLACE_HOLDER)
    .execute()
  // What only history told was neither said by a person before our eyes nor sent by a command of ours.
  const taken = new Set<string>(
    logged.filter((m) => m.live === 1 || m.command_id !== null).map((m) => m.message_id),
  )
  const waiting = await sql<{ data: string }>`select data from event
    where lane_id = ${row.chat_id} and status = 'pending' and kind = 'message'`.execute(db)
  for (const { data } of waiting.rows) {
    const { fact } = JSON.parse(data) as EventData
    if (fact.kind === 'message') taken.add(fact.message.id)
  }
  const free = candidates.filter(({ id }) => !taken.has(id))
  return free.length === 1 ? free[0] : undefined
}

/** Is there another send of the same words whose message may be the one that was found? */
async function hasRival(db: Db, row: Unsettled, said: Command): Promise<boolean> {
  const mine = likenessOf(said)
  if (!mine) return true
  const { rows } = await sql<{ body: string }>`
    select body from command where chat_id = ${row.chat_id} and seq <> ${row.seq} and unknown_at is not null
      and unknown_at >= ${(row.sending_at ?? 0) - RIVAL_MS} and (message_id is null or attempts > 1)
    union all
    select body from command where chat_id = ${row.chat_id} and seq <> ${row.seq}
      and state in ('queued', 'sending', 'unknown') and state = 'sending'`.execute(db)
  return rows.some(({ body }) => {
    const theirs = likenessOf(JSON.parse(body) as Command)
    return theirs === undefined || isAlike(mine, theirs)
  })
}
