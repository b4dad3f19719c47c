import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { type Duration, durationSchema, parseDuration } from './duration.ts'

describe('parseDuration', () => {
  test.each([
    ['500ms', 500],
    ['2s', 2000],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['3d', 259_200_000],
    ['0s', 0],
    [0, 0],
    [1234, 1234],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  test.each([
    ['2'],
    ['2 s'],
    ['-2s'],
    ['1e3s'],
    ['2S'],
    ['2w'],
    [''],
    ['s'],
    [-1],
    [Number.NaN],
    [Number.POSITIVE_INFINITY],
    ['99999999d'],
    [undefined],
    [null],
    [{}],
  ])('%j is none', (value) => {
    expect(parseDuration(value)).toBeUndefined()
  })

  test('never throws, and gives whole milliseconds or nothing', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const ms = parseDuration(value)
        return ms === undefined || (Number.isInteger(ms) && ms >= 0)
      }),
    )
  })
})

test('the configuration says what a duration looks like', () => {
  expect(durationSchema.parse('2s')).toBe(2000)
  expect(durationSchema.safeParse('soon').error?.issues[0]?.message).toMatch(/must be a duration like/)
})

test('units are known to the compiler', () => {
  expectTypeOf<'2s'>().toExtend<Duration>()
  expectTypeOf<'2 weeks'>().not.toExtend<Duration>()
})
