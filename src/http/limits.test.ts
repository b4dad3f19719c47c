import { describe, expect, test } from 'vitest'
import { FailureCounter, RateLimiter } from './limits.ts'

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

describe('RateLimiter', () => {
  test('gives one second worth at once, then evenly', () => {
    const rates = new RateLimiter()
    const take = (now: number) => rates.take('a', 4, now)
    expect([take(0), take(0), take(0), take(0), take(0)]).toEqual([0, 0, 0, 0, 1])
    expect([take(250), take(250)]).toEqual([0, 1])
    expect([take(9000), take(9000), take(9000), take(9000), take(9000)]).toEqual([0, 0, 0, 0, 1])
  })

  test('less than one a second says how many seconds to wait', () => {
    const rates = new RateLimiter()
    expect(rates.take('a', 0.1, 0)).toBe(0)
    expect(rates.take('a', 0.1, 0)).toBe(10)
    expect(rates.wait('a', 0.1, 5000)).toBe(5)
    expect(rates.take('a', 0.1, 10_000)).toBe(0)
  })

  test('looking takes nothing, and what is given back is there again, never more than full', () => {
    const rates = new RateLimiter()
    for (let i = 0; i < 5; i++) expect(rates.wait('a', 1, 0)).toBe(0)
    expect(rates.take('a', 1, 0)).toBe(0)
    rates.giveBack('a')
    rates.giveBack('a')
    expect([rates.take('a', 1, 0), rates.take('a', 1, 0)]).toEqual([0, 1])
    rates.giveBack('nobody')
  })
})
