import { expect, test } from 'vitest'
import { createFormat } from './format.ts'

const en = createFormat('en', 'UTC')
const pt = createFormat('pt-BR', 'America/Sao_Paulo')
const NOW = Date.UTC(2026, 2, 14, 12)

test.each([
  [340, '340 ms'],
  [2_400, '2.4 sec'],
  [59_000, '59 sec'],
  [3 * 60_000 + 59_000, '3 min'],
  [5 * 3_600_000, '5 hr'],
  [47 * 3_600_000, '47 hr'],
  [50 * 3_600_000, '2 days'],
])('%d ms is told as %s', (ms, told) => {
  expect(en.duration(ms)).toBe(told)
})

test.each([
  [0, 'now'],
  [-30_000, '30 sec. ago'],
  [-3 * 60_000, '3 min. ago'],
  [-5 * 3_600_000, '5 hr. ago'],
  [-26 * 3_600_000, 'yesterday'],
  [2 * 3_600_000, 'in 2 hr.'],
])('%d ms from now is %s', (away, told) => {
  expect(en.relative(NOW + away, NOW)).toBe(told)
})

test.each([
  [0, '0 byte'],
  [999, '999 byte'],
  [1_500, '1.5 kB'],
  [74_200_000_000, '74.2 GB'],
])('%d bytes are %s', (bytes, told) => {
  expect(en.bytes(bytes)).toBe(told)
})

test('numbers and moments are those of the language and its zone', () => {
  expect(pt.number(12_345.6)).toBe('12.345,6')
  expect(pt.time(NOW)).toBe('09:00')
  expect(en.time('2026-03-14T12:00:00Z', { seconds: true })).toBe('12:00:00 PM')
  expect(en.list(['a', 'b', 'c'])).toBe('a, b, and c')
  expect(pt.list(['a', 'b', 'c'])).toBe('a, b e c')
})
