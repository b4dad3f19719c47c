import { beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../platform/clock.ts'
import { type Lineage, LineageWatch } from './lineage.ts'

let found: { at: string; rewound: boolean }[]
let watch: LineageWatch<string>
const at = (position: number, history = 'a') => Promise.resolve({ history, position })
beforeEach(() => {
  found = []
  watch = new LineageWatch(systemClock)
  watch.begin({ history: 'a', position: 100 }, async (session, _lineage, rewound) => {
    await new Promise((next) => setImmediate(next))
    found.push({ at: session, rewound })
  })
})

test('what goes on is no other', async () => {
  await watch.look('one', () => at(100))
  await watch.look('two', () => at(130))
  await watch.look('three', () => at(130))
  expect(found).toEqual([])
})

test('sessions that ask at the same time are not taken for an earlier state of each other', async () => {
  const answer = Promise.withResolvers<Lineage>()
  const slow = watch.look('slow', () => answer.promise)
  await watch.look('quick', () => at(200))
  answer.resolve({ history: 'a', position: 150 })
  await slow
  expect(found).toEqual([])
})

test('an earlier state of the same line is found, once however many sessions meet it', async () => {
  await watch.look('before', () => at(500))
  await Promise.all(['one', 'two', 'three'].map((name, i) => watch.look(name, () => at(400 + i))))
  expect(found).toEqual([{ at: 'one', rewound: true }])
  await watch.look('later', () => at(450))
  expect(found).toHaveLength(1)
  await watch.look('again', () => at(300))
  expect(found).toHaveLength(2)
})

test('another line is found, also when it is further', async () => {
  await watch.look('one', () => at(900, 'b'))
  await watch.look('two', () => at(901, 'b'))
  expect(found).toEqual([{ at: 'one', rewound: false }])
})

test('what could not be seen to is found again', async () => {
  let fails = true
  watch.begin({ history: 'a', position: 100 }, async (session) => {
    if (fails) throw new Error('away')
    found.push({ at: session, rewound: false })
  })
  await expect(watch.look('one', () => at(1, 'b'))).rejects.toThrow('away')
  fails = false
  await watch.look('two', () => at(1, 'b'))
  expect(found).toEqual([{ at: 'two', rewound: false }])
})
