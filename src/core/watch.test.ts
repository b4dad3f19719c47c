import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type ConnectionChangeRow,
  connectionAfter,
  type ReportSource,
  uptimeOf,
  WATCH_STATES,
  type WatchState,
} from './watch.ts'

const report = (state: WatchState, at: number, source: ReportSource = 'poll') => ({ state, at, source })

describe('the state after a report', () => {
  test('the first one is believed', () => {
    for (const state of WATCH_STATES) expect(connectionAfter(undefined, report(state, 1))).toBe(state)
  })

  test('what is the same, or older than the present state, changes nothing', () => {
    expect(connectionAfter({ state: 'connected', at: 5 }, report('connected', 9))).toBeUndefined()
    expect(connectionAfter({ state: 'connected', at: 5 }, report('disconnected', 4))).toBeUndefined()
    expect(connectionAfter({ state: 'connected', at: 5 }, report('disconnected', 5, 'event'))).toBe(
      'disconnected',
    )
  })

  test('a number that is logged out stays so until it is connected again, or its gateway is gone', () => {
    const after = WATCH_STATES.map((state) =>
      connectionAfter({ state: 'logged-out', at: 0 }, report(state, 1)),
    )
    expect(after).toEqual(['connected', 'connecting', undefined, undefined, 'unreachable', 'unknown'])
  })
})

describe('uptime', () => {
  const row = (state: WatchState, at: number, until?: number): ConnectionChangeRow => ({
    state,
    at,
    source: 'poll',
    ...(until !== undefined && { until }),
  })

  test('is counted within the span, of the known time', () => {
    const changes = [
      row('connected', 0, 40),
      row('unreachable', 40, 50),
      row('unknown', 50, 70),
      row('connected', 70),
    ]
    expect(uptimeOf(changes, 20, 100)).toEqual({ connectedMs: 50, knownMs: 60, reconnects: 0 })
  })

  test('counts what came back after it was known to be away', () => {
    const changes = [
      row('connected', 0, 10),
      row('disconnected', 10, 20),
      row('connecting', 20, 25),
      row('connected', 25, 30),
      row('logged-out', 30, 35),
      row('connected', 35),
    ]
    expect(uptimeOf(changes, 0, 100).reconnects).toBe(2)
    expect(uptimeOf(changes, 30, 100).reconnects).toBe(1)
    expect(uptimeOf([], 0, 100)).toEqual({ connectedMs: 0, knownMs: 0, reconnects: 0 })
  })

  test('never exceeds the time there is', () => {
    const courses = fc.array(fc.record({ state: fc.constantFrom(...WATCH_STATES), ms: fc.nat(100) }))
    fc.assert(
      fc.property(courses, fc.nat(500), fc.nat(500), (course, from, length) => {
        let at = 0
        const changes = course.map(({ state, ms }, i) => {
          const begun = at
          at += ms
          return row(state, begun, i < course.length - 1 ? at : undefined)
        })
        const { connectedMs, knownMs } = uptimeOf(changes, from, from + length)
        expect(connectedMs).toBeLessThanOrEqual(knownMs)
        expect(knownMs).toBeLessThanOrEqual(length)
      }),
    )
  })
})
