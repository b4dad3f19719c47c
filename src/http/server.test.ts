import { createServer } from 'node:http'
import { networkInterfaces } from 'node:os'
import { describe, expect, test } from 'vitest'
import type { Receipt } from '../pipeline/ingest.ts'
import {
  API_KEY,
  config,
  FakeHub,
  KeptLog,
  keyOnly,
  PROOF,
  SkippingClock,
  startEdge,
} from './edge.fixture.ts'
import { createHttpServer } from './server.ts'

const POST = 'POST /webhooks/support HTTP/1.1\r\nHost: x\r\nX-Proof: good\r\nContent-Length: 2\r\n\r\n{}'
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Deliveries wait until they are let go. */
async function holding() {
  const edge = await startEdge()
  const gate = Promise.withResolvers<void>()
  edge.hub.receive = async (): Promise<Receipt> => {
    await gate.promise
    return { type: 'accepted', accepted: 1, duplicates: 0 }
  }
  return { edge, letGo: gate.resolve }
}

describe('health', () => {
  test('says that the process runs', async () => {
    await using edge = await startEdge()
    const { status, json } = await edge.ask('GET', '/health')
    expect([status, json]).toEqual([
      200,
      { status: 'healthy', timestamp: expect.stringMatching(/^\d{4}-.*Z$/) },
    ])
    expect((await edge.ask('HEAD', '/health')).status).toBe(200)
  })

  test('ready follows the store', async () => {
    await using edge = await startEdge()
    expect((await edge.ask('GET', '/ready')).status).toBe(200)
    edge.hub.storeFault = new Error('gone')
    const { status, json } = await edge.ask('GET', '/ready')
    expect([status, json.code]).toEqual([503, 'E_STORE_UNAVAILABLE'])
    expect((await edge.ask('GET', '/health')).status).toBe(200)
  })

  test('ready does not wait for a store that hangs', async () => {
    await using edge = await startEdge()
    edge.hub.store.ping = () => new Promise(() => {})
    expect((await edge.ask('GET', '/ready')).status).toBe(503)
  })
})

describe('metrics', () => {
  test('are open on this machine', async () => {
    await using edge = await startEdge()
    const { status, text, headers } = await edge.ask('GET', '/metrics')
    expect([status, text, headers['content-type']]).toEqual([
      200,
      'pombo_up 1\n',
      'text/plain; version=0.0.4',
    ])
  })

  test('need the key for whoever a proxy speaks for', async () => {
    await using edge = await startEdge()
    const forwarded = { 'x-forwarded-for': '127.0.0.1' }
    expect((await edge.ask('GET', '/metrics', { headers: forwarded })).status).toBe(401)
    const headers = { ...forwarded, authorization: `Bearer ${API_KEY}` }
    expect((await edge.ask('GET', '/metrics', { headers })).status).toBe(200)
  })
})

describe('the Host header', () => {
  test.each([
    ['localhost', 200],
    ['LOCALHOST:1234', 200],
    ['127.0.0.1', 200],
    ['evil.example', 403],
    ['localhost.evil.example', 403],
    ['localhost:80@evil.example', 403],
  ])('%j → %i', async (host, status) => {
    await using edge = await startEdge({ hostCheck: ['localhost', '127.0.0.1'] })
    const paths = [
      ['GET', '/health'],
      ['POST', '/webhooks/support'],
    ] as const
    for (const [method, path] of paths) {
      const res = await edge.ask(method, path, { headers: { ...PROOF, host } })
      expect(res.status).toBe(status)
    }
  })

  test.each(['GET /health HTTP/1.1\r\nHost:\r\n\r\n', 'GET /health HTTP/1.0\r\n\r\n'])(
    'must be there: %j',
    async (request) => {
      await using edge = await startEdge({ hostCheck: ['localhost'] })
      using socket = await edge.open()
      socket.write(request)
      expect(await socket.read(/\}/)).toMatch(/^HTTP\/1\.1 403 /)
    },
  )

  test('may be anything where no names were given', async () => {
    await using edge = await startEdge()
    expect((await edge.ask('GET', '/health', { headers: { host: 'evil.example' } })).status).toBe(200)
  })
})

describe('listening', () => {
  test('on a taken port says which and what to do', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const address = other.address()
    const port = typeof address === 'object' ? address!.port : 0
    try {
      await expect(startEdge({ config: { port } })).rejects.toMatchObject({
        code: 'E_PORT_TAKEN',
        message: expect.stringMatching(new RegExp(`Port ${port} .*PORT=`)),
      })
    } finally {
      other.close()
    }
  })

  test('on a foreign address is a fault of the configuration', async () => {
    await expect(startEdge({ config: { host: '203.0.113.1' } })).rejects.toMatchObject({ code: 'E_CONFIG' })
  })

  test('with proxies that are no networks is refused at once', () => {
    const hub = new FakeHub(config({ trustedProxies: ['10.0.0.0/99'] }))
    const metrics = { render: async () => '', contentType: 'text/plain' }
    const [clock, log] = [new SkippingClock(), new KeptLog()]
    const make = () => createHttpServer({ hub, access: keyOnly(hub.config, clock, log), metrics, log, clock })
    expect(make).toThrow(/is not a network/)
  })
})

describe('closing', () => {
  test('finishes what is in flight, then takes nothing more', async () => {
    const { edge, letGo } = await holding()
    using socket = await edge.open()
    socket.write(POST)
    await expect.poll(() => edge.hub.received.length).toBe(1)
    const closed = edge.close(5000)
    await pause(30)
    await expect(edge.ask('GET', '/health')).rejects.toThrow(/ECONNREFUSED/)
    letGo()
    const text = await socket.readToEnd()
    expect(text).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*Connection: close[\s\S]*"accepted":1/i)
    await closed
  })

  test('a body that is half here is still taken', async () => {
    const edge = await startEdge()
    using socket = await edge.open()
    socket.write(POST.slice(0, -1))
    await pause(50)
    const closed = edge.close(5000)
    await pause(50)
    socket.write('}')
    expect(await socket.readToEnd()).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*Connection: close/i)
    await closed
  })

  test('does not wait for idle connections, not even silent ones', async () => {
    const edge = await startEdge()
    using used = await edge.open()
    using silent = await edge.open()
    used.write(POST)
    await used.read(/accepted/)
    const begun = performance.now()
    await edge.close(5000)
    expect(performance.now() - begun).toBeLessThan(1000)
    await Promise.all([used.readToEnd(), silent.readToEnd()])
  })

  test('waits no longer than it may', async () => {
    const { edge, letGo } = await holding()
    using socket = await edge.open()
    socket.write(POST)
    await expect.poll(() => edge.hub.received.length).toBe(1)
    const begun = performance.now()
    await edge.close(100)
    expect(performance.now() - begun).toBeLessThan(2000)
    expect(await socket.readToEnd()).toBe('')
    letGo()
    await pause(20)
  })

  test('ready is 503 meanwhile', async () => {
    const { edge, letGo } = await holding()
    using busy = await edge.open()
    using probe = await edge.open()
    busy.write(POST)
    probe.write('GET /ready HTTP/1.1\r\n')
    await expect.poll(() => edge.hub.received.length).toBe(1)
    const closed = edge.close(5000)
    probe.write('Host: x\r\n\r\n')
    expect(await probe.readToEnd()).toMatch(/^HTTP\/1\.1 503 [\s\S]*shutting down/)
    letGo()
    await closed
  })

  test('twice, or before listening, is harmless', async () => {
    const edge = await startEdge()
    await Promise.all([edge.close(), edge.close()])
    await edge.close()
    const [clock, log] = [new SkippingClock(), new KeptLog()]
    const never = createHttpServer({
      hub: new FakeHub(config()),
      access: keyOnly(config(), clock, log),
      metrics: { render: async () => '', contentType: 'text/plain' },
      log,
      clock,
    })
    await never.close(10)
  })
})

const outside = Object.values(networkInterfaces())
  .flat()
  .find((one) => one && !one.internal && one.family === 'IPv4')
test.skipIf(!outside)('is reachable only where it was told to listen', async () => {
  await using edge = await startEdge()
  const url = `http://${outside!.address}:${edge.port}/health`
  await expect(fetch(url, { signal: AbortSignal.timeout(2000) })).rejects.toThrow()
})
