import { sql } from 'kysely'
import { type Author, type Content, MESSAGE_STATUSES } from '../core/events.ts'
import { type ContactId, type MessageId, publicId } from '../core/ids.ts'
import type { LogChange, TurnCommit } from '../core/store.ts'
import type { Db, Engine } from './dialect.ts'
import { insertMessages, type NewMessage, PLACE_HOLDER, raiseStatus, settleEcho } from './messages.ts'
import { unpark } from './tail.ts'
import { reportConnection } from './watch.ts'

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
  const changes: { turn: LogSource; change: Exclude<LogChange, { type: 'message' | 'receipt' }> }[] = []
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
          ...(change.address === undefined ? {} : { address: change.address }),
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
        changes.push({ turn, change })
      }
    }
  }
  // Contacts and numbers are shared by chats: whoever locks several does so in one order.
  changes.sort(
    (a, b) =>
      contactOf(a) - contactOf(b) || (numberOf(a) < numberOf(b) ? -1 : numberOf(a) > numberOf(b) ? 1 : 0),
  )
  for (const { turn, change } of changes) await changeMessage(engine, db, turn, change, now)
  const talks = turns.flatMap((turn) => {
    const times = turn.log.flatMap((change) => (change.type === 'message' ? [change.at] : []))
    return times.length === 0 ? [] : [{ id: turn.lane as number, at: Math.max(...times) }]
  })
  await Promise.all([
    noteTalks(engine, db, talks),
    unpark(engine, db, messages),
    insertMessages(engine, db, messages).then(() => raiseStatus(engine, db, receipts, now)),
  ])
}

/** When something was last said in these chats. */
async function noteTalks(
  engine: Engine,
  db: Db,
  talks: readonly { id: number; at: number }[],
): Promise<void> {
  if (talks.length === 0) return
  await sql`update chat set last_message_at = case when coalesce(chat.last_message_at, 0) < w.at then w.at else chat.last_message_at end
      from ${engine.table({ id: 'int', at: 'int' }, talks)} w where chat.id = w.id`.execute(db)
}

type Change = { turn: LogSource; change: LogChange }
const contactOf = ({ change }: Change): number => (change.type === 'name' ? (change.contact ?? 0) : 0)
const numberOf = ({ turn, change }: Change): string => (change.type === 'connection' ? turn.instance : '')

async function changeMessage(
  engine: Engine,
  db: Db,
  turn: LogSource,
  change: Exclude<LogChange, { type: 'message' | 'receipt' }>,
  now: number,
): Promise<void> {
  switch (change.type) {
    case 'echo':
      await settleEcho(engine, db, turn.instance, turn.lane, change.messageId, change.command, now)
      return
    case 'name':
      await rename(db, turn.lane, change)
      return
    case 'connection':
      await reportConnection(
        db,
        turn.instance,
        { state: change.state, at: now, source: 'event', ...(change.reason && { reason: change.reason }) },
        { holdUntil: now + OFFLINE_HOLD_MS, now },
      )
      return
    default:
      await changeLogged(db, turn, change)
  }
}

async function rename(
  db: Db,
  chat: number,
  { name, contact, spare = false }: Extract<LogChange, { type: 'name' }>,
): Promise<void> {
  if (contact !== undefined) {
    await db
      .updateTable('contact')
      .set({ name })
      .where('id', '=', contact)
      .$if(spare, (query) => query.where('name', 'is', null))
      .execute()
  }
  await db
    .updateTable('chat')
    .set({ name })
    .where('id', '=', chat)
    .$if(contact !== undefined, (query) => query.where('contact_id', '=', contact!))
    .$if(spare, (query) => query.where('name', 'is', null))
    .execute()
}

/** A number reported offline is probed again after this long (ms), in case its "connected" was lost. */
const OFFLINE_HOLD_MS = 60_000

type MessageChange = Extract<LogChange, { type: 'edit' | 'revoke' | 'reaction' | 'vote' | 'pin' }>

async function changeLogged(db: Db, turn: LogSource, change: MessageChange): Promise<void> {
  const target = await db
    .selectFrom('message')
    .select(['id', 'content', 'reactions', 'votes'])
    .where('chat_id', '=', turn.lane)
    .where('message_id', '=', change.target)
    .executeTakeFirst()
  if (!target) {
    // A vote or pin is nothing without its message; the event keeps it.
    if (change.type !== 'vote' && change.type !== 'pin') await insertUnknownMessage(db, turn, change)
    return
  }
  const update = db.updateTable('message').where('id', '=', target.id)
  switch (change.type) {
    case 'edit': {
      const content = {
        ...(JSON.parse(target.content) as Content),
        ...(change.text === undefined ? {} : { text: change.text }),
      }
      await update.set({ content: JSON.stringify(content), edited_at: change.at }).execute()
      return
    }
    case 'revoke':
      await update.set({ revoked_at: change.at }).execute()
      return
    case 'reaction':
      await update.set({ reactions: withReaction(target.reactions, change) }).execute()
      return
    case 'vote': {
      const options = change.options.length === 0 ? undefined : change.options
      await update.set({ votes: ofEverybody(target.votes, whoOf(change), options) }).execute()
      return
    }
    case 'pin':
      await update.set({ pinned_at: change.pinned ? change.at : null }).execute()
      return
    default:
      change satisfies never
  }
}

/** Who reacted or voted, as the log names them. */
const whoOf = ({ author, contact }: { author: Author; contact?: ContactId }): string =>
  author === 'other' && contact !== undefined ? publicId('con', contact) : 'self'

/** One entry a person; the last one stands, an undefined one takes it back. */
function ofEverybody<T>(stored: string | null, who: string, entry: T | undefined): string {
  const all = stored === null ? {} : (JSON.parse(stored) as Record<string, T>)
  if (entry === undefined) delete all[who]
  else all[who] = entry
  return JSON.stringify(all)
}

const withReaction = (stored: string | null, change: Extract<LogChange, { type: 'reaction' }>): string =>
  ofEverybody(stored, whoOf(change), change.emoji === '' ? undefined : change.emoji)

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
      reactions: change.type === 'reaction' ? withReaction(null, change) : null,
      edited_at: change.type === 'edit' ? change.at : null,
      revoked_at: change.type === 'revoke' ? change.at : null,
      command_id: null,
    })
    .execute()
}
