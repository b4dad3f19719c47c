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

const CHATS = 2_000
const QUESTION = '/help'
const ANSWER = 'Available commands: /help, /status, /info'
/** BuilderBot's memory store searches its whole history for each message, so its rate falls as a run goes on. */
const BUILDERBOT_MESSAGES = 5_000
const WARM_UP = 3_000

/**
 * Whole turns: webhook in, ordered handler, reply over real HTTP to a gateway in another process, recorded
 * as sent. BuilderBot does its own in memory, without network or disk, in the same run.
 */
export async function turns(options: Options, say: (line: string) => void): Promise<Report> {
  const folder = temporaryFolder()
  const gateway = await child('servers/gateway.ts')
  const hub = await startHub({
    folder,
    engine: options.engine,
    gatewayPort: gateway.port,
    source: options.source,
    profile: options.profile,
    features: { replies: { rules: [{ match: QUESTION, reply: ANSWER }] } },
  })
  const load: Child = await child('load.ts')
  let batch = 0
  let total = 0

  /** Nothing is queued or under way any more: every reply is written down as sent. */
  async function isRecorded(): Promise<boolean> {
    for (const state of ['queued', 'sending']) if ((await hub.commands(state)).length > 0) return false
    return true
  }

  /** Posts so many messages and waits until the last reply is recorded as sent. */
  async function messages(count: number): Promise<{ rate: number; ingest: LoadResult; seconds: number }> {
    const begun = performance.now()
    const ingest = await load.ask<LoadResult>({
      port: hub.port,
      connections: options.connections,
      recipe: { batch: `T${++batch}x`, count, chats: CHATS, text: QUESTION },
    } satisfies LoadJob)
    if (ingest.failed > 0)
      throw new Error(`the hub refused ${ingest.failed} messages: ${JSON.stringify(ingest.statuses)}`)
    // Making the bodies is not part of the work: the clock starts with the first byte.
    const loading = ingest.seconds * 1000
    const start = Math.max(begun, performance.now() - loading)
    total += count
    const limit = performance.now() + 60_000
    for (;;) {
      // The far side is asked first: asking the hub all the time would cost it what is measured.
      const { sends } = await gateway.ask<{ sends: number }>({})
      if (sends >= total && (await isRecorded())) break
      if (performance.now() > limit)
        throw new Error(`the gateway saw ${sends} of ${total} replies within a minute`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const seconds = (performance.now() - start) / 1000
    return { rate: count / seconds, ingest, seconds }
  }

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

  await quiet(hub.pid)
  const idle = rssMb(hub.pid)
  const warm = await messages(WARM_UP)
  const count = Math.max(BUILDERBOT_MESSAGES, Math.round(warm.rate * options.seconds))

  const pombo: number[] = []
  const theirs: number[] = []
  const cpuMicros: number[] = []
  let loaded = 0
  for (let number = 1; number <= options.rounds; number++) {
    await quiet(hub.pid)
    const memory = watchMemory(hub.pid)
    const before = cpuMs(hub.pid)
    const result = await messages(count)
    await quiet(hub.pid)
    cpuMicros.push(((cpuMs(hub.pid) - before) * 1000) / count)
    loaded = Math.max(loaded, memory.stop() ?? 0)
    pombo.push(result.rate)
    say(
      `round ${number} pombo      ${Math.round(result.rate)}/s  (${count} messages in ${round(result.seconds)} s, taken in at ${Math.round(result.ingest.rate)}/s)`,
    )
    await quiet(hub.pid)
    const rate = await builderbot()
    theirs.push(rate)
    say(`round ${number} builderbot ${Math.round(rate)}/s`)
  }
  const { sends } = await gateway.ask<{ sends: number }>({})
  await hub.stop()
  return {
    name: 'turns',
    engine: options.engine,
    rates: { pombo: round(median(pombo), 0), builderbot: round(median(theirs), 0) },
    ratios: { builderbot: round(median(pombo) / median(theirs)) },
    rssMb: loaded,
    rss: { idle, loaded },
    readyMs: hub.startedMs,
    cpuMicrosPerMessage: Math.round(median(cpuMicros)),
    messages: total,
    /** Sends the gateway saw; more than `messages` would be a reply sent twice. */
    sends,
  }
}
