import { sql } from 'kysely'
import { type Command, type CommandType, REPEATABLE } from '../core/commands.ts'
import { HubError } from '../core/errors.ts'
import type { Party } from '../core/events.ts'
import type { ChatId, CommandId, InstanceId } from '../core/ids.ts'
import type { ClaimedSend, NewCommand, OutboxStore } from '../core/store.ts'
import { apart, together } from './carried.ts'
import type { Db, Engine } from './dialect.ts'
import { spokenAs } from './identity.ts'
import { ensureChat } from './inbox.ts'
import { inDoubt, setState } from './settle.ts'
import { wakeOutboxes } from './tail.ts'

const isRepeatable = (type: string): boolean => REPEATABLE[type as CommandType]
/** After a probe of a held number begins, the next one waits at least this long (ms). */
const PROBE_MS = 60_000

/** A command whose bytes are too many for now is looked at again after this (ms). */
const CARRIED_PAUSE_MS = 250

/** A chat that changes hands at this moment is looked at again after this (ms). */
const HANDS_PAUSE_MS = 20

/** A claim looks at so many more than it takes: others may have the first ones, even some that stand still. */
const IN_VIEW = 500

interface Head {
  seq: number
  id: string
  instance: string
  chat_id: number
  type: string
  state: string
  body: string
  typing_ms: number
  typed: number
  epoch: number | null
  attempts: number
  created_at: number
  unknown_at: number | null
  /** Length of the bytes it carries. */
  carried: number
}

/** See {@link OutboxStore.claimSends}. One transaction: claim, check, reserve and mark belong together. */
export async function claimSends(
  engine: Engine,
  db: Db,
  options: Parameters<OutboxStore['claimSends']>[0],
  now: number,
): Promise<{ sends: ClaimedSend[]; refused: number }> {
  const claimed = await leaseOutboxes(engine, db, options, now)
  if (claimed.length === 0) return { sends: [], refused: 0 }
  const wanted = engine.table(
    { chat_id: 'int' },
    claimed.map(({ chat_id }) => ({ chat_id })).sort((a, b) => a.chat_id - b.chat_id),
  )
  const headRows = sql<Head>`
    select c.seq, c.id, c.instance, c.chat_id, c.type, c.state, c.body, c.typing_ms, c.typed, c.epoch, c.attempts, c.created_at, c.unknown_at,
      coalesce(octet_length(c.bytes), 0) as carried
    from command c where c.seq in (
      select min(a.seq) from ${wanted} w
      join command a on a.chat_id = w.chat_id and a.state in ('queued', 'sending', 'unknown')
      group by a.chat_id)`.execute(db)
  // Who owns a chat cannot change until these are marked; a chat that is changing hands is left for a moment.
  const chatRows = sql<{ id: number; epoch: number }>`
    select c.id, c.epoch from chat c where c.id in (select w.chat_id from ${wanted} w)
    order by c.id ${engine.shareSkipLocked}`.execute(db)
  const [{ rows: heads }, { rows: chats }] = await Promise.all([headRows, chatRows])
  const headOf = new Map(heads.map((head) => [head.chat_id, head]))
  const epochOf = new Map(chats.map((chat) => [chat.id, chat.epoch]))
  const slots = await loadSlots(
    engine,
    db,
    claimed.map((c) => c.instance),
  )

  const given: { head: Head; fence: number; task: ClaimedSend['task'] }[] = []
  let room = options.maxCarried ?? Number.POSITIVE_INFINITY
  const marked: number[] = []
  const release: { chat_id: number; ready_at: number | null }[] = []
  let refused = 0
  for (const { chat_id, fence } of claimed.sort((a, b) => a.chat_id - b.chat_id)) {
    const head = headOf.get(chat_id)
    if (!head) {
      release.push({ chat_id, ready_at: null })
      continue
    }
    if (head.carried > room && head.state === 'queued') {
      release.push({ chat_id, ready_at: now + CARRIED_PAUSE_MS })
      continue
    }
    if (head.epoch !== null && !epochOf.has(chat_id)) {
      release.push({ chat_id, ready_at: now + HANDS_PAUSE_MS })
      continue
    }
    const step = decide(head, epochOf.get(chat_id), slots.get(head.instance), options, now)
    switch (step.do) {
      case 'refuse':
        refused += 1
        await setState(db, head.seq, {
          state: 'refused',
          reason: 'the chat changed hands before this was sent',
          settled_at: now,
        })
        release.push({ chat_id, ready_at: now })
        break
      case 'hold':
        await setState(db, head.seq, {
          state: 'held',
          reason: 'nobody knows whether this went out; a person has to decide',
        })
        release.push({ chat_id, ready_at: now })
        break
      case 'doubt':
        await setState(db, head.seq, inDoubt('the process that was sending this ended', now))
        release.push({ chat_id, ready_at: now + options.unknownHoldMs })
        break
      case 'wait':
        release.push({ chat_id, ready_at: step.until })
        break
      case 'give':
        if (step.task === 'send') marked.push(head.seq)
        if (step.task === 'send') room -= head.carried
        given.push({ head, fence, task: step.task })
        break
    }
  }
  if (marked.length > 0) {
    await sql`update command set state = 'sending', attempts = attempts + 1, sending_at = ${now}
      where seq in (select m.seq from ${engine.table(
        { seq: 'int' },
        marked.map((seq) => ({ seq })),
      )} m)`.execute(db)
  }
  const bytesOf = await loadBytes(
    engine,
    db,
    given.filter(({ head, task }) => task === 'send' && head.carried > 0).map(({ head }) => head.seq),
  )
  const sends = given.map(({ head, fence, task }) => toSend(head, bytesOf.get(head.seq), fence, task))
  await saveSlots(db, slots)
  await releaseOutboxes(engine, db, release)
  return { sends, refused }
}

/**
 * Leases chats that have something to send: of a paced or held number only the one that waits longest, and
 * none before the number's next slot; of any other number as many as the limit allows. A slow number's row is
 * locked until its slot is taken; one that another node looks at right now is left to it.
 */
async function leaseOutboxes(
  engine: Engine,
  db: Db,
  options: Parameters<OutboxStore['claimSends']>[0],
  now: number,
): Promise<{ chat_id: number; instance: string; fence: number }[]> {
  const paced = [...options.pacing].filter(([, { maxDelayMs }]) => maxDelayMs > 0)
  const pacedTable = engine.table(
    { instance: 'text' },
    paced.map(([instance]) => ({ instance })),
  )
  if (paced.length > 0) {
    await sql`insert into instance_state (instance) select p.instance from ${pacedTable} p
      where not exists (select 1 from instance_state i where i.instance = p.instance) order by p.instance
      on conflict do nothing`.execute(db)
  }
  const { rows: slow } = await sql<{
    instance: InstanceId
    next_send_at: number
    hold_until: number | null
  }>`select instance, next_send_at, hold_until from instance_state
    where hold_reason is not null or instance in (select p.instance from ${pacedTable} p)
    order by instance ${engine.skipLocked}`.execute(db)
  const pacedNow = new Map(paced)
  const excluded = new Set(options.exclude)
  const ready = slow.filter(
    ({ instance, next_send_at, hold_until }) =>
      !excluded.has(instance) && (hold_until ?? 0) <= now && (!pacedNow.has(instance) || next_send_at <= now),
  )
  const barred = [...new Set([...pacedNow.keys(), ...excluded])].map((instance) => ({ instance }))
  // Those of one number, the longest waiting first: said so that no index gives that order but the one by number.
  const ripe = (
    of: 'w' | 's',
  ) => sql`x.instance between ${sql.ref(`${of}.instance`)} and ${sql.ref(`${of}.instance`)}
    and x.ready_at <= ${engine.nowOnce} order by x.instance, x.ready_at`
  const inView = options.limit + IN_VIEW
  const notHeld = (instance: string) =>
    sql`not exists (select 1 from instance_state i where i.instance = ${sql.ref(instance)} and i.hold_reason is not null)`
  // Where no number is slow, those that wait longest lie side by side.
  const plain = sql`with free as materialized (
      select o.chat_id from outbox o where o.ready_at <= ${engine.nowOnce} and ${notHeld('o.instance')}
      order by o.ready_at, o.chat_id limit ${options.limit} ${engine.skipLocked}),`
  // From number to number and to the first of each: what waits for a slow one is not read, however much it is.
  const aroundSlow = sql`with recursive number(instance) as (
      select (select o.instance from outbox o where o.ready_at is not null order by o.instance limit 1)
      union all
      select (select o.instance from outbox o where o.ready_at is not null and o.instance > n.instance
        order by o.instance limit 1)
      from number n where n.instance is not null),
    able as (
      select n.instance from number n
      where n.instance not in (select b.instance from ${engine.table({ instance: 'text' }, barred)} b)
        and ${notHeld('n.instance')}),
    waiting as materialized (
      select x.chat_id, x.ready_at as since from ${engine.first(sql`able`, {
        table: 'outbox',
        key: 'chat_id',
        rows: ripe('w'),
        limit: inView,
      })}
      order by x.ready_at limit ${inView}),
    free as materialized (
      select o.chat_id from waiting w cross join outbox o
      where o.chat_id = w.chat_id and o.ready_at <= ${engine.nowOnce}
      order by w.since, w.chat_id limit ${options.limit} ${engine.skipLocked}),`
  const { rows } = await sql<{ chat_id: number; instance: string; fence: number }>`
    ${barred.length === 0 && slow.length === 0 ? plain : aroundSlow}
    first as materialized (
      select o.chat_id from outbox o where o.ready_at <= ${engine.nowOnce} and o.chat_id in (
        select f.chat_id from (
          select (select x.chat_id from outbox x where ${ripe('s')} limit 1) as chat_id
          from ${engine.table(
            { instance: 'text' },
            ready.map(({ instance }) => ({ instance })),
          )} s) f
        where f.chat_id is not null limit ${options.limit})
      order by o.chat_id ${engine.skipLocked})
    update outbox set fence = outbox.fence + 1, holder = ${options.holder}, ready_at = ${engine.now} + ${options.leaseMs}
    from (select chat_id from free union select chat_id from first) c where outbox.chat_id = c.chat_id
    returning outbox.chat_id, outbox.instance, outbox.fence`.execute(db)
  return rows
}

type Step =
  | { do: 'refuse' | 'hold' | 'doubt' }
  | { do: 'wait'; until: number }
  | { do: 'give'; task: ClaimedSend['task'] }

/** What to do with a chat's next command; notes in `slot` what sending it takes of its number. */
function decide(
  head: Head,
  epoch: number | undefined,
  slot: Slot | undefined,
  options: Parameters<OutboxStore['claimSends']>[0],
  now: number,
): Step {
  if (head.state === 'sending' && !isRepeatable(head.type)) return { do: 'doubt' }
  if (head.state === 'unknown') {
    const until = (head.unknown_at ?? now) + options.unknownHoldMs
    return until <= now ? { do: 'hold' } : { do: 'wait', until }
  }
  if (head.epoch !== null && head.epoch !== epoch) return { do: 'refuse' }
  const pacing = options.pacing.get(head.instance as InstanceId)
  const paced = pacing !== undefined && pacing.maxDelayMs > 0
  if (head.typing_ms > 0 && head.typed === 0) return { do: 'give', task: 'typing' }
  if (paced && slot) {
    slot.nextSendAt =
      now + pacing.minDelayMs + Math.round(options.dice * (pacing.maxDelayMs - pacing.minDelayMs))
  }
  if (slot?.probing) slot.holdUntil = now + PROBE_MS
  return { do: 'give', task: 'send' }
}

/** Sending state of a number while a claim is decided. */
interface Slot {
  /** Set when a send reserves it: no other one before. */
  nextSendAt?: number
  /** The number is held and its waiting time is over: this one command may try. */
  probing: boolean
  holdUntil?: number
}

async function loadSlots(engine: Engine, db: Db, instances: string[]): Promise<Map<string, Slot>> {
  const wanted = engine.table(
    { instance: 'text' },
    [...new Set(instances)].map((instance) => ({ instance })),
  )
  const { rows } = await sql<{ instance: string; hold_reason: string | null }>`
    select i.instance, i.hold_reason from ${wanted} w join instance_state i on i.instance = w.instance`.execute(
    db,
  )
  const slots = new Map<string, Slot>()
  for (const instance of instances) slots.set(instance, { probing: false })
  for (const row of rows) {
    slots.set(row.instance, { probing: row.hold_reason !== null })
  }
  return slots
}

async function saveSlots(db: Db, slots: Map<string, Slot>): Promise<void> {
  for (const [instance, slot] of slots) {
    if (slot.nextSendAt !== undefined) {
      await sql`insert into instance_state (instance, next_send_at) values (${instance}, ${slot.nextSendAt})
        on conflict (instance) do update set next_send_at = excluded.next_send_at`.execute(db)
    }
    if (slot.holdUntil !== undefined) {
      await db
        .updateTable('instance_state')
        .set({ hold_until: slot.holdUntil })
        .where('instance', '=', instance)
        .execute()
    }
  }
}

async function loadBytes(engine: Engine, db: Db, seqs: number[]): Promise<Map<number, string>> {
  if (seqs.length === 0) return new Map()
  const table = engine.table(
    { seq: 'int' },
    seqs.map((seq) => ({ seq })),
  )
  const { rows } = await sql<{ seq: number; bytes: string }>`
    select c.seq, c.bytes from ${table} w join command c on c.seq = w.seq`.execute(db)
  return new Map(rows.map((row) => [row.seq, row.bytes]))
}

function toSend(
  head: Head,
  bytes: string | undefined,
  fence: number,
  task: ClaimedSend['task'],
): ClaimedSend {
  return {
    id: head.id as CommandId,
    chat: head.chat_id as ChatId,
    instance: head.instance as InstanceId,
    command: together(head.body, bytes),
    attempt: head.attempts + (task === 'send' ? 1 : 0),
    fence,
    task,
    typingMs: head.typing_ms,
    queuedAt: head.created_at,
  }
}

async function releaseOutboxes(
  engine: Engine,
  db: Db,
  rows: readonly { chat_id: number; ready_at: number | null }[],
): Promise<void> {
  if (rows.length === 0) return
  await sql`update outbox set holder = null, ready_at = w.ready_at
    from ${engine.table({ chat_id: 'int', ready_at: 'int' }, rows)} w where outbox.chat_id = w.chat_id`.execute(
    db,
  )
}

/** The command was shown as being typed; it becomes claimable at `readyAt`. */
export async function markTyped(
  db: Db,
  send: { id: string; chat: number; fence: number },
  readyAt: number,
): Promise<void> {
  await db
    .updateTable('outbox')
    .set({ holder: null, ready_at: readyAt })
    .where('chat_id', '=', send.chat)
    .where('fence', '=', send.fence)
    .execute()
  await db.updateTable('command').set({ typed: 1 }).where('id', '=', send.id).execute()
}

/** See {@link OutboxStore.enqueue}. */
export async function enqueueCommand(
  engine: Engine,
  db: Db,
  request: { instance: InstanceId; to: Party; command: NewCommand; claim: boolean },
  now: number,
): Promise<{ id: CommandId; created: boolean }> {
  const { command } = request
  const twin = async () => {
    if (command.key === undefined) return undefined
    const found = await db
      .selectFrom('command')
      .select(['id', 'body'])
      .where('key', '=', command.key)
      .executeTakeFirst()
    if (found && !isSameIntent(found.body, command.command)) throw anotherIntent()
    return found
  }
  const first = await twin()
  if (first) return { id: first.id as CommandId, created: false }
  const chat = await ensureChat(engine, db, request.instance, request.to, now)
  if (request.claim) {
    await sql`update chat set owner = 'person', owner_at = ${now}, epoch = epoch + 1 where id = ${chat} and owner <> 'person'`.execute(
      db,
    )
  }
  const to = await spokenAs(db, chat, command.command.to)
  const { body, bytes } = apart({ ...command.command, to })
  const inserted = await engine.insertNew(
    db,
    'command',
    [
      'id',
      'key',
      'instance',
      'chat_id',
      'type',
      'state',
      'body',
      'bytes',
      'typing_ms',
      'epoch',
      'created_at',
    ],
    [
      [
        command.id,
        command.key ?? null,
        request.instance,
        chat,
        command.command.type,
        'queued',
        body,
        bytes,
        command.typingMs,
        null,
        now,
      ],
    ],
    ['id'],
  )
  if (!inserted[0]) {
    const winner = await twin()
    return { id: winner!.id as CommandId, created: false }
  }
  await wakeOutboxes(engine, db, [{ chat_id: chat, instance: request.instance }])
  return { id: command.id, created: true }
}

/** The address may be spelled as the gateway does by now; of a medium's bytes only their sort is compared. */
function isSameIntent(stored: string, command: Command): boolean {
  const withoutTo = (body: string) => JSON.stringify({ ...(JSON.parse(body) as Command), to: undefined })
  return withoutTo(stored) === withoutTo(apart(command).body)
}

const anotherIntent = (): HubError =>
  new HubError(
    'E_CONFLICT',
    'This Idempotency-Key was used for something else. A key belongs to one request: repeat that one, or take a new key.',
  )
