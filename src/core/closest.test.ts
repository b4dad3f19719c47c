import { expect, test } from 'vitest'
import { closest } from './closest.ts'

test.each([
  ['instancs', ['instances', 'features'], 'instances'],
  ['prot', ['port', 'host'], 'port'],
  ['BaseURL', ['baseUrl', 'webhook'], 'baseUrl'],
  ['sevre', ['serve', 'send'], 'serve'],
  ['secret', ['secrets', 'key'], 'secrets'],
])('%s among %j means %s', (word, candidates, meant) => {
  expect(closest(word, candidates)).toBe(meant)
})

test.each([
  ['wholly-other', ['instances', 'features']],
  ['ab', ['xy', 'port']],
  ['', ['port']],
])('%j among %j means nothing', (word, candidates) => {
  expect(closest(word, candidates)).toBeUndefined()
})
