import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from './clock.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('fires once after its time', () => {
  const fn = vi.fn()
  systemClock.setTimeout(fn, 50)
  vi.advanceTimersByTime(49)
  expect(fn).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1000)
  expect(fn).toHaveBeenCalledTimes(1)
})

test('a timer longer than Node can take neither fires at once nor gets lost', () => {
  const fn = vi.fn()
  const days = 24 * 60 * 60_000
  systemClock.setTimeout(fn, 40 * days)
  vi.advanceTimersByTime(39 * days)
  expect(fn).not.toHaveBeenCalled()
  vi.advanceTimersByTime(days)
  expect(fn).toHaveBeenCalledTimes(1)
})

test('a cancelled timer never fires, not even in its second stretch', () => {
  const fn = vi.fn()
  const timer = systemClock.setTimeout(fn, 2 ** 31 + 1000)
  vi.advanceTimersByTime(2 ** 31)
  timer.cancel()
  vi.advanceTimersByTime(5000)
  expect(fn).not.toHaveBeenCalled()
})
