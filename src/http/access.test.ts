import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { SESSION } from '../core/access.ts'
import {
  cookieIn,
  DAY,
  type NodeOptions,
  password,
  startNode,
  stores,
  type TestStore,
} from './access.fixture.ts'
import { API_KEY, ask } from './edge.fixture.ts'

type Node = Awaited<ReturnType<typeof startNode>>
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })
const MINUTE = 60_000

describe.each(Object.keys(stores) as (keyof typeof stores)[])('access over %s', (engine) => {
  let store: TestStore
  const nodes: Node[] = []
  beforeEach(async () => {
    store = await stores[engine]()
  })
  afterEach(async () => {
    for (const node of nodes.splice(0)) await node.close()
    await store.close()
  })
  const start = async (options: NodeOptions = {}) => {
    const node = await startNode(store, options)
    nodes.push(node)
    return node
  }

  describe('the first owner', () => {
    test('comes by a link that works once, and is signed in', async () => {
      const node = await start()
      const before = await node.api('GET', '/session')
      expect(before.json).toMatchObject({ principal: null, ownerExists: false, ended: false, version: null })

      const { token } = (await node.access.people.ownerLink())!
      expect((await node.api('POST', '/links/check', { token })).json).toMatchObject({
        type: 'owner',
        role: 'owner',
      })
      const account = { token, name: 'Ana', login: 'Ana@Example.com', password: password('ana') }
      const made = await node.api('POST', '/welcome', account)
      expect(made.json).toMatchObject({
        principal: { type: 'user', name: 'Ana', login: 'ana@example.com', role: 'owner' },
        ownerExists: true,
        version: '1.2.3',
      })
      const again = await node.api('POST', '/welcome', { ...account, login: 'bea' })
      expect([again.status, again.json.code]).toEqual([404, 'E_NOT_FOUND'])
      expect((await node.api('POST', '/links/check', { token })).status).toBe(404)
      expect(await node.access.people.ownerLink()).toBeUndefined()
      expect((await node.as(cookieIn(made))('GET', '/users')).json.data).toHaveLength(1)
    })

    test('has fifteen minutes', async () => {
      const node = await start()
      const { token } = (await node.access.people.ownerLink())!
      store.clock.skip(15 * MINUTE)
      const late = await node.api('POST', '/welcome', {
        token,
        name: 'A',
        login: 'a',
        password: password('a'),
      })
      expect(late.status).toBe(404)
      expect(late.json.detail).toContain('pombo owner link')
    })

    test('is the account "owner" where the environment says its password, which can be changed there', async () => {
      const node = await start()
      await node.access.people.putOwner(password('first'))
      const cookie = await node.signIn('owner', password('first'))
      await node.access.people.putOwner(password('first'))
      expect((await node.as(cookie)('GET', '/users')).status).toBe(200)
      await node.access.people.putOwner(password('second'))
      expect((await node.as(cookie)('GET', '/users')).status).toBe(401)
      await node.signIn('OWNER', password('second'))
    })

    test('is refused with a weak password of the environment, with the cure', async () => {
      const node = await start()
      await expect(node.access.people.putOwner('Password-2024!!')).rejects.toMatchObject({
        code: 'E_CONFIG_SECRET_WEAK',
        message: expect.stringMatching(/POMBO_ADMIN_PASSWORD.*everybody tries first.*Take several words/s),
      })
    })
  })

  describe('signing in', () => {
    test('sets a cookie no script can read, and only HTTPS carries where the hub has it', async () => {
      const node = await start()
      const secure = await start({ config: { publicUrl: 'https://hub.example.com' } })
      await node.join('ana', 'owner')
      const sign = async (on: Node) =>
        (await on.api('POST', '/session', { login: 'ana', password: password('ana') })).headers[
          'set-cookie'
        ]?.[0]
      expect(await sign(node)).toMatch(
        /^pombo_session=[\w-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/,
      )
      expect(await sign(secure)).toMatch(/; HttpOnly; SameSite=Lax; Secure$/)
    })

    test('tells an unknown login and a wrong password alike, and works as long for both', async () => {
      const node = await start()
      await node.join('ana', 'owner')
      node.hasher.compared = []
      const [unknown, wrong] = [
        await node.api('POST', '/session', { login: 'nobody', password: password('ana') }),
        await node.api('POST', '/session', { login: 'ana', password: password('bea') }),
      ]
      expect(unknown.status).toBe(401)
      expect([wrong.status, wrong.text]).toEqual([unknown.status, unknown.text])
      expect(node.hasher.compared).toEqual([undefined, `made of ${password('ana')}`])
      expect(unknown.headers['set-cookie']).toBeUndefined()
    })

    test('a session slides by seven days, and ends after thirty', async () => {
      const node = await start()
      const ana = await node.join('ana', 'owner')
      const expiry = async () => Date.parse(String((await ana.api('GET', '/session')).json.expiresAt))
      expect(Math.abs((await expiry()) - store.clock.now() - SESSION.idleMs)).toBeLessThan(MINUTE)
      for (let day = 0; day < 24; day += 6) {
        store.clock.skip(6 * DAY)
        expect((await ana.api('GET', '/users')).status).toBe(200)
        await expect
          .poll(async () => (await store.store.listSessions(1 as never))[0]?.seenAt)
          .toBeGreaterThan(store.clock.now() - MINUTE)
      }
      store.clock.skip(5.9 * DAY)
      expect((await expiry()) - store.clock.now()).toBeLessThan(DAY)
      store.clock.skip(DAY)
      const late = await ana.api('GET', '/users')
      expect([late.status, late.json.detail]).toEqual([401, 'Your session has ended. Sign in again.'])
      expect((await ana.api('GET', '/session')).json).toMatchObject({ principal: null, ended: true })

      const idle = node.as(await node.signIn('ana'))
      store.clock.skip(7 * DAY)
      expect((await idle('GET', '/users')).status).toBe(401)
    })

    test('signing out ends the session, and forgets the cookie', async () => {
      const node = await start()
      const ana = await node.join('ana', 'owner')
      const out = await ana.api('DELETE', '/session')
      expect([out.status, out.headers['set-cookie']?.[0]]).toEqual([
        204,
        'pombo_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
      ])
      expect((await ana.api('GET', '/users')).status).toBe(401)
      expect((await ana.api('DELETE', '/session')).status).toBe(204)
    })

    test('somebody sees their own sessions, and ends one', async () => {
      const node = await start()
      const ana = await node.join('ana', 'owner')
      const bea = await node.join('bea', 'agent')
      const agent = { 'user-agent': 'Firefox on a phone' }
      const other = await node.api('POST', '/session', { login: 'ana', password: password('ana') }, agent)
      const list = (await ana.api('GET', '/me/sessions')).json.data as { id: string; current: boolean }[]
      expect(list).toMatchObject([
        { current: false, agent: 'Firefox on a phone', source: '127.0.0.1' },
        { current: true },
      ])
      expect((await bea.api('DELETE', `/me/sessions/${list[0]!.id}`)).status).toBe(404)
      expect((await ana.api('DELETE', `/me/sessions/${list[0]!.id}`)).status).toBe(204)
      expect((await node.as(cookieIn(other))('GET', '/users')).status).toBe(401)
      expect((await ana.api('GET', '/users')).status).toBe(200)
    })

    test('a new password asks for the old one, and ends the other sessions', async () => {
      const node = await start()
      const ana = await node.join('ana', 'owner')
      const other = node.as(await node.signIn('ana'))
      const change = (current: string, next: string) => ana.api('POST', '/me/password', { current, next })
      const wrong = await change(password('bea'), password('new'))
      expect([wrong.status, wrong.json.errors]).toMatchObject([400, [{ field: 'body.current' }]])
      const weak = await change(password('ana'), 'qwertyuiop123')
      expect([weak.status, weak.json.errors]).toMatchObject([400, [{ field: 'body.password' }]])
      expect((await other('GET', '/users')).status).toBe(200)
      expect((await change(password('ana'), password('new'))).status).toBe(204)
      expect((await ana.api('GET', '/users')).status).toBe(200)
      expect((await other('GET', '/users')).status).toBe(401)
      await node.signIn('ana', password('new'))
    })

    test('somebody may call themselves as they like', async () => {
      const node = await start()
      const bea = await node.join('bea', 'viewer')
      expect((await bea.api('PATCH', '/me', { name: ' Beatriz ' })).json).toMatchObject({
        name: 'Beatriz',
        you: true,
      })
    })
  })

  describe('too many failures', () => {
    const fail = (node: Node, login: string, headers: Record<string, string> = {}) =>
      node.api('POST', '/session', { login, password: 'not the one' }, headers)
    const from = (address: string) => ({ 'x-forwarded-for': address })
    const behindProxy = { config: { trustedProxies: ['127.0.0.1'] } }

    test('of one account: each wait is longer, none is for good, and the right password waits, too', async () => {
      const node = await start(behindProxy)
      await node.join('ana', 'owner')
      let address = 0
      const again = () => fail(node, 'ana', from(`203.0.113.${++address}`))
      for (let i = 0; i < 5; i++) expect((await again()).status).toBe(401)
      node.hasher.compared = []
      for (const [round, seconds] of [1, 2, 4, 8, 16, 30, 30].entries()) {
        const refused = await again()
        expect([refused.status, refused.headers['retry-after']]).toEqual([429, String(seconds)])
        const right = await node.api('POST', '/session', { login: 'ANA', password: password('ana') })
        expect(right.status).toBe(429)
        store.clock.skip(seconds * 1000)
        if (round < 6) expect((await again()).status).toBe(401)
      }
      // What is refused costs no hash.
      expect(node.hasher.compared).toHaveLength(6)
      await node.signIn('ana')
      expect((await again()).status).toBe(401)
    })

    test('of one source: whoever it tries, and on every node', async () => {
      const [one, other] = [await start(behindProxy), await start(behindProxy)]
      const source = from('2001:db8:1:2::1')
      for (let i = 0; i < 10; i++)
        expect((await fail(i % 2 ? one : other, `user ${i}`.replace(' ', '-'), source)).status).toBe(401)
      const neighbour = from('2001:db8:1:2:ffff::9')
      for (const node of [one, other]) expect((await fail(node, 'somebody', neighbour)).status).toBe(429)
      expect((await fail(one, 'somebody', from('2001:db8:1:3::1'))).status).toBe(401)
      store.clock.skip(3_600_000)
      expect((await fail(one, 'somebody', source)).status).toBe(401)
    })

    test('many at once are no way round', async () => {
      const node = await start()
      await node.join('ana', 'owner')
      const answers = await Promise.all(Array.from({ length: 30 }, () => fail(node, 'ana')))
      expect(answers.filter(({ status }) => status === 401)).toHaveLength(5)
    })

    test('of the old password, when somebody holds a session that is not theirs', async () => {
      const node = await start()
      const ana = await node.join('ana', 'owner')
      const guess = () => ana.api('POST', '/me/password', { current: 'a guess', next: password('new') })
      for (let i = 0; i < 5; i++) expect((await guess()).status).toBe(400)
      expect((await guess()).status).toBe(429)
    })

    test('whoever is inside stays, and a link of the machine leads in', async () => {
      const node = await start()
      const ana = await node.join('ana', 'owner')
      for (let i = 0; i < 12; i++) await fail(node, 'ana')
      expect((await ana.api('GET', '/users')).status).toBe(200)
      const { token } = await node.access.people.recoveryLink()
      const reset = await node.api('POST', '/password-reset', { token, password: password('new') })
      expect(reset.json).toMatchObject({ principal: { login: 'ana', role: 'owner' } })
    })
  })

  describe('pages of others', () => {
    const login = { login: 'ana', password: password('ana') }
    test.each([
      ['another site, as the browser says', { 'sec-fetch-site': 'cross-site' }],
      ['another host of the same site', { 'sec-fetch-site': 'same-site' }],
      ['another origin', { origin: 'https://evil.example' }],
      ['a page without an origin', { origin: 'null' }],
      ['another port', { origin: 'http://127.0.0.1:1' }],
      [
        'its own origin, but another site as the browser says',
        { 'sec-fetch-site': 'cross-site', origin: 'OWN' },
      ],
      ['nobody knows where', {}],
    ] as const)('%s: nothing is changed with a session', async (_, headers) => {
      const node = await start()
      const ana = await node.join('ana', 'owner')
      const sent = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [
          name,
          value === 'OWN' ? `http://127.0.0.1:${node.port}` : value,
        ]),
      )
      const invite = await node.api(
        'POST',
        '/invitations',
        { role: 'owner' },
        { cookie: ana.cookie, ...sent },
      )
      expect([invite.status, invite.json.code]).toEqual([403, 'E_FORBIDDEN'])
      expect((await ana.api('GET', '/invitations')).json.data).toEqual([])
      if (Object.keys(headers).length > 0)
        expect((await node.api('POST', '/session', login, sent)).status).toBe(403)
      // Looking is free, and a key is meant.
      expect((await node.api('GET', '/users', undefined, { cookie: ana.cookie, ...sent })).status).toBe(200)
      expect(
        (await node.api('POST', '/invitations', { role: 'agent' }, { ...bearer(API_KEY), ...sent })).status,
      ).toBe(201)
    })

    test('its own: by the site, by the origin, and behind a proxy by the public URL', async () => {
      const node = await start({ config: { publicUrl: 'https://hub.example.com' } })
      const { cookie } = await node.join('ana', 'owner')
      for (const headers of [
        { 'sec-fetch-site': 'same-origin' },
        { origin: `http://127.0.0.1:${node.port}` },
        { origin: 'https://hub.example.com' },
      ] as Record<string, string>[])
        expect((await node.api('PATCH', '/me', { name: 'Ana' }, { cookie, ...headers })).status).toBe(200)
    })

    test('without a login, another site changes nothing either, and looks at nothing new', async () => {
      const node = await start({ open: true })
      const invite = (headers: Record<string, string>) =>
        node.api('POST', '/invitations', { role: 'agent' }, headers)
      expect((await invite({ 'sec-fetch-site': 'cross-site' })).status).toBe(403)
      expect((await invite({ origin: 'http://evil.example' })).status).toBe(403)
      expect((await invite({})).status).toBe(201)
      expect((await invite({ 'sec-fetch-site': 'same-origin' })).status).toBe(201)
      expect((await node.api('GET', '/session')).json).toMatchObject({
        principal: { type: 'demo' },
        demo: true,
      })
    })
  })

  describe('people', () => {
    test('are invited, change, are shut out and go', async () => {
      const node = await start()
      const ana = await node.join('ana', 'owner')
      const invited = await ana.api('POST', '/invitations', {
        role: 'agent',
        name: 'Bea',
        login: 'Bea@example.com',
      })
      expect(invited.status).toBe(201)
      const { url, path, invitation } = invited.json as {
        url: string
        path: string
        invitation: { id: string }
      }
      expect(url).toBe(`http://127.0.0.1:${node.port}${path}`)
      expect((await ana.api('GET', '/invitations')).json.data).toMatchObject([
        { id: invitation.id, role: 'agent', name: 'Bea', login: 'bea@example.com', createdBy: 'ana' },
      ])
      const token = path.replace('/invite/', '')
      const account = { token, name: 'Bea', login: 'bea', password: password('bea') }
      const weak = await node.api('POST', '/invitations/accept', { ...account, password: 'beabeabeabea' })
      expect([weak.status, weak.json.detail]).toEqual([400, expect.stringContaining('everybody tries first')])
      const bea = await node.api('POST', '/invitations/accept', account)
      const { id } = bea.json.principal as { id: string }
      const asBea = node.as(cookieIn(bea))
      expect((await asBea('GET', '/users')).json.detail).toContain('"people"')

      const promote = await ana.api('PATCH', `/users/${id}`, { version: 1, role: 'admin' })
      expect(promote.json).toMatchObject({ role: 'admin', version: 2, you: false })
      expect((await asBea('GET', '/users')).status).toBe(200)
      expect((await ana.api('PATCH', `/users/${id}`, { version: 2, disabled: true })).json).toMatchObject({
        disabled: true,
      })
      expect((await asBea('GET', '/users')).status).toBe(401)
      const shut = await node.api('POST', '/session', { login: 'bea', password: password('bea') })
      expect([shut.status, shut.json.detail]).toEqual([403, expect.stringContaining('disabled')])
      expect((await ana.api('DELETE', `/users/${id}`)).status).toBe(204)
      expect((await ana.api('DELETE', `/users/${id}`)).status).toBe(404)
    })

    test('a stale version is told what it is now', async () => {
      const node = await start()
      const ana = await node.join('ana', 'owner')
      const bea = await node.join('bea', 'agent')
      await ana.api('PATCH', `/users/${bea.id}`, { version: 1, role: 'viewer' })
      const stale = await ana.api('PATCH', `/users/${bea.id}`, { version: 1, name: 'B' })
      expect(stale.status).toBe(409)
      expect(stale.json.errors).toContainEqual({
        field: 'role',
        message: 'is "viewer" now',
        current: 'viewer',
      })
      expect(stale.json.errors).toContainEqual({ field: 'version', message: 'is 2 now', current: 2 })
    })

    test('the last owner stays one, and is told why', async () => {
      const node = await start()
      const ana = await node.join('ana', 'owner')
      for (const [method, body] of [
        ['PATCH', { version: 1, role: 'admin' }],
        ['PATCH', { version: 1, disabled: true }],
        ['DELETE', undefined],
      ] as const) {
        const refused = await ana.api(method, `/users/${ana.id}`, body)
        expect([refused.status, refused.json.detail]).toEqual([409, expect.stringContaining('last owner')])
      }
      await node.join('bea', 'owner')
      expect((await ana.api('DELETE', `/users/${ana.id}`)).status).toBe(204)
    })

    test('an admin has no say over owners, nor has a key', async () => {
      const node = await start()
      const ana = await node.join('ana', 'owner')
      const bea = await node.join('bea', 'admin')
      const asKey = (method: string, path: string, body?: unknown) =>
        node.api(method, path, body, bearer(API_KEY))
      for (const who of [bea.api, asKey]) {
        expect((await who('POST', '/invitations', { role: 'owner' })).status).toBe(403)
        expect((await who('PATCH', `/users/${ana.id}`, { version: 1, name: 'x' })).status).toBe(403)
        expect((await who('PATCH', `/users/${bea.id}`, { version: 1, role: 'owner' })).status).toBe(403)
        expect((await who('DELETE', `/users/${ana.id}`)).status).toBe(403)
        expect((await who('POST', `/users/${ana.id}/password-link`)).status).toBe(403)
        expect((await who('POST', '/invitations', { role: 'admin' })).status).toBe(201)
      }
    })

    test('a key for people alone makes nobody who may do more', async () => {
      const node = await start()
      const ana = await node.join('ana', 'owner')
      const bea = await node.join('bea', 'admin')
      const made = await ana.api('POST', '/keys', { name: 'hr', scopes: ['people', 'read'] })
      const hr = (method: string, path: string, body?: unknown) =>
        node.api(method, path, body, bearer(String(made.json.secret)))
      expect((await hr('POST', '/invitations', { role: 'viewer' })).status).toBe(201)
      expect((await hr('POST', '/invitations', { role: 'agent' })).status).toBe(403)
      expect((await hr('POST', `/users/${bea.id}/password-link`)).status).toBe(403)
      const more = await hr('POST', '/keys', { name: 'more', scopes: ['read', 'manage'] })
      expect([more.status, more.json.detail]).toEqual([403, expect.stringContaining('"manage"')])
    })

    test('a link sets a new password: for a day, once, and ends what was open', async () => {
      const node = await start()
      const ana = await node.join('ana', 'owner')
      const bea = await node.join('bea', 'agent')
      const link = async () => {
        const made = await ana.api('POST', `/users/${bea.id}/password-link`)
        expect(made.status).toBe(201)
        return String(made.json.path).replace('/reset/', '')
      }
      const late = await link()
      store.clock.skip(DAY)
      expect(
        (await node.api('POST', '/password-reset', { token: late, password: password('new') })).status,
      ).toBe(404)
      const token = await link()
      expect((await node.api('POST', '/links/check', { token })).json).toMatchObject({
        type: 'password',
        login: 'bea',
      })
      for (const path of ['/welcome', '/invitations/accept'])
        expect(
          (await node.api('POST', path, { token, name: 'x', login: 'x', password: password('x') })).status,
        ).toBe(404)
      const reset = await node.api('POST', '/password-reset', { token, password: password('new') })
      expect(reset.json).toMatchObject({ principal: { login: 'bea' } })
      expect((await bea.api('GET', '/session')).json).toMatchObject({ principal: null, ended: true })
      expect((await node.api('POST', '/password-reset', { token, password: password('more') })).status).toBe(
        404,
      )
      await node.signIn('bea', password('new'))
    })

    test('the same Idempotency-Key makes one invitation, one key, one link', async () => {
      const node = await start()
      const ana = await node.join('ana', 'owner')
      const bea = await node.join('bea', 'admin')
      for (const [path, body] of [
        ['/invitations', { role: 'agent' }],
        ['/keys', { name: 'k', scopes: ['read'] }],
      ] as const) {
        const make = (who: typeof ana) => who.api('POST', path, body, { 'idempotency-key': 'once' })
        expect((await make(ana)).status).toBe(201)
        const again = await make(ana)
        expect([again.status, again.json.code]).toEqual([409, 'E_CONFLICT'])
        expect((await make(bea)).status).toBe(201)
        expect((await ana.api('GET', path)).json.data).toHaveLength(path === '/keys' ? 3 : 2)
      }
    })
  })

  describe('keys', () => {
    test('do what they are for, until they expire or are revoked', async () => {
      const node = await start()
      const ana = await node.join('ana', 'owner')
      const make = async (body: object) => {
        const { json, status } = await ana.api('POST', '/keys', body)
        expect(status).toBe(201)
        return json as { secret: string; key: { id: string; prefix: string } }
      }
      const expiresAt = new Date(store.clock.now() + DAY).toISOString()
      const shop = await make({ name: 'shop', scopes: ['read'], expiresAt })
      expect(shop.secret.startsWith(shop.key.prefix)).toBe(true)
      expect(shop.secret.length).toBeGreaterThan(40)
      const ask = (path = '/events') => node.api('GET', path, undefined, bearer(shop.secret))
      expect((await ask()).status).toBe(200)
      const refused = await node.api('POST', '/dead-letters/evt_1/retry', undefined, bearer(shop.secret))
      expect([refused.status, refused.json.detail]).toEqual([
        403,
        'This needs the scope "operate", which shop does not have.',
      ])
      const listed = (await ana.api('GET', '/keys')).json.data as object[]
      expect(listed).toMatchObject([
        { id: 'key_env', origin: 'environment' },
        { id: shop.key.id, name: 'shop', scopes: ['read'], createdBy: 'ana', expiresAt, revokedAt: null },
      ])
      expect(JSON.stringify(listed)).not.toContain(shop.secret)
      await expect
        .poll(
          async () => ((await ana.api('GET', '/keys')).json.data as { lastUsedAt: unknown }[])[1]?.lastUsedAt,
        )
        .not.toBeNull()

      store.clock.skip(DAY)
      expect((await ask()).json).toMatchObject({ status: 401, detail: expect.stringContaining('expired') })
      const other = await make({ name: 'other', scopes: ['read'] })
      expect((await ana.api('DELETE', `/keys/${other.key.id}`)).status).toBe(204)
      expect((await ana.api('DELETE', `/keys/${other.key.id}`)).status).toBe(404)
      const revoked = await node.api('GET', '/events', undefined, bearer(other.secret))
      expect(revoked.json).toMatchObject({ status: 401, detail: expect.stringContaining('revoked') })
      expect((await ana.api('DELETE', '/keys/key_env')).json).toMatchObject({
        status: 409,
        detail: expect.stringContaining('POMBO_API_KEY'),
      })
    })

    test('that are used all the time are noted every few minutes', async () => {
      const node = await start()
      const ana = await node.join('ana', 'owner')
      const { secret } = (await ana.api('POST', '/keys', { name: 'k', scopes: ['read'] })).json as {
        secret: string
      }
      const used = async () => (await store.store.listKeys({ limit: 1 })).data[0]?.usedAt
      const ask = () => node.api('GET', '/events', undefined, bearer(secret))
      await ask()
      await expect.poll(used).toBeDefined()
      const first = await used()
      store.clock.skip(4 * MINUTE)
      await ask()
      await ask()
      expect(await used()).toBe(first)
      store.clock.skip(MINUTE)
      await ask()
      await expect.poll(used).toBeGreaterThan(first!)
    })

    test('of the environment end with it', async () => {
      const [before, after] = [await start(), await start({ config: { apiKey: 'another-key-0123456789' } })]
      expect((await before.api('GET', '/users', undefined, bearer(API_KEY))).status).toBe(200)
      expect((await after.api('GET', '/users', undefined, bearer(API_KEY))).status).toBe(401)
    })

    test('show the figures to whoever is not on this machine', async () => {
      const node = await start()
      const ana = await node.join('ana', 'owner')
      const { secret } = (await ana.api('POST', '/keys', { name: 'k', scopes: ['read'] })).json as {
        secret: string
      }
      const figures = (headers: Record<string, string>) => ask(node.port, 'GET', '/metrics', { headers })
      const away = { 'x-forwarded-for': '203.0.113.1' }
      expect((await figures({})).status).toBe(200)
      expect((await figures(away)).status).toBe(401)
      expect((await figures({ ...away, ...bearer(`${secret}x`) })).status).toBe(401)
      expect((await figures({ ...away, ...bearer(secret) })).status).toBe(200)
    })
  })

  describe('the audit log', () => {
    test('says who did what to whom and from where, and no secret', async () => {
      const node = await start()
      const ana = await node.join('ana', 'owner')
      const bea = await node.join('bea', 'agent')
      await ana.api('PATCH', `/users/${bea.id}`, { version: 1, role: 'viewer' })
      const key = (await ana.api('POST', '/keys', { name: 'shop', scopes: ['read'] })).json as {
        secret: string
      }
      const link = (await ana.api('POST', `/users/${bea.id}/password-link`)).json as { path: string }
      await ana.api('POST', '/me/password', { current: password('ana'), next: password('new') })
      await node.api('POST', '/invitations', { role: 'agent' }, bearer(API_KEY))
      const entries = (await ana.api('GET', '/audit')).json.data as { action: string }[]
      expect(entries.map(({ action }) => action)).toEqual([
        'invitation.create',
        'user.password',
        'user.password-link',
        'key.create',
        'user.change',
        'invitation.accept',
        'owner.welcome',
      ])
      expect(entries[0]).toMatchObject({ actor: { type: 'key', id: 'key_env', name: 'POMBO_API_KEY' } })
      expect(entries[4]).toMatchObject({
        actor: { type: 'user', id: ana.id, name: 'ana' },
        target: bea.id,
        detail: { role: 'viewer' },
        source: '127.0.0.1',
      })
      const all = JSON.stringify(entries)
      for (const secret of [key.secret, link.path.slice(7), 'violet']) expect(all).not.toContain(secret)
      const filtered = await ana.api('GET', `/audit?action=key.create&actor=${ana.id}&limit=1`)
      expect(filtered.json.data).toHaveLength(1)
    })

    test('is news to whoever looks at people and keys', async () => {
      const node = await start()
      const ana = await node.join('ana', 'owner')
      const heard: unknown[] = []
      node.hub.news.onAnnounced(({ topics }) => heard.push(topics))
      await ana.api('GET', '/keys')
      await ana.api('POST', '/keys', { name: 'k', scopes: [] })
      expect(heard).toEqual([])
      await ana.api('POST', '/keys', { name: 'k', scopes: ['read'] })
      expect(heard).toEqual([['people']])
    })

    test('that cannot be written stops nobody, and the log says so', async () => {
      const node = await start()
      const ana = await node.join('ana', 'owner')
      const broken = await startNode({
        ...store,
        store: { ...store.store, addAudit: () => Promise.reject(new Error('disk full')) },
      })
      nodes.push(broken)
      expect((await broken.as(ana.cookie)('PATCH', '/me', { name: 'Ana' })).status).toBe(200)
      expect(broken.log.lines.join()).toMatch(/the audit log could not be written.*user\.rename/)
    })
  })

  test('no secret reaches the log, whatever goes wrong', async () => {
    const node = await start()
    const ana = await node.join('ana', 'owner')
    const { token } = await node.access.people.recoveryLink()
    const { secret } = (await ana.api('POST', '/keys', { name: 'k', scopes: ['read'] })).json as {
      secret: string
    }
    const fault = new Error('the store is away')
    const broken = await startNode({
      ...store,
      store: {
        ...store.store,
        findSession: () => Promise.reject(fault),
        findKey: () => Promise.reject(fault),
        findLink: () => Promise.reject(fault),
        findAccount: () => Promise.reject(fault),
      },
    })
    nodes.push(broken)
    const answers = [
      await broken.as(ana.cookie)('GET', '/users'),
      await broken.api('GET', '/users', undefined, bearer(secret)),
      await broken.api('POST', '/links/check', { token }),
      await broken.api('POST', '/session', { login: 'ana', password: password('ana') }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([500, 500, 500, 500])
    const told = [...broken.log.lines, ...node.log.lines, ...answers.map(({ text }) => text)].join('\n')
    expect(broken.log.lines.length).toBeGreaterThan(3)
    for (const one of [ana.cookie.split('=')[1]!, secret, token, 'violet']) expect(told).not.toContain(one)
  })
})

describe('bodies nobody would send', () => {
  let store: TestStore
  let node: Node
  let cookie: string
  beforeAll(async () => {
    store = await stores.SQLite()
    node = await startNode(store)
    cookie = (await node.join('ana', 'owner')).cookie
  })
  afterAll(async () => {
    await node.close()
    await store.close()
  })

  const ROUTES = [
    ['POST', '/session'],
    ['POST', '/links/check'],
    ['POST', '/welcome'],
    ['POST', '/invitations/accept'],
    ['POST', '/password-reset'],
    ['PATCH', '/me'],
    ['POST', '/me/password'],
    ['PATCH', '/users/usr_1'],
    ['POST', '/invitations'],
    ['POST', '/keys'],
  ] as const
  const value = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom('\u0000', '\ud800', '🕊'.repeat(200), '‮gro.elpmaxe', '<script>', '-1', 'usr_1', 'owner'),
    fc.jsonValue(),
  )
  const body = fc.dictionary(
    fc.constantFrom(
      'login',
      'password',
      'token',
      'name',
      'role',
      'scopes',
      'version',
      'current',
      'next',
      'disabled',
      'expiresAt',
      '__proto__',
    ),
    value,
  )

  test('are answered as what they are, never with a fault', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...ROUTES),
        fc.oneof(body, fc.jsonValue()),
        async ([method, path], sent) => {
          store.clock.skip(3_600_000 / 100)
          const answer = await node.as(cookie)(method, path, sent ?? null)
          expect(answer.status, `${method} ${path} ${JSON.stringify(sent)} → ${answer.text}`).toBeLessThan(
            500,
          )
        },
      ),
      { numRuns: 400 },
    )
  })
})
