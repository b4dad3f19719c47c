import type { Database, EngineName, RunSql } from './databases.ts'
import { phoneOf } from './messages.ts'

/** Events of one statement. */
const STEP = 200_000
/** Young enough that retention takes none of it away while something is measured (ms). */
const SPAN_MS = 5 * 24 * 3_600_000
const EVENTS_PER_CHAT = 50
/** Prime, so that what lies together in the store is not what the load writes to. */
const STRIDE = 7_919

/** How many chats a store with so many events has: at least those of the load. */
export const chatsFor = (events: number): number => Math.max(2_000, Math.round(events / EVENTS_PER_CHAT))

/** What engines spell differently. */
const DIALECTS: Record<
  EngineName,
  {
    bytes(text: string): string
    key(at: string, n: string): string
    series(from: number, to: number): string
  }
> = {
  sqlite: {
    bytes: (text) => `cast(${text} as blob)`,
    key: (at) => `unhex(printf('%08x', ${at} / 60000) || hex(randomblob(16)))`,
    series: (from, to) =>
      `(with recursive s(n) as (select ${from} union all select n + 1 from s where n < ${to}) select n from s) s`,
  },
  postgres: {
    bytes: (text) => `convert_to(${text}, 'UTF8')`,
    key: (at, n) =>
      `decode(lpad(to_hex(${at} / 60000), 8, '0'), 'hex') || substring(sha256(convert_to('bench' || ${n}, 'UTF8')) for 16)`,
    series: (from, to) => `generate_series(${from}::bigint, ${to}::bigint) s(n)`,
  },
}

/**
 * Puts so many handled events into an empty store by SQL of its own: what the program would have left of them,
 * deliveries, dedupe keys, messages, and a sent reply to every second one. Chats take turns.
 */
export async function fill(database: Database, events: number): Promise<void> {
  const { bytes, key, series } = DIALECTS[database.engine]
  const chats = chatsFor(events)
  const perChat = Math.ceil(events / chats)
  const now = Date.now()
  const at = `(${now - SPAN_MS} + (n * ${SPAN_MS}) / ${events})`
  const chat = `(1 + n % ${chats})`
  // As the load counts its phones; another chat than the n-th, but one for each.
  const phoneOfChat = (c: string) => `(${phoneOf(0)} + ((${c}) * ${STRIDE}) % ${chats})`
  const message = `'3EB0F' || n`
  const text = `'what customer ' || ${phoneOfChat(chat)} || ' asked as number ' || n || ' of all that was ever asked here'`
  const party = `'{"address":"phone:' || ${phoneOfChat(chat)} || '","aliases":[],"name":"Customer ' || ${chat} || '"}'`

  const perChatRows: Record<string, string> = {
    contact: `(id, name, created_at) select n, 'Customer ' || n, ${now - SPAN_MS}`,
    address: `(address, contact_id, created_at, seen) select 'phone:' || ${phoneOfChat('n')}, n, ${now - SPAN_MS}, 1`,
    lane: `(id, key, instance, next_place, head, fence) select n, 'bench/c' || n, 'bench', ${perChat + 1}, ${perChat + 1}, ${perChat}`,
    chat: `(id, instance, address, kind, contact_id, name, last_message_at)
      select n, 'bench', 'phone:' || ${phoneOfChat('n')}, 'direct', n, 'Customer ' || n, ${now - SPAN_MS}`,
    outbox: `(chat_id, instance, fence) select n, 'bench', ${perChat}`,
  }
  const perEventRows: Record<string, string> = {
    delivery: `(id, instance, received_at, source, headers, body) select n, 'bench', ${at}, '127.0.0.1',
      '{"content-type":"application/json","content-length":"350"}',
      ${bytes(`'{"event":"message","device_id":"5511900000000@s.whatsapp.net","payload":{"id":"' || ${message} || '","body":"' || ${text} || '${'.'.repeat(180)}"}}'`)}`,
    dedupe: `(key, expires_at) select ${key(at, 'n')}, ${at} + ${30 * 24 * 3_600_000}`,
    event: `(id, instance, delivery_id, lane_id, place, kind, author, at, accepted_at, status, disposition, attempts, contact_id, done_at, data)
      select n, 'bench', n, ${chat}, 1 + (n - 1) / ${chats}, 'message', 'other', ${at}, ${at}, 'done', 'handle', 1, ${chat}, ${at} + 20,
      '{"fact":{"kind":"message","message":{"id":"' || ${message} || '","content":{"type":"text","text":"' || ${text} || '"}}},"chat":' || ${party} || ',"sender":' || ${party} || '}'`,
    message: `(chat_id, message_id, instance, author, contact_id, at, status, content, address)
      select ${chat}, ${message}, 'bench', 'other', ${chat}, ${at}, 2, '{"type":"text","text":"' || ${text} || '"}', 'phone:' || ${phoneOfChat(chat)}`,
  }
  const perReplyRows: Record<string, string> = {
    command: `(id, instance, chat_id, event_id, type, state, body, epoch, attempts, message_id, created_at, sending_at, settled_at)
      select '01a1fba6-0000-7000-8000-' || (100000000000 + n), 'bench', ${chat}, n, 'text', 'sent',
      '{"type":"text","text":"Available commands: /help, /status, /info","to":"phone:' || ${phoneOfChat(chat)} || '"}',
      0, 1, '3EB0R' || n, ${at} + 20, ${at} + 25, ${at} + 60`,
    message: `(chat_id, message_id, instance, author, at, status, content, command_id)
      select ${chat}, '3EB0R' || n, 'bench', 'bot', ${at} + 60, 3, '{"type":"text","text":"Available commands: /help, /status, /info"}',
      '01a1fba6-0000-7000-8000-' || (100000000000 + n)`,
  }
  await database.script(async (run) => {
    for (const [table, rows] of Object.entries(perChatRows))
      await run(`insert into ${table} ${rows} from ${series(1, chats)}`)
    for (let from = 1; from <= events; from += STEP) {
      const span = series(from, Math.min(events, from + STEP - 1))
      // Keys in their order: one by one all over a large index they would take most of the time.
      for (const [table, rows] of Object.entries(perEventRows))
        await run(`insert into ${table} ${rows} from ${span} ${table === 'dedupe' ? 'order by 1' : ''}`)
      for (const [table, rows] of Object.entries(perReplyRows))
        await run(`insert into ${table} ${rows} from ${span} where n % 2 = 0`)
    }
    await settleDown(database.engine, run)
  })
}

/** What a store that grew over days has behind it: ids that go on, statistics, nothing left to write. */
async function settleDown(engine: EngineName, run: RunSql): Promise<void> {
  if (engine === 'sqlite') {
    await run('pragma wal_checkpoint(truncate)')
    return
  }
  for (const table of ['contact', 'lane', 'delivery', 'event'])
    await run(`select setval(pg_get_serial_sequence('${table}', 'id'), (select max(id) from ${table}))`)
  await run('vacuum analyze')
  await run('checkpoint')
}
