/** What a newcomer copies must work: the examples' own tests, run with ours. */
import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { bot as guard } from '../../examples/groups.ts'
import { translating } from '../../examples/steps.ts'
import { testHub } from './index.ts'

test('every piece of code in docs/bots.md stands in an example, which the compiler checks', async () => {
  const folder = new URL('../../examples/', import.meta.url)
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ts'))
  const sources = await Promise.all(names.map((name) => readFile(new URL(name, folder), 'utf8')))
  const examples = sources.map((text) =>
    text.replaceAll(/'\.\.\/src\/(?:(testing)\/)?index\.ts' \/\/.*/g, specifier),
  )
  const docs = await readFile(new URL('../../docs/bots.md', import.meta.url), 'utf8')
  const blocks = [...docs.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block = '']) => block.trim())
  expect(blocks.length).toBeGreaterThan(5)
  for (const block of blocks)
    expect(
      examples.some((text) => text.includes(block)),
      block,
    ).toBe(true)
})
const specifier = (_: string, testing: string | undefined) => (testing ? "'pombo/testing'" : "'pombo'")

test('a step in an example', async () => {
  const bot = translating({ translate: async (text) => text.toUpperCase() })
  await using hub = await testHub({ bot })
  const ana = hub.customer('+55 11 91234-5678')
  await ana.says('/translate olá')
  expect(ana.last).toBe('OLÁ')
})

test('the guard of groups', async () => {
  await using hub = await testHub({ bot: guard })
  const ana = hub.customer('+55 11 91234-5678', { name: 'Ana' })
  const group = hub.group('Bakers', [ana])
  await ana.in(group).says('look: https://spam.example')
  expect(group.last).toMatch(/@5511912345678, no links here\./)
})
