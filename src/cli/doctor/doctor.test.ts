import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freePort } from '../../../test/free-port.ts'
import { API_KEY, createListeners, keyed, SECRET, signed, TOKEN, URL_KEY } from '../far-side.fixture.ts'
import { run } from '../run.ts'
import { startServing, terminal } from '../terminal.fixture.ts'
import type { Finding } from './finding.ts'

/** The whole command, before a hub that runs or does not, and before proxies that do what proxies do. */

let cwd: string
const { listen, close } = createListeners()
const hubs: { end(): Promise<number> }[] = []
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'pombo-doctor-'))
})
afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.end()
  close()
  rmSync(cwd, { recursive: true, force: true })
})

/** A gateway that knows nothing but that it is there. */
const gateway = () => listen((_req, res) => res.writeHead(404).end())
function write(config: object, env: Record<string, string> = {}): void {
  const rules = [{ match: '/help', reply: 'Here' }]
  writeFileSync(
    join(cwd, 'pombo.config.json'),
    JSON.stringify({ logLevel: 'silent', features: { replies: { rules } }, ...config }),
  )
  const all = { POMBO_API_KEY: API_KEY, GATEWAY_SECRET: SECRET, ...env }
  const lines = Object.entries(all).map(([name, value]) => `${name}=${value}`)
  writeFileSync(join(cwd, '.env'), lines.join('\n'), { mode: 0o600 })
}
async function serve(): Promise<void> {
  const hub = await startServing(cwd)
  expect(hub.url, hub.line).not.toBe('')
  hubs.push(hub)
}

async function doctor(...args: string[]) {
  const { io, out, err } = terminal(cwd)
  const code = await run(['doctor', '--json', ...args], io)
  expect(err).toEqual([])
  const { ok, findings } = JSON.parse(out.join('\n')) as { ok: boolean; findings: Finding[] }
  expect(ok).toBe(code === 0)
  for (const { level, message, do: what } of findings) {
    expect(message).toMatch(/\S/)
    // Whatever is not fine says what to do.
    expect(what !== undefined).toBe(level !== 'ok')
  }
  for (const secret of [API_KEY, SECRET, URL_KEY, TOKEN]) expect(out.join()).not.toContain(secret)
  const of = (check: Finding['check'], instance?: string) =>
    findings
      .filter(
        (finding) => finding.check === check && (instance === undefined || finding.instance === instance),
      )
      .map(({ level, message }) => `${level}: ${message}`)
  return { code, findings, of }
}

describe('configuration and secrets', () => {
  test('every fault at once, and nothing else is tried', async () => {
    write({ port: -1, instances: [{ ...signed('x'), webhook: { secrets: ['secret'] } }, keyed('x')] })
    const { code, findings, of } = await doctor()
    expect(code).toBe(1)
    expect(of('configuration')).toHaveLength(3)
    expect(of('configuration')[0]).toMatch(/^fail: E_CONFIG: port is not a whole number in range\.$/)
    expect(of('secrets')).toEqual([
      'fail: E_CONFIG_SECRET_WEAK: instances[0].webhook.secrets[0] is "secret", which everybody knows.',
    ])
    expect(findings).toHaveLength(4)
  })

  test('a file that is none', async () => {
    const { code, of } = await doctor('--config', 'nothing.json')
    expect([code, of('configuration')]).toEqual([1, [expect.stringMatching(/^fail: E_CONFIG_FILE: /)]])
  })

  test('what works but should not stay so', async () => {
    write({
      port: await freePort(),
      instances: [{ ...signed(await gateway()), insecure: true }],
      features: {},
    })
    writeFileSync(join(cwd, '.env'), `GATEWAY_SECRET=${'ab'.repeat(8)}`)
    chmodSync(join(cwd, '.env'), 0o644)
    const { of } = await doctor()
    expect(of('configuration')).toEqual([
      expect.stringMatching(/^ok: pombo\.config\.json has no fault \(1 instance; no features; no bot\)/),
      expect.stringMatching(/^warn: .*insecure/),
      expect.stringMatching(/^warn: No bot and no feature/),
    ])
    expect(of('secrets')).toEqual([
      expect.stringMatching(/^warn: support: webhook\.secrets\[0\] is made of few different characters/),
      expect.stringMatching(/^warn: POMBO_API_KEY is not set/),
      expect.stringMatching(/^warn: \.env can be read by other users/),
    ])
  })

  test('one secret for two things', async () => {
    write({ port: await freePort(), instances: [signed(await gateway())] }, { GATEWAY_SECRET: API_KEY })
    expect((await doctor()).of('secrets')).toEqual([
      'warn: support: webhook.secrets[0] is the same as POMBO_API_KEY: who learns one has both.',
    ])
  })
})

describe('the store', () => {
  test('not there yet, in use, left behind, of a newer Pombo, no database', async () => {
    write({ port: await freePort(), instances: [] })
    expect((await doctor()).of('store')).toEqual([
      expect.stringMatching(/^ok: .* will be made at the first start/),
    ])
    await serve()
    expect((await doctor()).of('store')).toEqual([
      expect.stringMatching(/^ok: .*in use by a running hub.* free\.$/),
    ])
    await hubs.pop()?.end()
    expect((await doctor()).of('store')).toEqual([expect.stringMatching(/^ok: .*used by nobody now/)])

    const path = join(cwd, 'data/pombo.db')
    const database = new DatabaseSync(path)
    database.exec("insert into migration (name, applied_at) values ('9999_future', 1)")
    expect((await doctor()).of('store')).toEqual([expect.stringMatching(/^fail: .*newer Pombo.*9999_future/)])
    database.exec('delete from migration')
    database.close()
    expect((await doctor()).of('store').join()).toMatch(/warn: .*older version \(it lacks 0001/)
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
    writeFileSync(path, 'this is no database, whatever its name says')
    expect((await doctor()).of('store')).toEqual([expect.stringMatching(/^fail: .*cannot be read/)])
    expect(readFileSync(path, 'utf8')).toMatch(/^this is no database/)
  })
})

describe('the round trip', () => {
  test('no hub; another program; a hub that takes it', async () => {
    const port = await freePort()
    write({ port, instances: [signed(await gateway()), keyed(await gateway())] })
    const none = await doctor()
    expect([none.code, none.of('hub')]).toEqual([
      1,
      [expect.stringMatching(/^fail: No hub runs at .*refused/)],
    ])
    expect(none.of('round trip')).toEqual([])

    await serve()
    const runs = await doctor()
    expect(runs.of('hub')).toEqual([`ok: The hub runs at http://127.0.0.1:${port}.`])
    expect(runs.of('round trip')).toEqual([
      expect.stringMatching(/^ok: A signed test delivery was accepted at .*\/webhooks\/support;/),
      expect.stringMatching(/^ok: A signed test delivery was accepted at .*\/webhooks\/sales;/),
    ])
    const events = await fetch(`http://127.0.0.1:${port}/api/v1/events`, {
      headers: { authorization: `Bearer ${API_KEY}` },
    })
    const { data } = (await events.json()) as { data: { kind: string; fact: { name: string } }[] }
    expect(data.map(({ kind, fact }) => [kind, fact.name])).toEqual([
      ['unknown', 'pombo.doctor'],
      ['unknown', 'pombo.doctor'],
    ])
    await hubs.pop()?.end()

    const other = await listen((_req, res) => res.end('hello'))
    write({ port: Number(new URL(other).port), instances: [] })
    expect((await doctor()).of('hub')).toEqual([expect.stringMatching(/^fail: .*another program/)])
  })

  test('a hub of another secret, of another configuration, with an allow list', async () => {
    const port = await freePort()
    const url = await gateway()
    write({ port, instances: [signed(url)] })
    await serve()
    write(
      { port, instances: [signed(url), keyed(url)] },
      { GATEWAY_SECRET: `${SECRET}-another`, POMBO_API_KEY: `${API_KEY}-another` },
    )
    const { of } = await doctor()
    expect(of('hub')[1]).toMatch(/^warn: The running hub does not take this POMBO_API_KEY/)
    expect(of('round trip', 'support')).toEqual([
      expect.stringMatching(/^fail: .*refuses what this configuration signs/),
    ])
    expect(of('round trip', 'sales')).toEqual([expect.stringMatching(/^fail: .*does not know this instance/)])
    await hubs.pop()?.end()

    write({ port, instances: [{ ...signed(url), webhook: { secrets: [SECRET], allow: ['203.0.113.7'] } }] })
    await serve()
    expect((await doctor()).of('round trip')).toEqual([
      expect.stringMatching(/^warn: webhook\.allow does not hold/),
    ])
  })

  describe('by way of a proxy', () => {
    type Rewrite = (passed: { body: string; headers: Record<string, string>; path: string }) => void
    /** A proxy before the hub that does something to what passes. */
    function proxy(hub: string, rewrite: Rewrite): Promise<string> {
      async function pass(req: IncomingMessage, body: string, res: ServerResponse): Promise<void> {
        const { host: _host, connection: _connection, 'content-length': _length, ...headers } = req.headers
        const passed = { body, headers: headers as Record<string, string>, path: req.url ?? '' }
        rewrite(passed)
        const { status, text } = await ask(hub + passed.path, passed)
        res.writeHead(status, { 'content-type': 'application/json' }).end(text)
      }
      return listen((req, res) => {
        const chunks: Buffer[] = []
        req.on('data', (chunk: Buffer) => chunks.push(chunk))
        req.on('end', () => void pass(req, Buffer.concat(chunks).toString('utf8'), res))
      })
    }
    async function ask(url: string, { body, headers }: { body: string; headers: Record<string, string> }) {
      const answer = await fetch(url, { method: 'POST', headers, body })
      return { status: answer.status, text: await answer.text() }
    }

    test.each<[string, Rewrite, RegExp]>([
      ['passes it on', () => {}, /^ok: The same by way of /],
      [
        'rewrites the JSON',
        (passed) => {
          passed.body = JSON.stringify(JSON.parse(passed.body))
        },
        /^fail: Taken on this machine, refused by way of .*does not match the body/,
      ],
      [
        'drops the header',
        (passed) => {
          delete passed.headers['x-hub-signature-256']
        },
        /^fail: Taken on this machine, refused by way of .*missing/,
      ],
      [
        'compresses',
        (passed) => {
          passed.headers['content-encoding'] = 'gzip'
        },
        /^fail: Something before the hub at .* compresses bodies/,
      ],
      [
        'changes the path',
        (passed) => {
          passed.path = `/hub${passed.path}`.replace('/webhooks', '/webhooks/hub')
        },
        /^fail: What answers at publicUrl .* is no hub \(status 404\)|^fail: The hub behind .* does not know/,
      ],
    ])('that %s', async (_name, rewrite, expected) => {
      const port = await freePort()
      const publicUrl = await proxy(`http://127.0.0.1:${port}`, rewrite)
      write({ port, publicUrl, instances: [signed(await gateway())] })
      await serve()
      const [near, far] = (await doctor()).of('round trip')
      expect(near).toMatch(/^ok: /)
      expect(far).toMatch(expected)
    })

    test.each<[string, (res: ServerResponse) => void, RegExp]>([
      [
        'redirects',
        (res) => res.writeHead(301, { location: 'https://hub.example.com/x' }).end(),
        /^fail: .*leads elsewhere \(status 301, to https:\/\/hub\.example\.com\)/,
      ],
      [
        'shows a page',
        (res) => res.writeHead(502).end('<html>Bad Gateway</html>'),
        /^fail: .*is no hub \(status 502\)/,
      ],
      ['hangs up', (res) => res.destroy(), /^fail: publicUrl .* does not answer: /],
    ])('that %s', async (_name, answer, expected) => {
      const publicUrl = await listen((_req, res) => answer(res))
      write({ port: await freePort(), publicUrl, instances: [signed(await gateway())] })
      await serve()
      expect((await doctor()).of('round trip')[1]).toMatch(expected)
    })
  })
})

test('a gateway that is not there fails, and the rest is told all the same', async () => {
  write({ port: await freePort(), instances: [signed('http://127.0.0.1:9')] })
  const { code, of } = await doctor()
  expect([code, of('gateway')]).toEqual([
    1,
    [expect.stringMatching(/^fail: gowa does not answer at .*refused/)],
  ])
  expect(of('capabilities').length).toBeGreaterThan(0)
})

test('for people: a line each, below it what to do, and a count', async () => {
  write({ port: await freePort(), instances: [signed('http://127.0.0.1:9')] })
  const { io, out } = terminal(cwd, { colour: true })
  expect(await run(['doctor'], io)).toBe(1)
  const text = out.join('\n')
  expect(text).toMatch(/^.\[32mok {2}.\[0m {2}configuration +pombo\.config\.json has no fault/)
  expect(text).toContain('\n\x1b[1msupport\x1b[0m\n')
  expect(text).toMatch(/\n +→ Check that it runs, that baseUrl is right/)
  expect(text).toMatch(/\n2 to mend, \d to look at, \d+ fine\.$/)
})
