import type { Contender, Setting } from './claims/contender.ts'
import { graphileWorker } from './claims/graphile-worker.ts'
import { pgBoss } from './claims/pg-boss.ts'
import { pombo } from './claims/pombo.ts'
import { openDatabases } from './lib/databases.ts'
import { phoneOf } from './lib/messages.ts'
import type { Options, Report } from './lib/options.ts'
import { median, percentile, round } from './lib/stats.ts'

const CLAIM = 50
const CONNECTIONS = 10

/** Each with the same backlog in a database of its own on the same server. */
const CONTENDERS: Record<string, (setting: Setting) => Promise<Contender>> = {
  pombo: (setting) => pombo(setting, { perLane: 50 }),
  pomboOneEach: (setting) => pombo(setting, { perLane: 1 }),
  pgBoss,
  graphileWorker: (setting) => graphileWorker(setting, { batched: false }),
  graphileBatched: (setting) => graphileWorker(setting, { batched: true }),
}

interface Scenario {
  keys: number
  /** Part of the backlog that one key alone put in before all others. */
  first: number
}
/**
 * `even`: every chat wrote as much. `many`: ten times the chats. `busy`: one wrote a great deal before the
 * others; its own items have to wait for each other, so what counts is when the others are done.
 */
const SCENARIOS: Record<string, Scenario> = {
  even: { keys: 2_000, first: 0 },
  many: { keys: 20_000, first: 0 },
  busy: { keys: 2_000, first: 0.05 },
}

interface Round {
  rate: number
  claims: Float64Array
  itemsPerClaim: number
  outOfOrder: number
  left: number
}

/**
 * What strict order per key costs: Pombo's lanes, pg-boss and graphile-worker hand out the same backlog of
 * many keys to one process, in turns on one PostgreSQL server. A handler does nothing; what is measured is
 * finding the next item whose key is free, and writing down that it is done. A round ends when the backlog
 * is empty or its time is up.
 */
export async function claims(options: Options, say: (line: string) => void): Promise<Report> {
  const databases = await openDatabases('postgres')
  let played = 0

  async function play(
    contenderOf: (setting: Setting) => Promise<Contender>,
    scenario: Scenario,
  ): Promise<Round> {
    const database = await databases.create(`round_${++played}`)
    const contender = await contenderOf({ url: database.url, claim: CLAIM, connections: CONNECTIONS })
    const { total, busy } = await fill(contender, scenario, options.rows)
    // As a server that has had its backlog for a while; autovacuum would come at a moment of its own.
    await database.script(async (run) => void (await run('vacuum analyze')))

    const last = new Map<string, number>()
    const latencies: number[] = []
    let items = 0
    let handled = 0
    let outOfOrder = 0
    const ended = new AbortController()
    const timer = setTimeout(() => ended.abort(), options.seconds * 1000)
    const begun = performance.now()
    await contender.drain(
      {
        claimed(ms, count) {
          if (count === 0) return
          latencies.push(ms)
          items += count
        },
        handle(key, number) {
          if (number !== (last.get(key) ?? 0) + 1) outOfOrder++
          last.set(key, number)
          if (key !== busy && ++handled === total) ended.abort()
        },
      },
      ended.signal,
    )
    const seconds = (performance.now() - begun) / 1000
    clearTimeout(timer)
    await contender.close()
    return {
      rate: handled / seconds,
      claims: Float64Array.from(latencies).sort(),
      itemsPerClaim: items / latencies.length,
      outOfOrder,
      left: total - handled,
    }
  }

  const found: Record<string, Record<string, Round[]>> = {}
  for (let number = 1; number <= options.rounds; number++) {
    for (const [scenario, backlog] of Object.entries(SCENARIOS)) {
      for (const [name, contenderOf] of Object.entries(CONTENDERS)) {
        const result = await play(contenderOf, backlog)
        found[scenario] = { ...found[scenario], [name]: [...(found[scenario]?.[name] ?? []), result] }
        say(`round ${number} ${scenario} ${name.padEnd(15)} ${told(result)}`)
      }
    }
  }
  const [even, ...others] = Object.entries(found).map(([scenario, rounds]) => ({
    scenario,
    ...summary(rounds),
  }))
  return {
    name: 'claims',
    engine: 'postgres',
    ...even!,
    rssMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
    others,
    setting: { items: options.rows, claim: CLAIM, connections: CONNECTIONS, scenarios: SCENARIOS },
  }
}

/** @returns the busy key, and how many items of all others were put in */
async function fill(
  contender: Contender,
  { keys, first }: Scenario,
  rows: number,
): Promise<{ busy: string; total: number }> {
  const names = Array.from({ length: keys }, (_, i) => String(phoneOf(i)))
  const [busy = '', ...rest] = names
  const ahead = Math.round(rows * first)
  const each = Math.max(1, Math.round((rows - ahead) / keys))
  for (let number = 1; number <= ahead; number++) await contender.add([busy], number)
  for (let number = 1; number <= each; number++) {
    await contender.add([busy], ahead + number)
    await contender.add(rest, number)
  }
  return { busy, total: each * rest.length }
}

const told = ({ rate, claims: ms, itemsPerClaim, left, outOfOrder }: Round): string =>
  [
    `${String(Math.round(rate)).padStart(6)}/s`,
    `claim p50 ${round(percentile(ms, 50))} ms`,
    `p99 ${round(percentile(ms, 99))} ms`,
    `${round(itemsPerClaim, 1)} a claim`,
    left > 0 ? `${left} left` : '',
    outOfOrder > 0 ? `${outOfOrder} OUT OF ORDER` : '',
  ].join('  ')

function summary(rounds: Record<string, Round[]>) {
  const each = <T>(of: (list: Round[]) => T): Record<string, T> =>
    Object.fromEntries(Object.entries(rounds).map(([name, list]) => [name, of(list)]))
  const typical = (list: Round[], of: (round: Round) => number): number => median(list.map(of))
  const rates = each((list) =>
    round(
      typical(list, (r) => r.rate),
      0,
    ),
  )
  return {
    rates,
    ratios: each((list) => round(rates.pombo! / typical(list, (r) => r.rate))),
    claimMs: each((list) => ({
      p50: round(typical(list, (r) => percentile(r.claims, 50))),
      p99: round(typical(list, (r) => percentile(r.claims, 99))),
    })),
    itemsPerClaim: each((list) =>
      round(
        typical(list, (r) => r.itemsPerClaim),
        1,
      ),
    ),
    outOfOrder: each((list) => list.reduce((sum, r) => sum + r.outOfOrder, 0)),
  }
}
