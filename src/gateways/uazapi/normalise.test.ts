import { describe, expect, it } from 'vitest'
import { address } from '../../core/address.ts'
import { type NormaliseContext, verified } from '../../core/gateway.ts'
import { normalise } from './normalise.ts'

const OWN = address('phone', '5511955550100')
const read = (body: unknown, context: Partial<NormaliseContext> = {}) =>
  normalise(verified({ headers: {}, body: Buffer.from(JSON.stringify(body)) }), {
    own: [],
    referencePrefix: 'hub1-',
    ...context,
  })
const message = (fields: object, envelope: object = {}) => ({
  EventType: 'messages',
  message: { messageid: '3EB0A1', chatid: '5511955550101@s.whatsapp.net', text: 'oi', ...fields },
  ...envelope,
})
const groups = (event: object, type = 'Group') => ({
  EventType: 'groups',
  type,
  event: { JID: '120363000000000001@g.us', Timestamp: '2026-08-29T10:40:00Z', ...event },
})
const eventOf = (body: unknown, context?: Partial<NormaliseContext>) => {
  const { events } = read(body, context)
  expect(events).toHaveLength(1)
  return events[0]!
}

describe('identity', () => {
  it('does not depend on the device a message came from', () => {
    const plain = message({ sender: '90010020030040@lid' })
    const device = message({ sender: '90010020030040:7@lid', chatid: '5511955550101:2@s.whatsapp.net' })
    expect(eventOf(device).identity).toEqual(eventOf(plain).identity)
  })
  it('does not depend on how the id is written', () => {
    expect(eventOf(message({ id: '5511955550100:3EB0A1', messageid: '' })).identity).toEqual(
      eventOf(message({})).identity,
    )
  })
  it('tells the same id of two chats and two senders apart', () => {
    const parts = [{}, { chatid: '5511955550102@s.whatsapp.net' }, { sender: '90010020030041@lid' }].map(
      (fields) => eventOf(message(fields)).identity.parts.join(),
    )
    expect(new Set(parts).size).toBe(3)
  })
  it('of two equal group changes differs by their time', () => {
    const first = eventOf(groups({ Join: ['5511955550103@s.whatsapp.net'] })).identity
    const later = eventOf(
      groups({ Join: ['5511955550103@s.whatsapp.net'], Timestamp: '2026-08-30T10:40:00Z' }),
    )
    expect(first.type).toBe('fact')
    expect(later.identity).not.toEqual(first)
  })
  it('of a fact without id or time is the bytes, for a while only', () => {
    const connected = { EventType: 'connection', instance: { status: 'connected' } }
    expect(eventOf(connected).identity).toEqual(eventOf(connected).identity)
    expect(eventOf(connected).identity.type).toBe('state')
    expect(eventOf(groups({ Join: ['5511955550103@s.whatsapp.net'], Timestamp: null })).identity.type).toBe(
      'state',
    )
  })
})

describe('who wrote it', () => {
  it.each<[string, object, string, string]>([
    ['the customer', {}, 'hub1-', 'other'],
    ['the customer, whatever else is marked', { wasSentByApi: true, track_id: 'hub1-7' }, 'hub1-', 'other'],
    ['a hand', { fromMe: true }, 'hub1-', 'person'],
    ['a hand, where no prefix is known', { fromMe: true, track_id: 'x' }, '', 'person'],
    ['the API', { fromMe: true, wasSentByApi: true }, 'hub1-', 'api'],
    ['us, by our reference', { fromMe: true, track_id: 'hub1-7' }, 'hub1-', 'api'],
    ['the hosted sender', { fromMe: true, send_folder_id: 'r1' }, 'hub1-', 'hosted'],
  ])('%s', (_, fields, referencePrefix, author) => {
    expect(eventOf(message(fields), { referencePrefix }).author).toBe(author)
  })
})

describe('what stands beside the payload', () => {
  it('is the credential, the names of the number and its own address', () => {
    const found = read(
      message({}, { token: 'aaaabbbbcccc', owner: '5511955550100:3@s.whatsapp.net', instanceName: 'sales' }),
    )
    expect(found).toMatchObject({
      credential: 'aaaabbbbcccc',
      device: ['5511955550100', 'sales'],
      own: [OWN],
    })
  })
  it('is left out where it is empty or of another type', () => {
    const found = read(message({}, { token: 7, owner: '', instanceName: null }))
    expect(Object.keys(found)).toEqual(['events'])
  })
  it('never decides where requests go: the server it names is in no event', () => {
    const found = read(message({}, { BaseUrl: 'https://elsewhere.example.com' }))
    expect(JSON.stringify(found)).not.toContain('elsewhere')
  })
})

describe('groups', () => {
  it('know our own number by what the hub knows of it', () => {
    const leave = groups({ Leave: ['5511955550100@s.whatsapp.net'] })
    expect(eventOf(leave, { own: [OWN] }).fact).toMatchObject({ change: 'leave', self: true })
    expect(eventOf(leave).fact).not.toHaveProperty('self')
  })
  it('know our own number by its private id too', () => {
    const body = groups({ Leave: null, LeaveLid: ['90010020030099@lid'] })
    const own = [OWN, address('private', '90010020030099')]
    expect(eventOf(body, { own }).fact).toMatchObject({ change: 'leave', self: true })
  })
  it('a promotion of our own number is no coming or going', () => {
    const fact = eventOf(groups({ Promote: ['5511955550100@s.whatsapp.net'] }), { own: [OWN] }).fact
    expect(fact).not.toHaveProperty('self')
  })
  it('joined by us name us, as far as we know ourselves', () => {
    const joined = groups({ Name: 'Grupo' }, 'JoinedGroup')
    expect(eventOf(joined, { own: [OWN] }).fact).toMatchObject({ members: [{ address: OWN }], self: true })
    expect(eventOf(joined).fact).toMatchObject({ members: [], self: true })
  })
})

describe('names of the unknown', () => {
  it.each<[unknown, string]>([
    [{ EventType: 'call', event: { CallID: 'x' } }, 'call'],
    [{ EventType: 'presence', type: 'ChatPresence', event: {} }, 'presence ChatPresence'],
    [{ event: 'status' }, 'status'],
    [{ EventType: 'x'.repeat(300) }, 'x'.repeat(100)],
    [{ EventType: 'messages', message: 'text' }, 'messages'],
    [
      { EventType: 'messages_update', type: 'PinnedMessage', event: { Chat: 'x@g.us' } },
      'messages_update PinnedMessage',
    ],
    [{ EventType: 'messages_update', event: 'text' }, 'messages_update'],
    [{}, '(unnamed)'],
    ['text', '(string)'],
  ])('%j → %s', (body, name) => expect(eventOf(body).fact).toEqual({ kind: 'unknown', name }))
})
