import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createHasher } from './hashing.ts'

const hasher = createHasher(randomBytes)

test('a password matches what was made of it, and no other does', async () => {
  const made = await hasher.hash('violet gathers stones')
  expect(made).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
  expect(await hasher.matches('violet gathers stones', made)).toBe(true)
  expect(await hasher.matches('violet gathers stone', made)).toBe(false)
  expect(await hasher.hash('violet gathers stones')).not.toBe(made)
})

test('however a keyboard composes its letters', async () => {
  expect(
    await hasher.matches('cafe\u0301 com leite quente', await hasher.hash('caf\u00e9 com leite quente')),
  ).toBe(true)
})

test('made with other costs it still matches: they are written beside it', async () => {
  // By the reference implementation: echo -n password | argon2 somesalt -id -t 2 -k 256 -p 1 -l 32
  const made = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'
  expect(await hasher.matches('password', made)).toBe(true)
})

test.each([undefined, '', 'plain', '$argon2id$v=19$m=1$x$y'])(
  'nothing matches %o, after the same work',
  async (made) => {
    expect(await hasher.matches('', made)).toBe(false)
  },
)

test('a crowd is told to come back rather than kept waiting', async () => {
  const crowd = await Promise.allSettled(
    Array.from({ length: 60 }, () => hasher.hash('violet gathers stones')),
  )
  const refused = crowd.filter(({ status }) => status === 'rejected')
  expect(refused).toHaveLength(60 - 42)
  expect(refused[0]).toMatchObject({ reason: { code: 'E_TOO_MANY', details: { retryAfterSeconds: 5 } } })
  await expect(hasher.hash('afterwards it goes on')).resolves.toContain('$argon2id$')
})
