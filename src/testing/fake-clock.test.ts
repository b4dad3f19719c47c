import { describe, expect, test } from 'vitest'
import { FakeClock } from './fake-clock.ts'

describe('FakeClock', () => {
  test('stands until it is told to move', async () => {
    const clock = new FakeClock({ start: 1000 })
    expect([clock.now(), clock.monotonic()]).toEqual([1000, 0])
    await clock.advance('2s')
    expect([clock.now(), clock.monotonic()]).toEqual([3000, 2000])
  })

  test('fires timers in order, at their time, also those that timers set', async () => {
    const clock = new FakeClock({ start: 0 })
    const fired: string[] = []
    const at = (name: string) => fired.push(`${name} ${clock.now()}`)
    clock.setTimeout(() => at('b'), 200)
    clock.setTimeout(() => {
      at('a')
      clock.setTimeout(() => at('c'), 150)
      clock.setTimeout(() => at('now'), 0)
    }, 100)
    const never = clock.setTimeout(() => at('cancelled'), 50)
    never.cancel()
    clock.setTimeout(() => at('too late'), 1001)
    await clock.advance(1000)
    expect(fired).toEqual(['a 100', 'now 100', 'b 200', 'c 250'])
    expect(clock.nextTimer).toBe(1001)
  })

  test('waits for what each step sets off', async () => {
    const clock: FakeClock = new FakeClock({
      start: 0,
      settle: () => new Promise((resolve) => setTimeout(() => resolve(undefined), 1)),
    })
    const fired: number[] = []
    const again = () => {
      fired.push(clock.now())
      if (fired.length < 3) void Promise.resolve().then(() => clock.setTimeout(again, 10))
    }
    clock.setTimeout(again, 10)
    await clock.advance(100)
    expect(fired).toEqual([10, 20, 30])
  })

  test('does not stop for lazy timers, but fires them when it has passed them', async () => {
    const clock = new FakeClock({ start: 0 })
    const fired: string[] = []
    const lazy = clock.lazy()
    lazy.setTimeout(() => fired.push(`lazy ${lazy.now()}`), 10)
    clock.setTimeout(() => fired.push(`exact ${clock.now()}`), 25)
    await clock.advance(100)
    expect(fired).toEqual(['lazy 25', 'exact 25'])
  })

  test('a moment that comes without any effect is passed', async () => {
    const clock = new FakeClock({ start: 0, settle: async () => 50 })
    await clock.advance(100)
    expect(clock.now()).toBe(100)
  })

  test('two moves happen one after the other', async () => {
    const clock = new FakeClock({ start: 0 })
    await Promise.all([clock.advance(100), clock.advance('1s')])
    expect(clock.now()).toBe(1100)
  })

  test('refuses what is no duration', async () => {
    await expect(new FakeClock().advance('soon' as never)).rejects.toThrow(/no duration/)
  })
})
