import { describe, expect, test } from 'vitest'
import { HubError } from '../../core/errors.ts'
import { cannotOpen, isAway, unavailable } from './failures.ts'

const failure = (code: string | undefined, message = 'as the server says it') =>
  Object.assign(new Error(message), code === undefined ? {} : { code })

describe('a database that cannot work now', () => {
  test.each([
    ['53100', 'the disk of the server is full'],
    ['53300', 'takes no more connections'],
    ['25006', 'a standby'],
    ['57014', 'as the server says it'],
  ])('%s is told in the words of its cure', (code, words) => {
    expect(isAway(failure(code))).toBe(true)
    expect(unavailable(failure(code))).toMatchObject({
      code: 'E_STORE_UNAVAILABLE',
      message: expect.stringContaining(words),
    })
  })

  test.each(['08006', '57P01', 'ECONNRESET', undefined])('%s is a connection that was lost', (code) => {
    const error = failure(code, 'Connection terminated unexpectedly')
    expect(isAway(error)).toBe(true)
    expect(unavailable(error).message).toBe('The connection to the database was lost.')
  })

  test.each(['23505', '22P02', '42601'])('%s says something of the data, or of us', (code) => {
    expect(isAway(failure(code))).toBe(false)
  })
})

describe('a database that cannot be opened', () => {
  test.each([
    ['ECONNREFUSED', 'nothing listens there'],
    ['ENOTFOUND', 'host name is not known'],
    ['28P01', 'refuses this user or password'],
    ['3D000', 'no database of that name'],
    ['42501', 'grant create on schema public'],
  ])('%s says what to do', (code, words) => {
    const error = cannotOpen(failure(code), 'postgres://db/pombo')
    expect(error).toMatchObject({ code: 'E_STORE_OPEN' })
    expect(error.message).toMatch(/^The database postgres:\/\/db\/pombo cannot be opened: /)
    expect(error.message).toContain(words)
  })

  test('what was waited for in vain is told by its cause', () => {
    const waited = new HubError('E_STORE_UNAVAILABLE', 'The database does not answer.', {
      cause: failure('ECONNREFUSED'),
    })
    expect(cannotOpen(waited, 'postgres://db/pombo').message).toContain('nothing listens there')
  })
})
