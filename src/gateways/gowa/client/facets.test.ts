import { afterEach, describe, expect, it } from 'vitest'
import { address } from '../../../core/address.ts'
import { messageId } from '../../../core/ids.ts'
import { FakeClock } from '../../../testing/fake-clock.ts'
import { SLOTS } from '../simulator/rest/slots.ts'
import type { Asking } from './asking.ts'
import { directory } from './directory.ts'
import { below } from './paths.ts'
import { ANA, ana, BIA, bia, type Played, play, TEAM } from './played.fixture.ts'

let played: Played
afterEach(() => played.close())
const start = async (...how: Parameters<typeof play>) => {
  played = await play(...how)
  return played.client
}
/** The facet, which is there: a missing one fails the test. */
function have<T>(facet: T | undefined): T {
  if (facet === undefined) throw new Error('missing')
  return facet
}
const PICTURE = `data:image/png;base64,${Buffer.from('89504e470d0a1a0a', 'hex').toString('base64')}`

describe('groups', () => {
  it('are listed with members and settings, and told in full', async () => {
    const client = await start()
    const members = expect.arrayContaining([expect.objectContaining({ address: ANA, admin: false })])
    const team = { address: TEAM, name: 'Team', description: 'Us', locked: false, announce: false, members }
    expect(await client.groups?.list()).toEqual({ ok: true, value: [team] })
    expect(await client.groupInfo?.(TEAM)).toMatchObject({ ok: true, value: team })
    expect(await client.groupInfo?.(address('group', '120363000000000999'))).toMatchObject({
      ok: false,
      code: 'gone',
      retry: false,
    })
    expect(await client.groupInfo?.(ANA)).toMatchObject({ ok: false, code: 'invalid' })
  })
  it('are made, and joined by a link that may be renewed', async () => {
    const client = await start()
    const groups = have(client.groups)
    const made = await groups.create('New', [ANA, BIA])
    if (!made.ok) throw new Error(made.reason)
    expect(made.value).toMatchObject({ name: 'New', address: expect.stringMatching(/^group:/) })
    expect(made.value.members.map((one) => one.address)).toEqual(expect.arrayContaining([ANA, BIA]))
    const link = await groups.inviteLink(made.value.address)
    if (!link.ok) throw new Error(link.reason)
    expect(await groups.inviteLink(made.value.address)).toEqual(link)
    expect(await groups.preview(link.value)).toMatchObject({
      ok: true,
      value: { address: made.value.address, name: 'New', locked: false },
    })
    expect(await groups.join(link.value)).toEqual({ ok: true, value: made.value.address })
    const renewed = await groups.inviteLink(made.value.address, true)
    expect(renewed.ok && renewed.value).not.toBe(link.value)
    expect(await groups.preview(link.value)).toMatchObject({ ok: false, code: 'invalid', retry: false })
    expect(await groups.join(link.value)).toMatchObject({ ok: false, code: 'invalid' })
    expect(await groups.create('None', [])).toMatchObject({ ok: false, code: 'invalid' })
  })
  it('tell who asked to join, to admins only', async () => {
    const client = await start()
    const group = have(played.whatsapp.groups.get(TEAM))
    group.approval = true
    expect(await client.groups?.requests(TEAM)).toEqual({ ok: true, value: [] })
    played.whatsapp.askToJoin(TEAM, bia.digits)
    expect(await client.groups?.requests(TEAM)).toMatchObject({ ok: true, value: [{ address: BIA }] })
    group.own = 'member'
    const refused = { ok: false, code: 'not-admin', retry: false }
    expect(await client.groups?.requests(TEAM)).toMatchObject(refused)
    expect(await client.groups?.inviteLink(TEAM)).toMatchObject(refused)
  })
})

describe('directory', () => {
  it('checks numbers in the order asked', async () => {
    const directory = have((await start()).directory)
    const query = ['+55 11 95555-0101', '5511955550000', 'nobody']
    expect(await directory.check(query)).toEqual({
      ok: true,
      value: [
        { query: query[0], exists: true, party: { address: ANA, aliases: [] } },
        { query: query[1], exists: false },
        { query: query[2], exists: false },
      ],
    })
    expect(played.asked).toHaveLength(2)
  })
  it('does not check numbers for ever', async () => {
    const clock = new FakeClock()
    let asked = 0
    const ask: Asking['ask'] = async (_question, schema) => {
      asked += 1
      await clock.advance('9s')
      return { ok: true, value: schema.parse({ is_on_whatsapp: true }) }
    }
    const slow = directory({ ask, tell: async () => ({ ok: true, value: undefined }) }, clock)
    const phones = Array.from({ length: 256 }, (_, i) => `55119555${10_000 + i}`)
    expect(await slow.check(phones)).toMatchObject({ ok: false, retry: true })
    expect(asked).toBeLessThan(8)
  })
  it('pages chats and contacts', async () => {
    const directory = have((await start()).directory)
    for (const one of [ana, bia])
      played.whatsapp.say({ instance: 'support', person: one.digits }, { type: 'text', text: 'oi' })
    const first = await directory.chats({ limit: 1 })
    if (!first.ok) throw new Error(first.reason)
    const second = await directory.chats({ limit: 1, cursor: have(first.value.next) })
    if (!second.ok) throw new Error(second.reason)
    expect(second.value.next).toBeUndefined()
    const found = [...first.value.items, ...second.value.items]
    expect(found.map(({ party }) => party.address).sort()).toEqual([ANA, BIA])
    expect(found[0]).toMatchObject({ archived: false, lastMessageAt: expect.any(Number) })
    expect(await directory.chats({ limit: 10, search: 'bia' })).toMatchObject({
      ok: true,
      value: { items: [{ party: { address: BIA, name: 'Bia' } }] },
    })
    const contacts = await directory.contacts({ limit: 1 })
    expect(contacts).toEqual({
      ok: true,
      value: { items: [{ address: ANA, aliases: [], name: 'Ana' }], next: '1' },
    })
    expect(await directory.contacts({ limit: 1, cursor: '1' })).toEqual({
      ok: true,
      value: { items: [{ address: BIA, aliases: [], name: 'Bia' }] },
    })
  })
  it('knows that somebody shows no picture', async () => {
    const directory = have((await start()).directory)
    expect(await directory.picture(ANA)).toEqual({ ok: true, value: expect.stringMatching(/^https:/) })
    expect(await directory.picture(address('phone', '5511955550999'))).toEqual({ ok: true, value: undefined })
  })
})

it('profile: name, picture and privacy', async () => {
  const profile = have((await start()).profile)
  expect(await profile.setName?.('Loja Nova')).toEqual({ ok: true, value: undefined })
  expect(played.world.memory.get('pushname')).toBe('Loja Nova')
  expect(await profile.setPicture?.(PICTURE)).toEqual({ ok: true, value: undefined })
  expect(played.world.memory.get('avatar')).toMatch(/\.png$/)
  for (const url of ['', 'https://example.com/a.png'])
    expect(await profile.setPicture?.(url)).toMatchObject({ ok: false, code: 'unsupported', retry: false })
  expect(await profile.privacy?.()).toEqual({
    ok: true,
    value: {
      groupAdd: 'contacts',
      lastSeen: 'all',
      about: 'contact-blacklist',
      picture: 'all',
      readReceipts: 'all',
    },
  })
})

describe('webhooks', () => {
  const url = 'https://hub.example.com/webhooks/support'
  it('are one per device, replaced by registering and kept otherwise', async () => {
    const webhooks = have((await start()).webhooks)
    expect(await webhooks.list()).toEqual({ ok: true, value: [] })
    const registration = { id: 'front-desk', url, enabled: true, events: [], excludes: [] }
    expect(await webhooks.register({ url, secret: 'a-webhook-secret' })).toEqual({
      ok: true,
      value: registration,
    })
    const again = { ...registration, url: `${url}/2` }
    expect(await webhooks.register({ url: `${url}/2` })).toEqual({ ok: true, value: again })
    expect(await webhooks.list()).toEqual({ ok: true, value: [again] })
    // Registering without a secret keeps the one that is there.
    expect(played.world.memory.get(SLOTS)).toMatchObject([{ webhook: { secret: 'a-webhook-secret' } }])
    expect(await webhooks.remove('front-desk')).toEqual({ ok: true, value: undefined })
    expect(await webhooks.list()).toEqual({ ok: true, value: [] })
  })
  it.each(['5511955559999', '5511955559999@s.whatsapp.net'])('find the slot of %s', async (device) => {
    const client = await start('envelope-9', {}, { device })
    expect(await client.webhooks?.register({ url })).toMatchObject({ ok: true, value: { id: 'front-desk' } })
  })
})

describe('logging in and out', () => {
  it('by QR code, whose picture lies below our own address', async () => {
    const client = await start('envelope-9', { connected: false, loggedOut: true })
    expect(await client.status?.()).toEqual({ ok: true, value: 'logged-out' })
    const pairing = await client.pair?.()
    if (!pairing?.ok || pairing.value.type !== 'qr') throw new Error('no QR code')
    expect(pairing.value.validMs).toBe(30_000)
    expect(pairing.value.image.startsWith(`${played.base}/statics/qrcode/`)).toBe(true)
    const image = await fetch(pairing.value.image)
    expect(image.headers.get('content-type')).toBe('image/png')
    expect(Buffer.from(await image.arrayBuffer()).toString('latin1', 1, 4)).toBe('PNG')
    expect(await client.status?.()).toEqual({ ok: true, value: 'logged-out' })
    played.whatsapp.scan('support')
    expect(await client.status?.()).toEqual({ ok: true, value: 'connected' })
    expect(await client.pair?.()).toEqual({ ok: true, value: { type: 'connected' } })
    expect(await client.disconnect?.()).toEqual({ ok: true, value: undefined })
    expect(await client.status?.()).toEqual({ ok: true, value: 'logged-out' })
  })
  it('is told apart from being offline, where the server lists its devices', async () => {
    const statusOf = async (generation: string, number: object) =>
      (await start(generation, number)).status?.()
    const offline = { connected: false }
    const gone = { connected: false, loggedOut: true }
    expect(await statusOf('envelope-9', offline)).toEqual({ ok: true, value: 'disconnected' })
    expect(await statusOf('envelope-8', gone)).toEqual({ ok: true, value: 'logged-out' })
    expect(await statusOf('flat-7.11', gone)).toEqual({ ok: true, value: 'disconnected' })
  })
  it('by pairing code', async () => {
    const client = await start('flat-7.11', { connected: false, loggedOut: true })
    expect(await client.pair?.('5511955559999')).toMatchObject({
      ok: true,
      value: { type: 'code', code: expect.stringMatching(/^....-....$/) },
    })
    expect(await client.pair?.('+55')).toMatchObject({ ok: false, code: 'invalid' })
  })
  it('tells that the server is offline', async () => {
    const client = await start('envelope-9', { connected: false })
    expect(await client.pair?.()).toMatchObject({ ok: false, code: 'not-connected', retry: true })
  })
})

describe('history', () => {
  it('finds what was said in a chat, newest first, since a time', async () => {
    const client = await start()
    const sent = await client.send({ type: 'text', to: ANA, text: 'one' }, 'r')
    played.whatsapp.say({ instance: 'support', person: ana.digits }, { type: 'text', text: 'two' })
    const found = await client.search?.({ chat: ANA, since: Date.now() - 60_000 })
    if (!found?.ok) throw new Error('not found')
    expect(found.value.map(({ text, fromMe, state }) => [text, fromMe, state]).sort()).toEqual([
      ['one', true, 'sent'],
      ['two', false, undefined],
    ])
    const id = sent.end === 'sent' ? have(sent.messageId) : messageId('')
    expect(await client.search?.({ chat: ANA, id })).toMatchObject({ ok: true, value: [{ id, chat: ANA }] })
    expect(await client.search?.({ chat: ANA, since: Date.now() + 60_000 })).toEqual({ ok: true, value: [] })
    expect(await client.search?.({ chat: BIA })).toEqual({ ok: true, value: [] })
    expect(await client.search?.({ reference: 'r' })).toMatchObject({ ok: false, code: 'unsupported' })
  })
  it('tells what our own media said', async () => {
    const client = await start()
    const media = { type: 'media', to: ANA, url: 'https://e.example/a' } as const
    await client.send({ ...media, media: 'image', text: 'Look' }, 'r')
    await client.send({ ...media, media: 'video' }, 'r')
    await client.send({ type: 'text', to: ANA, text: '🎥 tonight' }, 'r')
    const found = await client.search?.({ chat: ANA })
    if (!found?.ok) throw new Error('not found')
    expect(found.value.map(({ media, text }) => [media, text]).sort()).toEqual(
      [
        ['image', 'Look'],
        ['video', undefined],
        [undefined, '🎥 tonight'],
      ].sort(),
    )
  })
  it('keeps our own messages where a chat is busy', async () => {
    const client = await start()
    await client.send({ type: 'text', to: ANA, text: 'mine' }, 'r')
    for (let n = 0; n < 120; n += 1)
      played.whatsapp.say({ instance: 'support', person: ana.digits }, { type: 'text', text: `${n}` })
    const found = await client.search?.({ chat: ANA })
    if (!found?.ok) throw new Error('not found')
    expect(found.value).toHaveLength(100)
    expect(found.value.filter(({ fromMe }) => fromMe).map(({ text }) => text)).toEqual(['mine'])
  })
  it('finds where a medium is, without following any address of a delivery', async () => {
    const client = await start()
    const sent = await client.send({ type: 'media', to: ANA, media: 'image', url: PICTURE }, 'r')
    const id = sent.end === 'sent' ? have(sent.messageId) : messageId('')
    const headers = { authorization: expect.stringMatching(/^Basic /) }
    const sources = [
      { type: 'gateway' },
      { type: 'url', url: 'https://elsewhere.example.com/a.enc' },
    ] as const
    for (const source of sources) {
      const place = await client.download?.({ id, chat: ANA, media: { source, mime: 'image/png' } })
      expect(place).toEqual({
        ok: true,
        value: {
          type: 'url',
          url: expect.stringMatching(`^${played.base}/statics/media/[0-9a-f]+\\.png$`),
          headers,
          mime: 'image/png',
        },
      })
    }
    const before = played.asked.length
    const path = { type: 'path', path: 'statics/media/1-a b.jpe' } as const
    expect(await client.download?.({ id, chat: ANA, media: { source: path } })).toEqual({
      ok: true,
      value: { type: 'url', url: `${played.base}/statics/media/1-a%20b.jpe`, headers },
    })
    expect(played.asked).toHaveLength(before)
    const gone = { id: messageId('3EB0NEVER'), chat: ANA, media: { source: { type: 'gateway' as const } } }
    expect(await client.download?.(gone)).toMatchObject({ ok: false, code: 'gone', retry: false })
  })
  it.each([
    'https://evil.example.com/a',
    'statics/../send/message',
    'statics/%2e%2e/x',
    'statics/media/%2e%2e%2fx',
    'statics//x',
    'media/x',
    'statics/media/..\\x',
  ])('%s is no file of GOWA', async (path) => {
    await start()
    expect(below(played.base, path)).toBeUndefined()
  })
  it('believes the path of an absolute address, not its host', async () => {
    await start()
    expect(below('http://gowa:3000/wa', 'https://evil.example.com/statics/media/a.png?x=1')).toBe(
      'http://gowa:3000/wa/statics/media/a.png',
    )
  })
})

describe('the server', () => {
  it('has devices, which are made and removed', async () => {
    await start()
    const { server } = played
    const own = { id: 'front-desk', name: 'Loja', state: 'connected', phone: 'phone:5511955559999' }
    expect(await server.instances()).toEqual({ ok: true, value: [own] })
    expect(await server.create('till')).toMatchObject({
      ok: true,
      value: { id: 'till', state: 'disconnected' },
    })
    // Whether it was made is not known after an error, so it is not tried again by itself.
    expect(await server.create('till')).toMatchObject({ ok: false, retry: false })
    expect(await server.remove('till')).toEqual({ ok: true, value: undefined })
    expect(await server.remove('till')).toMatchObject({ ok: false })
    expect(await server.instances()).toEqual({ ok: true, value: [own] })
  })
  it('may be fresh, then gets a device that logs in', async () => {
    const client = await start('envelope-9', { connected: false, loggedOut: true })
    const text = { type: 'text', to: ANA, text: 'oi' } as const
    played.world.memory.set(SLOTS, [])
    expect(await played.server.instances()).toEqual({ ok: true, value: [] })
    expect(await client.send(text, 'r')).toMatchObject({
      end: 'hold',
      reason: expect.stringContaining('`device`'),
    })
    await played.server.create('front-desk')
    // Never logged in: storage answers, WhatsApp does not.
    expect(await client.status?.()).toEqual({ ok: true, value: 'logged-out' })
    expect(await client.search?.({ chat: ANA })).toEqual({ ok: true, value: [] })
    expect(await client.send(text, 'r')).toMatchObject({ end: 'hold' })
    expect(await client.send({ ...text, text: '' }, 'r')).toMatchObject({ end: 'rejected', code: 'invalid' })
    expect(await client.pair?.()).toMatchObject({ ok: true, value: { type: 'qr' } })
    expect(await client.send(text, 'r')).toMatchObject({ end: 'hold' })
    played.whatsapp.scan('support')
    expect(await client.send(text, 'r')).toMatchObject({ end: 'sent' })
  })
})
