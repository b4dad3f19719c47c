import type { lookup } from 'node:dns'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { type FetchedBytes, TooManyBytes } from '../core/media.ts'
import { systemClock } from './clock.ts'
import { createFetchBytes } from './fetch-bytes.ts'

const servers: Server[] = []
const clients: { close(): Promise<void> }[] = []
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()))
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
})
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
function client(names: Record<string, string[]> = {}) {
  const asked = ((
    name: string,
    _options: object,
    callback: (error: Error | null, found: object[]) => void,
  ) => {
    const found = (names[name] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    callback(found.length === 0 ? new Error('ENOTFOUND') : null, found)
  }) as unknown as typeof lookup
  const made = createFetchBytes({ clock: systemClock, lookup: asked })
  clients.push(made)
  return made
}
const ask = (url: string, more: object = {}, names?: Record<string, string[]>) =>
  client(names).fetch({ url, timeoutMs: 2_000, maxBytes: 1_000, reach: 'gateway', ...more })
const drain = async (fetched: FetchedBytes) => {
  if (fetched.type !== 'bytes') throw new Error(JSON.stringify(fetched))
  const all: Uint8Array[] = []
  for await (const chunk of fetched.chunks) all.push(chunk)
  return Buffer.concat(all)
}

test('bytes as they are, with the headers that were given', async () => {
  const url = await serve((request, response) => {
    response.end(Buffer.from([0, 255, 254, request.headers.authorization === 'Basic x' ? 1 : 2]))
  })
  expect([...(await drain(await ask(url, { headers: { authorization: 'Basic x' } })))]).toEqual([
    0, 255, 254, 1,
  ])
})

test('an answer without bytes says which, and how long to wait', async () => {
  const url = await serve((request, response) => {
    response.writeHead(Number(request.url?.slice(1)), { 'retry-after': '7', location: 'http://127.0.0.1:1/' })
    response.end('no')
  })
  expect(await ask(`${url}/429`)).toEqual({ type: 'refused', status: 429, afterMs: 7_000 })
  expect(await ask(`${url}/302`)).toMatchObject({ type: 'refused', status: 302 })
  expect(await ask(`${url}/206`)).toMatchObject({ type: 'refused', status: 206 })
})

test('more than allowed ends at once, declared or not', async () => {
  let closed = 0
  const url = await serve((request, response) => {
    response.on('close', () => closed++)
    if (request.url === '/declared')
      return response.writeHead(200, { 'content-length': 5_000 }).flushHeaders()
    const pour = () => {
      while (!response.destroyed && response.write('x'.repeat(10_000)));
      if (!response.destroyed) response.once('drain', pour)
    }
    pour()
  })
  await expect(drain(await ask(`${url}/declared`))).rejects.toThrow(TooManyBytes)
  await expect(drain(await ask(`${url}/endless`))).rejects.toThrow(TooManyBytes)
  await expect.poll(() => closed).toBe(2)
})

test('a body that stalls or breaks off is no body', async () => {
  const url = await serve((request, response) => {
    response.writeHead(200, { 'content-length': 10 }).write('half')
    if (request.url === '/breaks') setTimeout(() => response.destroy(), 20)
  })
  await expect(drain(await ask(`${url}/stalls`, { timeoutMs: 100 }))).rejects.toThrow()
  await expect(drain(await ask(`${url}/breaks`))).rejects.toThrow()
})

test('a host that does not answer, or is not there', async () => {
  const url = await serve(() => {})
  expect(await ask(url, { timeoutMs: 100 })).toMatchObject({ type: 'failed' })
  expect(await ask('http://127.0.0.1:1/')).toMatchObject({ type: 'failed' })
})

test('compressed answers and other protocols are not taken', async () => {
  const url = await serve((_request, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
  )
  expect(await ask(url)).toMatchObject({ type: 'failed', reason: 'it came compressed' })
  for (const bad of [
    'file:///etc/passwd',
    'ftp://example.com/x',
    'nonsense',
    'http://user:pass@example.com/',
  ])
    expect(await ask(bad)).toMatchObject({ type: 'failed', forbidden: true })
})

test.each([
  'http://127.0.0.1/',
  'http://127.1/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0/',
  'http://[::1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:10.0.0.1]/',
  'http://10.1.2.3/',
  'http://172.16.0.1/',
  'http://192.168.1.1/',
  'http://169.254.169.254/latest/meta-data/',
  'http://100.64.0.1/',
  'http://[fe80::1]/',
  'http://[fd00::1]/',
  'http://224.0.0.1/',
  'http://255.255.255.255/',
  'http://localhost/',
  'http://LOCALHOST./',
  'http://printer.local/',
  'http://metadata.google.internal/',
])('%s is not public', async (url) => {
  expect(await ask(url, { reach: 'public' })).toEqual({
    type: 'failed',
    reason: 'it lies at an address that is not public',
    forbidden: true,
  })
})

test.each([
  ['a private address', ['10.0.0.7']],
  ['one public and one private address', ['93.184.216.34', '127.0.0.1']],
  ['a private address in IPv6 clothes', ['::ffff:192.168.0.1']],
])('a name that stands for %s is not public', async (_name, addresses) => {
  const result = await ask('http://files.example/x', { reach: 'public' }, { 'files.example': addresses })
  expect(result).toMatchObject({ type: 'failed', forbidden: true })
})

test('a name nobody knows is a failure like any other', async () => {
  const result = await ask('http://nobody.example/x', { reach: 'public' })
  expect(result).toMatchObject({ type: 'failed' })
  expect(result).not.toHaveProperty('forbidden')
})
