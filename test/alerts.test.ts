import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Alert, AlertPage, ConnectionHistory } from '../src/http/contract/alerts.ts'
import { ANA, type Place, Stage } from './alerts-stage.ts'
import { type FreshDatabase, freshDatabase } from './postgres/database.ts'

/** From a number that drops to the letter about it: real gateways, endpoint and mail server, simulated time. */

let stage: Stage
beforeEach(async () => {
  stage = await new Stage().open()
})
afterEach(() => stage.close())

const alerts = async (query = ''): Promise<Alert[]> =>
  (await stage.ask<AlertPage>(`/alerts${query}`)).body.data
const connections = async (instance = 'support') =>
  (await stage.ask<ConnectionHistory>(`/instances/${instance}/connections`)).body
interface ShownInstance {
  id: string
  connection?: string
  queued: number
  hold: { reason: string } | null
}
const shown = async (id = 'support') =>
  (await stage.ask<{ data: ShownInstance[] }>('/instances')).body.data.find((one) => one.id === id)
const say = (text: string) =>
  stage.ask('/instances/support/messages', { method: 'POST', body: { to: ANA.digits, text } })
const received = () =>
  stage.simulator.world
    .chats()
    .filter(({ instance }) => instance === 'support')
    .flatMap(({ messages }) => messages)
    .map(({ content }) => content.text)
/** Long lines are wrapped on the wire. */
const readable = (letter = '') => letter.replaceAll('=\r\n', '')
const news = () => stage.endpoint.posted.map(({ type, data }) => `${type} ${String(data.kind)}`)

let database: FreshDatabase
beforeAll(async () => {
  database = await freshDatabase('18')
})
afterAll(() => database.drop())

// A minute of simulated time is sixty looks at the database.
vi.setConfig({ testTimeout: 90_000 })

describe.each(['sqlite', 'postgres'] as const)('on %s', (engine) => {
  let place: Place
  let own: FreshDatabase | undefined
  beforeEach(async () => {
    if (engine === 'postgres') own = await freshDatabase('18')
    place = own ? { engine: 'postgres', url: own.url } : { engine: 'sqlite' }
  })
  afterEach(async () => {
    await stage.stop()
    await own?.drop()
    own = undefined
  })

  test('a number that drops is found by asking, its sends wait, people are told, and all goes on when it is back', async () => {
    await stage.start(place)
    await stage.clock.advance('5s')
    expect(await connections()).toMatchObject({
      state: 'connected',
      polled: true,
      uptime: { day: { ratio: 1 } },
    })

    stage.simulator.world.setConnected('support', false)
    await stage.clock.advance('40s')
    expect(await shown()).toMatchObject({
      connection: 'disconnected',
      hold: { reason: 'the number is disconnected' },
    })
    for (const text of ['alpha', 'bravo', 'charlie']) expect((await say(text)).status).toBe(202)
    await stage.clock.advance('20s')
    expect(received()).toEqual([])
    expect((await shown())?.queued).toBe(3)
    expect(await alerts()).toEqual([])

    await stage.clock.advance('60s')
    expect(await alerts()).toMatchObject([
      {
        kind: 'disconnected',
        instance: 'support',
        state: 'open',
        times: 1,
        deliveries: [
          { channel: 'email', news: 'opened', state: 'delivered', attempts: 1 },
          { channel: 'webhook', news: 'opened', state: 'delivered', attempts: 1 },
        ],
      },
    ])
    expect(stage.endpoint.posted).toMatchObject([
      {
        signed: true,
        type: 'alert.opened',
        data: { kind: 'disconnected', instance: 'support', text: 'support is disconnected', times: 1 },
      },
    ])
    expect(stage.office.letters).toHaveLength(1)
    const letter = readable(stage.office.letters[0])
    expect(letter).toContain('Subject: [Pombo] support is disconnected')
    expect(letter).toContain('To: ana@example.com, tom@example.com')
    expect(letter).toContain('Its messages wait and go out in order once it is back.')
    expect(letter).not.toMatch(/alpha|bravo|charlie|a-password-of-mail|whsec/)

    stage.simulator.world.setConnected('support', true)
    await stage.clock.advance('40s')
    expect(received()).toEqual(['alpha', 'bravo', 'charlie'])
    expect(await shown()).toMatchObject({ connection: 'connected', hold: null, queued: 0 })
    await stage.clock.advance('80s')
    expect(news()).toEqual(['alert.opened disconnected', 'alert.resolved disconnected'])
    expect(stage.office.letters[1]).toContain('Subject: [Pombo] Over: support is disconnected')
    expect(await alerts('?state=resolved&instance=support&kind=disconnected')).toHaveLength(1)
    expect(await alerts('?state=open')).toEqual([])

    const history = await connections()
    expect(history.data.map(({ state }) => state)).toEqual(['connected', 'disconnected', 'connected'])
    expect(history.uptime.day.reconnects).toBe(1)
    expect(history.uptime.day.ratio).toBeGreaterThan(0.3)
    expect(history.uptime.day.ratio).toBeLessThan(1)
    expect(stage.logged.join()).not.toMatch(/whsec|a-password-of-mail|in-the-query|example\.com/)
  })
})

const sqlite: Place = { engine: 'sqlite' }

describe('a watched number', () => {
  test('a gateway that is down is told apart from a number that is logged out', async () => {
    await stage.start(sqlite)
    await stage.clock.advance('5s')
    stage.simulator.restart('support', 3 * 60_000)
    await stage.clock.advance('2m')
    expect(await shown()).toMatchObject({
      connection: 'unreachable',
      hold: { reason: 'the gateway of this number does not answer' },
    })
    expect(news()).toEqual(['alert.opened gateway-unreachable'])
    await stage.clock.advance('6m')
    expect(news()).toEqual(['alert.opened gateway-unreachable', 'alert.resolved gateway-unreachable'])
    expect((await shown())?.connection).toBe('connected')

    stage.simulator.world.logOut('support')
    await stage.clock.advance('2m')
    expect((await shown())?.hold?.reason).toBe('the number is logged-out')
    expect(news().slice(2)).toEqual(['alert.opened logged-out'])
    expect((await stage.ask<string>('/metrics')).body).toContain(
      'pombo_connection_state{instance="support",state="logged-out"} 1',
    )
    expect((await stage.ask<string>('/metrics')).body).toContain('pombo_alerts_open{kind="logged-out"} 1')
  })

  test('a gateway that tells by itself is believed at once, in the same machine', async () => {
    await stage.start(sqlite)
    await stage.clock.advance('5s')
    stage.simulator.world.setConnected('sales', false)
    await stage.clock.advance('2s')
    expect(await shown('sales')).toMatchObject({ connection: 'disconnected' })
    stage.simulator.world.setConnected('sales', true)
    await stage.clock.advance('2s')
    const { data } = await connections('sales')
    expect(data.map(({ state, source }) => `${state} ${source}`)).toEqual([
      'connected event',
      'disconnected event',
      'connected poll',
    ])
  })

  test('a line that flaps rings nobody', async () => {
    await stage.start(sqlite, {}, { watch: { every: '5s' } })
    for (let i = 0; i < 6; i++) {
      stage.simulator.world.setConnected('support', i % 2 === 1)
      await stage.clock.advance('40s')
    }
    expect((await connections()).data.length).toBeGreaterThan(4)
    expect(await alerts()).toEqual([])
    expect(stage.endpoint.posted).toEqual([])
  })

  test('one that comes back within ten minutes is the same alert with a count', async () => {
    await stage.start(sqlite, { kinds: ['disconnected'], language: 'pt-BR' })
    for (let i = 0; i < 2; i++) {
      stage.simulator.world.setConnected('support', false)
      await stage.clock.advance('3m')
      stage.simulator.world.setConnected('support', true)
      await stage.clock.advance('3m')
    }
    const [alert, ...others] = await alerts()
    expect([alert?.times, others]).toEqual([2, []])
    expect(news()).toEqual(
      ['opened', 'resolved', 'reopened', 'resolved'].map((what) => `alert.${what} disconnected`),
    )
    expect(new Set(stage.endpoint.posted.map(({ id }) => id)).size).toBe(4)
    expect(stage.endpoint.posted[2]?.data.text).toBe('support está desconectado (de novo, 2 vezes até agora)')
  })

  test('an endpoint that fails is tried again with the same id, until it takes it', async () => {
    stage.endpoint.status = 500
    stage.office.refuses = 550
    await stage.start(sqlite)
    stage.simulator.world.setConnected('support', false)
    await stage.clock.advance('3m')
    const tries = stage.endpoint.posted.length
    expect(tries).toBeGreaterThan(2)
    const [mail, hook] = (await alerts())[0]?.deliveries ?? []
    expect(hook).toMatchObject({ channel: 'webhook', state: 'waiting', reason: 'it answered 500' })
    expect(mail?.reason).toBe(
      'the server refused the sender or a recipient; check alerts.email.from and to (SMTP 550)',
    )
    stage.endpoint.status = 204
    stage.office.refuses = undefined
    await stage.clock.advance('4m')
    expect((await alerts())[0]?.deliveries.map(({ state }) => state)).toEqual(['delivered', 'delivered'])
    expect(new Set(stage.endpoint.posted.map(({ id }) => id)).size).toBe(1)
    expect(new Set(stage.endpoint.posted.map(({ body }) => body)).size).toBe(1)
    expect(stage.endpoint.posted.every(({ signed }) => signed)).toBe(true)
    expect(stage.office.letters).toHaveLength(1)
  })
})

describe('the API', () => {
  test('an alert is acknowledged once, and not when it is over or unknown', async () => {
    await stage.start(sqlite)
    stage.simulator.world.setConnected('support', false)
    await stage.clock.advance('3m')
    const [{ id } = { id: '' }] = await alerts()
    const acknowledge = () => stage.ask<Alert>(`/alerts/${id}/acknowledge`, { method: 'POST' })
    const first = await acknowledge()
    expect(first).toMatchObject({ status: 200, body: { state: 'acknowledged' } })
    expect(first.body.acknowledgedBy).toBeTruthy()
    expect((await acknowledge()).body.acknowledgedAt).toBe(first.body.acknowledgedAt)
    stage.simulator.world.setConnected('support', true)
    await stage.clock.advance('3m')
    expect(await acknowledge()).toMatchObject({ status: 409, body: { code: 'E_CONFLICT' } })
    const unknown = await stage.ask('/alerts/alr_999/acknowledge', { method: 'POST' })
    expect(unknown).toMatchObject({ status: 404, body: { code: 'E_NOT_FOUND' } })
  })

  test('a test goes through every channel, and says what happened', async () => {
    await stage.start(sqlite, { language: 'es' })
    const send = (body?: object) => stage.ask('/alerts/test', { method: 'POST', ...(body && { body }) })
    expect(await send()).toMatchObject({
      status: 200,
      body: {
        results: [
          { channel: 'webhook', delivered: true },
          { channel: 'email', delivered: true },
        ],
      },
    })
    expect(stage.endpoint.posted).toMatchObject([{ signed: true, type: 'alert.test' }])
    expect(stage.office.letters[0]).toContain('Subject: [Pombo] Prueba de alertas')
    stage.endpoint.status = 401
    await stage.office.close()
    expect(await send()).toMatchObject({
      body: {
        results: [
          { channel: 'webhook', delivered: false, reason: 'it answered 401' },
          { channel: 'email', delivered: false, reason: expect.stringContaining('cannot be reached') },
        ],
      },
    })
    expect(await send({ channel: 'webhook' })).toMatchObject({ body: { results: [{ channel: 'webhook' }] } })
    expect(await send({ channel: 'pigeon' })).toMatchObject({ status: 400, body: { code: 'E_INVALID' } })
  })

  test('settings are shown without anything secret', async () => {
    await stage.start(sqlite, { kinds: ['silent'], after: '2m' })
    const { body } = await stage.ask('/alerts/settings')
    expect(body).toEqual({
      afterMs: 120_000,
      kinds: ['silent'],
      language: 'en',
      webhook: { url: new URL(stage.endpointUrl).origin },
      email: {
        host: '127.0.0.1',
        port: stage.smtpPort,
        from: 'pombo@example.com',
        to: ['ana@example.com', 'tom@example.com'],
      },
    })
  })

  test('without channels a test has none to go through, and one that is named is refused', async () => {
    await stage.start(sqlite, { webhook: undefined, email: undefined })
    expect((await stage.ask('/alerts/test', { method: 'POST' })).body).toEqual({ results: [] })
    expect(await stage.ask('/alerts/test', { method: 'POST', body: { channel: 'email' } })).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('alerts.email') },
    })
  })

  test('what is asked wrongly is told', async () => {
    await stage.start(sqlite)
    for (const path of [
      '/alerts?state=closed',
      '/alerts?kind=x',
      '/alerts?limit=0',
      '/alerts/evt_1/acknowledge',
    ]) {
      const method = path.endsWith('acknowledge') ? 'POST' : 'GET'
      expect(await stage.ask(path, { method })).toMatchObject({ status: 400, body: { code: 'E_INVALID' } })
    }
    expect((await stage.ask('/instances/nobody/connections')).status).toBe(404)
    expect((await stage.ask('/alerts', { key: '' })).status).toBe(401)
    expect((await stage.ask('/alerts/test', { method: 'POST', key: 'a-wrong-key-00000000' })).status).toBe(
      401,
    )
  })
})

test('of two nodes one asks and one tells', async () => {
  const place: Place = { engine: 'postgres', url: database.url }
  await stage.start(place)
  await stage.start(place)
  const asked = () =>
    stage.simulator.strip.list().filter((entry) => entry.type === 'call' && entry.instance === 'support')
      .length
  await stage.clock.advance('150s')
  expect(asked()).toBeGreaterThan(3)
  expect(asked()).toBeLessThan(8)
  stage.simulator.world.setConnected('support', false)
  await stage.clock.advance('150s')
  expect(news()).toEqual(['alert.opened disconnected'])
  expect(stage.office.letters).toHaveLength(1)
})

test('a process that is killed between writing and telling loses nothing, and the double is known by its id', async () => {
  stage.endpoint.status = undefined
  stage.write({ after: '0s', email: undefined }, { database: 'sqlite:./hub.db' })
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./alerts-node.ts', import.meta.url)), stage.folder],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  await vi.waitFor(() => expect(stage.endpoint.posted).toHaveLength(1), { timeout: 60_000 })
  child.kill('SIGKILL')
  await once(child, 'exit')

  stage.endpoint.status = 204
  await stage.start({ engine: 'sqlite' }, { after: '0s', email: undefined })
  await stage.clock.advance('2m')
  const [first, second] = stage.endpoint.posted
  expect(first).toMatchObject({ signed: true, type: 'alert.opened', data: { kind: 'logged-out' } })
  expect([second?.id, second?.body]).toEqual([first?.id, first?.body])
  expect((await alerts('?kind=logged-out'))[0]?.deliveries.at(-1)).toMatchObject({
    news: 'opened',
    state: 'delivered',
    attempts: 2,
  })
})
