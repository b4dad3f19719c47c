import { sql } from 'kysely'
import { type Content, MESSAGE_STATUSES } from '../core/events.ts'
import { type MessageId, publicId } from '../core/ids.ts'
import type { LogChange, TurnCommit } from '../core/store.ts'
import type { Db, Engine } from './dialect.ts'
import { holdInstance } from './instances.ts'
import { insertMessages, type NewMessage, PLACE_HOLDER, raiseStatus, settleEcho } from './messages.ts'
import { unpark } from './tail.ts'

/** Whose log changes are to be written: a committed turn, or one that failed for the last time. */
type LogSource = Pick<TurnCommit, 'lane' | 'instance' | 'log'>

/** Writes what events do to the hub's own log: messages, statuses, reactions, names, connections. */
export async function recordLog(
  engine: Engine,
  db: Db,
  turns: readonly LogSource[],
  now: number,
): Promise<void> {
  const messages: NewMessage[] = []
  const receipts: { chat: number; instance: string; target: MessageId; status: number }[] = []
  for (const turn of turns) {
    for (const change of turn.log) {
      if (change.type === 'message') {
        messages.push({
          chat: turn.lane,
          instance: turn.instance,
          message: change.message,
          author: change.author,
          contact: change.contact,
          at: change.at,
          status: MESSAGE_STATUSES.indexOf(change.status),
          live: change.live,
        })
      } else if (change.type === 'receipt') {
        receipts.push({
          chat: turn.lane,
          instance: turn.instance,
          target: change.target,
          status: MESSAGE_STATUSES.indexOf(change.state),
        })
      } else {
        await changeMessage(db, turn, change, now)
      }
    }
  }
  await insertMessages(engine, db, messages)
  await raiseStatus(engine, db, receipts, now)
  const talks = turns.flatMap((turn) =>
    turn.log.flatMap((change) =>
      change.type === 'message' ? [{ id: turn.lane as number, at: change.at }] : [],
    ),
  )
  if (talks.length > 0) {
    await sql`update chat set last_message_at = case when coalesce(chat.last_message_at, 0) < w.at then w.at else chat.last_message_at end
      from ${engine.table({ id: 'int', at: 'int' }, talks)} w where chat.id = w.id`.execute(db)
  }
  await unpark(engine, db, messages)
}

async function changeMessage(
  db: Db,
  turn: LogSource,
  change: Exclude<LogChange, { type: 'message' | 'receipt' }>,
  now: number,
): Promise<void> {
  switch (change.type) {
    case 'echo':
      await settleEcho(db, turn.instance, turn.lane, change.messageId, change.command, now)
      return
    case 'name':
      await rename(db, turn.lane, change)
      return
    case 'connection':
      await recordConnection(db, turn.instance, change, now)
      return
    default:
      await changeLogged(db, turn, change)
  }
}

async function rename(db: Db, chat: number, change: Extract<LogChange, { type: 'name' }>): Promise<void> {
  if (change.contact === undefined) {
    await db.updateTable('chat').set({ name: change.name }).where('id', '=', chat).execute()
    return
  }
  await db.updateTable('contact').set({ name: change.name }).where('id', '=', change.contact).execute()
  await db
    .updateTable('chat')
    .set({ name: change.name })
    .where('id', '=', chat)
    .where('contact_id', '=', change.contact)
    .execute()
}

/** A number that says it is offline is not tried for a while; one that is back sends at once. */
async function recordConnection(
  db: Db,
  instance: string,
  change: Extract<LogChange, { type: 'connection' }>,
  now: number,
): Promise<void> {
  await db
    .updateTable('instance_state')
    .set({ connection: change.state })
    .where('instance', '=', instance)
    .execute()
  if (change.state === 'connected') await holdInstance(db, instance, undefined)
  if (change.state === 'disconnected' || change.state === 'logged-out') {
    await holdInstance(db, instance, {
      reason: `the number is ${change.state}`,
      until: now + OFFLINE_HOLD_MS,
    })
  }
}
/** A number reported offline is probed again after this long (ms), in case its "connected" was lost. */
const OFFLINE_HOLD_MS = 60_000

async function changeLogged(
  db: Db,
  turn: LogSource,
  change: Extract<LogChange, { type: 'edit' | 'revoke' | 'reaction' }>,
): Promise<void> {
  const target = await db
    .selectFrom('message')
    .select(['id', 'content', 'reactions'])
    .where('chat_id', '=', turn.lane)
    .where('message_id', '=', change.target)
    .executeTakeFirst()
  if (!target) {
    await insertUnknownMessage(db, turn, change)
    return
  }
  const update = db.updateTable('message').where('id', '=', target.id)
  if (change.type === 'edit') {
    const content = {
      ...(JSON.parse(target.content) as Content),
      ...(change.text === undefined ? {} : { text: change.text }),
    }
    await update.set({ content: JSON.stringify(content), edited_at: change.at }).execute()
  } else if (change.type === 'revoke') {
    await update.set({ revoked_at: change.at }).execute()
  } else {
    await update.set({ reactions: JSON.stringify(withReaction(target.reactions, change)) }).execute()
  }
}

/** One reaction a person; the last one stands, an empty one takes it back. */
function withReaction(
  stored: string | null,
  change: Extract<LogChange, { type: 'reaction' }>,
): Record<string, string> {
  const reactions = stored === null ? {} : (JSON.parse(stored) as Record<string, string>)
  const who =
    change.author === 'other' && change.contact !== undefined ? publicId('con', change.contact) : 'self'
  if (change.emoji === '') delete reactions[who]
  else reactions[who] = change.emoji
  return reactions
}

/** An edit, revoke or reaction whose message never came: kept as one of a message nobody saw. */
async function insertUnknownMessage(
  db: Db,
  turn: LogSource,
  change: Extract<LogChange, { type: 'edit' | 'revoke' | 'reaction' }>,
): Promise<void> {
  const content: Content = {
    type: 'unsupported',
    wire: 'not received',
    ...(change.type === 'edit' && change.text !== undefined ? { text: change.text } : {}),
  }
  await db
    .insertInto('message')
    .values({
      chat_id: turn.lane,
      message_id: change.target,
      instance: turn.instance,
      author: 'other',
      contact_id: null,
      at: change.at,
      status: PLACE_HOLDER,
      content: JSON.stringify(content),
      reply_to: null,
      reactions: change.type === 'reaction' ? JSON.stringify(withReaction(null, change)) : null,
      edited_at: change.type === 'edit' ? change.at : null,
      revoked_at: change.type === 'revoke' ? change.at : null,
      command_id: null,
    })
    .execute()
}
