import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { freePort } from '../../test/free-port.ts'
import { freshDatabase } from '../../test/postgres/database.ts'
import type { Finding } from './doctor/finding.ts'
import type { Io } from './io.ts'
import { run } from './run.ts'
import { startServing, terminal } from './terminal.fixture.ts'

const PASSWORD = 'violet gathers nine stones'

let cwd: string
const endings: (() => Promise<unknown>)[] = []
beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'pombo-cli-access-'))
  const config = { port: await freePort(), logLevel: 'warn', features: {} }
  writeFileSync(join(cwd, 'pombo.config.json'), JSON.stringify(config))
})
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
  rmSync(cwd, { recursive: true, force: true })
})

async function pombo(...args: string[]) {
  const { io, out, err } = terminal(cwd, { env })
  const code = await run(args, io)
  return { code, out: out.join('\n'), err: err.join('\n') }
}
let env: Record<string, string> = {}
beforeEach(() => {
  env = {}
})
async function serve(more: Record<string, string> = {}) {
  const hub = await startServing(cwd, { ...env, ...more })
  expect(hub.url, hub.line).not.toBe('')
  endings.push(hub.end)
  return hub
}
async function ask(url: string, path: string, body?: object, headers: Record<string, string> = {}) {
  const answer = await fetch(`${url}/api/v1${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { ...(body && { 'content-type': 'application/json' }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, json: (await answer.json()) as Record<string, never> }
}
const tokenIn = (text: string) => /\/(?:welcome|reset)\/([\w-]{43})\b/.exec(text)?.[1] ?? ''

describe('pombo owner link', () => {
  test('makes the first owner of a hub that runs, and lets them in again later', async () => {
    const { url } = await serve()
    const first = await pombo('owner', 'link')
    expect(first).toMatchObject({ code: 0, err: '' })
    expect(first.out).toContain(`${url}/welcome/`)
    const owner = { token: tokenIn(first.out), name: 'Ana', login: 'ana', password: PASSWORD }
    expect((await ask(url, '/welcome', owner)).json).toMatchObject({ principal: { role: 'owner' } })

    const again = await pombo('owner', 'link')
    expect(again.out).toContain(`set a new password for ana:\n\n  ${url}/reset/`)
    const reset = { token: tokenIn(again.out), password: `${PASSWORD} more` }
    expect((await ask(url, '/password-reset', reset)).json).toMatchObject({ principal: { login: 'ana' } })
  })

  test('works while no hub runs, and asks for whom it is where there are several', async () => {
    expect((await pombo('migrate')).code).toBe(0)
    const first = tokenIn((await pombo('owner', 'link')).out)
    const { url, end } = await serve()
    const made = await fetch(`${url}/api/v1/welcome`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: first, name: 'Ana', login: 'ana', password: PASSWORD }),
    })
    const cookie = made.headers.getSetCookie()[0]!.split(';')[0]!
    const invited = await ask(
      url,
      '/invitations',
      { role: 'owner' },
      { cookie, 'sec-fetch-site': 'same-origin' },
    )
    const token = String(invited.json.path).replace('/invite/', '')
    await ask(url, '/invitations/accept', { token, name: 'Bea', login: 'bea', password: PASSWORD })
    await end()
    expect((await pombo('owner', 'link')).err).toMatch(/^E_USAGE: .*There are bea, ana\./)
    expect((await pombo('owner', 'link', 'BEA')).out).toContain('set a new password for bea')
    expect((await pombo('owner', 'link', 'nobody')).code).toBe(2)
  })

  test('says what to do where there is no installation', async () => {
    const { code, err } = await pombo('owner', 'link')
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^E_STORE_OPEN: There is no installation in .*--config\.$/),
    ])
    expect((await pombo('owner', 'lnik')).err).toContain('Did you mean "link"?')
  })
})

describe('pombo serve without an owner', () => {
  const listening = async (more: Partial<Io>) => {
    const tty = terminal(cwd, { ...more, env: {} })
    const listens = Promise.withResolvers<string>()
    const ended = run(['serve'], { ...tty.io, out: (line) => listens.resolve(line) })
    endings.push(async () => {
      tty.signal('SIGTERM')
      await ended
    })
    return { ...tty, url: /http:\S+/.exec(await listens.promise)![0] }
  }

  test('tells a person at the terminal a link, another one at each start, and nobody else', async () => {
    const first = await listening({ human: true })
    await expect.poll(() => tokenIn(first.err.join('\n'))).not.toBe('')
    await endings.pop()!()
    const second = await listening({ human: true })
    await expect.poll(() => tokenIn(second.err.join('\n'))).not.toBe('')
    const [one, two] = [first, second].map(({ err }) => tokenIn(err.join('\n')))
    expect(one).not.toBe(two)
    const owner = { token: two, name: 'Ana', login: 'ana', password: PASSWORD }
    expect((await ask(second.url, '/welcome', owner)).status).toBe(200)
    await endings.pop()!()
    const third = await listening({ human: true })
    await ask(third.url, '/session')
    expect(third.err.join()).not.toContain('welcome')
  })

  test('where nobody reads along it prints none, and says how to get one', async () => {
    const { err, out } = await listening({ human: false })
    expect(tokenIn([...err, ...out].join('\n'))).toBe('')
  })
})

describe('POMBO_ADMIN_PASSWORD', () => {
  test('is the password of the account "owner", and another one when it changes', async () => {
    const first = await serve({ POMBO_ADMIN_PASSWORD: PASSWORD })
    const signIn = (url: string, password: string) => ask(url, '/session', { login: 'owner', password })
    expect((await signIn(first.url, PASSWORD)).json).toMatchObject({
      principal: { login: 'owner', role: 'owner' },
    })
    expect(first.err.join()).not.toContain('/welcome/')
    await first.end()
    const second = await serve({ POMBO_ADMIN_PASSWORD: `${PASSWORD} more` })
    expect((await signIn(second.url, PASSWORD)).status).toBe(401)
    expect((await signIn(second.url, `${PASSWORD} more`)).status).toBe(200)
  })

  test('that everybody would try is refused before anything listens, without showing it', async () => {
    const { line, err } = await startServing(cwd, { POMBO_ADMIN_PASSWORD: 'Administrator-2026!' })
    expect(line).toContain('ended with 1')
    expect(err.join('\n')).toMatch(/^E_CONFIG_SECRET_WEAK: POMBO_ADMIN_PASSWORD: .*Take several words/)
    expect(err.join('\n')).not.toContain('2026')
  })
})

describe('pombo key', () => {
  test('makes one for a hub that runs, lists it without its secret, and revokes it', async () => {
    const { url } = await serve()
    const made = await pombo('key', 'create', '--scope', 'read,send', '--name', 'shop', '--expires', '90d')
    expect(made.err).toBe('key_1 "shop" may read, send. It is not shown again:')
    const bearer = { authorization: `Bearer ${made.out}` }
    expect((await ask(url, '/events', undefined, bearer)).status).toBe(200)
    expect((await ask(url, '/users', undefined, bearer)).json.detail).toContain('"people"')
    const list = async () => (await pombo('key', 'list')).out
    const line =
      /^key_1 {2}pombo_[\w-]{6}… {2}shop {2}read,send {2}used \d{4}-\d\d-\d\d {2}until \d{4}-\d\d-\d\d$/
    // It is noted beside the answer.
    await expect.poll(list).toMatch(line)
    expect(await list()).not.toContain(made.out)
    expect((await pombo('key', 'revoke', 'key_1')).out).toContain('opens nothing')
    expect((await ask(url, '/events', undefined, bearer)).status).toBe(401)
    expect((await pombo('key', 'list')).out).toMatch(/revoked \d{4}/)
    expect((await pombo('key', 'revoke', 'key_1')).err).toMatch(/^E_NOT_FOUND: /)
  })

  test('prints JSON where asked', async () => {
    await pombo('migrate')
    const made = JSON.parse((await pombo('key', 'create', '--scope', 'all', '--json')).out) as {
      secret: string
    }
    expect(made).toMatchObject({
      id: 'key_1',
      name: 'cli',
      scopes: ['read', 'send', 'operate', 'manage', 'people'],
    })
    const { data } = JSON.parse((await pombo('key', 'list', '--json')).out) as { data: object[] }
    expect(data).toMatchObject([{ id: 'key_1', lastUsedAt: null, expiresAt: null, revokedAt: null }])
    expect(JSON.stringify(data)).not.toContain(made.secret)
  })

  test.each([
    [['key'], /needs <create\|list\|revoke>/],
    [['key', 'creat'], /Did you mean "create"/],
    [['key', 'create'], /needs to know what the key may do.*Write --scope with all, read/],
    [['key', 'create', '--scope', 'raed'], /There is no scope "raed"\. Did you mean "read"\?/],
    [['key', 'create', '--scope', 'read', '--expires', 'soon'], /--expires must be a duration/],
    [['key', 'create', '--scope', 'read', '--expires', '0s'], /at least 1s/],
    [['key', 'create', '--scope', 'read', '--name', ' '], /--name must have 1 to 100/],
    [['key', 'create', 'key_1', '--scope', 'read'], /takes no "key_1"/],
    [['key', 'list', '--name', 'x'], /go with pombo key create alone/],
    [['key', 'revoke'], /needs the id of a key, such as key_3/],
    [['key', 'revoke', 'usr_1'], /needs the id of a key/],
  ])('%j is refused with what to write', async (args, why) => {
    const { code, err } = await pombo(...args)
    expect([code, err]).toEqual([2, expect.stringMatching(why)])
  })

  test('works on PostgreSQL, beside a node', async () => {
    const database = await freshDatabase('18')
    endings.push(database.drop)
    env = { POMBO_DATABASE_URL: database.url, POMBO_SECRET_KEY: 'k'.repeat(64) }
    expect((await pombo('key', 'list')).err).toMatch(/^E_STORE_OPEN: There is no installation in postgres:/)
    const { url } = await serve()
    const made = await pombo('key', 'create', '--scope', 'read')
    expect((await ask(url, '/nodes', undefined, { authorization: `Bearer ${made.out}` })).status).toBe(200)
    expect((await pombo('owner', 'link')).out).toContain('/welcome/')
  })
})

describe('pombo doctor', () => {
  const access = async () => {
    const { findings } = JSON.parse((await pombo('doctor', '--json')).out) as { findings: Finding[] }
    return findings.filter(({ check }) => check === 'access')
  }

  test('says whether somebody can sign in, while the hub runs and before it ever did', async () => {
    expect(await access()).toEqual([])
    const { url } = await serve()
    expect(await access()).toMatchObject([{ level: 'warn', do: expect.stringContaining('pombo owner link') }])
    const token = tokenIn((await pombo('owner', 'link')).out)
    await ask(url, '/welcome', { token, name: 'Ana', login: 'ana', password: PASSWORD })
    expect(await access()).toMatchObject([{ level: 'ok' }])
  })

  test('names keys that nobody uses, and old ones without an end', async () => {
    await pombo('migrate')
    for (const name of ['fresh', 'unused', 'old', 'ended'])
      await pombo('key', 'create', '--scope', 'read', '--name', name)
    await pombo('key', 'revoke', 'key_4')
    const ago = (days: number) => Date.now() - days * 86_400_000
    const database = new DatabaseSync(join(cwd, 'data/pombo.db'))
    database.exec(`update api_key set created_at = ${ago(91)} where name in ('unused', 'ended');
      update api_key set created_at = ${ago(366)}, used_at = ${ago(1)} where name = 'old'`)
    database.close()
    const [, unused, old, ...more] = await access()
    expect(unused).toMatchObject({ level: 'warn', message: expect.stringContaining(': key_2 (unused).') })
    expect(old).toMatchObject({ level: 'warn', message: expect.stringContaining(': key_3 (old).') })
    expect(more).toEqual([])
  })
})

test('no command writes a secret into the database as it is', async () => {
  await pombo('migrate')
  const link = tokenIn((await pombo('owner', 'link')).out)
  const { out: secret } = await pombo('key', 'create', '--scope', 'read')
  const files = ['pombo.db', 'pombo.db-wal'].map((name) => {
    try {
      return readFileSync(join(cwd, 'data', name), 'latin1')
    } catch {
      return ''
    }
  })
  expect(files[0]).not.toBe('')
  for (const file of files) for (const one of [link, secret]) expect(file).not.toContain(one)
})
