import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Address } from './core/address.ts'
import type { SendResult } from './core/commands.ts'
import type { HubConfig } from './core/config.ts'
import { HubError } from './core/errors.ts'
import { type Gateway, verified } from './core/gateway.ts'
import { type InstanceId, messageId } from './core/ids.ts'
import { type Logger, noMetrics } from './core/ports.ts'
import { type Announcement, ROLES, type Role, type Store } from './core/store.ts'
import type { Handler } from './core/turn.ts'
import { createHub, type Hub } from './hub.ts'
import { instance } from './pipeline/instance.fixture.ts'
import { systemClock } from './platform/clock.ts'
import { openSqliteStore } from './storage/sqlite/open.ts'
import { FakeClock } from './testing/fake-clock.ts'

const SUPPORT = 'support' as InstanceId
const ANA = 'phone:5511911110001' as Address
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

const config: HubConfig = {
  host: '127.0.0.1',
  port: 0,
  database: { engine: 'sqlite', path: ':memory:' },
  limits: { bodyBytes: 1 << 20, bodyBytesWithKey: 1 << 20, failedAuthPerMinute: 60 },
  trustedProxies: [],
  servers: [],
  instances: [instance(SUPPORT)],
  features: {},
  retention: { deliveriesMs: 1e9, dedupeMs: 1e9, eventsMs: 1e9, commandsMs: 1e9, auditMs: 1e9 },
  logLevel: 'silent',
}

/** Several hubs in one process over one database, which hear of each other as nodes do. Time stands still. */
let dir: string
let clock: FakeClock
let database: Store
let hubs: Hub[]
let listeners: Set<{ node: object; listen: (what: Announcement) => void }>
let announced: Announcement[]
let sent: string[]
/** Who waits for a store that is away does not rest, so time must not wait for it. */
let restless: boolean
/** How the next send ends, instead of well. */
let ending: (() => SendResult | Promise<SendResult>) | undefined

const gateway: Gateway = {
  name: 'test',
  settings: z.unknown(),
  capabilities: new Set(),
  proof: 'signature',
  verify: (delivery) => ({ ok: true, verified: verified(delivery) }),
  normalise({ delivery }) {
    const text = delivery.body.toString()
    const who = { address: ANA, aliases: [] }
    return {
      events: [
        {
          fact: { kind: 'message', message: { id: messageId(text), content: { type: 'text', text } } },
          identity: { type: 'fact', parts: [text] },
          author: 'other',
          at: clock.now(),
          chat: who,
          sender: who,
        },
      ],
    }
  },
  redact: (body) => body,
  parseRecipient: () => undefined,
  connect: () => ({
    sendTimeoutMs: 1_000,
    async send(command, reference) {
      sent.push('text' in command ? (command.text ?? '') : command.type)
      return ending ? ending() : { end: 'sent', messageId: messageId(`of ${reference}`) }
    },
  }),
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'pombo-hub-'))
  clock = new FakeClock({ settle: settled })
  database = await openSqliteStore({ path: join(dir, 'hub.db'), clock, log: silent, dedupeMs: 1e9 })
  hubs = []
  listeners = new Set()
  announced = []
  sent = []
  restless = false
  ending = undefined
})
afterEach(async () => {
  await Promise.all(hubs.map((hub) => hub.stop(0)))
  await database.close()
  rmSync(dir, { recursive: true })
})

const settled = async (): Promise<undefined> => {
  if (restless) return
  for (let round = 0; round < 3; round++) for (const hub of hubs) await hub.idle()
  return undefined
}

/** Everything a node's store does beside what the database does. */
function nodeStore(faults: Partial<Store> = {}): Store {
  const node = {}
  return {
    ...database,
    shared: true,
    announce(what) {
      announced.push(what)
      for (const other of listeners) if (other.node !== node) other.listen(what)
    },
    onAnnounced(listen) {
      const listener = { node, listen }
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    ...faults,
  }
}

async function start(
  options: { roles?: readonly Role[]; bot?: Handler; store?: Store; log?: Logger } = {},
): Promise<Hub> {
  const { store = nodeStore(), log = silent, ...rest } = options
  const hub = createHub({
    config,
    store,
    gateways: [gateway],
    features: [],
    clock,
    machine: systemClock,
    random: Math.random,
    log,
    metrics: noMetrics,
    http: async () => ({ type: 'not-sent', reason: 'no network' }),
    node: { host: 'here', version: '1.2.3' },
    ...rest,
  })
  await hub.start()
  hubs.push(hub)
  return hub
}

const echo: Handler = (turn) => {
  const { fact } = turn.event
  if (fact.kind !== 'message' || fact.message.content.type !== 'text') return
  turn.intend({ type: 'text', to: ANA, text: `you said ${fact.message.content.text}` })
}

async function deliver(hub: Hub, text: string) {
  const admission = hub.ingest.admit({ instance: SUPPORT })
  if (admission.type !== 'admitted') throw new Error('not admitted')
  return hub.ingest.receive(admission.target, { headers: {}, body: Buffer.from(text) }, 'test')
}

describe('roles', () => {
  test('each does its part, woken by the others: no second passes', async () => {
    const ingest = await start({ roles: ['ingest'], bot: echo })
    await start({ roles: ['worker'], bot: echo })
    await start({ roles: ['sender'], bot: echo })
    const begun = clock.now()
    expect(await deliver(ingest, 'hello')).toMatchObject({ type: 'accepted', accepted: 1 })
    await settled()
    expect(sent).toEqual(['you said hello'])
    expect(clock.now()).toBe(begun)
  })

  test('without a worker nothing is handled, without a sender nothing sent; nothing is lost', async () => {
    const ingest = await start({ roles: ['ingest'], bot: echo })
    const sender = await start({ roles: ['sender'], bot: echo })
    await deliver(ingest, 'hello')
    // Any node may receive.
    await deliver(sender, 'and hello')
    await clock.advance('1m')
    expect((await database.backlog()).events).toBe(2)
    const worker = await start({ roles: ['worker'], bot: echo })
    await settled()
    expect(sent).toEqual(['you said hello', 'you said and hello'])
    await sender.stop()
    hubs = [ingest, worker]
    await deliver(worker, 'are you there?')
    await clock.advance('1m')
    expect(sent).toHaveLength(2)
    expect((await database.backlog()).commands).toBe(1)
  })

  test('a node says who it is before it takes anything', async () => {
    const calls: string[] = []
    const store = nodeStore({
      heartbeat: async (node) => {
        calls.push(`${node.roles.join()} ${node.host} ${node.version}`)
      },
      recover: async () => {
        calls.push('recover')
        return database.recover()
      },
      claimLanes: async (request) => {
        calls.push('claim')
        return database.claimLanes(request)
      },
    })
    await start({ store, roles: ['worker'] })
    await settled()
    expect(calls.slice(0, 3)).toEqual(['worker here 1.2.3', 'recover', 'claim'])
  })
})

describe('whatever changes the log of a number is announced', () => {
  const instances = () => {
    const named = new Set(announced.flatMap((what) => what.instances))
    announced.length = 0
    return [...named]
  }

  test.each<[string, (hub: Hub) => Promise<unknown>]>([
    ['a delivery', (hub) => deliver(hub, 'news')],
    ['a take-over', (hub) => hub.setOwner(1 as never, 'person')],
    [
      'a send from outside',
      (hub) => hub.send({ instance: SUPPORT, to: ANA, command: { type: 'text', text: 'x' } }),
    ],
    ['what the API decided', async (hub) => hub.nudge(SUPPORT)],
  ])('%s', async (_what, act) => {
    const hub = await start({ bot: echo })
    await deliver(hub, 'first')
    await settled()
    expect(instances()).toEqual([SUPPORT])
    await act(hub)
    expect(instances()).toEqual([SUPPORT])
  })

  test('a turn, a failed turn, and how a send ended', async () => {
    let fails = false
    const hub = await start({
      bot: (turn, next) => {
        if (fails) throw new Error('no')
        return echo(turn, next)
      },
    })
    await hub.idle()
    instances()
    await deliver(hub, 'one')
    announced.length = 0
    await settled()
    expect(announced.filter(({ queues }) => queues.includes('outbox'))).toHaveLength(1)
    expect(announced.length).toBeGreaterThan(1)
    expect(instances()).toEqual([SUPPORT])
    fails = true
    await deliver(hub, 'two')
    announced.length = 0
    await settled()
    expect(instances()).toEqual([SUPPORT])
  })

  test('nothing is announced while nothing happens', async () => {
    await start({ bot: echo })
    await clock.advance('10m')
    expect(announced).toEqual([])
  })
})

describe('a store that is away for a while', () => {
  const away = () => new HubError('E_STORE_UNAVAILABLE', 'away')
  /** Fails the named methods while `until` has not come. */
  function flaky(names: readonly (keyof Store)[]) {
    const state = { away: false, refused: 0 }
    const faults = Object.fromEntries(
      names.map((name) => [
        name,
        (...args: unknown[]) => {
          if (state.away) {
            state.refused += 1
            return Promise.reject(away())
          }
          return (database[name] as (...args: unknown[]) => unknown)(...args)
        },
      ]),
    )
    return { state, store: nodeStore(faults as Partial<Store>) }
  }
  /** Time passes while the hub cannot rest. */
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      await clock.advance(100)
      for (let i = 0; i < 20; i++) await new Promise((next) => setImmediate(next))
    }
  }
  beforeEach(() => {
    restless = true
  })

  test('costs a send that went out nothing: its end is told once it is back', async () => {
    const { state, store } = flaky(['settle', 'claimSends', 'nextDue'])
    ending = () => {
      state.away = true
      return { end: 'sent', messageId: messageId('M1') }
    }
    const hub = await start({ store })
    await hub.send({ instance: SUPPORT, to: ANA, command: { type: 'text', text: 'hi' } })
    await pass(30_000)
    expect(state.refused).toBeGreaterThan(3)
    expect((await database.listCommands({ limit: 9 })).data[0]).toMatchObject({ state: 'sending' })
    state.away = false
    await pass(2_000)
    expect((await database.listCommands({ limit: 9 })).data[0]).toMatchObject({
      state: 'sent',
      messageId: 'M1',
    })
    expect(sent).toEqual(['hi'])
  })

  test('is no attempt of a handler: neither when its turn cannot read, nor when it cannot commit', async () => {
    const { state, store } = flaky(['commitTurns', 'failTurn', 'beginStep', 'nextDue', 'claimLanes'])
    let runs = 0
    const hub = await start({
      store,
      bot: async (turn) => {
        runs += 1
        if (runs === 1) state.away = true
        await turn.step('look up', () => 1)
        if (runs === 2) state.away = true
        turn.intend({ type: 'text', to: ANA, text: `run ${runs}` })
      },
    })
    await deliver(hub, 'hello')
    await pass(3_000)
    expect(runs).toBe(1)
    state.away = false
    await pass(10_000)
    // The second run waits with its commit, under the same fence.
    expect([runs, state.away]).toEqual([2, true])
    state.away = false
    await pass(2_000)
    expect(runs).toBe(2)
    expect(sent).toEqual(['run 2'])
    const [event] = (await database.listEvents({ limit: 9 })).data
    expect(event).toMatchObject({ status: 'done' })
    expect(event?.error).toBeUndefined()
  })

  test('is told once, and once that it is over', async () => {
    const lines: string[] = []
    const keep = (_fields: object, message: string) => void lines.push(message)
    const log: Logger = { debug() {}, info: keep, warn: keep, error: keep, child: () => log }
    const { state, store } = flaky(['claimLanes', 'claimSends', 'nextDue', 'mergePending', 'fireDue'])
    await start({ store, log })
    await pass(1_000)
    state.away = true
    await pass(20_000)
    expect(lines).toEqual([expect.stringMatching(/^the store is away/)])
    state.away = false
    await pass(3_000)
    expect(lines).toEqual([expect.any(String), 'the store is back'])
  })

  test('holds deliveries for eight seconds in all, whatever it does meanwhile', async () => {
    let commits = 0
    const hub = await start({
      store: nodeStore({
        accept: () => {
          commits += 1
          return commits === 1
            ? new Promise((_, reject) => void clock.setTimeout(() => reject(away()), 7_000))
            : new Promise(() => {})
        },
      }),
      roles: ['ingest'],
    })
    const begun = clock.now()
    let ended: { type: string; after: number } | undefined
    void deliver(hub, 'x').then(({ type }) => {
      ended = { type, after: clock.now() - begun }
    })
    await pass(7_900)
    expect(ended).toBeUndefined()
    await pass(500)
    expect(ended?.type).toBe('unavailable')
    expect(ended?.after).toBeLessThanOrEqual(8_100)
    expect(commits).toBe(2)
  })

  test('does not let deliveries pile up behind it', async () => {
    const hub = await start({ store: nodeStore({ accept: () => new Promise(() => {}) }), roles: ['ingest'] })
    const answers: string[] = []
    const flood = (count: number) => {
      for (let i = 0; i < count; i++) void deliver(hub, `x${i}`).then(({ type }) => answers.push(type))
    }
    flood(1_100)
    await pass(1_500)
    expect(answers).toEqual([])
    flood(500)
    await pass(100)
    expect(answers).toEqual(Array.from({ length: 500 }, () => 'unavailable'))
    await pass(8_000)
    expect(answers).toHaveLength(1_600)
  })
})

test('all roles are the default', async () => {
  const nodes: (readonly Role[])[] = []
  await start({
    store: nodeStore({
      heartbeat: async (node) => {
        nodes.push(node.roles)
      },
    }),
  })
  expect(nodes[0]).toEqual(ROLES)
})
