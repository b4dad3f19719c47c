import { expect, test } from 'vitest'
import type { InstanceId } from '../core/ids.ts'
import { WATCH_STATES } from '../core/watch.ts'
import { LEAST_FREE_BYTES, observeConnection, observeHub } from './observe.ts'

const SUPPORT = 'support' as InstanceId

test('what each state of a connection says about each thing that can go wrong', () => {
  const table = WATCH_STATES.map((state) => {
    const seen = observeConnection({ instance: SUPPORT, state, at: 7, source: 'poll' })
    expect(seen.every(({ since, instance }) => since === 7 && instance === SUPPORT)).toBe(true)
    return [state, ...seen.map((one) => one.seen)]
  })
  expect(table).toEqual([
    // disconnected, logged-out, gateway-unreachable
    ['connected', 'well', 'well', 'well'],
    ['connecting', 'wrong', 'unsure', 'well'],
    ['disconnected', 'wrong', 'unsure', 'well'],
    ['logged-out', 'unsure', 'wrong', 'well'],
    ['unreachable', 'unsure', 'unsure', 'wrong'],
    ['unknown', 'unsure', 'unsure', 'unsure'],
  ])
})

test('what the hub’s figures say', () => {
  const well = {
    backlog: { events: 900, commands: 9, deadEvents: 0, unknownCommands: 0 },
    readySince: 90_000,
    freeBytes: LEAST_FREE_BYTES,
  }
  const seenOf = (figures: Parameters<typeof observeHub>[0]) =>
    Object.fromEntries(observeHub(figures, 100_000).map(({ kind, seen }) => [kind, seen]))
  expect(seenOf(well)).toEqual({
    'unknown-sends': 'well',
    'dead-letters': 'well',
    backlog: 'well',
    'store-full': 'well',
  })
  expect(
    seenOf({
      backlog: { ...well.backlog, deadEvents: 2, unknownCommands: 1 },
      readySince: 39_000,
      freeBytes: LEAST_FREE_BYTES - 1,
    }),
  ).toEqual({ 'unknown-sends': 'wrong', 'dead-letters': 'wrong', backlog: 'wrong', 'store-full': 'wrong' })
  expect(seenOf({ ...well, freeBytes: undefined, readySince: undefined })).toMatchObject({
    backlog: 'well',
    'store-full': 'unsure',
  })
  expect(observeHub({ ...well, readySince: 30_000 }, 100_000)[2]?.details).toEqual({
    lagMs: 70_000,
    count: 900,
  })
})
