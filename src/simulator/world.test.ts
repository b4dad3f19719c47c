import { beforeEach, describe, expect, test } from 'vitest'
import { address } from '../core/address.ts'
import { messageId } from '../core/ids.ts'
import type { Clock } from '../core/ports.ts'
import { ana, fakeNumber, tom } from './fake-gateway.fixture.ts'
import type { Place, WorldEvent } from './model.ts'
import { SimulatedWhatsApp } from './world.ts'

const anaAt = address('phone', ana.digits)
const group = address('group', '1203')
const text = (words: string) => ({ type: 'text', text: words }) as const
const place: Place = { instance: 'support', person: ana.digits }

let world: SimulatedWhatsApp
let events: WorldEvent[]
let clock: Clock & { advance(ms: number): void }

beforeEach(() => {
  clock = manualClock()
  let seed = 1
  world = new SimulatedWhatsApp({
    clock,
    random: () => {
      seed = (seed * 16_807) % 2_147_483_647
      return seed / 2_147_483_647
    },
    numbers: [fakeNumber('http://hub')],
    people: [ana, tom],
    groups: [{ address: group, name: 'Street', instance: 'support', members: [ana.digits] }],
    deliveredMs: [100, 100],
    readMs: [500, 500],
  })
  events = []
  world.subscribe((event) => events.push(event))
})

const happenings = () => events.flatMap((event) => (event.type === 'happened' ? [event.happening] : []))
const facts = () => happenings().map(({ fact }) => fact.kind)
const view = () => world.view('support')
const sendFromApi = (words = 'hi', to = anaAt) => {
  const id = view().newMessageId()
  view().send({ id, to, content: text(words), reference: 'ref-1' })
  return id
}

test('what a customer says reaches the gateway with both of their addresses', () => {
  const message = world.say(place, text('hello'))
  expect(message.id).toMatch(/^3EB0[0-9A-F]{18}$/)
  expect(happenings()).toMatchObject([
    {
      author: 'other',
      fact: { kind: 'message', message: { id: message.id, content: text('hello') } },
      chat: { address: anaAt, aliases: ['private:911'], name: 'Ana' },
      sender: { address: anaAt },
    },
  ])
})

test('ticks of a customer’s message: sent, delivered, read when the hub marks it', () => {
  const message = world.say(place, text('hello'))
  expect(message.status).toBe('sent')
  clock.advance(100)
  expect(message.status).toBe('delivered')
  view().read(anaAt, [message.id])
  expect(message.status).toBe('read')
})

test('a customer’s phone says delivered, then read, of what we send; the status never goes back', () => {
  sendFromApi()
  expect(happenings()[0]).toMatchObject({ author: 'api', reference: 'ref-1' })
  world.read(place)
  clock.advance(2_000)
  expect(happenings().slice(1)).toMatchObject([{ fact: { kind: 'receipt', state: 'read' } }])
  expect(world.chats()[0]?.messages[0]?.status).toBe('read')
  sendFromApi()
  clock.advance(2_000)
  expect(happenings().slice(3)).toMatchObject([
    { fact: { kind: 'receipt', state: 'delivered' }, sender: { address: anaAt } },
    { fact: { kind: 'receipt', state: 'read' } },
  ])
})

test('a message written by hand is ours, by a person, and marks the chat until it is handed back', () => {
  world.sayByHand(place, text('I am Carla'))
  expect(happenings()).toMatchObject([
    { author: 'person', chat: { address: anaAt }, sender: { address: 'phone:5511900000001' } },
  ])
  expect(world.chats()[0]?.byHand).toBe(true)
  world.handBack(place)
  expect(world.chats()[0]?.byHand).toBe(false)
})

describe('edits, deletions, reactions', () => {
  test('belong to whoever may make them', () => {
    const said = world.say(place, text('helo'))
    world.edit(place, said.id, 'hello')
    world.react(place, said.id, '👍')
    expect(said).toMatchObject({ content: text('hello'), reactions: [{ by: ana.digits, emoji: '👍' }] })
    world.react(place, said.id, '')
    expect(said.reactions).toEqual([])
    world.revoke(place, said.id)
    expect(said).toMatchObject({ content: text('') })
    expect(facts()).toEqual(['message', 'edit', 'reaction', 'reaction', 'revoke'])
    expect(() => world.edit(place, said.id, 'again')).toThrow('no such message')
    const ours = sendFromApi()
    expect(() => world.revoke(place, ours)).toThrow('only the sender')
  })

  test('our number takes back its own messages, and others’ only in a group', () => {
    const ours = sendFromApi()
    const said = world.say(place, text('x'))
    expect(view().revoke(anaAt, ours)).toBe(true)
    expect(view().revoke(anaAt, ours)).toBe(false)
    expect(view().revoke(anaAt, said.id)).toBe(false)
    expect(view().revoke(anaAt, messageId('nothing'))).toBe(false)
    const inGroup = world.say({ ...place, group }, text('spam'))
    expect(view().revoke(group, inGroup.id)).toBe(true)
  })
})

test('typing shows, ends by itself, and ends when something is said', () => {
  const typing = () => world.chats()[0]?.typing
  view().typing(anaAt, 'start', 1_000)
  expect(typing()).toBe(true)
  clock.advance(1_000)
  expect(typing()).toBe(false)
  view().typing(anaAt, 'start', 5_000)
  sendFromApi()
  expect(typing()).toBe(false)
})

test('what happens while the number is away comes when it is back, in order', () => {
  world.setConnected('support', false)
  const message = world.say(place, text('one'))
  world.say(place, text('two'))
  clock.advance(1_000)
  expect(message.status).toBe('sent')
  expect(facts()).toEqual(['connection'])
  expect(() => world.sayByHand(place, text('x'))).toThrow('not connected')
  world.setConnected('support', true)
  expect(facts()).toEqual(['connection', 'connection', 'message', 'message'])
  expect(message.status).toBe('delivered')
})

test('people join and leave a group, and only members write in it', () => {
  const there = { instance: 'support', person: tom.digits, group }
  expect(() => world.say(there, text('hi'))).toThrow('not in the group')
  world.join(group, tom.digits)
  world.say(there, text('hi'))
  expect(happenings()).toMatchObject([
    { fact: { kind: 'membership', change: 'join', members: [{ name: 'Tom' }] }, chat: { address: group } },
    { fact: { kind: 'message' }, sender: { name: 'Tom' }, chat: { name: 'Street' } },
  ])
  expect(
    view()
      .group(group)
      ?.members.map(({ name, admin }) => [name, admin]),
  ).toEqual([
    ['Support', true],
    ['Ana', false],
    ['Tom', false],
  ])
  expect(view().removeMember(group, address('private', tom.privateDigits))).toBe(true)
  expect(view().removeMember(group, address('phone', tom.digits))).toBe(false)
})

test('in a group every member sends receipts, and the ticks move with the last', () => {
  world.join(group, tom.digits)
  const id = view().newMessageId()
  view().send({ id, to: group, content: text('all') })
  clock.advance(5_000)
  const receipts = happenings().filter(({ fact }) => fact.kind === 'receipt')
  expect(receipts).toHaveLength(4)
  expect(new Set(receipts.map(({ sender }) => sender?.name))).toEqual(new Set(['Ana', 'Tom']))
})

test('any number is on WhatsApp but those that end in 0000; writing to one makes a person', () => {
  expect(view().isOnWhatsApp(address('phone', '4915112345678'))).toBe(true)
  expect(view().isOnWhatsApp(address('phone', '4915112340000'))).toBe(false)
  expect(view().isOnWhatsApp(address('private', '404'))).toBe(false)
  expect(view().isOnWhatsApp(address('group', '404'))).toBe(false)
  sendFromApi('hi', address('phone', '4915112345678'))
  expect(world.people.get('4915112345678')?.name).toBe('+4915112345678')
  sendFromApi('hi', address('private', ana.privateDigits))
  expect(world.chats().map((chat) => chat.address)).toEqual(['phone:4915112345678', anaAt])
})

test('a search finds messages by id, chat and reference, newest first', () => {
  const first = sendFromApi('one')
  clock.advance(1)
  const said = world.say(place, text('two'))
  const ids = (query: object) =>
    view()
      .find?.(query)
      .map(({ id }) => id)
  expect(ids({ chat: anaAt })).toEqual([said.id, first])
  expect(ids({ reference: 'ref-1' })).toEqual([first])
  expect(ids({ id: said.id })).toEqual([said.id])
  expect(ids({ id: said.id, reference: 'ref-1' })).toEqual([])
})

test('a chat keeps its last 500 messages', () => {
  for (let at = 0; at < 510; at++) world.say(place, text(String(at)))
  const { messages } = world.chats()[0] ?? { messages: [] }
  expect(messages).toHaveLength(500)
  expect(messages[0]?.content.text).toBe('10')
})

test('closing leaves no timer behind', () => {
  world.say(place, text('x'))
  view().typing(anaAt, 'start', 1_000)
  sendFromApi()
  const before = events.length
  world.close()
  clock.advance(60_000)
  expect(events).toHaveLength(before)
})

function manualClock(): Clock & { advance(ms: number): void } {
  let now = 1_800_000_000_000
  let timers: { at: number; fn: () => void }[] = []
  return {
    now: () => now,
    monotonic: () => now,
    setTimeout(fn, ms) {
      const timer = { at: now + ms, fn }
      timers.push(timer)
      return {
        cancel: () => {
          timers = timers.filter((other) => other !== timer)
        },
      }
    },
    advance(ms) {
      const end = now + ms
      for (;;) {
        const next = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
        if (!next) break
        timers = timers.filter((other) => other !== next)
        now = next.at
        next.fn()
      }
      now = end
    },
  }
}
