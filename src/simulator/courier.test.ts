import { beforeEach, expect, test } from 'vitest'
import type { HttpOutcome } from '../core/ports.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { Courier } from './courier.ts'
import { ana, fakeGateway, fakeNumber } from './fake-gateway.fixture.ts'
import { party } from './people.ts'
import type { Happening, SimulatedGateway } from './port.ts'
import { type PostEntry, Strip } from './strip.ts'

const happening: Happening = {
  fact: { kind: 'presence', state: 'typing' },
  author: 'other',
  at: 0,
  chat: party(ana),
}
const number = fakeNumber('http://hub/webhooks/support')
const failed: HttpOutcome = { type: 'unanswered', reason: 'timeout' }

let clock: FakeClock
let at: number[]
let timeouts: number[]
let takesMs: number
let answer: HttpOutcome
let strip: Strip

beforeEach(() => {
  clock = new FakeClock()
  at = []
  timeouts = []
  takesMs = 0
  answer = failed
  strip = new Strip(clock, () => {})
})

function courier(random = () => 0, jitterMs = 0): Courier {
  return new Courier({
    clock,
    random,
    strip,
    latencyMs: 0,
    jitterMs,
    async http({ timeoutMs }) {
      at.push(clock.monotonic())
      timeouts.push(timeoutMs)
      if (takesMs > 0) await new Promise<void>((resolve) => void clock.setTimeout(resolve, takesMs))
      return answer
    },
  })
}
const posts = () => strip.list().filter((entry): entry is PostEntry => entry.type === 'post')
const real: SimulatedGateway = {
  ...fakeGateway,
  retryDelaysMs: [1_000, 2_000, 4_000, 8_000],
  attemptTimeoutMs: 10_000,
}

test('five attempts on the vendor’s schedule, then no more', async () => {
  const began = clock.monotonic()
  const posted = courier().post(happening, number, real)
  await clock.advance(60_000)
  await posted
  expect(at.map((ms) => ms - began)).toEqual([0, 1_000, 3_000, 7_000, 15_000])
  expect(posts()[0]).toMatchObject({ state: 'lost', by: 'other' })
})

test('a budget for the whole event cuts the last attempts off, and the time of the last one', async () => {
  takesMs = 10_000
  const posted = courier().post(happening, number, { ...real, deliveryBudgetMs: 30_000 })
  await clock.advance(120_000)
  await posted
  expect(timeouts).toEqual([10_000, 10_000, 7_000])
})

test('jitter lets a later delivery overtake an earlier one', async () => {
  answer = { type: 'answered', status: 200, headers: {}, body: '' }
  const throws = [0.9, 0.1]
  const carrier = courier(() => throws.shift() ?? 0, 1_000)
  const both = [carrier.post(happening, number, real), carrier.post(happening, number, real)]
  await clock.advance(500)
  expect(posts().map(({ state }) => state)).toEqual(['waiting', 'accepted'])
  await clock.advance(500)
  await Promise.all(both)
  expect(posts().map(({ state }) => state)).toEqual(['accepted', 'accepted'])
})

test('after a restart nothing that waits is tried again, and idle says so', async () => {
  const carrier = courier()
  void carrier.post(happening, number, real)
  await clock.advance(0)
  expect(posts()[0]?.state).toBe('retrying')
  carrier.restart(number.instance)
  await carrier.idle(number.instance)
  expect(posts()[0]).toMatchObject({ state: 'dropped', attempts: [{ failed: 'unanswered' }] })
  expect(at).toHaveLength(1)
})
