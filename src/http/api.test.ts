import { describe, expect, test } from 'vitest'
import { HubError } from '../core/errors.ts'
import type { NodeRow } from '../core/store.ts'
import { API_KEY, chatRow, commandRow, eventRow, instance, startEdge } from './edge.fixture.ts'

const COMMAND = '01890a5d-ac96-774b-bcce-b302099a8057'

describe('the key', () => {
  test.each([
    ['none', undefined],
    ['another', 'Bearer wrong'],
    ['a longer one', `Bearer ${API_KEY}x`],
    ['a shorter one', `Bearer ${API_KEY.slice(1)}`],
    ['an empty one', 'Bearer '],
    ['another scheme', `Basic ${API_KEY}`],
    ['no scheme', API_KEY],
    ['two', `Bearer ${API_KEY} ${API_KEY}`],
  ])('%s → 401', async (_name, authorization) => {
    await using edge = await startEdge()
    for (const path of ['/api/v1/events', '/api/v1/nothing', '/api/v1/chats/chat_1/owner']) {
      const res = await edge.ask('GET', path, { headers: authorization ? { authorization } : {} })
      expect([res.status, res.json.code]).toEqual([401, 'E_UNAUTHENTICATED'])
      expect(res.headers['www-authenticate']).toMatch(/^Bearer/)
      expect(res.text).not.toContain(API_KEY)
    }
  })

  test('the scheme may be written in any case', async () => {
    await using edge = await startEdge()
    const headers = { authorization: `bearer ${API_KEY}` }
    expect((await edge.ask('GET', '/api/v1/events', { headers })).status).toBe(200)
  })

  test.each([undefined, ''])(
    'without one in the configuration (%j) nothing opens, and the answer says how to set it',
    async (apiKey) => {
      await using edge = await startEdge({ config: { apiKey } })
      for (const authorization of ['Bearer x', 'Bearer ', 'Bearer undefined']) {
        const res = await edge.ask('GET', '/api/v1/events', { headers: { authorization } })
        expect(res.status).toBe(401)
        expect(res.json.detail).toContain('POMBO_API_KEY')
      }
    },
  )
})

describe('paths', () => {
  test('unknown ones are a problem', async () => {
    await using edge = await startEdge()
    for (const res of [
      await edge.api('GET', '/nothing'),
      await edge.ask('GET', '/nothing'),
      await edge.ask('GET', '/'),
    ]) {
      expect([res.status, res.headers['content-type'], res.json.code]).toEqual([
        404,
        'application/problem+json',
        'E_NOT_FOUND',
      ])
    }
  })

  test('known ones with another method are 405 with what they take', async () => {
    await using edge = await startEdge()
    const res = await edge.api('DELETE', '/events')
    expect([res.status, res.headers.allow, res.json.code]).toEqual([405, 'GET, HEAD', 'E_METHOD'])
    expect((await edge.api('GET', '/dead-letters/evt_1/retry')).headers.allow).toBe('POST')
  })

  test.each([
    ['/events/%', 400],
    ['/events/%E0%A4%A', 400],
    [`/events/${'1'.repeat(500)}`, 414],
    [`/events?cursor=${'x'.repeat(5000)}`, 400],
    ['/events/evt_1%00', 400],
  ])('absurd (%#) → %i', async (path, status) => {
    await using edge = await startEdge()
    const res = await edge.api('GET', path)
    expect(res.json).toMatchObject({ status, code: 'E_INVALID' })
    expect(res.status).toBe(status)
  })

  test('answers carry security headers', async () => {
    await using edge = await startEdge()
    for (const res of [await edge.api('GET', '/events'), await edge.ask('GET', '/api/v1/events')]) {
      expect(res.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
        'content-security-policy': expect.stringContaining("default-src 'none'"),
      })
      expect(res.headers['x-powered-by']).toBeUndefined()
    }
  })
})

describe('lists', () => {
  const LISTS = ['/events', '/dead-letters', '/chats', '/chats/chat_7/messages', '/commands', '/instances']

  test.each(LISTS)('%s has data and next', async (path) => {
    await using edge = await startEdge()
    edge.hub.chats.push(chatRow(7))
    const res = await edge.api('GET', path)
    expect(res.status).toBe(200)
    expect(res.json).toEqual({ data: expect.any(Array), next: null })
  })

  test.each(LISTS)('%s refuses bad pages', async (path) => {
    await using edge = await startEdge()
    edge.hub.chats.push(chatRow(7))
    for (const query of [
      'limit=0',
      'limit=201',
      'limit=-1',
      'limit=1.5',
      'limit=1e2',
      'limit=x',
      'limit=',
      'limit=1&limit=2',
      'cursor=',
      'page=2',
    ]) {
      const res = await edge.api('GET', `${path}?${query}`)
      expect([query, res.status, res.json.code]).toEqual([query, 400, 'E_INVALID'])
    }
  })

  test.each(LISTS.slice(0, 5))('%s asks the store for 50, or as many as wanted', async (path) => {
    await using edge = await startEdge()
    edge.hub.chats.push(chatRow(7))
    await edge.api('GET', path)
    await edge.api('GET', `${path}?limit=200&cursor=abc`)
    expect(edge.hub.asked).toMatchObject([{ limit: 50 }, { limit: 200, cursor: 'abc' }])
  })

  test('a cursor the store refuses is E_INVALID', async () => {
    await using edge = await startEdge()
    edge.hub.storeFault = new HubError('E_INVALID', 'The cursor is not one of this list.')
    expect((await edge.api('GET', '/events?cursor=zzz')).json).toMatchObject({
      status: 400,
      code: 'E_INVALID',
    })
  })
})

describe('events', () => {
  test('are shown with public ids and ISO times, filtered by what was asked', async () => {
    await using edge = await startEdge()
    edge.hub.events.push(eventRow(12))
    const res = await edge.api('GET', '/events?instance=support&kind=message&status=done&chat=chat_7')
    expect(edge.hub.asked).toMatchObject([
      { instance: ['support'], kind: ['message'], status: ['done'], chat: 7 },
    ])
    expect(res.json).toEqual({
      data: [
        {
          id: 'evt_12',
          kind: 'message',
          instance: 'support',
          at: '2023-11-14T22:13:20.000Z',
          acceptedAt: '2023-11-14T22:13:21.000Z',
          status: 'done',
          attempts: 1,
          author: 'other',
          fact: { kind: 'message', message: { id: 'M1', content: { type: 'text', text: 'hello' } } },
          chat: 'chat_7',
          delivery: 'dlv_3',
          generation: 0,
        },
      ],
      next: null,
    })
  })

  test('of an impossible date are shown all the same', async () => {
    await using edge = await startEdge()
    edge.hub.events.push(eventRow(1, { at: 1e20 }), eventRow(2, { at: -5 }))
    expect((await edge.api('GET', '/events')).status).toBe(200)
  })

  test.each(['kind=nonsense', 'status=nonsense', 'chat=7', 'chat=evt_7', 'instance=a%20b', 'foo=1'])(
    'a filter %s is refused with the field, what is allowed and what came',
    async (query) => {
      await using edge = await startEdge()
      const { json } = await edge.api('GET', `/events?${query}`)
      expect(json).toMatchObject({
        status: 400,
        code: 'E_INVALID',
        errors: [{ message: expect.any(String) }],
      })
      expect(json.detail).toMatch(/^query/)
      expect(json.detail).toMatch(/received/)
      expect(json.detail).not.toContain('nonsense')
    },
  )

  test('one has its stages, delivery headers without credentials, and payload', async () => {
    await using edge = await startEdge()
    edge.hub.events.push(eventRow(12, { note: 'replies: /help', doneAt: 1_700_000_002_000 }))
    const { json, text } = await edge.api('GET', '/events/evt_12')
    expect(json).toMatchObject({
      id: 'evt_12',
      note: 'replies: /help',
      stages: {
        happened: '2023-11-14T22:13:20.000Z',
        received: '2023-11-14T22:13:20.500Z',
        accepted: '2023-11-14T22:13:21.000Z',
        done: '2023-11-14T22:13:22.000Z',
      },
      delivery: {
        id: 'dlv_3',
        source: '127.0.0.1',
        headers: { 'content-type': 'application/json', authorization: '***', token: '***' },
        encoding: 'json',
        payload: { hello: 'world' },
      },
    })
    expect(text).not.toMatch(/c2VjcmV0|header-token/)
  })

  test.each([
    [Buffer.from('not json'), 'text', 'not json'],
    [Buffer.from([0xff, 0xfe]), 'base64', '//4='],
    [Buffer.alloc(0), 'text', ''],
  ])('shows a payload that is no JSON as %j', async (body, encoding, payload) => {
    await using edge = await startEdge()
    edge.hub.events.push(eventRow(12))
    const { getDelivery } = edge.hub.store
    edge.hub.store.getDelivery = async (id) => ({ ...(await getDelivery(id))!, body })
    expect((await edge.api('GET', '/events/evt_12')).json.delivery).toMatchObject({ encoding, payload })
  })

  test('one whose delivery is gone has null there', async () => {
    await using edge = await startEdge()
    edge.hub.events.push(eventRow(12, { delivery: undefined }))
    expect((await edge.api('GET', '/events/evt_12')).json.delivery).toBeNull()
  })

  test.each([
    ['/events/evt_99', 404],
    ['/events/12', 400],
    ['/events/chat_12', 400],
    ['/events/evt_0', 400],
  ])('%s → %i', async (path, status) => {
    await using edge = await startEdge()
    expect((await edge.api('GET', path)).status).toBe(status)
  })
})

describe('dead letters', () => {
  test('can be listed, retried and discarded; others cannot', async () => {
    await using edge = await startEdge()
    edge.hub.events.push(eventRow(1, { status: 'dead' }), eventRow(2), eventRow(3, { status: 'dead' }))
    const list = await edge.api('GET', '/dead-letters')
    expect(list.json.data).toMatchObject([{ id: 'evt_1' }, { id: 'evt_3' }])
    expect((await edge.api('POST', '/dead-letters/evt_1/retry')).json).toEqual({ id: 'evt_101' })
    expect(edge.hub.nudges).toBe(1)
    expect((await edge.api('POST', '/dead-letters/evt_3/discard')).json).toMatchObject({
      status: 'discarded',
    })
    for (const action of ['retry', 'discard']) {
      const { json } = await edge.api('POST', `/dead-letters/evt_2/${action}`)
      expect(json).toMatchObject({ status: 409, code: 'E_CONFLICT', detail: expect.stringContaining('done') })
      expect((await edge.api('POST', `/dead-letters/evt_9/${action}`)).status).toBe(404)
    }
  })

  test('an event that has ended can run again, one that waits cannot', async () => {
    await using edge = await startEdge()
    edge.hub.events.push(eventRow(1), eventRow(2, { status: 'pending' }))
    expect((await edge.api('POST', '/events/evt_1/replay')).json).toEqual({ id: 'evt_101' })
    expect(edge.hub.nudges).toBe(1)
    expect((await edge.api('POST', '/events/evt_2/replay')).json).toMatchObject({
      code: 'E_CONFLICT',
      detail: expect.stringContaining('pending'),
    })
    expect((await edge.api('POST', '/events/evt_9/replay')).status).toBe(404)
  })

  test('a retry takes an empty body of any type', async () => {
    await using edge = await startEdge()
    edge.hub.events.push(eventRow(1, { status: 'dead' }))
    const headers = { 'content-type': 'application/json' }
    expect((await edge.api('POST', '/dead-letters/evt_1/retry', undefined, headers)).status).toBe(200)
  })
})

describe('chats', () => {
  test('are shown with their contact, messages and owner', async () => {
    await using edge = await startEdge()
    edge.hub.chats.push(chatRow(7))
    expect((await edge.api('GET', '/chats?instance=support')).json.data).toMatchObject([
      { id: 'chat_7', contact: 'con_4', address: 'phone:5511912345678', owner: 'bot' },
    ])
    expect((await edge.api('GET', '/chats/chat_7')).json).toMatchObject({
      id: 'chat_7',
      contact: { id: 'con_4', name: 'Ana', addresses: ['phone:5511912345678'] },
    })
    expect((await edge.api('GET', '/chats/chat_7/messages?limit=2')).json.data).toMatchObject([
      { id: 'M1', at: '2023-11-14T22:13:20.000Z', content: { type: 'text', text: 'hello' } },
    ])
    const taken = await edge.api('POST', '/chats/chat_7/owner', { owner: 'person' })
    expect(taken.json).toMatchObject({ id: 'chat_7', owner: 'person', epoch: 2 })
    expect(edge.hub.nudges).toBe(1)
  })

  test.each([
    [{ owner: 'robot' }, 'body.owner'],
    [{}, 'body.owner'],
    [{ owner: 'bot', more: 1 }, 'body'],
    [undefined, 'body'],
    [null, 'body'],
    ['bot', 'body'],
  ])('an owner of %j is refused, naming %s', async (body, field) => {
    await using edge = await startEdge()
    edge.hub.chats.push(chatRow(7))
    const { json } = await edge.api('POST', '/chats/chat_7/owner', body)
    expect(json).toMatchObject({ status: 400, code: 'E_INVALID', errors: [{ field }] })
  })

  test.each([
    ['GET', '/chats/chat_9'],
    ['GET', '/chats/chat_9/messages'],
    ['POST', '/chats/chat_9/owner'],
  ])('%s %s → 404', async (method, path) => {
    await using edge = await startEdge()
    const res = await edge.api(method, path, method === 'POST' ? { owner: 'bot' } : undefined)
    expect(res.status).toBe(404)
  })
})

describe('commands', () => {
  test('are shown, and decided about once', async () => {
    await using edge = await startEdge()
    edge.hub.commands.push(commandRow(COMMAND, { state: 'held', reason: 'no answer in time' }))
    expect((await edge.api('GET', '/commands?state=held&chat=chat_7')).json.data).toMatchObject([
      { id: COMMAND, chat: 'chat_7', state: 'held', createdAt: '2023-11-14T22:13:20.000Z' },
    ])
    expect((await edge.api('GET', `/commands/${COMMAND}`)).json).toMatchObject({
      reason: 'no answer in time',
    })
    const resolve = () => edge.api('POST', `/commands/${COMMAND}/resolve`, { decision: 'sent' })
    expect((await resolve()).json).toMatchObject({ id: COMMAND, state: 'sent' })
    expect(edge.hub.nudges).toBe(1)
    expect((await resolve()).json).toMatchObject({ status: 409, code: 'E_CONFLICT' })
  })

  test('unknown ids, states and decisions are refused', async () => {
    await using edge = await startEdge()
    expect((await edge.api('GET', `/commands/${COMMAND}`)).status).toBe(404)
    expect((await edge.api('GET', '/commands/1')).status).toBe(400)
    expect((await edge.api('GET', '/commands?state=lost')).status).toBe(400)
    expect((await edge.api('POST', `/commands/${COMMAND}/resolve`, { decision: 'sent' })).status).toBe(404)
    expect((await edge.api('POST', `/commands/${COMMAND}/resolve`, { decision: 'burn' })).status).toBe(400)
  })
})

describe('instances', () => {
  test('are shown with their state and without anything that opens something', async () => {
    await using edge = await startEdge()
    const { json, text } = await edge.api('GET', '/instances')
    expect(json.data).toMatchObject([
      {
        id: 'support',
        gateway: 'fake',
        baseUrl: 'http://127.0.0.1:3000/base',
        webhook: { signed: true, urlKey: false, allow: [], insecure: false },
        connection: 'connected',
        lastEventAt: '2023-11-14T22:13:20.000Z',
        queued: 2,
        hold: null,
      },
      { id: 'sales', webhook: { signed: false, urlKey: true }, queued: 0 },
    ])
    // Which settings there are, and of none of them what it says.
    expect(text.replaceAll('"settings":["token"]', '')).not.toMatch(/secret|password|token|url-key/)
  })

  test('come in pages', async () => {
    const instances = ['a', 'b', 'c'].map((id) => instance(id))
    await using edge = await startEdge({ config: { instances } })
    const first = await edge.api('GET', '/instances?limit=2')
    expect(first.json).toMatchObject({ data: [{ id: 'a' }, { id: 'b' }], next: 'b' })
    expect((await edge.api('GET', '/instances?limit=2&cursor=b')).json).toMatchObject({
      data: [{ id: 'c' }],
      next: null,
    })
    expect((await edge.api('GET', '/instances?cursor=x')).json).toMatchObject({ code: 'E_INVALID' })
  })
})

describe('sending', () => {
  test.each([
    ['5511912345678', 'phone:5511912345678'],
    ['+55 (11) 91234-5678', 'phone:5511912345678'],
    [' 5511912345678 ', 'phone:5511912345678'],
    ['phone:5511912345678', 'phone:5511912345678'],
    ['group:123-456', 'group:123-456'],
    ['123@fake', 'group:123'],
    ['chat_7', 7],
  ])('to %j goes to %s', async (to, expected) => {
    await using edge = await startEdge()
    edge.hub.chats.push(chatRow(7))
    const res = await edge.api('POST', '/instances/support/messages', { to, text: 'hi' })
    expect([res.status, res.json]).toEqual([202, { id: expect.stringMatching(/^[0-9a-f-]{36}$/) }])
    expect(edge.hub.sends).toEqual([
      { instance: 'support', to: expected, command: { type: 'text', text: 'hi' }, claim: false },
    ])
  })

  test.each(['ana', '12', '1'.repeat(30), 'phone:ana', 'chat_9', 'chat_8', '+', '()', 'evt_1', '5511 ext 3'])(
    'to %j is refused with the allowed forms',
    async (to) => {
      await using edge = await startEdge()
      edge.hub.chats.push(chatRow(8, { instance: instance('sales').id }))
      const { json } = await edge.api('POST', '/instances/support/messages', { to, text: 'hi' })
      expect(json).toMatchObject({ status: 400, code: 'E_INVALID', errors: [{ field: 'body.to' }] })
      expect(json.detail).toContain('chat_12')
      expect(edge.hub.sends).toEqual([])
    },
  )

  test('media, replies and claims are passed on', async () => {
    await using edge = await startEdge()
    const media = { type: 'document', url: 'https://example.com/a.pdf', fileName: 'a.pdf' }
    const body = { to: '5511912345678', media, text: 'see', replyTo: 'M1', claim: true }
    expect((await edge.api('POST', '/instances/support/messages', body)).status).toBe(202)
    expect(edge.hub.sends).toMatchObject([
      {
        claim: true,
        command: {
          type: 'media',
          media: 'document',
          url: 'https://example.com/a.pdf',
          fileName: 'a.pdf',
          text: 'see',
          replyTo: 'M1',
        },
      },
    ])
  })

  const to = '5511912345678'
  test.each([
    [{ to }, 'body.text'],
    [{ text: 'hi' }, 'body.to'],
    [{ to: 5511912345678, text: 'hi' }, 'body.to'],
    [{ to, text: '' }, 'body.text'],
    [{ to, text: 'x'.repeat(65_537) }, 'body.text'],
    [{ to, text: 'hi', replyTo: '' }, 'body.replyTo'],
    [{ to, media: { type: 'image', url: 'file:///etc/passwd' } }, 'body.media.url'],
    [{ to, media: { type: 'image', url: 'javascript:alert(1)' } }, 'body.media.url'],
    [{ to, media: { type: 'image', url: '/a.png' } }, 'body.media.url'],
    [{ to, media: { type: 'hologram', url: 'https://example.com' } }, 'body.media.type'],
    [{ to, text: 'hi', txt: 'hi' }, 'body'],
    [[], 'body'],
  ])('a wrong body is refused naming the field (%#)', async (body, field) => {
    await using edge = await startEdge()
    const { json } = await edge.api('POST', '/instances/support/messages', body)
    expect(json).toMatchObject({ status: 400, code: 'E_INVALID', errors: [{ field }] })
    expect(json.detail).not.toContain('5511912345678')
    expect(edge.hub.sends).toEqual([])
  })

  test.each([
    [
      { to, text: 'hi', txt: 'hi' },
      '`txt` is not known here; did you mean `text`? Known: to, text, media, replyTo, claim',
    ],
    [
      { to, media: { type: 'image', url: 'https://x.example/a.png', zzz: 1 } },
      '`zzz` is not known here. Known: type, url, fileName',
    ],
    [{ to, text: '' }, 'must have at least 1 character'],
    [{ to, text: 'x'.repeat(65_537) }, 'must have at most 65,536 characters'],
    [{ text: 'hi' }, 'is missing; must be text'],
    [{ to: 5511912345678, text: 'hi' }, 'must be text'],
    [{ to, text: 'hi', claim: 'yes' }, 'must be true or false'],
    [
      { to, media: { type: 'imge', url: 'https://x.example/a.png' } },
      'must be one of image, video, audio, voice, document, sticker, video-note; did you mean `image`?',
    ],
    [[], 'must be an object'],
  ])('a wrong body is told in our own words (%#)', async (body, message) => {
    await using edge = await startEdge()
    const { json } = await edge.api('POST', '/instances/support/messages', body)
    expect(json.errors).toMatchObject([{ message }])
  })

  test('an Idempotency-Key is passed on; a useless one is refused', async () => {
    await using edge = await startEdge()
    const send = (key: string) =>
      edge.api('POST', '/instances/support/messages', { to, text: 'hi' }, { 'idempotency-key': key })
    const [first, second] = [await send('order 17'), await send('order 17')]
    expect(first.json).toEqual(second.json)
    expect(edge.hub.sends.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['order 17', 'order 17'])
    expect((await send('x'.repeat(200))).status).toBe(202)
    for (const key of ['x'.repeat(201), '', 'pë']) {
      expect((await send(key)).json).toMatchObject({ status: 400, code: 'E_INVALID' })
    }
  })

  test('through an unknown instance → 404', async () => {
    await using edge = await startEdge()
    expect((await edge.api('POST', '/instances/nobody/messages', { to, text: 'hi' })).status).toBe(404)
  })
})

describe('bodies', () => {
  const path = '/api/v1/instances/support/messages'
  const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' }

  test.each([
    ['not JSON', '{"to":', 'application/json', 400, 'E_INVALID'],
    ['another type', 'to=1', 'application/x-www-form-urlencoded', 415, 'E_INVALID'],
    ['plain text', 'hi', 'text/plain', 415, 'E_INVALID'],
    ['a broken type', '{}', 'nonsense', 415, 'E_INVALID'],
    ['too long', JSON.stringify({ text: 'x'.repeat(262_144) }), 'application/json', 413, 'E_TOO_LARGE'],
    ['a prototype', '{"__proto__":{"to":"5511912345678"},"text":"hi"}', 'application/json', 400, 'E_INVALID'],
  ])('%s', async (_name, body, type, status, code) => {
    await using edge = await startEdge()
    const res = await edge.ask('POST', path, { headers: { ...headers, 'content-type': type }, body })
    expect([res.status, res.json.status, res.json.code]).toEqual([status, status, code])
  })
})

describe('nodes', () => {
  test('are listed with what they do and their last sign of life', async () => {
    await using edge = await startEdge()
    expect((await edge.api('GET', '/nodes')).json).toEqual({ data: [], next: null })
    const at = Date.UTC(2026, 10, 21)
    edge.hub.cluster.nodes = async () => [
      {
        id: 'n1',
        roles: ['worker', 'sender'],
        host: 'one',
        version: '1.2.3',
        startedAt: at,
        seenAt: at + 2_000,
      },
    ]
    expect((await edge.api('GET', '/nodes')).json).toEqual({
      data: [
        {
          id: 'n1',
          roles: ['worker', 'sender'],
          host: 'one',
          version: '1.2.3',
          startedAt: '2026-11-21T00:00:00.000Z',
          seenAt: '2026-11-21T00:00:02.000Z',
        },
      ],
      next: null,
    })
    expect((await edge.ask('GET', '/api/v1/nodes', {})).status).toBe(401)
  })

  test('are paged oldest first, also when the last one shown is gone', async () => {
    await using edge = await startEdge()
    const node = (id: string, startedAt: number): NodeRow => ({
      id,
      roles: ['worker'],
      host: id,
      version: '1.2.3',
      startedAt,
      seenAt: startedAt,
    })
    const [first, second, third] = [node('n3', 1_000), node('n1', 2_000), node('n2', 2_000)]
    edge.hub.cluster.nodes = async () => [third, first, second]
    const page = await edge.api('GET', '/nodes?limit=2')
    expect(page.json).toMatchObject({ data: [{ id: 'n3' }, { id: 'n1' }], next: expect.any(String) })
    edge.hub.cluster.nodes = async () => [first, third]
    const cursor = encodeURIComponent(String(page.json.next))
    expect((await edge.api('GET', `/nodes?limit=2&cursor=${cursor}`)).json).toMatchObject({
      data: [{ id: 'n2' }],
      next: null,
    })
    for (const query of ['cursor=n1', 'cursor=', 'limit=0', 'role=worker'])
      expect((await edge.api('GET', `/nodes?${query}`)).json, query).toMatchObject({ code: 'E_INVALID' })
  })

  test('hear of what was decided here', async () => {
    await using edge = await startEdge()
    edge.hub.events.push(eventRow(1, { status: 'dead' }), eventRow(2, { status: 'dead' }), eventRow(3))
    edge.hub.commands.push(commandRow(COMMAND, { state: 'held' }))
    await edge.api('POST', '/dead-letters/evt_1/retry')
    await edge.api('POST', '/dead-letters/evt_2/discard')
    await edge.api('POST', '/events/evt_3/replay')
    await edge.api('POST', `/commands/${COMMAND}/resolve`, { decision: 'sent' })
    expect(edge.hub.changed).toEqual(['support', 'support', 'support', 'support'])
  })
})

describe('faults', () => {
  test('nobody foresaw are told by a request id and logged with their cause', async () => {
    await using edge = await startEdge()
    edge.hub.storeFault = new TypeError('cannot read secret-thing of undefined')
    const res = await edge.api('GET', '/events?chat=chat_77')
    expect([res.status, res.json.code]).toEqual([500, 'E_INTERNAL'])
    expect(res.text).not.toMatch(/secret-thing|at .*\.ts/)
    const line = edge.log.lines.at(-1)
    expect(line).toContain(res.json.requestId)
    expect(line).toContain('secret-thing')
    expect(line).toContain('/api/v1/events')
    expect(line).not.toContain('chat_77')
  })

  test('of the store are 503 with Retry-After', async () => {
    await using edge = await startEdge()
    edge.hub.storeFault = new HubError('E_STORE_UNAVAILABLE', 'The disk is full.')
    const res = await edge.api('GET', '/events')
    expect([res.status, res.headers['retry-after'], res.json.code]).toEqual([503, '1', 'E_STORE_UNAVAILABLE'])
  })
})
