import { createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { address } from '../core/address.ts'
import { defineGateway, verified } from '../core/gateway.ts'
import { type MessageId, messageId } from '../core/ids.ts'
import { noMetrics } from '../core/ports.ts'
import { hmacMatches } from '../core/signature.ts'
import { createHub } from '../hub.ts'
import { systemClock } from '../platform/clock.ts'
import { openSqliteStore } from '../storage/sqlite/open.ts'
import { API_KEY, ask, config, instance, KeptLog, keyOnly, openSocket, URL_KEY } from './edge.fixture.ts'
import { createHttpServer } from './server.ts'

/** The edge over the real hub and a real database file. */

const SECRET = 'webhook-secret-1'
const sign = (body: string, secret = SECRET) => createHmac('sha256', secret).update(body).digest('hex')
const message = (id: string, text = 'hello', from = '5511912345678') => JSON.stringify({ id, text, from })

interface Wire {
  id: string
  text: string
  from: string
}

const gateway = defineGateway({
  name: 'fake',
  settings: z.unknown(),
  capabilities: new Set(['media'] as const),
  proof: 'signature',
  verify(delivery, { secrets, key }) {
    const signature = delivery.headers['x-signature']
    const isProved =
      (key !== undefined && delivery.urlKey === key) ||
      hmacMatches(secrets, delivery.body, typeof signature === 'string' ? signature : undefined)
    return isProved
      ? { ok: true, verified: verified(delivery) }
      : { ok: false, reason: 'the signature does not match' }
  },
  normalise({ json }) {
    if (typeof json !== 'object' || json === null) {
      return {
        events: [
          {
            fact: { kind: 'unknown', name: 'no JSON' },
            identity: { type: 'state', parts: [] },
            author: 'other',
          },
        ],
      }
    }
    const { id, text, from } = json as Wire
    const who = { address: address('phone', from), aliases: [] }
    return {
      events: [
        {
          fact: { kind: 'message', message: { id: messageId(id), content: { type: 'text', text } } },
          identity: { type: 'fact', parts: [from, id] },
          author: 'other',
          at: Date.now(),
          chat: who,
          sender: who,
        },
      ],
    }
  },
  redact: (body) => body,
  parseRecipient: () => undefined,
  connect: () => ({
    sendTimeoutMs: 1000,
    send: async (_command, reference) => ({ end: 'sent', messageId: `sent-${reference}` as MessageId }),
  }),
})

async function startHub() {
  const directory = await mkdtemp(join(tmpdir(), 'pombo-http-'))
  const log = new KeptLog()
  const clock = systemClock
  const store = await openSqliteStore({ path: join(directory, 'hub.db'), clock, log, dedupeMs: 86_400_000 })
  const day = 86_400_000
  const hub = createHub({
    config: config({
      instances: [
        instance('support'),
        instance('sales', { webhook: { secrets: [], key: URL_KEY, allow: [] } }),
        instance('closed', { webhook: { secrets: [SECRET], allow: ['203.0.113.0/24'] } }),
      ],
      retention: { deliveriesMs: day, dedupeMs: day, eventsMs: day, commandsMs: day, auditMs: day },
    }),
    store,
    gateways: [gateway],
    features: [],
    clock,
    machine: clock,
    random: Math.random,
    log,
    metrics: noMetrics,
    http: async () => ({ type: 'not-sent', reason: 'no network in tests' }),
  })
  const metrics = { render: async () => '', contentType: 'text/plain' }
  const server = createHttpServer({ hub, access: keyOnly(hub.config, clock, log), metrics, log, clock })
  const { port } = await server.listen()
  await hub.start()
  const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' }
  return {
    hub,
    port,
    deliver: (body: string, signature: string | string[] = sign(body), path = '/webhooks/support') =>
      ask(port, 'POST', path, { headers: { 'x-signature': signature }, body }),
    api: (method: string, path: string, body?: unknown, more: Record<string, string> = {}) =>
      ask(port, method, `/api/v1${path}`, {
        headers: { ...headers, ...more },
        body: body === undefined ? undefined : JSON.stringify(body),
      }),
    async [Symbol.asyncDispose]() {
      await server.close(1000)
      await hub.stop(1000)
      await store.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const data = (json: Record<string, unknown>) => json.data as Record<string, unknown>[]

describe('webhooks of a real hub', () => {
  test('store once what comes twice, also at the same moment', async () => {
    await using it = await startHub()
    expect((await it.deliver(message('A'))).json).toEqual({ accepted: 1, duplicates: 0 })
    expect((await it.deliver(message('A'))).json).toEqual({ accepted: 0, duplicates: 1 })
    const together = await Promise.all(Array.from({ length: 20 }, () => it.deliver(message('B'))))
    expect(together.every(({ status }) => status === 200)).toBe(true)
    expect(together.filter(({ json }) => json.accepted === 1)).toHaveLength(1)
    expect(data((await it.api('GET', '/events')).json)).toHaveLength(2)
  })

  test('refuse every kind of bad signature, and keep nothing of it', async () => {
    await using it = await startHub()
    const good = sign(message('A'))
    const bad = [
      '',
      good.slice(1),
      `${good}0`,
      good.replace(/^./, 'g'),
      sign(message('A'), 'another'),
      sign(message('B')),
    ]
    const statuses = []
    for (const signature of bad) statuses.push((await it.deliver(message('A'), signature)).status)
    expect(statuses).toEqual([401, 401, 401, 429, 429, 429])
    expect((await it.deliver(message('A'), [good, good])).status).toBe(429)
    expect((await it.deliver(message('A'), good.toUpperCase())).status).toBe(200)
    expect(data((await it.api('GET', '/events')).json)).toHaveLength(1)
  })

  test('take what nobody understands, and an empty body', async () => {
    await using it = await startHub()
    expect((await it.deliver('not json')).json).toMatchObject({ accepted: 1 })
    expect((await it.deliver('')).status).toBe(200)
    const { json } = await it.api('GET', '/events?kind=unknown')
    expect(data(json).length).toBeGreaterThan(0)
    const id = data(json).at(-1)?.id
    expect((await it.api('GET', `/events/${id}`)).json).toMatchObject({
      delivery: { encoding: 'text', payload: 'not json' },
    })
  })

  test('of URL keys take any suffix, and nothing with another key', async () => {
    await using it = await startHub()
    const path = `/webhooks/sales/${URL_KEY}/messages/text`
    expect((await it.deliver(message('A'), 'none', path)).json).toEqual({ accepted: 1, duplicates: 0 })
    expect((await it.deliver(message('B'), 'none', '/webhooks/sales/another-key-0123')).status).toBe(401)
    expect((await it.deliver(message('C'), 'none', '/webhooks/sales')).status).toBe(401)
    expect((await it.deliver(message('C'), 'none', '/webhooks/global')).status).toBe(404)
    expect((await it.deliver(message('C'), 'none', '/webhooks/closed')).status).toBe(403)
  })

  test('survive a storm of broken requests', async () => {
    await using it = await startHub()
    const storm = Array.from({ length: 50 }, async (_, i) => {
      using socket = await openSocket(it.port)
      socket.write(
        [
          '\0\0\0',
          'POST / HTTP/9\r\n',
          'POST /webhooks/support HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab',
        ][i % 3] ?? '',
      )
    })
    await Promise.all(storm)
    expect((await it.deliver(message('A'))).status).toBe(200)
  })
})

describe('the API of a real hub', () => {
  test('pages through events, newest first, none twice', async () => {
    await using it = await startHub()
    for (const id of ['A', 'B', 'C', 'D', 'E']) await it.deliver(message(id))
    const seen: unknown[] = []
    let next: unknown = ''
    for (let pages = 0; next !== null && pages < 10; pages++) {
      const { json } = await it.api('GET', `/events?limit=2${next ? `&cursor=${next}` : ''}`)
      seen.push(...data(json).map(({ id }) => id))
      next = json.next
    }
    expect(seen).toHaveLength(5)
    expect(new Set(seen).size).toBe(5)
    expect(seen).toEqual(seen.toSorted((a, b) => Number(String(b).slice(4)) - Number(String(a).slice(4))))
  })

  test.each(['/events', '/dead-letters', '/chats', '/commands'])(
    '%s refuses a foreign cursor',
    async (path) => {
      await using it = await startHub()
      for (const cursor of ['x', '-1', '1.5', '1e999', "1'--"]) {
        const { json } = await it.api('GET', `${path}?cursor=${encodeURIComponent(cursor)}`)
        expect(json).toMatchObject({ status: 400, code: 'E_INVALID' })
      }
    },
  )

  test('shows the chat a delivery opened, what was said, and moves its owner', async () => {
    await using it = await startHub()
    await it.deliver(message('A', 'do you have bread?'))
    await it.hub.idle()
    const chats = await it.api('GET', '/chats?instance=support')
    expect(data(chats.json)).toMatchObject([{ address: 'phone:5511912345678', owner: 'bot', kind: 'direct' }])
    const id = data(chats.json)[0]?.id
    expect(data((await it.api('GET', `/chats/${id}/messages`)).json)).toMatchObject([
      { id: 'A', author: 'other', content: { type: 'text', text: 'do you have bread?' } },
    ])
    expect((await it.api('POST', `/chats/${id}/owner`, { owner: 'person' })).json).toMatchObject({
      id,
      owner: 'person',
    })
    expect((await it.api('GET', `/chats/${id}`)).json).toMatchObject({ owner: 'person' })
    expect((await it.api('POST', '/instances/support/messages', { to: id, text: 'yes' })).status).toBe(202)
    expect((await it.api('POST', '/instances/sales/messages', { to: id, text: 'yes' })).json).toMatchObject({
      status: 400,
      code: 'E_INVALID',
    })
  })

  test('sends once per idempotency key, and tells how it ended', async () => {
    await using it = await startHub()
    const send = () =>
      it.api(
        'POST',
        '/instances/support/messages',
        { to: '+55 11 91234-5678', text: 'hi' },
        { 'idempotency-key': 'k1' },
      )
    const answers = await Promise.all([send(), send(), send()])
    expect(new Set(answers.map(({ json }) => json.id)).size).toBe(1)
    await it.hub.idle()
    const commands = await it.api('GET', '/commands')
    expect(data(commands.json)).toMatchObject([{ id: answers[0]?.json.id, state: 'sent', type: 'text' }])
    const resolve = await it.api('POST', `/commands/${answers[0]?.json.id}/resolve`, { decision: 'resend' })
    expect(resolve.json).toMatchObject({ status: 409, code: 'E_CONFLICT' })
  })

  test('ready while it can commit', async () => {
    await using it = await startHub()
    expect((await ask(it.port, 'GET', '/ready', {})).status).toBe(200)
  })
})

test('two contacts the directory proves one, and a person who knows better', async () => {
  await using it = await startHub()
  const [one, other] = ['5491123456789', '541123456789'] as const
  for (const [i, from] of [one, other, one, other].entries())
    await it.deliver(message(`M${i}`, 'hello', from))
  const chats = async () => data((await it.api('GET', '/chats')).json)
  expect(await chats()).toHaveLength(2)
  await it.hub.store.learn({ address: address('phone', one), aliases: [address('phone', other)] })
  await expect.poll(async () => (await chats()).length).toBe(1)

  const [chat] = await chats()
  const { json } = await it.api('GET', `/contacts/${chat?.contact}/merges`)
  const [merge] = data(json)
  expect(merge).toMatchObject({ proof: 'directory', addresses: [`phone:${other}`] })
  const undone = await it.api('POST', `/merges/${merge?.id}/undo`)
  expect([undone.status, undone.json.undoneAt]).toEqual([200, expect.any(String)])
  expect((await it.api('POST', `/merges/${merge?.id}/undo`)).status).toBe(409)
  for (const { id, address: who } of await chats()) {
    const said = async () => data((await it.api('GET', `/chats/${id}/messages`)).json).map((m) => m.id)
    await expect.poll(said).toEqual(who === `phone:${one}` ? ['M2', 'M0'] : ['M3', 'M1'])
  }
})
