import { type Child, child, cpuMs, temporaryFolder } from './lib/children.ts'
import { ANSWERING, createConversation } from './lib/conversation.ts'
import { openDatabases } from './lib/databases.ts'
import { startNodes } from './lib/nodes.ts'
import type { Options, Report } from './lib/options.ts'
import { median, round } from './lib/stats.ts'

const CHATS = 2_000
/** BuilderBot's memory store searches its whole history for each message, so its rate falls as a run goes on. */
const BUILDERBOT_MESSAGES = 5_000
const WARM_UP = 3_000
/** Key of what several nodes did; its ratio is to one of them. */
const NODES = 'nodes'

/**
 * Whole turns: webhook in, ordered handler, reply over real HTTP to a gateway in another process, recorded
 * as sent. BuilderBot does its own in memory, without network or disk, in the same run. Nodes on one database
 * share the work, whoever takes a message in; they take turns with one of them alone.
 */
export async function turns(options: Options, say: (line: string) => void): Promise<Report> {
  const gateway = await child('servers/gateway.ts')
  const database = await (await openDatabases(options.engine)).create('turns')
  const nodes = await startNodes({
    ...options,
    url: database.url,
    gatewayPort: gateway.port,
    features: ANSWERING,
  })
  const load: Child = await child('load.ts')
  const conversation = createConversation({ load, gateway, connections: options.connections, chats: CHATS })

  async function builderbot(): Promise<number> {
    const bot = await child('servers/builderbot.ts', { cwd: temporaryFolder() })
    const { seconds } = await bot.ask<{ seconds: number }>({
      messages: BUILDERBOT_MESSAGES,
      chats: CHATS,
      inFlight: options.connections,
    })
    await bot.stop()
    return BUILDERBOT_MESSAGES / seconds
  }

  await nodes.quiet()
  const idle = nodes.rssMb()
  const warm = await conversation.messages(nodes, (await nodes.run(1)).ports, WARM_UP)
  const count = Math.max(BUILDERBOT_MESSAGES, Math.round(warm.rate * options.seconds))

  const rates: Record<string, number[]> = {}
  const cpuMicros: Record<string, number[]> = {}
  const note = (of: Record<string, number[]>, name: string, value: number): void => {
    of[name] = [...(of[name] ?? []), value]
  }
  let loaded = 0
  for (let number = 1; number <= options.rounds; number++) {
    for (const [name, running] of [['pombo', 1], ...(options.nodes > 1 ? [[NODES, options.nodes]] : [])] as [
      string,
      number,
    ][]) {
      const { ports, pids } = await nodes.run(running)
      await nodes.quiet()
      const memory = nodes.watchMemory()
      const used = (): number => pids.reduce((sum, pid) => sum + cpuMs(pid), 0)
      const before = used()
      const result = await conversation.messages(nodes, ports, count)
      await nodes.quiet()
      note(cpuMicros, name, ((used() - before) * 1000) / count)
      loaded = Math.max(loaded, memory.stop())
      note(rates, name, result.rate)
      say(
        `round ${number} ${name.padEnd(10)} ${Math.round(result.rate)}/s  (${count} messages in ${round(result.seconds)} s, taken in at ${Math.round(result.ingest.rate)}/s)`,
      )
    }
    await nodes.quiet()
    const rate = await builderbot()
    note(rates, 'builderbot', rate)
    say(`round ${number} builderbot ${Math.round(rate)}/s`)
  }
  const sends = await conversation.sends()
  await nodes.stop()
  const rate = (name: string): number => median(rates[name]!)
  return {
    name: 'turns',
    engine: options.engine,
    rates: Object.fromEntries(Object.keys(rates).map((name) => [name, round(rate(name), 0)])),
    ratios: {
      builderbot: round(rate('pombo') / rate('builderbot')),
      ...(options.nodes > 1 ? { [NODES]: round(rate(NODES) / rate('pombo')) } : {}),
    },
    rssMb: loaded,
    rss: { idle, loaded },
    readyMs: nodes.startedMs,
    cpuMicrosPerMessage: Object.fromEntries(
      Object.entries(cpuMicros).map(([name, list]) => [name, Math.round(median(list))]),
    ),
    messages: conversation.total,
    /** Sends the gateway saw; more than `messages` would be a reply sent twice. */
    sends,
  }
}
