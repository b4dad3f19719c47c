import { freePorts } from '../../test/free-port.ts'
import { Link } from '../../test/postgres/link.ts'
import { Database, type Held } from './database.ts'
import type { Field } from './field.ts'
import { HubProcess } from './hub.ts'
import type { Stop } from './judge.ts'
import { between, sleep } from './random.ts'

/**
 * - `kill`: a node dies by `kill -9`, and is started again after a while
 * - `stop`: a node stands still past its leases (SIGSTOP), and wakes
 * - `restart`: the database ends in order, and comes back, at once or after longer than anybody waits
 * - `crash`: the same, but it ends without writing anything
 * - `cut`: a node's connections to the database are reset, new ones refused for a while
 * - `freeze`: nothing moves between a node and the database past its leases, then everything arrives
 * - `forget`: a node's connections lie still for ever, as behind a firewall that forgot them; new ones work
 */
const KINDS = ['kill', 'stop', 'restart', 'cut', 'freeze', 'crash', 'forget'] as const
type Kind = (typeof KINDS)[number]
/** What a short run has time for. */
const QUICK = KINDS.filter((kind) => kind !== 'forget')
/** After these a node was gone for longer than the others wait for it. */
const TAKES_OVER: readonly Kind[] = ['kill', 'stop', 'freeze']
const OF_THE_DATABASE: readonly Kind[] = ['restart', 'crash']
/** Longest time until what a dead node held is somebody else's (ms). */
const TAKEOVER_LIMIT_MS = 10_000
/** Nothing waits longer for anybody, whatever was away (ms). */
const WATCH_LIMIT_MS = 60_000
/** Past every lease and the burial (ms). */
const LONG_MS = { least: 10_000, most: 14_000 }
/** So often two things happen at once. */
const TWICE = 0.2
/** How long the bot thinks at most, so that every node holds some chats at any moment (ms). */
const THINK_MS = 150
const START_TRIES = 5
/** A node that got everything back works again within this: longer than a silent connection is waited for (ms). */
const RECOVERY_LIMIT_MS = 50_000

interface Node {
  process: HubProcess
  link: Link
  /** As it calls itself; another one after each start. */
  id: string
}
interface Blow {
  kind: Kind
  /** Nothing else happened meanwhile. */
  alone: boolean
  at: number
  /** How long the last of what was held by then waited for somebody (ms). */
  waited: number
  /** The last of it. */
  last: string
}

/**
 * Several nodes on one PostgreSQL, each over a link of its own.
 * @param options.divided the first node only takes in, the others handle and send
 */
export async function manyNodes(options: {
  folder: string
  databaseFolder: string
  nodes: number
  divided: boolean
  instances: readonly object[]
  random: () => number
}): Promise<Field> {
  const { folder, instances, random, divided } = options
  const database = await Database.open(options.databaseFolder)
  const nodes: Node[] = []
  for (const [i, port] of (await freePorts(options.nodes)).entries()) {
    const link = new Link(database.port)
    await link.open()
    const process = new HubProcess({
      folder,
      name: `node-${i + 1}`,
      port,
      database: database.through(link.port),
      instances,
      thinkMs: THINK_MS,
      ...(divided && { role: i === 0 ? 'ingest' : 'worker,sender' }),
    })
    nodes.push({ process, link, id: '' })
  }

  const stops: Stop[] = []
  const blows: Blow[] = []
  const watches: Promise<void>[] = []
  const known = new Set<string>()
  let turn = 0
  let starting: Promise<void> = Promise.resolve()
  let bag: Kind[] = []
  let rounds = 0
  /** How often the database began to be away, and whether it is. */
  let outages = 0
  let away = false

  /** One after the other, so that it is known which node is which. */
  function start(node: Node): Promise<void> {
    starting = starting.then(async () => {
      for (let tries = 1; ; tries++) {
        const before = outages
        const wasAway = away
        node.process.spawn()
        try {
          await node.process.ready()
          break
        } catch (error) {
          // Without its database it ends and says so; whatever keeps it running starts it again.
          if ((!wasAway && before === outages) || tries === START_TRIES) throw error
          await node.process.kill()
        }
      }
      node.id = (await database.nodes()).find((id) => !known.has(id)) ?? ''
      if (node.id === '') throw new Error(`${node.process.name} is ready, but no node of the database`)
      known.add(node.id)
    })
    return starting
  }

  /** Each kind once before any comes again. */
  function drawKind(): Kind {
    if (bag.length === 0) bag = shuffled(rounds++ === 0 ? QUICK : KINDS, random)
    return bag.pop()!
  }

  async function blow(kind: Kind, node: Node, alone: boolean): Promise<void> {
    const { process, link } = node
    const long = between(random, LONG_MS.least, LONG_MS.most)
    const patience = random() < 0.3 ? long : between(random, 0, 3_000)
    const at = Date.now()
    /** Looks what those nodes are at, and from now on how long it waits. */
    const note = async (ids: readonly string[]) => {
      const held = await database.heldBy(ids)
      const { events, commands } = held
      const whose = OF_THE_DATABASE.includes(kind) ? 'database' : process.name
      console.log(`  ${kind} ${whose}, with ${events.length} chats and ${commands.length} sends`)
      // A node that was not gone may still be waiting for its gateway.
      const watched = watch(TAKES_OVER.includes(kind) ? held : { events, commands: [] }, { kind, alone, at })
      watches.push(watched)
      return { watched }
    }
    switch (kind) {
      case 'kill': {
        await process.kill()
        // The next blow waits, so that this one is seen for itself.
        await Promise.all([
          note([node.id]).then(({ watched }) => watched),
          sleep(between(random, 200, 9_000)).then(() => start(node)),
        ])
        return
      }
      case 'stop':
        process.stop()
        await note([node.id])
        await sleep(long)
        process.wake()
        stops.push({ from: at, to: Date.now() })
        return
      case 'freeze':
        link.freeze()
        await note([node.id])
        await sleep(long)
        link.thaw()
        return
      case 'cut':
        link.cut()
        await note([node.id])
        await sleep(patience)
        await link.open()
        return
      case 'forget':
        link.forget()
        await note([node.id])
        return
      case 'restart':
      case 'crash':
        await note(nodes.map(({ id }) => id))
        outages++
        away = true
        await database.restart(kind === 'restart' ? 'fast' : 'immediate', patience)
        away = false
        return
      default:
        kind satisfies never
    }
  }

  /** Until nothing of it waits any more. */
  async function watch(held: Held, blow: Pick<Blow, 'kind' | 'alone' | 'at'>): Promise<void> {
    let left = [...held.events.map(String), ...held.commands.map(({ id }) => id)]
    if (left.length === 0) return
    let last = ''
    while (left.length > 0 && Date.now() - blow.at < WATCH_LIMIT_MS) {
      await sleep(50)
      last = left[0]!
      left = await database.left(held)
    }
    blows.push({ ...blow, waited: Date.now() - blow.at, last })
  }

  return {
    nodes: nodes.map(({ process }) => process),
    stops,
    next: () => nodes[turn++ % nodes.length]!.process.base,
    async start() {
      for (const node of nodes) await start(node)
    },
    async strike() {
      for (const { process } of nodes)
        if (!process.alive) throw new Error(`${process.name} ended by itself:\n${process.log}`)
      const [first, second] = shuffled(nodes, random) as [Node, Node | undefined]
      const kind = drawKind()
      const other = random() < TWICE ? drawKind() : undefined
      // One database cannot end twice at once.
      const together =
        other !== undefined &&
        second !== undefined &&
        !(OF_THE_DATABASE.includes(kind) && OF_THE_DATABASE.includes(other))
      await Promise.all([
        blow(kind, first, !together),
        ...(together ? [sleep(between(random, 0, 2_000)).then(() => blow(other, second, false))] : []),
      ])
      await Promise.all(nodes.map(({ process }) => process.ready(RECOVERY_LIMIT_MS)))
    },
    async measure() {
      await Promise.all(watches)
      const takeovers = blows.filter(({ kind, alone }) => alone && TAKES_OVER.includes(kind))
      const kinds = Map.groupBy(blows, ({ kind }) => kind)
      return {
        figures: {
          nodes: nodes.length,
          takeoverMs: summary(takeovers),
          blows: Object.fromEntries([...kinds].map(([kind, of]) => [kind, summary(of)])),
        },
        faults: takeovers
          .filter(({ waited }) => waited > TAKEOVER_LIMIT_MS)
          .map(
            ({ kind, at, waited, last }) =>
              `takeover: after a ${kind} at ${new Date(at).toISOString()} ${last} waited for ${waited} ms`,
          ),
      }
    },
    async close() {
      await Promise.all(nodes.map(({ process }) => process.kill('SIGTERM')))
      for (const { link } of nodes) link.close()
      await database.close()
    },
    abandon() {
      for (const { process } of nodes) void process.kill()
      database.abandon()
    },
  }
}

function shuffled<T>(all: readonly T[], random: () => number): T[] {
  return all
    .map((one) => ({ one, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one)
}

function summary(blows: readonly Blow[]): { count: number; p50: number; max: number } {
  const sorted = blows.map(({ waited }) => waited).sort((a, b) => a - b)
  return { count: sorted.length, p50: sorted[Math.floor(sorted.length / 2)] ?? 0, max: sorted.at(-1) ?? 0 }
}
