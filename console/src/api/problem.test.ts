import { expect, test } from 'vitest'
import { ApiError, NO_ANSWER } from './problem.ts'

test('tells what the hub told: code, words, and each field at fault', () => {
  const error = new ApiError(400, {
    code: 'E_INVALID',
    detail: 'body.name: is missing',
    errors: [{ field: 'body.name', message: 'is missing; must be text' }, 'nonsense'],
  })
  expect([error.code, error.message, error.retry]).toEqual(['E_INVALID', 'body.name: is missing', false])
  expect(error.field('name')).toBe('Is missing; must be text')
  expect(error.field('login')).toBeUndefined()
})

test.each([
  [0, undefined, NO_ANSWER, true],
  [502, '<html>a proxy’s own page', 'HTTP_502', false],
  [503, { code: 'E_STORE_UNAVAILABLE' }, 'E_STORE_UNAVAILABLE', true],
  [409, { code: 'E_GATEWAY', retry: true }, 'E_GATEWAY', true],
  [500, null, 'HTTP_500', false],
])('%d with %o is %s; worth another try: %s', (status, raw, code, retry) => {
  const error = new ApiError(status, raw)
  expect([error.code, error.retry]).toEqual([code, retry])
})
