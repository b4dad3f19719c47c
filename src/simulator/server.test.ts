import { createHmac } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { address } from '../core/address.ts'
import type { Content } from '../core/events.ts'
import type { Clock } from '../core/ports.ts'
import { ana, fakeGateway, fakeNumber, fetchClient, tom } from './fake-gateway.fixture.ts'
import type { Happening } from './port.ts'
import { type Simulator, startSimulator } from './server.ts'
import type { CallEntry, PostEntry } from './strip.ts'

const clock: Clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  setTimeout(fn, ms) {
    const timer = setTimeout(fn, ms)
    return { cancel: () => clearTimeout(timer) }
  },
}

/** Stands in for the hub: keeps what arrives, answers as told. */
interface Receiver {
  server: Server
  got: { body: Happening; bytes: Buffer; signed: boolean; at: number }[]
  answer: (request: IncomingMessage, response: ServerResponse) => void
}
let receiver: Receiver
let simulator: Simulator
let hubUrl: string
const kill = vi.fn()

/** What arrived, or nothing where it cannot be read. */
function read(bytes: Buffer): Happening {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Happening
  } catch {
    return { fact: { kind: 'unknown', name: 'unreadable' }, author: 'other', at: 0 }
  }
}

async function receive(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  if (incoming.url === '/health') {
    response.end('{}')
    return
  }
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const bytes = Buffer.concat(chunks)
  const signature = createHmac('sha256', 'right-secret').update(bytes).digest('hex')
  const signed = incoming.headers.signature === signature
  receiver.got.push({ body: read(bytes), bytes, signed, at: performance.now() })
  if (signed) receiver.answer(incoming, response)
  else response.writeHead(401).end()
}

const accept: Receiver['answer'] = (_request, response) => response.end('{"accepted":1,"duplicates":0}')

beforeEach(async () => {
  receiver = {
    got: [],
    answer: accept,
    server: createServer((incoming, response) => void receive(incoming, response)),
  }
  await new Promise<void>((resolve) => receiver.server.listen(0, '127.0.0.1', resolve))
  hubUrl = `http://127.0.0.1:${(receiver.server.address() as AddressInfo).port}`
  kill.mockReset()
  simulator = await startSimulator({
    clock,
    random: Math.random,
    http: fetchClient,
    port: 0,
    numbers: [{ number: fakeNumber(`${hubUrl}/webhooks/support`), gateway: fakeGateway }],
    people: [ana, tom],
    groups: [{ address: address('group', '1203'), name: 'Street', instance: 'support', members: [] }],
    hub: { url: hubUrl, kill },
    timing: { deliveredMs: [5, 5], readMs: [5, 5], latencyMs: 1, delayMs: 150, scanMs: 20 },
  })
})
afterEach(async () => {
  await simulator.close()
  receiver.server.closeAllConnections()
  await new Promise((resolve) => receiver.server.close(resolve))
})

/** A simulator without anybody in it. */
const nobody = { clock, random: Math.random, http: fetchClient, port: 0, numbers: [], people: [] }
const place = { instance: 'support', person: ana.digits }
const api = (name: string, body: object, headers: Record<string, string> = {}) =>
  fetch(`${simulator.url}/phone/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
const say = (text: string) => api('say', { ...place, text })
const gateway = (path: string, body?: object) =>
  fetch(
    `${simulator.url}/gateways/support${path}`,
    body ? { method: 'POST', body: JSON.stringify(body) } : {},
  )
const posts = () => simulator.strip.list().filter((entry): entry is PostEntry => entry.type === 'post')
const calls = () => simulator.strip.list().filter((entry): entry is CallEntry => entry.type === 'call')
const texts = () =>
  receiver.got.map(({ body: { fact } }) => (fact.kind === 'message' ? fact.message.content.text : undefined))

test('a message is posted over HTTP, signed, and the strip shows how it was answered', async () => {
  const { id } = (await (await say('hello')).json()) as { id: string }
  await vi.waitFor(() => expect(posts()[0]?.state).toBe('accepted'))
  expect(receiver.got).toMatchObject([{ signed: true, body: { fact: { message: { id } } } }])
  expect(posts()[0]).toMatchObject({ what: 'message', message: id, accepted: 1, duplicates: 0 })
  expect(posts()[0]?.attempts).toMatchObject([{ status: 200, ms: expect.any(Number) }])
})

test('it is tried again on the vendor’s schedule, then given up', async () => {
  receiver.answer = (_request, response) => response.writeHead(503).end()
  await say('hello')
  await vi.waitFor(() => expect(posts()[0]?.state).toBe('lost'))
  expect(posts()[0]?.attempts.map(({ status }) => status)).toEqual([503, 503, 503])
  const [first, second, third] = receiver.got.map(({ at }) => at) as [number, number, number]
  expect(second - first).toBeGreaterThan(18)
  expect(third - second).toBeGreaterThan(38)
})

test('a hub that comes back in time gets it', async () => {
  let down = true
  receiver.answer = (incoming, response) => {
    if (!down) return accept(incoming, response)
    down = false
    incoming.socket.destroy()
  }
  await say('hello')
  await vi.waitFor(() => expect(posts()[0]?.state).toBe('accepted'))
  expect(posts()[0]?.attempts).toMatchObject([{ failed: 'unreachable' }, { status: 200 }])
})

describe('faults', () => {
  const fault = (body: object) => api('fault', { instance: 'support', ...body })

  test('duplicate: the same bytes twice, once', async () => {
    await fault({ delivery: 'duplicate' })
    await say('one')
    await say('two')
    await vi.waitFor(() => expect(receiver.got).toHaveLength(3))
    expect(texts().filter((text) => text === 'one')).toHaveLength(2)
  })

  test('drop: nothing is posted, and the strip says why', async () => {
    await fault({ delivery: 'drop' })
    await say('one')
    await say('two')
    await vi.waitFor(() => expect(texts()).toEqual(['two']))
    expect(posts()[0]).toMatchObject({ state: 'dropped', fault: 'drop', attempts: [] })
  })

  test('forge: a wrong signature, refused, and not tried again', async () => {
    await fault({ delivery: 'forge' })
    await say('one')
    await vi.waitFor(() => expect(posts()[0]).toMatchObject({ state: 'refused', fault: 'forge' }))
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(simulator.world.chats()[0]?.messages).toMatchObject([{ status: 'sent' }])
    expect(receiver.got).toMatchObject([{ signed: false }])
  })

  test('delay: later, but it comes', async () => {
    await fault({ delivery: 'delay' })
    await say('one')
    await say('two')
    await vi.waitFor(() => expect(texts()).toEqual(['two', 'one']))
  })

  test('reorder: the next one overtakes it; alone it waits a while', async () => {
    await fault({ delivery: 'reorder' })
    const began = performance.now()
    await say('one')
    await say('two')
    await vi.waitFor(() => expect(texts()).toEqual(['two', 'one']))
    expect(performance.now() - began).toBeLessThan(140)
    await fault({ delivery: 'reorder' })
    await say('three')
    await vi.waitFor(() => expect(texts()).toEqual(['two', 'one', 'three']))
  })

  test('a receipt in passing does not use one up', async () => {
    await fault({ delivery: 'drop' })
    await gateway('/send', { to: ana.digits, text: 'hi' })
    await vi.waitFor(() =>
      expect(posts().map(({ detail }) => detail)).toEqual([undefined, 'delivered', 'read']),
    )
    expect(simulator.faults.of('support')).toEqual({
      delivery: { fault: 'drop', left: 1 },
    })
  })

  test('the next requests are answered 429 and 500, with nothing done', async () => {
    await fault({ answer: '429', count: 2 })
    expect((await gateway('/send', { to: ana.digits, text: 'hi' })).status).toBe(429)
    expect((await gateway('/status')).status).toBe(200)
    expect((await gateway('/send', { to: ana.digits, text: 'hi' })).headers.get('retry-after')).toBe('1')
    await fault({ answer: '500' })
    expect((await gateway('/send', { to: ana.digits, text: 'hi' })).status).toBe(500)
    expect(simulator.world.chats()).toEqual([])
    expect((await gateway('/send', { to: ana.digits, text: 'hi' })).status).toBe(200)
    expect(calls().map(({ status }) => status)).toEqual([429, 200, 429, 500, 200])
  })

  test('an answer fault waits for a message, whatever goes before it', async () => {
    const { id } = (await (await say('hello')).json()) as { id: string }
    await fault({ answer: '500' })
    expect((await gateway('/read', { to: ana.digits, target: id })).status).toBe(200)
    expect((await gateway('/typing', { to: ana.digits })).status).toBe(200)
    expect(simulator.world.chats()[0]?.messages).toMatchObject([{ status: 'read' }])
    expect((await gateway('/send', { to: ana.digits, text: 'hi' })).status).toBe(500)
    expect(simulator.world.chats()[0]?.messages).toHaveLength(1)
    expect(simulator.faults.of('support')).toEqual({})
  })

  test('hang: no answer and nothing done; lost: done and no answer', async () => {
    await fault({ answer: 'hang' })
    const hung = fetch(`${simulator.url}/gateways/support/send`, {
      method: 'POST',
      body: JSON.stringify({ to: ana.digits, text: 'hi' }),
      signal: AbortSignal.timeout(80),
    })
    await expect(hung).rejects.toThrow()
    expect(simulator.world.chats()).toEqual([])
    await fault({ answer: 'lost' })
    await expect(gateway('/send', { to: ana.digits, text: 'hi' })).rejects.toThrow()
    expect(simulator.world.chats()[0]?.messages).toHaveLength(1)
    await vi.waitFor(() =>
      expect(calls().map((call) => [call.fault, call.status])).toEqual([
        ['hang', undefined],
        ['lost', undefined],
      ]),
    )
  })

  test.each(['truncate', 'corrupt'])('%s: a body that cannot be read, rightly signed', async (name) => {
    await fault({ delivery: name })
    await say('one')
    await say('two')
    await vi.waitFor(() => expect(texts()).toContain('two'))
    expect(receiver.got).toHaveLength(2)
    const broken = receiver.got.find(({ body }) => body.fact.kind === 'unknown')
    expect(broken?.signed).toBe(true)
    expect(broken?.bytes.toString('latin1')).toMatch(name === 'truncate' ? /[^}]$/ : /\xff\xfe\x80.*\}$/s)
    expect(posts()[0]).toMatchObject({ state: 'accepted', fault: name })
  })

  test('one that is meant for a kind waits for it, and strikes as often as told', async () => {
    await fault({ delivery: 'drop', kinds: ['receipt'], count: 2 })
    await say('one')
    await gateway('/send', { to: ana.digits, text: 'hi' })
    await gateway('/send', { to: ana.digits, text: 'again' })
    await vi.waitFor(() => expect(posts().filter(({ what }) => what === 'receipt')).toHaveLength(4))
    expect(posts().filter(({ state }) => state === 'dropped')).toHaveLength(2)
    expect(posts().find(({ what }) => what === 'message')).not.toHaveProperty('fault')
    await fault({ delivery: 'drop', count: 3 })
    await fault({ clear: true })
    expect(simulator.faults.of('support')).toEqual({})
  })

  test.each(['401', '404'])('the next request is refused with %s, and nothing is done', async (answer) => {
    await fault({ answer })
    expect((await gateway('/send', { to: ana.digits, text: 'hi' })).status).toBe(Number(answer))
    expect(simulator.world.chats()).toEqual([])
  })

  test('429 says how long to wait', async () => {
    await fault({ answer: '429', retryAfterS: 7 })
    const answer = await gateway('/send', { to: ana.digits, text: 'hi' })
    expect(answer.headers.get('retry-after')).toBe('7')
  })

  test('late: no answer, and done some time after', async () => {
    await fault({ answer: 'late', lateMs: 60 })
    await expect(gateway('/send', { to: ana.digits, text: 'hi' })).rejects.toThrow()
    expect(simulator.world.chats()).toEqual([])
    await vi.waitFor(() => expect(simulator.world.chats()[0]?.messages).toHaveLength(1))
  })

  test('garbled: done, and half an answer', async () => {
    await fault({ answer: 'garbled' })
    const answer = await gateway('/send', { to: ana.digits, text: 'hi' })
    expect([answer.status, await answer.text()]).toEqual([200, '{"ok"'])
    expect(simulator.world.chats()[0]?.messages).toHaveLength(1)
  })

  test('early: every receipt is with the hub before the answer', async () => {
    await fault({ answer: 'early' })
    expect((await gateway('/send', { to: ana.digits, text: 'hi' })).status).toBe(200)
    expect(receiver.got.map(({ body: { fact } }) => fact.kind)).toEqual(
      expect.arrayContaining(['message', 'receipt', 'receipt']),
    )
    expect(simulator.world.chats()[0]?.messages).toMatchObject([{ status: 'read' }])
  })

  test('a restart: connections break, waiting deliveries are forgotten, and it comes back', async () => {
    receiver.answer = () => {}
    await say('lost for good')
    await vi.waitFor(() => expect(receiver.got).toHaveLength(1))
    await fault({ answer: 'hang' })
    const hanging = gateway('/send', { to: ana.digits, text: 'hi' })
    const broken = expect(hanging).rejects.toThrow()
    await vi.waitFor(() => expect(simulator.faults.of('support')).toEqual({}))
    receiver.answer = accept
    const view = simulator.world.view('support')
    view.memory.set('webhook', 'kept')
    await api('number', { instance: 'support', restart: true, downMs: 80 })
    await broken
    await expect(gateway('/send', { to: ana.digits, text: 'hi' })).rejects.toThrow()
    await say('while it was down')
    await vi.waitFor(() => expect(texts()).toContain('while it was down'))
    expect(receiver.got.map(({ body: { fact } }) => fact)).toContainEqual({
      kind: 'connection',
      state: 'connected',
    })
    await vi.waitFor(() => expect(posts()[0]).toMatchObject({ state: 'dropped' }))
    expect(texts().filter((text) => text === 'lost for good')).toHaveLength(1)
    expect((await gateway('/send', { to: ana.digits, text: 'hi' })).status).toBe(200)
    expect(simulator.world.view('support').memory.get('webhook')).toBe('kept')
  })

  test('a hidden number: the same person has only the other id from now on', async () => {
    await say('one')
    await api('person', { digits: ana.digits, shows: 'private' })
    await say('two')
    await vi.waitFor(() => expect(receiver.got).toHaveLength(2))
    expect(receiver.got.map(({ body }) => [body.chat?.address, body.chat?.aliases])).toEqual([
      [`phone:${ana.digits}`, [`private:${ana.privateDigits}`]],
      [`private:${ana.privateDigits}`, []],
    ])
    expect(simulator.world.chats()).toHaveLength(1)
  })

  test('a clock that is off: everything carries the wrong time', async () => {
    await api('number', { instance: 'support', skewMs: -3_600_000 })
    await say('one')
    await vi.waitFor(() => expect(receiver.got).toHaveLength(1))
    const off = (receiver.got[0]?.body.at ?? 0) - Date.now()
    expect(off).toBeLessThan(-3_590_000)
    expect(simulator.world.view('support').now() - Date.now()).toBeLessThan(-3_590_000)
  })

  test('a number that is logged out has to be paired, and somebody scans after a moment', async () => {
    await api('number', { instance: 'support', logOut: true })
    const connect = await api('number', { instance: 'support', connected: true })
    expect([connect.status, await connect.json()]).toMatchObject([
      409,
      { detail: expect.stringContaining('paired') },
    ])
    const { qr } = (await (await gateway('/pair')).json()) as { qr: string }
    expect(qr).toMatch(/^2@/)
    await vi.waitFor(() => expect(simulator.world.numbers.get('support')?.connected).toBe(true))
    await vi.waitFor(() =>
      expect(
        receiver.got.map(({ body: { fact } }) => fact.kind === 'connection' && fact.state).sort(),
      ).toEqual(['connected', 'connecting', 'logged-out']),
    )
  })

  test('another version on the wire, with a receipt of each linked device', async () => {
    await api('person', { digits: ana.digits, devices: 2 })
    const receipts = () => posts().filter(({ what }) => what === 'receipt').length
    await gateway('/send', { to: ana.digits, text: 'hi' })
    await vi.waitFor(() => expect(receipts()).toBe(2))
    await api('number', { instance: 'support', generation: '0' })
    await gateway('/send', { to: ana.digits, text: 'hi' })
    await vi.waitFor(() => expect(receipts()).toBe(8))
    expect((await api('number', { instance: 'support', generation: 'x' })).status).toBe(409)
  })

  test('a number that is cut off says so, and gets what it missed', async () => {
    await api('number', { instance: 'support', connected: false })
    expect((await gateway('/send', { to: ana.digits, text: 'hi' })).status).toBe(503)
    await say('hello')
    await api('number', { instance: 'support', connected: true })
    await vi.waitFor(() => expect(texts()).toContain('hello'))
  })
})

describe('the gateway’s API', () => {
  test('acts on the world of its number and answers as the gateway does', async () => {
    const response = await gateway('/send', { to: ana.digits, text: 'hi' })
    expect([response.status, response.headers.get('x-fake')]).toEqual([200, 'yes'])
    expect(await (await gateway('/x?a=1')).json()).toEqual({ a: '1' })
    expect((await fetch(`${simulator.url}/gateways/nobody/send`)).status).toBe(404)
    expect(simulator.world.chats()[0]?.messages[0]).toMatchObject({ author: 'api', content: { text: 'hi' } })
  })

  test('gives out the example picture', async () => {
    await api('media', place)
    await vi.waitFor(() => expect(receiver.got).toHaveLength(1))
    const fact = receiver.got[0]?.body.fact
    const content = fact?.kind === 'message' ? fact.message.content : undefined
    const source = content && 'media' in content ? content.media.source : undefined
    const picture = await gateway(`/${source?.type === 'path' ? source.path : ''}`)
    expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/png'])
  })
})

describe('the page', () => {
  test('comes with what it may load, and nothing else', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pombo-page-'))
    const served = await startSimulator({ ...nobody, page: folder })
    const get = async (path: string) => {
      const response = await fetch(served.url + path)
      return [response.status, response.headers.get('content-type')]
    }
    try {
      expect(await get('/')).toEqual([503, 'text/plain; charset=utf-8'])
      mkdirSync(join(folder, 'assets'))
      for (const name of [
        'phone.html',
        'theme.js',
        'icon.svg',
        'assets/a.js',
        'assets/a.js.br',
        'index.html',
      ])
        writeFileSync(join(folder, name), name)
      expect(await get('/')).toEqual([200, 'text/html; charset=utf-8'])
      expect(await get('/assets/a.js')).toEqual([200, 'text/javascript; charset=utf-8'])
      expect(await get('/icon.svg')).toEqual([200, 'image/svg+xml'])
      for (const path of ['/index.html', '/assets/a.js.br', '/assets', '/..%2fpackage.json'])
        expect([path, ...(await get(path))]).toEqual([path, 404, 'application/json'])
      const page = await fetch(served.url)
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(page.headers.get('x-content-type-options')).toBe('nosniff')
    } finally {
      await served.close()
      rmSync(folder, { recursive: true })
    }
  })

  test('is elsewhere where a hub shows it', async () => {
    const served = await startSimulator({ ...nobody, home: 'http://127.0.0.1:3001/phone' })
    const response = await fetch(served.url, { redirect: 'manual' })
    expect([response.status, response.headers.get('location')]).toEqual([302, 'http://127.0.0.1:3001/phone'])
    await served.close()
  })

  test('its stream begins with the whole state and goes on with changes', async () => {
    await say('hello')
    const stream = await fetch(`${simulator.url}/phone/stream`)
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader()
    let heard = ''
    const until = async (needle: RegExp) => {
      while (!needle.test(heard)) heard += (await reader?.read())?.value ?? ''
    }
    await until(/event: state\ndata: .*"text":"hello".*\n\n/)
    await gateway('/typing', { to: ana.digits })
    await until(/event: typing\ndata: .*"typing":true/)
    await gateway('/send', { to: ana.digits, text: 'hi' })
    await until(/event: message\ndata: .*"status":"read"/)
    await until(/event: hub\ndata: .*"state":"live"/)
    await reader?.cancel()
  })

  test('shows what went over the wire, without what proves who sent it', async () => {
    await say('hello')
    await vi.waitFor(() => expect(posts()[0]?.state).toBe('accepted'))
    const shown = await fetch(`${simulator.url}/phone/wire/${posts()[0]?.id}`)
    expect(await shown.json()).toMatchObject({
      method: 'POST',
      url: `${hubUrl}/webhooks/support`,
      headers: { signature: '***' },
      body: expect.stringContaining('hello'),
      answer: { status: 200, body: '{"accepted":1,"duplicates":0}' },
    })
    expect((await fetch(`${simulator.url}/phone/wire/999`)).status).toBe(404)
  })

  test('people do more than write, named as one likes', async () => {
    const ask = { instance: 'support', person: 'ana' }
    const view = simulator.world.view('support')
    const chat = address('phone', ana.digits)
    const send = (content: Content) => view.send({ id: view.newMessageId(), to: chat, content })
    send({ type: 'poll', text: 'Lunch?', options: ['Yes', 'No'], choices: 1 })
    expect((await api('vote', { ...ask, target: 'last', options: ['Yes'] })).status).toBe(200)
    expect((await api('vote', { ...ask, target: 'last', options: ['Maybe'] })).status).toBe(409)
    send({ type: 'menu', text: 'Choose', options: [{ id: 'a', text: 'First' }] })
    expect((await api('tap', { ...ask, target: 'last', choice: 'First' })).status).toBe(200)
    expect((await api('pin', { ...ask, target: 'own' })).status).toBe(200)
    expect((await api('presence', { ...ask, state: 'typing' })).status).toBe(200)
    const { call } = (await (await api('call', ask)).json()) as { call: string }
    expect((await api('hang-up', { call })).status).toBe(200)
    const location = { type: 'location', latitude: 1, longitude: 2 }
    expect((await api('say', { ...ask, content: location })).status).toBe(200)
    expect((await api('say', { ...ask, content: { type: 'voice' } })).status).toBe(200)
    expect((await api('say', { ...ask, text: 'x', content: location })).status).toBe(400)
    expect((await api('say', { ...ask, person: 'nobody', text: 'x' })).status).toBe(409)
    await vi.waitFor(() =>
      expect(
        receiver.got
          .map(({ body: { fact } }) => (fact.kind === 'message' ? fact.message.content.type : fact.kind))
          .filter((kind) => kind !== 'receipt')
          .sort(),
      ).toEqual(
        ['call', 'call', 'choice', 'location', 'menu', 'pin', 'poll', 'presence', 'voice', 'vote'].sort(),
      ),
    )
  })

  test('a medium somebody sends is served where the gateway says it is', async () => {
    const base64 = Buffer.from('abc').toString('base64')
    const content = { type: 'document', base64, mime: 'text/plain', fileName: 'a.txt' }
    await api('say', { ...place, content })
    await vi.waitFor(() => expect(receiver.got).toHaveLength(1))
    const fact = receiver.got[0]?.body.fact
    const sent = fact?.kind === 'message' ? fact.message.content : undefined
    expect(sent).toMatchObject({ media: { fileName: 'a.txt', bytes: 3, mime: 'text/plain' } })
    const source = sent && 'media' in sent ? sent.media.source : undefined
    const medium = await gateway(`/${source?.type === 'path' ? source.path : ''}`)
    expect([medium.headers.get('content-type'), await medium.text()]).toEqual(['text/plain', 'abc'])
  })

  test('its actions do what they say, and say what is wrong', async () => {
    const { id } = (await (await say('helo')).json()) as { id: string }
    expect((await api('edit', { ...place, target: id, text: 'hello' })).status).toBe(200)
    expect((await api('react', { ...place, target: id, emoji: '👍' })).status).toBe(200)
    expect((await api('read', place)).status).toBe(200)
    expect((await api('own-message', { ...place, text: 'by hand', replyTo: id })).status).toBe(200)
    expect((await api('revoke', { ...place, target: id })).status).toBe(200)
    expect((await api('join', { group: 'group:1203', person: tom.digits })).status).toBe(200)
    expect((await api('leave', { group: 'group:1203', person: tom.digits })).status).toBe(200)
    expect((await api('kill', {})).status).toBe(200)
    expect(kill).toHaveBeenCalledOnce()
    expect((await api('release', place)).status).toBe(409)
    const wrong = await api('say', { ...place, text: ' ' })
    expect([wrong.status, ((await wrong.json()) as { detail: string }).detail]).toEqual([
      400,
      expect.stringContaining('text'),
    ])
    expect((await api('say', { instance: 'support', person: '999999', text: 'x' })).status).toBe(409)
    expect((await api('constructor', {})).status).toBe(404)
    const state = (await (await fetch(`${simulator.url}/phone/state`)).json()) as {
      chats: { messages: object[] }[]
    }
    expect(state.chats[0]?.messages).toMatchObject([
      { revokedAt: expect.any(Number) },
      { author: 'person', replyTo: { id } },
    ])
  })
})

describe('who may come in', () => {
  test('loopback names only, whatever the address', async () => {
    const status = await new Promise((resolve, reject) => {
      request(simulator.url, { headers: { host: 'evil.example' } }, (response) =>
        resolve(response.statusCode),
      )
        .on('error', reject)
        .end()
    })
    expect(status).toBe(403)
  })

  test('no other site’s page', async () => {
    expect((await api('kill', {}, { origin: 'https://evil.example' })).status).toBe(403)
    expect((await api('kill', {}, { 'content-type': 'text/plain' })).status).toBe(400)
    expect((await api('kill', {}, { origin: simulator.url })).status).toBe(200)
  })

  test('the pages of the hub, and those only where the phone is', async () => {
    const allowed = (response: Response) => response.headers.get('access-control-allow-origin')
    for (const origin of [hubUrl, hubUrl.replace('127.0.0.1', 'localhost')])
      expect(allowed(await api('kill', {}, { origin }))).toBe(origin)
    const headers = { origin: hubUrl, 'access-control-request-method': 'POST' }
    const preflight = await fetch(`${simulator.url}/phone/say`, { method: 'OPTIONS', headers })
    expect([preflight.status, allowed(preflight)]).toEqual([204, hubUrl])
    expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type')
    const other = { origin: 'http://127.0.0.1:1' }
    const refused = await fetch(`${simulator.url}/phone/state`, { headers: other })
    expect([refused.status, allowed(refused)]).toEqual([403, null])
    const vendor = await fetch(`${simulator.url}/gateways/support/send`, { headers: { origin: hubUrl } })
    expect(allowed(vendor)).toBe(null)
  })

  test('it binds to loopback, and says when the port is taken', async () => {
    await expect(startSimulator({ ...nobody, host: '0.0.0.0' })).rejects.toThrow('this machine only')
    const port = Number(new URL(simulator.url).port)
    await expect(startSimulator({ ...nobody, port })).rejects.toMatchObject({ code: 'E_PORT_TAKEN' })
  })
})
