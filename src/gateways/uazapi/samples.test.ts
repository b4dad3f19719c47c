import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { GoldenSample } from '../../../test/gateway-suite.ts'
import { EVENT_KINDS, type Fact, MEDIA_TYPES } from '../../core/events.ts'
import { READERS } from './normalise.ts'

/** What the samples themselves prove is in `uazapi.test.ts`; here is proved that none is missing. */
const folder = new URL('./samples/', import.meta.url)
const files = readdirSync(folder).map((file) => ({
  name: file.replace('.json', ''),
  samples: JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as GoldenSample[],
}))
const samples = files.flatMap((file) => file.samples)
const facts: Fact[] = samples.flatMap(({ expect: { events } }) => events.map(({ fact }) => fact))

const field = (value: unknown, ...path: string[]): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], value)
const isUnknown = ({ expect: { events } }: GoldenSample) =>
  events.every(({ fact }) => fact.kind === 'unknown')

describe.each([...READERS.keys()])('event %s', (event) => {
  const own = files.filter(({ name }) => name === event || name.startsWith(`${event}-`))
  it('has a file of samples, each of that event', () => {
    expect(own).not.toEqual([])
    for (const sample of own.flatMap((file) => file.samples)) {
      expect([field(sample.body, 'EventType'), field(sample.body, 'event')]).toContain(event)
    }
  })
  it('is read where it is what it should be, and else one unknown with its name', () => {
    const [bad, good] = [own.flatMap((file) => file.samples.filter(isUnknown)), own]
    expect(good.flatMap((file) => file.samples).length).toBeGreaterThan(bad.length)
    expect(bad.length).toBeGreaterThan(0)
    for (const { expect: expected } of bad) {
      expect(expected.events).toHaveLength(1)
      expect(field(expected.events[0], 'fact', 'name')).toMatch(new RegExp(`^${event}`))
    }
  })
})

it.each(samples)('says where its shape comes from: $origin', ({ origin }) => {
  expect(origin).toMatch(/^(?:captured|documented|told|inferred|malformed|unheard of)\b.*: ./)
})

/** uazapi tells nobody that somebody deleted something for themselves; the hub makes timers. */
const NEVER: ReadonlySet<string> = new Set(['delete-for-me', 'timer'])
it.each(EVENT_KINDS.filter((kind) => !NEVER.has(kind)))('the hub’s kind %s has a sample', (kind) => {
  expect(facts.map((fact) => fact.kind)).toContain(kind)
})
it.each(['text', 'location', 'contacts', 'poll', 'menu', 'choice', 'order', 'unsupported', ...MEDIA_TYPES])(
  'the content %s has a sample',
  (type) => {
    expect(facts.flatMap((fact) => (fact.kind === 'message' ? fact.message.content.type : []))).toContain(
      type,
    )
  },
)

it.each([
  'image',
  'video',
  'gif',
  'audio',
  'ptt',
  'ptv',
  'document',
  'sticker',
  '1p_sticker',
  'user_created_sticker',
  'vcard',
  'contact_array',
  'location',
  'list_response',
])('mediaType %s has a sample', (mediaType) => {
  expect(samples.map(({ body }) => field(body, 'message', 'mediaType'))).toContain(mediaType)
})
it.each([
  'Conversation',
  'ExtendedTextMessage',
  'ImageMessage',
  'VideoMessage',
  'AudioMessage',
  'DocumentMessage',
  'StickerMessage',
  'LocationMessage',
  'LiveLocationMessage',
  'ContactMessage',
  'ContactsArrayMessage',
  'ReactionMessage',
  'PollCreationMessageV3',
  'PollUpdateMessage',
  'ListResponseMessage',
  'ButtonsResponseMessage',
  'TemplateButtonReplyMessage',
  'InteractiveResponseMessage',
  'ListMessage',
  'ButtonsMessage',
  'InteractiveMessage',
  'OrderMessage',
  'ProductMessage',
  'TemplateMessage',
  'PinInChatMessage',
])('messageType %s has a sample', (messageType) => {
  expect(samples.map(({ body }) => field(body, 'message', 'messageType'))).toContain(messageType)
})

it.each<[Fact['kind'], string, readonly unknown[]]>([
  ['connection', 'state', ['connecting', 'connected', 'disconnected', 'logged-out']],
  ['receipt', 'state', ['sent', 'delivered', 'read', 'played']],
  ['presence', 'state', ['typing', 'recording', 'paused', 'online', 'offline']],
  ['call', 'state', ['offered', 'accepted', 'rejected', 'ended']],
  ['membership', 'change', ['join', 'leave', 'promote', 'demote']],
  ['label', 'change', ['defined', 'deleted']],
  ['channel', 'change', ['joined', 'left', 'muted', 'posted']],
  ['campaign', 'state', ['running', 'done']],
  ['pin', 'pinned', [true, false]],
  ['block', 'blocked', [true, false]],
])('every %s has a sample of each %s', (kind, key, values) => {
  const found = facts.filter((fact) => fact.kind === kind).map((fact) => field(fact, key))
  expect(found).toEqual(expect.arrayContaining([...values]))
})
it.each([
  'name',
  'description',
  'locked',
  'announce',
  'approval',
  'ephemeralSeconds',
  'inviteLink',
  'deleted',
])('a change of the group’s %s has a sample', (key) => {
  expect(facts.filter((fact) => fact.kind === 'group' && key in fact)).not.toEqual([])
})
