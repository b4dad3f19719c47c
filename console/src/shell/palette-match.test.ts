import { expect, test } from 'vitest'
import { matches } from './palette-match.ts'

test.each([
  ['Páginas Visão geral', 'visao', true],
  ['Páginas Visão geral', 'geral vis', true],
  ['Instances support-2', 'SUPPORT', true],
  ['Instances support-2', '', true],
  ['Instances support-2', 'sales', false],
  ['Pages Overview', 'over settings', false],
])('“%s” for “%s”: %s', (text, typed, found) => {
  expect(matches(text, typed)).toBe(found)
})
