import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HttpRequest } from '../core/ports.ts'
import { systemClock } from './clock.ts'
import { createHttpClient, MAX_RESPONSE_BYTES } from './http-client.ts'

let client: ReturnType<typeof createHttpClient>
const sockets = new Set<Socket>()
const servers: Server[] = []

beforeEach(() => {
  client = createHttpClient({ clock: systemClock })
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done))))
  await client.close()
})

async function listen(server: Server): Promise<string> {
  servers.push(server)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}
const http = async (listener: RequestListener) => `http://${await listen(createHttpServer(listener))}`
const raw = async (onSocket: (socket: Socket) => void) => `http://${await listen(createServer(onSocket))}`

const post = (url: string, more: Partial<HttpRequest> = {}) =>
  client.request({ method: 'POST', url, body: '{"a":1}', timeoutMs: 2000, ...more })

test('answers with status, headers in lower case, and body', async () => {
  const url = await http((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      response.setHeader('X-Seen', String(request.headers.token))
      response.setHeader('Set-Cookie', ['a=1', 'b=2'])
      response.statusCode = 201
      response.end(`${request.method} ${request.url} ${body} ç`)
    })
  })
  expect(await post(`${url}/send/text?x=1`, { headers: { token: 't' } })).toMatchObject({
    type: 'answered',
    status: 201,
    headers: { 'x-seen': 't', 'set-cookie': 'a=1, b=2' },
    body: 'POST /send/text?x=1 {"a":1} ç',
  })
})

test('does not follow redirects', async () => {
  let asked = 0
  const url = await http((_request, response) => {
    asked += 1
    response.writeHead(302, { location: '/elsewhere' }).end()
  })
  expect(await post(url)).toMatchObject({
    type: 'answered',
    status: 302,
    headers: { location: '/elsewhere' },
  })
  expect(asked).toBe(1)
})

test('an error status is an answer', async () => {
  const url = await http((_request, response) => response.writeHead(500).end('no'))
  expect(await post(url)).toMatchObject({ type: 'answered', status: 500, body: 'no' })
})

// --- certainly not sent ---------------------------------------------------------------------------

test('a refused connection was not sent', async () => {
  const server = createServer()
  const address = await listen(server)
  await new Promise((done) => servers.pop()?.close(done))
  expect(await post(`http://${address}`)).toEqual({
    type: 'not-sent',
    reason: 'connection refused (ECONNREFUSED)',
  })
})

test('an unknown host was not sent', async () => {
  expect(await post('http://nowhere.invalid')).toMatchObject({ type: 'not-sent' })
})

test('a connection that never opens was not sent', async () => {
  // TLS towards a server that never says hello: connected, but nothing of the request can have left.
  const address = (await raw(() => {})).slice('http://'.length)
  const impatient = createHttpClient({ clock: systemClock, connectTimeoutMs: 100 })
  const outcome = await impatient.request({ method: 'GET', url: `https://${address}`, timeoutMs: 5000 })
  expect(outcome).toEqual({ type: 'not-sent', reason: 'could not connect in time (UND_ERR_CONNECT_TIMEOUT)' })
  await impatient.close()
})

test('time that runs out before a connection is open means not sent, and it never leaves later', async () => {
  const seen: Buffer[] = []
  const address = (
    await raw((socket) => {
      socket.on('data', (chunk) => seen.push(chunk))
    })
  ).slice('http://'.length)
  const outcome = await post(`https://${address}`, { timeoutMs: 100 })
  expect(outcome).toMatchObject({ type: 'not-sent' })
  for (const socket of sockets) socket.destroy()
  await sleep(50)
  expect(Buffer.concat(seen).toString('latin1')).not.toContain('POST')
})

test('a certificate nobody vouches for means not sent', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'pombo-tls-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  try {
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '1',
      ].concat('-subj', '/CN=localhost', '-keyout', key, '-out', cert),
      { stdio: 'ignore' },
    )
    let asked = 0
    const server = createHttpsServer({ key: readFileSync(key), cert: readFileSync(cert) }, () => {
      asked += 1
    })
    const outcome = await post(`https://${await listen(server)}`)
    expect(outcome).toEqual({ type: 'not-sent', reason: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    expect(asked).toBe(0)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a server that does not speak TLS means not sent', async () => {
  const address = (await http((_request, response) => response.end())).slice('http://'.length)
  expect(await post(`https://${address}`)).toMatchObject({ type: 'not-sent' })
})

test('a reset during the TLS handshake means not sent', async () => {
  const address = (await raw((socket) => socket.on('data', () => socket.resetAndDestroy()))).slice(
    'http://'.length,
  )
  expect(await post(`https://${address}`)).toMatchObject({ type: 'not-sent' })
})

test.each([
  ['a URL that is none', 'not a url'],
  ['a scheme that is not HTTP', 'ftp://127.0.0.1/'],
])('%s is not sent, and not thrown', async (_name, url) => {
  expect(await post(url)).toMatchObject({ type: 'not-sent' })
})

test('a header that HTTP does not allow is not sent, and its value is not told', async () => {
  const url = await http((_request, response) => response.end())
  const outcome = await post(url, { headers: { token: 'secret\nvalue' } })
  expect(outcome).toMatchObject({ type: 'not-sent' })
  expect(JSON.stringify(outcome)).not.toContain('value')
})

// --- nobody knows ---------------------------------------------------------------------------------

test('a reset before reading is unanswered: bytes had left', async () => {
  const url = await raw((socket) => {
    socket.pause()
    setTimeout(() => socket.resetAndDestroy(), 50)
  })
  expect(await post(url)).toMatchObject({ type: 'unanswered' })
})

test('a reset after reading is unanswered', async () => {
  const url = await raw((socket) => socket.once('data', () => socket.resetAndDestroy()))
  expect(await post(url)).toMatchObject({ type: 'unanswered' })
})

test('a server that closes without a word is unanswered', async () => {
  const url = await raw((socket) => socket.once('data', () => socket.end()))
  expect(await post(url)).toEqual({
    type: 'unanswered',
    reason: 'connection closed before a complete answer (UND_ERR_SOCKET)',
  })
})

test('a server that hangs is unanswered when the time is over', async () => {
  const url = await http(() => {})
  const begun = performance.now()
  expect(await post(url, { timeoutMs: 150 })).toEqual({
    type: 'unanswered',
    reason: 'no complete answer within 150 ms',
  })
  expect(performance.now() - begun).toBeLessThan(1500)
})

test('half an answer is unanswered', async () => {
  const url = await raw((socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"id":')),
  )
  expect(await post(url)).toMatchObject({ type: 'unanswered' })
})

test('half a chunked answer is unanswered', async () => {
  const url = await raw((socket) =>
    socket.once('data', () =>
      socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n'),
    ),
  )
  expect(await post(url)).toMatchObject({ type: 'unanswered' })
})

test('what is not HTTP is unanswered', async () => {
  const url = await raw((socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.2\r\n')))
  expect(await post(url)).toMatchObject({ type: 'unanswered' })
})

test('the time bounds a body that drips, not only its first byte', async () => {
  const url = await http((_request, response) => {
    const drip = setInterval(() => response.write('.'), 20)
    response.on('close', () => clearInterval(drip))
  })
  expect(await post(url, { timeoutMs: 200 })).toMatchObject({ type: 'unanswered' })
})

test('a slow answer within the time is an answer', async () => {
  const url = await http((_request, response) => {
    response.write('slow ')
    setTimeout(() => response.end('but whole'), 150)
  })
  expect(await post(url)).toMatchObject({ type: 'answered', body: 'slow but whole' })
})

test('an answer beyond the cap is none, and reading stops', async () => {
  const url = await http((_request, response) => {
    const piece = Buffer.alloc(1 << 20)
    const more = () => {
      while (!response.destroyed && response.write(piece));
    }
    response.on('drain', more)
    more()
  })
  expect(await post(url, { timeoutMs: 10_000 })).toEqual({
    type: 'unanswered',
    reason: `the answer is larger than ${MAX_RESPONSE_BYTES} bytes`,
  })
})

test('a refusal that comes before the body was read is an answer', async () => {
  const url = await http((_request, response) =>
    response.writeHead(413, { connection: 'close' }).end('too large'),
  )
  const outcome = await post(url, { body: 'x'.repeat(4 << 20) })
  // A reset may overtake the answer; what must not happen is "not sent".
  expect(outcome.type).not.toBe('not-sent')
})

test('closing ends what is under way, and says so', async () => {
  const url = await http(() => {})
  const under = post(url)
  await sleep(50)
  await client.close()
  expect(await under).toMatchObject({ type: 'unanswered' })
  expect(await post(url)).toMatchObject({ type: 'not-sent' })
})

// --- kept-alive connections -----------------------------------------------------------------------

test('connections are reused', async () => {
  const ports = new Set<number | undefined>()
  const url = await http((request, response) => {
    ports.add(request.socket.remotePort)
    request.resume().on('end', () => response.end())
  })
  for (let i = 0; i < 5; i += 1) expect(await post(url)).toMatchObject({ type: 'answered' })
  // Two, as the next request may be made before the connection of the last is free again.
  expect(ports.size).toBeLessThanOrEqual(2)
})

test('a connection that the server closed meanwhile is no unknown send', async () => {
  let answered = 0
  const url = await raw((socket) => {
    socket.on('data', () => {
      answered += 1
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
      // Closes its side soon after every answer, without having said so.
      setTimeout(() => socket.end(), 10)
    })
  })
  for (let i = 0; i < 5; i += 1) {
    expect(await post(url)).toMatchObject({ type: 'answered' })
    await sleep(40)
  }
  expect(answered).toBe(5)
})

test('a server that keeps connections for one second only is not met on a stale one', async () => {
  const server = createHttpServer((request, response) => request.resume().on('end', () => response.end('ok')))
  server.keepAliveTimeout = 1000
  const url = `http://${await listen(server)}`
  for (const wait of [990, 1000, 1010, 0]) {
    expect(await post(url)).toMatchObject({ type: 'answered' })
    await sleep(wait)
  }
})

test('many requests to one slow server wait for a connection, and time out as not sent while they wait', async () => {
  let asked = 0
  const full = Promise.withResolvers<void>()
  const url = await http(() => {
    if (++asked === 64) full.resolve()
  })
  const first = Array.from({ length: 64 }, () => post(url, { timeoutMs: 2_000 }))
  await full.promise
  const late = await Promise.all(Array.from({ length: 16 }, () => post(url, { timeoutMs: 300 })))
  expect(new Set(late.map(({ type }) => type))).toEqual(new Set(['not-sent']))
  expect(new Set((await Promise.all(first)).map(({ type }) => type))).toEqual(new Set(['unanswered']))
  expect(asked).toBe(64)
})
