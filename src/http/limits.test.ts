import { describe, expect, test } from 'vitest'
import type { InstanceId } from '../core/ids.ts'
import { alone } from '../storage/alone.ts'
import { SkippingClock } from './edge.fixture.ts'
import { Allowance, FailureCounter } from './limits.ts'

describe('FailureCounter', () => {
  test('answers how long to wait once a minute has more failures than allowed', () => {
    const failures = new FailureCounter(2)
    expect(failures.add('a', 1000)).toEqual({ count: 1, waitSeconds: 0 })
    expect(failures.add('a', 2000)).toEqual({ count: 2, waitSeconds: 0 })
    expect(failures.add('a', 31_000)).toEqual({ count: 3, waitSeconds: 30 })
    expect(failures.add('b', 31_000)).toEqual({ count: 1, waitSeconds: 0 })
    expect(failures.add('a', 60_999).waitSeconds).toBe(1)
    expect(failures.add('a', 61_000)).toEqual({ count: 1, waitSeconds: 0 })
  })

  test('a limit of 0 refuses the first', () => {
    expect(new FailureCounter(0).add('a', 0).waitSeconds).toBe(60)
  })

  test('never knows more sources than it may, and forgets the oldest', () => {
    const failures = new FailureCounter(1, 100)
    for (let i = 0; i < 10_000; i++) failures.add(`source ${i}`, i)
    expect(failures.size).toBe(100)
    expect(failures.add('source 9999', 10_000).count).toBe(2)
    expect(failures.add('source 0', 10_000).count).toBe(1)
  })

  test('a minute that begins anew makes a source young again', () => {
    const failures = new FailureCounter(1, 2)
    failures.add('a', 0)
    failures.add('b', 50_000)
    failures.add('a', 60_000)
    failures.add('c', 61_000)
    expect(failures.add('a', 62_000).count).toBe(2)
    expect(failures.add('b', 62_000).count).toBe(1)
  })
})

describe('Allowance', () => {
  const A = 'a' as InstanceId
  /** A clock that stands, and a bucket that counts how often it was asked. */
  function setup() {
    let now = 1_000_000
    const clock = Object.assign(new SkippingClock(), { now: () => now, monotonic: () => now })
    const { grantDeliveries } = alone(() => now)
    const asked: number[] = []
    const store = {
      grantDeliveries: (instance: InstanceId, perSecond: number, want: number) => {
        asked.push(want)
        return grantDeliveries(instance, perSecond, want)
      },
    }
    const pass = (ms: number) => {
      now += ms
    }
    return { clock, store, asked, pass, allowance: new Allowance(store, clock) }
  }
  const times = async (count: number, take: () => Promise<boolean>) => {
    const taken = await Promise.all(Array.from({ length: count }, take))
    return taken.filter(Boolean).length
  }

  test('gives one second worth at once, then evenly', async () => {
    const { allowance, pass } = setup()
    const take = () => allowance.take(A, 4)
    expect(await times(5, take)).toBe(4)
    expect(allowance.isEmpty(A)).toBe(true)
    pass(250)
    expect(await times(5, take)).toBe(1)
    pass(9000)
    expect(allowance.isEmpty(A)).toBe(false)
    expect(await times(50, take)).toBe(4)
  })

  test('less than one a second', async () => {
    const { allowance, pass } = setup()
    const take = () => allowance.take(A, 0.1)
    expect(await times(3, take)).toBe(1)
    pass(9_000)
    expect(await take()).toBe(false)
    pass(1_000)
    expect(await take()).toBe(true)
  })

  test('asks for blocks, and not again while the bucket is empty', async () => {
    const { allowance, asked, pass } = setup()
    const take = () => allowance.take(A, 1_000)
    expect(await times(3_000, take)).toBe(1_000)
    expect(asked).toEqual(Array.from({ length: 11 }, () => 100))
    pass(99)
    expect(await take()).toBe(false)
    expect(asked).toHaveLength(11)
    pass(1)
    expect(await take()).toBe(true)
  })

  test('holds over two nodes together, and what one leaves unused lapses', async () => {
    const { allowance, store, clock, pass } = setup()
    const other = new Allowance(store, clock)
    const [here, there] = await Promise.all([
      times(100, () => allowance.take(A, 50)),
      times(100, () => other.take(A, 50)),
    ])
    expect(here + there).toBe(50)
    expect(Math.min(here, there)).toBeGreaterThan(0)
    pass(10_000)
    await other.take(A, 50)
    pass(10_000)
    expect(await times(100, () => allowance.take(A, 50))).toBe(50)
    expect(await other.take(A, 50)).toBe(false)
  })

  test.each([
    ['fails', () => Promise.reject(new Error('away'))],
    ['hangs', () => new Promise<number>(() => {})],
  ])('a store that %s is no reason to refuse', async (_what, grantDeliveries) => {
    const allowance = new Allowance({ grantDeliveries }, new SkippingClock())
    expect(await allowance.take(A, 1)).toBe(true)
  })
})
