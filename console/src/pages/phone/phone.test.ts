import { expect, test } from 'vitest'
import type { MessageView, PhoneState } from '../../../../src/simulator/phone-view.ts'
import { translator } from '../../words/define.ts'
import { chatAt, heard } from './news.ts'
import { nearestPlace, readPlace, writePlace } from './place.ts'
import { shorten, summary, withNames } from './text.ts'
import { words } from './words.ts'

const ana = { digits: '5511912345678', privateDigits: '1', name: 'Ana Souza' }
const number = {
  instance: 'support',
  name: 'TechStore support',
  digits: '5511900000001',
  generation: 'one',
  generations: ['one'],
  gateway: 'some',
  connected: true,
  loggedOut: false,
  skewMs: 0,
  faults: {},
}
const state: PhoneState = {
  numbers: [number],
  people: [ana],
  groups: [{ address: 'group:1203', name: 'Street', instance: 'support', members: [ana.digits] }],
  chats: [],
  strip: [],
  hub: { state: 'live', canKill: true, canAsk: true },
  hubChats: [],
  tally: { followed: 0, lost: 0, doubled: 0 },
}
const said = (id: string, text: string): MessageView => ({
  id: id as MessageView['id'],
  at: 1,
  author: 'other',
  by: ana.digits,
  content: { type: 'text', text },
  status: 'sent',
  reactions: [],
})

test('news change what they are about, and nothing without a state', () => {
  const at = { instance: 'support', chat: 'phone:5511912345678' as const }
  const news = (message: MessageView) => ({ name: 'message' as const, data: { ...at, message } })
  expect(heard(undefined, news(said('A', 'x')))).toBeUndefined()
  const one = heard(state, news(said('A', 'hello')))
  const two = heard(one, news(said('A', 'edited')))
  const three = heard(two, { name: 'typing', data: { ...at, typing: true } })
  expect(chatAt(three ?? state, at)).toMatchObject({
    typing: true,
    messages: [{ id: 'A', content: { text: 'edited' } }],
  })
  expect(state.chats).toEqual([])
})

test('a place survives its way through a URL, and leads to the nearest there is', () => {
  const place = { instance: 'support', person: ana.digits, group: 'group:1203' }
  expect(readPlace(writePlace(place))).toEqual(place)
  expect(nearestPlace(state, readPlace('gone/1/group:9'))).toEqual({
    instance: 'support',
    person: ana.digits,
  })
  expect(nearestPlace({ ...state, people: [] }, place)).toBeUndefined()
})

test('a text in one line is never half of a character, and names who is mentioned', () => {
  const emoji = shorten('👩'.repeat(20_000))
  expect(emoji).toBe(`${'👩'.repeat(59)}…`)
  expect(
    withNames('@5511912345678 and @999999', (digits) => (digits === ana.digits ? 'Ana' : undefined)),
  ).toBe('@Ana and @999999')
  expect(summary({ ...said('A', 'x'), revokedAt: 2 }, translator(words, 'en'), () => undefined)).toBe(
    'This message was deleted',
  )
})

test.each(['en', 'pt-BR', 'es'] as const)('no two kinds of trouble have one name in %s', (language) => {
  const names = Object.entries(words[language]).filter(([key]) => key.startsWith('do_'))
  expect(new Set(names.map(([, name]) => name)).size).toBe(names.length)
})
