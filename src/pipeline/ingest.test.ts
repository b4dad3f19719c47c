import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Address } from '../core/address.ts'
import type { HubConfig, InstanceConfig } from '../core/config.ts'
import { HubError } from '../core/errors.ts'
import type { InboundEvent } from '../core/events.ts'
import { type Gateway, type Normalised, verified } from '../core/gateway.ts'
import type { InstanceId, MessageId, ServerId } from '../core/ids.ts'
import { type Logger, noMetrics } from '../core/ports.ts'
import type { Acceptance, Arrival, Store } from '../core/store.ts'
import { noTraffic } from '../core/traffic.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { createIngest } from './ingest.ts'
import { instance } from './instance.fixture.ts'
import { Outage } from './outage.ts'
import { createPressure } from './pressure.ts'

const NOW = Date.UTC(2026, 10, 1, 12)
const HOUR = 3_600_000
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }
const ana = { address: 'phone:5511911110001' as Address, aliases: [] }

const message = (extra: Partial<InboundEvent> = {}): InboundEvent => ({
  fact: { kind: 'message', message: { id: 'M1' as MessageId, content: { type: 'text', text: 'hi' } } },
  identity: { type: 'fact', parts: ['M1'] },
  author: 'other',
  chat: ana,
  sender: ana,
  at: NOW,
  ...extra,
})

function gatewayThat(normalise: () => Normalised): Gateway {
  return {
    name: 'test',
    settings: z.unknown(),
    capabilities: new Set(),
    proof: 'signature',
    verify: (delivery) => ({ ok: true, verified: verified(delivery) }),
    normalise,
    credential: (settings) => (settings as { token?: string }).token,
    redact: (body) => body,
    parseRecipient: () => undefined,
    connect: () => ({ sendTimeoutMs: 1, send: async () => ({ end: 'sent' }) }),
  }
}

function ingestOver(
  normalised: Normalised | (() => Normalised),
  options: { instances?: InstanceConfig[]; accept?: Store['accept'] } = {},
) {
  const arrivals: Arrival[] = []
  const clock = new FakeClock({ start: NOW })
  const accept: Store['accept'] =
    options.accept ??
    (async (batch) => {
      arrivals.push(...batch)
      return batch.map((a): Acceptance => ({ accepted: a.events.length, duplicates: 0 }))
    })
  const config = {
    limits: { bodyBytes: 100, bodyBytesWithKey: 200, failedAuthPerMinute: 60 },
    instances: options.instances ?? [instance('support')],
    servers: [
      {
        id: 'srv' as ServerId,
        gateway: 'test',
        baseUrl: 'http://gateway.test',
        webhook: { secrets: [], key: 'server-url-key', allow: [] },
      },
    ],
    retention: { deliveriesMs: 0, dedupeMs: 30 * 24 * HOUR, eventsMs: 0, commandsMs: 0, auditMs: 0 },
  } as unknown as HubConfig
  const gateway = gatewayThat(typeof normalised === 'function' ? normalised : () => normalised)
  const ingest = createIngest({
    config,
    instances: new Map(config.instances.map((one) => [one.id, { config: one }])),
    servers: new Map(config.servers.map((one) => [one.id, { config: one }])),
    witness: { authentic() {}, refused() {} },
    gateways: new Map([['test', gateway]]),
    store: { accept } as Store,
    clock,
    log: silent,
    metrics: noMetrics,
    traffic: noTraffic,
    referencePrefix: 'me-',
    pressure: createPressure(clock),
    outage: new Outage(clock, silent),
    wake() {},
  })
  const receive = (id = 'support', urlKey?: string) =>
    ingest.receive(
      { id: id as InstanceId, ...(urlKey === undefined ? {} : { urlKey }) },
      { headers: {}, body: Buffer.from('{}') },
      '127.0.0.1',
    )
  return { ingest, receive, arrivals, clock }
}
const only = async (event: InboundEvent, options: Parameters<typeof ingestOver>[1] = {}) => {
  const { receive, arrivals } = ingestOver({ events: [event] }, options)
  await receive()
  return arrivals[0]!.events[0]!
}

describe('acknowledging', () => {
  test('neither an event nor its repeat is answered before the commit that holds it, nor after it failed', async () => {
    const commits: ((ok: boolean) => void)[] = []
    const { receive, clock } = ingestOver(
      { events: [message()] },
      {
        accept: (batch) =>
          new Promise((resolve, reject) =>
            commits.push((ok) =>
              ok
                ? resolve(batch.map((_, i) => ({ accepted: i === 0 ? 1 : 0, duplicates: i === 0 ? 0 : 1 })))
                : reject(new HubError('E_STORE_UNAVAILABLE', 'no')),
            ),
          ),
      },
    )
    const answers: unknown[] = []
    for (let i = 0; i < 2; i++) void receive().then((answer) => answers.push(answer))
    await new Promise((next) => setTimeout(next, 5))
    expect(answers).toEqual([])
    for (let tries = 0; tries < 60 && answers.length < 2; tries++) {
      for (const end of commits.splice(0)) end(false)
      await new Promise((next) => setTimeout(next, 1))
      await clock.advance(250)
    }
    expect(answers).toEqual([
      { type: 'unavailable', retryAfterSeconds: 2 },
      { type: 'unavailable', retryAfterSeconds: 2 },
    ])
  })

  test('a store that comes back within eight seconds costs nothing', async () => {
    let down = 10
    const { receive, clock } = ingestOver(
      { events: [message()] },
      {
        accept: async () => {
          if (down-- > 0) throw new HubError('E_STORE_UNAVAILABLE', 'no')
          return [{ accepted: 1, duplicates: 0 }]
        },
      },
    )
    const answer = receive()
    for (let i = 0; i < 12; i++) {
      await new Promise((next) => setTimeout(next, 1))
      await clock.advance(250)
    }
    expect(await answer).toEqual({ type: 'accepted', accepted: 1, duplicates: 0 })
  })

  test('a gateway folder that fails costs no delivery', async () => {
    const { receive, arrivals } = ingestOver(() => {
      throw new TypeError('a bug')
    })
    expect(await receive()).toMatchObject({ type: 'accepted', accepted: 1 })
    expect(arrivals[0]!.events[0]!.fact).toMatchObject({ kind: 'unknown' })
  })
})

describe('routing', () => {
  const device = (name: string) => ({ events: [message()], device: [name, `${name}@somewhere`] })

  test('a body that names another number of the server goes there, an unknown one is kept and never handled', async () => {
    const instances = [instance('a', { device: 'slot-a' }), instance('b', { device: '5511900000002' })]
    const mine = ingestOver(device('slot-a'), { instances })
    await mine.receive('a')
    expect(mine.arrivals[0]).toMatchObject({ instance: 'a', events: [{ disposition: 'handle' }] })
    const sibling = ingestOver(device('5511900000002'), { instances })
    await sibling.receive('a')
    expect(sibling.arrivals[0]).toMatchObject({ instance: 'b', events: [{ disposition: 'handle' }] })
    const stranger = ingestOver(device('slot-x'), { instances })
    await stranger.receive('a')
    expect(stranger.arrivals[0]).toMatchObject({ instance: 'a', events: [{ disposition: 'unrouted' }] })
  })

  test('the token in a body must be the instance own', async () => {
    const instances = [instance('support', { settings: { token: 'the-right-token' } })]
    const wrong = ingestOver({ events: [message()], credential: 'another-token' }, { instances })
    expect(await wrong.receive()).toMatchObject({ type: 'unauthenticated' })
    expect(wrong.arrivals).toEqual([])
    const right = ingestOver({ events: [message()], credential: 'the-right-token' }, { instances })
    expect(await right.receive()).toMatchObject({ type: 'accepted' })
  })

  test('a global webhook finds the instance by token; a token nobody has is not overruled by a name', async () => {
    const instances = [instance('sales', { settings: { token: 'the-right-token' } })]
    const found = ingestOver(
      { events: [message()], credential: 'the-right-token', device: ['x'] },
      { instances },
    )
    await found.receive('global', 'server-url-key')
    expect(found.arrivals[0]).toMatchObject({ instance: 'sales', events: [{ disposition: 'handle' }] })
    const forged = ingestOver({ events: [message()], credential: 'stolen', device: ['sales'] }, { instances })
    await forged.receive('global', 'server-url-key')
    expect(forged.arrivals[0]).toMatchObject({ instance: 'srv', events: [{ disposition: 'unrouted' }] })
    expect(await forged.receive('global', 'wrong-url-key-00')).toMatchObject({ type: 'unauthenticated' })
  })

  test('a larger body is taken behind a right key only', () => {
    const instances = [instance('keyed', { webhook: { secrets: [], key: 'the-url-key-0', allow: [] } })]
    const { ingest } = ingestOver({ events: [] }, { instances })
    expect(ingest.admit({ instance: 'keyed', urlKey: 'the-url-key-0' })).toMatchObject({ maxBytes: 200 })
    expect(ingest.admit({ instance: 'keyed', urlKey: 'wrong' })).toMatchObject({ maxBytes: 100 })
    expect(ingest.admit({ instance: 'nobody' })).toEqual({ type: 'unknown-instance' })
    expect(ingest.admit({ instance: 'global', urlKey: 'wrong' })).toEqual({ type: 'unknown-instance' })
  })
})

describe('what becomes of an event', () => {
  test('handlers see what is news', async () => {
    expect(await only(message())).toMatchObject({ disposition: 'handle', claims: false })
    expect(await only(message({ at: NOW - 23 * HOUR }))).toMatchObject({ disposition: 'handle' })
    expect(await only(message({ at: NOW - 25 * HOUR }))).toMatchObject({ disposition: 'store' })
    const receipt: InboundEvent = {
      ...message(),
      fact: { kind: 'receipt', target: 'M1' as MessageId, state: 'read' },
    }
    expect(await only({ ...receipt, at: NOW - 48 * HOUR })).toMatchObject({ disposition: 'handle' })
    expect(await only({ ...receipt, at: NOW - 31 * 24 * HOUR })).toMatchObject({ disposition: 'store' })
    expect(await only(message({ identity: { type: 'history', parts: ['M1'] } }))).toMatchObject({
      disposition: 'store',
    })
    expect(
      await only(message({ chat: { address: 'status:broadcast' as Address, aliases: [] } })),
    ).toMatchObject({
      disposition: 'store',
    })
  })

  test('history and live have keys of their own; numbers too', async () => {
    const live = await only(message())
    expect((await only(message())).key).toEqual(live.key)
    expect((await only(message({ identity: { type: 'history', parts: ['M1'] } }))).key).not.toEqual(live.key)
    const { receive, arrivals } = ingestOver({ events: [message()] }, { instances: [instance('other')] })
    await receive('other')
    expect(arrivals[0]!.events[0]!.key).not.toEqual(live.key)
  })

  test('keys of messages begin with their minute, whatever the clock says; those of receipts do not', async () => {
    const lead = async (event: InboundEvent) => (await only(event)).key.readUInt32BE()
    expect(await lead(message({ at: NOW }))).toBe(Math.floor(NOW / 60_000))
    expect(await lead(message({ at: NOW + 400 * 24 * HOUR }))).toBe(Math.floor(NOW / 60_000) + 400 * 24 * 60)
    const receipt = { kind: 'receipt', target: 'M1' as MessageId, state: 'read' } as const
    for (const event of [
      message({ at: undefined }),
      message({ at: Number.NaN }),
      message({ at: -NOW }),
      message({ at: 1e300 }),
      { ...message({ at: NOW }), fact: receipt },
    ])
      expect(await lead(event)).toBe(0)
  })

  test('only a person claims, and only with news', async () => {
    expect(await only(message({ author: 'person' }))).toMatchObject({ claims: true })
    expect(await only(message({ author: 'person', at: NOW - 25 * HOUR }))).toMatchObject({ claims: false })
    expect(await only(message({ author: 'person', identity: { type: 'history', parts: [] } }))).toMatchObject(
      { claims: false },
    )
    expect(await only(message({ author: 'hosted' }))).toMatchObject({ claims: false })
    const reaction = { kind: 'reaction', target: 'M1' as MessageId, emoji: 'x' } as const
    expect(await only(message({ author: 'person', fact: reaction }))).toMatchObject({ claims: false })
    expect(await only(message({ author: 'api' }))).toMatchObject({ claims: false })
    const asked = { instances: [instance('support', { apiMessagesClaim: true })] }
    expect(await only(message({ author: 'api' }), asked)).toMatchObject({ claims: true })
    expect(await only(message({ author: 'api', reference: 'me-123' }), asked)).toMatchObject({
      claims: false,
    })
  })

  test('no clock, text or address a gateway sends can harm the store', async () => {
    expect((await only(message({ at: 12 }))).at).toBeUndefined()
    expect((await only(message({ at: NOW + 48 * HOUR }))).at).toBeUndefined()
    const long = { address: `phone:${'9'.repeat(500)}` as Address, aliases: [] }
    expect(await only(message({ chat: long }))).toMatchObject({ fact: { kind: 'unknown' } })
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        const event = await only(
          message({
            fact: { kind: 'message', message: { id: text as MessageId, content: { type: 'text', text } } },
          }),
        )
        const stored = JSON.stringify(event.fact)
        expect(JSON.parse(stored).message.content.text.isWellFormed()).toBe(true)
        expect(JSON.parse(stored).message.content.text).not.toContain('\0')
      }),
      { numRuns: 50 },
    )
  })
})
