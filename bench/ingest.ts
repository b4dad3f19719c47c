import {
  type Child,
  child,
  cpuMs,
  quiet,
  rssMb,
  startHub,
  temporaryFolder,
  watchMemory,
} from './lib/children.ts'
import type { Options, Report } from './lib/options.ts'
import { median, round } from './lib/stats.ts'
import type { LoadJob, LoadResult } from './load.ts'

/** For the first look at a server; later rounds prepare half as much again as it answered then. */
const FIRST_GUESS_PER_SECOND = 60_000
const CHATS = 2_000

/**
 * Ingest: verify, normalise, dedupe, commit to disk, acknowledge. Pombo and two receivers that store nothing
 * take turns under the same load in the same run, so that their ratios survive a noisy machine.
 */
export async function ingest(options: Options, say: (line: string) => void): Promise<Report> {
  const folder = temporaryFolder()
  const gateway = await child('servers/gateway.ts')
  const hub = await startHub({
    folder,
    engine: options.engine,
    gatewayPort: gateway.port,
    source: options.source,
    profile: options.profile,
  })
  const servers: { name: string; port: number; pid: number }[] = [
    { name: 'pombo', port: hub.port, pid: hub.pid },
    ...(await Promise.all(
      (['express', 'nodeHttp'] as const).map(async (name) => {
        const server = await child(name === 'express' ? 'servers/express.mjs' : 'servers/node-http.ts', {
          cwd: folder,
        })
        return { name, port: server.port, pid: server.pid }
      }),
    )),
  ]
  const load: Child = await child('load.ts')
  let batch = 0
  const expected = new Map<number, number>()
  const drive = (port: number, seconds: number, pace?: number): Promise<LoadResult> =>
    load.ask<LoadResult>({
      port,
      seconds,
      connections: options.connections,
      recipe: {
        batch: `I${++batch}x`,
        count: Math.ceil((pace ?? expected.get(port) ?? FIRST_GUESS_PER_SECOND) * seconds),
        chats: CHATS,
      },
      ...(pace === undefined ? {} : { pace }),
    } satisfies LoadJob)

  await quiet(hub.pid)
  const idle = rssMb(hub.pid)
  for (const server of servers) {
    const { rate } = await drive(server.port, 2)
    expected.set(server.port, rate * 1.5)
  }

  const rounds: Record<string, LoadResult[]> = {}
  const cpuMicros: Record<string, number[]> = {}
  let loaded = 0
  for (let number = 1; number <= options.rounds; number++) {
    for (const server of servers) {
      await quiet(hub.pid)
      const memory = server.name === 'pombo' ? watchMemory(hub.pid) : undefined
      const before = cpuMs(server.pid)
      const result = await drive(server.port, options.seconds)
      // What was accepted is still being handled: that work belongs to the round too.
      await quiet(server.pid)
      const cpu = ((cpuMs(server.pid) - before) * 1000) / result.sent
      cpuMicros[server.name] = [...(cpuMicros[server.name] ?? []), cpu]
      loaded = Math.max(loaded, memory?.stop() ?? 0)
      rounds[server.name] = [...(rounds[server.name] ?? []), result]
      say(
        `round ${number} ${server.name.padEnd(9)} ${String(Math.round(result.rate)).padStart(6)}/s  p50 ${result.latency.p50} ms  p99 ${result.latency.p99} ms  cpu ${Math.round(cpu)} µs${result.failed > 0 ? `  failed ${result.failed} ${JSON.stringify(result.statuses)}` : ''}`,
      )
    }
  }
  const rate = (name: string): number => median((rounds[name] ?? []).map((r) => r.rate))
  const rates = Object.fromEntries(servers.map(({ name }) => [name, round(rate(name), 0)]))

  await quiet(hub.pid)
  const half = await drive(hub.port, options.seconds, Math.max(100, Math.round(rate('pombo') / 2)))
  say(
    `half load: ${Math.round(half.rate)}/s  p50 ${half.latency.p50} ms  p99 ${half.latency.p99} ms  max ${half.latency.max} ms`,
  )
  await quiet(hub.pid)
  await hub.stop()
  const ratio = (name: string): number => round(rate('pombo') / rate(name))
  return {
    name: 'ingest',
    engine: options.engine,
    rates,
    ratios: { express: ratio('express'), nodeHttp: ratio('nodeHttp') },
    rssMb: loaded,
    rss: { idle, loaded },
    readyMs: hub.startedMs,
    latencyMs: Object.fromEntries(
      servers.map(({ name }) => [
        name,
        {
          p50: median(rounds[name]!.map((r) => r.latency.p50)),
          p99: median(rounds[name]!.map((r) => r.latency.p99)),
        },
      ]),
    ),
    cpuMicrosPerMessage: Object.fromEntries(
      servers.map(({ name }) => [name, Math.round(median(cpuMicros[name]!))]),
    ),
    halfLoad: { rate: half.rate, ...half.latency, failed: half.failed },
    failed: Object.values(rounds)
      .flat()
      .reduce((sum, r) => sum + r.failed, 0),
  }
}
