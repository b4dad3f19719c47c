import { expect, test } from 'vitest'
import { HubError } from '../core/errors.ts'
import type { Logger } from '../core/ports.ts'
import { type Announcement, type NodeRow, ROLES, type Store } from '../core/store.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { Outage } from './outage.ts'
import { createPulse } from './pulse.ts'
import { createWake } from './wake.ts'

const settled = () => new Promise<undefined>((next) => void setImmediate(() => next(undefined)))

const NODE = { id: 'n1', roles: ROLES, host: 'one', version: '1.0.0', startedAt: 0 }

function setup({ shared = true } = {}) {
  const clock = new FakeClock({ settle: settled })
  const calls: string[] = []
  const lines: string[] = []
  const announced: Announcement[] = []
  const nudged: string[] = []
  let fault: Error | undefined
  let silent: NodeRow[] = []
  const at = () => clock.monotonic() / 1000
  const store: Pick<Store, 'shared' | 'heartbeat' | 'bury' | 'leave' | 'announce' | 'mark'> = {
    shared,
    async heartbeat() {
      if (fault) throw fault
      calls.push(`beat ${at()}`)
    },
    async bury(silentMs) {
      if (fault) throw fault
      calls.push(`bury ${at()} ${silentMs}`)
      return silent.splice(0)
    },
    async leave(id) {
      if (fault) throw fault
      calls.push(`leave ${id}`)
    },
    announce: (what) => void announced.push(what),
    async mark() {
      calls.push(`mark ${at()}`)
    },
  }
  const say = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`)
  const log: Logger = { debug: say, info: say, warn: say, error: say, child: () => log }
  const wake = createWake(store, (queue) => void nudged.push(queue))
  const pulse = createPulse({ store, node: NODE, clock, log, outage: new Outage(clock, log), wake })
  return {
    clock,
    calls,
    lines,
    announced,
    nudged,
    pulse,
    breaks: (error: Error | undefined) => {
      fault = error
    },
    falls: (...nodes: NodeRow[]) => {
      silent = nodes
    },
  }
}
const burials = (calls: readonly string[]) => calls.filter((call) => call.startsWith('bury'))

test('beats every two seconds, and judges others only once it was heard for six', async () => {
  const { clock, calls, pulse } = setup()
  await pulse.start()
  await clock.advance('5s')
  expect(calls).toEqual(['beat 0', 'beat 2', 'beat 4'])
  await clock.advance('4s')
  expect(calls.slice(3)).toEqual(['beat 6', 'bury 6 6000', 'beat 8', 'bury 8 6000'])
  await pulse.stop()
  await clock.advance('10s')
  expect(calls.at(-1)).toBe('leave n1')
})

test('who was not heard itself judges nobody until it was again for six seconds', async () => {
  const { clock, calls, pulse, breaks, lines } = setup()
  await pulse.start()
  await clock.advance('9s')
  const before = burials(calls).length
  breaks(new HubError('E_STORE_UNAVAILABLE', 'away'))
  await clock.advance('60s')
  breaks(undefined)
  await clock.advance('6s')
  expect(burials(calls)).toHaveLength(before)
  await clock.advance('2s')
  expect(burials(calls)).toHaveLength(before + 1)
  expect(lines.filter((line) => line.startsWith('the store is'))).toHaveLength(2)
  await pulse.stop()
})

test('who was stopped and woke up judges nobody at once either', async () => {
  let slept = 0
  const real = new FakeClock({ settle: settled })
  const clock = {
    now: () => real.now() + slept,
    monotonic: () => real.monotonic() + slept,
    setTimeout: (fn: () => void, ms: number) => real.setTimeout(fn, ms),
  }
  const buried: number[] = []
  const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
  const pulse = createPulse({
    store: {
      shared: true,
      heartbeat: async () => {},
      bury: async () => {
        buried.push(clock.monotonic())
        return []
      },
      leave: async () => {},
      mark: async () => {},
    },
    node: NODE,
    clock,
    log: silent,
    outage: new Outage(clock, silent),
    wake() {},
  })
  await pulse.start()
  await real.advance('7s')
  expect(buried).toHaveLength(1)
  slept = 30_000
  await real.advance('6s')
  expect(buried).toHaveLength(1)
  await real.advance('4s')
  expect(buried.length).toBeGreaterThan(1)
  await pulse.stop()
})

test('what a buried node held is looked for at once, here and elsewhere', async () => {
  const { clock, falls, nudged, announced, lines, pulse } = setup()
  await pulse.start()
  falls({ ...NODE, id: 'n2', host: 'two', seenAt: clock.now() })
  await clock.advance('7s')
  expect(lines).toEqual([expect.stringMatching(/^a node fell silent.*"node":"n2","host":"two"/)])
  expect(nudged).toEqual(['lanes', 'outbox', 'searches'])
  expect(announced).toEqual([{ queues: ['lanes', 'outbox', 'searches'], instances: [] }])
  await pulse.stop()
})

test('a minute is the longest the database goes unmarked', async () => {
  const { clock, calls, pulse } = setup()
  await pulse.start()
  await clock.advance('130s')
  expect(calls.filter((call) => call.startsWith('mark'))).toEqual(['mark 60', 'mark 120'])
  await pulse.stop()
})

test('alone it says once that it is there, and marks the database', async () => {
  const { clock, calls, pulse } = setup({ shared: false })
  await pulse.start()
  await clock.advance('150s')
  expect(calls).toEqual(['beat 0', 'mark 60', 'mark 120'])
  await pulse.stop()
})

test('a node whose store is away at the end ends all the same; one that cannot begin, does not', async () => {
  const { pulse, breaks, lines } = setup()
  await pulse.start()
  breaks(new Error('gone'))
  await pulse.stop()
  expect(lines).toEqual([expect.stringMatching(/could not say goodbye/)])
  const other = setup()
  other.breaks(new HubError('E_STORE_UNAVAILABLE', 'away'))
  await expect(other.pulse.start()).rejects.toMatchObject({ code: 'E_STORE_UNAVAILABLE' })
})
