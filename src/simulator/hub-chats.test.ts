import { expect, test, vi } from 'vitest'
import { address } from '../core/address.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { HubChats } from './hub-chats.ts'

const chat = { id: 'chat_1', instance: 'support', address: 'phone:5511912345678', owner: 'bot' }
const command = { id: 'c1', chat: 'chat_1', type: 'text', command: { text: 'Our prices' } }

test('tells who owns a chat and which sends are open, while anybody watches', async () => {
  const hub: Record<string, object[]> = {}
  const asked: unknown[] = []
  const clock = new FakeClock()
  const changed = vi.fn()
  const chats = new HubChats(
    async (method, path, body) => {
      if (method === 'POST') asked.push([path, body])
      const state = /state=(\w+)/.exec(path)?.[1]
      return { data: state ? (hub[state] ?? []) : [chat] }
    },
    clock,
    changed,
    (at) => (at === 'private:911' ? address('phone', '5511912345678') : at),
  )
  chats.start()
  await clock.advance(10)
  expect(changed).not.toHaveBeenCalled()

  hub.unknown = [command, { ...command, id: 'c0', type: 'read' }]
  await clock.advance(1_000)
  const since = expect.any(Number)
  const open = { id: 'c1', state: 'unknown', text: 'Our prices', since, until: since }
  expect(chats.list).toEqual([{ instance: 'support', address: chat.address, owner: 'bot', open: [open] }])
  await clock.advance(5_000)
  expect(changed).toHaveBeenCalledOnce()

  hub.held = hub.unknown
  hub.unknown = []
  await chats.resolve('c1', 'sent')
  expect(chats.list).toMatchObject([{ open: [{ id: 'c1', state: 'held' }] }])
  await chats.release('support', address('phone', '5511912345678'))
  expect(asked).toEqual([
    ['/commands/c1/resolve', { decision: 'sent' }],
    ['/chats/chat_1/owner', { owner: 'bot' }],
  ])
  hub.held = []
  hub.unknown = [{ ...command, type: 'poll' }]
  chat.address = 'private:911'
  await clock.advance(1_000)
  expect(chats.list).toMatchObject([{ address: 'phone:5511912345678', open: [{ state: 'unknown' }] }])
  chats.stop()
  hub.held = []
  await clock.advance(5_000)
  expect(changed).toHaveBeenCalledTimes(3)
})
