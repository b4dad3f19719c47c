import { afterEach, describe, expect, it } from 'vitest'
import type { Address } from '../../../core/address.ts'
import { address } from '../../../core/address.ts'
import type { Command, CommandType, SendResult } from '../../../core/commands.ts'
import type { Content } from '../../../core/events.ts'
import { neededCapability } from '../../../core/gateway.ts'
import { messageId } from '../../../core/ids.ts'
import { gowa } from '../index.ts'
import { plan } from './commands.ts'
import { dataFile } from './media.ts'
import { ANA, BIA, bia, type Played, play, TEAM } from './played.fixture.ts'

let played: Played
afterEach(() => played.close())
const start = async (...how: Parameters<typeof play>) => {
  played = await play(...how)
  return played
}
const send = (command: Command): Promise<SendResult> => played.client.send(command, 'ref')
/** What stands last in a chat. */
const last = (chat: Address) => {
  const messages = played.whatsapp.chats().find((one) => one.address === chat)?.messages
  return messages?.at(-1)
}
const own = async (): Promise<ReturnType<typeof messageId>> => {
  const result = await send({ type: 'text', to: ANA, text: 'before' })
  if (result.end !== 'sent' || !result.messageId) throw new Error('not sent')
  return result.messageId
}
const PNG = Buffer.from('89504e470d0a1a0a0d0a2d2d', 'hex')
const data = (mime: string, bytes: Buffer) => `data:${mime};base64,${bytes.toString('base64')}`

describe('what is said', () => {
  const url = 'https://files.example.com/a.bin'
  it.each<[string, Command, Content | object]>([
    ['text', { type: 'text', to: ANA, text: 'Olá 👋' }, { type: 'text', text: 'Olá 👋' }],
    [
      'link',
      { type: 'text', to: ANA, text: 'See\nhttps://example.com/a', linkPreview: true },
      { type: 'text', text: 'See\nhttps://example.com/a' },
    ],
    [
      'image',
      { type: 'media', to: ANA, media: 'image', url, text: 'look' },
      { type: 'image', text: 'look', media: { source: { type: 'url', url } } },
    ],
    ['view-once', { type: 'media', to: ANA, media: 'video', url, viewOnce: true }, { type: 'video' }],
    ['voice', { type: 'media', to: ANA, media: 'voice', url }, { type: 'voice' }],
    ['sticker', { type: 'media', to: ANA, media: 'sticker', url }, { type: 'sticker' }],
    ['document', { type: 'media', to: ANA, media: 'document', url }, { type: 'document' }],
    [
      'location',
      { type: 'location', to: ANA, latitude: -23.5, longitude: -46.6 },
      { type: 'location', latitude: -23.5, longitude: -46.6 },
    ],
    [
      'contact',
      { type: 'contact', to: ANA, name: 'Bia', phones: [bia.digits] },
      { type: 'contacts', contacts: [{ name: 'Bia', phones: [bia.digits] }] },
    ],
    [
      'poll',
      { type: 'poll', to: ANA, text: 'When?', options: ['now', 'later'], choices: 1 },
      { type: 'poll', text: 'When?', options: ['now', 'later'], choices: 1 },
    ],
  ])('%s', async (_, command, content) => {
    await start()
    const result = await send(command)
    expect(result).toMatchObject({ end: 'sent', messageId: expect.stringMatching(/^3EB0/) })
    expect(last(ANA)).toMatchObject({ content })
  })
  it('asks for a preview where GOWA would write the same text, and nowhere else', async () => {
    await start()
    const text = 'See\nhttps://example.com/a'
    const link = 'https://example.com/a'
    for (const command of [
      { type: 'text', to: ANA, text, linkPreview: true },
      { type: 'text', to: ANA, text },
      { type: 'text', to: ANA, text: link, linkPreview: true },
      { type: 'text', to: ANA, text: `${text} !`, linkPreview: true },
      { type: 'text', to: ANA, text, linkPreview: true, replyTo: messageId('3EB0A') },
    ] satisfies Command[])
      expect(await send(command)).toMatchObject({ end: 'sent' })
    expect(played.asked).toEqual([
      'POST /wa/send/link',
      ...Array.from({ length: 4 }, () => 'POST /wa/send/message'),
    ])
  })
  it.each([
    ['image', 'image/png', 'picture "1".png'],
    ['voice', 'audio/ogg;codecs=opus', undefined],
    ['document', 'application/pdf', 'Relatório.pdf'],
    ['sticker', 'image/webp', undefined],
  ] as const)('uploads the bytes of %s as they are', async (media, mime, fileName) => {
    await start()
    // Bytes that are no UTF-8, with a line that looks like the end of a form's part.
    const bytes = Buffer.concat([PNG, Buffer.from([0xff, 0xfe, 0, 0x80]), Buffer.from('\r\n--pombo--\r\n')])
    const command = { type: 'media', to: ANA, media, url: data(mime, bytes) } as const
    expect(await send({ ...command, ...(fileName && { fileName }) })).toMatchObject({ end: 'sent' })
    const content = last(ANA)?.content
    if (!content || !('media' in content) || content.media.source.type !== 'path') throw new Error('no file')
    expect(content.type).toBe(media)
    const file = await fetch(`${played.base}/${content.media.source.path}`)
    expect(Buffer.from(await file.arrayBuffer()).equals(bytes)).toBe(true)
    if (media === 'document') expect(content.media.fileName).toBe(fileName)
  })
  it('mentions people and everybody', async () => {
    await start()
    for (const mentions of [[ANA], 'all'] as const) {
      const command = {
        type: 'text',
        to: TEAM,
        text: 'oi',
        mentions: mentions === 'all' ? 'all' : [...mentions],
      }
      expect(await send(command as Command)).toMatchObject({ end: 'sent' })
      expect(last(TEAM)?.mentions).toContain(ANA)
    }
  })
})

describe('what happens to messages', () => {
  it('forwards, edits, reacts, stars, revokes, deletes and reads', async () => {
    await start()
    const target = await own()
    expect(await send({ type: 'edit', to: ANA, target, text: 'after' })).toMatchObject({ end: 'sent' })
    expect(last(ANA)?.content).toEqual({ type: 'text', text: 'after' })
    expect(await send({ type: 'react', to: ANA, target, emoji: '👍', own: true })).toMatchObject({
      end: 'sent',
    })
    expect(last(ANA)?.reactions).toEqual([{ emoji: '👍' }])
    expect(await send({ type: 'react', to: ANA, target, emoji: '' })).toMatchObject({ end: 'sent' })
    expect(last(ANA)?.reactions).toEqual([])
    expect(await send({ type: 'star', to: ANA, target, starred: true })).toEqual({ end: 'sent' })
    expect(last(ANA)?.starred).toBe(true)
    expect(await send({ type: 'star', to: ANA, target, starred: false })).toEqual({ end: 'sent' })
    expect(last(ANA)?.starred).toBeFalsy()
    expect(await send({ type: 'forward', to: BIA, target, from: ANA })).toMatchObject({ end: 'sent' })
    expect(last(BIA)).toMatchObject({ content: { text: 'after' }, forwarded: true })
    const said = played.whatsapp.say(
      { instance: 'support', person: bia.digits },
      { type: 'text', text: 'oi' },
    )
    expect(await send({ type: 'read', to: BIA, targets: [said.id] })).toEqual({ end: 'sent' })
    expect(last(BIA)?.status).toBe('read')
    expect(await send({ type: 'revoke', to: ANA, target })).toMatchObject({ end: 'sent' })
    expect(last(ANA)?.revokedAt).toBeGreaterThan(0)
    expect(await send({ type: 'delete-for-me', to: ANA, target })).toEqual({ end: 'sent' })
    expect(last(ANA)).toBeUndefined()
  })
  it.each(['edit', 'revoke', 'forward', 'star', 'delete-for-me'] as const)(
    '%s of none: gone',
    async (type) => {
      await start()
      const target = messageId('3EB0NEVER')
      expect(
        await send({ type, to: ANA, target, from: ANA, text: 'x', starred: true } as Command),
      ).toMatchObject({
        end: 'rejected',
        code: 'gone',
      })
    },
  )
})

describe('groups and chats', () => {
  it('changes members', async () => {
    await start()
    const members = (change: 'add' | 'promote' | 'demote') =>
      send({ type: 'members', to: TEAM, change, members: [BIA] })
    const isAdmin = () => played.world.group(TEAM)?.members.find((one) => one.address === BIA)?.admin
    expect(await members('add')).toEqual({ end: 'sent' })
    expect(isAdmin()).toBe(false)
    expect(await members('promote')).toEqual({ end: 'sent' })
    expect(isAdmin()).toBe(true)
    expect(await members('demote')).toEqual({ end: 'sent' })
    expect(isAdmin()).toBe(false)
    expect(await send({ type: 'remove-member', to: TEAM, members: [BIA] })).toEqual({ end: 'sent' })
    expect(isAdmin()).toBeUndefined()
    expect(await send({ type: 'remove-member', to: TEAM, members: [BIA] })).toMatchObject({
      end: 'rejected',
      code: 'invalid',
      reason: 'GOWA could not remove 1 of 1 members',
    })
  })
  it('lets people in who asked, or not', async () => {
    await start()
    const group = played.whatsapp.groups.get(TEAM)
    if (!group) throw new Error('no group')
    group.approval = true
    for (const change of ['reject', 'approve'] as const) {
      played.whatsapp.askToJoin(TEAM, bia.digits)
      expect(await send({ type: 'members', to: TEAM, change, members: [BIA] })).toEqual({ end: 'sent' })
      expect(group.members.includes(bia.digits)).toBe(change === 'approve')
    }
  })
  it('changes settings', async () => {
    await start()
    const set = (setting: object) => send({ type: 'group', to: TEAM, ...setting } as Command)
    for (const setting of [
      { set: 'name', name: 'New' },
      { set: 'description', description: 'For all' },
      { set: 'locked', on: true },
      { set: 'announce', on: true },
      { set: 'ephemeral', seconds: 86_400 },
      { set: 'picture', url: data('image/png', PNG) },
    ])
      expect(await set(setting)).toEqual({ end: 'sent' })
    expect(played.whatsapp.groups.get(TEAM)).toMatchObject({
      name: 'New',
      description: 'For all',
      locked: true,
      announce: true,
      ephemeralSeconds: 86_400,
      picture: expect.stringMatching(/\.png$/),
    })
    expect(await set({ set: 'picture', url: '' })).toEqual({ end: 'sent' })
    expect(played.whatsapp.groups.get(TEAM)?.picture).toBeUndefined()
    expect(await set({ set: 'name', name: 'x'.repeat(26) })).toEqual({
      end: 'rejected',
      code: 'invalid',
      reason: 'GOWA found a field invalid (name: the length must be between 1 and 25)',
    })
    expect(await set({ set: 'picture', url: data('image/gif', PNG) })).toMatchObject({ code: 'invalid' })
    expect(await set({ set: 'picture', url: 'https://example.com/a.png' })).toMatchObject({
      code: 'unsupported',
    })
    expect(await set({ set: 'approval', on: true })).toMatchObject({ code: 'unsupported' })
  })
  it('is told when it is no admin, and when it is not in the group', async () => {
    await start()
    played.whatsapp.setOwnRole(TEAM, played.whatsapp.groups.get(TEAM)?.members[0] ?? '', 'member')
    const noAdmin = { end: 'rejected', code: 'not-admin' }
    expect(await send({ type: 'members', to: TEAM, change: 'add', members: [BIA] })).toMatchObject(noAdmin)
    expect(await send({ type: 'group', to: TEAM, set: 'announce', on: true })).toMatchObject(noAdmin)
    expect(await send({ type: 'leave-group', to: TEAM })).toEqual({ end: 'sent' })
    expect(await send({ type: 'group', to: TEAM, set: 'announce', on: true })).toMatchObject({ code: 'gone' })
  })
  it('changes chats', async () => {
    await start()
    await own()
    const chat = (setting: object) => send({ type: 'chat', to: ANA, ...setting } as Command)
    expect(await chat({ set: 'archived', on: true })).toEqual({ end: 'sent' })
    expect(await chat({ set: 'pinned', on: true })).toEqual({ end: 'sent' })
    expect(played.world.chats()[0]).toMatchObject({ archived: true, pinned: true })
    expect(await chat({ set: 'ephemeral', seconds: 604_800 })).toEqual({ end: 'sent' })
    expect(played.world.memory.get(`timer ${ANA}`)).toBe(604_800)
    expect(await chat({ set: 'ephemeral', seconds: 5 })).toMatchObject({ code: 'invalid' })
  })
  it('rejects a call', async () => {
    await start()
    const call = played.whatsapp.call({ instance: 'support', person: '5511955550101' })
    expect(await send({ type: 'reject-call', to: ANA, call })).toEqual({ end: 'sent' })
    expect(await send({ type: 'reject-call', to: ANA, call: 'NEVER' })).toMatchObject({ end: 'unknown' })
  })
})

describe('what GOWA cannot', () => {
  const text = { to: ANA, text: 'x' }
  const button = { type: 'reply', id: '1', text: 'x' } as const
  it.each<[string, Command]>([
    ['buttons', { ...text, type: 'buttons', buttons: [button] }],
    ['list', { ...text, type: 'list', button: 'x', sections: [] }],
    ['carousel', { ...text, type: 'carousel', cards: [] }],
    ['pix', { to: ANA, type: 'pix', key: 'k', keyType: 'random' }],
    ['payment', { to: ANA, type: 'payment', amount: 1 }],
    ['status', { to: address('status', 'broadcast'), type: 'status', text: 'x' }],
    ['pin', { to: ANA, type: 'pin', target: messageId('3EB0A'), pinned: true }],
    ['lead', { to: ANA, type: 'lead', fields: {} }],
    ['block', { to: ANA, type: 'chat', set: 'blocked', on: true }],
    ['mute', { to: ANA, type: 'chat', set: 'muted', hours: 1 }],
    ['labels', { to: ANA, type: 'chat', set: 'labels', labels: [] }],
    ['notes', { to: ANA, type: 'chat', set: 'notes', notes: '' }],
    ['delete a chat', { to: ANA, type: 'chat', set: 'deleted' }],
    ['mark a chat read', { to: ANA, type: 'chat', set: 'read', on: true }],
  ])('%s: its capability is missing, and it is refused before any request', async (_, command) => {
    await start()
    const needed = neededCapability(command)
    expect(needed && gowa.capabilities.has(needed)).toBe(false)
    expect(await send(command)).toMatchObject({ end: 'rejected', code: 'unsupported' })
    expect(played.asked).toEqual([])
  })
  it.each<[string, Command]>([
    ['a location with a name', { type: 'location', to: ANA, latitude: 1, longitude: 1, name: 'x' }],
    ['a contact with two numbers', { type: 'contact', to: ANA, name: 'x', phones: ['1', '2'] }],
    ['a preview of our own making', { ...text, type: 'text', linkPreview: { title: 'x' } }],
    [
      'mentions in a caption',
      { type: 'media', media: 'image', url: 'https://e.example/a', mentions: 'all', ...text },
    ],
  ])('%s would be another message, so it is refused', async (_, command) => {
    await start()
    expect(await send(command)).toMatchObject({ end: 'rejected', code: 'unsupported' })
    expect(played.asked).toEqual([])
  })
  it('is what the capabilities say, for every command', async () => {
    await start()
    const target = messageId('3EB0A')
    const each: { [T in CommandType]: Extract<Command, { type: T }> } = {
      text: { ...text, type: 'text' },
      media: { to: ANA, type: 'media', media: 'image', url: 'https://e.example/a' },
      location: { to: ANA, type: 'location', latitude: 1, longitude: 1 },
      contact: { to: ANA, type: 'contact', name: 'x', phones: ['1'] },
      poll: { ...text, type: 'poll', options: ['a', 'b'], choices: 1 },
      buttons: { ...text, type: 'buttons', buttons: [button] },
      list: { ...text, type: 'list', button: 'x', sections: [] },
      carousel: { ...text, type: 'carousel', cards: [] },
      pix: { to: ANA, type: 'pix', key: 'k', keyType: 'random' },
      payment: { to: ANA, type: 'payment', amount: 1 },
      status: { to: address('status', 'broadcast'), type: 'status', text: 'x' },
      forward: { to: ANA, type: 'forward', target, from: BIA },
      edit: { ...text, type: 'edit', target },
      react: { to: ANA, type: 'react', target, emoji: '' },
      revoke: { to: ANA, type: 'revoke', target },
      'delete-for-me': { to: ANA, type: 'delete-for-me', target },
      read: { to: ANA, type: 'read', targets: [target] },
      star: { to: ANA, type: 'star', target, starred: true },
      pin: { to: ANA, type: 'pin', target, pinned: true },
      'remove-member': { to: TEAM, type: 'remove-member', members: [ANA] },
      members: { to: TEAM, type: 'members', change: 'add', members: [ANA] },
      group: { to: TEAM, type: 'group', set: 'name', name: 'x' },
      'leave-group': { to: TEAM, type: 'leave-group' },
      chat: { to: ANA, type: 'chat', set: 'pinned', on: true },
      'reject-call': { to: ANA, type: 'reject-call', call: 'A' },
      lead: { to: ANA, type: 'lead', fields: {} },
    }
    for (const command of Object.values(each)) {
      const needed = neededCapability(command)
      const planned = plan(command)
      const can = needed === undefined || gowa.capabilities.has(needed)
      expect([command.type, Array.isArray(planned)]).toEqual([command.type, can])
    }
  })
})

describe('data: URLs', () => {
  it.each([
    'data:,x',
    'data:text/plain,x',
    'data:text/plain;base64,',
    'data:text/plain;base64,****',
    `data:${'x'.repeat(500)};base64,AAAA`,
    'https://example.com/;base64,AAAA',
    `data:a/b;base64,${'A'.repeat(23 * 1024 * 1024)}`,
  ])('%.40s is none', async (url) => {
    await start()
    expect(dataFile(url)).toBeUndefined()
  })
  it('are read whatever their parameters', async () => {
    await start()
    expect(dataFile('data:Audio/Ogg;codecs=opus;base64,AAE=')).toEqual({
      mime: 'audio/ogg',
      bytes: Buffer.from([0, 1]),
    })
    expect(dataFile('data:;base64,AAE=')?.mime).toBe('application/octet-stream')
  })
})
