import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Address } from '../src/core/address.ts'
import type { ChatId, CommandId, EventId, InstanceId, LaneId } from '../src/core/ids.ts'
import type { ClaimedLane, ClaimedSend } from '../src/core/store.ts'
import {
  arrivalOf,
  chatOf,
  commandTo,
  loops,
  messageIdOf,
  person,
  SUPPORT,
  says,
  somebody,
  type TestNode,
  turnOf,
  until,
} from './nodes.ts'

/** One database that several nodes work on. */
export interface NodesFixture {
  open(): Promise<TestNode>
  /** The deadlocks that the database had to break so far, in its own words. */
  deadlocks(): Promise<string[]>
  close(): Promise<void>
}

/** What holds however many nodes work on one store at once. */
export function nodesConformance(name: string, open: () => Promise<NodesFixture>): void {
  describe(`nodes on ${name}`, () => {
    let fixture: NodesFixture
    let nodes: TestNode[]
    beforeEach(async () => {
      fixture = await open()
      nodes = [await fixture.open()]
      nodes.push(...(await Promise.all([fixture.open(), fixture.open(), fixture.open()])))
    })
    afterEach(async () => {
      await Promise.all(nodes.map((node) => node.store.close()))
      await fixture.close()
    })
    const ana = somebody(1)

    test('one event that arrives at all of them at once is new at one', async () => {
      for (let round = 0; round < 20; round++) {
        const counts = await Promise.all(nodes.map((node) => node.accept(says(ana, `M${round}`))))
        expect(counts.flat().reduce((sum, { accepted }) => sum + accepted, 0)).toBe(1)
      }
    })

    test('overlapping batches over 300 hot chats in opposite order: no deadlock', async () => {
      const chats = Array.from({ length: 300 }, (_, i) => somebody(100 + i))
      await nodes[0]!.store.accept(chats.map((chat) => arrivalOf(says(chat, 'first'))))
      let accepted = 0
      const writer = (node: TestNode, from: number, step: number) => async () => {
        const base = accepted
        const batch = Array.from({ length: 64 }, (_, i) => {
          const chat = chats[(((from + i * step) % 300) + 300) % 300]!
          return arrivalOf(says(chat, `${node.holder}-${base}-${i}`))
        })
        const outcomes = await node.store.accept(batch)
        accepted += outcomes.reduce((sum, outcome) => sum + outcome.accepted, 0)
      }
      const until1s = performance.now() + 1_000
      await loops(
        [
          writer(nodes[0]!, 0, 1),
          writer(nodes[0]!, 150, 1),
          writer(nodes[1]!, 299, -1),
          writer(nodes[1]!, 149, -1),
        ],
        () => performance.now() > until1s,
      )
      expect(await fixture.deadlocks()).toEqual([])
      expect(accepted).toBeGreaterThan(300)
    })

    test('everything at once: nothing waits forever, nothing is lost, nothing happens twice, order stays', async () => {
      const world = new World(nodes)
      await world.run(4_000)
      await world.drain()
      expect(world.faults).toEqual([])
      expect(await fixture.deadlocks()).toEqual([])
    }, 60_000)
  })
}

/** Everything a hub does, done by several nodes at once to a handful of chats, and what must come of it. */
class World {
  readonly nodes: readonly TestNode[]
  readonly faults: string[] = []
  /** Message ids that were acknowledged, in that order, by who wrote them. */
  readonly #accepted = new Map<string, string[]>()
  readonly #handled: string[] = []
  readonly #sent: string[] = []
  readonly counts = new Map<string, number>()
  #serial = 0

  constructor(nodes: readonly TestNode[]) {
    this.nodes = nodes
  }

  async run(ms: number): Promise<void> {
    const end = performance.now() + ms
    await loops(
      this.nodes.flatMap((node, i) => [
        this.named('accept', () => this.#accept(node, i)),
        this.named('work', () => this.#work(node)),
        this.named('send', () => this.#send(node)),
        this.named('disturb', () => this.#disturb(node)),
      ]),
      () => performance.now() > end,
    )
  }

  named(what: string, step: () => Promise<unknown>): () => Promise<void> {
    return async () => {
      try {
        await step()
        this.counts.set(what, (this.counts.get(what) ?? 0) + 1)
      } catch (error) {
        this.faults.push(
          `${what}: ${String(error)} ${String((error as Error).stack)
            .split('\n')
            .slice(1, 6)
            .join(' ')}`,
        )
      }
    }
  }

  readonly #dice = (sides: number) => Math.floor(Math.random() * sides)

  /** A few messages of several people; of each person's the next one is sent when this one was acknowledged. */
  async #accept(node: TestNode, who: number): Promise<void> {
    const batch = Array.from({ length: 1 + this.#dice(8) }, () => {
      const n = this.#dice(20)
      // Each node receives what its own people say, in chats all share by group and by identity.
      const lid = `private:77${n}` as Address
      const phone = somebody(1_000 + n)
      const said = [
        { from: phone, stream: `phone${n}` },
        { from: { address: lid, aliases: [] }, stream: `lid${n}` },
        { from: { ...phone, aliases: [lid], name: `Name ${this.#serial}` }, stream: `both${n}` },
        { from: { address: `group:${n}@g` as Address, aliases: [] }, stream: `group${n}` },
      ][this.#dice(10) < 9 ? [0, 1, 3][this.#dice(3)]! : 2]!
      return { ...said, stream: `${who} ${said.stream}`, id: `M${++this.#serial}` }
    })
    await node.store.accept(
      batch.map(({ from, id }) =>
        arrivalOf(
          says(from, id, {
            sender: from.address.startsWith('group:') ? somebody(1_000 + this.#dice(20)) : from,
            ...(this.#dice(30) === 0 ? { author: 'person', claims: true } : {}),
          }),
        ),
      ),
    )
    for (const { stream, id } of batch)
      this.#accepted.set(stream, [...(this.#accepted.get(stream) ?? []), id])
  }

  async #work(node: TestNode): Promise<void> {
    const lanes = await node.claim(10, 5)
    if (lanes.length === 0) await sleep(5)
    const fate = this.#dice(20)
    if (fate === 0) return node.store.releaseLanes(lanes)
    const going = fate < 4 ? await node.store.renewLanes(lanes, node.leaseMs) : lanes
    const held = lanes.filter((lane) => going.some((one) => one.lane === lane.lane))
    for (let i = 0; ; i++) {
      const turns = held.filter((lane) => i < lane.events.length)
      if (turns.length === 0) break
      const outcomes = await node.store.commitTurns(
        turns.map((lane) => turnOf(lane, i, this.#turn(node, lane, i))),
      )
      for (const [k, outcome] of outcomes.entries()) {
        const id = messageIdOf(turns[k]!, i)
        if (outcome.type === 'committed' && id !== undefined) this.#handled.push(id)
        if (outcome.type === 'stale') held.splice(held.indexOf(turns[k]!), 1)
      }
    }
    await node.store.releaseLanes(held.filter((lane) => lane.events.length === 0))
  }

  #turn(node: TestNode, lane: ClaimedLane, i: number) {
    const { chat } = lane
    const event = lane.events[i]!
    const base = turnOf(lane, i).log
    return {
      leaseMs: node.leaseMs,
      log: [
        ...base,
        ...(event.contact && this.#dice(3) === 0
          ? [{ type: 'name' as const, contact: event.contact.id, name: `Called ${this.#dice(1_000)}` }]
          : []),
      ],
      state: new Map([['seen', event.id]]),
      timers:
        this.#dice(3) === 0 ? [{ key: 'idle', at: node.clock.now() + this.#dice(200), data: null }] : [],
      commands: chat && this.#dice(2) === 0 ? [commandTo(chat.address, 'reply')] : [],
      ...(this.#dice(40) === 0 ? { owner: 'nobody' as const } : {}),
    }
  }

  async #send(node: TestNode): Promise<void> {
    const sends = await node.claimSends({ limit: 10 })
    if (sends.length === 0) await sleep(5)
    await Promise.all(sends.map((send) => this.#settle(node, send)))
  }

  async #settle(node: TestNode, send: ClaimedSend): Promise<void> {
    const { id, chat, fence } = send
    const fate = this.#dice(20)
    const at = node.clock.now()
    if (fate === 0) {
      const result = { end: 'retry', reason: 'busy', afterMs: 1 } as never
      await node.store.settle([{ id, chat, fence, at, result, retryAt: at }])
    } else {
      this.#sent.push(id)
      await node.settleSent(send)
    }
  }

  /** What people, the janitor and the clock do. */
  async #disturb(node: TestNode): Promise<void> {
    const { store } = node
    const { data: chats } = await store.listChats({ limit: 50 })
    const chat = chats[this.#dice(chats.length)]
    const deeds: (() => Promise<unknown>)[] = [
      () => store.fireDue(50),
      () => store.mergePending(),
      () => store.prune({ deliveriesMs: 1, dedupeMs: DAYS, eventsMs: DAYS, commandsMs: DAYS }),
      () => node.live(),
      () => store.bury(60_000),
      () => store.claimUnknown({ limit: 10, leaseMs: 1_000 }),
      () => store.holdInstance(SUPPORT, undefined),
      async () => chat && node.enqueue(chat.address, 'by key', { claim: this.#dice(4) === 0 }),
      async () => chat && store.setOwner(chat.id, (['bot', 'person', 'nobody'] as const)[this.#dice(3)]!),
      async () => {
        if (chat?.contact === undefined || this.#dice(4) > 0) return
        const { data } = await store.listMerges(chat.contact, { limit: 5 })
        const merge = data.find((one) => one.undoneAt === undefined)
        if (merge) await store.undoMerge(merge.id)
      },
      async () => {
        const { data } = await store.listEvents({ limit: 5, status: 'done' })
        const event = data[this.#dice(data.length)]
        if (event?.kind === 'timer') await store.retryEvent(event.id, true)
      },
    ]
    await deeds[this.#dice(deeds.length)]!()
    await sleep(this.#dice(10))
  }

  /** Works off all that is left, by one node alone, and looks at the whole. */
  async drain(): Promise<void> {
    const [node] = this.nodes
    const { store } = node!
    await until(
      'everything is worked off',
      async () => {
        await store.fireDue(1_000)
        await store.mergePending()
        await this.#work(node!)
        await this.#send(node!)
        const { events, commands } = await store.backlog()
        return events === 0 && commands === 0
      },
      20_000,
    )
    const expected = [...this.#accepted.values()].flat()
    const twice = this.#handled.filter((id, i) => this.#handled.indexOf(id) !== i)
    if (twice.length > 0) this.faults.push(`handled twice: ${twice.join(' ')}`)
    const handled = new Map(this.#handled.map((id, i) => [id, i]))
    const lost = expected.filter((id) => !handled.has(id))
    if (lost.length > 0) this.faults.push(`never handled: ${lost.join(' ')}`)
    for (const [stream, ids] of this.#accepted) {
      const places = ids.map((id) => handled.get(id)!)
      if (places.some((place, i) => i > 0 && place < places[i - 1]!))
        this.faults.push(`out of order: ${stream}`)
    }
    const sentTwice = this.#sent.filter((id, i) => this.#sent.indexOf(id) !== i)
    if (sentTwice.length > 0) this.faults.push(`sent twice: ${sentTwice.join(' ')}`)
  }
}
const DAYS = 24 * 3_600_000
