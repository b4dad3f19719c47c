import { sql } from 'kysely'
import type { Address } from '../core/address.ts'
import type { Db, Engine } from './dialect.ts'
import { bestAddress } from './identity.ts'
import type { EventData } from './lanes.ts'
import { makeTwin, pendingEvents } from './merge-chats.ts'
import { type ChatMerge, contactLaneKey } from './merge-record.ts'

/**
 * A chat that began after a merge, on a number where the contact that went had none: as the undo finds it in the
 * record of those it had. Where something came under addresses of that contact only, it gets a chat there, empty, and
 * what is its own moves into it by the same rules.
 * @param from the chat, whose lane is locked
 * @param split who has it, who gets its own back, and under which addresses
 * @returns undefined where nothing came under them
 */
export async function laterChat(
  engine: Engine,
  db: Db,
  from: number,
  split: { kept: number; gone: number; addresses: readonly string[] },
): Promise<ChatMerge | undefined> {
  const known = await db
    .selectFrom('address')
    .select('address')
    .where('contact_id', '=', split.kept)
    .orderBy('address')
    .execute()
  const all = known.map((row) => row.address as Address)
  // Those that another undo gave to somebody else are not given back here.
  const theirs = all.filter((address) => split.addresses.includes(address))
  if (theirs.length === 0 || !(await hasCome(db, from, new Set(theirs)))) return undefined

  const gone = await makeTwin(engine, db, from, split.gone)
  await db
    .updateTable('chat')
    .set({ address: bestOf(theirs), name: null })
    .where('id', '=', gone)
    .execute()
  const { owner, epoch, address } = await chatRow(db, from)
  const own = all.filter((one) => !theirs.includes(one))
  // The first one to write here may have been the other one.
  if (theirs.includes(address as Address) && own.length > 0) {
    await db
      .updateTable('chat')
      .set({ address: bestOf(own) })
      .where('id', '=', from)
      .execute()
  }
  const before = { kept: await chatRow(db, from), gone: await chatRow(db, gone) }
  return {
    kept: from,
    gone,
    created: false,
    key: contactLaneKey(before.gone.instance, split.gone),
    folded: [],
    before,
    after: { owner, epoch, address: before.kept.address, places: 0 },
    events: [],
    commands: [],
    messages: [],
    timers: [],
    state: [],
  }
}

const bestOf = ([address, ...aliases]: readonly Address[]): Address =>
  bestAddress({ address: address!, aliases })

const chatRow = (db: Db, id: number) =>
  db.selectFrom('chat').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

/** Events of a lane that are dead or parked. */
export async function setAside(db: Db, lane: number): Promise<{ id: number; data: string }[]> {
  const { rows } = await sql<{ id: number; data: string }>`select id, data from event
    where (status = 'dead' and lane_id = ${lane}) or id in (select event_id from parked where lane_id = ${lane})`.execute(
    db,
  )
  return rows
}

/** Does everything an event names of its chat belong to one side? */
export function isOnlyOf(data: string, addresses: ReadonlySet<string>): boolean {
  const { chat, fact } = JSON.parse(data) as EventData
  if (!chat || fact.kind === 'timer') return false
  return [chat.address, ...chat.aliases].every((address) => addresses.has(address))
}

/** Is there anything in the chat that came under these addresses only? */
async function hasCome(db: Db, chat: number, addresses: ReadonlySet<string>): Promise<boolean> {
  const waiting = [...(await pendingEvents(db, [chat])), ...(await setAside(db, chat))]
  if (waiting.some((event) => isOnlyOf(event.data, addresses))) return true
  const message = await db
    .selectFrom('message')
    .select('id')
    .where('chat_id', '=', chat)
    .where('origin_chat', 'is', null)
    .where('address', 'in', [...addresses])
    .limit(1)
    .executeTakeFirst()
  return message !== undefined
}
