import { beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../testing/fake-clock.ts'
import { HubWays } from './hub-ways.ts'
import { type PostEntry, Strip } from './strip.ts'

/** A hub that knows what it is told here. */
let hub: {
  events: { id: string; generation: number; message: string }[]
  commands: Command[]
  status: string
}
let down: boolean
interface Command {
  id: string
  instance: string
  type: string
  state: string
  settledAt?: string
}

let clock: FakeClock
let strip: Strip
let sent: Map<string, number>
let ways: HubWays
const at = (ms: number) => new Date(clock.now() + ms).toISOString()

beforeEach(() => {
  clock = new FakeClock()
  strip = new Strip(clock, (entry) => entry.type === 'post' && ways.follow(entry))
  sent = new Map()
  down = false
  hub = { events: [], commands: [], status: 'done' }
  ways = new HubWays({
    clock,
    strip,
    sent: () => sent,
    changed: () => {},
    async ask(_method, path) {
      if (down) throw new Error('no answer')
      const { searchParams, pathname } = new URL(path, 'http://hub')
      const id = searchParams.get('id')
      if (pathname === '/events')
        return {
          data: hub.events
            .filter(({ message }) => message === id)
            .map(({ message, ...event }) => ({ ...event, fact: { message: { id: message } } })),
        }
      if (pathname === '/commands') return { data: hub.commands, next: null }
      const timeline = ['received', 'stored', 'started', 'handled'].map((stage, index) => ({
        stage,
        at: at(index * 2),
      }))
      return { status: hub.status, timeline, commands: hub.commands }
    },
  })
  ways.start()
})

const delivery = (message: string, change: Partial<PostEntry> = {}): PostEntry =>
  strip.add<PostEntry>({
    type: 'post',
    instance: 'support',
    what: 'message',
    by: 'other',
    message,
    state: 'accepted',
    attempts: [{ at: clock.now(), ms: 3, status: 200 }],
    accepted: 1,
    duplicates: 0,
    ...change,
  })
/** In steps: what is asked and answered at one moment sets the timer of the next. */
async function pass(ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += 50) await clock.advance(50)
}
const known = (message: string) => hub.events.push({ id: `evt_${hub.events.length}`, generation: 0, message })
const command = (state: string, id = 'c1'): Command => ({ id, instance: 'support', type: 'text', state })

test('a message is followed to the answer that went out', async () => {
  known('M1')
  const entry = delivery('M1')
  hub.status = 'pending'
  hub.commands = [command('sending')]
  await pass(2_000)
  expect(entry.way).toMatchObject({ event: 'evt_0' })
  expect(entry.way?.end).toBeUndefined()
  hub.status = 'done'
  hub.commands = [{ ...command('sent'), settledAt: at(20) }]
  await pass(2_000)
  expect(entry.way?.stages.map(({ stage }) => stage)).toEqual([
    'received',
    'verified',
    'stored',
    'ordered',
    'handled',
    'sent',
  ])
  expect(entry.way?.stages.at(2)).toEqual({ stage: 'stored', ms: 2 })
  expect(entry.way?.end).toBe('answered')
})

test('what comes of nothing to send, and of a send that was rejected, is said', async () => {
  known('M1')
  const silent = delivery('M1')
  await pass(2_000)
  expect(silent.way?.end).toBe('silent')
  known('M2')
  hub.commands = [command('rejected')]
  const rejected = delivery('M2')
  await pass(2_000)
  expect(rejected.way?.end).toBe('unsent')
})

test('lost is what was acknowledged and is not known, doubled what is there or went out twice', async () => {
  delivery('GONE')
  await pass(5_000)
  expect(ways.tally).toEqual({ followed: 1, lost: 1, doubled: 0 })
  known('TWICE')
  known('TWICE')
  delivery('TWICE')
  await pass(5_000)
  expect(ways.tally).toEqual({ followed: 2, lost: 1, doubled: 1 })
  hub.commands = [command('sent')]
  sent.set('support', 1)
  await pass(5_000)
  expect(ways.tally.doubled).toBe(1)
  sent.set('support', 2)
  await pass(5_000)
  expect(ways.tally.doubled).toBe(2)
})

test('a hub that is down has lost nothing, and is asked again', async () => {
  down = true
  const entry = delivery('M1')
  await pass(60_000)
  expect(ways.tally.lost).toBe(0)
  known('M1')
  down = false
  await pass(5_000)
  expect(entry.way?.end).toBe('silent')
})

test('what the hub never had to know is not asked about', async () => {
  delivery('FORGED', { state: 'refused', fault: 'forge' })
  delivery('AGAIN', { accepted: 0, duplicates: 1 })
  delivery('CUT', { fault: 'truncate' })
  delivery('OURS', { by: 'api' })
  await pass(10_000)
  expect(ways.tally).toEqual({ followed: 0, lost: 0, doubled: 0 })
})
