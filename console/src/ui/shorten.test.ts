import { expect, test } from 'vitest'
import { nameOf, shorten } from './shorten.ts'

test('what is short stays as it is', () => {
  expect(shorten('Olá', 3)).toBe('Olá')
  expect(shorten('', 3)).toBe('')
})

test('what is long is cut between what people see as characters', () => {
  expect(shorten('abcdef', 3)).toBe('abc…')
  const astronaut = '👩🏽‍🚀'
  expect(shorten(astronaut.repeat(50), 2)).toBe(`${astronaut.repeat(2)}…`)
  expect(shorten(astronaut.repeat(20_000), 400).length).toBeLessThanOrEqual(400 * astronaut.length + 1)
})

test('a name in a sentence ends its own direction of writing', () => {
  expect(nameOf('Ana')).toBe('\u2068Ana\u2069')
  expect(nameOf('x'.repeat(500)).length).toBeLessThan(90)
})
