import { sql } from 'kysely'
import type { CommandState } from '../core/commands.ts'
import type { ChatId, CommandId, EventId } from '../core/ids.ts'
import type { Decision } from '../core/store.ts'
import type { Owner } from '../core/turn.ts'
import type { Db, Engine } from './dialect.ts'
import { currentChat } from './merge-record.ts'
import { appendToLanes, wakeOutboxes } from './tail.ts'

/** What a person decides about things that wait for one. */

const ENDED = ['dead', 'done', 'skipped', 'discarded']

/** What `retryEvent` of the store promises. */
export async function retryEvent(
  engine: Engine,
  db: Db,
  id: EventId,
  ended: boolean,
  now: number,
): Promise<EventId | undefined> {
  const find = () => db.selectFrom('event').selectAll().where('id', '=', id).executeTakeFirst()
  const seen = await find()
  if (!seen || seen.lane_id === null) return undefined
  // What is over stays in the lane it was handled in, even when another chat has taken that one up.
  const lane = await currentChat(db, seen.lane_id)
  await engine.lock(db, 'lane', [lane])
  await engine.lock(db, 'event', [id])
  const event = await find()
  if (!event) return undefined
  if (event.lane_id !== seen.lane_id || (await currentChat(db, lane)) !== lane) throw engine.lostRace()
  const failed = event.status === 'dead'
  if (!failed && !(ended && ENDED.includes(event.status))) return undefined
  const [fresh] = await engine.reserveIds(db, 'event', 1)
  await db
    .insertInto('event')
    .values({
      ...event,
      id: fresh!,
      lane_id: lane,
      place: null,
      status: 'parked',
      accepted_at: now,
      generation: event.generation + 1,
      attempts: 0,
      epoch: null,
      done_at: null,
      started_at: null,
      trace: null,
      origin: event.origin ?? id,
      error: null,
      note: failed
        ? `asked to run again after event ${id} failed`
        : `asked to run again: event ${id} once more`,
    })
    .execute()
  if (failed) {
    await db
      .updateTable('event')
      .set({ status: 'discarded', note: `run again as event ${fresh}` })
      .where('id', '=', id)
      .execute()
  }
  await appendToLanes(engine, db, [{ event: fresh!, lane }])
  return fresh as EventId
}

export async function discardEvent(db: Db, id: EventId): Promise<boolean> {
  const result = await db
    .updateTable('event')
    .set({ status: 'discarded', note: 'given up by a person' })
    .where('id', '=', id)
    .where('status', '=', 'dead')
    .executeTakeFirst()
  return result.numUpdatedRows > 0n
}

const WAIT_FOR_A_PERSON: readonly CommandState[] = ['unknown', 'held', 'dead', 'rejected', 'refused']

const DECIDED = {
  resend: { state: 'queued', words: 'sent again by a person' },
  sent: { state: 'sent', words: 'a person saw that it was sent' },
  failed: { state: 'rejected', words: 'a person saw that it was not sent' },
  discard: { state: 'discarded', words: 'given up by a person' },
} as const satisfies Record<Decision, { state: CommandState; words: string }>

export async function resolveCommand(
  engine: Engine,
  db: Db,
  id: CommandId,
  decision: Decision,
  reason: string | undefined,
  now: number,
): Promise<boolean> {
  const find = () =>
    db
      .selectFrom('command')
      .select(['seq', 'state', 'chat_id', 'instance', 'unknown_at'])
      .where('id', '=', id)
      .executeTakeFirst()
  const seen = await find()
  if (!seen) return false
  // Two people may decide at once: the second one finds what the first decided.
  await engine.lock(db, 'outbox', [seen.chat_id])
  const command = await find()
  if (!command || !WAIT_FOR_A_PERSON.includes(command.state as CommandState)) return false
  // An attempt nobody knows the end of stays counted: what it said may be in the chat beside what is said now.
  const again = { epoch: null, settled_at: null, ...(command.unknown_at === null && { attempts: 0 }) }
  const { state, words } = DECIDED[decision]
  const set = {
    state,
    reason: reason === undefined ? words : `${words}: ${reason}`,
    ...(decision === 'resend' ? again : { settled_at: now }),
  }
  const decided = await db.updateTable('command').set(set).where('seq', '=', command.seq).executeTakeFirst()
  // Retention has just taken it away.
  if (decided.numUpdatedRows === 0n) return false
  await sql`update outbox set ready_at = ${now} where chat_id = ${command.chat_id} and holder is null`.execute(
    db,
  )
  if (decision === 'resend') await wakeOutboxes(engine, db, [command])
  return true
}

export async function setOwner(db: Db, chat: ChatId, owner: Owner, now: number): Promise<boolean> {
  const result = await sql`update chat set owner = ${owner}, owner_at = ${now},
    epoch = case when owner = ${owner} then epoch else epoch + 1 end where id = ${chat}`.execute(db)
  return Number(result.numAffectedRows ?? 0) > 0
}
