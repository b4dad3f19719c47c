import { describe, expect, test } from 'vitest'
import { COMMAND_TYPES, type Command, commandContent, makesMessage } from '../core/commands.ts'
import { startEdge } from './edge.fixture.ts'

const to = '5511912345678'
const ana = 'phone:5511987654321'
const path = '/instances/support/commands'
const PIXEL = 'data:image/png;base64,iVBORw0KGgo='

/** One of every kind, as a request writes it. */
const EXAMPLES: Record<Command['type'], object> = {
  text: { text: 'hi', mentions: ['+55 11 98765-4321'], linkPreview: { title: 'Shop', large: true } },
  media: { media: 'image', url: PIXEL, text: 'see', viewOnce: true },
  location: { latitude: -23.55, longitude: -46.63, name: 'Shop' },
  contact: { name: 'Ana', phones: ['+55 11 98765-4321'] },
  poll: { text: 'When?', options: ['Mon', 'Tue'], choices: 1 },
  buttons: { text: 'Size?', buttons: [{ type: 'reply', id: 's', text: 'Small' }] },
  list: { text: 'Size?', button: 'Choose', sections: [{ rows: [{ id: 's', text: 'Small' }] }] },
  carousel: {
    text: 'New',
    cards: [{ text: 'Bag', buttons: [{ type: 'url', text: 'See', url: 'https://x.example' }] }],
  },
  pix: { key: 'a@b.example', keyType: 'email' },
  payment: { amount: 19.9, pix: { key: 'a@b.example', keyType: 'email' } },
  status: { text: 'Open till 8' },
  forward: { target: 'M1', from: ana },
  edit: { target: 'M1', text: 'hello' },
  react: { target: 'M1', emoji: '' },
  revoke: { target: 'M1' },
  'delete-for-me': { target: 'M1' },
  read: { targets: ['M1'] },
  star: { target: 'M1', starred: true },
  pin: { target: 'M1', pinned: true, days: 7 },
  'remove-member': { members: [ana] },
  members: { change: 'promote', members: [ana] },
  group: { set: 'name', name: 'Team' },
  'leave-group': {},
  chat: { set: 'muted', hours: 8 },
  'reject-call': { call: 'C1' },
  lead: { fields: { lead_status: 'new', lead_tags: ['vip'] } },
}

describe('any command can be queued', () => {
  test.each(COMMAND_TYPES)('%s', async (type) => {
    await using edge = await startEdge()
    const res = await edge.api('POST', path, { to, type, ...EXAMPLES[type] })
    expect(res.status, res.text).toBe(202)
    const [send] = edge.hub.sends
    expect(send).toMatchObject({ to: 'phone:5511912345678', claim: false, command: { type } })
    const command = { ...send!.command, to: 'phone:5511912345678' } as Command
    if (makesMessage(command)) expect(commandContent(command)).toHaveProperty('type')
  })

  test('numbers of people become addresses', async () => {
    await using edge = await startEdge()
    await edge.api('POST', path, { to, type: 'text', ...EXAMPLES.text })
    expect(edge.hub.sends[0]!.command).toMatchObject({ mentions: [ana] })
  })
})

test.each([
  [{ to }, 'body.type', 'is missing; must be text'],
  [{ to, type: 'txt' }, 'body.type', 'did you mean `text`?'],
  [{ to, type: 'toString' }, 'body.type', 'must be one of text, media'],
  [{ to, type: 'text' }, 'body.text', 'is missing; must be text'],
  [
    { to, type: 'text', text: 'hi', body: 'hi' },
    'body',
    'Known: to, type, claim, text, mentions, linkPreview, replyTo',
  ],
  [{ to, type: 'chat', set: 'mute' }, 'body.set', 'did you mean `muted`?'],
  [{ to, type: 'chat', set: 'muted' }, 'body.hours', 'must be a number'],
  [
    { to, type: 'media', media: 'image', url: 'file:///etc/passwd' },
    'body.url',
    'http or https URL, or data:',
  ],
  [{ to, type: 'media', media: 'image', url: 'data:image/png;base64,<>' }, 'body.url', 'or data:'],
  [{ to, type: 'media', media: 'image', url: `data:a/b${';c=d'.repeat(3_000_000)}` }, 'body.url', 'or data:'],
  [{ to, type: 'group', set: 'picture', url: 'data:x' }, 'body.url', 'or empty'],
  [{ to, type: 'location', latitude: 91, longitude: 0 }, 'body.latitude', 'must be at most 90'],
  [{ to, type: 'members', change: 'add', members: ['ana'] }, 'body.members.0', 'international phone number'],
  [{ to, type: 'poll', text: 'When?', options: ['only one'] }, 'body.options', 'at least 2 entries'],
])('a wrong one is told what is wrong and what is allowed (%#)', async (body, field, message) => {
  await using edge = await startEdge()
  const { json } = await edge.api('POST', path, body)
  expect(json).toMatchObject({ status: 400, code: 'E_INVALID', errors: [{ field }] })
  expect((json.errors as { message: string }[])[0]?.message).toContain(message)
  expect(edge.hub.sends).toEqual([])
})
