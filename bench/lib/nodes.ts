import { type HubChild, quiet, rssMb, startHub, watchMemory } from './children.ts'

/** The nodes of one hub: one process, or several on the same database. */
export interface Nodes {
  /** Always up. */
  readonly first: HubChild
  /** Of the first node, until it was ready. */
  readonly startedMs: number
  /** Brings the number of running nodes to this; a node that goes ends in order. */
  run(count: number): Promise<{ ports: number[]; pids: number[] }>
  /** Waits until none of them has work. */
  quiet(): Promise<void>
  /** Of the largest one. */
  rssMb(): number
  watchMemory(): { stop(): number }
  stop(): Promise<void>
}

/** Starts the first node on a database; the others come with {@link Nodes.run}. */
export async function startNodes(options: {
  url: string
  gatewayPort: number
  features?: object
  source: boolean
  profile?: string | undefined
}): Promise<Nodes> {
  const first = await startHub(options)
  const running = [first]
  return {
    first,
    startedMs: first.startedMs,
    async run(count) {
      while (running.length < count) running.push(await startHub(options))
      while (running.length > count) await running.pop()!.stop()
      return { ports: running.map((node) => node.port), pids: running.map((node) => node.pid) }
    },
    async quiet() {
      for (const node of running) await quiet(node.pid)
    },
    rssMb: () => Math.max(...running.map((node) => rssMb(node.pid) ?? 0)),
    watchMemory() {
      const watches = running.map((node) => watchMemory(node.pid))
      return { stop: () => Math.max(...watches.map((watch) => watch.stop() ?? 0)) }
    },
    async stop() {
      await Promise.all(running.splice(0).map((node) => node.stop()))
    },
  }
}
