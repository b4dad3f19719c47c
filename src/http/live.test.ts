import { expect, test } from 'vitest'
import type { Announcement, EventRow } from '../core/store.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { eventRow, KeptLog } from './edge.fixture.ts'
import { createLive } from './live.ts'

/** A log of events, and somebody who listens. */
function world() {
  const clock = new FakeClock()
  let rows: EventRow[] = []
  let looks = 0
  let hear: (what: Announcement) => void = () => {}
  let deaf = true
  const live = createLive({
    clock,
    log: new KeptLog(),
    news: {
      onAnnounced(listen) {
        hear = listen
        deaf = false
        return () => {
          deaf = true
        }
      },
    },
    store: {
      async listEvents({ limit }) {
        looks++
        return { data: rows.toReversed().slice(0, limit), next: null }
      },
    },
  })
  const told: string[] = []
  const listener = {
    instances: undefined,
    events: true,
    take(text: string) {
      const [, type] = /^event: (.*)$/m.exec(text) ?? []
      const id = (JSON.parse(/^data: (.*)$/m.exec(text)![1]!) as { id?: string }).id
      told.push(id ? `${type} ${id}` : type!)
    },
  }
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 100) {
      await clock.advance(100)
      await new Promise((next) => setImmediate(next))
    }
  }
  return {
    live,
    told,
    listener,
    pass,
    events: (change: (rows: EventRow[]) => EventRow[]) => {
      rows = change(rows)
    },
    hear: (what: Partial<Announcement>) => hear({ queues: [], instances: [], ...what }),
    looks: () => looks,
    isDeaf: () => deaf,
  }
}

test('nobody looks while nobody listens; whoever listens hears a sign of life every 15 seconds', async () => {
  const { live, told, listener, pass, looks, isDeaf } = world()
  await pass(5_000)
  expect([looks(), isDeaf()]).toEqual([0, true])
  const leave = await live.add(listener)
  await pass(32_000)
  expect(told).toEqual(['ping', 'ping'])
  // Where nothing is heard of, it is looked at seldom.
  expect(looks()).toBeLessThan(25)
  leave()
  const seen = looks()
  await pass(5_000)
  expect([looks(), isDeaf()]).toEqual([seen, true])
})

test('an event is told when it is new and when it has changed, once for all who listen', async () => {
  const { live, told, listener, pass, events, hear, looks } = world()
  events(() => [eventRow(1)])
  for (let i = 0; i < 3; i++) await live.add(i === 0 ? listener : { ...listener, take() {} })
  const before = looks()
  events((rows) => [...rows, eventRow(2, { status: 'pending' })])
  hear({ queues: ['lanes'] })
  await pass(300)
  expect(told.splice(0)).toEqual(['event evt_2', 'changed'])
  expect(looks() - before).toBe(1)
  events(([one, two]) => [one!, { ...two!, status: 'done', doneAt: 5 }])
  await pass(600)
  expect(told.filter((one) => one.startsWith('event'))).toEqual(['event evt_2'])
})

test('what is heard of after a long quiet is told as soon as in the middle of things', async () => {
  const { live, told, listener, pass, events, hear } = world()
  await live.add(listener)
  await pass(10_100)
  events(() => [eventRow(1)])
  hear({ queues: ['lanes'] })
  await pass(300)
  expect(told).toEqual(['event evt_1', 'changed'])
})

test('of more than a look brings the newest are told, and that there is more', async () => {
  const { live, told, listener, pass, events } = world()
  await live.add(listener)
  events(() => Array.from({ length: 500 }, (_, i) => eventRow(i + 1)))
  await pass(2_500)
  expect(told.filter((one) => one.startsWith('event')).at(-1)).toBe('event evt_500')
  expect(told).toContain('changed')
  expect(told.length).toBeLessThan(250)
  expect(await live.missed(450, listener)).toHaveLength(50)
  expect(await live.missed(100, listener)).toBeUndefined()
  expect(await live.missed(501, listener)).toBeUndefined()
})
