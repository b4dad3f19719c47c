import { describe, expect, it } from 'vitest'
import { address } from '../../../core/address.ts'
import type { Fact, Party } from '../../../core/events.ts'
import { verified } from '../../../core/gateway.ts'
import { messageId } from '../../../core/ids.ts'
import type { Happening } from '../../../simulator/port.ts'
import { normalise } from '../normalise.ts'
import { uazapiSimulator } from '../simulator.ts'

const AT = 1_788_000_000_000
const number = {
  instance: 'sales',
  digits: '5511955550100',
  privateDigits: '90010020030099',
  name: 'Loja Exemplo',
  connected: true,
  webhookUrl: 'http://127.0.0.1:3001/webhooks/sales/key',
  token: '0f0e0d0c-1111-4222-8333-444455556666',
}
const ana: Party = {
  address: address('phone', '5511955550101'),
  aliases: [address('private', '90010020030040')],
}
const us: Party = {
  address: address('phone', '5511955550100'),
  aliases: [address('private', '90010020030099')],
}
const group: Party = { address: address('group', '120363000000000001'), aliases: [] }
const channel: Party = { address: address('channel', '120363000000000009'), aliases: [] }
const target = messageId('3EB0B1')
const id = messageId('3EB0A1')

const direct = { chat: ana, sender: ana, author: 'other' as const, at: AT }
const inGroup = { chat: group, sender: ana, author: 'other' as const, at: AT }
const about = (chat?: Party) => ({ ...(chat && { chat }), author: 'other' as const, at: AT })
type Content = Extract<Fact, { kind: 'message' }>['message']['content']
const content = (one: Content): Happening => ({
  ...direct,
  fact: { kind: 'message', message: { id, content: one } },
})

const CASES: Record<string, Happening> = {
  place: content({
    type: 'location',
    latitude: -23.5505,
    longitude: -46.6333,
    name: 'Praça',
    address: 'Centro',
  }),
  'live place': content({ type: 'location', latitude: 0, longitude: -180, live: true, text: 'a caminho' }),
  'one card': content({ type: 'contacts', contacts: [{ name: 'Caio; Cia', phones: ['+55 11 95555-0103'] }] }),
  'two cards': content({
    type: 'contacts',
    contacts: [
      { name: 'Caio', phones: [] },
      { name: 'Dora', phones: ['1', '2'], organization: 'Feira, Livre' },
    ],
  }),
  poll: content({ type: 'poll', text: 'Qual dia?', options: ['Sábado, cedo', 'Domingo'], choices: 1 }),
  buttons: content({
    type: 'menu',
    text: 'Confirma?',
    options: [{ id: 'yes', text: 'Sim' }, { text: 'Não' }],
    footer: 'Loja',
  }),
  list: content({
    type: 'menu',
    text: 'O que vai ser?',
    options: [{ id: 'pizza', text: 'Pizza', description: 'quente' }],
  }),
  choice: {
    ...direct,
    fact: {
      kind: 'message',
      message: { id, content: { type: 'choice', text: 'Sim', id: 'yes' }, replyTo: { id: target } },
    },
  },
  order: content({ type: 'order', id: '77', items: 2, currency: 'BRL', text: 'hoje?' }),
  'what no gateway reads': content({ type: 'unsupported', wire: 'HologramMessage' }),
  'everything a message may carry': {
    ...inGroup,
    fact: {
      kind: 'message',
      message: {
        id,
        content: { type: 'text', text: 'oi' },
        replyTo: { id: target, text: 'olá' },
        mentions: [ana.address],
        forwarded: true,
        viewOnce: true,
        referral: {
          clickId: 'c',
          sourceId: 's',
          sourceUrl: 'https://x.example',
          sourceType: 'ad',
          title: 't',
          text: 'b',
        },
      },
    },
  },
  'a customer without a phone': {
    ...about({ address: address('business', 'BR.13491208655302741918'), aliases: [] }),
    sender: { address: address('business', 'BR.13491208655302741918'), aliases: [] },
    fact: { kind: 'message', message: { id, content: { type: 'text', text: 'oi' } } },
  },
  hosted: {
    ...about(ana),
    author: 'hosted',
    sender: us,
    fact: { kind: 'message', message: { id, content: { type: 'text', text: 'oi' } } },
  },
  vote: { ...direct, fact: { kind: 'vote', target, options: ['Sábado', 'Domingo'], id } },
  'vote taken back': { ...inGroup, fact: { kind: 'vote', target, options: [], id } },
  pin: { ...about(ana), fact: { kind: 'pin', target, pinned: true } },
  unpin: { ...about(group), fact: { kind: 'pin', target, pinned: false } },
  name: { ...inGroup, fact: { kind: 'group', name: 'Feira' } },
  'every other setting': {
    ...inGroup,
    fact: {
      kind: 'group',
      description: '',
      locked: true,
      announce: false,
      approval: true,
      ephemeralSeconds: 0,
      inviteLink: 'https://chat.whatsapp.com/Invented0000000000001',
      deleted: true,
    },
  },
  'vanishing messages': { ...about(group), fact: { kind: 'group', ephemeralSeconds: 604_800 } },
  'logged out': { ...about(), fact: { kind: 'connection', state: 'logged-out', reason: '401: gone' } },
  connecting: { ...about(), fact: { kind: 'connection', state: 'connecting' } },
  chat: {
    ...about(ana),
    fact: { kind: 'chat', archived: true, pinned: false, mutedUntil: -1, unread: 0, labels: ['3'] },
  },
  'chat of a group': { ...about(group), fact: { kind: 'chat', mutedUntil: 1_788_028_800_000 } },
  'labels of a chat': { ...about(ana), fact: { kind: 'chat', labels: [] } },
  lead: {
    ...about(ana),
    fact: { kind: 'lead', fields: { lead_name: 'Ana', lead_tags: ['vip'], lead_isTicketOpen: false } },
  },
  label: {
    ...about(),
    fact: { kind: 'label', label: { id: '3', name: 'Novo', color: 2 }, change: 'defined' },
  },
  'label deleted': { ...about(), fact: { kind: 'label', label: { id: '3' }, change: 'deleted' } },
  history: { ...about(), fact: { kind: 'history', messages: 0, batch: 1, of: 2 } },
  'campaign begun': {
    ...about(),
    author: 'hosted',
    fact: { kind: 'campaign', state: 'running', sent: 0, total: 9 },
  },
  'campaign over': {
    ...about(),
    author: 'hosted',
    fact: { kind: 'campaign', state: 'done', id: 'r1', sent: 9, total: 9 },
  },
  typing: { ...direct, fact: { kind: 'presence', state: 'typing' } },
  recording: { ...inGroup, fact: { kind: 'presence', state: 'recording' } },
  paused: { ...direct, fact: { kind: 'presence', state: 'paused' } },
  online: { ...direct, fact: { kind: 'presence', state: 'online' } },
  offline: { ...direct, fact: { kind: 'presence', state: 'offline', lastSeen: AT - 1000 } },
  call: { ...direct, fact: { kind: 'call', id: 'C1', state: 'offered', video: true } },
  'call of a group': { ...direct, fact: { kind: 'call', id: 'C1', state: 'ended', group: group.address } },
  'call rejected by us': {
    ...direct,
    sender: us,
    author: 'api',
    fact: { kind: 'call', id: 'C1', state: 'rejected' },
  },
  contact: { ...about(ana), fact: { kind: 'contact', name: 'Ana da Feira' } },
  blocked: { ...about(ana), fact: { kind: 'block', blocked: true } },
  unblocked: { ...about(ana), fact: { kind: 'block', blocked: false } },
  'channel joined': { ...about(channel), fact: { kind: 'channel', change: 'joined', name: 'Feira' } },
  'channel left': { ...about(channel), fact: { kind: 'channel', change: 'left' } },
  'channel muted': { ...about(channel), fact: { kind: 'channel', change: 'muted' } },
  'channel unmuted': { ...about(channel), fact: { kind: 'channel', change: 'unmuted' } },
  posts: {
    ...about(channel),
    fact: { kind: 'channel', change: 'posted', posts: [{ id, type: 'text', at: AT, views: 3 }, {}] },
  },
}

describe.each(uazapiSimulator.generations)('%s tells what is read as it happened:', (generation) => {
  it.each(Object.entries(CASES))('%s', (_, happening) => {
    const deliveries = uazapiSimulator.encode(happening, { ...number, generation })
    expect(deliveries).toHaveLength(1)
    const { events } = normalise(verified({ headers: {}, body: deliveries[0]!.body }), {
      own: [us.address, ...us.aliases],
      referencePrefix: 'hub1-',
    })
    expect(events).toHaveLength(1)
    const event = events[0]!
    expect(event.fact).toEqual(happening.fact)
    expect(event.author).toBe(happening.author)
    expect(event.chat?.address).toBe(happening.chat?.address)
    if (happening.sender) expect(event.sender?.address).toBe(happening.sender.address)
    if (event.at !== undefined) expect(event.at).toBe(AT)
    for (const alias of event.chat?.aliases ?? []) expect(happening.chat?.aliases).toContain(alias)
  })
})

describe('what uazapi tells nobody', () => {
  it.each<[string, Happening['fact']]>([
    ['a deletion for oneself', { kind: 'delete-for-me', target }],
    ['that one label was put on a chat', { kind: 'label', label: { id: '3' }, change: 'added' }],
    ['that an entry left the address book', { kind: 'contact', removed: true }],
  ])('%s', (_, fact) => {
    const happening = { ...direct, fact }
    expect(uazapiSimulator.encode(happening, { ...number, generation: 'real-2' })).toEqual([])
  })
})
