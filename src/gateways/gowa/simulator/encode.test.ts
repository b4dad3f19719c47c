import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Address } from '../../../core/address.ts'
import type { Content, Fact, InboundEvent, Party } from '../../../core/events.ts'
import { verified } from '../../../core/gateway.ts'
import { messageId } from '../../../core/ids.ts'
import type { Happening, SimulatedNumber } from '../../../simulator/port.ts'
import { normalise } from '../normalise.ts'
import { encode } from './encode.ts'

const AT = 1_788_000_000_000
const number: SimulatedNumber = {
  instance: 'support',
  digits: '5511955559999',
  privateDigits: '70010020030040',
  name: 'Loja',
  generation: 'envelope-9',
  connected: true,
  webhookUrl: 'https://hub.example.com/webhooks/support',
  secret: 'a-webhook-secret',
  device: 'front-desk',
}
const own = ['phone:5511955559999', 'private:70010020030040'] as Address[]
const ana: Party = {
  address: 'phone:5511955550101' as Address,
  aliases: ['private:90010020030040' as Address],
  name: 'Ana & Bia',
}
const group: Party = { address: 'group:120363000000000001' as Address, aliases: [] }
const channel: Party = { address: 'channel:120363000000000777' as Address, aliases: [] }
const direct = { chat: ana, sender: ana, author: 'other' as const, at: AT }
const saying = (content: Content, more: object = {}): Happening => ({
  ...direct,
  fact: { kind: 'message', message: { id: messageId('3EB0A1'), content, ...more } },
})
const fact = (one: Happening['fact'], who: Partial<Happening> = direct): Happening => ({
  author: 'other',
  at: AT,
  ...who,
  fact: one,
})

const bodies = (happening: Happening, generation: string): string[] =>
  encode(happening, { ...number, generation }).map((delivery) => delivery.body.toString('utf8'))
const trip = (happening: Happening, generation: string): InboundEvent[] =>
  bodies(happening, generation).flatMap(
    (body) =>
      normalise(verified({ headers: {}, body: Buffer.from(body) }), { own, referencePrefix: 'hub1-' }).events,
  )

const VERSIONS = [
  'flat-4',
  'flat-6',
  'flat-7.1',
  'flat-7.2',
  'flat-7.3',
  'flat-7.8',
  'flat-7',
  'envelope-8.0',
  'envelope-8.2',
  'envelope-8.3',
  'envelope-8.4',
  'envelope-8.6',
  'envelope-9',
] as const
type Version = (typeof VERSIONS)[number]
const from = (version: Version): Version[] => VERSIONS.slice(VERSIONS.indexOf(version))
const only = (first: Version, last: Version): Version[] =>
  VERSIONS.slice(VERSIONS.indexOf(first), VERSIONS.indexOf(last) + 1)
const ALL: readonly Version[] = VERSIONS

const where = { latitude: -23.5505, longitude: -46.6333 }
const cards = [
  { name: 'Bia; a padeira', phones: ['+55 11 95555-0202', '190'], organization: 'Pão, Forno; e Cia' },
  { name: 'Caio', phones: [] },
]
const options = [
  { id: 'p1', text: 'Francês', description: 'quente' },
  { id: 'p2', text: 'Integral' },
]
const file = (path: string, mime: string) => ({
  source: { type: 'path', path: `statics/media/${path}` } as const,
  mime,
})
const label = { id: '7' }
const LABELS = from('envelope-8.6')
const CHANNELS = from('envelope-8.2')
const PRESENCE = from('envelope-8.3')

const CASES: [name: string, happening: Happening, carried: readonly Version[]][] = [
  ['text', saying({ type: 'text', text: 'A in B <1 & 2>' }), ALL],
  [
    'text of our own by hand',
    {
      ...saying({ type: 'text', text: 'oi' }),
      sender: { address: own[0]!, aliases: [own[1]!] },
      author: 'person',
    },
    [...only('flat-7.1', 'flat-7'), ...from('envelope-8.3')],
  ],
  [
    'reply',
    saying({ type: 'text', text: 'sim' }, { replyTo: { id: messageId('3EB0B1'), text: 'vamos?' } }),
    ALL,
  ],
  [
    'reply with a picture',
    saying(
      { type: 'image', media: file('1.jpe', 'image/jpeg') },
      { replyTo: { id: messageId('3EB0B1'), text: 'vamos?' } },
    ),
    from('envelope-8.4'),
  ],
  ['forwarded', saying({ type: 'text', text: 'x' }, { forwarded: true }), ALL],
  ['picture', saying({ type: 'image', media: file('1.jpe', 'image/jpeg') }), ALL],
  [
    'picture with caption',
    saying({ type: 'image', media: file('1.jpe', 'image/jpeg'), text: 'foto' }),
    ALL.filter((one) => one !== 'envelope-8.2'),
  ],
  ['audio', saying({ type: 'audio', media: file('1.oga', 'audio/ogg') }), ALL],
  ['sticker', saying({ type: 'sticker', media: file('1.webp', 'image/webp') }), ALL],
  [
    'document not downloaded',
    saying({
      type: 'document',
      media: { source: { type: 'gateway' }, fileName: 'a.pdf', mime: 'application/pdf' },
    }),
    ALL,
  ],
  ['location', saying({ type: 'location', ...where, name: 'Sé', address: 'São Paulo', text: 'aqui' }), ALL],
  ['location shared on', saying({ type: 'location', ...where, name: 'Sé', live: true }), ALL],
  ['live location', saying({ type: 'location', ...where, live: true, text: 'a caminho' }), ALL],
  ['place on the equator', saying({ type: 'location', latitude: 0, longitude: 0 }), ALL],
  ['contact', saying({ type: 'contacts', contacts: cards.slice(0, 1) }), ALL],
  ['contacts', saying({ type: 'contacts', contacts: cards }), from('envelope-8.3')],
  ['menu', saying({ type: 'menu', text: 'Escolha', options, footer: 'Padaria' }), ALL],
  ['order', saying({ type: 'order', id: '700', items: 2, currency: 'BRL', text: 'para hoje' }), ALL],
  [
    'referral',
    saying(
      { type: 'text', text: 'oi' },
      {
        referral: {
          clickId: 'A',
          sourceId: '1',
          sourceUrl: 'https://fb.me/a',
          sourceType: 'ad',
          title: 'Bolo',
          text: 'Hoje',
        },
      },
    ),
    from('envelope-8.4'),
  ],
  [
    'reaction',
    fact({ kind: 'reaction', id: messageId('3EB0A1'), target: messageId('3EB0B1'), emoji: '👍' }),
    ALL,
  ],
  [
    'reaction taken back',
    fact({ kind: 'reaction', id: messageId('3EB0A1'), target: messageId('3EB0B1'), emoji: '' }),
    ['flat-4', ...from('envelope-8.0')],
  ],
  [
    'edit',
    fact({ kind: 'edit', id: messageId('3EB0A1'), target: messageId('3EB0B1'), text: 'certo' }),
    from('flat-7'),
  ],
  ['revoke', fact({ kind: 'revoke', target: messageId('3EB0B1') }), from('flat-7.1')],
  [
    'delete for me',
    fact(
      { kind: 'delete-for-me', target: messageId('3EB0B1') },
      { chat: ana, sender: { address: own[0]!, aliases: [own[1]!] }, author: 'person' },
    ),
    from('flat-7.2'),
  ],
  ['receipt', fact({ kind: 'receipt', target: messageId('3EB0B1'), state: 'read' }), from('flat-7.3')],
  [
    'member',
    fact({ kind: 'membership', change: 'leave', members: [ana] }, { chat: group }),
    from('flat-7.8'),
  ],
  [
    'own join',
    fact(
      { kind: 'membership', change: 'join', members: [{ address: own[0]!, aliases: [own[1]!] }], self: true },
      { chat: group },
    ),
    from('flat-7.8'),
  ],
  ['typing', fact({ kind: 'presence', state: 'typing' }), PRESENCE],
  ['recording', fact({ kind: 'presence', state: 'recording' }), PRESENCE],
  ['paused', fact({ kind: 'presence', state: 'paused' }, { chat: group, sender: ana }), PRESENCE],
  ['online', fact({ kind: 'presence', state: 'online' }), []],
  ['call', fact({ kind: 'call', id: 'C1', state: 'offered' }), PRESENCE],
  ['call to a group', fact({ kind: 'call', id: 'C1', state: 'offered', group: group.address }), PRESENCE],
  ['call refused', fact({ kind: 'call', id: 'C1', state: 'rejected' }), PRESENCE],
  ['call ended', fact({ kind: 'call', id: 'C1', state: 'ended' }), []],
  [
    'label made',
    fact(
      { kind: 'label', label: { id: '7', name: 'Pago', color: 3 }, change: 'defined' },
      { author: 'person' },
    ),
    LABELS,
  ],
  ['label deleted', fact({ kind: 'label', label, change: 'deleted' }, { author: 'person' }), LABELS],
  ['label on', fact({ kind: 'label', label, change: 'added' }, { chat: ana, author: 'person' }), LABELS],
  ['label off', fact({ kind: 'label', label, change: 'removed' }, { chat: group, author: 'person' }), LABELS],
  [
    'channel joined',
    fact({ kind: 'channel', change: 'joined', name: 'Avisos' }, { chat: channel }),
    CHANNELS,
  ],
  ['channel left', fact({ kind: 'channel', change: 'left' }, { chat: channel }), CHANNELS],
  ['channel muted', fact({ kind: 'channel', change: 'muted' }, { chat: channel }), CHANNELS],
  ['channel unmuted', fact({ kind: 'channel', change: 'unmuted' }, { chat: channel }), CHANNELS],
  [
    'posts',
    fact(
      {
        kind: 'channel',
        change: 'posted',
        posts: [{ id: messageId('3EB0P1'), type: 'text', at: AT, views: 3 }],
      },
      { chat: channel },
    ),
    CHANNELS,
  ],
  [
    'channel post as a message',
    { ...saying({ type: 'text', text: 'Feira' }), chat: channel, sender: channel },
    ALL,
  ],
  ['history', fact({ kind: 'history', messages: 0, scope: 'RECENT' }, {}), from('envelope-8.0')],
  ['connection', fact({ kind: 'connection', state: 'connected' }, {}), []],
  ['pin', fact({ kind: 'pin', target: messageId('3EB0B1'), pinned: true }), []],
]

const kinds = (facts: Fact[]): string[] => facts.map((one) => one.kind)
describe.each(CASES)('%s', (_, happening, carried) => {
  it.each(ALL)('%s', (version) => {
    const events = trip(happening, version)
    if (!carried.includes(version)) {
      // Told otherwise or not at all, but never as the same fact.
      for (const event of events) expect(event.fact).not.toEqual(happening.fact)
      expect(
        kinds(events.map((event) => event.fact)).every((kind) => kind === 'message' || kind === 'unknown'),
      ).toBe(true)
      return
    }
    const same = new Set(events.map((event) => JSON.stringify(event.identity)))
    expect(same.size).toBe(1)
    const event = events[0]!
    if (event.fact.kind === 'membership' && happening.fact.kind === 'membership') {
      const { members, ...rest } = event.fact
      expect({ ...rest, members: members.map((one) => one.address) }).toEqual({
        ...happening.fact,
        members: happening.fact.members.map((one) => one.address),
      })
    } else expect(event.fact).toEqual(happening.fact)
    expect(event.author).toBe(happening.author)
    expect(event.chat?.address).toBe(happening.chat?.address)
    if (version !== 'flat-4') expect(event.at).toBe(AT)
  })
})

describe('what the API sends', () => {
  it('comes back as nothing', () => {
    for (const author of ['api', 'hosted'] as const) {
      for (const version of ALL) {
        expect(bodies({ ...saying({ type: 'text', text: 'oi' }), author }, version)).toEqual([])
      }
    }
  })
})

describe('bytes', () => {
  it('are Go’s: keys of maps sorted, fields of structures in their order, nothing that is empty', () => {
    expect(bodies(saying({ type: 'location', ...where, name: '<Sé>' }), 'envelope-9')).toEqual([
      '{"device_id":"5511955559999@s.whatsapp.net","event":"message","payload":{"chat_id":"5511955550101@s.whatsapp.net","chat_lid":"90010020030040@lid","from":"5511955550101@s.whatsapp.net","from_lid":"90010020030040@lid","from_name":"Ana \\u0026 Bia","id":"3EB0A1","is_from_me":false,"location":{"degreesLatitude":-23.5505,"degreesLongitude":-46.6333,"name":"\\u003cSé\\u003e"},"sender_display_name":"Ana \\u0026 Bia","timestamp":"2026-08-29T10:40:00Z"},"session_id":"front-desk"}',
    ])
    expect(bodies(saying({ type: 'text', text: 'oi' }), 'flat-7.2')).toEqual([
      '{"chat_id":"5511955550101","from":"5511955550101@s.whatsapp.net","message":{"Text":"oi","ID":"3EB0A1","RepliedId":"","QuotedMessage":""},"pushname":"Ana \\u0026 Bia","sender_id":"5511955550101","timestamp":"2026-08-29T10:40:00Z"}',
    ])
    expect(bodies(saying({ type: 'poll', text: 'Bolo?', options: ['sim'], choices: 1 }), 'flat-7.1')).toEqual(
      [
        '{"from":"5511955550101@s.whatsapp.net","message":{"id":"3EB0A1"},"pushname":"Ana \\u0026 Bia","timestamp":"2026-08-29T10:40:00Z"}',
      ],
    )
    expect(
      bodies(
        fact({ kind: 'reaction', id: messageId('3EB0A1'), target: messageId('3EB0B1'), emoji: '' }),
        'flat-4',
      ),
    ).toEqual([
      '{"audio":null,"contact":null,"document":null,"forwarded":false,"from":"5511955550101@s.whatsapp.net","image":null,"list":null,"live_location":null,"location":null,"message":{"id":"3EB0A1","text":"","replied_id":""},"order":null,"pushname":"Ana \\u0026 Bia","quoted_message":null,"reaction":{"id":"3EB0B1","message":""},"sticker":null,"video":null,"view_once":null}',
    ])
  })
  it('are signed as they are', () => {
    for (const { headers, body } of encode(saying({ type: 'text', text: 'é 👍' }), number)) {
      const hex = createHmac('sha256', 'a-webhook-secret').update(body).digest('hex')
      expect(headers['x-hub-signature-256']).toBe(`sha256=${hex}`)
    }
  })
  it('name the linked device a receipt comes from, and are one fact all the same', () => {
    const receipt = fact({ kind: 'receipt', target: messageId('3EB0B1'), state: 'delivered' })
    const flat = { ...number, generation: 'flat-7' }
    const [phone, linked] = [undefined, 3].map((device) =>
      encode({ ...receipt, ...(device !== undefined && { device }) }, flat)[0]!.body.toString(),
    )
    expect(phone).not.toContain(':3@')
    expect(linked).toContain(':3@s.whatsapp.net')
  })
})
