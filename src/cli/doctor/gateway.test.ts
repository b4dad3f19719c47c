import { describe, expect, test } from 'vitest'
import type { HubConfig, InstanceConfig } from '../../core/config.ts'
import type { Answer, Gateway, GatewayClient, WebhookRegistration } from '../../core/gateway.ts'
import type { InstanceId } from '../../core/ids.ts'
import type { HttpOutcome, Logger } from '../../core/ports.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import type { Finding } from './finding.ts'
import { gatewayFindings } from './gateway.ts'
import { webhookFindings } from './webhook.ts'

const muted: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => muted }
const instance = (webhook: Partial<InstanceConfig['webhook']> = {}): InstanceConfig => ({
  id: 'main' as InstanceId,
  gateway: 'invented',
  baseUrl: 'http://gateway.example',
  webhook: { secrets: ['a-secret-of-the-gateway-01'], allow: [], ...webhook },
  insecure: false,
  tags: [],
  pacing: { minDelayMs: 0, maxDelayMs: 0 },
  apiMessagesClaim: false,
  settings: {},
})
const config = (more: Partial<HubConfig> = {}) =>
  ({ servers: [], instances: [instance()], ...more }) as unknown as HubConfig
const HUB = 'https://hub.example.com'
const told = (findings: readonly Finding[], check?: Finding['check']) =>
  findings
    .filter((finding) => check === undefined || finding.check === check)
    .map(({ level, message }) => `${level}: ${message}`)

const good = <T>(value: T): Promise<Answer<T>> => Promise.resolve({ ok: true, value })
const bad = (reason: string, code?: 'unauthorized'): Promise<Answer<never>> =>
  Promise.resolve({ ok: false, reason, retry: false, ...(code && { code }) })

async function examine(
  client: Partial<GatewayClient>,
  { capabilities = [], skewMs = 0 }: { capabilities?: string[]; skewMs?: number } = {},
) {
  const clock = new FakeClock()
  const gateway = {
    name: 'invented',
    capabilities: new Set(capabilities),
    connect: () => client,
  } as unknown as Gateway
  const http = async (): Promise<HttpOutcome> => ({
    type: 'answered',
    status: 200,
    headers: { date: new Date(clock.now() + skewMs).toUTCString() },
    body: '',
  })
  const examined = gatewayFindings(instance(), {
    http,
    clock,
    log: muted,
    gateway,
    config: config(),
    hubUrl: HUB,
  })
  return { examined, clock }
}
const check = async (...args: Parameters<typeof examine>) => (await examine(...args)).examined

describe('a gateway', () => {
  test('tells its version and features', async () => {
    const version = () =>
      good({ version: '9.1.0', source: 'app/info', features: { devices: true, 'a chat': false } })
    expect(told(await check({ version }), 'gateway')[1]).toBe(
      'ok: Version 9.1.0 (from app/info): devices, no chat.',
    )
    expect(told(await check({ version: () => bad('status 404') }), 'gateway')[1]).toMatch(
      /^warn: .*status 404/,
    )
  })

  test.each([
    ['connected', /^ok: /],
    ['connecting', /^warn: /],
    ['disconnected', /^fail: Not connected/],
    ['logged-out', /^fail: Logged out/],
  ] as const)('whose number is %s', async (state, expected) => {
    expect(told(await check({ status: () => good(state) }), 'number')).toEqual([
      expect.stringMatching(expected),
    ])
  })

  test('that refuses the credential says which setting to look at', async () => {
    const findings = await check({ status: () => bad('the credential is refused', 'unauthorized') })
    const [finding] = findings.filter((one) => one.check === 'number')
    expect(finding).toMatchObject({ level: 'fail', do: expect.stringContaining('token, or basicAuth') })
  })

  test('that hangs, or whose client throws, does not keep the rest', async () => {
    const { examined, clock } = await examine({
      version: () => Promise.reject(new TypeError('nobody may read this')),
      status: () => new Promise(() => {}),
    })
    // Let it come to the question that hangs.
    await new Promise((next) => setImmediate(next))
    await clock.advance('16s')
    const lines = told(await examined)
    expect(lines.join('\n')).toMatch(/warn: .*client failed \(TypeError\)/)
    expect(lines.join('\n')).toMatch(/fail: .*no answer within 15 s/)
    expect(lines.join('\n')).not.toContain('nobody may read')
  })

  test.each([
    [0, /^ok: /],
    [8_000, /^ok: /],
    [-60_000, /^warn: .* 60 s apart/],
    [3_600_000, /^fail: .* 360\d s apart/],
  ])('whose clock is %i ms off', async (skewMs, expected) => {
    expect(told(await check({}, { skewMs }), 'clock')).toEqual([expect.stringMatching(expected)])
  })

  test('lacks things worth knowing, or nothing', async () => {
    expect(told(await check({}), 'capabilities')).toEqual([
      expect.stringContaining('by hand'),
      expect.stringContaining('reference'),
      expect.stringContaining('loses its connection'),
    ])
    const capabilities = ['sees-own-messages', 'references', 'connection-events']
    expect(told(await check({}, { capabilities }), 'capabilities')).toEqual([
      expect.stringMatching(/lacks nothing/),
    ])
    // A version may lack what its gateway otherwise has.
    const version = () => good({ version: '8.1', source: 'x', features: { 'sees-own-messages': false } })
    expect(told(await check({ version }, { capabilities }), 'capabilities')).toEqual([
      expect.stringMatching(/^warn: invented 8\.1, .*by hand/),
    ])
  })

  test('without a webhook of its own fails, unless the server’s own applies', async () => {
    const none = { list: () => good([]) }
    const about = async (webhooks: object) =>
      told(await check({ webhooks: webhooks as GatewayClient['webhooks'] & object }), 'webhook')
    expect(await about(none)).toEqual([expect.stringMatching(/^fail: The gateway has no webhook/)])
    expect(await about({ ...none, inherits: true })).toEqual([
      expect.stringMatching(/^warn: .*the one the gateway was started with applies/),
    ])
  })

  test('whose webhooks cannot be read says what to check by hand, without the key', async () => {
    const [none] = (await check({})).filter((one) => one.check === 'webhook')
    expect(none).toMatchObject({ level: 'warn', do: expect.stringContaining(`${HUB}/webhooks/main`) })
    const webhooks = { list: () => bad('status 405') } as unknown as GatewayClient['webhooks'] & object
    expect(told(await check({ webhooks }), 'webhook')).toEqual([expect.stringMatching(/^warn: .*status 405/)])
  })
})

describe('webhook settings', () => {
  const registration = (url: string, more: Partial<WebhookRegistration> = {}): WebhookRegistration => ({
    url,
    enabled: true,
    events: [],
    excludes: [],
    ...more,
  })
  const signed = (...registered: WebhookRegistration[]) =>
    told(webhookFindings(instance(), registered, config({ publicUrl: HUB }), HUB))
  const KEY = 'urlkey-0123456789'
  const keyed = (...registered: WebhookRegistration[]) =>
    told(webhookFindings(instance({ secrets: [], key: KEY }), registered, config({ publicUrl: HUB }), HUB))

  test.each<[string, string[], RegExp]>([
    ['right', signed(registration(`${HUB}/webhooks/main`)), /^ok: /],
    [
      'right, with an event behind it',
      keyed(registration(`${HUB}/webhooks/main/${KEY}/messages/text`)),
      /^ok: /,
    ],
    [
      'right beside a wrong one',
      keyed(registration('https://x.example'), registration(`${HUB}/webhooks/main/${KEY}`)),
      /^ok: /,
    ],
    ['none', signed(), /^fail: The gateway has no webhook/],
    [
      'another server',
      signed(registration('https://other.example/hook?secret=hunter2')),
      /^fail: None .*lead to https:\/\/other\.example\.$/,
    ],
    ['another instance', signed(registration(`${HUB}/webhooks/sales`)), /^fail: None .*another instance/],
    ['no key', keyed(registration(`${HUB}/webhooks/main`)), /^fail: .*key .* missing or not webhook\.key/],
    ['another key', keyed(registration(`${HUB}/webhooks/main/another-key-0123`)), /^fail: .*key/],
    ['off', signed(registration(`${HUB}/webhooks/main`, { enabled: false })), /^fail: .*switched off/],
    ['no URL', signed(registration('nonsense')), /^fail: None .*no URL/],
    ['another name', signed(registration('http://hub:3001/webhooks/main')), /^warn: .*http:\/\/hub:3001/],
  ])('%s', (_name, lines, expected) => {
    expect(lines).toEqual([expect.stringMatching(expected)])
    expect(lines.join()).not.toMatch(/urlkey|another-key|hunter2/)
  })

  test('filters that hide what the hub lives on', () => {
    const url = `${HUB}/webhooks/main`
    expect(signed(registration(url, { events: ['connection'] }))[1]).toMatch(
      /^fail: .*no message ever arrives/,
    )
    expect(signed(registration(url, { events: ['messages'] }))[1]).toMatch(/^warn: .*delivered or read/)
    expect(signed(registration(url, { events: ['message', 'message.ack'] }))).toHaveLength(1)
    expect(signed(registration(url, { excludes: ['wasSentByApi'] }))[1]).toMatch(
      /^warn: It leaves out wasSentByApi\./,
    )
  })

  test('the webhook of a whole server counts for its instances', () => {
    const servers = [
      {
        id: 's',
        gateway: 'invented',
        baseUrl: 'http://gateway.example',
        webhook: { key: KEY, secrets: [], allow: [] },
      },
    ] as unknown as HubConfig['servers']
    const at = (key: string) =>
      told(webhookFindings(instance(), [registration(`${HUB}/webhooks/global/${key}`)], { servers }, HUB))[0]
    expect(at(KEY)).toMatch(/^ok: /)
    expect(at('another-key-0123')).toMatch(/^fail: /)
  })
})
