import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { arrival, person, textEvent } from '../../test/store-conformance.ts'
import { contentText } from '../core/events.ts'
import type { InstanceId } from '../core/ids.ts'
import { type Logger, noMetrics } from '../core/ports.ts'
import type { ClaimedEvent } from '../core/store.ts'
import { noTraffic } from '../core/traffic.ts'
import { systemClock } from '../platform/clock.ts'
import { openSqliteStore } from '../storage/sqlite/open.ts'
import { FakeClock, testHub } from '../testing/index.ts'
import { createDispatcher, inGatewayOrder } from './dispatch.ts'
import { Outage } from './outage.ts'
import { createPressure } from './pressure.ts'

const SUPPORT = 'support' as InstanceId
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

const event = (id: number, acceptedAt: number, at: number) => ({ id, acceptedAt, at }) as ClaimedEvent
const ids = (events: readonly ClaimedEvent[]) => events.map((e) => Number(e.id))

describe('the reorder window', () => {
  const events = [event(1, 1000, 900), event(2, 1100, 500), event(3, 1200, 900), event(4, 5000, 100)]

  test('is off: order of arrival', () => {
    expect(ids(inGatewayOrder(events, 0))).toEqual([1, 2, 3, 4])
  })
  test('puts neighbours in the order of the gateway, alike ones as they came, late ones after', () => {
    expect(ids(inGatewayOrder(events, 500))).toEqual([2, 1, 3, 4])
  })
})

describe('turns', () => {
  test('one that cannot be kept fails alone, with the reason, and never its neighbours', async () => {
    await using hub = await testHub({
      log: silent,
      bot: (turn) => {
        const { fact } = turn.event
        if (fact.kind !== 'message' || !turn.chat) return
        const text = contentText(fact.message.content)
        if (text === 'state') turn.state.set('n', 1n)
        if (text === 'timer') turn.schedule('later', Number.NaN)
        if (text === 'far') turn.schedule('later', 1e300)
        if (text === 'function') turn.schedule('later', hub.clock.now(), { f() {}, g: 1n })
        turn.intend({ type: 'text', to: turn.chat.address, text: 'ok' })
      },
    })
    const people = ['state', 'fine', 'timer', 'far', 'function'].map((text, i) => ({
      text,
      customer: hub.customer(`+55 11 9${i}234-5678`),
    }))
    await Promise.all(people.map(({ text, customer }) => customer.says(text)))
    expect(people[1]!.customer.heard).toEqual(['ok'])
    await hub.clock.advance('30m')
    const dead = (await hub.events()).filter((e) => e.status === 'dead')
    expect(dead).toHaveLength(4)
    for (const event of dead) expect(event.error).toMatch(/^E_BOT: /)
  })

  test('who slept past the lease and claimed the chat again commits once', async () => {
    const gate = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    let runs = 0
    const commits: string[] = []
    const dir = mkdtempSync(join(tmpdir(), 'pombo-dispatch-'))
    let slept = 0
    const clock = { ...systemClock, now: () => Date.now() + slept }
    const store = await openSqliteStore({ path: join(dir, 'hub.db'), log: silent, dedupeMs: 1e9, clock })
    const dispatcher = createDispatcher({
      store: {
        ...store,
        commitTurns: async (batch) => {
          const outcomes = await store.commitTurns(batch)
          commits.push(...outcomes.map(({ type }) => type))
          return outcomes
        },
      },
      handler: async (turn) => {
        runs += 1
        if (runs === 2) begun.resolve()
        await gate.promise
        turn.intend({ type: 'text', to: turn.chat!.address, text: 'hi' })
      },
      log: silent,
      metrics: noMetrics,
      traffic: noTraffic,
      clock,
      random: () => 0.5,
      instances: new Map([[SUPPORT, { id: SUPPORT, gateway: 'test', tags: [], capabilities: new Set() }]]),
      clients: new Map(),
      reorderMs: new Map(),
      holder: 'h',
      referencePrefix: 'p-',
      pressure: createPressure(systemClock),
      outage: new Outage(systemClock, silent),
      wake() {},
    })
    await store.accept([arrival(textEvent(person('5511912345678'), 'M1'))])
    dispatcher.start()
    while (runs === 0) await new Promise((next) => setTimeout(next, 5))
    slept = 60_000
    dispatcher.nudge()
    await begun.promise
    gate.resolve()
    while (commits.length === 0) await new Promise((next) => setTimeout(next, 5))
    await dispatcher.stop(1000)
    expect(commits).toEqual(['committed'])
    expect((await store.listCommands({ limit: 9 })).data).toHaveLength(1)
    await store.close()
    rmSync(dir, { recursive: true })
  })

  test("wait a moment while a burst arrives, whatever the hub's clock does", async () => {
    const dir = mkdtempSync(join(tmpdir(), 'pombo-burst-'))
    const clock = new FakeClock()
    const machine = new FakeClock()
    const pressure = createPressure(machine)
    const store = await openSqliteStore({ path: join(dir, 'hub.db'), log: silent, dedupeMs: 1e9, clock })
    const handled: number[] = []
    const dispatcher = createDispatcher({
      store,
      handler: (turn) => void handled.push(turn.event.id),
      log: silent,
      metrics: noMetrics,
      traffic: noTraffic,
      clock,
      random: () => 0.5,
      instances: new Map([[SUPPORT, { id: SUPPORT, gateway: 'test', tags: [], capabilities: new Set() }]]),
      clients: new Map(),
      reorderMs: new Map(),
      holder: 'h',
      referencePrefix: 'p-',
      pressure,
      outage: new Outage(systemClock, silent),
      wake() {},
    })
    const until = async (met: () => boolean) => {
      while (!met()) await new Promise((next) => setTimeout(next, 2))
    }
    await store.accept([arrival(textEvent(person('5511912345671'), 'M1'))])
    dispatcher.start()
    await until(() => handled.length === 1)
    await until(() => dispatcher.resting)
    for (let commit = 0; commit < 20; commit++) pressure.arrived(64)
    await store.accept([arrival(textEvent(person('5511912345672'), 'M2'))])
    dispatcher.nudge()
    await until(() => machine.nextTimer !== undefined)
    expect(handled).toHaveLength(1)
    await machine.advance('1s')
    await until(() => handled.length === 2)
    for (let commit = 0; commit < 20; commit++) pressure.arrived(1)
    expect(pressure.burst).toBe(false)
    void dispatcher.stop(0)
    await clock.advance(1)
    await store.close()
    rmSync(dir, { recursive: true })
  })
})
