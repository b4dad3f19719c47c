import { describe, expect, test } from 'vitest'
import type { Address } from '../core/address.ts'
import { type Content, EVENT_KINDS, type Fact, NO_CONTENT } from '../core/events.ts'
import type { CommandId, ContactId, EventId, InstanceId, MessageId } from '../core/ids.ts'
import type { ClaimedEvent, LogChange } from '../core/store.ts'
import { isEmptyMessage, logChanges, waitsFor } from './record.ts'

const target = 'M1' as MessageId
const message = { id: target, content: { type: 'text' as const, text: 'hi' } }
const ana = { address: 'phone:5511911110001' as Address, aliases: [] }
const group = { address: 'group:120363000000000001' as Address, aliases: [] }
const contact = 7 as ContactId

const event = (fact: Fact, extra: Partial<ClaimedEvent> = {}): ClaimedEvent => ({
  id: 1 as EventId,
  instance: 'main' as InstanceId,
  fact,
  author: 'other',
  at: 5,
  acceptedAt: 6,
  chat: ana,
  sender: ana,
  contact: { id: contact, address: ana.address },
  generation: 0,
  attempt: 1,
  place: 1,
  disposition: 'handle',
  orphan: false,
  ...extra,
})
const changes = (fact: Fact, extra?: Partial<ClaimedEvent>) => logChanges(event(fact, extra), undefined)

/** One of every kind, and what it changes in the log. */
const KINDS: Readonly<Record<Fact['kind'], [Fact, LogChange[]]>> = {
  message: [
    { kind: 'message', message },
    [{ type: 'message', message, author: 'other', at: 5, contact, live: true, status: 'delivered' }],
  ],
  edit: [{ kind: 'edit', target, text: 'new' }, [{ type: 'edit', target, text: 'new', at: 5 }]],
  revoke: [{ kind: 'revoke', target }, [{ type: 'revoke', target, at: 5 }]],
  reaction: [
    { kind: 'reaction', target, emoji: '+' },
    [{ type: 'reaction', target, emoji: '+', author: 'other', at: 5, contact }],
  ],
  vote: [
    { kind: 'vote', target, options: ['a'] },
    [{ type: 'vote', target, options: ['a'], author: 'other', at: 5, contact }],
  ],
  pin: [{ kind: 'pin', target, pinned: true }, [{ type: 'pin', target, pinned: true, at: 5 }]],
  receipt: [{ kind: 'receipt', target, state: 'read' }, [{ type: 'receipt', target, state: 'read', at: 5 }]],
  connection: [{ kind: 'connection', state: 'connected' }, [{ type: 'connection', state: 'connected' }]],
  group: [{ kind: 'group', name: 'Club' }, [{ type: 'name', name: 'Club' }]],
  chat: [{ kind: 'chat', name: 'Ana S.' }, [{ type: 'name', name: 'Ana S.', contact, spare: true }]],
  contact: [
    { kind: 'contact', name: 'Ana Silva' },
    [{ type: 'name', name: 'Ana Silva', contact, spare: true }],
  ],
  'delete-for-me': [{ kind: 'delete-for-me', target }, []],
  membership: [{ kind: 'membership', change: 'join', members: [ana] }, []],
  presence: [{ kind: 'presence', state: 'typing' }, []],
  call: [{ kind: 'call', id: 'C1', state: 'offered' }, []],
  label: [{ kind: 'label', label: { id: '1' }, change: 'added' }, []],
  lead: [{ kind: 'lead', fields: { name: 'Ana' } }, []],
  block: [{ kind: 'block', blocked: true }, []],
  channel: [{ kind: 'channel', change: 'joined' }, []],
  history: [{ kind: 'history', messages: 2 }, []],
  campaign: [{ kind: 'campaign', state: 'done' }, []],
  unknown: [{ kind: 'unknown', name: 'x' }, []],
  timer: [{ kind: 'timer', key: 'k', generation: 1, data: null }, []],
}

describe('what an event changes in the log', () => {
  test.each(EVENT_KINDS)('%s', (kind) => {
    const [fact, expected] = KINDS[kind]
    expect(changes(fact)).toMatchObject(expected)
    expect(changes(fact)).toHaveLength(expected.length)
  })

  test('an echo of ours settles its command beside being a message', () => {
    const command = '00000000-0000-7000-8000-000000000001' as CommandId
    expect(logChanges(event({ kind: 'message', message }, { author: 'api' }), command)).toMatchObject([
      { type: 'message', author: 'api', status: 'sent' },
      { type: 'echo', messageId: target, command },
    ])
  })

  test('a group is called what it says, and its address-book name is nobody’s', () => {
    const inGroup = { chat: group, contact: undefined }
    expect(changes({ kind: 'chat', name: 'Club' }, inGroup)).toEqual([{ type: 'name', name: 'Club' }])
    expect(changes({ kind: 'contact', name: 'Club' }, inGroup)).toEqual([])
  })

  test('no name, an empty one, and one that was removed change nothing; a long one is cut', () => {
    for (const fact of [
      { kind: 'group' },
      { kind: 'chat', archived: true },
      { kind: 'contact', name: '' },
      { kind: 'contact', name: 'Ana', removed: true },
    ] satisfies Fact[])
      expect(changes(fact)).toEqual([])
    const [change] = changes({ kind: 'group', name: 'x'.repeat(500) })
    expect(change).toMatchObject({ name: 'x'.repeat(200) })
  })

  test('what we read ourselves says nothing about the customer', () => {
    expect(changes({ kind: 'receipt', target, state: 'read', self: true })).toEqual([])
  })

  test('only what changes a message waits for it', () => {
    const waiting = EVENT_KINDS.filter((kind) => waitsFor(event(KINDS[kind][0])) !== undefined)
    expect(waiting).toEqual(['edit', 'revoke', 'reaction'])
  })
})

test.each<[string, Content, boolean]>([
  ['no content at all', { type: 'unsupported', wire: NO_CONTENT }, true],
  ['no text', { type: 'text', text: '' }, true],
  ['a text', { type: 'text', text: 'hi' }, false],
  ['content that is not read', { type: 'unsupported', wire: 'productMessage' }, false],
  ['a picture without words', { type: 'image', media: { source: { type: 'gateway' } } }, false],
])('handlers see a message with %s: %o is empty: %s', (_, content, empty) => {
  expect(isEmptyMessage(event({ kind: 'message', message: { id: target, content } }))).toBe(empty)
})
