import { describe, expect, test } from 'vitest'
import { HubError } from '../core/errors.ts'
import { instance, openSocket, PROOF, startEdge, URL_KEY } from './edge.fixture.ts'
import { isWebhook, maskedPath, webhookPath } from './webhooks.ts'

const head = (length: number | 'chunked', more = '') =>
  `POST /webhooks/support HTTP/1.1\r\nHost: x\r\nX-Proof: good\r\n${more}${
    length === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`
  }\r\n\r\n`
const OK = /HTTP\/1\.1 200 OK[\s\S]*\{"accepted":1,"duplicates":0\}/

describe('a delivery', () => {
  test('is handed on byte for byte and answered by what was stored', async () => {
    await using edge = await startEdge()
    const body = Buffer.from([0, 255, 13, 10, 123, 0xc3, 0x28])
    const res = await edge.ask('POST', '/webhooks/support?x=1', { headers: PROOF, body })
    expect([res.status, res.text, res.headers['content-type']]).toEqual([
      200,
      '{"accepted":1,"duplicates":0}',
      'application/json',
    ])
    const [received] = edge.hub.received
    expect(received?.delivery.body.equals(body)).toBe(true)
    expect(received?.delivery.headers['x-proof']).toBe('good')
    expect(received?.source).toBe('127.0.0.1')
    expect(edge.counted).toEqual(['pombo_acknowledge_seconds'])
  })

  test.each([
    [0, 1],
    [3, 0],
    [2, 5],
  ])('answers %i accepted and %i duplicates', async (accepted, duplicates) => {
    await using edge = await startEdge()
    edge.hub.receive = async () => ({ type: 'accepted', accepted, duplicates })
    const res = await edge.ask('POST', '/webhooks/support', { body: '[]' })
    expect(res.json).toEqual({ accepted, duplicates })
  })

  test('an empty body is handed on too', async () => {
    await using edge = await startEdge()
    expect((await edge.ask('POST', '/webhooks/support', { headers: PROOF })).status).toBe(200)
    expect(edge.hub.received[0]?.delivery.body.length).toBe(0)
  })

  test('arrives whole however it is cut', async () => {
    await using edge = await startEdge()
    using socket = await edge.open()
    socket.write(head('chunked'))
    for (const part of ['3\r\nabc\r\n', '2\r\nde\r\n', '1;ext=1\r\nf\r\n', '0\r\n\r\n']) {
      socket.write(part)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    expect(await socket.read(OK)).toMatch(OK)
    expect(edge.hub.received[0]?.delivery.body.toString()).toBe('abcdef')
  })

  test('of a path with a key carries it, whatever follows', async () => {
    await using edge = await startEdge()
    for (const suffix of ['', '/', '/messages/text', '/a/b/c?d=/e']) {
      expect((await edge.ask('POST', `/webhooks/sales/${URL_KEY}${suffix}`)).status).toBe(200)
    }
    expect((await edge.ask('POST', `/webhooks/global/${URL_KEY}/messages`)).status).toBe(200)
    expect(edge.hub.received.map(({ delivery }) => delivery.urlKey)).toEqual(Array(5).fill(URL_KEY))
    expect(edge.hub.received[4]?.target.id).toBe('global')
  })

  test('repeated headers reach the gateway joined, never one of them alone', async () => {
    await using edge = await startEdge()
    const headers = { ...PROOF, 'x-hub-signature-256': ['sha256=aa', 'sha256=bb'] }
    await edge.ask('POST', '/webhooks/support', { headers, body: '{}' })
    expect(edge.hub.received[0]?.delivery.headers['x-hub-signature-256']).toBe('sha256=aa, sha256=bb')
  })

  test('waiting for "100 Continue" is told to go on, or refused before it sends anything', async () => {
    await using edge = await startEdge()
    using welcome = await edge.open()
    welcome.write(head(2, 'Expect: 100-continue\r\n'))
    await welcome.read(/100 Continue/)
    welcome.write('{}')
    expect(await welcome.read(OK)).toMatch(OK)
    using tooLong = await edge.open()
    tooLong.write(head(5000, 'Expect: 100-continue\r\n'))
    const text = await tooLong.readToEnd()
    expect(text).toMatch(/^HTTP\/1\.1 413 /)
    expect(text).not.toContain('100 Continue')
  })
})

describe('refused before the body is read', () => {
  test.each([
    ['POST', '/webhooks/nobody', 404, 'E_NOT_FOUND'],
    ['POST', '/webhooks', 404, 'E_NOT_FOUND'],
    ['POST', '/webhooks/', 404, 'E_NOT_FOUND'],
    ['POST', '/webhooks?support', 404, 'E_NOT_FOUND'],
    ['POST', '/webhooks//support', 404, 'E_NOT_FOUND'],
    ['POST', '/webhooks/__proto__', 404, 'E_NOT_FOUND'],
    ['POST', '/webhooks/%E0%A4%A', 400, 'E_INVALID'],
    ['POST', '/webhooks/support/%', 400, 'E_INVALID'],
    ['POST', '/webhooks/%00', 404, 'E_NOT_FOUND'],
    ['POST', '/webhooks/..%2f..%2fetc', 404, 'E_NOT_FOUND'],
    ['POST', `/webhooks/${'x'.repeat(8000)}`, 404, 'E_NOT_FOUND'],
    ['GET', '/webhooks/support', 405, 'E_METHOD'],
    ['PUT', '/webhooks/support', 405, 'E_METHOD'],
    ['OPTIONS', `/webhooks/sales/${URL_KEY}`, 405, 'E_METHOD'],
  ])('%s %s → %i', async (method, path, status, code) => {
    await using edge = await startEdge()
    const res = await edge.ask(method, path)
    expect(res.status).toBe(status)
    expect(res.headers['content-type']).toBe('application/problem+json')
    expect(res.headers['x-content-type-options']).toBe('nosniff')
    expect(res.json).toMatchObject({
      status,
      code,
      title: expect.any(String),
      type: `urn:pombo:error:${code}`,
    })
    if (status === 405) expect(res.headers.allow).toBe('POST')
    expect(edge.hub.received).toEqual([])
  })

  test.each(['gzip', 'br', 'identity, gzip', 'GZIP'])('content-encoding %s → 415', async (encoding) => {
    await using edge = await startEdge()
    const res = await edge.ask('POST', '/webhooks/support', {
      headers: { ...PROOF, 'content-encoding': encoding },
      body: 'x',
    })
    expect([res.status, res.json.code]).toEqual([415, 'E_COMPRESSED'])
    expect(edge.counted).toEqual(['pombo_deliveries_total support compressed'])
  })

  test('content-encoding identity is no encoding', async () => {
    await using edge = await startEdge()
    const headers = { ...PROOF, 'content-encoding': 'Identity' }
    expect((await edge.ask('POST', '/webhooks/support', { headers, body: 'x' })).status).toBe(200)
  })

  test('a transfer encoding that compresses → 415', async () => {
    await using edge = await startEdge()
    using socket = await edge.open()
    socket.write(
      'POST /webhooks/support HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    )
    expect(await socket.readToEnd()).toMatch(/^HTTP\/1\.1 415 /)
  })

  test('a declared length over the limit → 413 at once, and the connection ends', async () => {
    await using edge = await startEdge()
    using socket = await edge.open()
    socket.write(head(1_000_000))
    const text = await socket.readToEnd()
    expect(text).toMatch(/^HTTP\/1\.1 413 /)
    expect(text).toMatch(/Connection: close/i)
    expect(text).toContain('1000 bytes')
  })

  test('a valid key in the URL raises the limit', async () => {
    await using edge = await startEdge()
    const body = 'x'.repeat(4000)
    expect((await edge.ask('POST', `/webhooks/sales/${URL_KEY}`, { body })).status).toBe(200)
    expect((await edge.ask('POST', '/webhooks/sales/other', { body })).status).toBe(413)
    expect((await edge.ask('POST', `/webhooks/sales/${URL_KEY}`, { body: `${body}x` })).status).toBe(413)
  })

  test('a body of exactly the limit is taken, chunked or not', async () => {
    await using edge = await startEdge()
    const body = 'x'.repeat(1000)
    expect((await edge.ask('POST', '/webhooks/support', { headers: PROOF, body })).status).toBe(200)
    using socket = await edge.open()
    socket.write(`${head('chunked')}3e8\r\n${body}\r\n0\r\n\r\n`)
    expect(await socket.read(OK)).toMatch(OK)
  })
})

describe('while the body comes', () => {
  test('a chunked body over the limit → 413 without waiting for its end', async () => {
    await using edge = await startEdge()
    using socket = await edge.open()
    socket.write(head('chunked'))
    socket.write(`200\r\n${'x'.repeat(512)}\r\n`)
    socket.write(`200\r\n${'x'.repeat(512)}\r\n`)
    const text = await socket.readToEnd()
    expect(text).toMatch(/^HTTP\/1\.1 413 /)
    expect(text).toMatch(/Connection: close/i)
    expect(edge.hub.received).toEqual([])
  })

  test.each(['declared', 'chunked'])(
    'a client in the middle of a long %s body sees why it is refused',
    async (kind) => {
      await using edge = await startEdge()
      const bytes = new Uint8Array(8_000_000)
      for (let i = 0; i < 5; i++) {
        const url = `http://127.0.0.1:${edge.port}/webhooks/support`
        const body = kind === 'declared' ? bytes : new Blob([bytes]).stream()
        const res = await fetch(url, { method: 'POST', headers: PROOF, body, duplex: 'half' })
        expect(res.status).toBe(413)
        await res.text()
      }
    },
  )

  test('an endless chunked body is cut off', async () => {
    await using edge = await startEdge()
    using socket = await edge.open()
    socket.write(head('chunked'))
    const flood = setInterval(() => socket.write(`4000\r\n${'x'.repeat(0x4000)}\r\n`), 1)
    try {
      await socket.readToEnd()
    } finally {
      clearInterval(flood)
    }
    expect(edge.hub.received).toEqual([])
  })

  test('a body that does not come in time → 408', async () => {
    await using edge = await startEdge({ timeouts: { headersMs: 100, requestMs: 200 } })
    using socket = await edge.open()
    socket.write(`${head(10)}abc`)
    const text = await socket.readToEnd()
    expect(text).toMatch(/^HTTP\/1\.1 408 /)
    expect(text).toContain('"code":"E_TIMEOUT"')
    expect(edge.hub.received).toEqual([])
  })

  test('headers that drip → 408', async () => {
    await using edge = await startEdge({ timeouts: { headersMs: 150, requestMs: 200 } })
    using socket = await edge.open()
    socket.write('POST /webhooks/support HTTP/1.1\r\nHost: x\r\n')
    const drip = setInterval(() => socket.write('X-A: b\r\n'), 30)
    try {
      expect(await socket.readToEnd()).toMatch(/^HTTP\/1\.1 408 /)
    } finally {
      clearInterval(drip)
    }
  })

  test('a client that leaves half-way is forgotten', async () => {
    await using edge = await startEdge()
    const socket = await edge.open()
    socket.write(`${head(10)}abc`)
    await new Promise((resolve) => setTimeout(resolve, 30))
    socket.socket.destroy()
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(edge.hub.received).toEqual([])
    expect((await edge.ask('POST', '/webhooks/support', { headers: PROOF, body: '{}' })).status).toBe(200)
  })
})

describe('the allow list', () => {
  const from = (allow: string[], trustedProxies: string[] = []) =>
    startEdge({
      config: {
        instances: [instance('support', { webhook: { secrets: [], allow } })],
        trustedProxies,
      },
    })
  const post = async (allow: string[], trustedProxies: string[], forwarded?: string) => {
    await using edge = await from(allow, trustedProxies)
    const headers = forwarded === undefined ? PROOF : { ...PROOF, 'x-forwarded-for': forwarded }
    const { status } = await edge.ask('POST', '/webhooks/support', { headers, body: '{}' })
    return [status, edge.hub.received[0]?.source]
  }

  test.each([
    ['its network', ['127.0.0.0/8'], 200],
    ['a v4-mapped block', ['::ffff:127.0.0.0/104'], 200],
    ['a single address', ['127.0.0.1'], 200],
    ['another network', ['203.0.113.0/24', '2001:db8::/32'], 403],
  ])('of the socket: %s', async (_name, allow, status) => {
    expect((await post(allow, []))[0]).toBe(status)
  })

  test('x-forwarded-for of a stranger is not believed', async () => {
    expect((await post(['203.0.113.0/24'], [], '203.0.113.9'))[0]).toBe(403)
    expect(await post(['127.0.0.0/8'], [], '203.0.113.9')).toEqual([200, '127.0.0.1'])
    expect((await post(['203.0.113.0/24'], ['10.0.0.0/8'], '203.0.113.9'))[0]).toBe(403)
  })

  test.each([
    ['one proxy', '203.0.113.9', '203.0.113.9'],
    ['two proxies', '203.0.113.9, 10.0.0.2', '203.0.113.9'],
    ['what the client wrote is left of it', '203.0.113.9, 198.51.100.7', undefined],
    ['spoofed proxies left of the client', '203.0.113.9, 10.0.0.3, 198.51.100.7, 10.0.0.2', undefined],
    ['with a port', '203.0.113.9:4711', '203.0.113.9'],
    ['mapped', '::ffff:203.0.113.9', '203.0.113.9'],
    ['mapped in hex', '::FFFF:cb00:7109', '203.0.113.9'],
    ['IPv6', '2001:DB8:0:0::1', '2001:db8::1'],
    ['IPv6 with a port', '[2001:db8::1]:4711', '2001:db8::1'],
    ['garbage', 'unknown', undefined],
    ['garbage before', 'unknown, 203.0.113.9', '203.0.113.9'],
    ['octal tricks', '0313.0.0161.011', undefined],
    ['empty', '', undefined],
    ['commas', ',,,', undefined],
    ['a leading comma', ',203.0.113.9', '203.0.113.9'],
  ])('behind trusted proxies: %s', async (_name, forwarded, source) => {
    const allow = ['203.0.113.0/24', '2001:db8::/32']
    expect(await post(allow, ['127.0.0.1/32', '10.0.0.0/8'], forwarded)).toEqual(
      source === undefined ? [403, undefined] : [200, source],
    )
  })

  test('comes before everything that costs', async () => {
    await using edge = await from(['203.0.113.0/24'])
    const res = await edge.ask('POST', '/webhooks/support', {
      headers: { 'content-encoding': 'gzip' },
      body: 'x'.repeat(5000),
    })
    expect([res.status, res.json.code]).toEqual([403, 'E_FORBIDDEN'])
  })
})

describe('failed verifications', () => {
  const trustLoopback = { config: { trustedProxies: ['127.0.0.1'] } }

  test('past the limit are 429, authentic deliveries of the same address never', async () => {
    await using edge = await startEdge()
    const forge = () => edge.ask('POST', '/webhooks/support', { body: 'forged' })
    const statuses = []
    for (let i = 0; i < 5; i++) statuses.push((await forge()).status)
    expect(statuses).toEqual([401, 401, 401, 429, 429])
    const refused = await forge()
    expect(refused.json).toMatchObject({ code: 'E_TOO_MANY' })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60)
    expect((await edge.ask('POST', '/webhooks/support', { headers: PROOF, body: '{}' })).status).toBe(200)
    expect((await forge()).status).toBe(429)
    edge.clock.skip(60_000)
    expect((await forge()).status).toBe(401)
  })

  test('are counted per source, an IPv6 /64 being one', async () => {
    await using edge = await startEdge(trustLoopback)
    const forge = async (source: string) =>
      (await edge.ask('POST', '/webhooks/support', { headers: { 'x-forwarded-for': source } })).status
    for (const last of ['1', '2', '3']) expect(await forge(`2001:db8::${last}`)).toBe(401)
    expect(await forge('2001:db8::4')).toBe(429)
    expect(await forge('2001:db8:0:1::4')).toBe(401)
    expect(await forge('203.0.113.9')).toBe(401)
  })

  test('are logged once per source and minute, with the reason', async () => {
    await using edge = await startEdge()
    for (let i = 0; i < 6; i++)
      await edge.ask('POST', `/webhooks/sales/wrong-key-${i}`, { body: 'forged-body' })
    const lines = edge.log.lines.join('\n')
    expect(lines.match(/failed verification/g)).toHaveLength(1)
    expect(lines).toContain('The signature does not match.')
    expect(lines).not.toMatch(/wrong-key|forged-body/)
  })

  test('the answer says why', async () => {
    await using edge = await startEdge()
    const res = await edge.ask('POST', '/webhooks/support', { body: '{}' })
    expect(res.json).toMatchObject({ code: 'E_UNAUTHENTICATED', detail: 'The signature does not match.' })
  })
})

describe('deliveriesPerSecond', () => {
  const limited = () =>
    startEdge({
      config: {
        limits: { bodyBytes: 1000, bodyBytesWithKey: 1000, failedAuthPerMinute: 1000 },
        instances: [instance('support', { deliveriesPerSecond: 2 }), instance('other')],
      },
    })

  test('holds an instance, not its neighbours, and recovers', async () => {
    await using edge = await limited()
    const post = (to: string) => edge.ask('POST', `/webhooks/${to}`, { headers: PROOF, body: '{}' })
    const answers = await Promise.all(Array.from({ length: 6 }, () => post('support')))
    const statuses = answers.map(({ status }) => status).sort()
    expect(statuses).toEqual([200, 200, 429, 429, 429, 429])
    const refused = answers.find(({ status }) => status === 429)
    expect(refused?.headers['retry-after']).toBe('1')
    expect(refused?.json).toMatchObject({ code: 'E_TOO_MANY' })
    expect((await post('other')).status).toBe(200)
    edge.clock.skip(1000)
    expect((await post('support')).status).toBe(200)
  })

  test('is not used up by forged deliveries', async () => {
    await using edge = await limited()
    for (let i = 0; i < 5; i++) {
      expect((await edge.ask('POST', '/webhooks/support', { body: 'forged' })).status).toBe(401)
    }
    expect((await edge.ask('POST', '/webhooks/support', { headers: PROOF, body: '{}' })).status).toBe(200)
  })

  test('is not used up by what could not be stored', async () => {
    await using edge = await limited()
    const { receive } = edge.hub
    edge.hub.receive = async () => ({ type: 'unavailable', retryAfterSeconds: 3 })
    for (let i = 0; i < 5; i++) await edge.ask('POST', '/webhooks/support', { body: '{}' })
    edge.hub.receive = receive
    expect((await edge.ask('POST', '/webhooks/support', { headers: PROOF, body: '{}' })).status).toBe(200)
  })
})

describe('when the hub cannot take it', () => {
  test('503 with Retry-After', async () => {
    await using edge = await startEdge()
    edge.hub.receive = async () => ({ type: 'unavailable', retryAfterSeconds: 2.2 })
    const res = await edge.ask('POST', '/webhooks/support', { body: '{}' })
    expect([res.status, res.headers['retry-after'], res.json.code]).toEqual([503, '3', 'E_STORE_UNAVAILABLE'])
  })

  test('a store that throws is 503 as well', async () => {
    await using edge = await startEdge()
    edge.hub.receive = () => Promise.reject(new HubError('E_STORE_UNAVAILABLE', 'disk full'))
    expect((await edge.ask('POST', '/webhooks/support', { body: '{}' })).status).toBe(503)
  })

  test.each([
    ['rejects', () => Promise.reject(new TypeError('x is undefined'))],
    [
      'throws',
      () => {
        throw new TypeError('x is undefined')
      },
    ],
  ])('a fault that %s is told by its request id, and logged without key or body', async (_name, receive) => {
    await using edge = await startEdge()
    edge.hub.receive = receive
    const res = await edge.ask('POST', `/webhooks/sales/${URL_KEY}/messages`, { body: 'body-of-somebody' })
    expect([res.status, res.json.code]).toEqual([500, 'E_INTERNAL'])
    expect(res.text).not.toContain('undefined')
    const line = edge.log.lines.find((text) => text.includes('met a fault'))
    expect(line).toContain(res.json.requestId)
    expect(line).toContain('x is undefined')
    expect(line).toContain('/webhooks/sales/***')
    expect(edge.log.lines.join()).not.toMatch(/url-key|body-of-somebody/)
    expect((await edge.ask('GET', '/health')).status).toBe(200)
  })
})

describe('a connection', () => {
  test('goes on after every refusal that left nothing unread', async () => {
    await using edge = await startEdge()
    using socket = await edge.open()
    const small = 'Host: x\r\nContent-Length: 2\r\n'
    const requests: [string, RegExp][] = [
      [`POST /webhooks/nobody HTTP/1.1\r\n${small}\r\n{}`, / 404 /],
      [`PUT /webhooks/support HTTP/1.1\r\n${small}\r\n{}`, / 405 /],
      [`POST /webhooks/support HTTP/1.1\r\n${small}Content-Encoding: gzip\r\n\r\n{}`, / 415 /],
      [`POST /webhooks/support HTTP/1.1\r\n${small}\r\n{}`, / 401 /],
      [`POST /webhooks/% HTTP/1.1\r\n${small}\r\n{}`, / 400 /],
      [
        `POST /nothing HTTP/1.1\r\n${small}Content-Type: application/json\r\n\r\n{}`,
        /"code":"E_NOT_FOUND"[\s\S]*404 /,
      ],
      [`${head(2)}{}`, OK],
    ]
    for (const [request, answered] of requests) {
      socket.write(request)
      await socket.read(answered)
      expect(socket.isClosed).toBe(false)
    }
    expect(edge.hub.received.map(({ delivery }) => delivery.body.toString())).toEqual(['{}', '{}'])
  })

  test('takes requests one behind the other and answers in order', async () => {
    await using edge = await startEdge()
    using socket = await edge.open()
    socket.write(`${head(1)}a${head(1)}bPOST /webhooks/nobody HTTP/1.1\r\nHost: x\r\n\r\n`)
    const text = await socket.read(/200[\s\S]*200[\s\S]*404/)
    expect([...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((match) => match[1])).toEqual(['200', '200', '404'])
  })

  test('ends after a refusal that leaves a long or endless body unread', async () => {
    await using edge = await startEdge()
    for (const rest of ['Content-Length: 9999999', 'Transfer-Encoding: chunked']) {
      using socket = await edge.open()
      socket.write(`POST /webhooks/nobody HTTP/1.1\r\nHost: x\r\n${rest}\r\n\r\n`)
      expect(await socket.readToEnd()).toMatch(/^HTTP\/1\.1 404 [\s\S]*Connection: close/i)
    }
  })

  test.each([
    ['garbage', 'hello\r\n\r\n', 400],
    ['no Host', 'POST /webhooks/support HTTP/1.1\r\n\r\n', 400],
    ['a bad length', 'POST /webhooks/support HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', 400],
    [
      'two lengths',
      'POST /webhooks/support HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      400,
    ],
    [
      'length and chunks',
      'POST /webhooks/support HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a bad chunk', `${head('chunked')}zz\r\n`, 400],
    [
      'huge headers',
      `POST /webhooks/support HTTP/1.1\r\nHost: x\r\nX-Big: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
    ],
    ['a huge address', `POST /webhooks/${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
  ])('of a broken request (%s) is told so and closed', async (_name, bytes, status) => {
    await using edge = await startEdge()
    using socket = await openSocket(edge.port)
    socket.write(bytes)
    expect(await socket.readToEnd()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    expect(edge.hub.received).toEqual([])
  })
})

describe('paths', () => {
  test.each([
    ['/webhooks/a', { instance: 'a' }],
    ['/webhooks/a/', { instance: 'a' }],
    ['/webhooks/a/k', { instance: 'a', urlKey: 'k' }],
    ['/webhooks/a/k/m/n', { instance: 'a', urlKey: 'k' }],
    ['/webhooks/a/k%2Fl?q=%', { instance: 'a', urlKey: 'k/l' }],
    ['/webhooks/%61', { instance: 'a' }],
    ['/webhooks/', undefined],
    ['/webhooks?a/b', undefined],
    ['/webhooks/%zz', 'unreadable'],
    ['/webhooks/a/%', 'unreadable'],
  ])('%s', (url, path) => expect(webhookPath(url)).toEqual(path))

  test('of webhooks are those below /webhooks', () => {
    expect(['/webhooks', '/webhooks/a', '/webhooks?x'].every(isWebhook)).toBe(true)
    expect(['/webhooksa', '/webhook', '/', '/api/webhooks/a'].some(isWebhook)).toBe(false)
  })

  test('lose key and query in logs', () => {
    expect(maskedPath('/webhooks/sales/key/messages?token=1')).toBe('/webhooks/sales/***')
    expect(maskedPath('/webhooks/sales?key=1')).toBe('/webhooks/sales')
  })
})
