import { type Child, child, cpuMs, temporaryFolder } from './lib/children.ts'
import { openDatabases } from './lib/databases.ts'
import { startNodes } from './lib/nodes.ts'
import type { Options, Report } from './lib/options.ts'
import { median, round } from './lib/stats.ts'
import type { LoadJob, LoadResult } from './load.ts'

/** For the first look at a server; later rounds prepare half as much again as it answered then. */
const FIRST_GUESS_PER_SECOND = 60_000
const CHATS = 2_000
/** Key of what several nodes did; its ratio is to one of them. */
const NODES = 'nodes'

/**
 * Ingest: verify, normalise, dedupe, commit to disk, acknowledge. Pombo and two receivers that store nothing
 * take turns under the same load in the same run, so that their ratios survive a noisy machine. With two
 * nodes, which share one database, they take turns with one of them alone.
 */
export async function ingest(options: Options, say: (line: string) => void): Promise<Report> {
  const gateway = await child('servers/gateway.ts')
  const database = await (await openDatabases(options.engine)).create('ingest')
  const nodes = await startNodes({ ...options, url: database.url, gatewayPort: gateway.port })
  const folder = temporaryFolder()
  const receivers = await Promise.all(
    (['express', 'nodeHttp'] as const).map(async (name) => {
      const file = name === 'express' ? 'servers/express.mjs' : 'servers/node-http.ts'
      const server = await child(file, { cwd: folder })
      const ready = async () => {
        await nodes.run(1)
        return { ports: [server.port], pids: [server.pid] }
      }
      return { name, ready }
    }),
  )
  const contenders: { name: string; ready(): Promise<{ ports: number[]; pids: number[] }> }[] = [
    { name: 'pombo', ready: () => nodes.run(1) },
    ...(options.nodes > 1 ? [{ name: NODES, ready: () => nodes.run(options.nodes) }] : []),
    ...receivers,
  ]
  const load: Child = await child('load.ts')
  let batch = 0
  const expected = new Map<string, number>()
  const drive = (name: string, ports: number[], seconds: number, pace?: number): Promise<LoadResult> =>
    load.ask<LoadResult>({
      ports,
      seconds,
      connections: options.connections,
      recipe: {
        batch: `I${++batch}x`,
        count: Math.ceil((pace ?? expected.get(name) ?? FIRST_GUESS_PER_SECOND) * seconds),
        chats: CHATS,
      },
      ...(pace === undefined ? {} : { pace }),
    } satisfies LoadJob)

  await nodes.quiet()
  const idle = nodes.rssMb()
  for (const { name, ready } of contenders) {
    const { rate } = await drive(name, (await ready()).ports, 2)
    expected.set(name, rate * 1.5)
  }

  const rounds: Record<string, LoadResult[]> = {}
  const cpuMicros: Record<string, number[]> = {}
  let loaded = 0
  for (let number = 1; number <= options.rounds; number++) {
    for (const { name, ready } of contenders) {
      const { ports, pids } = await ready()
      await nodes.quiet()
      const memory = nodes.watchMemory()
      const used = (): number => pids.reduce((sum, pid) => sum + cpuMs(pid), 0)
      const before = used()
      const result = await drive(name, ports, options.seconds)
      // What was accepted is still being handled: that work belongs to the round too.
      await nodes.quiet()
      const cpu = ((used() - before) * 1000) / result.sent
      cpuMicros[name] = [...(cpuMicros[name] ?? []), cpu]
      loaded = Math.max(loaded, memory.stop())
      rounds[name] = [...(rounds[name] ?? []), result]
      say(
        `round ${number} ${name.padEnd(9)} ${String(Math.round(result.rate)).padStart(6)}/s  p50 ${result.latency.p50} ms  p99 ${result.latency.p99} ms  cpu ${Math.round(cpu)} µs${result.failed > 0 ? `  failed ${result.failed} ${JSON.stringify(result.statuses)}` : ''}`,
      )
    }
  }
  const rate = (name: string): number => median((rounds[name] ?? []).map((r) => r.rate))
  const rates = Object.fromEntries(contenders.map(({ name }) => [name, round(rate(name), 0)]))

  const { ports } = await nodes.run(1)
  await nodes.quiet()
  const half = await drive('pombo', ports, options.seconds, Math.max(100, Math.round(rate('pombo') / 2)))
  say(
    `half load: ${Math.round(half.rate)}/s  p50 ${half.latency.p50} ms  p99 ${half.latency.p99} ms  max ${half.latency.max} ms`,
  )
  await nodes.quiet()
  await nodes.stop()
  const ratio = (name: string): number => round(rate('pombo') / rate(name))
  return {
    name: 'ingest',
    engine: options.engine,
    rates,
    ratios: {
      express: ratio('express'),
      nodeHttp: ratio('nodeHttp'),
      ...(options.nodes > 1 ? { [NODES]: round(rate(NODES) / rate('pombo')) } : {}),
    },
    rssMb: loaded,
    rss: { idle, loaded },
    readyMs: nodes.startedMs,
    latencyMs: Object.fromEntries(
      contenders.map(({ name }) => [
        name,
        {
          p50: median(rounds[name]!.map((r) => r.latency.p50)),
          p99: median(rounds[name]!.map((r) => r.latency.p99)),
        },
      ]),
    ),
    cpuMicrosPerMessage: Object.fromEntries(
      contenders.map(({ name }) => [name, Math.round(median(cpuMicros[name]!))]),
    ),
    halfLoad: { rate: half.rate, ...half.latency, failed: half.failed },
    failed: Object.values(rounds)
      .flat()
      .reduce((sum, r) => sum + r.failed, 0),
  }
}
