import { type RawBuilder, sql } from 'kysely'
import {
  COMMAND_TYPES,
  type Command,
  commandContent,
  type MessageCommand,
  makesMessage,
  REPEATABLE,
} from '../core/commands.ts'
import { MESSAGE_STATUSES } from '../core/events.ts'
import type { ChatId, MessageId } from '../core/ids.ts'
import type { Settlement } from '../core/store.ts'
import type { Db, Engine } from './dialect.ts'
import { insertMessages, type NewMessage } from './messages.ts'
import { unpark } from './tail.ts'

const SENT = MESSAGE_STATUSES.indexOf('sent')
/** Done twice they change nothing: after a crash they are simply done again. */
const REPEATABLE_TYPES = COMMAND_TYPES.filter((type) => REPEATABLE[type])
/** A send becomes unknown: this long after, the gateway is first asked about it (ms). */
const FIRST_LOOK_MS = 2_000
/** Looks that prove absence lie this far apart (ms). */
const BETWEEN_LOOKS_MS = 60_000

/** Nobody knows whether it went out: the chat is held, and the gateway is asked before long. */
export const inDoubt = (reason: string, now: number) => ({
  state: 'unknown',
  reason,
  unknown_at: now,
  search_at: now + FIRST_LOOK_MS,
  absences: 0,
})

export const setState = (
  db: Db,
  seq: number,
  set: { state: string; reason: string | null; settled_at?: number | null } | ReturnType<typeof inDoubt>,
) => db.updateTable('command').set(set).where('seq', '=', seq).execute()

/** See {@link import('../core/store.ts').OutboxStore.settle}. */
export async function settleSends(
  engine: Engine,
  db: Db,
  batch: readonly Settlement[],
  now: number,
  options: { unknownHoldMs: number },
): Promise<void> {
  // Lanes and outboxes before the commands, as turns and claims do; from here on nobody queues more unseen.
  const chats = batch.map(({ chat }) => chat)
  await engine.lock(db, 'lane', chats)
  await engine.lock(db, 'outbox', chats)
  const table = engine.table(
    { id: 'text' },
    batch.map((s) => ({ id: s.id })),
  )
  const { rows } = await sql<{
    seq: number
    id: string
    state: string
    body: string
    chat_id: number
    instance: string
    fence: number | null
  }>`
    select c.seq, c.id, c.state, c.body, c.chat_id, c.instance, o.fence from ${table} w join command c on c.id = w.id
    left join outbox o on o.chat_id = c.chat_id`.execute(db)
  const moved = rows.map((row) => row.chat_id).filter((chat) => !chats.includes(chat as ChatId))
  await engine.lock(db, 'outbox', moved)
  const commandOf = new Map(rows.map((row) => [row.id, row]))
  const messages: NewMessage[] = []
  const sent: { seq: number; message_id: string | null }[] = []
  const waits: { chat_id: number; fence: number; ready_at: number }[] = []
  for (const settlement of batch) {
    const command = commandOf.get(settlement.id)
    if (!command) continue
    const { result } = settlement
    let readyAt = now
    // A `sent` always stands; anything else only while this very attempt is under way.
    const current = command.state === 'sending' && command.fence === settlement.fence
    switch (result.end) {
      case 'sent': {
        sent.push({ seq: command.seq, message_id: result.messageId ?? null })
        const body = settlement.said ?? (JSON.parse(command.body) as Command)
        if (makesMessage(body) && result.messageId)
          messages.push(outgoing(body, command, result.messageId, settlement.at))
        break
      }
      case 'rejected':
        if (current)
          await setState(db, command.seq, {
            state: 'rejected',
            reason: `${result.code}: ${result.reason}`,
            settled_at: now,
          })
        break
      case 'unknown':
        if (current) await setState(db, command.seq, inDoubt(result.reason, now))
        readyAt = now + options.unknownHoldMs
        break
      case 'retry':
      case 'hold':
        if (current) {
          const dead = settlement.retryAt === null
          await setState(db, command.seq, {
            state: dead ? 'dead' : 'queued',
            reason: result.reason,
            settled_at: dead ? now : null,
          })
          if (result.end === 'hold')
            await sql`update command set attempts = attempts - 1 where seq = ${command.seq}`.execute(db)
        }
        readyAt = settlement.retryAt ?? now
        break
      default:
        result satisfies never
    }
    waits.push({ chat_id: command.chat_id, fence: settlement.fence, ready_at: readyAt })
  }
  if (sent.length > 0) {
    await sql`update command set state = 'sent', message_id = coalesce(w.message_id, command.message_id), settled_at = ${now}, reason = null
      from ${engine.table({ seq: 'int', message_id: 'text' }, sent)} w where command.seq = w.seq`.execute(db)
    await insertMessages(engine, db, messages)
    await unpark(engine, db, messages)
    await clearHolds(
      engine,
      db,
      rows.map((row) => row.instance),
    )
  }
  // Give the chat back only while the lease is ours; nothing left to send leaves it empty.
  await sql`update outbox set holder = null,
      ready_at = case when exists (select 1 from command c where c.chat_id = outbox.chat_id
        and c.state in ('queued', 'sending', 'unknown')) then w.ready_at end
    from ${engine.table({ chat_id: 'int', fence: 'int', ready_at: 'int' }, waits)} w
    where outbox.chat_id = w.chat_id and outbox.fence = w.fence`.execute(db)
}

/** The row that a send of ours gets in its chat's log. */
export function outgoing(
  body: MessageCommand,
  command: { chat_id: number; instance: string; id: string },
  messageId: MessageId,
  at: number,
): NewMessage {
  return {
    chat: command.chat_id,
    instance: command.instance,
    author: 'api',
    at,
    status: SENT,
    live: true,
    command: command.id,
    message: {
      id: messageId,
      content: commandContent(body),
      ...('replyTo' in body && body.replyTo !== undefined && { replyTo: { id: body.replyTo } }),
    },
  }
}

/** A number that just sent something is not held any more. */
async function clearHolds(engine: Engine, db: Db, instances: readonly string[]): Promise<void> {
  const wanted = engine.table(
    { instance: 'text' },
    [...new Set(instances)].map((instance) => ({ instance })),
  )
  await sql`update instance_state set hold_reason = null, hold_until = null
    from (select instance from instance_state where hold_reason is not null
      and instance in (select w.instance from ${wanted} w) order by instance ${engine.forUpdate}) held
    where instance_state.instance = held.instance`.execute(db)
}

/** What a process that starts finds to be nobody's any more. */
export interface Abandoned {
  /** @returns a condition on `holder`: such leases are */
  leases(engine: Engine, db: Db): Promise<RawBuilder<boolean>>
  /** Whether every look for an unknown send that is under way is, too. */
  looks: boolean
}

/** See {@link import('../core/store.ts').OutboxStore.recover}. */
export async function recoverAfterCrash(
  engine: Engine,
  db: Db,
  abandoned: Abandoned,
  now: number,
): Promise<{ unknown: number; lanes: number }> {
  if (abandoned.looks) {
    // One that counted absences keeps its distance from the next.
    await sql`update command set search_at = case when absences = 0 then ${now + FIRST_LOOK_MS}
        when search_at < ${now + BETWEEN_LOOKS_MS} then search_at else ${now + BETWEEN_LOOKS_MS} end
      where search_at > ${now} and state in ('unknown', 'held')`.execute(db)
  }
  return endLeases(engine, db, await abandoned.leases(engine, db), now)
}

/**
 * Ends leases of holders that are gone, whatever time they had left. What they were sending becomes unknown, but
 * for what may be done twice.
 * @param whose condition on `holder` that asks nothing of other tables: it is looked at again under the lock
 */
export async function endLeases(
  engine: Engine,
  db: Db,
  whose: RawBuilder<boolean>,
  now: number,
): Promise<{ unknown: number; lanes: number }> {
  // Locked first: a lease that somebody else takes meanwhile is theirs.
  const lanes = await sql`update lane set holder = null, ready_at = ${now} from (
      select id from lane where ready_at is not null and ${whose} order by id ${engine.forUpdate}) w
    where lane.id = w.id`.execute(db)
  // The lease itself marks who was at it; locked before the commands, as everywhere.
  const { rows: chats } = await sql<{
    chat_id: number
  }>`update outbox set holder = null, ready_at = ${now} from (
      select chat_id from outbox where ready_at is not null and ${whose} order by chat_id ${engine.forUpdate}) w
    where outbox.chat_id = w.chat_id returning outbox.chat_id`.execute(db)
  if (chats.length === 0) return { unknown: 0, lanes: Number(lanes.numAffectedRows ?? 0) }
  const table = engine.table({ chat_id: 'int' }, chats)
  const sending = db
    .updateTable('command')
    .where('state', '=', 'sending')
    .where(sql<boolean>`chat_id in (select w.chat_id from ${table} w)`)
  await sending.set({ state: 'queued' }).where('type', 'in', REPEATABLE_TYPES).execute()
  const unknown = await sending
    .set(inDoubt('the process that was sending this ended', now))
    .executeTakeFirst()
  return { unknown: Number(unknown.numUpdatedRows), lanes: Number(lanes.numAffectedRows ?? 0) }
}

/** After an old copy was put back: what it believes to be unsent may long be out. Nothing goes by itself. */
export async function holdRestored(db: Db): Promise<number> {
  const held = await db
    .updateTable('command')
    .set({
      state: 'held',
      reason: 'an old copy of the database was restored; this may have been sent already',
      search_at: null,
    })
    .where('state', 'in', ['queued', 'sending', 'unknown'])
    .executeTakeFirst()
  return Number(held.numUpdatedRows)
}
