import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sanitize } from './sanitize.ts'

test('what is sound comes back as it is; what is not can be stored afterwards', () => {
  const sound = { a: ['x', { b: 'y' }], n: 1, z: null }
  expect(sanitize(sound)).toBe(sound)
  expect(sanitize({ 'k\0': ['\ud800', 'ok'] })).toEqual({ 'k\ufffd': ['\ufffd', 'ok'] })
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const text = JSON.stringify(sanitize(value))
      expect(text).not.toMatch(/\\u0000|\\ud[89a-f]/i)
    }),
  )
})
