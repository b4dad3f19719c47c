import { statfsSync } from 'node:fs'
import { type Child, child } from './lib/children.ts'
import { ANSWERING, createConversation } from './lib/conversation.ts'
import { openDatabases } from './lib/databases.ts'
import { chatsFor, fill } from './lib/fill.ts'
import { type Nodes, startNodes } from './lib/nodes.ts'
import type { Options, Report } from './lib/options.ts'
import { median, percentile, round } from './lib/stats.ts'
import { openStore } from './lib/store.ts'
import type { LoadJob, LoadResult } from './load.ts'

const SIZES = [10_000, 1_000_000, 5_000_000]
/** What an event takes on disk with all that belongs to it, the log that is written first included (bytes). */
const BYTES_PER_EVENT = 4_000
const LOAD_CHATS = 2_000
const FIRST_GUESS_PER_SECOND = 20_000
const WARM_UP = 2_000
const ASKED = 60

/** What people look at, by path of the API; `some` is a number from 1 to what it is given. */
const QUERIES: Record<string, (some: (most: number) => number, events: number) => string> = {
  chats: () => '/chats?limit=50',
  chatsDeep: (some, events) => `/chats?limit=50&cursor=${some(chatsFor(events))}`,
  messages: (some, events) => `/chats/chat_${some(chatsFor(events))}/messages?limit=50`,
  events: () => '/events?limit=50',
  eventsOfKind: () => '/events?limit=50&kind=message&status=done',
  eventsOfNone: () => '/events?limit=50&status=dead',
  eventsDeep: (some, events) => `/events?limit=50&cursor=${some(events)}`,
  eventsOfChat: (some, events) => `/events?limit=50&chat=chat_${some(chatsFor(events))}`,
  commands: () => '/commands?limit=50',
  commandsUnknown: () => '/commands?limit=50&state=unknown',
  instances: () => '/instances',
}

/**
 * Does Pombo slow down as it fills? Stores of 10 thousand, 1 and 5 million handled events are filled first;
 * then the real program runs on each, and the same load goes to them in turns, so that the ratio of the
 * largest to the smallest survives a noisy machine. The API's lists are asked while nothing else goes on.
 */
export async function growth(options: Options, say: (line: string) => void): Promise<Report> {
  const sizes = [...SIZES.filter((size) => size < options.rows), options.rows]
  const room = statfsSync('.')
  const needed = sizes.reduce((sum, size) => sum + size, 0) * BYTES_PER_EVENT
  if (room.bavail * room.bsize < needed)
    throw new Error(
      `These stores may take ${Math.ceil(needed / 1e9)} GB, more than this disk has free. Ask for less with --rows.`,
    )
  const databases = await openDatabases(options.engine)
  const gateway = await child('servers/gateway.ts')
  const load: Child = await child('load.ts')
  const conversation = createConversation({
    load,
    gateway,
    connections: options.connections,
    chats: LOAD_CHATS,
  })

  const stores: { size: number; nodes: Nodes }[] = []
  for (const size of sizes) {
    const database = await databases.create(`events_${size}`)
    const { store } = await openStore(database)
    await store.close()
    const begun = performance.now()
    await fill(database, size)
    say(`${size} events are in after ${round((performance.now() - begun) / 1000, 1)} s`)
    const nodes = await startNodes({
      ...options,
      url: database.url,
      gatewayPort: gateway.port,
      features: ANSWERING,
    })
    stores.push({ size, nodes })
  }

  let batch = 0
  const expected = new Map<Nodes, number>()
  const drive = async (nodes: Nodes, seconds: number): Promise<LoadResult> => {
    const result = await load.ask<LoadResult>({
      ports: [nodes.first.port],
      seconds,
      connections: options.connections,
      recipe: {
        batch: `G${++batch}x`,
        count: Math.ceil((expected.get(nodes) ?? FIRST_GUESS_PER_SECOND) * seconds),
        chats: LOAD_CHATS,
      },
    } satisfies LoadJob)
    expected.set(nodes, result.rate * 1.5)
    return result
  }
  let turns = 0
  for (const { size, nodes } of stores) {
    await drive(nodes, 2)
    await nodes.quiet()
    const warm = await conversation.messages(nodes, [nodes.first.port], WARM_UP)
    turns ||= Math.round(warm.rate * options.seconds)
    await nodes.quiet()
    const [newest] = (await nodes.first.page<{ id: string }>('/chats?limit=1')).data
    if (newest?.id !== `chat_${chatsFor(size)}`)
      throw new Error(`the load was to write to chats that are there; it made ${newest?.id}`)
  }

  const ingestRates = new Map<number, number[]>(sizes.map((size) => [size, []]))
  const turnRates = new Map<number, number[]>(sizes.map((size) => [size, []]))
  let failed = 0
  let loaded = 0
  for (let number = 1; number <= options.rounds; number++) {
    for (const { size, nodes } of stores) {
      const memory = nodes.watchMemory()
      const ingest = await drive(nodes, options.seconds)
      await nodes.quiet()
      const exchange = await conversation.messages(nodes, [nodes.first.port], turns)
      await nodes.quiet()
      loaded = Math.max(loaded, memory.stop())
      failed += ingest.failed
      ingestRates.get(size)!.push(ingest.rate)
      turnRates.get(size)!.push(exchange.rate)
      say(
        `round ${number} ${String(size).padStart(8)} events: ingest ${Math.round(ingest.rate)}/s  p50 ${ingest.latency.p50} ms  p99 ${ingest.latency.p99} ms  turns ${Math.round(exchange.rate)}/s`,
      )
    }
  }

  const queries: Record<string, Record<string, { p50: number; p95: number }>> = {}
  for (const [name, path] of Object.entries(QUERIES)) {
    for (const { size, nodes } of stores) {
      const ms = new Float64Array(ASKED)
      for (let i = 0; i < ASKED; i++) {
        // Spread evenly, and the same for every run.
        const some = (most: number): number => 1 + Math.floor((((i * 37) % ASKED) / ASKED) * most)
        const begun = performance.now()
        await nodes.first.page(path(some, size))
        ms[i] = performance.now() - begun
      }
      const sorted = ms.toSorted()
      queries[name] = {
        ...queries[name],
        [size]: { p50: round(percentile(sorted, 50)), p95: round(percentile(sorted, 95)) },
      }
    }
    say(`${name.padEnd(16)} ${sizes.map((size) => `p95 ${queries[name]![size]!.p95} ms`).join('  ')}`)
  }
  await Promise.all(stores.map(({ nodes }) => nodes.stop()))

  const smallest = sizes[0]!
  const ratioOf = (rates: Map<number, number[]>, size: number): number =>
    round(median(rates.get(size)!) / median(rates.get(smallest)!))
  const keyed = (rates: Map<number, number[]>) =>
    Object.fromEntries(sizes.map((size) => [size, round(median(rates.get(size)!), 0)]))
  return {
    name: 'growth',
    engine: options.engine,
    rates: { ingest: keyed(ingestRates)[options.rows]!, turns: keyed(turnRates)[options.rows]! },
    // Of the largest store to the smallest.
    ratios: { ingest: ratioOf(ingestRates, options.rows), turns: ratioOf(turnRates, options.rows) },
    rssMb: loaded,
    ingest: keyed(ingestRates),
    turns: keyed(turnRates),
    queryMs: queries,
    failed,
    messages: conversation.total,
    sends: await conversation.sends(),
  }
}
