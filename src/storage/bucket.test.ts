import { expect, test } from 'vitest'
import { type Bucket, draw } from './bucket.ts'

test('nodes whose clocks differ by a few milliseconds get no more than the limit', () => {
  let bucket: Bucket | undefined
  let granted = 0
  for (let ms = 0; ms < 1_000; ms++) {
    for (const at of [ms, ms - 4]) {
      const drawn = draw(bucket, { perSecond: 100, want: 1, at: 1_000_000 + at })
      granted += drawn.granted
      bucket = drawn.bucket
    }
  }
  // A full bucket, and what one second fills.
  expect(granted).toBeGreaterThanOrEqual(198)
  expect(granted).toBeLessThanOrEqual(200)
})

test('a clock that was put back by an hour stops nothing', () => {
  const { bucket } = draw(undefined, { perSecond: 10, want: 10, at: 3_600_000 })
  const after = draw(bucket, { perSecond: 10, want: 1, at: 0 })
  expect(draw(after.bucket, { perSecond: 10, want: 1, at: 100 }).granted).toBe(1)
})
