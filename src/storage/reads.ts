import { type SqlBool, sql } from 'kysely'
import type { Address, ChatKind } from '../core/address.ts'
import type { Command, CommandState, CommandType } from '../core/commands.ts'
import { type Author, type Content, type EventKind, MESSAGE_STATUSES, type Message } from '../core/events.ts'
import type {
  ChatId,
  CommandId,
  ContactId,
  DeliveryId,
  EventId,
  InstanceId,
  MergeId,
  MessageId,
  MessageRowId,
} from '../core/ids.ts'
import type {
  Backlog,
  ChatRow,
  CommandRow,
  ContactRow,
  EventRow,
  EventStatus,
  InstanceState,
  MergeProof,
  MergeRow,
  Seen,
  Store,
} from '../core/store.ts'
import type { LoggedMessage, Owner } from '../core/turn.ts'
import { accessReads } from './access/index.ts'
import { alertReads } from './alerts.ts'
import type { Db, Engine } from './dialect.ts'
import { isOneOf, matchingEvents, spanOf, withMerged } from './event-filter.ts'
import { type EventData, toChatState } from './lanes.ts'
import { mediaOf, mediaReads } from './media.ts'
import type { MergeDetail } from './merge-record.ts'
import { PLACE_HOLDER } from './messages.ts'
import { before, toPage, windowOf, within } from './pages.ts'
import { registryReads } from './registry.ts'
import { watchReads } from './watch.ts'

const NEXT_DUE = {
  lanes: sql<{ due: number | null }>`select min(ready_at) as due from lane where ready_at is not null`,
  timers: sql<{ due: number | null }>`select min(due) as due from (
    select min(at) as due from timer where fired = 0 union all select min(until) from parked) waiting`,
  outbox: sql<{
    due: number | null
  }>`select min(case when coalesce(i.hold_until, 0) > o.ready_at and coalesce(i.hold_until, 0) >= coalesce(i.next_send_at, 0)
        then i.hold_until when coalesce(i.next_send_at, 0) > o.ready_at then i.next_send_at else o.ready_at end) as due
    from outbox o left join instance_state i on i.instance = o.instance where o.ready_at is not null`,
  searches: sql<{
    due: number | null
  }>`select min(search_at) as due from command where search_at is not null`,
  media: sql<{ due: number | null }>`select min(ready_at) as due from media where ready_at is not null`,
} as const

/** The part of the port that reads. */
export type StoreReads = Pick<
  Store,
  | 'listEvents'
  | 'getEvent'
  | 'getDelivery'
  | 'listChats'
  | 'getChat'
  | 'getContact'
  | 'listMessages'
  | 'getMessage'
  | 'listCommands'
  | 'getCommand'
  | 'findChat'
  | 'chatKindOf'
  | 'instanceStates'
  | 'backlog'
  | 'lookUp'
  | 'sendInFlight'
  | 'timerIsCurrent'
  | 'nextDue'
  | 'hasSeen'
  | 'listMerges'
  | 'getMerge'
  | 'mediaBytesSince'
  | 'getMedia'
  | 'needsMedia'
> &
  ReturnType<typeof accessReads> &
  ReturnType<typeof registryReads> &
  ReturnType<typeof watchReads> &
  ReturnType<typeof alertReads>

/** Everything a store only reads; needs nothing but a connection. Every list is newest first. */
export function createReads(read: Db, table: Engine['table']): StoreReads {
  return {
    ...mediaReads(read),
    ...accessReads(read),
    ...registryReads(read),
    ...watchReads(read, table),
    ...alertReads(read, table),
    async listEvents(page) {
      const window = await windowOf(read, 'event', 'id', page, {
        indexed: page.status === 'dead',
        ...(await spanOf(read, page)),
      })
      const rows = await read
        .selectFrom('event')
        .selectAll()
        .where(within('id', window))
        .where(matchingEvents(page))
        .orderBy('id', 'desc')
        .limit(page.limit + 1)
        .execute()
      return toPage(rows, page.limit, (row) => row.id, toEvent, window)
    },
    async getEvent(id) {
      const row = await read.selectFrom('event').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toEvent(row)
    },
    async getDelivery(id) {
      const row = await read.selectFrom('delivery').selectAll().where('id', '=', id).executeTakeFirst()
      return (
        row && {
          id: row.id as DeliveryId,
          instance: row.instance as InstanceId,
          receivedAt: row.received_at,
          ...(row.verified_at === null ? {} : { verifiedAt: row.verified_at }),
          source: row.source,
          headers: JSON.parse(row.headers) as Record<string, string>,
          body: Buffer.from(row.body),
        }
      )
    },
    async listChats(page) {
      const rows = await read
        .selectFrom('chat')
        .selectAll()
        .where('merged_into', 'is', null)
        .where(before('id', page))
        .where(isOneOf('instance', page.instance))
        .orderBy('id', 'desc')
        .limit(page.limit + 1)
        .execute()
      return toPage(rows, page.limit, (row) => row.id, toChat)
    },
    async getChat(id) {
      const row = await read.selectFrom('chat').selectAll().where('id', '=', id).executeTakeFirst()
      if (row?.merged_into) return this.getChat(row.merged_into as ChatId)
      return row && toChat(row)
    },
    async getContact(id): Promise<ContactRow | undefined> {
      const row = await read.selectFrom('contact').selectAll().where('id', '=', id).executeTakeFirst()
      if (row?.merged_into) return this.getContact(row.merged_into as ContactId)
      if (!row) return undefined
      const addresses = await read
        .selectFrom('address')
        .select('address')
        .where('contact_id', '=', id)
        .orderBy('address')
        .execute()
      return {
        id,
        addresses: addresses.map((a) => a.address as Address),
        createdAt: row.created_at,
        ...(row.name === null ? {} : { name: row.name }),
      }
    },
    async hasSeen(address) {
      const row = await read
        .selectFrom('address')
        .select('seen')
        .where('address', '=', address)
        .executeTakeFirst()
      return row?.seen === 1
    },
    async listMerges(contact, page) {
      const rows = await read
        .selectFrom('contact_merge')
        .selectAll()
        .where(
          sql<SqlBool>`(kept in ${withMergedContacts(contact)} or gone in ${withMergedContacts(contact)})`,
        )
        .where(before('id', page))
        .orderBy('id', 'desc')
        .limit(page.limit + 1)
        .execute()
      return toPage(rows, page.limit, (row) => row.id, toMerge)
    },
    async getMerge(id) {
      const row = await read.selectFrom('contact_merge').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toMerge(row)
    },
    async listMessages(chat, page) {
      const rows = await read
        .selectFrom('message')
        .selectAll()
        .where('chat_id', '=', chat)
        .where(before('id', page))
        .orderBy('id', 'desc')
        .limit(page.limit + 1)
        .execute()
      const media = await mediaOf(
        read,
        table,
        rows.map((row) => row.id),
      )
      return toPage(
        rows,
        page.limit,
        (row) => row.id,
        (row) => {
          const medium = media.get(row.id)
          return { ...toMessage(row), row: row.id as MessageRowId, ...(medium && { media: medium }) }
        },
      )
    },
    async getMessage(chat, id) {
      const row = await read
        .selectFrom('message')
        .selectAll()
        .where('chat_id', '=', chat)
        .where('message_id', '=', id)
        .executeTakeFirst()
      return row && toMessage(row)
    },
    async listCommands(page) {
      const window = await windowOf(read, 'command', 'seq', page, {
        indexed: page.state === 'unknown' || page.state === 'held' || page.state === 'dead',
      })
      const rows = await read
        .selectFrom('command')
        .select(COMMAND_COLUMNS)
        .where(within('seq', window))
        .where(isOneOf('instance', page.instance))
        .where(isOneOf('state', page.state))
        .$if(page.event !== undefined, (q) => q.where('event_id', '=', page.event!))
        .$if(page.chat !== undefined, (q) => q.where('chat_id', 'in', withMerged(page.chat!)))
        .orderBy('seq', 'desc')
        .limit(page.limit + 1)
        .execute()
      return toPage(rows, page.limit, (row) => row.seq, toCommand, window)
    },
    async getCommand(id) {
      const row = await read
        .selectFrom('command')
        .select(COMMAND_COLUMNS)
        .where('id', '=', id)
        .executeTakeFirst()
      return row && toCommand(row)
    },
    async findChat(instance, address) {
      const row = await read
        .selectFrom('chat')
        .select('id')
        .where('instance', '=', instance)
        .where('merged_into', 'is', null)
        .where((eb) =>
          eb.or([
            eb('address', '=', address),
            eb(
              'contact_id',
              'in',
              eb.selectFrom('address').select('contact_id').where('address', '=', address),
            ),
          ]),
        )
        .executeTakeFirst()
      return row?.id as ChatId | undefined
    },
    async chatKindOf(chat) {
      const row = await read.selectFrom('chat').select('kind').where('id', '=', chat).executeTakeFirst()
      return row?.kind as ChatKind | undefined
    },
    async instanceStates() {
      const rows = await read.selectFrom('instance_state').selectAll().orderBy('instance').execute()
      const { rows: queued } = await sql<{ instance: string; n: number }>`
        select instance, count(*) as n from command where state in ('queued', 'sending', 'unknown') group by instance`.execute(
        read,
      )
      const queuedOf = new Map(queued.map((row) => [row.instance, Number(row.n)]))
      return rows.map(
        (row): InstanceState => ({
          instance: row.instance as InstanceId,
          queued: queuedOf.get(row.instance) ?? 0,
          ...(row.last_event_at === null ? {} : { lastEventAt: row.last_event_at }),
          ...(row.connection === null ? {} : { connection: row.connection }),
          ...(row.hold_reason === null ? {} : { holdReason: row.hold_reason }),
          ...(row.hold_until === null ? {} : { holdUntil: row.hold_until }),
        }),
      )
    },
    async lookUp(wanted) {
      const asked = table(
        { nth: 'int', chat: 'int', message: 'text' },
        wanted.map(({ chat, message }, nth) => ({ nth, chat, message: message ?? null })),
      )
      const { rows } = await sql<Parameters<typeof toChatState>[0] & { nth: number; live: number | null }>`
        select w.nth, c.id, c.kind, c.address, c.name, c.owner, c.epoch, m.live from ${asked} w
        join chat c on c.id = w.chat
        left join message m on m.chat_id = w.chat and m.message_id = w.message and m.status > ${PLACE_HOLDER}`.execute(
        read,
      )
      const seen = wanted.map((): Seen => ({ chat: undefined, known: undefined }))
      for (const { nth, live, ...chat } of rows) {
        const known = live === null ? undefined : live === 1 ? 'live' : 'history'
        seen[nth] = { chat: toChatState(chat), known }
      }
      return seen
    },
    async sendInFlight(chat) {
      const { rows } = await sql<{ id: CommandId }>`select id from command
        where chat_id = ${chat} and state in ('queued', 'sending', 'unknown') and state = 'sending' limit 1`.execute(
        read,
      )
      return rows[0]?.id
    },
    async timerIsCurrent(lane, key, generation) {
      const row = await read
        .selectFrom('timer')
        .select('lane_id')
        .where('lane_id', '=', lane)
        .where('key', '=', key)
        .where('generation', '=', generation)
        .where('fired', '=', 1)
        .executeTakeFirst()
      return row !== undefined
    },
    async nextDue(queue) {
      const { rows } = await NEXT_DUE[queue].execute(read)
      return rows[0]?.due ?? undefined
    },
    async backlog() {
      const { rows } = await sql<Backlog>`select
        (select count(*) from event where status = 'pending') as events,
        (select count(*) from command where state in ('queued', 'sending', 'unknown')) as commands,
        (select count(*) from event where status = 'dead') as "deadEvents",
        (select count(*) from command where state in ('unknown', 'held', 'dead') and state <> 'dead') as "unknownCommands"`.execute(
        read,
      )
      const row = rows[0]!
      return {
        events: Number(row.events),
        commands: Number(row.commands),
        deadEvents: Number(row.deadEvents),
        unknownCommands: Number(row.unknownCommands),
      }
    },
  }
}

/** A contact and those that were merged into it. */
const withMergedContacts = (contact: ContactId) =>
  sql<number>`(select ${contact} union all select id from contact where merged_into = ${contact})`

type Row<T extends keyof import('./tables.ts').Tables> = import('kysely').Selectable<
  import('./tables.ts').Tables[T]
>

export function toEvent(row: Row<'event'>): EventRow {
  const { fact } = JSON.parse(row.data) as EventData
  return {
    id: row.id as EventId,
    kind: row.kind as EventKind,
    instance: row.instance as InstanceId,
    at: row.at,
    acceptedAt: row.accepted_at,
    status: row.status as EventStatus,
    attempts: row.attempts,
    author: row.author as Author,
    fact,
    generation: row.generation,
    ...(row.done_at === null ? {} : { doneAt: row.done_at }),
    ...(row.error === null ? {} : { error: row.error }),
    ...(row.note === null ? {} : { note: row.note }),
    ...(row.lane_id === null ? {} : { chat: row.lane_id as ChatId }),
    ...(row.delivery_id === null ? {} : { delivery: row.delivery_id as DeliveryId }),
  }
}

export function toChat(row: Row<'chat'>): ChatRow {
  return {
    ...toChatState(row),
    owner: row.owner as Owner,
    instance: row.instance as InstanceId,
    ...(row.contact_id === null ? {} : { contact: row.contact_id as ContactId }),
    ...(row.last_message_at === null ? {} : { lastMessageAt: row.last_message_at }),
  }
}

function toMessage(row: Row<'message'>): LoggedMessage {
  return {
    messageId: row.message_id as MessageId,
    author: row.author as Author,
    at: row.at,
    content: JSON.parse(row.content) as Content,
    status: MESSAGE_STATUSES[row.status] ?? 'pending',
    ...(row.reply_to === null
      ? {}
      : { replyTo: JSON.parse(row.reply_to) as NonNullable<Message['replyTo']> }),
    ...(row.edited_at === null ? {} : { editedAt: row.edited_at }),
    ...(row.revoked_at === null ? {} : { revokedAt: row.revoked_at }),
    ...(row.reactions === null ? {} : { reactions: JSON.parse(row.reactions) as Record<string, string> }),
    ...(row.votes === null ? {} : { votes: JSON.parse(row.votes) as Record<string, string[]> }),
    ...(row.pinned_at === null ? {} : { pinnedAt: row.pinned_at }),
  }
}

function toMerge(row: Row<'contact_merge'>): MergeRow {
  const { addresses, chats } = JSON.parse(row.detail) as MergeDetail
  return {
    id: row.id as MergeId,
    kept: row.kept as ContactId,
    gone: row.gone as ContactId,
    at: row.at,
    proof: row.proof as MergeProof,
    addresses: addresses as Address[],
    chats: chats.map(({ kept, gone }) => ({ kept: kept as ChatId, gone: gone as ChatId })),
    ...(row.undone_at === null ? {} : { undoneAt: row.undone_at }),
  }
}

/** All that is shown: not the bytes of media. */
export const COMMAND_COLUMNS = [
  'seq',
  'id',
  'instance',
  'chat_id',
  'type',
  'state',
  'attempts',
  'body',
  'message_id',
  'reason',
  'event_id',
  'created_at',
  'sending_at',
  'unknown_at',
  'settled_at',
] as const
export function toCommand(row: Pick<Row<'command'>, (typeof COMMAND_COLUMNS)[number]>): CommandRow {
  return {
    id: row.id as CommandId,
    instance: row.instance as InstanceId,
    chat: row.chat_id as ChatId,
    type: row.type as CommandType,
    state: row.state as CommandState,
    attempts: row.attempts,
    command: JSON.parse(row.body) as Command,
    createdAt: row.created_at,
    ...(row.message_id === null ? {} : { messageId: row.message_id as MessageId }),
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...(row.event_id === null ? {} : { event: row.event_id as EventId }),
    ...(row.sending_at === null ? {} : { sendingAt: row.sending_at }),
    ...(row.unknown_at === null ? {} : { unknownAt: row.unknown_at }),
    ...(row.settled_at === null ? {} : { settledAt: row.settled_at }),
  }
}
