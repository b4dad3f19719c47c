import { AsyncLocalStorage } from 'node:async_hooks'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { HubError } from '../src/core/errors.ts'
import type { EventId } from '../src/core/ids.ts'
import { commandTo, says, somebody, TestNode, turnOf } from './nodes.ts'

/**
 * A node in a process of its own that can be stopped at every await of its work at once. `node stopped-node.ts URL
 * COUNT`: so many times it takes a message in, claims it, commits its turn, claims the send and settles it; the n-th
 * time it stands still before its n-th statement. Then it prints `parked`, waits for a line of input, goes on with
 * all of them, and prints what it has done as JSON.
 */

/** What one process did, as far as it could tell. */
export interface Done {
  committed: EventId[]
  stale: number
  /** Sends whose bytes left. */
  sent: string[]
  /** Sends it was too late for. */
  late: number
}

const LEASE_MS = 1_000

interface Gate {
  at: number
  count: number
  arrived: () => void
  opened: Promise<void>
}

const gates = new AsyncLocalStorage<Gate>()

/** Statements of work that runs with a gate wait there, and those after them. */
function guardStatements(): void {
  const client = pg.Client.prototype as unknown as { query: (...args: unknown[]) => unknown }
  const { query } = client
  client.query = function (...args) {
    const closed = stand()
    return closed ? closed.then(() => query.apply(this, args)) : query.apply(this, args)
  }
}

/** Counts a step. @returns what to wait for, if it is one to stand still before, or comes after that one */
function stand(): Promise<void> | undefined {
  const gate = gates.getStore()
  if (!gate || ++gate.count < gate.at) return undefined
  gate.arrived()
  return gate.opened
}

async function main(url: string, count: number): Promise<void> {
  guardStatements()
  const node = await TestNode.open(url, { poolSize: 2 * count })
  node.leaseMs = LEASE_MS
  const done: Done = { committed: [], stale: 0, sent: [], late: 0 }
  const { promise: opened, resolve: open } = Promise.withResolvers<void>()
  const running: Promise<unknown>[] = []
  for (let at = 1; at <= count; at++) {
    await node.accept(says(somebody(at), `M${at}`))
    const { promise: arrived, resolve } = Promise.withResolvers<void>()
    const work = gates.run({ at, count: 0, arrived: resolve, opened }, () => workOnce(node, done).catch(away))
    running.push(work)
    await Promise.race([arrived, work])
  }
  console.log('parked')
  const [input] = [createInterface(process.stdin)]
  await new Promise((resolve) => input.once('line', resolve))
  input.close()
  open()
  await Promise.all(running)
  console.log(JSON.stringify(done))
  await node.store.close()
}

/** What was lost with its connection, others have. */
function away(error: unknown): false {
  if (error instanceof HubError && error.code === 'E_STORE_UNAVAILABLE') return false
  throw error
}

async function workOnce(node: TestNode, done: Done): Promise<void> {
  for (const lane of await node.claim(1)) {
    if (lane.events.length === 0) continue
    const commands = [commandTo(lane.chat!.address, 'reply')]
    const [outcome] = await node.store.commitTurns([turnOf(lane, 0, { commands })])
    if (outcome?.type === 'committed') done.committed.push(lane.events[0]!.id)
    else done.stale += 1
  }
  const deadline = performance.now() + LEASE_MS
  for (const send of await node.claimSends({ limit: 1 })) {
    await stand()
    // As the deliverer does: nothing leaves after the lease.
    if (performance.now() >= deadline) done.late += 1
    else {
      done.sent.push(send.id)
      // What is known of a send is told until it is heard.
      for (let told = false; !told; ) {
        told = await node.settleSent(send).then(() => true, away)
      }
    }
  }
}

if (import.meta.main) await main(process.argv[2]!, Number(process.argv[3]))
