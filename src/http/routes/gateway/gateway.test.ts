import { describe, expect, test } from 'vitest'
import { address } from '../../../core/address.ts'
import { CAPABILITIES, type Capability, type GatewayClient } from '../../../core/gateway.ts'
import { startEdge } from '../../edge.fixture.ts'

const GROUP = address('group', '123-456')
const ANA = address('phone', '5511987654321')

/** A hub whose number `support` has this client. */
async function edgeWith(client: Partial<GatewayClient>, capabilities: readonly Capability[] = CAPABILITIES) {
  const edge = await startEdge()
  edge.hub.gateways.set('support', {
    name: 'fake',
    capabilities: new Set(capabilities),
    client: { sendTimeoutMs: 1, send: async () => ({ end: 'hold', reason: '' }), ...client },
  })
  return edge
}
const no = (
  code: NonNullable<
    Extract<Awaited<ReturnType<NonNullable<GatewayClient['status']>>>, { ok: false }>['code']
  >,
) => ({ ok: false, reason: 'no', retry: false, code }) as const

describe('a number', () => {
  test('shows what its gateway can, which version it is, and how the number stands', async () => {
    await using edge = await edgeWith(
      {
        status: async () => ({ ok: true, value: 'connected' }),
        version: async () => ({
          ok: true,
          value: { version: '9.2.0', source: 'app/info', features: { devices: true } },
        }),
      },
      ['poll', 'media'],
    )
    const { json } = await edge.api('GET', '/instances/support')
    expect(json).toMatchObject({
      id: 'support',
      capabilities: ['media', 'poll'],
      status: { known: true, value: 'connected' },
      version: { known: true, value: { version: '9.2.0', features: { devices: true } } },
    })
  })

  test('is shown although its gateway does not answer', async () => {
    await using edge = await edgeWith({ status: async () => ({ ok: false, reason: 'refused', retry: true }) })
    expect((await edge.api('GET', '/instances/support')).json).toMatchObject({
      status: { known: false, reason: 'refused' },
      version: null,
    })
  })

  test('that is not configured is 404', async () => {
    await using edge = await edgeWith({})
    expect((await edge.api('GET', '/instances/nobody')).status).toBe(404)
    expect((await edge.api('GET', '/servers/nobody/instances')).status).toBe(404)
  })

  test('is paired by QR, or by a code with a phone', async () => {
    const asked: unknown[] = []
    await using edge = await edgeWith({
      pair: async (phone) => {
        asked.push(phone)
        return { ok: true, value: { type: 'code', code: 'ABCD-1234', validMs: 60_000 } }
      },
    })
    expect((await edge.api('POST', '/instances/support/pair', {})).status).toBe(200)
    expect(
      (await edge.api('POST', '/instances/support/pair', { phone: '+55 11 98765-4321' })).json,
    ).toMatchObject({
      code: 'ABCD-1234',
    })
    expect(asked).toEqual([undefined, '5511987654321'])
  })
})

describe('groups', () => {
  test('whole: list, make, look, link, join', async () => {
    const group = { address: GROUP, name: 'Team', members: [{ address: ANA, aliases: [], admin: true }] }
    const calls: unknown[] = []
    const ok =
      <T>(value: T) =>
      async (...args: unknown[]) => {
        calls.push(args)
        return { ok: true as const, value }
      }
    await using edge = await edgeWith({
      groupInfo: ok(group),
      groups: {
        list: ok([group]),
        create: ok(group),
        inviteLink: ok('https://chat.example/x'),
        preview: ok({ address: GROUP, name: 'Team' }),
        join: ok(GROUP),
        requests: ok([]),
      },
    })
    const at = `/instances/support/groups/${encodeURIComponent(GROUP)}`
    expect((await edge.api('GET', '/instances/support/groups')).json).toEqual({ data: [group], next: null })
    const made = await edge.api('POST', '/instances/support/groups', {
      name: 'Team',
      members: ['+55 11 98765-4321'],
    })
    expect(made.status).toBe(201)
    expect(calls.at(-1)).toEqual(['Team', [ANA]])
    expect((await edge.api('GET', at)).json).toEqual(group)
    expect((await edge.api('GET', `${at}/link`)).json).toEqual({ link: 'https://chat.example/x' })
    expect(calls.at(-1)).toEqual([GROUP])
    await edge.api('POST', `${at}/link/reset`)
    expect(calls.at(-1)).toEqual([GROUP, true])
    const link = { link: 'https://chat.example/x' }
    expect((await edge.api('POST', '/instances/support/group-links/join', link)).json).toEqual({
      group: GROUP,
    })
  })
})

test('what the gateway cannot is said before it is asked', async () => {
  await using edge = await edgeWith({}, ['media'])
  for (const [method, path] of [
    ['GET', '/groups'],
    ['GET', '/labels'],
    ['GET', '/webhooks'],
    ['GET', '/hosted/agent'],
    ['GET', '/privacy'],
    ['POST', '/disconnect'],
  ] as const) {
    const { json } = await edge.api(method, `/instances/support${path}`)
    expect(json, path).toMatchObject({ status: 422, code: 'E_UNSUPPORTED' })
  }
})

test.each([
  ['not-connected', 409, 'E_NOT_CONNECTED'],
  ['unsupported', 422, 'E_UNSUPPORTED'],
  ['invalid', 400, 'E_INVALID'],
  ['not-admin', 403, 'E_FORBIDDEN'],
  ['gone', 404, 'E_NOT_FOUND'],
  ['gateway-bug', 502, 'E_GATEWAY'],
] as const)('a failure of kind %s is %i %s', async (code, status, error) => {
  await using edge = await edgeWith({ groupInfo: async () => no(code) })
  const res = await edge.api('GET', `/instances/support/groups/${encodeURIComponent(GROUP)}`)
  expect(res.json).toMatchObject({ status, code: error, retry: false })
})

test('a limit of the gateway says when to ask again', async () => {
  await using edge = await edgeWith({
    groupInfo: async () => ({
      ok: false,
      reason: 'slowly',
      retry: true,
      code: 'rate-limited',
      afterMs: 2_100,
    }),
  })
  const res = await edge.api('GET', `/instances/support/groups/${encodeURIComponent(GROUP)}`)
  expect([res.status, res.headers['retry-after'], res.json.retry]).toEqual([429, '3', true])
})

test('the hub is registered as webhook with its own path and secret, and its key is not shown', async () => {
  const asked: unknown[] = []
  const webhook = { id: 'w1', enabled: true, events: [], excludes: [] }
  await using edge = await edgeWith({
    webhooks: {
      list: async () => ({
        ok: true,
        value: [{ ...webhook, url: 'https://hub.example/webhooks/support/a-url-key' }],
      }),
      register: async (wanted) => {
        asked.push(wanted)
        return { ok: true, value: { ...webhook, url: wanted.url } }
      },
      remove: async () => ({ ok: true, value: undefined }),
      errors: async () => ({
        ok: true,
        value: [{ url: 'https://hub.example/webhooks/support/a-url-key/messages/text', error: '502' }],
      }),
    },
  })
  const path = '/instances/support/webhooks'
  expect((await edge.api('POST', path, {})).json).toMatchObject({ status: 400, code: 'E_INVALID' })
  expect((await edge.api('POST', path, { url: 'https://hub.example/' })).status).toBe(201)
  expect(asked).toEqual([{ url: 'https://hub.example/webhooks/support', secret: expect.any(String) }])
  expect((await edge.api('GET', path)).json.data).toMatchObject([
    { url: 'https://hub.example/webhooks/support/***' },
  ])
  expect((await edge.api('GET', '/instances/support/webhook-errors')).json.data).toEqual([
    { url: 'https://hub.example/webhooks/support/***/messages/text', error: '502' },
  ])
})

test('a campaign the gateway runs is made of commands with their recipients', async () => {
  const made: unknown[] = []
  await using edge = await edgeWith({
    campaigns: {
      create: async (campaign) => {
        made.push(campaign)
        return { ok: true, value: { id: 'f1', info: campaign.info, state: 'scheduled' } }
      },
      list: async () => ({ ok: true, value: [] }),
      control: async () => ({ ok: true, value: undefined }),
    },
  })
  const path = '/instances/support/hosted-campaigns'
  const campaign = {
    info: 'November 7',
    messages: [{ to: '+55 11 98765-4321', type: 'text', text: 'Hi' }],
    minDelaySeconds: 5,
    maxDelaySeconds: 9,
    at: '2026-11-20T18:00:00Z',
  }
  expect((await edge.api('POST', path, campaign)).status).toBe(201)
  expect(made).toEqual([
    { ...campaign, messages: [{ to: ANA, type: 'text', text: 'Hi' }], at: Date.UTC(2026, 10, 20, 18) },
  ])
  for (const [body, field] of [
    [{ ...campaign, maxDelaySeconds: 1 }, 'body.maxDelaySeconds'],
    [{ ...campaign, at: 'soon' }, 'body.at'],
    [{ ...campaign, messages: [{ to: 'ana', type: 'text', text: 'Hi' }] }, 'body.messages.0.to'],
    [{ ...campaign, messages: [{ to: ANA, type: 'text' }] }, 'body.messages.0.text'],
  ] as const) {
    expect((await edge.api('POST', path, body)).json).toMatchObject({ status: 400, errors: [{ field }] })
  }
  expect(made).toHaveLength(1)
})
