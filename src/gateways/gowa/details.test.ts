import { describe, expect, it } from 'vitest'
import type { Address } from '../../core/address.ts'
import { address } from '../../core/address.ts'
import type { Command } from '../../core/commands.ts'
import type { ClientContext, GatewayClient } from '../../core/gateway.ts'
import { messageId } from '../../core/ids.ts'
import type { HttpOutcome, HttpRequest, Logger } from '../../core/ports.ts'
import { noWorld } from '../../simulator/no-world.fixture.ts'
import type { SimulatedNumber } from '../../simulator/port.ts'
import { GowaSettings } from './config.ts'
import { gowa } from './index.ts'
import { connect } from './send.ts'
import { goJson } from './simulator/go.ts'
import { gowaSimulator } from './simulator.ts'
import { verify } from './verify.ts'
import { formatJid, parseJid, parseLoose, partyOf } from './wire/address.ts'

describe('published signatures', () => {
  const envelope =
    '{"device_id":"628987654321@s.whatsapp.net","event":"message","payload":{"body":"\\u003cb\\u003e1 \\u0026 2\\u003c/b\\u003e \\u2028 ok 👍 é","chat_id":"628123456789@s.whatsapp.net","from":"628123456789@s.whatsapp.net","from_name":"Tom \\u0026 Jerry","id":"3EB0TEST01","is_from_me":false,"timestamp":"2026-02-08T10:00:00Z"}}'
  const flat =
    '{"chat_id":"628123456789","from":"628123456789@s.whatsapp.net","message":{"text":"hi \\u003cx\\u003e","id":"3EB0TEST02","replied_id":"","quoted_message":""},"pushname":"Jo","sender_id":"628123456789","timestamp":"2025-07-13T11:05:51Z"}'

  it.each([
    ['envelope', 'secret', envelope, '43b0b24f9fd938221da231a2dc4dc7e1b6e6808cd6cef8162bb9d4acc638b0b9'],
    ['flat', 'secret', flat, '6892aff84f37972866b21718373b6416512ccbd3f5afe885c5998d8b1efaa92c'],
    ['empty object', 'secret', '{}', '77325902caca812dc259733aacd046b73817372c777b8d95b402647474516e13'],
    ['empty secret', '', '{}', '22f8eea909400af98adf3681a9f31923ef6b7fcba4abb553d92823a3e9d5c25e'],
  ])('%s', (_, secret, body, hex) => {
    const delivery = { headers: { 'x-hub-signature-256': `sha256=${hex}` }, body: Buffer.from(body) }
    expect(verify(delivery, { secrets: [secret], insecure: false }).ok).toBe(true)
    expect(verify(delivery, { secrets: [`${secret}x`], insecure: false }).ok).toBe(false)
  })

  it('the simulator writes the very same bytes', () => {
    expect(goJson(JSON.parse(envelope))).toBe(envelope)
    const message = new Map(Object.entries(JSON.parse(flat).message))
    expect(goJson({ ...JSON.parse(flat), message })).toBe(flat)
  })
  it('escapes as Go does', () => {
    expect(goJson({ b: '\b\f\n\u0001/', a: '\ud800', '<': [undefined, null, 1e21, 1e-7].slice(1) })).toBe(
      '{"\\u003c":[null,1e+21,1e-7],"a":"\ufffd","b":"\\b\\f\\n\\u0001/"}',
    )
  })
})

describe('addresses', () => {
  it.each([
    ['5511955550201@s.whatsapp.net', 'phone:5511955550201', '5511955550201@s.whatsapp.net'],
    ['5511955550201:12@s.whatsapp.net', 'phone:5511955550201', '5511955550201@s.whatsapp.net'],
    ['5511955550201.0:12@s.whatsapp.net', 'phone:5511955550201', '5511955550201@s.whatsapp.net'],
    ['90010020030201:7@lid', 'private:90010020030201', '90010020030201@lid'],
    ['5511955550000-1400000000@g.us', 'group:5511955550000-1400000000', '5511955550000-1400000000@g.us'],
    ['120363000000000777@newsletter', 'channel:120363000000000777', '120363000000000777@newsletter'],
    ['status@broadcast', 'status:broadcast', 'status@broadcast'],
    ['5511955550201:99@hosted', 'phone:5511955550201', '5511955550201@s.whatsapp.net'],
    ['90010020030201:99@hosted.lid', 'private:90010020030201', '90010020030201@lid'],
  ])('%s', (text, expected, bare) => {
    expect(parseJid(text)).toEqual({ address: expected, bare })
    expect(formatJid(expected as Address)).toBe(bare)
  })
  it.each([
    '',
    '@',
    's.whatsapp.net',
    '@s.whatsapp.net',
    'x@s.whatsapp.net',
    '123@s.whatsapp.net',
    '1@2@lid',
    '1:@lid',
  ])('refuses %j', (text) => expect(parseJid(text)).toBeUndefined())
  it.each(['99@broadcast', '5511955550201@c.us', `${'1'.repeat(200)}@g.us`, '-1@g.us', '551195555020１@lid'])(
    'refuses %j',
    (text) => expect(parseJid(text)).toBeUndefined(),
  )
  it('reads what people paste', () => {
    expect(gowa.parseRecipient(' +5511955550201 ')).toBe('phone:5511955550201')
    expect(gowa.parseRecipient('120363000000000201')).toBe('group:120363000000000201')
    expect(gowa.parseRecipient('90010020030201@lid')).toBe('private:90010020030201')
    for (const text of ['', 'Ana', '011955550201', '123', 'a@b.example']) {
      expect(gowa.parseRecipient(text)).toBeUndefined()
    }
  })
  it.each([
    'BR.13491208655302741918@s.whatsapp.net',
    'BR.13491208655302741918:2@lid',
    'BR.13491208655302741918',
  ])('reads the business-scoped id %s, which REST cannot speak to', (text) => {
    expect(parseLoose(text)?.address).toBe('business:BR.13491208655302741918')
    expect(formatJid('business:BR.13491208655302741918' as Address)).toBeUndefined()
  })
  it('names a person by phone, with private and business-scoped ids beside it', () => {
    const names = ['BR.134912@lid', '90010020030201@lid', '5511955550201@s.whatsapp.net'].map(parseJid)
    expect(partyOf(names)).toEqual({
      address: 'phone:5511955550201',
      aliases: ['private:90010020030201', 'business:BR.134912'],
    })
  })
  it('does not believe a second address of the same kind', () => {
    const jids = ['1@lid', '55111@s.whatsapp.net', '2@lid', '55222@s.whatsapp.net'].map(parseLoose)
    expect(partyOf(jids)).toEqual({ address: 'phone:55111', aliases: ['private:1'] })
  })
})

describe('settings', () => {
  it('takes one basic auth or none, and nothing else', () => {
    expect(GowaSettings.safeParse({}).success).toBe(true)
    expect(GowaSettings.safeParse({ basicAuth: { username: 'hub', password: 'p' } }).success).toBe(true)
    for (const wrong of [
      { basicauth: {} },
      { basicAuth: { username: 'hub' } },
      { basicAuth: { username: 'a:b', password: 'p' } },
    ]) {
      expect(GowaSettings.safeParse(wrong).success).toBe(false)
    }
  })
})

describe('client', () => {
  const log: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => log }
  const to = address('phone', '5511955550201')
  const group = address('group', '120363000000000201')
  const text: Command = { type: 'text', to, text: 'oi' }
  const ok: HttpOutcome = {
    type: 'answered',
    status: 200,
    headers: {},
    body: '{"code":"SUCCESS","message":"m","results":{"message_id":"3EB0A","status":"s"}}',
  }
  const noDevice: HttpOutcome = {
    type: 'answered',
    status: 404,
    headers: {},
    body: '{"code":"DEVICE_NOT_FOUND","message":"m","results":{"device_id":"x"}}',
  }

  function client(
    answers: (request: HttpRequest) => HttpOutcome,
    options: Partial<ClientContext> = {},
    settings: GowaSettings = {},
  ): { client: GatewayClient; asked: HttpRequest[]; pass(ms: number): void } {
    let now = 0
    const asked: HttpRequest[] = []
    const context: ClientContext = {
      baseUrl: 'http://127.0.0.1:3000/',
      http: async (request) => {
        asked.push(request)
        return answers(request)
      },
      clock: { now: () => now, monotonic: () => now, setTimeout: () => ({ cancel() {} }) },
      log,
      ...options,
    }
    return {
      client: connect(settings, context),
      asked,
      pass: (ms) => {
        now += ms
      },
    }
  }
  const bodyOf = (request: HttpRequest | undefined): unknown => JSON.parse(String(request?.body))

  it('asks as GOWA wants to be asked', async () => {
    const info = { ...ok, body: '{"code":"SUCCESS","message":"m","results":{"version":"v9.2.0"}}' }
    const { client: gateway, asked } = client(
      ({ url }) => (url.endsWith('/app/info') ? info : ok),
      { device: 'front-desk' },
      {
        basicAuth: { username: 'hub', password: 'pässword' },
      },
    )
    await gateway.send(
      { ...text, replyTo: messageId('3EB0B'), mentions: [to, address('private', '90010020030201')] },
      'r',
    )
    // Older servers leave mentions out without a word, so it is asked first what this one is.
    expect(asked.map(({ url }) => new URL(url).pathname)).toEqual(['/app/info', '/send/message'])
    expect(asked[1]).toMatchObject({
      method: 'POST',
      url: 'http://127.0.0.1:3000/send/message',
      headers: {
        'content-type': 'application/json',
        'x-device-id': 'front-desk',
        authorization: `Basic ${Buffer.from('hub:pässword').toString('base64')}`,
      },
      timeoutMs: 50_000,
    })
    expect(bodyOf(asked[1])).toEqual({
      phone: '5511955550201@s.whatsapp.net',
      message: 'oi',
      reply_message_id: '3EB0B',
      mentions: ['5511955550201', '90010020030201@lid'],
    })
    expect(gateway.sendTimeoutMs).toBeGreaterThan(45_000)
  })

  it.each<[Command, string, unknown]>([
    [
      { type: 'media', to, media: 'voice', url: 'https://files.example.com/a.ogg' },
      '/send/audio',
      { phone: '5511955550201@s.whatsapp.net', audio_url: 'https://files.example.com/a.ogg', ptt: true },
    ],
    [
      {
        type: 'media',
        to: group,
        media: 'image',
        url: 'https://files.example.com/a.png',
        text: 'x',
        viewOnce: true,
      },
      '/send/image',
      {
        phone: '120363000000000201@g.us',
        image_url: 'https://files.example.com/a.png',
        caption: 'x',
        view_once: true,
      },
    ],
    [
      { type: 'react', to, target: messageId('3EB0/B'), emoji: '' },
      '/message/3EB0%2FB/reaction',
      { phone: '5511955550201@s.whatsapp.net', emoji: '' },
    ],
    [
      { type: 'remove-member', to: group, members: [to] },
      '/group/participants/remove',
      { group_id: '120363000000000201@g.us', participants: ['5511955550201'] },
    ],
  ])('%o', async (command, path, body) => {
    const { client: gateway, asked } = client(() => ok)
    await gateway.send(command, 'r')
    expect(asked[0]?.url).toBe(`http://127.0.0.1:3000${path}`)
    expect(bodyOf(asked[0])).toEqual(body)
  })

  it('refuses what would be sent otherwise than meant, without asking', async () => {
    const { client: gateway, asked } = client(() => ok)
    const media = { type: 'media', to, url: 'https://files.example.com/a' } as const
    for (const command of [
      { ...media, media: 'video-note' },
      { ...media, media: 'sticker', text: 'x' },
      { ...media, media: 'document', viewOnce: true },
      { ...text, to: address('business', 'BR.1') },
    ] satisfies Command[]) {
      expect(await gateway.send(command, 'r')).toMatchObject({ end: 'rejected', code: 'unsupported' })
    }
    for (const target of ['', '..', '../devices', '..\\devices'].map(messageId)) {
      expect(await gateway.send({ type: 'revoke', to, target }, 'r')).toMatchObject({ code: 'invalid' })
    }
    expect(asked).toEqual([])
  })

  it('finds a device given by its own number, and remembers how', async () => {
    const full = '5511955559999@s.whatsapp.net'
    const { client: gateway, asked } = client(
      (request) => (request.headers?.['x-device-id'] === full ? ok : noDevice),
      { device: '5511955559999' },
    )
    expect(await gateway.send(text, 'r')).toMatchObject({ end: 'sent' })
    expect(await gateway.send(text, 'r')).toMatchObject({ end: 'sent' })
    expect(asked.map((request) => request.headers?.['x-device-id'])).toEqual(['5511955559999', full, full])
  })
  it('holds when neither form is known, naming the setting', async () => {
    const { client: gateway } = client(() => noDevice, { device: '5511955559999' })
    expect(await gateway.send(text, 'r')).toMatchObject({
      end: 'hold',
      reason: expect.stringContaining('`device`'),
    })
  })

  it('marks messages read one by one, within one time limit', async () => {
    const {
      client: gateway,
      asked,
      pass,
    } = client(() => {
      pass(30_000)
      return ok
    })
    const targets = ['3EB0A', '3EB0B', '3EB0C'].map(messageId)
    expect(await gateway.send({ type: 'read', to, targets }, 'r')).toMatchObject({ end: 'unknown' })
    expect(asked.map((request) => request.timeoutMs)).toEqual([50_000, 20_000])
  })

  it('tells a removal that failed', async () => {
    const results = [
      { participant: 'x', status: 'success', message: 'm' },
      { participant: 'y', status: 'error', message: 'm' },
    ]
    const { client: gateway } = client(() => ({ ...ok, body: JSON.stringify({ code: 'SUCCESS', results }) }))
    expect(await gateway.send({ type: 'remove-member', to: group, members: [to] }, 'r')).toMatchObject({
      end: 'rejected',
      reason: 'GOWA could not remove 1 of 2 members',
    })
  })

  it.each([
    [
      { is_connected: true, is_logged_in: true },
      { ok: true, value: 'connected' },
    ],
    [
      { is_connected: true, is_logged_in: false },
      { ok: true, value: 'logged-out' },
    ],
    [
      { is_connected: false, is_logged_in: false },
      { ok: true, value: 'disconnected' },
    ],
    ['x', { ok: false, reason: 'GOWA sent an answer that cannot be read', retry: true, code: 'gateway-bug' }],
  ])('status %j', async (results, expected) => {
    const { client: gateway } = client(() => ({ ...ok, body: JSON.stringify({ code: 'SUCCESS', results }) }))
    expect(await gateway.status?.()).toEqual(expected)
  })
})

describe('simulated REST', () => {
  const number: SimulatedNumber = {
    instance: 'support',
    digits: '5511955559999',
    privateDigits: '70010020030040',
    name: 'Loja',
    generation: 'envelope-9',
    connected: true,
    webhookUrl: 'https://hub.example.com/webhooks/support',
    device: 'front-desk',
    basicAuth: { username: 'hub', password: 'pass' },
  }
  const world = noWorld({
    isOnWhatsApp: (to) => to !== 'phone:5511955550404',
  })
  const authorization = `Basic ${Buffer.from('hub:pass').toString('base64')}`
  const ask = (
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
    changes: Partial<SimulatedNumber> = {},
  ) =>
    gowaSimulator.serve(
      {
        method: body === undefined ? 'GET' : 'POST',
        path,
        query: {},
        headers: { authorization, ...headers },
        body: body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body),
      },
      { ...number, ...changes },
      world,
    )
  const send = { phone: '5511955550201', message: 'oi' }

  it('answers a send as GOWA words it', () => {
    expect(ask('/wa/send/message', send)).toMatchObject({
      status: 200,
      body: '{"code":"SUCCESS","message":"Message sent to 5511955550201@s.whatsapp.net (server timestamp: 2026-08-29 10:40:00 +0000 UTC)","results":{"message_id":"3EB0NEW","status":"Message sent to 5511955550201@s.whatsapp.net (server timestamp: 2026-08-29 10:40:00 +0000 UTC)"}}',
    })
  })
  it.each<[string, string, unknown, Record<string, string>, Partial<SimulatedNumber>, number, string]>([
    ['no login', '/send/message', send, { authorization: '' }, {}, 401, 'Unauthorized'],
    ['wrong device', '/send/message', send, { 'x-device-id': 'other' }, {}, 404, 'DEVICE_NOT_FOUND'],
    [
      'wrong device before 8.0',
      '/send/message',
      send,
      { 'x-device-id': 'other' },
      { generation: 'flat-7' },
      200,
      'SUCCESS',
    ],
    ['no text', '/send/message', { phone: '5511955550201' }, {}, {}, 400, 'VALIDATION_ERROR'],
    [
      'validation comes before the connection',
      '/send/message',
      {},
      {},
      { connected: false },
      400,
      'VALIDATION_ERROR',
    ],
    ['leading zero', '/send/message', { ...send, phone: '0551' }, {}, {}, 400, 'VALIDATION_ERROR'],
    ['not on WhatsApp', '/send/message', { ...send, phone: '5511955550404' }, {}, {}, 400, 'INVALID_JID'],
    ['not connected', '/send/message', send, {}, { connected: false }, 401, 'AUTHENTICATION_ERROR'],
    ['malformed JSON', '/send/message', '{', {}, {}, 500, 'INTERNAL_SERVER_ERROR'],
    [
      'document by URL before 8.2',
      '/send/file',
      { ...send, file_url: 'https://files.example.com/a.pdf' },
      {},
      { generation: 'flat-7' },
      500,
      'INTERNAL_SERVER_ERROR',
    ],
    ['unknown message', '/message/3EB0X/revoke', send, {}, {}, 500, 'INTERNAL_SERVER_ERROR'],
    [
      'unknown group',
      '/group/participants/remove',
      { group_id: '1@g.us', participants: ['1'] },
      {},
      {},
      500,
      'INTERNAL_SERVER_ERROR',
    ],
    ['health without login', '/health', undefined, { authorization: '' }, {}, 200, 'OK'],
    [
      'status while not connected',
      '/app/status',
      undefined,
      {},
      { connected: false },
      200,
      '"is_connected":false',
    ],
    ['devices', '/devices', undefined, {}, {}, 200, '"state":"logged_in"'],
    ['devices before 8.0', '/devices', undefined, {}, { generation: 'flat-7' }, 404, 'Cannot GET'],
    ['unknown route', '/send/nothing', {}, {}, {}, 404, 'Cannot POST'],
  ])('%s', (_, path, body, headers, changes, status, words) => {
    const answer = ask(path, body, headers, changes)
    expect(answer.status).toBe(status)
    expect(answer.body).toContain(words)
  })
})
