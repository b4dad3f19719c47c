import { expect, test } from 'vitest'
import { Batcher } from './batcher.ts'

const tick = () => new Promise((next) => setImmediate(next))

test('what comes together goes together; what comes meanwhile goes next; answers find their askers', async () => {
  const calls: number[][] = []
  let release: () => void = () => {}
  const batcher = new Batcher<number, number>(async (items) => {
    calls.push([...items])
    await new Promise<void>((resolve) => {
      release = resolve
    })
    return items.map((item) => item * 10)
  }, 3)
  const first = [1, 2].map((n) => batcher.add(n))
  await tick()
  const rest = [3, 4, 5, 6].map((n) => batcher.add(n))
  await tick()
  expect(calls).toEqual([[1, 2]])
  expect(batcher.pending).toBe(6)
  release()
  expect(await Promise.all(first)).toEqual([10, 20])
  await tick()
  release()
  await tick()
  await tick()
  release()
  expect(await Promise.all(rest)).toEqual([30, 40, 50, 60])
  expect(calls).toEqual([[1, 2], [3, 4, 5], [6]])
  expect(batcher.pending).toBe(0)
})

test('a call that fails fails those who were in it, and nobody else', async () => {
  let fails = true
  const batcher = new Batcher<number, number>(async (items) => {
    if (fails) throw new Error('no')
    return items
  }, 10)
  await expect(batcher.add(1)).rejects.toThrow('no')
  fails = false
  expect(await batcher.add(2)).toBe(2)
})
