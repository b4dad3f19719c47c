import { describe, expect, test } from 'vitest'
import type { InstanceId } from '../core/ids.ts'
import { observeSilence } from './observe.ts'
import { byInstance, hourOf, hoursLikeThis, isTooSilent, silenceOf, usualPause } from './silence.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const SUPPORT = 'support' as InstanceId

test('the same hour of the 21 days before is compared', () => {
  const now = Date.UTC(2026, 10, 21, 9, 59)
  const hours = hoursLikeThis(now)
  expect(hours).toHaveLength(21)
  expect(new Date(hours[0]! * HOUR).toISOString()).toBe('2026-11-20T09:00:00.000Z')
  expect(new Date(hours.at(-1)! * HOUR).toISOString()).toBe('2026-10-31T09:00:00.000Z')
  expect(hours.every((hour) => hour < hourOf(now))).toBe(true)
})

test('time in which the number was not connected is no silence', () => {
  expect(silenceOf(1_000, 500, 5_000)).toBe(4_000)
  expect(silenceOf(1_000, 4_000, 5_000)).toBe(1_000)
  expect(silenceOf(undefined, 4_000, 5_000)).toBe(1_000)
  expect(silenceOf(9_000, 4_000, 5_000)).toBe(0)
})

test('nothing is usual before two weeks; then the second longest pause is', () => {
  const week = (length: number) => Array.from({ length }, (_, day) => (day + 1) * MINUTE)
  expect(usualPause(week(13))).toBeUndefined()
  expect(usualPause(week(14))).toBe(13 * MINUTE)
  // One day without any customer is no habit, and two are.
  expect(usualPause([...week(13), 9 * HOUR])).toBe(13 * MINUTE)
  expect(usualPause([...week(12), 9 * HOUR, 8 * HOUR])).toBe(8 * HOUR)
})

test.each([
  [29 * MINUTE, MINUTE, false],
  [31 * MINUTE, MINUTE, true],
  [2 * HOUR, HOUR, false],
  [3 * HOUR + 1, HOUR, true],
])('%d ms of silence where %d are usual: %s', (silentMs, usualMs, expected) => {
  expect(isTooSilent(silentMs, usualMs)).toBe(expected)
})

test('pauses are told by number', () => {
  const sales = 'sales' as InstanceId
  expect([
    ...byInstance([
      { instance: SUPPORT, silentMs: 1 },
      { instance: sales, silentMs: 2 },
      { instance: SUPPORT, silentMs: 3 },
    ]),
  ]).toEqual([
    [SUPPORT, [1, 3]],
    [sales, [2]],
  ])
})

describe('a number', () => {
  const pauses = Array.from({ length: 14 }, () => 5 * MINUTE)
  const now = 10 * HOUR
  const connected = { instance: SUPPORT, state: 'connected', at: 0, source: 'poll' } as const

  test('that is connected and says nothing is silent', () => {
    expect(observeSilence(connected, now - HOUR, pauses, now)).toEqual({
      kind: 'silent',
      instance: SUPPORT,
      seen: 'wrong',
      details: { silentMs: HOUR, usualMs: 5 * MINUTE },
    })
    expect(observeSilence(connected, now - MINUTE, pauses, now).seen).toBe('well')
  })

  test('that is new, or not connected, is not judged', () => {
    expect(observeSilence(connected, now - HOUR, pauses.slice(1), now).seen).toBe('unsure')
    expect(observeSilence({ ...connected, state: 'disconnected' }, now - HOUR, pauses, now).seen).toBe(
      'unsure',
    )
    expect(observeSilence({ ...connected, at: now - MINUTE }, now - HOUR, pauses, now).seen).toBe('well')
  })
})
