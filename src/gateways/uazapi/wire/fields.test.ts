import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  bareId,
  caseless,
  count,
  decisiveFlag,
  decisiveMaybe,
  decisiveText,
  flag,
  listOf,
  maybeFlag,
  moment,
  text,
  texts,
} from './fields.ts'

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

describe('decisive fields', () => {
  it('are empty when absent', () => {
    for (const absent of [undefined, null]) {
      expect(decisiveText.parse(absent)).toBe('')
      expect(decisiveFlag.parse(absent)).toBe(false)
      expect(decisiveMaybe.parse(absent)).toBeUndefined()
    }
  })
  it('read what can be read', () => {
    expect(decisiveText.parse('a')).toBe('a')
    expect(decisiveFlag.parse('True')).toBe(true)
    expect(decisiveMaybe.parse('False')).toBe(false)
  })
  it('fail on anything else', () => {
    for (const wrong of [7, {}, [], 'maybe']) {
      if (wrong !== 'maybe') expect(decisiveText.safeParse(wrong).success).toBe(false)
      expect(decisiveFlag.safeParse(wrong).success).toBe(false)
      expect(decisiveMaybe.safeParse(wrong).success).toBe(false)
    }
  })
})

it('a flag nothing is known of is neither', () => {
  expect(maybeFlag.parse('True')).toBe(true)
  expect(maybeFlag.parse(undefined)).toBeUndefined()
  expect(maybeFlag.parse('perhaps')).toBeUndefined()
})

it('keeps the readable elements of a list', () => {
  const list = listOf(z.object({ a: z.string() }))
  expect(list.parse([{ a: 'x' }, { a: 1 }, null, { a: 'y', b: 2 }])).toEqual([{ a: 'x' }, { a: 'y' }])
  expect(list.parse('abc')).toEqual([])
})

describe('keys without case', () => {
  const schema = caseless(
    z.object({ rowid: text, inner: z.object({ list: z.array(z.object({ id: text })) }) }),
  )
  it('are found however they are written', () => {
    expect(schema.parse({ rowID: 'a', Inner: { LIST: [{ Id: 'b' }] } })).toEqual({
      rowid: 'a',
      inner: { list: [{ id: 'b' }] },
    })
  })
  it('of nesting without end fail and do not throw', () => {
    const deep = JSON.parse(`${'{"Inner":'.repeat(50_000)}1${'}'.repeat(50_000)}`) as unknown
    expect(schema.safeParse(deep).success).toBe(false)
  })
  it('that are the prototype’s are keys like others', () => {
    const value = JSON.parse('{"__PROTO__":{"rowid":"x"},"inner":{"list":[]}}') as unknown
    expect(schema.parse(value).rowid).toBe('')
  })
})
