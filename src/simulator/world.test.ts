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

describe('groups, as the gateway works in them', () => {
  const tomAt = address('phone', tom.digits)
  const members = () =>
    view()
      .group(group)
      ?.members.map(({ name, admin }) => [name, admin])
  const own = () => world.groups.get(group)!

  test('an admin adds, promotes, demotes and removes; each is a fact of ours', () => {
    const nobody = address('phone', '4915112340000')
    expect(view().changeMembers(group, 'add', [tomAt, nobody])).toEqual(['done', 'not-on-whatsapp'])
    expect(view().changeMembers(group, 'promote', [tomAt])).toEqual(['done'])
    expect(members()).toEqual([
      ['Support', true],
      ['Ana', false],
      ['Tom', true],
    ])
    expect(view().changeMembers(group, 'demote', [tomAt])).toEqual(['done'])
    expect(view().changeMembers(group, 'remove', [tomAt])).toEqual(['done'])
    expect(view().changeMembers(group, 'remove', [tomAt])).toEqual(['not-a-member'])
    expect(
      happenings().map(({ fact, author }) => fact.kind === 'membership' && [fact.change, author]),
    ).toEqual([
      ['join', 'api'],
      ['promote', 'api'],
      ['demote', 'api'],
      ['leave', 'api'],
    ])
  })

  test('who is no admin may not, and may leave what is locked alone', () => {
    world.changeMembers(group, ana.digits, 'promote', [])
    own().admins = [ana.digits]
    world.setOwnRole(group, ana.digits, 'member')
    expect(view().group(group)?.admin).toBe(false)
    expect(view().changeMembers(group, 'add', [tomAt])).toEqual(['not-admin'])
    expect(view().changeGroup(group, { announce: true })).toBe(false)
    expect(view().changeGroup(group, { name: 'New' })).toBe(true)
    world.changeGroup(group, ana.digits, { locked: true })
    expect(view().changeGroup(group, { name: 'Newer' })).toBe(false)
    expect(view().inviteLink(group)).toBeUndefined()
    expect(view().revoke(group, world.say({ ...place, group }, text('spam')).id)).toBe(false)
    world.setOwnRole(group, ana.digits, 'admin')
    expect(view().changeGroup(group, { name: 'Newer', description: 'x', picture: 'data:' })).toBe(true)
    expect(view().group(group)).toMatchObject({ name: 'Newer', description: 'x', locked: true, admin: true })
    expect(facts()).toEqual(['membership', 'group', 'group', 'message', 'membership', 'group'])
  })

  test('only admins write where that is said', () => {
    view().changeGroup(group, { announce: true })
    expect(() => world.say({ ...place, group }, text('x'))).toThrow('only admins')
  })

  test('a link lets people in until it is reset', () => {
    const link = view().inviteLink(group)!
    expect(link).toMatch(/^https:\/\/chat\.whatsapp\.com\/\w{22}$/)
    expect(view().inviteLink(group)).toBe(link)
    expect(view().groupByLink(link)?.address).toBe(group)
    const next = view().inviteLink(group, true)!
    expect(next).not.toBe(link)
    expect(view().groupByLink(link)).toBeUndefined()
    expect(view().joinByLink(next)).toBe(group)
    expect(facts()).toEqual(['group'])
  })

  test('where approval is needed people wait for it', () => {
    view().changeGroup(group, { approval: true })
    world.askToJoin(group, tom.digits)
    expect(view().joinRequests(group)).toMatchObject([{ name: 'Tom' }])
    expect(view().changeMembers(group, 'approve', [address('phone', ana.digits)])).toEqual(['not-a-member'])
    expect(view().changeMembers(group, 'reject', [tomAt])).toEqual(['done'])
    expect([view().joinRequests(group), members()?.length]).toEqual([[], 2])
    world.askToJoin(group, tom.digits)
    expect(view().changeMembers(group, 'approve', [tomAt])).toEqual(['done'])
    expect(members()).toHaveLength(3)
    expect(facts()).toEqual(['group', 'membership'])
  })

  test('our number makes one, leaves one, and is put out of one', () => {
    const made = view().createGroup('Team', [tomAt, address('phone', '4915112340000')])
    expect(made).toMatchObject({ name: 'Team', admin: true })
    expect(made.members.map(({ name }) => name)).toEqual(['Support', 'Tom'])
    expect(view().groups()).toHaveLength(2)
    expect(view().leaveGroup(made.address)).toBe(true)
    expect(view().leaveGroup(made.address)).toBe(false)
    own().admins = [ana.digits]
    world.setOwnRole(group, ana.digits, 'gone')
    expect(view().groups()).toEqual([])
    expect(() => world.say({ ...place, group }, text('x'))).toThrow('not in the group')
    expect(happenings().map(({ fact }) => fact)).toMatchObject([
      { change: 'join', self: true },
      { change: 'leave', self: true },
      { change: 'leave', self: true },
    ])
    world.setOwnRole(group, ana.digits, 'member')
    expect(view().groups()).toMatchObject([{ admin: false }])
  })
})

describe('beside writing', () => {
  test('a vote replaces the one before and can be taken back', () => {
    const id = view().newMessageId()
    const poll = { type: 'poll', text: 'Lunch?', options: ['Yes', 'No'], choices: 1 } as const
    view().send({ id, to: anaAt, content: { ...poll, options: [...poll.options] } })
    world.vote(place, id, ['Yes'])
    world.vote(place, id, ['No'])
    expect(world.chats()[0]?.messages[0]?.votes).toEqual([{ by: ana.digits, options: ['No'] }])
    expect(() => world.vote(place, id, ['Yes', 'No'])).toThrow('at most 1')
    world.vote(place, id, [])
    expect(facts()).toEqual(['message', 'vote', 'vote', 'vote'])
  })

  test('a tap on a menu is a choice that answers it', () => {
    const id = view().newMessageId()
    view().send({
      id,
      to: anaAt,
      content: { type: 'menu', text: 'Choose', options: [{ id: 'a', text: 'One' }] },
    })
    world.tap(place, id, 'One')
    expect(happenings()[1]?.fact).toMatchObject({
      message: { content: { type: 'choice', text: 'One', id: 'a' }, replyTo: { id } },
    })
    expect(() => world.tap(place, id, 'Two')).toThrow('nothing like that')
  })

  test('a call rings until it is rejected, given up, or nobody cares any more', () => {
    const first = world.call(place)
    expect(view().rejectCall(first)).toBe(true)
    expect(view().rejectCall(first)).toBe(false)
    world.hangUp(world.call(place, true))
    world.call(place)
    clock.advance(60_000)
    expect(happenings().map(({ fact }) => fact.kind === 'call' && fact.state)).toEqual([
      ...['offered', 'rejected', 'offered', 'ended', 'offered', 'ended'],
    ])
  })

  test('what our number edits, forwards, pins, stars and deletes for itself', () => {
    const id = sendFromApi('helo')
    expect(view().edit(anaAt, id, 'hello')).toBe(true)
    const said = world.say(place, text('x'))
    expect(view().edit(anaAt, said.id, 'y')).toBe(false)
    expect(view().pin(anaAt, said.id, true)).toBe(true)
    expect(view().star(anaAt, messageId('nothing'), true)).toBe(false)
    const copy = view().forward(anaAt, said.id, address('phone', tom.digits))
    expect(view().find?.({ id: copy! })).toMatchObject([{ message: { forwarded: true, content: text('x') } }])
    expect(view().deleteForMe(anaAt, said.id)).toBe(true)
    expect(view().find?.({ id: said.id })).toEqual([])
    expect(view().forward(anaAt, said.id, group)).toBeUndefined()
  })

  test('somebody reads on the business phone', () => {
    world.say(place, text('x'))
    world.readByHand(place)
    expect(happenings()[1]).toMatchObject({ author: 'person', fact: { kind: 'receipt', self: true } })
    expect(world.chats()[0]?.settings.unread).toBe(0)
  })
})

describe('chats, as the gateway keeps them', () => {
  test('they count what is unread, take settings, and tell of them', () => {
    const said = world.say(place, text('x'))
    expect(view().chats()).toMatchObject([{ party: { name: 'Ana' }, unread: 1, archived: false }])
    view().read(anaAt, [said.id])
    view().changeChat(anaAt, { archived: true, labels: ['7'], mutedUntil: -1 })
    view().changeChat(anaAt, { labels: [] })
    expect(view().chats()).toMatchObject([{ unread: 0, archived: true, labels: [], mutedUntil: -1 }])
    expect(happenings().slice(1)).toMatchObject([
      { author: 'api', fact: { kind: 'chat', archived: true, mutedUntil: -1, labels: ['7'] } },
      { fact: { kind: 'label', change: 'added', label: { id: '7' } } },
      { fact: { kind: 'chat', labels: [] } },
      { fact: { kind: 'label', change: 'removed', label: { id: '7' } } },
    ])
    view().deleteChat(anaAt)
    expect(view().chats()).toEqual([])
  })

  test('who is blocked is not heard, and sees one tick for ever', () => {
    view().changeChat(anaAt, { blocked: true })
    const said = world.say(place, text('x'))
    clock.advance(1_000)
    expect([said.status, facts()]).toEqual(['sent', ['block']])
  })
})

describe('logging in', () => {
  test('a QR or a code is scanned after a moment; what was held back before the log-out is lost', () => {
    world.setConnected('support', false)
    world.say(place, text('lost'))
    view().logOut()
    expect(() => world.setConnected('support', true)).toThrow('paired first')
    expect(view().pair()).toMatchObject({ qr: expect.stringMatching(/^2@/), validMs: 120_000 })
    expect(view().pair('5511900000001').code).toMatch(/^\w{4}-\w{4}$/)
    clock.advance(3_000)
    expect(world.numbers.get('support')).toMatchObject({ connected: true })
    expect(view().pair()).toEqual({ validMs: 0 })
    expect(happenings().map(({ fact }) => fact.kind === 'connection' && fact.state)).toEqual([
      ...['disconnected', 'logged-out', 'connecting', 'connecting', 'connected'],
    ])
    expect(() => world.scan('support')).toThrow('nothing is there')
  })
})

test('media are kept by their content and served by name', () => {
  const bytes = Buffer.from('abc')
  const name = view().keepMedia(bytes, 'application/pdf')
  expect(view().keepMedia(Buffer.from('abc'), 'application/pdf')).toBe(name)
  expect(name).toMatch(/^[0-9a-f]{32}\.pdf$/)
  expect(view().media(name)).toMatchObject({ mime: 'application/pdf' })
  expect(view().media(name.replace('.pdf', ''))?.bytes).toBe(bytes)
  expect(view().media('nothing')).toBeUndefined()
})

test('whose number is hidden is still the same person, wherever they are named', () => {
  world.join(group, tom.digits)
  world.setPerson(tom.digits, { shows: 'private' })
  const hidden = address('private', tom.privateDigits)
  expect(view().group(group)?.members.at(-1)).toMatchObject({ address: hidden, aliases: [] })
  const id = sendFromApi('hi', hidden)
  expect(view().find?.({ id })).toMatchObject([{ chat: hidden }])
  expect(view().removeMember(group, hidden)).toBe(true)
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
