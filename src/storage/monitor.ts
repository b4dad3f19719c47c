import { type RawBuilder, type Selectable, sql } from 'kysely'
import type { DeliveryId, EventId, InstanceId, LaneId } from '../core/ids.ts'
import { COUNTED_TO, type DeliveryRow, type Few, type MonitorStore } from '../core/monitor.ts'
import type { TurnTrace } from '../core/trace.ts'
import type { Db, Engine } from './dialect.ts'
import { isOneOf } from './event-filter.ts'
import { type EventData, toChatState, toClaimedEvent } from './lanes.ts'
import { toPage, windowOf, within } from './pages.ts'
import { lastBefore } from './prune.ts'
import { COMMAND_COLUMNS, toChat, toCommand, toEvent } from './reads.ts'
import { replayReads } from './replays.ts'
import type { Tables } from './tables.ts'

/** The part of the port that reads. */
type MonitorReads = Pick<
  MonitorStore,
  | 'attention'
  | 'laneHealth'
  | 'surroundings'
  | 'listDeliveries'
  | 'peekTurn'
  | 'storedStep'
  | 'matchReplay'
  | 'getReplay'
  | 'listReplays'
  | 'replayRuns'
>

/** Most of anything that is shown around one event. */
const AROUND = 100
/** Events of one delivery get their ids together, beside those of the deliveries it was committed with. */
const NEIGHBOURS = 2_000
/** A turn's commands are dated by its commit, and numbered about then (ms). */
const ABOUT_MS = 5_000

/** What the monitor asks, and nothing else does. Everything is bounded, however much is stored. */
export function monitorReads(read: Db, table: Engine['table']): MonitorReads {
  async function few<Row, Shown>(
    what: { from: RawBuilder<unknown>; order: RawBuilder<unknown>; columns: RawBuilder<unknown> },
    limit: number,
    show: (row: Row) => Shown,
  ): Promise<Few<Shown>> {
    const { rows: counted } = await sql<{ n: number }>`
      select count(*) as n from (select 1 as one ${what.from} limit ${COUNTED_TO}) found`.execute(read)
    const count = Number(counted[0]?.n ?? 0)
    if (count === 0) return { count, first: [] }
    const { rows } = await sql<Row>`select ${what.columns} ${what.from} ${what.order} limit ${limit}`.execute(
      read,
    )
    return { count, first: rows.map(show) }
  }
  const commandColumns = sql.raw(COMMAND_COLUMNS.join(', '))
  // The condition of the partial index stands there whole, or it is not used.
  const commands = (states: string) => ({
    columns: commandColumns,
    from: sql`from command where state in ('unknown', 'held', 'dead') and state in (${sql.raw(states)})`,
    order: sql`order by seq desc`,
  })

  return {
    ...replayReads(read),
    async attention(limit) {
      const waiting = sql`from (select * from chat where owner = 'person' order by owner_at desc limit ${COUNTED_TO}) c
        where c.merged_into is null and (select m.author from message m where m.chat_id = c.id
          order by m.id desc limit 1) = 'other'`
      const [unknownSends, failedSends, deadLetters, waitingChats] = await Promise.all([
        few(commands(`'unknown', 'held'`), limit, toCommand),
        few(commands(`'dead'`), limit, toCommand),
        few(
          {
            columns: sql`*`,
            from: sql`from event where status = 'dead'`,
            order: sql`order by id desc`,
          },
          limit,
          toEvent,
        ),
        few({ columns: sql`*`, from: waiting, order: sql`order by last_message_at` }, limit, toChat),
      ])
      return { unknownSends, failedSends, deadLetters, waitingChats }
    },

    async laneHealth(now) {
      const { rows } = await sql<{
        held: number
        waiting: number
        later: number
        oldest: number | null
      }>`select
        coalesce(sum(case when holder is not null then 1 else 0 end), 0) as held,
        coalesce(sum(case when holder is null and ready_at <= ${now} then 1 else 0 end), 0) as waiting,
        coalesce(sum(case when holder is null and ready_at > ${now} then 1 else 0 end), 0) as later,
        (select e.accepted_at from event e where e.status = 'pending' order by e.id limit 1) as oldest
        from lane
        where ready_at is not null`.execute(read)
      const row = rows[0]!
      return {
        held: Number(row.held),
        waiting: Number(row.waiting),
        later: Number(row.later),
        ...(row.oldest === null ? {} : { oldestEventAt: row.oldest }),
      }
    },

    async surroundings(event) {
      const row = await read
        .selectFrom('event')
        .select(['data', 'trace', 'started_at', 'origin'])
        .where('id', '=', event.id)
        .executeTakeFirst()
      const data: EventData | undefined = row && (JSON.parse(row.data) as EventData)
      const root = row?.origin ?? event.id
      const { rows: generations } = await sql<Selectable<Tables['event']>>`select * from event
        where id = ${root} or origin = ${root} order by id limit ${AROUND}`.execute(read)
      return {
        commands: event.doneAt === undefined ? [] : await commandsOf(event.id, event.doneAt),
        generations: generations.map(toEvent),
        siblings: event.delivery === undefined ? [] : await siblingsOf(event.id, event.delivery),
        ...(row?.trace != null && { trace: JSON.parse(row.trace) as TurnTrace }),
        ...(row?.started_at != null && { startedAt: row.started_at }),
        ...(data?.chat && { chat: data.chat }),
        ...(data?.sender && { sender: data.sender }),
        ...(data?.reference !== undefined && { reference: data.reference }),
      }
    },

    async listDeliveries({ instance, from, to, ...page }) {
      const before = (time: number) => lastBefore(read, 'delivery', 'id', 'received_at', time)
      const window = await windowOf(read, 'delivery', 'id', page, {
        ...(from !== undefined && { above: await before(from) }),
        ...(to !== undefined && { upTo: await before(to) }),
      })
      const { rows } = await sql<{
        id: number
        instance: string
        received_at: number
        source: string
        bytes: number
      }>`select id, instance, received_at, source, length(body) as bytes from delivery
        where ${within('id', window)} and ${isOneOf('instance', instance)}
        order by id desc limit ${page.limit + 1}`.execute(read)
      const counts = await eventsOf(rows)
      return toPage(
        rows,
        page.limit,
        (row) => row.id,
        (row): DeliveryRow => ({
          id: row.id as DeliveryId,
          instance: row.instance as InstanceId,
          receivedAt: row.received_at,
          source: row.source,
          bytes: Number(row.bytes),
          events: counts.get(row.id) ?? 0,
        }),
        window,
      )
    },

    async peekTurn(id) {
      const { rows } = await sql<Parameters<typeof toClaimedEvent>[0]>`
        select x.id, coalesce((select g.merged_into from chat g where g.id = x.lane_id), x.lane_id) as lane_id,
          x.instance, x.delivery_id, coalesce(x.place, 0) as place, x.author, x.at, x.accepted_at, x.disposition,
          x.generation, 0 as attempts, null as epoch, x.orphan, x.data, c.id as contact_id, c.name as contact_name
        from event x left join contact c
          on c.id = coalesce((select g.merged_into from contact g where g.id = x.contact_id), x.contact_id)
        where x.id = ${id} and x.lane_id is not null`.execute(read)
      const row = rows[0]
      if (!row) return undefined
      const chat = await read.selectFrom('chat').selectAll().where('id', '=', row.lane_id).executeTakeFirst()
      const state = await read.selectFrom('state').selectAll().where('lane_id', '=', row.lane_id).execute()
      const event = toClaimedEvent(row)
      return {
        event,
        lane: {
          lane: row.lane_id as LaneId,
          fence: 0,
          instance: event.instance,
          chat: chat && toChatState(chat),
          events: [event],
          state: new Map(state.map(({ key, data }) => [key, JSON.parse(data) as unknown])),
        },
      }
    },

    async storedStep({ event, generation, name }) {
      const row = await read
        .selectFrom('step')
        .select('value')
        .where('event_id', '=', event)
        .where('generation', '=', generation)
        .where('name', '=', name)
        .executeTakeFirst()
      return row?.value == null ? undefined : { value: JSON.parse(row.value) as unknown }
    },
  }

  /** Commands have no index by event: each turn's are written by its commit, at the very time of its end. */
  async function commandsOf(event: EventId, doneAt: number) {
    const above = await lastBefore(read, 'command', 'seq', 'created_at', doneAt - ABOUT_MS)
    const upTo = await lastBefore(read, 'command', 'seq', 'created_at', doneAt + ABOUT_MS)
    const { rows } = await sql<Parameters<typeof toCommand>[0]>`select ${commandColumns} from command
      where seq > ${above} and seq <= ${upTo} and event_id = ${event} order by seq limit ${AROUND}`.execute(
      read,
    )
    return rows.map(toCommand)
  }

  async function siblingsOf(event: EventId, delivery: DeliveryId): Promise<EventId[]> {
    const { rows } = await sql<{ id: EventId }>`select id from event
      where id between ${event - NEIGHBOURS} and ${event + NEIGHBOURS}
        and delivery_id = ${delivery} and generation = 0 order by id limit ${AROUND}`.execute(read)
    return rows.map(({ id }) => id)
  }

  /** How many events came of each delivery; they are looked for where ids of that time lie. */
  async function eventsOf(
    rows: readonly { id: number; received_at: number }[],
  ): Promise<Map<number, number>> {
    const oldest = rows.at(-1)
    const newest = rows[0]
    if (!oldest || !newest) return new Map()
    const above = await lastBefore(read, 'event', 'id', 'accepted_at', oldest.received_at - ABOUT_MS)
    const upTo = await lastBefore(read, 'event', 'id', 'accepted_at', newest.received_at + ABOUT_MS * 2)
    const wanted = table(
      { id: 'int' },
      rows.map(({ id }) => ({ id })),
    )
    const { rows: counted } = await sql<{ id: number; n: number }>`select e.delivery_id as id, count(*) as n
      from event e where e.id > ${above} and e.id <= ${upTo} and e.generation = 0
        and e.delivery_id in (select w.id from ${wanted} w) group by e.delivery_id`.execute(read)
    return new Map(counted.map(({ id, n }) => [id, Number(n)]))
  }
}
