import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { createReader, MAX_WAITING } from './reader.ts'

/** Takes what it is given, or leaves it lying. */
function far(reads: boolean) {
  const got: string[] = []
  const out = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      got.push(chunk)
      if (reads) done()
    },
  })
  let ends = 0
  const reader = createReader(
    out,
    () => 'too slow',
    () => void ends++,
  )
  return { out, got, reader, ends: () => ends }
}

test('a reader that reads gets everything, the last word too', async () => {
  const { out, got, reader, ends } = far(true)
  for (let i = 0; i < 1_000; i++) reader.take('x'.repeat(1_000))
  reader.leave('bye')
  reader.take('late')
  reader.leave('again')
  await new Promise((done) => out.on('close', done))
  expect(got).toHaveLength(1_001)
  expect(got.at(-1)).toBe('bye')
  expect([reader.isOver, ends()]).toEqual([true, 1])
})

test('one that does not read is let go as soon as too much waits for it', async () => {
  const { out, reader, ends } = far(false)
  let taken = 0
  for (; !reader.isOver && taken < 10_000; taken++) reader.take('x'.repeat(1_000))
  expect(taken).toBe(Math.floor(MAX_WAITING / 1_000) + 1)
  expect(out.destroyed).toBe(true)
  await new Promise((done) => out.on('close', done))
  expect(ends()).toBe(1)
})

test('one that goes away is over', async () => {
  const { out, reader, ends } = far(true)
  out.destroy()
  await new Promise((done) => out.on('close', done))
  reader.take('x')
  expect([reader.isOver, ends()]).toEqual([true, 1])
})
