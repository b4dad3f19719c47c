import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { address } from '../../core/address.ts'
import { type NormaliseContext, verified } from '../../core/gateway.ts'
import { splitVote } from './normalise/messages.ts'
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
const ANA = '5511955550101@s.whatsapp.net'
const BIA = '5511955550102@s.whatsapp.net'
const CHAT = { wa_chatid: ANA, wa_chatlid: '' }
const update = (type: string, event: object) => ({
  EventType: 'messages_update',
  type,
  event: { Chat: ANA, MessageIDs: ['3EB0B1'], ...event },
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

describe('identity of what has none of its own', () => {
  it('is the same for a pin told as a message and as an update', () => {
    const told = message({
      messageType: 'PinInChatMessage',
      content: { key: { ID: '3EB0B1' }, type: 1 },
      messageTimestamp: 1_788_000_000_123,
    })
    const updated = update('PinnedMessage', { Pinned: true, Timestamp: '2026-08-29T10:40:00Z' })
    expect(eventOf(told).identity).toEqual(eventOf(updated).identity)
  })
  it('of a pin holds its time: pinned, unpinned and pinned again are three', () => {
    const keys = [
      update('PinnedMessage', { Pinned: true, Timestamp: '1788000000' }),
      update('PinnedMessage', { Pinned: false, Timestamp: '1788000001' }),
      update('PinnedMessage', { Pinned: true, Timestamp: '1788000002' }),
    ].map((body) => JSON.stringify(eventOf(body).identity))
    expect(new Set(keys).size).toBe(3)
  })
  it('of a message from the past is not that of the same message live', () => {
    const live = message({})
    const [, past] = read({ EventType: 'history', messages: [live.message] }).events
    expect(past?.identity).toEqual({ type: 'history', parts: eventOf(live).identity.parts })
  })
  it('of something unreadable from the past is of the past as well', () => {
    for (const body of [{ EventType: 'history' }, { EventType: 'history', messages: ['x'] }]) {
      for (const event of read(body).events) expect(event.identity.type).toBe('history')
    }
  })
  it.each<[string, object]>([
    ['labels', { EventType: 'labels', labels: [{ labelid: '1' }, { labelid: '2' }] }],
    ['a chat and its lead', { EventType: 'chats', chat: { ...CHAT, wa_archived: true, lead_name: 'Ana' } }],
    ['lists of members', groups({ Timestamp: null, Join: [ANA], Leave: [BIA] })],
    [
      'blocks',
      { EventType: 'blocks', event: { Changes: [ANA, BIA].map((JID) => ({ JID, Action: 'block' })) } },
    ],
    ['contacts', { EventType: 'contacts', contacts: [ANA, BIA].map((jid) => ({ jid, contact_name: 'x' })) }],
    ['pins', update('PinnedMessage', { Pinned: true, MessageIDs: ['3EB0B1', '3EB0B2'] })],
  ])('tells two %s of one delivery apart', (_, body) => {
    const { events } = read(body)
    expect(events).toHaveLength(2)
    const keys = events.map(({ fact, identity }) => JSON.stringify([fact.kind, identity]))
    expect(new Set(keys).size).toBe(2)
  })
  it.each<[string, object]>([
    ['connection', { EventType: 'connection', instance: { status: 'connected' } }],
    ['chats', { EventType: 'chats', chat: { ...CHAT, wa_archived: true } }],
    ['chat_labels', { EventType: 'chat_labels', chat: { ...CHAT, wa_label: [] } }],
    ['sender', { EventType: 'sender', status: 'done' }],
    ['presence', { EventType: 'presence', event: { Chat: ANA, State: 'composing' } }],
  ])('of %s is good inside the retry window only', (_, body) => {
    expect(eventOf(body).identity.type).toBe('state')
  })
})

describe('a field that decides what a fact is makes no fact when it cannot be read:', () => {
  it.each<[string, object]>([
    ['whose message it is', message({ fromMe: 'maybe' })],
    ['what an edit is of', message({ edited: { ID: '3EB0B1' } })],
    ['what a reaction is to', message({ reaction: 7 })],
    ['which sort it is', message({ messageType: ['Conversation'] })],
    ['which message it is', message({ messageid: 7 })],
    ['where it was said', message({ chatid: { user: '5511955550101' } })],
    ['who read it', update('ReadReceipt', { Type: 'Read', IsFromMe: 'perhaps' })],
    ['what a reaction without a target is to', message({ type: 'reaction', content: {} })],
    ['what a vote without a poll is for', message({ messageType: 'PollUpdateMessage', vote: 'x' })],
    ['whether it was pinned', update('PinnedMessage', { Pinned: 'perhaps' })],
  ])('%s', (_, body) => expect(eventOf(body).fact.kind).toBe('unknown'))
})

describe('people', () => {
  const own = [OWN, address('private', '90010020030099')]
  it('a pin by us never makes the customer ours', () => {
    const pin = update('PinnedMessage', { Pinned: true, sender_lid: '90010020030099@lid', Timestamp: 1 })
    const { chat, author, sender } = eventOf(pin, { own })
    expect(chat?.aliases).toEqual([])
    expect(sender?.address).toBe('private:90010020030099')
    expect(author).toBe('api')
  })
  it('a pin by somebody in a direct chat proves nothing about who they are', () => {
    const { chat, sender } = eventOf(
      update('PinnedMessage', { Pinned: true, sender_lid: '90010020030040@lid', Timestamp: 1 }),
    )
    expect(chat?.aliases).toEqual([])
    expect(sender).toBeUndefined()
  })
  it('a receipt that does not say whose it is proves nothing either', () => {
    const { chat } = eventOf(update('ReadReceipt', { Type: 'Read', sender_lid: '90010020030040@lid' }))
    expect(chat?.aliases).toEqual([])
  })
  it('our own address beside a customer’s message is not the customer’s', () => {
    const { chat } = eventOf(
      message({ sender_pn: '5511955550100@s.whatsapp.net', sender_lid: '90010020030040@lid' }),
      { own },
    )
    expect(chat?.aliases).toEqual(['private:90010020030040'])
  })
  it('nor is it where the chat’s other address should stand', () => {
    const { chat } = eventOf(message({ chatlid: '90010020030099@lid' }), { own })
    expect(chat?.aliases).toEqual([])
  })
  it('nor is it where the chat itself is called like us; but a chat with oneself is', () => {
    const people = { sender_pn: '5511955550101@s.whatsapp.net', sender_lid: '90010020030040@lid' }
    const { chat } = eventOf(message({ chatid: '90010020030099@lid', ...people }), { own })
    expect(chat).toMatchObject({ address: 'phone:5511955550101', aliases: ['private:90010020030040'] })
    const noted = eventOf(message({ chatid: '5511955550100@s.whatsapp.net', fromMe: true }), { own })
    expect(noted.chat?.address).toBe('phone:5511955550100')
  })
  it('the chat beside a message is believed only where it is the same chat', () => {
    const beside = { wa_chatid: '5511955550109@s.whatsapp.net', wa_chatlid: '90010020030049@lid' }
    const other = { ...message({ chatid: '90010020030040@lid' }), chat: beside }
    expect(eventOf(other).chat).toEqual({ address: 'private:90010020030040', aliases: [] })
    const same = { ...message({ chatid: '90010020030049@lid' }), chat: beside }
    expect(eventOf(same).chat).toMatchObject({ address: 'phone:5511955550109' })
  })
  it('a group is nobody’s other address', () => {
    const { chat } = eventOf(message({ chatlid: '120363000000000001@g.us' }))
    expect(chat).toEqual({ address: 'phone:5511955550101', aliases: [] })
  })
})

describe('votes', () => {
  const option = fc.stringMatching(/^[^|]{1,12}$/).filter((text) => text.trim() === text)
  it('are split as they were chosen where the options are beside them', () => {
    fc.assert(
      fc.property(fc.uniqueArray(option, { minLength: 1, maxLength: 6 }), fc.nat(), (options, mask) => {
        const chosen = options.filter((_, index) => (mask >> index) & 1)
        // An option that reads like two others chosen together cannot be told from them.
        fc.pre(!options.some((one) => one.includes(', ')))
        expect(splitVote(chosen.join(', '), options)).toEqual(chosen)
      }),
    )
  })
  it.each<[string, string[], string[]]>([
    ['', [], []],
    ['Sábado, Domingo', [], ['Sábado', 'Domingo']],
    ['Sábado, cedo, Domingo', ['Sábado', 'Domingo', 'Sábado, cedo'], ['Sábado, cedo', 'Domingo']],
    ['Sábado, Segunda', ['Sábado'], ['Sábado', 'Segunda']],
    ['Sábado, ', ['Sábado'], ['Sábado']],
  ])('%j of %j → %j', (vote, options, expected) => expect(splitVote(vote, options)).toEqual(expected))
  it('never grow slow', () => {
    const begin = performance.now()
    splitVote('a, '.repeat(100_000), ['a', 'b'])
    splitVote('a, '.repeat(100_000), Array(100_000).fill('b'))
    expect(performance.now() - begin).toBeLessThan(2_000)
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
    [
      'the hosted sender, through its API',
      { fromMe: true, send_folder_id: 'r1', wasSentByApi: true },
      'hub1-',
      'hosted',
    ],
    ['a hosted agent', { fromMe: true, ai_metadata: { agent_id: 'r1' } }, 'hub1-', 'hosted'],
    ['nobody in particular', { fromMe: true, ai_metadata: { agent_id: '' } }, 'hub1-', 'person'],
    ['the API, as REST tells it', { fromMe: true, sendFunction: 'sendText' }, 'hub1-', 'api'],
    ['a hand, as flags in words', { fromMe: 'True', wasSentByApi: 'False' }, 'hub1-', 'person'],
    ['a hand, where the flag is no flag', { fromMe: true, wasSentByApi: 'maybe' }, 'hub1-', 'person'],
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
