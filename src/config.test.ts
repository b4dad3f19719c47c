import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Fault } from './config/faults.ts'
import { defineHub, type LoadOptions, loadConfig } from './config.ts'
import { ALERT_KINDS } from './core/alerts.ts'
import { databaseName } from './core/config.ts'
import { HubError } from './core/errors.ts'
import { defineGateway, type Gateway } from './core/gateway.ts'
import { defineFeature } from './core/turn.ts'
import { features as realFeatures } from './features/index.ts'
import { gateways as realGateways } from './gateways/index.ts'
import { createScrubber, secretsIn } from './platform/scrub.ts'

const gateway = <S>(name: string, proof: Gateway['proof'], settings: z.ZodType<S>) =>
  defineGateway<S>({
    name,
    settings,
    capabilities: new Set(),
    proof,
    verify: () => ({ ok: false, reason: 'none' }),
    normalise: () => ({ events: [] }),
    redact: (body) => body,
    parseRecipient: () => undefined,
    connect: () => ({ send: async () => ({ end: 'retry', reason: 'none' }), sendTimeoutMs: 1 }),
  })
const gateways = [
  gateway(
    'signing',
    'signature',
    z.strictObject({ basicAuth: z.strictObject({ username: z.string(), password: z.string() }).optional() }),
  ),
  gateway('keyed', 'url-key', z.object({ token: z.string() })),
]
const replies = defineFeature({
  name: 'replies',
  config: z.strictObject({ rules: z.array(z.strictObject({ match: z.string(), reply: z.string() })) }),
  setup: () => ({}),
})

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'pombo-config-'))
})
afterEach(() => rmSync(cwd, { recursive: true }))

const SECRET = '4fb1c0ffee5e7a9d'
const S3 = {
  store: 's3',
  endpoint: 'https://s3.example.com/',
  bucket: 'media',
  accessKeyId: 'an-access-key',
  secretAccessKey: 'its-secret',
} as const
const signing = {
  id: 'support',
  gateway: 'signing',
  baseUrl: 'http://127.0.0.1:3000',
  webhook: { secrets: [SECRET] },
}
const keyed = {
  id: 'sales',
  gateway: 'keyed',
  baseUrl: 'https://x.example',
  token: 'tok',
  webhook: { key: SECRET },
}

const read = (more: Partial<LoadOptions> = {}) =>
  loadConfig({ cwd, env: {}, gateways, features: [replies], ...more })
const load = (input: unknown, more: Partial<LoadOptions> = {}) => {
  writeFileSync(join(cwd, 'pombo.config.json'), typeof input === 'string' ? input : JSON.stringify(input))
  return read(more)
}
async function refusal(promise: Promise<unknown>): Promise<HubError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(HubError)
  return error as HubError
}
/** Faults of one configuration, as `CODE path problem. mend`. */
async function faults(input: unknown, more: Partial<LoadOptions> = {}): Promise<string[]> {
  const error = await refusal(load(input, more))
  expect(error.code).toBe('E_CONFIG')
  return (error.details.faults as Fault[]).map(
    ({ code, path, problem, mend }) => `${code} ${path} ${problem}. ${mend}`,
  )
}
const one = async (input: unknown, more?: Partial<LoadOptions>) => {
  const list = await faults(input, more)
  expect(list).toHaveLength(1)
  return list[0]
}

describe('what comes out', () => {
  test('without file and environment: the documented defaults', async () => {
    const { config, source, warnings } = await read()
    expect(config).toEqual({
      host: '127.0.0.1',
      port: 3001,
      database: { engine: 'sqlite', path: join(cwd, 'data/pombo.db') },
      limits: { bodyBytes: 4194304, bodyBytesWithKey: 16777216, failedAuthPerMinute: 60 },
      trustedProxies: [],
      servers: [],
      instances: [],
      features: {},
      retention: {
        deliveriesMs: 7 * 864e5,
        dedupeMs: 30 * 864e5,
        eventsMs: 30 * 864e5,
        commandsMs: 30 * 864e5,
        auditMs: 365 * 864e5,
      },
      media: {
        fetch: true,
        store: { type: 'folder', folder: join(cwd, 'data/media') },
        keepMs: 30 * 864e5,
        maxBytes: 64 * 1024 * 1024,
        bytesPerDay: 2048 * 1024 * 1024,
        concurrency: 2,
        timeoutMs: 120_000,
      },
      watch: { everyMs: 30_000 },
      alerts: { afterMs: 60_000, kinds: [...ALERT_KINDS], language: 'en' },
      logLevel: 'info',
    })
    expect(source).toBe('the environment')
    expect(warnings).toEqual([])
  })

  test('media may go to a bucket', async () => {
    const { config } = await load({ media: { ...S3, prefix: 'pombo/', keepMs: '7d', fetch: false } })
    expect(config.media).toMatchObject({
      fetch: false,
      keepMs: 7 * 864e5,
      store: {
        type: 's3',
        endpoint: 'https://s3.example.com',
        bucket: 'media',
        region: 'us-east-1',
        prefix: 'pombo/',
        secretAccessKey: 'its-secret',
      },
    })
  })

  test('from the environment alone', async () => {
    const { config } = await read({
      env: { PORT: '8080', POMBO_DATABASE_URL: 'sqlite:/var/lib/pombo.db', POMBO_API_KEY: 'an-api-key-123' },
    })
    expect(config).toMatchObject({
      port: 8080,
      database: { path: '/var/lib/pombo.db' },
      apiKey: 'an-api-key-123',
    })
  })

  test('the environment goes before the file; an empty variable counts as unset', async () => {
    expect((await load({ port: 1234 }, { env: { PORT: '8080' } })).config.port).toBe(8080)
    expect((await load({ port: 1234 }, { env: { PORT: '', POMBO_API_KEY: '' } })).config).toMatchObject({
      port: 1234,
    })
  })

  test('the example of the documentation', async () => {
    const { config } = await load({
      host: '127.0.0.1',
      port: 3001,
      publicUrl: 'https://hub.example.com/',
      database: 'sqlite:./data/pombo.db',
      limits: { bodyBytes: 4194304, failedAuthPerMinute: 60 },
      trustedProxies: ['10.0.0.0/8', '203.0.113.7', '2001:db8::1'],
      servers: [
        {
          id: 'srv1',
          gateway: 'keyed',
          baseUrl: 'https://x.example/',
          adminToken: 'adm',
          webhook: { key: SECRET },
        },
      ],
      instances: [
        {
          ...signing,
          device: 'slot',
          basicAuth: { username: 'u', password: 'p' },
          tags: ['eu'],
          webhook: { secrets: [SECRET], allow: ['203.0.113.0/24'] },
        },
        { ...keyed, pacing: { minDelayMs: 0, maxDelayMs: '2s' }, reorderWindowMs: '500ms' },
      ],
      features: { replies: { rules: [{ match: '/help', reply: 'Commands' }], tags: ['eu'] } },
      retention: { deliveries: '3d', events: 7200000 },
    })
    expect(config.publicUrl).toBe('https://hub.example.com')
    expect(config.featureScopes).toEqual({ replies: { instances: [], tags: ['eu'] } })
    expect(config.trustedProxies).toEqual(['10.0.0.0/8', '203.0.113.7/32', '2001:db8::1/128'])
    expect(config.servers[0]).toMatchObject({ id: 'srv1', baseUrl: 'https://x.example', adminToken: 'adm' })
    expect(config.instances[0]).toMatchObject({
      id: 'support',
      gateway: 'signing',
      insecure: false,
      device: 'slot',
      tags: ['eu'],
      apiMessagesClaim: false,
      pacing: { minDelayMs: 0, maxDelayMs: 0 },
      webhook: { secrets: [SECRET], allow: ['203.0.113.0/24'] },
      settings: { basicAuth: { username: 'u', password: 'p' } },
    })
    expect(config.instances[1]).toMatchObject({
      pacing: { maxDelayMs: 2000 },
      reorderWindowMs: 500,
      settings: { token: 'tok' },
    })
    expect(config.features).toEqual({ replies: { rules: [{ match: '/help', reply: 'Commands' }] } })
    expect(config.retention).toMatchObject({ deliveriesMs: 3 * 864e5, eventsMs: 72e5, dedupeMs: 30 * 864e5 })
  })

  test('is frozen to the bottom', async () => {
    const { config } = await load({ instances: [signing] })
    expect(Object.isFrozen(config)).toBe(true)
    expect(Object.isFrozen(config.instances[0]?.webhook.secrets)).toBe(true)
  })

  test.each([
    ['sqlite:data/x.db', 'data/x.db'],
    ['sqlite:///var/x.db', '/var/x.db'],
    ['sqlite://./x.db', 'x.db'],
  ])('database %s lies at %s', async (database, path) => {
    const { config } = await load({ database })
    expect(config.database).toEqual({ engine: 'sqlite', path: path.startsWith('/') ? path : join(cwd, path) })
  })

  const server = 'postgres://pombo:k0lo%2Fssal@db.example.com/hub?sslmode=verify-full'

  test.each([
    [server, server, 10],
    [`${server}&pool=25`, server, 25],
    ['postgresql://db:6543/hub', 'postgresql://db:6543/hub', 10],
    ['postgres://db/hub?sslmode=require', 'postgres://db/hub?sslmode=verify-full', 10],
    ['postgres://db/hub?sslmode=no-verify', 'postgres://db/hub?sslmode=no-verify', 10],
    [
      'postgres://db/hub?uselibpqcompat=true&sslmode=require',
      'postgres://db/hub?uselibpqcompat=true&sslmode=require',
      10,
    ],
  ])('database %s is on a server', async (database, url, poolSize) => {
    const { config } = await load({ database })
    expect(config.database).toEqual({ engine: 'postgres', url, poolSize })
  })

  test('a database server is shown without who logs in there, and its password is known as a secret', async () => {
    const { config } = await read({ env: { POMBO_DATABASE_URL: server } })
    expect(databaseName(config.database)).toBe('postgres://db.example.com:5432/hub')
    expect(secretsIn(config)).toEqual(['k0lo%2Fssal', 'k0lo/ssal'])
    const { text } = createScrubber(secretsIn(config))
    expect(text(`k0lo/ssal k0lo%2Fssal ${server}`)).not.toMatch(/k0lo/)
  })

  test('beside a database server lies no folder: media need one by name, or a bucket', async () => {
    const none = await load({ database: server })
    expect(none.config.media).toBeUndefined()
    expect(none.warnings).toEqual([
      expect.stringMatching(/^media are not fetched: .*"folder".*"s3".*"fetch"/),
    ])
    const unwanted = await load({ database: server, media: { fetch: false } })
    expect([unwanted.config.media, unwanted.warnings]).toEqual([undefined, []])
    const shared = await load({ database: server, media: { folder: '/mnt/media' } })
    expect(shared.config.media?.store).toEqual({ type: 'folder', folder: '/mnt/media' })
    expect(shared.warnings).toEqual([])
    const bucket = { endpoint: 'https://s3.example', bucket: 'pombo', accessKeyId: 'a', secretAccessKey: 'b' }
    const s3 = await load({ database: server, media: { store: 's3', ...bucket } })
    expect(s3.config.media?.store).toMatchObject({ folder: join(cwd, 'data/media/incoming') })
    expect(s3.warnings).toEqual([])
  })

  test('one delay of a pacing is enough', async () => {
    const { config } = await load({ instances: [{ ...signing, pacing: { minDelayMs: 500 } }] })
    expect(config.instances[0]?.pacing).toEqual({ minDelayMs: 500, maxDelayMs: 500 })
  })
})

describe('where it is read', () => {
  const program = (name: string, text: string) => writeFileSync(join(cwd, name), text)

  test.each(['pombo.config.ts', 'pombo.config.mjs'])('%s, with a bot that has a handler', async (name) => {
    program(name, `export default { port: 4000, bot: { handler: () => undefined } }`)
    const { config, bot, source } = await read()
    expect(config.port).toBe(4000)
    expect(bot).toBeTypeOf('function')
    expect(source).toBe(name)
  })

  test('a bot that is a handler itself', async () => {
    program('pombo.config.mjs', 'export default { bot: (turn, next) => next() }')
    expect((await read()).bot).toBeTypeOf('function')
  })

  test('the file that was named, relative to where one stands', async () => {
    mkdirSync(join(cwd, 'etc'))
    program('etc/hub.json', '{"port":4001}')
    program('pombo.config.json', '{"port":4002}')
    expect(await read({ file: 'etc/hub.json' })).toMatchObject({
      config: { port: 4001 },
      source: 'etc/hub.json',
    })
  })

  test('two files are a question, not a choice', async () => {
    program('pombo.config.mjs', 'export default {}')
    program('pombo.config.json', '{}')
    const error = await refusal(read())
    expect(error.code).toBe('E_CONFIG_FILE')
    expect(error.message).toContain('pombo.config.mjs, pombo.config.json')
  })

  test.each<[string, string, string]>([
    ['a list', 'pombo.config.json', '[]'],
    ['nothing exported', 'pombo.config.mjs', 'export const x = 1'],
    ['a program that throws', 'pombo.config.mjs', 'throw new Error("boom")'],
    ['a program that does not parse', 'pombo.config.mjs', 'export default {'],
  ])('%s is refused', async (_name, name, text) => {
    program(name, text)
    const error = await refusal(read())
    expect(error.code).toBe('E_CONFIG_FILE')
    expect(error.message).toContain(name)
  })

  test('a file that is not there, and what is no file', async () => {
    expect((await refusal(read({ file: 'no.json' }))).message).toContain('There is no file')
    program('pombo.config.json', '{}')
    const meant = 'Did you mean pombo.config.json, which is there?'
    expect((await refusal(read({ file: 'pombo.confg.json' }))).message).toContain(meant)
    expect((await refusal(read({ file: 'nada.json' }))).message).toContain(meant)
    expect((await refusal(read({ file: 'etc/hub.json' }))).message).toContain('There is no folder')
    mkdirSync(join(cwd, 'folder.json'))
    expect((await refusal(read({ file: 'folder.json' }))).message).toContain('is no file')
    // Running a device or a pipe would wait for ever.
    expect((await refusal(read({ file: '/dev/null' }))).message).toContain('is no file')
  })

  test.each([
    [`{\n "a": 1,\n "key": "${SECRET}" "b": 2 }`, 'line 3 column'],
    [`{\n "a": 1,\n "key": x${SECRET} }`, 'near line 3'],
    [`{"key":"${SECRET}`, 'Unterminated string'],
    ['', 'Unexpected end'],
  ])('JSON with a mistake says what and where, and shows nothing of it', async (text, where) => {
    const error = await refusal(load(text))
    expect(error.code).toBe('E_CONFIG_FILE')
    expect(error.message).toContain(where)
    expect(error.message).not.toMatch(/4fb1c|c0ffee|5e7a/)
    expect(error.cause).toBeUndefined()
  })
})

describe('variables', () => {
  test('stand for any string, in features and in gateways’ own settings too', async () => {
    const { config } = await load(
      {
        host: { env: 'HOST' },
        instances: [{ ...keyed, token: { env: 'TOKEN' }, webhook: { key: { env: 'KEY' } } }],
        features: { replies: { rules: [{ match: 'x', reply: { env: 'REPLY' } }] } },
      },
      { env: { HOST: 'localhost', TOKEN: 'tok-1', KEY: SECRET, REPLY: 'hello' } },
    )
    expect(config.host).toBe('localhost')
    expect(config.instances[0]).toMatchObject({ settings: { token: 'tok-1' }, webhook: { key: SECRET } })
    expect(config.features).toEqual({ replies: { rules: [{ match: 'x', reply: 'hello' }] } })
  })

  test('one that is not set is one fault, and nothing is said about what it would have held', async () => {
    expect(await one({ instances: [{ ...signing, webhook: { secrets: [{ env: 'NOPE' }] } }] })).toBe(
      'E_CONFIG_ENV_MISSING instances[0].webhook.secrets[0] names the environment variable NOPE, which is not set. ' +
        'Set NOPE, or write the value here.',
    )
    expect(await one({ instances: [{ ...keyed, token: { env: 'NOPE' } }] }, { env: { NOPE: '' } })).toContain(
      'names the environment variable NOPE, which is set but empty. ',
    )
    expect(await faults({ instances: [{ ...keyed, webhook: { key: { env: 'NOPE' } } }] })).toHaveLength(1)
  })
})

describe('faults', () => {
  test('all of them are told, in one error, with no secret', async () => {
    const error = await refusal(
      load(
        {
          prot: 1,
          host: '0.0.0.0',
          instances: [
            { ...signing, webhook: { secrets: ['hunter2'] } },
            { ...keyed, id: 'global', webhook: { key: { env: 'MISSING' } } },
            { ...signing, id: 'third', baseUrl: `https://u:${SECRET}@x.example`, webhook: {} },
          ],
        },
        { env: { POMBO_API_KEY: 'short-one', POMBO_SECRET_KEY: 'too short' } },
      ),
    )
    const lines = error.message.split('\n')
    expect(lines).toHaveLength(10)
    expect(lines[0]).toBe('pombo.config.json and the environment have 9 faults.')
    // In the order of the file, what is missing behind what is there, and the environment last.
    expect(lines.slice(1).map((line) => /: (\S+)/.exec(line)?.[1])).toEqual([
      'prot',
      'instances[0].webhook.secrets[0]',
      'instances[1].id',
      'instances[1].webhook.key',
      'instances[2].baseUrl',
      'instances[2].webhook.secrets',
      'publicUrl',
      'POMBO_API_KEY',
      'POMBO_SECRET_KEY',
    ])
    const text = lines.join('\n')
    for (const part of [
      'E_CONFIG: prot is not a key of the configuration. Did you mean "port"?',
      'E_CONFIG_PUBLIC_URL: publicUrl is missing',
      'E_CONFIG_SECRET_WEAK: instances[0].webhook.secrets[0] is shorter than 12 characters. Make one: openssl rand -hex 32',
      'E_CONFIG: instances[1].id is "global", which is reserved',
      'E_CONFIG_ENV_MISSING: instances[1].webhook.key names the environment variable MISSING',
      'E_CONFIG: instances[2].baseUrl holds a user name or password',
      'E_CONFIG_SECRET_MISSING: instances[2].webhook.secrets is missing',
      'E_CONFIG_SECRET_WEAK: POMBO_API_KEY is shorter than 12 characters',
      'E_CONFIG_SECRET_WEAK: POMBO_SECRET_KEY is shorter than 32 characters',
    ]) {
      expect(text).toContain(part)
    }
    for (const hidden of ['hunter2', SECRET, 'short-one', 'too short']) {
      expect(text + JSON.stringify(error.details)).not.toContain(hidden)
    }
  })

  test.each([
    'secret',
    '123456',
    'changeme',
    'password',
    'Change-Me',
    'secretsecret',
    'CHANGEME_changeme',
    'your-webhook-secret',
  ])('the secret %s is refused by name', async (weak) => {
    const fault = await one({ instances: [{ ...signing, webhook: { secrets: [SECRET, weak] } }] })
    expect(fault).toMatch(
      /^E_CONFIG_SECRET_WEAK instances\[0\]\.webhook\.secrets\[1\] is "[a-z0-9]+", which everybody knows\. Make one: openssl rand -hex 32$/,
    )
  })

  test.each(['check-secret-1', 'urlkey-0123456789', 'a long pass phrase'])(
    'the secret %s will do',
    async (secret) => {
      await expect(
        load({ instances: [{ ...signing, webhook: { secrets: [secret] } }] }),
      ).resolves.toBeDefined()
    },
  )

  test.each<[string, unknown, string]>([
    [
      'a port that is none',
      { port: 70000 },
      'E_CONFIG port is not a whole number in range. Write one from 0 to 65535.',
    ],
    ['a port as text', { port: '3001' }, 'E_CONFIG port is of the wrong type. Write a number.'],
    [
      'a log level',
      { logLevel: 'loud' },
      'E_CONFIG logLevel is none of the allowed values. Allowed: debug, info, warn, error, silent.',
    ],
    [
      'a database server without a name',
      { database: 'postgres://u:secret-password@h' },
      'E_CONFIG database names no database after the host. Write postgres://user:password@host:5432/name.',
    ],
    [
      'a database server with a path',
      { database: 'postgresql://u:secret-password@h/a/b' },
      'E_CONFIG database names no database after the host. Write postgres://user:password@host:5432/name.',
    ],
    [
      'a database without a server',
      { database: 'postgres:///db' },
      'E_CONFIG database names no host. Write postgres://user:password@host:5432/name.',
    ],
    [
      'a database password with a slash',
      { database: 'postgres://u:se/cret@h/db' },
      'E_CONFIG database cannot be read as the URL of a PostgreSQL database. Write postgres://user:password@host:5432/name. In user, password and name write "@" as %40, "/" as %2F, ":" as %3A, "#" as %23, "%" as %25.',
    ],
    [
      'a database password with a hash',
      { database: 'postgres://u:p@h/db#secret' },
      'E_CONFIG database has a "#", so what follows it would be left out. In user, password and name write "@" as %40, "/" as %2F, ":" as %3A, "#" as %23, "%" as %25.',
    ],
    [
      'a database password with a per cent',
      { database: 'postgres://u:100%@h/db' },
      'E_CONFIG database has a "%" that begins no escaped sign. In user, password and name write "@" as %40, "/" as %2F, ":" as %3A, "#" as %23, "%" as %25.',
    ],
    [
      'an encryption that is none',
      { database: 'postgres://u:p@h/db?sslmode=requird' },
      'E_CONFIG database has an sslmode that is none. Write sslmode= with disable, prefer, require, verify-ca, verify-full, no-verify; docs/configuration.md says what each means.',
    ],
    [
      'a pool of nobody',
      { database: 'postgres://u:p@h/db?pool=1' },
      'E_CONFIG database has a pool of a size that cannot be. Write pool= with a number from 2 to 200, or leave it out for 10.',
    ],
    [
      'a pool of words',
      { database: 'postgres://u:p@h/db?pool=ten' },
      'E_CONFIG database has a pool of a size that cannot be. Write pool= with a number from 2 to 200, or leave it out for 10.',
    ],
    [
      'another database',
      { database: 'mysql://h/db' },
      'E_CONFIG database is not a database URL. Write sqlite:PATH or postgres://user:password@host:5432/name.',
    ],
    [
      'no database file',
      { database: 'sqlite:' },
      'E_CONFIG database names no file. Write sqlite:PATH, as in sqlite:./data/pombo.db.',
    ],
    [
      'a URL without scheme',
      { publicUrl: 'hub.example.com' },
      'E_CONFIG publicUrl is not an http(s) URL. Write it whole, as in https://gateway.example.com.',
    ],
    [
      'a URL with a query',
      { publicUrl: 'https://h.example/?a=1' },
      'E_CONFIG publicUrl has a query or fragment. End it with the path.',
    ],
    [
      'a proxy',
      { trustedProxies: ['10.0.0.0/33'] },
      'E_CONFIG trustedProxies[0] is neither an address nor a network. Write 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32.',
    ],
    [
      'a media store nobody has',
      { media: { store: 'disk' } },
      'E_CONFIG media.store is none of the allowed values. Allowed: folder, s3.',
    ],
    [
      'a bucket without access',
      { media: { ...S3, accessKeyId: undefined } },
      'E_CONFIG media.accessKeyId is missing. A bucket needs endpoint, bucket, accessKeyId and secretAccessKey.',
    ],
    [
      'a bucket nobody uses',
      { media: { bucket: 'media' } },
      'E_CONFIG media.bucket is only for a bucket. Write "store": "s3", or take it out.',
    ],
    [
      'a prefix without its slash',
      { media: { ...S3, prefix: 'pombo' } },
      'E_CONFIG media.prefix is not the beginning of a name. Write it as in "pombo/", ending with a slash.',
    ],
    [
      'a file larger than a day',
      { media: { maxBytes: 4096, bytesPerDay: 2048 } },
      'E_CONFIG media.maxBytes is above bytesPerDay. A file of that size could never be fetched.',
    ],
    [
      'a duration',
      { retention: { events: '3 weeks' } },
      'E_CONFIG retention.events is not a length of time. Write a duration like "500ms", "2s", "5m", "1h", "3d", or milliseconds from 0 up.',
    ],
    [
      'too short a memory',
      { retention: { dedupe: '1h' } },
      'E_CONFIG retention.dedupe is too short. The least is 1d.',
    ],
    [
      'a limit',
      { limits: { bodybytes: 1 } },
      'E_CONFIG limits.bodybytes is not a key of the configuration. Did you mean "bodyBytes"?',
    ],
    ['a list that is none', { instances: {} }, 'E_CONFIG instances is of the wrong type. Write a list.'],
    [
      'an object that is none',
      { limits: 3 },
      'E_CONFIG limits must be an object. Its keys are bodyBytes, bodyBytesWithKey, failedAuthPerMinute.',
    ],
    [
      'an instance that is none',
      { instances: ['x'] },
      'E_CONFIG instances[0] must be an object. It needs id, gateway, baseUrl and webhook.',
    ],
    [
      'a bot in JSON',
      { bot: {} },
      'E_CONFIG bot can only be given by a program. Use pombo.config.ts instead of JSON.',
    ],
    [
      'a feature',
      { features: { reply: {} } },
      'E_CONFIG features.reply is no feature of this build. It has replies.',
    ],
    [
      'a misspelt feature',
      { features: { repleis: {} } },
      'E_CONFIG features.repleis is no feature of this build. It has replies. Did you mean "replies"?',
    ],
    [
      'a key in a feature',
      { features: { replies: { rules: [{ match: 'x', reply: 'y', mach: 1 }] } } },
      'E_CONFIG features.replies.rules[0].mach is not a key of the configuration. Did you mean "match"?',
    ],
    [
      'a feature’s setting',
      { features: { replies: {} } },
      'E_CONFIG features.replies.rules is missing. Write a list.',
    ],
    [
      'a number a feature is for',
      { features: { replies: { rules: [], instances: ['a b'] } } },
      'E_CONFIG features.replies.instances[0] is not a name. Use 1 to 63 letters, digits, "-" or "_", beginning with a letter or digit.',
    ],
    [
      'a gateway',
      { instances: [{ ...keyed, gateway: 'kyed' }] },
      'E_CONFIG instances[0].gateway is no gateway of this build. It has signing, keyed. Did you mean "keyed"?',
    ],
    [
      'a gateway’s missing setting',
      { instances: [{ ...keyed, token: undefined }] },
      'E_CONFIG instances[0].token is missing. Write text, or { "env": "NAME" } for the value of an environment variable.',
    ],
    [
      'another gateway’s setting',
      { instances: [{ ...signing, token: 'x' }] },
      'E_CONFIG instances[0].token is not a key of the configuration. Known here: id, name, gateway, baseUrl, insecure, device, tags, deliveriesPerSecond, reorderWindowMs, apiMessagesClaim, webhook, pacing, basicAuth.',
    ],
    [
      'a misspelt setting',
      { instances: [{ ...keyed, wehbook: {} }] },
      'E_CONFIG instances[0].wehbook is not a key of the configuration. Did you mean "webhook"?',
    ],
    [
      'an id',
      { instances: [{ ...signing, id: 'a b' }] },
      'E_CONFIG instances[0].id is not a name. Use 1 to 63 letters, digits, "-" or "_", beginning with a letter or digit.',
    ],
    [
      'too long a window',
      { instances: [{ ...signing, reorderWindowMs: '2m' }] },
      'E_CONFIG instances[0].reorderWindowMs is too long. The most is 1m.',
    ],
    [
      'the same id twice',
      { instances: [signing, { ...keyed, id: 'Support' }] },
      'E_CONFIG instances[1].id is the same as instances[0].id. Choose another one.',
    ],
    [
      'a key that changes in a URL',
      { instances: [{ ...keyed, webhook: { key: 'with/a slash in it' } }] },
      'E_CONFIG instances[0].webhook.key holds characters that a URL would change. Use letters, digits, "-", "_", "." and "~".',
    ],
    [
      'pacing upside down',
      { instances: [{ ...signing, pacing: { minDelayMs: 5, maxDelayMs: 2 } }] },
      'E_CONFIG instances[0].pacing has a minDelayMs above its maxDelayMs. Swap them, or make them equal.',
    ],
    [
      'no secret',
      { instances: [{ ...signing, webhook: undefined }] },
      'E_CONFIG_SECRET_MISSING instances[0].webhook.secrets is missing, so anybody could post as this gateway. Make one with openssl rand -hex 32 and write "webhook": { "secrets": ["…"] }, or say "insecure": true.',
    ],
    [
      'a key where signatures are needed',
      { instances: [{ ...signing, webhook: { key: SECRET } }] },
      'E_CONFIG_SECRET_MISSING instances[0].webhook.secrets is missing, so anybody could post as this gateway. Make one with openssl rand -hex 32 and write "webhook": { "secrets": ["…"] }, or say "insecure": true.',
    ],
    [
      'no key',
      { instances: [{ ...keyed, webhook: {} }] },
      'E_CONFIG_SECRET_MISSING instances[0].webhook.key is missing, so anybody could post as this gateway. Make one with openssl rand -hex 32 and write "webhook": { "key": "…" }, or say "insecure": true.',
    ],
    [
      'two servers with one key',
      {
        servers: ['a', 'b'].map((id) => ({
          id,
          gateway: 'keyed',
          baseUrl: 'https://x.example',
          webhook: { key: SECRET },
        })),
      },
      'E_CONFIG servers[1].webhook.key is the same as servers[0].webhook.key. Choose another one.',
    ],
  ])('%s', async (_name, input, fault) => {
    expect(await one(input)).toBe(fault)
  })

  test('a misspelt setting is found even when the gateway is misspelt as well', async () => {
    expect(await faults({ instances: [{ ...keyed, gateway: 'x', tokn: 'a' }] })).toHaveLength(2)
  })

  test('what an instance lacks is named with an example', async () => {
    expect(await faults({ instances: [{ webhook: { secrets: [SECRET] } }] })).toEqual([
      'E_CONFIG instances[0].id is missing. Write a name of its own, as in "support".',
      'E_CONFIG instances[0].gateway is missing. Write "signing" or "keyed".',
      'E_CONFIG instances[0].baseUrl is missing. Write the URL of the gateway’s API, as in "http://127.0.0.1:3000".',
    ])
  })

  test('a fault of the environment is told by the variable’s name, and not blamed on the file', async () => {
    for (const env of [{ PORT: 'abc' }, { PORT: '', POMBO_DATABASE_URL: 'x' }, { POMBO_API_KEY: 'short' }]) {
      const [head] = (await refusal(load({}, { env }))).message.split('\n')
      expect(head).toBe('The environment has 1 fault.')
    }
    rmSync(join(cwd, 'pombo.config.json'))
    const { message } = await refusal(read({ env: { PORT: '1e3' } }))
    expect(message).toBe(
      'The environment has 1 fault.\nE_CONFIG: PORT is not a whole number in range. Write one from 0 to 65535.',
    )
    expect(await one({}, { env: { PORT: 'abc' } })).toContain('E_CONFIG PORT ')
    expect(await one({ port: 'x' }, { env: { POMBO_DATABASE_URL: 'x' } }).catch(() => '')).toBe('')
    expect(await one({ database: 'x' }, { env: { POMBO_DATABASE_URL: 'postgres://x' } })).toContain(
      'POMBO_DATABASE_URL',
    )
  })
})

describe('proof and openness', () => {
  test('secrets prove deliveries of a gateway that does not sign, too', async () => {
    await expect(load({ instances: [{ ...keyed, webhook: { secrets: [SECRET] } }] })).resolves.toBeDefined()
  })

  test('insecure has to be asked for, and is warned about', async () => {
    const { warnings } = await load({ instances: [{ ...signing, webhook: undefined, insecure: true }] })
    expect(warnings).toEqual([expect.stringContaining('instance support is insecure')])
  })

  test.each(['127.0.0.1', '127.8.8.8', 'localhost', '::1'])('%s needs no publicUrl', async (host) => {
    await expect(load({ host })).resolves.toBeDefined()
  })
  test.each(['0.0.0.0', '::', '192.168.0.2', 'hub.internal'])('%s needs one', async (host) => {
    expect(await one({ host })).toContain('E_CONFIG_PUBLIC_URL publicUrl is missing')
    expect((await load({ host, publicUrl: 'https://h.example' })).warnings).toEqual([])
    expect((await load({ host, publicUrl: 'http://h.example' })).warnings).toHaveLength(1)
  })
})

describe('docs/configuration.md', () => {
  const page = readFileSync(new URL('../docs/configuration.md', import.meta.url), 'utf8')
  const build = { gateways: realGateways, features: realFeatures }

  test('its example is a good configuration', async () => {
    const example = /```json\n(.*?)```/s.exec(page)?.[1] ?? ''
    const env = { GOWA_SECRET: SECRET, UAZAPI_TOKEN: 'a-token-of-an-instance', UAZAPI_KEY: SECRET }
    const { config } = await load(example, { ...build, env })
    expect(config.instances).toHaveLength(2)
  })

  test('has every key, gateway and feature of this build', async () => {
    const zzz = { '?': 1 }
    const list = await faults(
      {
        ...zzz,
        limits: zzz,
        retention: zzz,
        media: zzz,
        watch: zzz,
        alerts: { ...zzz, webhook: zzz, email: { ...zzz, smtp: zzz } },
        servers: [{ id: 's', gateway: '?', baseUrl: 'http://x.example', webhook: zzz, ...zzz }],
        instances: realGateways.map(({ name }) => ({
          id: name,
          gateway: name,
          baseUrl: 'http://x.example',
          insecure: true,
          pacing: zzz,
          token: 'a-token-of-an-instance',
          ...zzz,
        })),
        features: zzz,
      },
      build,
    )
    const names = list.flatMap(
      (fault) => /(?:Known here:|It has) (.*)\.$/.exec(fault)?.[1]?.split(', ') ?? [],
    )
    expect(names.length).toBeGreaterThan(40)
    for (const name of names) expect(page).toMatch(new RegExp(`\`${name}\`|"${name}"`))
  })

  test('names every variable that is read', async () => {
    for (const name of [
      'PORT',
      'POMBO_DATABASE_URL',
      'POMBO_API_KEY',
      'POMBO_ADMIN_PASSWORD',
      'POMBO_SECRET_KEY',
    ]) {
      expect(page).toContain(`\`${name}\``)
      expect(await one({}, { env: { [name]: 'x' } })).toContain(` ${name} `)
    }
  })
})

describe('alerts', () => {
  const signed = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  const webhook = { url: 'http://10.0.0.7:9000/alerts?room=ops', secret: signed }
  const email = {
    smtp: { host: 'smtp.example.com', username: 'pombo', password: { env: 'SMTP_PASSWORD' } },
    from: 'pombo@example.com',
    to: ['ops@example.com'],
  }

  test('by webhook on a private network and by e-mail', async () => {
    const input = { alerts: { after: '2m', kinds: ['logged-out'], language: 'pt-BR', webhook, email } }
    const { config } = await load(input, { env: { SMTP_PASSWORD: 'a-password-of-mail' } })
    expect(config.alerts).toEqual({
      afterMs: 120_000,
      kinds: ['logged-out'],
      language: 'pt-BR',
      webhook,
      email: {
        smtp: {
          host: 'smtp.example.com',
          port: 587,
          secure: false,
          auth: { username: 'pombo', password: 'a-password-of-mail' },
        },
        from: 'pombo@example.com',
        to: ['ops@example.com'],
      },
    })
    expect(secretsIn(config)).toEqual([signed, 'a-password-of-mail'])
  })

  test.each([
    [{}, 587, false],
    [{ secure: true }, 465, true],
    [{ port: 465 }, 465, true],
    [{ port: 2525 }, 2525, false],
    [{ port: 465, secure: false }, 465, false],
  ])('a server %o is asked on port %i, with TLS at once: %s', async (smtp, port, secure) => {
    const { config } = await load({
      alerts: { email: { ...email, smtp: { host: 'h.example', ...smtp } } },
    })
    expect(config.alerts?.email?.smtp).toEqual({ host: 'h.example', port, secure })
  })

  test.each<[string, object, string]>([
    [
      'a secret of another form',
      { webhook: { ...webhook, secret: SECRET } },
      'E_CONFIG_SECRET_WEAK alerts.webhook.secret is not "whsec_" and 24 to 64 bytes in base64. Make one: echo "whsec_$(openssl rand -base64 32)"',
    ],
    [
      'a login in the URL',
      { webhook: { ...webhook, url: 'https://me:pw@x.example' } },
      'E_CONFIG alerts.webhook.url holds a user name or password. Take it out: what is posted is signed.',
    ],
    [
      'no secret',
      { webhook: { url: webhook.url } },
      'E_CONFIG alerts.webhook.secret is missing. Write text, or { "env": "NAME" } for the value of an environment variable.',
    ],
    [
      'nobody to write to',
      { email: { ...email, to: [], smtp: { host: 'h' } } },
      'E_CONFIG alerts.email.to does not fit: Too small: expected array to have >=1 items. Look it up in docs/configuration.md.',
    ],
    [
      'half a login',
      { email: { ...email, smtp: { host: 'h', username: 'u' } } },
      'E_CONFIG alerts.email.smtp.password is missing. A login needs both; without any, leave both out.',
    ],
    [
      'a kind that is none',
      { kinds: ['offline'] },
      `E_CONFIG alerts.kinds[0] is none of the allowed values. Allowed: ${ALERT_KINDS.join(', ')}.`,
    ],
    ['too patient', { after: '2h' }, 'E_CONFIG alerts.after is too long. The most is 1h.'],
  ])('%s is refused', async (_name, alerts, fault) => {
    expect(await one({ alerts })).toBe(fault)
  })
})

test('defineHub gives back what it takes, typed', () => {
  const input = defineHub({ port: 3002, instances: [keyed], retention: { events: '7d' } })
  expect(input.port).toBe(3002)
  // @ts-expect-error a misspelt key is a mistake while typing
  defineHub({ host: 'localhost', prot: 1 })
  // @ts-expect-error so is one further in
  defineHub({ instances: [{ ...keyed, webhok: {} }] })
  // @ts-expect-error so is a duration of an unknown unit
  defineHub({ retention: { events: '7 weeks' } })
})
