import { describe, expect, it } from 'vitest'
import { address } from '../../../core/address.ts'
import type { Command } from '../../../core/commands.ts'
import {
  ANA,
  ANA_HIDDEN,
  BASE_URL,
  BIA,
  GROUP,
  NOW,
  REFERENCE,
  served,
  UNKNOWN_ID,
} from './served.fixture.ts'

const LINES = ['1.0', '2.1'] as const

describe.each(LINES)('groups, on the %s line', (line) => {
  it('are read and listed', async () => {
    const { client } = served(line)
    const info = await client.groupInfo(GROUP)
    expect(info).toMatchObject({ ok: true, value: { address: GROUP, name: 'Grupo & Cia', locked: false } })
    expect(info.ok && info.value.members.map((one) => [one.address, one.admin])).toEqual(
      expect.arrayContaining([
        [ANA, false],
        [BIA, true],
      ]),
    )
    expect(await client.groups.list()).toEqual({ ok: true, value: [info.ok && info.value] })
    expect(await client.groupInfo(address('group', '120363000000000999'))).toMatchObject({
      ok: false,
      code: 'gone',
      retry: false,
    })
  })
  it('are made, once', async () => {
    const { client, view } = served(line)
    const made = await client.groups.create('Turma', [ANA, BIA])
    expect(made).toMatchObject({ ok: true, value: { name: 'Turma' } })
    expect(view.groups()).toHaveLength(2)
    expect(await client.groups.create('Turma', [])).toMatchObject({ ok: false, code: 'invalid' })
    const silent = served(line, {}, () => ({ type: 'unanswered', reason: 'x' }))
    expect(await silent.client.groups.create('Turma', [ANA])).toMatchObject({ ok: false, retry: false })
  })
  it('have a link, which leads back to them', async () => {
    const { client, world } = served(line)
    const link = await client.groups.inviteLink(GROUP)
    if (!link.ok) throw new Error(link.reason)
    expect(link.value).toMatch(/^https:\/\/chat\.whatsapp\.com\/[A-Za-z0-9]+$/)
    expect(await client.groups.preview(link.value)).toEqual({
      ok: true,
      value: { address: GROUP, name: 'Grupo & Cia', locked: false, announce: false },
    })
    const group = world.groups.get(GROUP)
    if (!group) throw new Error('no group')
    group.own = 'gone'
    expect(await client.groups.join(link.value)).toEqual({ ok: true, value: GROUP })
    expect(group.own).not.toBe('gone')
    group.own = 'admin'
    const reset = await client.groups.inviteLink(GROUP, true)
    expect(reset).toMatchObject({ ok: true })
    expect(reset.ok && reset.value).not.toBe(link.value)
    expect(await client.groups.preview(link.value)).toMatchObject({ ok: false, code: 'gone' })
    expect(await client.groups.join('no link at all')).toMatchObject({ ok: false, code: 'invalid' })
  })
  it('show their link to admins only', async () => {
    const { client, world } = served(line)
    const group = world.groups.get(GROUP)
    if (!group) throw new Error('no group')
    group.own = 'member'
    expect(await client.groups.inviteLink(GROUP)).toMatchObject({ ok: false, code: 'not-admin' })
    expect(await client.groups.inviteLink(GROUP, true)).toMatchObject({ ok: false, code: 'not-admin' })
  })
})

describe.each(LINES)('the directory, on the %s line', (line) => {
  it('checks numbers in the order asked', async () => {
    const { client } = served(line)
    expect(await client.directory.check(['5511955550000', '+55 11 95555-0101'])).toEqual({
      ok: true,
      value: [
        { query: '5511955550000', exists: false },
        { query: '+55 11 95555-0101', exists: true, party: { address: ANA, aliases: [ANA_HIDDEN] } },
      ],
    })
    expect(await client.directory.check([])).toEqual({ ok: true, value: [] })
  })
  it('finds chats, page by page, newest first', async () => {
    const all = served(line)
    for (const person of ['5511955550101', '5511955550102', '5511955550103']) {
      all.pass(1_000)
      all.world.say({ instance: 'sales', person }, { type: 'text', text: 'oi' })
    }
    all.view.changeChat(ANA, { archived: true, labels: ['4'], mutedUntil: -1 })
    const first = await all.client.directory.chats({ limit: 2 })
    if (!first.ok) throw new Error(first.reason)
    expect(first.value.items.map(({ party }) => party.name)).toEqual(['Caio Exemplo', 'Bia Exemplo'])
    const second = await all.client.directory.chats({ limit: 2, cursor: first.value.next ?? '' })
    expect(second).toEqual({
      ok: true,
      value: {
        items: [
          {
            party: { address: ANA, aliases: [ANA_HIDDEN], name: 'Ana Exemplo' },
            name: 'Ana Exemplo',
            archived: true,
            pinned: false,
            mutedUntil: -1,
            unread: expect.any(Number),
            labels: ['4'],
            lastMessageAt: NOW + 1_000,
          },
        ],
      },
    })
    const found = await all.client.directory.chats({ limit: 9, search: 'bia' })
    expect(found.ok && found.value.items).toMatchObject([{ party: { address: BIA } }])
    expect(all.asked.at(-1)?.json).toMatchObject({ operator: 'OR', wa_name: '~bia' })
    expect(await all.client.directory.chats({ limit: 2, cursor: 'x' })).toMatchObject({ code: 'invalid' })
  })
  it('lists contacts, page by page', async () => {
    const { client } = served(line)
    const names: (string | undefined)[] = []
    let cursor: string | undefined
    do {
      const page = await client.directory.contacts({ limit: 2, ...(cursor && { cursor }) })
      if (!page.ok) throw new Error(page.reason)
      expect(page.value.items.length).toBeLessThanOrEqual(2)
      names.push(...page.value.items.map(({ name }) => name))
      cursor = page.value.next
    } while (cursor !== undefined)
    expect(names).toEqual(['Ana Exemplo', 'Bia Exemplo', 'Caio Exemplo'])
  })
  it('shows pictures, and that there is none', async () => {
    const { client, anaWrites } = served(line)
    anaWrites('oi')
    anaWrites('oi', true)
    expect(await client.directory.picture(ANA)).toEqual({
      ok: true,
      value: expect.stringMatching(/^https:/),
    })
    expect(await client.directory.picture(GROUP)).toEqual({ ok: true, value: undefined })
  })
  it('keeps labels', async () => {
    const { client } = served(line)
    const { labels, editLabel } = client.directory
    expect(await editLabel?.({ name: 'vip', color: 3 })).toEqual({ ok: true, value: undefined })
    const one = await labels?.()
    expect(one).toMatchObject({ ok: true, value: [{ name: 'vip', color: 3 }] })
    const id = one?.ok ? (one.value[0]?.id ?? '') : ''
    await editLabel?.({ id, color: 0 })
    expect(await labels?.()).toEqual({ ok: true, value: [{ id, name: 'vip', color: 0 }] })
    await editLabel?.({ id, deleted: true })
    expect(await labels?.()).toEqual({ ok: true, value: [] })
    expect(await editLabel?.({ color: 3 })).toMatchObject({ ok: false, code: 'invalid' })
    expect(await editLabel?.({ id, name: 'x' })).toMatchObject({ ok: false, code: 'gone' })
  })
})

it('a chat, its labels and the labels themselves are read as deliveries of them are', async () => {
  const labelled = {
    wa_chatid: '5511955550101@s.whatsapp.net',
    wa_contactName: 'Ana da padaria',
    wa_name: 'Ana',
    name: 'Ana Exemplo',
    wa_label: ['5511955550100:3', 7],
  }
  const bodies: Record<string, unknown> = {
    '/chat/find': { chats: [labelled], pagination: {} },
    '/labels': [{ id: '5511955550100:3', name: 'vip' }, { labelid: 7 }],
  }
  const { client } = served('2.1', {}, ({ path }) => ({
    type: 'answered',
    status: 200,
    headers: {},
    body: JSON.stringify(bodies[path]),
  }))
  expect(await client.directory.chats({ limit: 9 })).toEqual({
    ok: true,
    value: {
      items: [
        {
          party: { address: ANA, aliases: [], name: 'Ana da padaria' },
          name: 'Ana da padaria',
          labels: ['3', '7'],
        },
      ],
    },
  })
  expect(await client.directory.labels?.()).toEqual({
    ok: true,
    value: [{ id: '3', name: 'vip' }, { id: '7' }],
  })
})

it('pages of contacts by number, as servers before late 2.0.1 count them', async () => {
  const { client, asked } = served('2.1', {}, ({ json }) => {
    const page = Number((json as { page?: number }).page ?? 1)
    return {
      type: 'answered',
      status: 200,
      headers: {},
      body: JSON.stringify({
        contacts: [{ jid: `551195555010${page}@s.whatsapp.net`, contact_name: `n ${page}` }],
        pagination: { page, pageSize: 1, totalPages: 2 },
      }),
    }
  })
  const first = await client.directory.contacts({ limit: 50 })
  expect(first).toMatchObject({ ok: true, value: { next: 'p2x1' } })
  expect(await client.directory.contacts({ limit: 50, cursor: 'p2x1' })).toEqual({
    ok: true,
    value: { items: [{ address: BIA, aliases: [], name: 'n 2' }] },
  })
  expect(asked[1]?.json).toMatchObject({ page: 2, pageSize: 1 })
})

describe('the profile', () => {
  it('gets a name and a picture', async () => {
    const { client, asked, view } = served()
    expect(await client.profile.setName?.('Loja Nova')).toEqual({ ok: true, value: undefined })
    expect(view.memory.get('profile-name')).toBe('Loja Nova')
    expect(await client.profile.setName?.('x'.repeat(26))).toMatchObject({ ok: false, code: 'invalid' })
    for (const url of ['https://files.example.com/a.jpg', 'data:image/png;base64,AAAA', '']) {
      expect(await client.profile.setPicture?.(url)).toEqual({ ok: true, value: undefined })
    }
    expect(await client.profile.setPicture?.('/etc/passwd')).toMatchObject({ ok: false, code: 'invalid' })
    expect(asked.slice(1).map(({ json }) => json)).toEqual([
      { image: 'https://files.example.com/a.jpg' },
      { image: 'AAAA' },
      { image: 'remove' },
    ])
  })
  it('has settings of privacy', async () => {
    const { client } = served()
    expect(await client.profile.privacy?.()).toMatchObject({
      ok: true,
      value: { groupAdd: 'all', online: 'all' },
    })
    expect(
      await client.profile.setPrivacy?.({ groupAdd: 'contact-blacklist', online: 'match-last-seen' }),
    ).toMatchObject({ ok: true, value: { groupAdd: 'contact-blacklist', online: 'match-last-seen' } })
    expect(await client.profile.setPrivacy?.({ shoeSize: 'all' })).toMatchObject({
      ok: false,
      code: 'invalid',
    })
    expect(await client.profile.setPrivacy?.({ online: 'none' })).toMatchObject({
      ok: false,
      code: 'invalid',
    })
  })
})

describe.each(LINES)('webhooks, on the %s line', (line) => {
  const ours = 'https://hub.example.com/webhooks/sales/another-invented-key'
  it('the hub’s is added beside others, changed when it is there, and never filters', async () => {
    const { client, number } = served(line)
    const before = await client.webhooks.list()
    expect(before).toMatchObject({
      ok: true,
      value: [{ url: number.webhookUrl, enabled: true, excludes: [] }],
    })
    const added = await client.webhooks.register({ url: ours })
    expect(added).toMatchObject({ ok: true, value: { url: ours, enabled: true, excludes: [] } })
    expect(added.ok && added.value.events).toEqual(
      expect.arrayContaining(['messages', 'messages_update', 'connection', 'groups', 'call', 'presence']),
    )
    expect(added.ok && added.value.events).toContain(line === '1.0' ? 'leads' : 'sender')
    const again = await client.webhooks.register({ url: ours })
    expect(again).toMatchObject({ ok: true, value: { id: added.ok && added.value.id } })
    const after = await client.webhooks.list()
    expect(after.ok && after.value.map(({ url }) => url)).toEqual([number.webhookUrl, ours])
    await client.webhooks.remove(added.ok ? (added.value.id ?? '') : '')
    expect(await client.webhooks.list()).toEqual(before)
  })
  it('the only one is made in simple mode, also over one that filters', async () => {
    const { client, asked, view } = served(line)
    view.memory.set('webhooks', [])
    await client.webhooks.register({ url: ours })
    expect(asked.findLast(({ method }) => method === 'POST')?.json).not.toHaveProperty('action')
    const [one] = view.memory.get('webhooks') as { excludeMessages: string[]; enabled: boolean }[]
    if (!one) throw new Error('none')
    one.excludeMessages = ['fromMeYes']
    one.enabled = false
    expect(await client.webhooks.register({ url: ours })).toMatchObject({
      ok: true,
      value: { enabled: true, excludes: [] },
    })
  })
  it('tell what they failed to deliver', async () => {
    const { client } = served(line)
    expect(await client.webhooks.errors?.()).toEqual({
      ok: true,
      value: [
        {
          at: Date.parse('2026-06-01T12:00:00Z'),
          url: 'https://hub.example.com/webhooks/sales',
          event: 'messages',
          status: 502,
          attempts: 3,
          error: 'webhook returned non-success status: 502 Bad Gateway',
        },
      ],
    })
  })
  it('of a whole server', async () => {
    const { server } = served(line)
    const hook = server.globalWebhook
    expect(await hook.list()).toEqual({ ok: true, value: [] })
    expect(await hook.register({ url: ours })).toMatchObject({ ok: true, value: { url: ours, excludes: [] } })
    expect(await hook.list()).toMatchObject({ ok: true, value: [{ url: ours }] })
    expect(await hook.remove('x')).toMatchObject({ ok: false, code: 'unsupported' })
    expect(await hook.errors?.()).toMatchObject({ ok: true })
  })
})

describe.each(LINES)('logging in, on the %s line', (line) => {
  const off = { connected: false, loggedOut: true }
  it('by code', async () => {
    const { client } = served(line, off)
    expect(await client.pair('5511955550100')).toEqual({
      ok: true,
      value: { type: 'code', code: expect.stringMatching(/^....-....$/), validMs: 300_000 },
    })
    expect(await client.status()).toEqual({ ok: true, value: 'connecting' })
    expect(await client.pair('123')).toMatchObject({ ok: false, code: 'invalid' })
  })
  it('by QR', async () => {
    const { client } = served(line, off)
    const pairing = await client.pair()
    // The first documents demand a phone.
    if (line === '1.0') expect(pairing).toMatchObject({ ok: false, code: 'invalid' })
    else {
      expect(pairing).toMatchObject({ ok: true, value: { type: 'qr', validMs: 120_000 } })
      const image = pairing.ok && pairing.value.type === 'qr' ? pairing.value.image : ''
      expect(image).toMatch(/^data:image\/png;base64,/)
    }
  })
  it('is told of a number that is', async () => {
    const { client } = served(line)
    expect(await client.pair('5511955550100')).toEqual({ ok: true, value: { type: 'connected' } })
    expect(await client.status()).toEqual({ ok: true, value: 'connected' })
  })
  it('ends', async () => {
    const { client } = served(line)
    expect(await client.disconnect()).toEqual({ ok: true, value: undefined })
    expect(await client.status()).toEqual({ ok: true, value: 'logged-out' })
  })
})
it('logging in waits as long as the server asks', async () => {
  const { client } = served('2.1', {}, () => ({
    type: 'answered',
    status: 503,
    headers: { 'retry-after': '9' },
    body: '{"error":"busy"}',
  }))
  expect(await client.pair()).toMatchObject({ ok: false, retry: true, afterMs: 9_000 })
})
it('a code that is still being made is asked for once more, then left to the caller', async () => {
  const { client, paths } = served('2.1', {}, () => ({
    type: 'answered',
    status: 200,
    headers: {},
    body: '{"connected":false,"loggedIn":false,"instance":{"qrcode":"","status":"connecting"}}',
  }))
  expect(await client.pair()).toMatchObject({ ok: false, retry: true, afterMs: 2_000 })
  expect(paths()).toEqual(['POST /instance/connect', 'GET /instance/status'])
})

describe('the version', () => {
  it.each([
    ['2.1', { version: '2.0.1 or newer', agents: false, pages: false, limits: true }],
    ['1.0', { version: '1.0 to 2.0.1', agents: true, pages: true, limits: false }],
  ] as const)('of the %s line shows in its answers, and is remembered', async (line, expected) => {
    const { client, paths } = served(line)
    const found = await client.version()
    expect(found).toMatchObject({
      ok: true,
      value: {
        version: expected.version,
        source: 'shape of answers',
        features: {
          agents: expected.agents,
          'page-numbers': expected.pages,
          'message-limits': expected.limits,
          'host-status': true,
        },
      },
    })
    const asked = paths()
    expect(await client.version()).toEqual(found)
    expect(paths()).toEqual([])
    expect(await client.version(true)).toEqual(found)
    expect(paths()).toEqual(asked)
  })
  it('shows although the number is not connected', async () => {
    const { client } = served('2.1', { connected: false })
    expect(await client.version()).toMatchObject({ ok: true, value: { version: '2.0.1 or newer' } })
  })
  it('is 2.1 once something was used that came with it', async () => {
    const { client } = served()
    const chat = { type: 'chat', to: ANA, set: 'ephemeral', seconds: 86_400 } as const
    expect(await client.send(chat, REFERENCE)).toEqual({ end: 'sent' })
    expect(await client.version()).toMatchObject({ ok: true, value: { version: '2.1' } })
  })
  it.each(LINES)('is asked by requests that read and change nothing, on the %s line', async (line) => {
    const { client, paths } = served(line)
    await client.version()
    expect(paths().filter((path) => !path.startsWith('GET '))).toEqual(['POST /chat/find'])
  })
  it('is not known where nobody answers', async () => {
    const { client } = served('2.1', {}, () => ({ type: 'not-sent', reason: 'x' }))
    expect(await client.version()).toMatchObject({ ok: false, retry: true })
  })
})

describe.each(LINES)('search and download, on the %s line', (line) => {
  it('finds a send by its reference, by id and by chat, newest first', async () => {
    const all = served(line)
    const sent = await all.client.send({ type: 'text', to: ANA, text: 'um' }, REFERENCE)
    all.pass(1_000)
    await all.client.send({ type: 'text', to: ANA, text: 'dois' }, `${REFERENCE}x`)
    all.anaWrites('três')
    if (sent.end !== 'sent' || !sent.messageId) throw new Error(sent.end)
    const one = {
      id: sent.messageId,
      chat: ANA,
      fromMe: true,
      at: NOW,
      text: 'um',
      reference: REFERENCE,
      state: 'sent',
    }
    expect(await all.client.search({ reference: REFERENCE })).toEqual({ ok: true, value: [one] })
    expect(await all.client.search({ id: sent.messageId })).toEqual({ ok: true, value: [one] })
    const newer = await all.client.search({ chat: ANA, since: NOW + 1 })
    expect(newer.ok && newer.value.map(({ text, fromMe }) => [text, fromMe])).toEqual(
      expect.arrayContaining([
        ['dois', true],
        ['três', false],
      ]),
    )
    expect(newer.ok && newer.value).toHaveLength(2)
    expect(await all.client.search({ id: UNKNOWN_ID })).toEqual({ ok: true, value: [] })
    expect(await all.client.search({ chat: address('business', 'BR.1') })).toMatchObject({
      code: 'unsupported',
    })
  })
  it('gives the address of a medium, or its bytes', async () => {
    const all = served(line)
    const url = `data:image/png;base64,${Buffer.from('an invented picture').toString('base64')}`
    const sent = await all.client.send({ type: 'media', to: ANA, media: 'image', url }, REFERENCE)
    if (sent.end !== 'sent' || !sent.messageId) throw new Error(sent.end)
    const message = { id: sent.messageId, chat: ANA, media: { source: { type: 'gateway' as const } } }
    const found = await all.client.download(message)
    expect(found).toMatchObject({
      ok: true,
      value: {
        type: 'url',
        url: expect.stringMatching(new RegExp(`^${BASE_URL}/files/`)),
        mime: 'image/png',
      },
    })
    expect(await all.client.download({ ...message, id: UNKNOWN_ID })).toMatchObject({
      ok: false,
      code: 'gone',
    })
  })
})
it('a medium without a link comes as bytes', async () => {
  const { client } = served('2.1', {}, ({ json }) => ({
    type: 'answered',
    status: 200,
    headers: {},
    body: (json as { return_base64: boolean }).return_base64
      ? '{"base64Data":"aGk=","mimetype":"image/png"}'
      : '{"fileURL":"javascript:x","mimetype":"image/png"}',
  }))
  const found = await client.download({ id: UNKNOWN_ID, chat: ANA, media: { source: { type: 'gateway' } } })
  expect(found).toMatchObject({ ok: true, value: { type: 'bytes', mime: 'image/png' } })
  expect(found.ok && found.value.type === 'bytes' && String(found.value.bytes)).toBe('hi')
})
it.each([
  ['Queued', 'queued'],
  ['Pending', 'queued'],
  ['Sent', 'sent'],
  ['Delivered', 'delivered'],
  ['read', 'read'],
  ['Played', 'played'],
  ['Failed', 'failed'],
  ['Canceled', 'failed'],
  ['Deleted', 'sent'],
  ['Something', undefined],
])('the state %s is %s', async (status, state) => {
  const { client } = served('2.1', {}, () => ({
    type: 'answered',
    status: 200,
    headers: {},
    body: JSON.stringify({ messages: [{ id: '5511955550100:3EB0A1', status }, 'x', {}] }),
  }))
  expect(await client.search({ reference: REFERENCE })).toEqual({
    ok: true,
    value: [{ id: '3EB0A1', fromMe: false, ...(state && { state }) }],
  })
})

describe('hosted campaigns', () => {
  const campaign = {
    info: 'Natal 2026',
    messages: [
      { type: 'text', to: ANA, text: 'oi' },
      {
        type: 'media',
        to: BIA,
        media: 'image',
        url: 'https://files.example.com/a.png',
        text: 'veja',
      },
      { type: 'poll', to: ANA, text: 'quando?', options: ['seg', 'ter'], choices: 1 },
    ] as Command[],
    minDelaySeconds: 5,
    maxDelaySeconds: 10,
    at: NOW + 3_600_000,
  }
  it('are made, listed, paused, resumed and deleted; delays are seconds, the folder’s ms', async () => {
    const { client, asked, view } = served()
    const made = await client.campaigns.create(campaign)
    if (!made.ok) throw new Error(made.reason)
    expect(asked.at(-1)?.json).toMatchObject({
      delayMin: 5,
      delayMax: 10,
      scheduled_for: NOW + 3_600_000,
      messages: [
        { number: '5511955550101', type: 'text', text: 'oi' },
        { number: '5511955550102', type: 'image', file: 'https://files.example.com/a.png', text: 'veja' },
        { number: '5511955550101', type: 'poll', choices: ['seg', 'ter'], selectableCount: 1 },
      ],
    })
    expect(view.memory.get('folders')).toMatchObject([{ delayMin: 5_000, delayMax: 10_000 }])
    const { id } = made.value
    for (const [action, state] of [
      ['pause', 'paused'],
      ['resume', 'scheduled'],
      ['delete', 'deleting'],
    ] as const) {
      expect(await client.campaigns.control(id, action)).toEqual({ ok: true, value: undefined })
      expect(await client.campaigns.list()).toEqual({
        ok: true,
        value: [{ id, info: 'Natal 2026', state, total: 3, sent: 0, failed: 0 }],
      })
    }
    expect(await client.campaigns.control('none', 'pause')).toMatchObject({ ok: false, code: 'gone' })
  })
  it('are found again, never made twice, when nobody knows', async () => {
    const { client, paths } = served('2.1', {}, ({ path }, real) => {
      const outcome = real()
      return path === '/sender/advanced' ? { type: 'unanswered', reason: 'reset' } : outcome
    })
    const made = await client.campaigns.create(campaign)
    expect(made).toMatchObject({ ok: true, value: { info: 'Natal 2026' } })
    expect(await client.campaigns.create(campaign)).toEqual(made)
    expect(paths().filter((path) => path === 'POST /sender/advanced')).toHaveLength(1)
  })
  it('that may or may not have been made are not made again by themselves', async () => {
    const { client } = served('2.1', {}, ({ path }, real) =>
      path === '/sender/advanced' ? { type: 'unanswered', reason: 'reset' } : real(),
    )
    expect(await client.campaigns.create(campaign)).toMatchObject({ ok: false, retry: false })
  })
  it('take no message the sender cannot send', async () => {
    const { client, asked } = served()
    const url = 'https://files.example.com/a.png'
    const messages: Command[] = [
      { type: 'media', to: ANA, media: 'image', url, viewOnce: true },
      { type: 'pix', to: ANA, key: 'x', keyType: 'cpf' },
      { type: 'react', to: ANA, target: UNKNOWN_ID, emoji: '👍' },
    ]
    for (const message of messages) {
      expect(await client.campaigns.create({ ...campaign, messages: [message] })).toMatchObject({
        ok: false,
        code: 'unsupported',
      })
    }
    expect(asked).toEqual([])
  })
})

describe('hosted agents', () => {
  const fields = {
    name: 'Bia',
    provider: 'openai',
    model: 'm',
    apikey: 'invented-secret-key',
    maxTokens: 2000,
  }
  it('are made, changed and removed where the server has them; secrets stay there', async () => {
    const { client, view } = served('1.0')
    const made = await client.agents.edit('agent', { fields })
    if (!made.ok) throw new Error(made.reason)
    await client.agents.edit('agent', { id: made.value.id, fields: { name: 'Bia 2' } })
    expect(view.memory.get('bot-agent')).toMatchObject([{ name: 'Bia 2', apikey: 'invented-secret-key' }])
    const listed = await client.agents.list('agent')
    expect(listed).toMatchObject({
      ok: true,
      value: [{ id: made.value.id, name: 'Bia 2', apikey: '***', maxTokens: 2000 }],
    })
    expect(JSON.stringify(listed)).not.toContain('invented-secret-key')
    const masked = { id: made.value.id, fields: { apikey: '***' } }
    expect(await client.agents.edit('agent', masked)).toMatchObject({ ok: false, code: 'invalid' })
    expect(await client.agents.remove('agent', made.value.id)).toEqual({ ok: true, value: undefined })
    expect(await client.agents.list('agent')).toEqual({ ok: true, value: [] })
    expect(await client.agents.remove('agent', 'none')).toMatchObject({ ok: false, code: 'gone' })
    expect(await client.agents.edit('trigger', { fields: {} })).toMatchObject({ ok: false, code: 'invalid' })
    for (const [part, needed] of [
      ['trigger', { type: 'agent' }],
      ['knowledge', { tittle: 'x', content: 'y' }],
      [
        'function',
        { name: 'x', description: 'y', method: 'GET', endpoint: 'https://x.example', headers: 'Bearer z' },
      ],
    ] as const) {
      expect(await client.agents.edit(part, { fields: needed })).toMatchObject({ ok: true })
      expect(JSON.stringify(await client.agents.list(part))).not.toContain('Bearer z')
    }
  })
  it('have settings of their instance', async () => {
    const { client, view } = served('1.0')
    expect(await client.agents.settings({ chatbot_enabled: true, chatbot_stopMinutes: 5 })).toMatchObject({
      ok: true,
    })
    expect(view.memory.get('bot-settings')).toEqual({ chatbot_enabled: true, chatbot_stopMinutes: 5 })
    expect(await client.agents.settings({ token: 'x' })).toMatchObject({ ok: false, code: 'invalid' })
  })
  it('are unsupported on servers that took them out, which is asked once', async () => {
    const { client, paths } = served('2.1')
    const gone = { ok: false, code: 'unsupported', reason: expect.stringContaining('took them out') }
    expect(await client.agents.list('agent')).toMatchObject(gone)
    expect(await client.agents.edit('agent', { fields })).toMatchObject(gone)
    expect(await client.agents.remove('knowledge', 'x')).toMatchObject(gone)
    expect(await client.agents.settings({ chatbot_enabled: true })).toMatchObject(gone)
    expect(paths()).toEqual(['GET /agent/list'])
  })
})

describe.each(LINES)('administration, on the %s line', (line) => {
  it('makes, lists, renames and removes instances, in the spelling the server knows', async () => {
    const { server, paths } = served(line)
    const made = await server.create('nova')
    if (!made.ok) throw new Error(made.reason)
    expect(made.value).toMatchObject({ name: 'nova', state: 'disconnected', credential: expect.any(String) })
    await server.create('outra')
    expect(paths()).toEqual(
      line === '1.0'
        ? ['POST /instance/create', 'POST /instance/init', 'POST /instance/init']
        : ['POST /instance/create', 'POST /instance/create'],
    )
    expect(await server.rename(made.value.id, 'novíssima')).toEqual({ ok: true, value: undefined })
    const listed = await server.instances()
    if (!listed.ok) throw new Error(listed.reason)
    expect(listed.value).toHaveLength(3)
    expect(listed.value).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ state: 'connected', phone: 'phone:5511955550100' }),
        {
          id: made.value.id,
          name: 'novíssima',
          state: 'disconnected',
          // Shown to the admin, so that an instance can be taken into the hub.
          credential: made.value.credential,
        },
      ]),
    )
    expect(await server.remove(made.value.id)).toEqual({ ok: true, value: undefined })
    expect(await server.instances()).toMatchObject({ ok: true, value: { length: 2 } })
    expect(await server.remove('none')).toMatchObject({ ok: false, code: 'gone' })
    expect(await server.create('')).toMatchObject({ ok: false, code: 'invalid' })
  })
  it('does for its own instance what needs no admin token', async () => {
    const { own, client } = served(line)
    const mine = await own.instances()
    expect(mine).toMatchObject({ ok: true, value: [{ phone: 'phone:5511955550100' }] })
    expect(await own.create('x')).toMatchObject({ ok: false, code: 'unsupported' })
    expect(own.globalWebhook).toBeUndefined()
    const id = mine.ok ? (mine.value[0]?.id ?? '') : ''
    expect(await own.rename?.(id, 'Loja 2')).toEqual({ ok: true, value: undefined })
    expect(await own.remove(id)).toEqual({ ok: true, value: undefined })
    expect(await client.status()).toMatchObject({ ok: false, code: 'unauthorized' })
  })
})
