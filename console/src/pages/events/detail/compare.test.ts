import { expect, test } from 'vitest'
import { compare } from './compare.ts'

const lines = (value: unknown, marked: ReadonlySet<number>) =>
  JSON.stringify(value, null, 2)
    .split('\n')
    .filter((_, at) => marked.has(at))
    .map((line) => line.trim().replace(/,$/, ''))

test('marks what was taken over, and what stands nowhere in what came', () => {
  const came = {
    event: 'message',
    payload: {
      id: '3EB0C0FFEE',
      chat: '5511912345678@s.gateway.example',
      body: 'order {"a": "b"}, please',
      from_me: false,
      timestamp: '2026-03-14T14:56:04Z',
    },
  }
  const made = {
    fact: {
      kind: 'message',
      message: { id: '3EB0C0FFEE', content: { type: 'text', text: 'order {"a": "b"}, please' } },
    },
    chat: { address: 'phone:5511912345678', aliases: [] },
  }
  const { taken, made: own } = compare(came, made)
  expect(lines(came, taken)).toEqual([
    '"event": "message"',
    '"id": "3EB0C0FFEE"',
    '"chat": "5511912345678@s.gateway.example"',
    '"body": "order {\\"a\\": \\"b\\"}, please"',
  ])
  expect(lines(made, own)).toEqual(['"type": "text"'])
})

test('a number that begins another one is not the same', () => {
  const { taken, made } = compare({ id: 55119123 }, { id: 5511 })
  expect([...taken]).toEqual([])
  expect([...made]).toEqual([1])
})

test('text that is no JSON, and nothing at all, mark nothing', () => {
  expect(compare('not JSON, "quoted" and: 12', {}).taken.size).toBe(0)
  expect(compare(undefined, undefined)).toEqual({ taken: new Set(), made: new Set() })
})

test('what is long is compared quickly', () => {
  const came = Array.from({ length: 4_000 }, (_, at) => ({ id: `id-${at}`, text: '😀'.repeat(50) }))
  expect(compare(came, { id: 'id-7' }).taken.size).toBe(1)
})
