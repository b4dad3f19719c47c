import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { retryAfterMs } from './retry-after.ts'

const NOW = Date.UTC(2026, 10, 21, 12)
const DAY = 86_400_000

describe('retryAfterMs', () => {
  test.each([
    ['0', 0],
    ['12', 12_000],
    [' 7 ', 7_000],
    ['86400', DAY],
    ['999999999', DAY],
    ['Sat, 21 Nov 2026 12:00:30 GMT', 30_000],
    ['Saturday, 21-Nov-26 12:00:30 GMT', 30_000],
    ['Sat, 21 Nov 2026 11:59:59 GMT', 0],
    ['Fri, 31 Dec 9999 23:59:59 GMT', DAY],
  ])('%s is %i ms', (header, ms) => {
    expect(retryAfterMs(header, NOW)).toBe(ms)
  })

  test.each([
    [undefined],
    [''],
    ['soon'],
    ['soon 5'],
    ['-5'],
    ['1.5'],
    ['1e3'],
    ['1234567890'],
    ['2026-11-21'],
    ['Sat, some time GMT'],
  ])('%j asks for nothing', (header) => {
    expect(retryAfterMs(header, NOW)).toBeUndefined()
  })

  test('never throws, and gives a bounded time or nothing', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.integer(), (header, now) => {
        const ms = retryAfterMs(header, now)
        return ms === undefined || (ms >= 0 && ms <= DAY)
      }),
    )
  })
})
