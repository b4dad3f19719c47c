import { describe, expect, test } from 'vitest'
import type { ConnectionState } from '../core/events.ts'
import type { Answer } from '../core/gateway.ts'
import { judgeLook } from './look.ts'

const middle = () => 0.5
const judge = (answer: Answer<ConnectionState>, more: Partial<Parameters<typeof judgeLook>[1]> = {}) =>
  judgeLook(answer, { failures: 0, everyMs: 30_000, told: false, random: middle, ...more })
const failed = (more: Partial<Extract<Answer<never>, { ok: false }>> = {}) =>
  ({ ok: false, reason: 'refused', retry: true, ...more }) as const

test('an answer is what it says', () => {
  expect(judge({ ok: true, value: 'logged-out' }, { failures: 7 })).toEqual({
    report: { state: 'logged-out' },
    failures: 0,
    waitMs: 30_000,
  })
})

test('one that tells by itself is asked a quarter as often', () => {
  expect(judge({ ok: true, value: 'connected' }, { told: true }).waitMs).toBe(120_000)
})

test('waits differ by a fifth either way', () => {
  const waits = [0, 0.5, 0.999_999].map(
    (dice) => judge({ ok: true, value: 'connected' }, { random: () => dice }).waitMs,
  )
  expect(waits).toEqual([24_000, 30_000, 36_000])
})

describe('a gateway that is down', () => {
  test('is asked again soon, is unreachable at the second failure, then more and more rarely', () => {
    const course = Array.from({ length: 8 }, (_, failures) => judge(failed(), { failures }))
    expect(course.map(({ report }) => report?.state)).toEqual([
      undefined,
      ...Array.from({ length: 7 }, () => 'unreachable'),
    ])
    expect(course.map(({ waitMs }) => waitMs / 1000)).toEqual([5, 30, 60, 120, 240, 300, 300, 300])
    expect(course[1]?.report?.reason).toBe('refused')
  })

  test('is not asked more often than usual where usual is very often', () => {
    expect(judge(failed(), { everyMs: 1_000 }).waitMs).toBe(1_000)
  })
})

test('one that answers that the number is not connected is there', () => {
  expect(judge(failed({ code: 'not-connected' }), { failures: 5 })).toMatchObject({
    report: { state: 'disconnected', reason: 'refused' },
    failures: 0,
  })
})

test('one that refuses is there, and how the number is nobody knows', () => {
  expect(judge(failed({ retry: false }))).toMatchObject({
    report: { state: 'unknown', reason: 'refused' },
    failures: 0,
    waitMs: 300_000,
  })
})

test('one that asks for patience gets it, and is no news', () => {
  expect(judge(failed({ code: 'rate-limited', afterMs: 90_000 }), { failures: 1 })).toEqual({
    failures: 1,
    waitMs: 90_000,
  })
  expect(judge(failed({ code: 'rate-limited', afterMs: 9e9 })).waitMs).toBe(300_000)
})
