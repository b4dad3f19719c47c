import { describe, expect, it } from 'vitest'
import { address } from '../../../core/address.ts'
import { type Command, commandContent, makesMessage } from '../../../core/commands.ts'
import { neededCapability } from '../../../core/gateway.ts'
import { messageId } from '../../../core/ids.ts'
import { uazapi } from '../index.ts'
import { ANA, ANA_HIDDEN, BIA, CAIO, GROUP, NOBODY, REFERENCE, served, UNKNOWN_ID } from './served.fixture.ts'

const LINES = ['1.0', '2.1'] as const
const STATUS = address('status', 'broadcast')
const PNG = `data:image/png;base64,${Buffer.from('an invented picture').toString('base64')}`

describe.each(LINES)('what is said, on the %s line', (line) => {
  const said: [string, Command][] = [
    ['text', { type: 'text', to: ANA, text: 'oi' }],
    ['text in a group', { type: 'text', to: GROUP, text: 'oi' }],
    [
      'a location',
      { type: 'location', to: ANA, latitude: -23.5, longitude: -46.6, name: 'Praça', address: 'Rua 1' },
    ],
    [
      'a card',
      {
        type: 'contact',
        to: ANA,
        name: 'Bia',
        phones: ['+5511955550102', '5511955550103'],
        organization: 'Loja',
      },
    ],
    ['a poll', { type: 'poll', to: GROUP, text: 'Quando? | [a]', options: ['seg|ter', '[qua]'], choices: 2 }],
    [
      'buttons',
      {
        type: 'buttons',
        to: ANA,
        text: 'Escolha',
        footer: 'até logo',
        buttons: [
          { type: 'reply', id: 'yes', text: 'Sim' },
          { type: 'url', text: 'Ver', url: 'https://example.com/a|b' },
          { type: 'call', text: 'Ligar', phone: '+55 11 95555-0101' },
          { type: 'copy', text: 'Copiar', code: 'ABC 1' },
        ],
      },
    ],
    [
      'a list',
      {
        type: 'list',
        to: ANA,
        text: 'Cardápio',
        button: 'Abrir',
        sections: [
          { title: 'Pratos', rows: [{ id: 'p1', text: 'Feijoada', description: 'sábado' }] },
          { title: 'Bebidas', rows: [{ id: 'b1', text: 'Suco' }] },
        ],
      },
    ],
    [
      'a carousel',
      {
        type: 'carousel',
        to: ANA,
        text: 'Novidades',
        cards: [
          {
            text: 'Um',
            imageUrl: 'https://files.example.com/1.png',
            buttons: [
              { type: 'reply', id: 'c1', text: 'Quero' },
              { type: 'url', text: 'Ver', url: 'https://example.com' },
            ],
          },
          { text: 'Dois', videoUrl: 'https://files.example.com/2.mp4', buttons: [] },
        ],
      },
    ],
  ]
  it.each(said)('%s', async (_, command) => {
    const { client, last } = served(line)
    const result = await client.send(command, REFERENCE)
    expect(result).toEqual({ end: 'sent', messageId: expect.stringMatching(/^3EB0/) })
    const found = last(command.to)
    expect(found).toMatchObject({ fromMe: true, reference: REFERENCE })
    if (!makesMessage(command)) throw new Error('no message')
    expect(found?.message.content).toEqual(commandContent(command))
  })

  it('a reply, with mentions of some and of all', async () => {
    for (const mentions of [[ANA], 'all'] as const) {
      const { client, world, asked, anaWrites } = served(line)
      const replyTo = anaWrites('antes', true)
      const command: Command = {
        type: 'text',
        to: GROUP,
        text: 'oi',
        replyTo,
        mentions: mentions === 'all' ? mentions : [...mentions],
      }
      expect(await client.send(command, REFERENCE)).toMatchObject({ end: 'sent' })
      const message = world
        .chats()
        .find((chat) => chat.address === GROUP)
        ?.messages.at(-1)
      expect(message).toMatchObject({ replyTo: { id: replyTo } })
      expect(message?.mentions).toContain(ANA)
      expect(asked[0]?.json).toMatchObject({ mentions: mentions === 'all' ? 'all' : '5511955550101' })
    }
  })

  it('media by address and by bytes, with what belongs to them', async () => {
    for (const media of ['image', 'video', 'audio', 'voice', 'document', 'sticker', 'video-note'] as const) {
      for (const url of ['https://files.example.com/a.bin', PNG]) {
        const { client, last, view, asked } = served(line)
        expect(await client.send({ type: 'media', to: ANA, media, url }, REFERENCE)).toMatchObject({
          end: 'sent',
        })
        const content = last()?.message.content
        expect(content).toMatchObject({ type: media })
        if (url !== PNG || !content || !('media' in content)) continue
        expect(asked[0]?.json).toMatchObject({ mimetype: 'image/png' })
        const { source } = content.media
        const name = source.type === 'path' ? source.path.split('/').at(-1) : ''
        expect(String(view.media(name ?? '')?.bytes)).toBe('an invented picture')
      }
    }
  })

  it('a status post of text and of media', async () => {
    const { client, asked } = served(line)
    const text: Command = { type: 'status', to: STATUS, text: 'oi', color: 3, font: 1 }
    expect(await client.send(text, REFERENCE)).toMatchObject({ end: 'sent', messageId: expect.anything() })
    const url = 'https://files.example.com/a.ogg'
    expect(await client.send({ type: 'status', to: STATUS, media: 'voice', url }, REFERENCE)).toMatchObject({
      end: 'sent',
    })
    expect(asked.map(({ json }) => json)).toEqual([
      { type: 'text', text: 'oi', background_color: 3, font: 1, track_id: REFERENCE },
      { type: 'ptt', file: url, track_id: REFERENCE },
    ])
  })

  it('pix and requests for payment', async () => {
    const { client, asked } = served(line)
    expect(
      await client.send(
        { type: 'pix', to: ANA, key: 'loja@example.com', keyType: 'email', name: 'Loja' },
        REFERENCE,
      ),
    ).toMatchObject({ end: 'sent' })
    expect(
      await client.send(
        {
          type: 'payment',
          to: ANA,
          amount: 12.5,
          text: 'Pedido 7',
          invoice: '7',
          pix: { key: 'invented-key', keyType: 'random' },
          paymentUrl: 'https://pay.example.com/7',
          boleto: '00190',
        },
        REFERENCE,
      ),
    ).toMatchObject({ end: 'sent' })
    expect(asked.map(({ json }) => json)).toEqual([
      {
        number: '5511955550101',
        pixType: 'EMAIL',
        pixKey: 'loja@example.com',
        pixName: 'Loja',
        track_id: REFERENCE,
      },
      {
        number: '5511955550101',
        amount: 12.5,
        text: 'Pedido 7',
        invoiceNumber: '7',
        paymentLink: 'https://pay.example.com/7',
        pixKey: 'invented-key',
        pixType: 'EVP',
        boletoCode: '00190',
        track_id: REFERENCE,
      },
    ])
  })

  it('nothing to somebody who is not on WhatsApp', async () => {
    expect(await served(line).client.send({ type: 'text', to: NOBODY, text: 'x' }, REFERENCE)).toMatchObject({
      end: 'rejected',
      code: 'not-on-whatsapp',
    })
  })
  it('nothing while the number is not connected', async () => {
    const { client, last } = served(line, { connected: false })
    expect(await client.send({ type: 'text', to: ANA, text: 'x' }, REFERENCE)).toMatchObject({ end: 'hold' })
    expect(last()).toBeUndefined()
  })
  it('never with uazapi’s own delay or queue', async () => {
    const { client, asked } = served(line)
    for (const [, command] of said) await client.send(command, REFERENCE)
    for (const { json } of asked) {
      expect(json).not.toHaveProperty('delay')
      expect(json).not.toHaveProperty('async')
      expect(json).toHaveProperty('track_id', REFERENCE)
    }
  })
})

it('a preview of a link as it is given', async () => {
  const { client, asked } = served()
  const linkPreview = { title: 'Loja', description: 'Tudo', imageUrl: PNG, large: true }
  await client.send({ type: 'text', to: ANA, text: 'https://example.com', linkPreview }, REFERENCE)
  expect(asked[0]?.json).toEqual({
    number: '5511955550101',
    text: 'https://example.com',
    linkPreview: true,
    linkPreviewTitle: 'Loja',
    linkPreviewDescription: 'Tudo',
    linkPreviewImage: PNG.split(',')[1],
    linkPreviewLarge: true,
    track_id: REFERENCE,
  })
})

describe.each(LINES)('what is done to messages, on the %s line', (line) => {
  const mine = async (text = 'oi') => {
    const all = served(line)
    const result = await all.client.send({ type: 'text', to: ANA, text }, REFERENCE)
    if (result.end !== 'sent' || !result.messageId) throw new Error(result.end)
    const message = () =>
      all.world
        .chats()
        .flatMap(({ messages }) => messages)
        .find(({ id }) => id === result.messageId)
    return { ...all, target: result.messageId, message }
  }
  it('edit', async () => {
    const { client, target, message } = await mine()
    expect(await client.send({ type: 'edit', to: ANA, target, text: 'olá' }, REFERENCE)).toEqual({
      end: 'sent',
    })
    expect(message()?.content).toEqual({ type: 'text', text: 'olá' })
  })
  it('react and take it back', async () => {
    const { client, target, message } = await mine()
    for (const emoji of ['👍', '']) {
      expect(await client.send({ type: 'react', to: ANA, target, emoji }, REFERENCE)).toEqual({ end: 'sent' })
      expect(message()?.reactions.map((one) => one.emoji)).toEqual(emoji === '' ? [] : [emoji])
    }
  })
  it('revoke, by the id alone', async () => {
    const { client, target, message, asked } = await mine()
    expect(await client.send({ type: 'revoke', to: ANA, target }, REFERENCE)).toEqual({ end: 'sent' })
    expect(message()?.revokedAt).toBeDefined()
    expect(asked.at(-1)?.json).toEqual({ id: target })
  })
  it('read, by the ids alone', async () => {
    const { client, anaWrites, world, asked } = served(line)
    const targets = [anaWrites(), anaWrites()]
    expect(await client.send({ type: 'read', to: ANA, targets }, REFERENCE)).toEqual({ end: 'sent' })
    expect(world.chats()[0]?.messages.map(({ status }) => status)).toEqual(['read', 'read'])
    expect(asked.at(-1)?.json).toEqual({ id: targets })
  })
  it.each<[string, Command]>([
    ['edit', { type: 'edit', to: ANA, target: UNKNOWN_ID, text: 'x' }],
    ['revoke', { type: 'revoke', to: ANA, target: UNKNOWN_ID }],
    ['read', { type: 'read', to: ANA, targets: [UNKNOWN_ID] }],
  ])('%s of what is gone', async (_, command) => {
    expect(await served(line).client.send(command, REFERENCE)).toMatchObject({
      end: 'rejected',
      code: 'gone',
    })
  })
  it('pin where the server can; remembered where it cannot', async () => {
    const { client, target, message, paths } = await mine()
    paths()
    const pin: Command = { type: 'pin', to: ANA, target, pinned: true, days: 7 }
    if (line === '2.1') {
      expect(await client.send(pin, REFERENCE)).toEqual({ end: 'sent' })
      expect(message()?.pinned).toBe(true)
      expect(await client.send({ ...pin, pinned: false }, REFERENCE)).toEqual({ end: 'sent' })
      expect(message()?.pinned).toBeUndefined()
      expect(await client.send({ ...pin, target: UNKNOWN_ID }, REFERENCE)).toMatchObject({ code: 'gone' })
    } else {
      for (let i = 0; i < 2; i += 1) {
        expect(await client.send(pin, REFERENCE)).toMatchObject({ end: 'rejected', code: 'unsupported' })
      }
      expect(paths()).toEqual(['POST /message/pin'])
    }
  })
  it('forgets after an hour that a server could not', async () => {
    const { client, target, paths, pass } = await mine()
    const pin: Command = { type: 'pin', to: ANA, target, pinned: true }
    await client.send(pin, REFERENCE)
    paths()
    pass(3_600_000)
    await client.send(pin, REFERENCE)
    expect(paths()).toEqual(['POST /message/pin'])
  })
})

describe.each(LINES)('groups, on the %s line', (line) => {
  const state = (all: ReturnType<typeof served>) => all.view.group(GROUP)
  const isAdmin = (all: ReturnType<typeof served>, who = ANA) =>
    state(all)?.members.find((one) => one.address === who)?.admin
  it('members come and go, and get rights', async () => {
    const all = served(line)
    const send = (change: 'add' | 'promote' | 'demote' | 'remove', who = ANA) =>
      all.client.send(
        change === 'remove'
          ? { type: 'remove-member', to: GROUP, members: [who] }
          : { type: 'members', to: GROUP, change, members: [who] },
        REFERENCE,
      )
    expect(await send('promote')).toEqual({ end: 'sent' })
    expect(isAdmin(all)).toBe(true)
    expect(await send('demote')).toEqual({ end: 'sent' })
    expect(isAdmin(all)).toBe(false)
    expect(await send('remove')).toEqual({ end: 'sent' })
    expect(isAdmin(all)).toBeUndefined()
    expect(await send('remove')).toMatchObject({ end: 'rejected', code: 'gone' })
    expect(await send('add')).toEqual({ end: 'sent' })
    expect(isAdmin(all)).toBe(false)
    expect(await send('add', NOBODY)).toMatchObject({ end: 'rejected', code: 'not-on-whatsapp' })
  })
  it('nobody is left out without a word: one that uazapi cannot name stops the request', async () => {
    const { client, paths } = served(line)
    const members = [ANA, address('business', 'BR.1a2B3c4D5e')]
    const command = { type: 'members', to: GROUP, change: 'promote', members } as const
    expect(await client.send({ ...command, members }, REFERENCE)).toMatchObject({
      end: 'rejected',
      code: 'unsupported',
    })
    expect(paths()).toEqual([])
  })
  it('who asks is let in or not', async () => {
    const all = served(line)
    for (const change of ['reject', 'approve'] as const) {
      const group = all.world.groups.get(GROUP)
      if (!group) throw new Error('no group')
      group.approval = true
      all.world.askToJoin(GROUP, '5511955550103')
      expect(await all.client.groups.requests(GROUP)).toMatchObject({ ok: true, value: [{ address: CAIO }] })
      expect(
        await all.client.send({ type: 'members', to: GROUP, change, members: [CAIO] }, REFERENCE),
      ).toEqual({
        end: 'sent',
      })
      expect(isAdmin(all, CAIO)).toBe(change === 'approve' ? false : undefined)
    }
  })
  it('settings change', async () => {
    const all = served(line)
    const both: Extract<Command, { type: 'group' }>[] = [
      { type: 'group', to: GROUP, set: 'name', name: 'Novo nome' },
      { type: 'group', to: GROUP, set: 'description', description: 'Regras' },
      { type: 'group', to: GROUP, set: 'locked', on: true },
      { type: 'group', to: GROUP, set: 'announce', on: true },
      { type: 'group', to: GROUP, set: 'picture', url: 'https://files.example.com/g.jpg' },
    ]
    for (const command of both) expect(await all.client.send(command, REFERENCE)).toEqual({ end: 'sent' })
    expect(state(all)).toMatchObject({
      name: 'Novo nome',
      description: 'Regras',
      locked: true,
      announce: true,
    })
    expect(all.world.groups.get(GROUP)?.picture).toBe('https://files.example.com/g.jpg')
    await all.client.send({ type: 'group', to: GROUP, set: 'picture', url: '' }, REFERENCE)
    expect(all.world.groups.get(GROUP)?.picture).toBeUndefined()
    const newer: Command[] = [
      { type: 'group', to: GROUP, set: 'approval', on: true },
      { type: 'group', to: GROUP, set: 'ephemeral', seconds: 86_400 },
    ]
    for (const command of newer) {
      const result = await all.client.send(command, REFERENCE)
      if (line === '2.1') expect(result).toEqual({ end: 'sent' })
      else expect(result).toMatchObject({ end: 'rejected', code: 'unsupported' })
    }
    if (line === '2.1')
      expect(all.world.groups.get(GROUP)).toMatchObject({ approval: true, ephemeralSeconds: 86_400 })
  })
  it('nothing changes without an admin’s rights', async () => {
    const all = served(line)
    const group = all.world.groups.get(GROUP)
    if (!group) throw new Error('no group')
    group.own = 'member'
    const commands: Command[] = [
      { type: 'group', to: GROUP, set: 'announce', on: true },
      { type: 'remove-member', to: GROUP, members: [ANA] },
    ]
    for (const command of commands) {
      expect(await all.client.send(command, REFERENCE)).toMatchObject({ end: 'rejected', code: 'not-admin' })
    }
  })
  it('can be left', async () => {
    const all = served(line)
    expect(await all.client.send({ type: 'leave-group', to: GROUP }, REFERENCE)).toEqual({ end: 'sent' })
    expect(all.world.groups.get(GROUP)?.own).toBe('gone')
  })
  it('are asked in the spelling the server knows, which is found out once', async () => {
    const { client, paths } = served(line)
    const leave: Command = { type: 'group', to: GROUP, set: 'locked', on: true }
    await client.send(leave, REFERENCE)
    await client.send(leave, REFERENCE)
    expect(paths()).toHaveLength(line === '1.0' ? 3 : 2)
  })
})

describe('chats', () => {
  const chat = (all: ReturnType<typeof served>) => all.view.chats().find(({ party }) => party.address === ANA)
  it.each<[string, Extract<Command, { type: 'chat' }>, object]>([
    ['archive', { type: 'chat', to: ANA, set: 'archived', on: true }, { archived: true }],
    ['pin', { type: 'chat', to: ANA, set: 'pinned', on: true }, { pinned: true }],
    ['block', { type: 'chat', to: ANA, set: 'blocked', on: true }, { blocked: true }],
    ['unread', { type: 'chat', to: ANA, set: 'read', on: false }, { unread: 1 }],
    ['mute', { type: 'chat', to: ANA, set: 'muted', hours: -1 }, { mutedUntil: -1 }],
    ['labels', { type: 'chat', to: ANA, set: 'labels', labels: ['1', '2'] }, { labels: ['1', '2'] }],
    ['label', { type: 'chat', to: ANA, set: 'label', label: '3', on: true }, { labels: ['3'] }],
  ])('%s', async (_, command, expected) => {
    const all = served()
    all.anaWrites()
    expect(await all.client.send(command, REFERENCE)).toEqual({ end: 'sent' })
    expect(chat(all)).toMatchObject(expected)
  })
  it('a label is taken off again', async () => {
    const all = served()
    all.anaWrites()
    for (const on of [true, false]) {
      await all.client.send({ type: 'chat', to: ANA, set: 'label', label: '3', on }, REFERENCE)
    }
    expect(chat(all)?.labels).toEqual([])
  })
  it('notes and vanishing messages, where the server can', async () => {
    for (const line of LINES) {
      const { client, view, paths } = served(line)
      const commands: Command[] = [
        { type: 'chat', to: ANA, set: 'notes', notes: 'gosta de azul' },
        { type: 'chat', to: ANA, set: 'ephemeral', seconds: 604_800 },
        { type: 'chat', to: GROUP, set: 'ephemeral', seconds: 0 },
      ]
      for (const command of commands) {
        const result = await client.send(command, REFERENCE)
        if (line === '2.1') expect(result).toEqual({ end: 'sent' })
        else expect(result).toMatchObject({ end: 'rejected', code: 'unsupported' })
      }
      if (line === '1.0') continue
      expect(paths()).toContain('POST /group/ephemeral')
      expect(view.memory.get('notes')).toEqual({ [ANA]: 'gosta de azul' })
      expect(view.memory.get('ephemeral')).toEqual({ [ANA]: 604_800 })
    }
  })
  it('delete: the chat, or what was said in it', async () => {
    const { client, asked } = served()
    await client.send({ type: 'chat', to: ANA, set: 'deleted' }, REFERENCE)
    await client.send({ type: 'chat', to: ANA, set: 'deleted', messages: true }, REFERENCE)
    expect(asked.map(({ json }) => json)).toMatchObject([
      { deleteChatWhatsApp: true, deleteChatDB: true, clearChatWhatsApp: false },
      { deleteChatWhatsApp: false, deleteChatDB: false, clearChatWhatsApp: true },
    ])
  })
  it.each<[string, Command]>([
    ['a time uazapi does not take', { type: 'chat', to: ANA, set: 'muted', hours: 3 }],
    ['another duration', { type: 'chat', to: ANA, set: 'ephemeral', seconds: 60 }],
    ['another duration of a group', { type: 'group', to: GROUP, set: 'ephemeral', seconds: 60 }],
    ['a field uazapi does not have', { type: 'lead', to: ANA, fields: { id: 'x' } }],
    ['a field of another type', { type: 'lead', to: ANA, fields: { lead_tags: 'vip' } }],
    ['no field', { type: 'lead', to: ANA, fields: {} }],
    ['a group setting of a person', { type: 'group', to: ANA, set: 'locked', on: true }],
    ['leaving a person', { type: 'leave-group', to: ANA }],
    ['adding to a person', { type: 'members', to: ANA, change: 'add', members: [BIA] }],
    ['bytes that are none', { type: 'media', to: ANA, media: 'image', url: 'data:image/png;base64,???' }],
    ['a file of this machine', { type: 'media', to: ANA, media: 'image', url: 'file:///etc/passwd' }],
    ['a card without phones', { type: 'contact', to: ANA, name: 'x', phones: ['ramal'] }],
    ['a poll nobody can answer so', { type: 'poll', to: ANA, text: 'x', options: ['a'], choices: 2 }],
    ['a status post without anything', { type: 'status', to: STATUS }],
    ['a status post in no colour', { type: 'status', to: STATUS, text: 'x', color: 77 }],
    ['a long status post', { type: 'status', to: STATUS, text: 'x'.repeat(657) }],
    ['no amount', { type: 'payment', to: ANA, amount: 0 }],
  ])('%s is invalid, without a request', async (_, command) => {
    const { client, asked } = served()
    expect(await client.send(command, REFERENCE)).toMatchObject({ end: 'rejected', code: 'invalid' })
    expect(asked).toEqual([])
  })
  it.each<[string, Command]>([
    ['forward', { type: 'forward', to: ANA, from: BIA, target: messageId('3EB0B1') }],
    ['star', { type: 'star', to: ANA, target: messageId('3EB0B1'), starred: true }],
    ['delete for me', { type: 'delete-for-me', to: ANA, target: messageId('3EB0B1') }],
  ])('%s is unsupported, without a request, and the capabilities say so', async (_, command) => {
    const { client, asked } = served()
    expect(await client.send(command, REFERENCE)).toMatchObject({ end: 'rejected', code: 'unsupported' })
    expect(asked).toEqual([])
    const needed = neededCapability(command)
    expect(needed !== undefined && uazapi.capabilities.has(needed)).toBe(false)
  })
})

it('the record of a lead is changed in part', async () => {
  const all = served()
  all.anaWrites()
  const fields = {
    lead_name: 'Ana',
    lead_tags: ['vip'],
    lead_isTicketOpen: true,
    lead_kanbanOrder: 5,
    lead_field20: 'x',
    chatbot_disableUntil: 1_788_000_000,
  }
  expect(await all.client.send({ type: 'lead', to: ANA, fields }, REFERENCE)).toEqual({ end: 'sent' })
  await all.client.send({ type: 'lead', to: ANA, fields: { lead_name: 'Ana Maria' } }, REFERENCE)
  expect(all.view.memory.get('leads')).toEqual({ [ANA]: { ...fields, lead_name: 'Ana Maria' } })
  expect(all.asked[0]?.json).toMatchObject({ id: '5511955550101@s.whatsapp.net' })
  const stranger: Command = { type: 'lead', to: BIA, fields: { lead_name: 'Bia' } }
  expect(await all.client.send(stranger, REFERENCE)).toMatchObject({ end: 'rejected', code: 'gone' })
})

it('a call is rejected', async () => {
  const { client, world } = served()
  const call = world.call({ instance: 'sales', person: '5511955550101' })
  expect(await client.send({ type: 'reject-call', to: ANA, call }, REFERENCE)).toEqual({ end: 'sent' })
  expect(await client.send({ type: 'reject-call', to: ANA, call: 'none' }, REFERENCE)).toMatchObject({
    end: 'rejected',
    code: 'gone',
  })
})

it('typing and recording are shown, and end', async () => {
  const { client, asked } = served()
  await client.typing(ANA, 'start', 2_000, 'voice')
  await client.typing(ANA_HIDDEN, 'stop', 0)
  expect(asked.map(({ json }) => json)).toEqual([
    { number: '5511955550101', presence: 'recording', delay: 2_000 },
    { number: '90010020030040@lid', presence: 'paused' },
  ])
})
