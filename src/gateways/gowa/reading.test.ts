import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { GoldenSample } from '../../../test/gateway-suite.ts'
import type { Address } from '../../core/address.ts'
import type { Fact, InboundEvent } from '../../core/events.ts'
import { type NormaliseContext, verified } from '../../core/gateway.ts'
import { normalise } from './normalise.ts'
import { versionOf } from './simulator/versions.ts'
import { readCard } from './wire/vcard.ts'

const OWN: NormaliseContext = {
  own: ['phone:5511955559999', 'private:70010020030040'] as Address[],
  referencePrefix: 'hub1-',
}
const read = (body: unknown, context: Partial<NormaliseContext> = {}): InboundEvent[] =>
  normalise(verified({ headers: {}, body: Buffer.from(JSON.stringify(body) ?? '') }), { ...OWN, ...context })
    .events

const folder = new URL('./samples/', import.meta.url)
const samples: GoldenSample[] = readdirSync(folder).flatMap(
  (file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as GoldenSample[],
)

/** What a fact is, as finely as a reader has to tell it from others. */
function nameOf(fact: Fact): string {
  switch (fact.kind) {
    case 'message': {
      const { content, referral } = fact.message
      if (referral) return 'message referral'
      if (content.type === 'unsupported') return `message unsupported ${content.wire}`
      return content.type === 'location' && content.live ? 'message live location' : `message ${content.type}`
    }
    case 'reaction':
      return fact.emoji === '' ? 'reaction removed' : 'reaction'
    case 'vote':
      return fact.options.length === 0 ? 'vote removed' : 'vote'
    case 'receipt':
      return `receipt ${fact.state}${fact.self ? ' self' : ''}`
    case 'membership':
      return `membership ${fact.change}${fact.self ? ' self' : ''}`
    case 'presence':
    case 'call':
      return `${fact.kind} ${fact.state}`
    case 'label':
    case 'channel':
      return `${fact.kind} ${fact.change}`
    default:
      return fact.kind
  }
}

/** What a sample shows beside the kind of its fact. */
function tagsOf({ fact, chat, identity }: InboundEvent): string[] {
  const tags = identity.type === 'history' ? ['history on demand'] : []
  if (fact.kind !== 'message') return tags
  const { content, replyTo, forwarded, viewOnce } = fact.message
  if (replyTo) tags.push('reply')
  if (forwarded) tags.push('forwarded')
  if (viewOnce) tags.push('view once')
  if ('media' in content && content.text !== undefined) tags.push('caption')
  if ('media' in content && content.media.source.type === 'gateway') tags.push('not downloaded')
  if (content.type === 'contacts' && content.contacts.length > 1) tags.push('several contacts')
  if (chat?.address.startsWith('channel:')) tags.push('channel post')
  if (chat?.address.startsWith('group:')) tags.push('in a group')
  return tags
}
const USUAL = ['reply', 'forwarded', 'caption', 'in a group']

const MESSAGES = [
  'text',
  'image',
  'video',
  'audio',
  'document',
  'sticker',
  'location',
  'live location',
  'contacts',
  'menu',
  'order',
  'unsupported empty',
].map((one) => `message ${one}`)
const MEMBERSHIP = ['join', 'leave', 'promote', 'demote'].map((one) => `membership ${one}`)
const RECEIPTS = ['delivered', 'read', 'read self'].map((one) => `receipt ${one}`)
const CHANNELS = ['joined', 'left', 'muted', 'unmuted', 'posted'].map((one) => `channel ${one}`)
/** By what the versions of a line say alike. */
function lineOf(generation: string): string {
  const [major, minor] = versionOf({ generation })
  if (major >= 8) return major > 8 || minor > 2 ? '8.3 to 9.2' : '8.0 to 8.2'
  return major > 4 ? '4.22 to 7.11' : '3.6 to 4.21'
}
const SAYS: Readonly<Record<string, readonly string[]>> = {
  '3.6 to 4.21': [...MESSAGES, ...USUAL, 'view once', 'reaction', 'reaction removed'],
  '4.22 to 7.11': [
    ...MESSAGES,
    ...USUAL,
    'view once',
    'not downloaded',
    'membership join self',
    'message video-note',
    'message unsupported list',
    'reaction',
    'edit',
    'revoke',
    'delete-for-me',
    ...RECEIPTS,
    ...MEMBERSHIP,
    'unknown',
  ],
  '8.0 to 8.2': [
    ...MESSAGES,
    ...USUAL,
    'view once',
    'not downloaded',
    'channel post',
    'message video-note',
    'reaction',
    'reaction removed',
    'edit',
    'revoke',
    'delete-for-me',
    ...RECEIPTS,
    ...MEMBERSHIP,
    'membership join self',
    ...CHANNELS,
  ],
  // What these two write otherwise than their neighbours.
  '8.3 to 9.2': [
    ...MESSAGES,
    ...USUAL,
    'view once',
    'not downloaded',
    'several contacts',
    'channel post',
    'history on demand',
    'message video-note',
    'message referral',
    'message poll',
    'message unsupported interactive',
    'message unsupported interactive_media',
    'message unsupported poll',
    'reaction',
    'reaction removed',
    'edit',
    'revoke',
    'delete-for-me',
    'vote',
    'vote removed',
    ...RECEIPTS,
    ...MEMBERSHIP,
    'membership join self',
    'membership leave self',
    'presence typing',
    'presence recording',
    'presence paused',
    'label defined',
    'label deleted',
    'label added',
    'label removed',
    ...CHANNELS,
    'call offered',
    'call rejected',
    'history',
    'unknown',
  ],
}

describe('golden samples', () => {
  it.each(Object.entries(SAYS))('there is one of everything %s can say', (line, says) => {
    const shown = samples.filter((one) => lineOf(one.generation) === line)
    const events = shown.flatMap((one) => one.expect.events)
    const names = new Set(events.flatMap((event) => [nameOf(event.fact), ...tagsOf(event)]))
    expect([...says].filter((name) => !names.has(name))).toEqual([])
  })
  it('belong to a known generation and say where they come from', () => {
    for (const { generation, origin } of samples) {
      expect(generation).toMatch(/^(flat|envelope)-\d+(\.\d+)?$/)
      expect(origin).toMatch(/./)
    }
  })
})

describe('a field of another type', () => {
  const known = samples.filter((one) => one.expect.events.every((event) => event.fact.kind !== 'unknown'))
  type Place = { holder: Record<string, unknown>; key: string; path: string }
  const places = (value: unknown, path = ''): Place[] => {
    if (typeof value !== 'object' || value === null) return []
    const holder = value as Record<string, unknown>
    return Object.keys(holder).flatMap((key) => [
      { holder, key, path: `${path}/${key}` },
      ...places(holder[key], `${path}/${key}`),
    ])
  }
  const OTHERS: readonly unknown[] = [7, true, 'x', [], {}, ['x'], [7], { id: 7 }, 1e308, '9'.repeat(50_000)]
  /** What a wrong field may cost a message is its content, nothing else. A vote is shown as such a message. */
  const mayBecome = (name: string): string => (name.startsWith('message ') ? 'message' : name)

  it.each(known.map((one, index) => [index, one.origin, one] as const))(
    '%i %s: never makes another fact of it',
    (_, __, sample) => {
      const count = places(structuredClone(sample.body)).length
      const before = read(sample.body, sample.context).map((event) => mayBecome(nameOf(event.fact)))
      if (before.some((name) => name.startsWith('vote'))) before.push('message')
      for (let index = 0; index < count; index += 1) {
        for (const other of OTHERS) {
          const body = structuredClone(sample.body)
          const place = places(body)[index]
          if (!place || typeof place.holder[place.key] === typeof other) continue
          place.holder[place.key] = other
          const events = read(body, sample.context)
          expect(events.length).toBeGreaterThan(0)
          const names = events.map((event) => mayBecome(nameOf(event.fact)))
          const same = names.every((name) => before.includes(name))
          if (!same)
            expect([place.path, typeof other, names]).toEqual([place.path, typeof other, ['unknown']])
        }
      }
    },
  )
})

describe('identity', () => {
  const T = '2026-03-14T14:56:04Z'
  const ana = '5511955550201@s.whatsapp.net'
  const envelope = (event: string, payload: object, timestamp = T) => ({ event, payload, timestamp })
  const only = (body: unknown) => {
    const [event, ...more] = read(body)
    expect(more).toEqual([])
    return event!
  }
  const identity = (body: unknown) => only(body).identity

  it('tells a label that goes on, off and on again', () => {
    const turn = (labeled: boolean, second: number) =>
      identity(
        envelope(
          'label.association',
          { label_id: '7', labeled, chat_id: ana },
          `2026-03-14T14:56:0${second}Z`,
        ),
      )
    const all = [turn(true, 1), turn(false, 2), turn(true, 3)].map((one) => JSON.stringify(one))
    expect(new Set(all).size).toBe(3)
    expect(turn(true, 1)).toEqual(turn(true, 1))
  })
  it('tells a member who leaves twice', () => {
    const leave = (timestamp: string) =>
      identity(
        envelope(
          'group.participants',
          { chat_id: '120363000000000201@g.us', type: 'leave', jids: [ana] },
          timestamp,
        ),
      )
    expect(leave(T)).not.toEqual(leave('2026-03-15T14:56:04Z'))
    expect(leave(T).type).toBe('fact')
    expect(leave('').type).toBe('state')
  })
  it('takes one receipt for the same from every device of a person, and in both spellings', () => {
    const ack = (sender_id: string, receipt_type: string) =>
      identity(
        envelope('message.ack', { ids: ['3EB0B'], chat_id: ana, sender_id, from: sender_id, receipt_type }),
      )
    expect(ack('5511955550201:4@s.whatsapp.net', 'read')).toEqual(ack(ana, 'read'))
    expect(ack('5511955550201.0:4@s.whatsapp.net', 'read')).toEqual(ack(ana, 'read'))
    expect(ack(ana, 'read-self')).toEqual(ack(ana, 'read_self'))
    expect(ack(ana, 'read')).not.toEqual(ack(ana, 'delivered'))
    expect(ack(ana, 'read')).not.toEqual(ack(ana, 'read-self'))
  })
  it('keeps history apart from what is live', () => {
    const live = { id: '3EB0B', timestamp: T, is_from_me: false, chat_id: ana, from: ana, body: 'oi' }
    const past = {
      id: '3EB0B',
      from: ana,
      sender: ana,
      body: 'oi',
      timestamp: T,
      is_from_me: false,
      from_history_sync: true,
    }
    const [one, two] = [only({ event: 'message', payload: live }), only({ event: 'message', payload: past })]
    expect(one.identity.parts).toEqual(two.identity.parts)
    expect([one.identity.type, two.identity.type]).toEqual(['fact', 'history'])
  })
  it('is the same whether or not the chat was resolved by then', () => {
    const typing = (second: number) =>
      identity(
        envelope(
          'chat_presence',
          { from: ana, chat_id: ana, state: 'composing', media: '' },
          `2026-03-14T14:56:0${second}Z`,
        ),
      )
    expect(typing(1).type).toBe('state')
    expect(typing(1)).not.toEqual(typing(2))
  })
})

describe('time', () => {
  const at = (timestamp: unknown) => {
    const payload = {
      id: '3EB0B',
      timestamp,
      chat_id: '1203630001@g.us',
      from: '5511955550201@s.whatsapp.net',
    }
    return read({ event: 'message', payload })[0]?.at
  }
  it.each([
    ['2026-03-14T14:56:04Z', 1_773_500_164_000],
    ['2026-03-14T11:56:04-03:00', 1_773_500_164_000],
    ['2026-03-14T14:56:04.25Z', 1_773_500_164_250],
    [1_773_500_164, 1_773_500_164_000],
    ['1773500164', 1_773_500_164_000],
    [1_773_500_164_250, 1_773_500_164_250],
    ['1773500164250', 1_773_500_164_250],
    ['', undefined],
    ['soon', undefined],
    [0, undefined],
    [-1, undefined],
    [{}, undefined],
  ])('%j', (timestamp, expected) => expect(at(timestamp)).toBe(expected))
})

describe('cards', () => {
  it('reads names, numbers and firm however they are written', () => {
    expect(
      readCard(
        'BEGIN:VCARD\r\nFN;CHARSET=UTF-8:Ana\\, a padeira\r\nitem1.TEL;type=CELL;waid=55:+55 11\r\n  9\r\ntel:190\r\nTEL:190\r\nORG:Pão;Forno;\r\nEND:VCARD',
      ),
    ).toEqual({ name: 'Ana, a padeira', phones: ['+55 11 9', '190'], organization: 'Pão, Forno' })
  })
  it('stops at fifty numbers, and does not slow down before', () => {
    const many = Array.from({ length: 200_000 }, (_, index) => `TEL:${index}`).join('\n')
    expect(readCard(many).phones).toHaveLength(50)
  })
  it.each(['', 'x', 'TEL:', ':', 'FN', '\n'.repeat(10_000), 'TEL;'.repeat(20_000)])(
    'makes nothing of %#',
    (text) => expect(readCard(text)).toEqual({ phones: [] }),
  )
})

describe('interactive messages', () => {
  const content = (interactive: unknown) => {
    const payload = { id: '3EB0B', chat_id: '5511955550201@s.whatsapp.net', interactive, body: 'corpo' }
    const fact = read({ event: 'message', payload })[0]?.fact
    return fact?.kind === 'message' ? fact.message.content : undefined
  }
  it('takes only lines at the end for buttons', () => {
    expect(content('[aviso]\nPronto\n[Sim]\n📋 Código: AB-1: x')).toEqual({
      type: 'menu',
      text: '[aviso]\nPronto',
      options: [{ text: 'Sim' }, { text: 'Código', description: 'AB-1: x' }],
    })
    expect(content('[Sim]\nPronto')).toEqual({
      type: 'unsupported',
      wire: 'interactive',
      text: '[Sim]\nPronto',
    })
  })
  it('has the text of the message where it says nothing itself', () => {
    expect(content('[Sim]')).toEqual({ type: 'menu', text: 'corpo', options: [{ text: 'Sim' }] })
    expect(content({ a: 1 })).toEqual({ type: 'unsupported', wire: 'interactive', text: 'corpo' })
  })
  it('bears very many lines', () => {
    expect(content('[Sim]\n'.repeat(200_000).trim())).toMatchObject({ type: 'menu' })
  })
})

describe('people', () => {
  const ana = '5511955550201@s.whatsapp.net'
  const lid = '90010020030201@lid'
  const party = { address: 'phone:5511955550201', aliases: ['private:90010020030201'] }
  const only = (body: unknown) => read(body)[0]
  it.each<[string, unknown]>([
    ['from and from_lid', { event: 'message', payload: { id: '1', chat_id: ana, from: ana, from_lid: lid } }],
    [
      'chat_id and chat_lid',
      { event: 'message', payload: { id: '1', chat_id: ana, chat_lid: lid, from: ana } },
    ],
    [
      'an unresolved chat beside a resolved sender',
      { event: 'chat_presence', payload: { from: ana, chat_id: lid, state: 'composing', media: '' } },
    ],
    [
      'a receipt of a fork',
      {
        event: 'message.ack',
        payload: { ids: ['1'], chat_id: lid, sender_jid: ana, sender_lid: lid, receipt_type: 'read' },
      },
    ],
    ['a call', { event: 'call.offer', payload: { call_id: 'C', from: ana, from_lid: lid } }],
    [
      'the flat generation',
      { from: ana, from_lid: `90010020030201:3@lid`, message: { id: '1', text: 'oi' } },
    ],
    ['a flat fork', { from: ana, chat_jid: ana, chat_lid: lid, sender_lid: lid, message: { id: '1' } }],
  ])('are known by both addresses from %s', (_, body) => {
    const event = only(body)
    expect(event?.fact.kind).not.toBe('unknown')
    expect([event?.chat, event?.sender]).toEqual([party, party])
  })
  it.each<[string, unknown]>([
    ['label.association', { label_id: '7', labeled: true, chat_id: ana, chat_lid: lid }],
    ['message.deleted', { deleted_message_id: '1', chat_id: ana, chat_lid: lid }],
  ])('as the chat of %s', (event, payload) => expect(only({ event, payload })?.chat).toEqual(party))
  it('as members, where one is named in both lists', () => {
    const fact = only({
      event: 'group.participants',
      payload: { chat_id: '120363000000000201@g.us', type: 'join', jids: [ana], lids: [lid] },
    })?.fact
    expect(fact).toMatchObject({ kind: 'membership', members: [party] })
  })
})

describe('the null-filled generation', () => {
  const source = { from: '5511955550201@s.whatsapp.net', pushname: 'Ana', reaction: null, view_once: null }
  const picture = { media_path: 'statics/media/a.jpg', mime_type: 'image/jpeg', caption: 'olha' }
  it.each(['', null])('writes %j for the text of a picture', (message) => {
    const [event] = read({ ...source, message, message_id: '3EB0A1', image: picture })
    expect(event).toMatchObject({
      fact: { kind: 'message', message: { id: '3EB0A1', content: { type: 'image', text: 'olha' } } },
      author: 'other',
    })
  })
  it('says nothing that could be told from its repetition without an id', () => {
    const [event] = read({ ...source, message: null, image: picture })
    expect(event?.fact.kind).toBe('unknown')
  })
})
