import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { noMetrics } from '../src/core/ports.ts'
import type { Store } from '../src/core/store.ts'
import { gateways } from '../src/gateways/index.ts'
import { createHub } from '../src/hub.ts'
import { loadHub } from '../src/main.ts'
import { systemClock } from '../src/platform/clock.ts'
import { arrivalOf, INSTANCE } from './lib/arrivals.ts'
import { temporaryFolder } from './lib/children.ts'
import { type Database, openDatabases } from './lib/databases.ts'
import { phoneOf, SECRET } from './lib/messages.ts'
import type { Options, Report } from './lib/options.ts'
import { median, percentile, round } from './lib/stats.ts'
import { openStore, quietLog } from './lib/store.ts'

const CHATS = 5_000
/** Deliveries of one commit while the backlog is put in. */
const BATCH = 250
const COMMITS_AT_ONCE = 4
/** As a server that has had its backlog for a minute. Not what is still empty: it would be planned for as that. */
const AGED = 'vacuum analyze event, lane, delivery, dedupe, chat, contact, address'

/**
 * A backlog that waited while no worker ran, then one worker: the hub itself in this process with that role
 * alone, over its real store, with a bot that does nothing. Every message still goes into the log of its chat.
 */
export async function drain(options: Options, say: (line: string) => void): Promise<Report> {
  const databases = await openDatabases(options.engine)
  const rates: number[] = []
  const accepted: number[] = []
  const claims: Float64Array[] = []
  let repeated = 0
  let outOfOrder = 0
  for (let number = 1; number <= options.rounds; number++) {
    const database = await databases.create(`drain_${number}`)
    const opened = await openStore(database)
    const latencies: number[] = []
    const store = timed(opened.store, (ms) => latencies.push(ms))

    const begun = performance.now()
    const events = await putIn(store, options.rows)
    accepted.push(events / ((performance.now() - begun) / 1000))
    if (database.engine === 'postgres') await database.script(async (run) => void (await run(AGED)))

    const result = await work({ ...opened, store }, database, events)
    const sorted = Float64Array.from(latencies).sort()
    claims.push(sorted)
    rates.push(events / result.seconds)
    repeated += result.repeated
    outOfOrder += result.outOfOrder
    await opened.store.close()
    say(
      `round ${number} ${events} events in ${round(result.seconds)} s: ${Math.round(events / result.seconds)}/s  claim p50 ${round(percentile(sorted, 50))} ms  p99 ${round(percentile(sorted, 99))} ms  (put in at ${Math.round(accepted.at(-1)!)}/s)${result.repeated > 0 ? `  ${result.repeated} repeated` : ''}${result.outOfOrder > 0 ? `  ${result.outOfOrder} OUT OF ORDER` : ''}`,
    )
  }
  const claim = (p: number): number => round(median(claims.map((sorted) => percentile(sorted, p))))
  return {
    name: 'drain',
    engine: options.engine,
    rates: { pombo: round(median(rates), 0), accept: round(median(accepted), 0) },
    ratios: {},
    rssMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
    claimMs: { p50: claim(50), p99: claim(99) },
    backlog: { events: options.rows, chats: CHATS },
    repeated,
    outOfOrder,
  }
}

/** @returns how many events are in: chats take turns */
async function putIn(store: Store, rows: number): Promise<number> {
  const perChat = Math.max(1, Math.round(rows / CHATS))
  for (let number = 1; number <= perChat; number++) {
    let next = 0
    const commit = async (): Promise<void> => {
      while (next < CHATS) {
        const from = next
        next += BATCH
        await store.accept(
          Array.from({ length: Math.min(BATCH, CHATS - from) }, (_, i) =>
            arrivalOf(String(phoneOf(from + i)), number),
          ),
        )
      }
    }
    await Promise.all(Array.from({ length: COMMITS_AT_ONCE }, commit))
  }
  return perChat * CHATS
}

/** Lets a worker loose and waits until nothing is pending. */
async function work(
  { store, clock }: Awaited<ReturnType<typeof openStore>>,
  database: Database,
  events: number,
): Promise<{ seconds: number; repeated: number; outOfOrder: number }> {
  const last = new Map<string, number>()
  let handled = 0
  let repeated = 0
  let outOfOrder = 0
  const folder = temporaryFolder()
  const file = join(folder, 'pombo.config.json')
  const instance = {
    id: INSTANCE,
    gateway: 'gowa',
    baseUrl: 'http://127.0.0.1:9',
    webhook: { secrets: [SECRET] },
  }
  writeFileSync(file, JSON.stringify({ database: database.url, instances: [instance] }))
  const { config } = await loadHub({ file, cwd: folder, env: { POMBO_SECRET_KEY: 'b'.repeat(64) } })
  const hub = createHub({
    config,
    store,
    gateways,
    features: [],
    async bot({ event, chat }) {
      if (event.fact.kind !== 'message' || event.fact.message.content.type !== 'text' || !chat) return
      const number = Number(event.fact.message.content.text)
      const before = last.get(chat.address) ?? 0
      // The same once more is a turn whose commit failed; its effects are there once.
      if (number === before) repeated++
      else handled++
      if (number !== before && number !== before + 1) outOfOrder++
      last.set(chat.address, number)
    },
    clock,
    machine: systemClock,
    random: Math.random,
    log: quietLog,
    metrics: noMetrics,
    http: async () => ({ type: 'not-sent', reason: 'this bench has no gateway' }),
    roles: ['worker'],
  })
  const begun = performance.now()
  await hub.start()
  while (handled < events || (await store.backlog()).events > 0)
    await new Promise((resolve) => setTimeout(resolve, 20))
  const seconds = (performance.now() - begun) / 1000
  await hub.stop(0)
  return { seconds, repeated, outOfOrder }
}

/** The same store, with every claim that brought something timed. */
const timed = (store: Store, claimed: (ms: number) => void): Store => ({
  ...store,
  async claimLanes(request) {
    const begun = performance.now()
    const lanes = await store.claimLanes(request)
    if (lanes.length > 0) claimed(performance.now() - begun)
    return lanes
  },
})
