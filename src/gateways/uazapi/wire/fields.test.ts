import { describe, expect, it } from 'vitest'
import { bareId, count, flag, moment, texts } from './fields.ts'

describe('moments', () => {
  it.each<[unknown, number | undefined]>([
    [1_788_000_000_123, 1_788_000_000_123],
    [1_788_000_000, 1_788_000_000_000],
    ['1788000000', 1_788_000_000_000],
    ['1788000000123', 1_788_000_000_123],
    ['1788000000.5', 1_788_000_000_500],
    ['2026-08-29T10:40:00Z', 1_788_000_000_000],
    ['2026-08-29T07:40:00.123-03:00', 1_788_000_000_123],
    ['2026-08-29 10:40:00.123Z', 1_788_000_000_123],
    ['0001-01-01T00:00:00Z', undefined],
    ['', undefined],
    ['soon', undefined],
    ['2026-99-99T99:99:99Z', undefined],
    [0, undefined],
    [-1, undefined],
    [1e308, undefined],
    [Number.NaN, undefined],
    [null, undefined],
    [[1_788_000_000], undefined],
  ])('%j → %s', (value, expected) => expect(moment.parse(value)).toBe(expected))
})

it.each<[unknown, boolean]>([
  [true, true],
  ['True', true],
  ['true', true],
  [false, false],
  ['False', false],
  ['', false],
  [null, false],
  [1, false],
  ['maybe', false],
])('flag %j → %s', (value, expected) => expect(flag.parse(value)).toBe(expected))

it.each<[unknown, number | undefined]>([
  [7, 7],
  ['7', 7],
  [0, 0],
  [-7, undefined],
  ['7 bytes', undefined],
  [{}, undefined],
])('count %j → %s', (value, expected) => expect(count.parse(value)).toBe(expected))

it('keeps the texts of a list and nothing else', () => {
  expect(texts.parse(['a', 1, null, '', ['b'], 'c'])).toEqual(['a', 'c'])
  expect(texts.parse(null)).toEqual([])
  expect(texts.parse('abc')).toEqual([])
})

it('takes the owner off a message id', () => {
  expect(bareId('5511955550100:3EB0A1')).toBe('3EB0A1')
  expect(bareId('3EB0A1')).toBe('3EB0A1')
  expect(bareId('')).toBe('')
})
