import { chmodSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { addKey } from '../src/platform/secret-box.ts'
import { type FreshDatabase, freshDatabase } from './postgres/database.ts'
import {
  ADMIN_TOKEN,
  gowaMessage,
  OWN_TOKEN,
  SECRET_KEY,
  Site,
  signed,
  uazapiMessage,
} from './registry.fixture.ts'

/** Instances that are made, changed, watched and removed while the hub runs, by real HTTP over both engines. */

vi.setConfig({ testTimeout: 30_000 })

describe.each(['sqlite', 'postgres'] as const)('on %s', (engine) => {
  let database: FreshDatabase | undefined
  let site: Site
  const open = async (more: object = {}) => {
    if (engine === 'postgres') database = await freshDatabase('18')
    site = await Site.open(
      {
        publicUrl: undefined,
        ...(database && { database: `${database.url}?pool=4`, media: { fetch: false } }),
        ...more,
      },
      engine === 'postgres' ? { POMBO_SECRET_KEY: SECRET_KEY } : {},
    )
    return site.start()
  }
  afterEach(async () => {
    await site.close()
    await database?.drop()
    database = undefined
  })

  test('one made by hand takes deliveries at once, shows its secrets once, and is changed with its revision', async () => {
    const { api, deliver } = await open()
    const made = await api('POST', '/instances', {
      id: 'front',
      name: 'Front desk',
      gateway: 'gowa',
      baseUrl: site.gatewayUrl('front'),
      tags: ['eu'],
    })
    expect(made.status).toBe(201)
    expect(made.json).toMatchObject({
      id: 'front',
      name: 'Front desk',
      origin: 'store',
      revision: 1,
      tags: ['eu'],
      webhook: { signed: true, urlKey: false },
    })
    const { signingSecret: secret, setup } = made.json.secrets
    expect(setup).toContainEqual({
      kind: 'env',
      name: 'WHATSAPP_WEBHOOK_SECRET',
      value: secret,
      secret: true,
    })

    const body = gowaMessage('hello')
    expect((await deliver('front', body, signed('not the secret at all', body))).status).toBe(401)
    expect((await deliver('front', body, signed(secret, body))).json).toEqual({ accepted: 1, duplicates: 0 })
    await expect
      .poll(async () => (await api('GET', '/chats?instance=front')).json.data)
      .toMatchObject([{ instance: 'front', name: 'Ana' }])

    const change = await api('PATCH', '/instances/front', { revision: 1, name: 'Desk', tags: ['eu', 'vip'] })
    expect(change.json).toMatchObject({ revision: 2, name: 'Desk', tags: ['eu', 'vip'] })
    const stale = await api('PATCH', '/instances/front', { revision: 1, name: 'Other' })
    expect(stale).toMatchObject({
      status: 409,
      json: { code: 'E_CONFLICT', conflict: { revision: 2, current: { name: 'Desk', tags: ['eu', 'vip'] } } },
    })
    expect((await api('GET', '/instances')).json.data).toMatchObject([{ id: 'front', name: 'Desk' }])
    // What was made lasts.
    await site.stop(site.programs[0]!)
    const again = await site.start()
    const later = gowaMessage('hello again')
    expect((await again.deliver('front', later, signed(secret, later))).status).toBe(200)
    expect([...site.answers, ...site.lines].join('\n')).not.toContain(secret)
  })

  test('what cannot be is refused, and says what would do', async () => {
    const { api } = await open()
    const kinds = await api('GET', '/gateways')
    expect(kinds.json.data).toMatchObject([
      { name: 'gowa', proof: 'signature', server: { manages: true, adminToken: false } },
      {
        name: 'uazapi',
        proof: 'url-key',
        settings: { properties: { token: { type: 'string' } }, required: ['token'] },
        server: { manages: true, adminToken: true },
      },
    ])
    const baseUrl = site.gatewayUrl('sales')
    const post = (body: object) => api('POST', '/instances', body)
    const token = OWN_TOKEN
    expect(await post({ id: 'a b', gateway: 'uazapi', baseUrl, settings: { token } })).toMatchObject({
      status: 400,
    })
    expect(await post({ id: 'a', gateway: 'none', baseUrl })).toMatchObject({
      status: 400,
      json: { detail: expect.stringContaining('It has gowa, uazapi') },
    })
    expect(await post({ id: 'a', gateway: 'uazapi', baseUrl })).toMatchObject({
      status: 400,
      json: { detail: expect.stringContaining('body.token') },
    })
    expect(
      await post({ id: 'a', gateway: 'uazapi', baseUrl, settings: { token }, webhook: { allow: ['x'] } }),
    ).toMatchObject({ status: 400, json: { detail: expect.stringContaining('body.webhook.allow[0]') } })
    expect((await post({ id: 'a', gateway: 'uazapi', baseUrl, settings: { token } })).status).toBe(201)
    expect(
      await post({ id: 'A', gateway: 'uazapi', baseUrl, settings: { token: `${token}x` } }),
    ).toMatchObject({
      status: 409,
      json: { detail: expect.stringContaining('already') },
    })
    // The same number of the same server.
    expect(await post({ id: 'b', gateway: 'uazapi', baseUrl, settings: { token } })).toMatchObject({
      status: 409,
      json: { conflict: { by: 'a' } },
    })
    expect(await api('DELETE', '/instances/a', { id: 'b' })).toMatchObject({ status: 400 })
    expect(await api('DELETE', '/instances/nobody', { id: 'nobody' })).toMatchObject({ status: 404 })
    expect([...site.answers, ...site.lines].join('\n')).not.toContain(token)
  })

  test('made at its gateway once for one Idempotency-Key, paired, registered, checked and removed', async () => {
    const { api, deliver, url } = await open()
    const server = await api('POST', '/servers', {
      id: 'uaz',
      gateway: 'uazapi',
      baseUrl: site.gatewayUrl('sales'),
      adminToken: ADMIN_TOKEN,
    })
    expect(server).toMatchObject({ status: 201, json: { id: 'uaz', adminToken: true, manages: true } })
    const wanted = { id: 'shop', server: 'uaz', create: { name: 'Shop' } }
    const [one, two] = await Promise.all([
      api('POST', '/instances', wanted, { 'idempotency-key': 'first' }),
      api('POST', '/instances', wanted, { 'idempotency-key': 'first' }),
    ])
    const three = await api('POST', '/instances', wanted, { 'idempotency-key': 'first' })
    expect([one.status, two.status, three.status]).toEqual([201, 201, 201])
    expect(two.json.secrets).toEqual(one.json.secrets)
    expect(three.json.secrets).toEqual(one.json.secrets)
    const listed = await api('GET', '/servers/uaz/instances')
    expect(listed.json.data).toMatchObject([
      { name: 'sales', adoptable: true },
      { name: 'Shop', instance: 'shop', adoptable: false },
    ])
    expect(
      await api('POST', '/instances', { ...wanted, id: 'other' }, { 'idempotency-key': 'first' }),
    ).toMatchObject({ status: 409 })

    expect((await api('GET', '/instances/shop/check')).json).toMatchObject({
      state: 'failing',
      causes: [{ cause: 'not-registered' }, { cause: 'no-public-url' }],
    })
    expect((await api('POST', '/instances/shop/webhooks', { url })).json).toMatchObject({
      url: `${url}/webhooks/shop/***`,
      ours: 'this',
      faults: [],
    })
    expect((await api('GET', '/instances/shop/check')).json).toMatchObject({ state: 'waiting' })
    const key = one.json.secrets.urlKey
    const shopToken = (body: string) => /"token":"([^"]+)"/.exec(body)?.[1]
    expect(shopToken(listed.text)).toBeUndefined()

    const body = uazapiMessage('hi', 'a-token-of-somebody-else')
    expect((await deliver('shop/wrong-key-0123456', body)).status).toBe(401)
    expect((await api('GET', '/instances/shop/check')).json).toMatchObject({
      state: 'failing',
      causes: [{ cause: 'url-key', cure: expect.any(String) }, { cause: 'no-public-url' }],
      refusals: [{ reason: 'url-key', count: 1 }],
    })
    expect((await deliver(`shop/${key}`, body)).status).toBe(401)
    expect((await api('GET', '/instances/shop/check')).json.causes).toContainEqual(
      expect.objectContaining({ cause: 'token' }),
    )
    const { token: _, ...bare } = body
    expect((await deliver(`shop/${key}`, bare)).status).toBe(200)
    const verified = await api('GET', '/instances/shop/check')
    expect(verified.json).toMatchObject({ state: 'verified', since: expect.any(String) })

    const removed = await api('DELETE', '/instances/shop', { id: 'shop', alsoAtGateway: true })
    expect(removed.json).toMatchObject({ atGateway: 'removed' })
    expect((await deliver(`shop/${key}`, bare)).status).toBe(404)
    expect((await api('GET', '/servers/uaz/instances')).json.data).toMatchObject([{ name: 'sales' }])
    expect([...site.answers, ...site.lines].join('\n')).not.toContain(key)
    expect([...site.answers, ...site.lines].join('\n')).not.toContain(ADMIN_TOKEN)
  })

  test('a device is made; QR codes are shown as pictures that need no other host, codes with their end', async () => {
    const { api } = await open()
    for (const number of ['front', 'sales']) site.simulator.world.setConnected(number, false)
    await api('POST', '/servers', { id: 'gw', gateway: 'gowa', baseUrl: site.gatewayUrl('front') })
    // The simulated server has one number for all its devices.
    const [own] = (await api('GET', '/servers/gw/instances')).json.data
    await api('DELETE', `/servers/gw/instances/${own.id}`)
    const made = await api('POST', '/instances', { id: 'desk', server: 'gw', create: {} })
    expect(made).toMatchObject({ status: 201, json: { device: 'desk' } })
    const pairing = await api('POST', '/instances/desk/pair', {})
    expect(pairing.json, pairing.text).toMatchObject({ type: 'qr', validMs: expect.any(Number) })
    expect(Buffer.from(pairing.json.image.split(',')[1], 'base64').subarray(1, 4).toString()).toBe('PNG')
    expect((await api('GET', '/instances/desk/status')).json).toMatchObject({ status: { known: true } })
    const baseUrl = site.gatewayUrl('sales')
    await api('POST', '/instances', {
      id: 'sales',
      gateway: 'uazapi',
      baseUrl,
      settings: { token: OWN_TOKEN },
    })
    expect((await api('POST', '/instances/sales/pair', {})).json).toMatchObject({
      type: 'qr',
      image: expect.stringMatching(/^data:image\/png;base64,/),
      expiresAt: expect.any(String),
    })
    expect((await api('POST', '/instances/sales/pair', { phone: '+55 11 95555-0200' })).json).toMatchObject({
      type: 'code',
      code: expect.any(String),
    })
    site.simulator.world.scan('sales')
    expect((await api('GET', '/instances/sales/status')).json.status).toEqual({
      known: true,
      value: 'connected',
    })
    expect((await api('POST', '/instances/sales/disconnect')).status).toBe(204)
    expect((await api('GET', '/instances/sales/status')).json.status).toEqual({
      known: true,
      value: 'logged-out',
    })
    expect((await api('GET', '/instances/desk/webhook-setup')).json).toMatchObject({
      publicUrl: null,
      automatic: true,
      values: expect.arrayContaining([
        { kind: 'env', name: 'WHATSAPP_WEBHOOK_SECRET', value: '***', secret: true },
      ]),
    })
  })

  test('one that is removed takes nothing any more, and what it still had to send is refused with the reason', async () => {
    const { api } = await open()
    await api('POST', '/instances', {
      id: 'away',
      gateway: 'gowa',
      // Nobody listens there: what is sent waits.
      baseUrl: 'http://127.0.0.1:9',
    })
    await api('POST', '/instances/away/messages', { to: '5511911110001', text: 'one' })
    await api('POST', '/instances/away/messages', { to: '5511911110001', text: 'two' })
    const { json } = await api('DELETE', '/instances/away', { id: 'away' })
    await expect
      .poll(async () => (await api('GET', '/commands?instance=away')).json.data)
      .toEqual([
        expect.objectContaining({ state: 'refused', reason: expect.stringContaining('removed') }),
        expect.objectContaining({
          state: expect.stringMatching(/refused|rejected/),
          reason: expect.stringContaining('removed'),
        }),
      ])
    expect(json.refusedSends).toBeGreaterThan(0)
    expect(await api('POST', '/instances/away/messages', { to: '5511911110001', text: 'x' })).toMatchObject({
      status: 404,
    })
  })

  test('a changed token makes a new client', async () => {
    const { api } = await open()
    const baseUrl = site.gatewayUrl('sales')
    await api('POST', '/instances', {
      id: 'sales',
      gateway: 'uazapi',
      baseUrl,
      settings: { token: 'not-the-token-yet' },
    })
    expect((await api('GET', '/instances/sales/status')).json.status).toMatchObject({ known: false })
    await api('PATCH', '/instances/sales', { revision: 1, settings: { token: OWN_TOKEN } })
    expect((await api('GET', '/instances/sales/status')).json.status).toEqual({
      known: true,
      value: 'connected',
    })
    const renewed = await api('POST', '/instances/sales/secrets', { revision: 2, what: 'key' })
    expect(renewed.json).toMatchObject({ revision: 3, secrets: { urlKey: expect.any(String) } })
  })

  test('a number the global webhook does not know is shown, adopted with the token of its server, and gets its events', async () => {
    const { api, deliver } = await open()
    const { json: server } = await api('POST', '/servers', {
      id: 'uaz',
      gateway: 'uazapi',
      baseUrl: site.gatewayUrl('sales'),
      adminToken: ADMIN_TOKEN,
    })
    const global = `global/${server.secrets.urlKey}`
    const first = uazapiMessage('first', OWN_TOKEN)
    for (const body of [first, first, uazapiMessage('second', OWN_TOKEN)])
      expect((await deliver(global, body)).status).toBe(200)
    await deliver(global, uazapiMessage('stranger', 'token-of-nobody-here', '5511955559999', 'else'))
    const { data } = (await api('GET', '/unrouted')).json
    expect(data).toHaveLength(2)
    const group = data.find(({ names }: { names: string[] }) => names.includes('sales'))
    expect(group).toMatchObject({
      target: 'uaz',
      count: 2,
      tokenSeen: true,
      suggestion: { id: '5511955550200', tokenFromServer: true },
    })
    const adopted = await api('POST', `/unrouted/${group.id}/adopt`, { id: 'sales', handOver: true })
    expect(adopted).toMatchObject({ status: 201, json: { id: 'sales', handedOver: 2, server: 'uaz' } })
    await expect
      .poll(async () => (await api('GET', '/events?instance=sales&status=done')).json.data.length)
      .toBe(2)
    // From now on it is found by its token.
    await deliver(global, uazapiMessage('third', OWN_TOKEN))
    await expect
      .poll(async () => (await api('GET', '/events?instance=sales&status=done')).json.data.length)
      .toBe(3)
    const left = (await api('GET', '/unrouted')).json.data
    expect(left).toMatchObject([{ names: expect.arrayContaining(['else']) }])
    expect(await api('POST', `/unrouted/${left[0].id}/adopt`, { id: 'x' })).toMatchObject({
      status: 400,
      json: { detail: expect.stringContaining('settings') },
    })
    expect((await api('DELETE', `/unrouted/${left[0].id}`)).status).toBe(204)
    expect((await api('GET', '/unrouted')).json.data).toEqual([])
    expect([...site.answers, ...site.lines].join('\n')).not.toContain(OWN_TOKEN)
  })

  test('what is refused says why: signature, address, a path that is none', async () => {
    const { api, deliver } = await open()
    const made = await api('POST', '/instances', {
      id: 'front',
      gateway: 'gowa',
      baseUrl: site.gatewayUrl('front'),
    })
    await api('POST', '/instances', { id: 'other', gateway: 'gowa', baseUrl: 'http://127.0.0.1:9' })
    const secret = made.json.secrets.signingSecret
    const reasons = async (id: string) =>
      (await api('GET', `/instances/${id}/check`)).json.refusals.map(
        ({ reason }: { reason: string }) => reason,
      )
    const body = gowaMessage('x')
    await deliver('fronnt', body, signed(secret, body))
    expect(await reasons('front')).toEqual(['path'])
    await deliver('other', body, signed(secret, body))
    const check = (await api('GET', '/instances/front/check')).json
    expect(check).toMatchObject({ state: 'failing' })
    expect(check.causes[0].detail).toContain('came to /webhooks/other')
    expect(await reasons('other')).toContain('signature')
    await deliver('front', body, signed(secret, body))
    expect((await api('GET', '/instances/front/check')).json).toMatchObject({ state: 'verified' })
    await api('PATCH', '/instances/front', { revision: 1, webhook: { allow: ['203.0.113.0/24'] } })
    expect((await deliver('front', body, signed(secret, body))).status).toBe(403)
    expect((await api('GET', '/instances/front/check')).json).toMatchObject({
      state: 'failing',
      causes: expect.arrayContaining([
        expect.objectContaining({ cause: 'address', detail: expect.stringContaining('127.0.0.1') }),
      ]),
    })
  })

  test('a feature works for the numbers it names and for those with its tags, as they stand now', async () => {
    const rules = [{ match: 'hi', reply: 'hello' }]
    const { api, deliver } = await open({
      features: { replies: { rules, instances: ['front'], tags: ['vip'] } },
    })
    const secrets = new Map<string, string>()
    for (const [n, id] of ['front', 'desk'].entries()) {
      const made = await api('POST', '/instances', {
        id,
        gateway: 'gowa',
        baseUrl: `http://127.0.0.1:${n + 1}`,
      })
      secrets.set(id, made.json.secrets.signingSecret)
    }
    const say = async (id: string) => {
      const body = gowaMessage('hi')
      await deliver(id, body, signed(secrets.get(id)!, body))
      await expect
        .poll(async () => (await api('GET', `/events?instance=${id}&status=pending`)).json.data)
        .toEqual([])
    }
    const replies = async (id: string) => (await api('GET', `/commands?instance=${id}`)).json.data.length
    await say('front')
    await say('desk')
    expect([await replies('front'), await replies('desk')]).toEqual([1, 0])
    await api('PATCH', '/instances/desk', { revision: 1, tags: ['vip'] })
    await say('desk')
    expect(await replies('desk')).toBe(1)
  })

  test('the hub asks itself under its public URL', async () => {
    const { api, program } = await open()
    await api('POST', '/instances', { id: 'front', gateway: 'gowa', baseUrl: site.gatewayUrl('front') })
    await site.stop(program)
    const deaf = await site.start({ publicUrl: 'http://127.0.0.1:9' })
    expect((await deaf.api('GET', '/instances/front/check')).json).toMatchObject({
      reachable: { ok: false },
      causes: expect.arrayContaining([expect.objectContaining({ cause: 'unreachable' })]),
    })
  })

  test('another key than the one they were sealed with ends the start, and says how it would go', async () => {
    const { api, program } = await open()
    await api('POST', '/instances', { id: 'front', gateway: 'gowa', baseUrl: site.gatewayUrl('front') })
    if (engine === 'sqlite') {
      expect(statSync(join(site.dir, 'hub.db.key')).mode & 0o777).toBe(0o600)
      await site.stop(program)
      const { rename } = await import('node:fs/promises')
      await rename(join(site.dir, 'hub.db.key'), join(site.dir, 'moved'))
    } else await site.stop(program)
    const wrong = { POMBO_SECRET_KEY: 'another key altogether, long enough to be one' }
    await expect(site.start({}, wrong)).rejects.toThrow(/stored secrets of instance front .*POMBO_SECRET_KEY/)
  })

  test('doctor looks at what is stored, too, and at who may read its key', async () => {
    const { api, program, url } = await open()
    await api('POST', '/instances', { id: 'front', gateway: 'gowa', baseUrl: site.gatewayUrl('front') })
    // The command line knows it, too.
    const file = join(site.dir, 'delivery.json')
    writeFileSync(file, JSON.stringify(gowaMessage('again')))
    const replayed = await site.run(['replay', file, '--instance', 'front', '--hub', url])
    expect(replayed.out.join()).toContain('Accepted by front: 1 new event')
    const seen = (await site.run(['doctor'])).out.join('\n')
    expect(seen).toContain('The stored secrets of 1 instances and servers can be opened.')
    expect(seen).toMatch(/webhook +front|front +webhook|The number has no webhook of its own/)
    await site.stop(program)
    if (engine === 'sqlite') {
      chmodSync(join(site.dir, 'hub.db.key'), 0o644)
      expect((await site.run(['doctor'])).out.join('\n')).toContain('Others can read')
    }
    const wrong = { POMBO_SECRET_KEY: 'another key altogether, long enough to be one' }
    if (engine === 'sqlite') rmSync(join(site.dir, 'hub.db.key'))
    expect((await site.run(['doctor'], wrong)).out.join('\n')).toContain(
      'cannot be used: The stored secrets of',
    )
  })

  test('keys change, also when it stops half way, and the former one opens nothing any more', async () => {
    const { api, program } = await open()
    const made = await api('POST', '/instances', {
      id: 'front',
      gateway: 'gowa',
      baseUrl: site.gatewayUrl('front'),
    })
    await api('POST', '/instances', { id: 'desk', gateway: 'gowa', baseUrl: 'http://127.0.0.1:9' })
    await site.stop(program)
    const env: Record<string, string> =
      engine === 'sqlite'
        ? {}
        : { POMBO_SECRET_KEY: 'the next key of this installation', POMBO_SECRET_KEY_OLD: SECRET_KEY }
    if (engine === 'sqlite') {
      // As if it had ended after the new key was written.
      addKey(join(site.dir, 'hub.db.key'))
      const between = await site.start()
      expect((await between.api('GET', '/instances')).json.data).toHaveLength(2)
      await site.stop(between.program)
    }
    const ran = await site.run(['secrets', 'rotate'], env)
    expect(ran.out.join()).toContain('2 of 2 stored entries were sealed anew')
    expect((await site.run(['secrets', 'rotate'], env)).out.join()).toContain(
      engine === 'sqlite' ? '2 of 2' : '0 of 2',
    )
    if (engine === 'postgres') {
      await expect(site.start({}, { POMBO_SECRET_KEY: SECRET_KEY })).rejects.toThrow(/encrypted with the key/)
    }
    const later = await site.start({}, { ...env, POMBO_SECRET_KEY_OLD: '' })
    const { signingSecret: secret } = made.json.secrets
    const body = gowaMessage('hello')
    expect((await later.deliver('front', body, signed(secret, body))).status).toBe(200)
  })

  test('one of the configuration that is in the database, too, ends the start', async () => {
    const { api, program } = await open()
    const baseUrl = site.gatewayUrl('front')
    await api('POST', '/instances', { id: 'front', gateway: 'gowa', baseUrl })
    await site.stop(program)
    const webhook = { secrets: ['another-secret-of-it'] }
    const inFile = (id: string) => ({ instances: [{ id, gateway: 'gowa', baseUrl, webhook }] })
    await expect(site.start(inFile('Front'))).rejects.toThrow(/another id, or take it out/)
    await expect(site.start(inFile('desk'))).rejects.toThrow(/the same number of the same gateway as "front"/)
    const without = await site.start({
      instances: [{ ...inFile('desk').instances[0], baseUrl: 'http://127.0.0.1:9' }],
    })
    expect((await without.api('PATCH', '/instances/desk', { revision: 1 })).json).toMatchObject({
      code: 'E_CONFLICT',
      detail: expect.stringContaining('configuration file'),
    })
  })
})

describe('two nodes', () => {
  let database: FreshDatabase
  let site: Site
  beforeAll(async () => {
    database = await freshDatabase('18')
    site = await Site.open(
      { database: `${database.url}?pool=4`, media: { fetch: false } },
      { POMBO_SECRET_KEY: SECRET_KEY },
    )
  })
  afterAll(async () => {
    await site.close()
    await database.drop()
  })

  test('what one makes, changes and removes, the other does at once', async () => {
    const [one, two] = [await site.start(), await site.start()]
    const made = await one.api('POST', '/instances', {
      id: 'front',
      gateway: 'gowa',
      baseUrl: site.gatewayUrl('front'),
    })
    const { signingSecret: secret } = made.json.secrets
    await expect
      .poll(async () => (await two.api('GET', '/instances/front')).status, { timeout: 10_000 })
      .toBe(200)
    const body = gowaMessage('hello')
    expect((await two.deliver('front', body, signed(secret, body))).status).toBe(200)
    // Of two who change the same, one is told.
    const ends = await Promise.all([
      one.api('PATCH', '/instances/front', { revision: 1, name: 'One' }),
      two.api('PATCH', '/instances/front', { revision: 1, name: 'Two' }),
    ])
    expect(ends.map(({ status }) => status).sort()).toEqual([200, 409])
    await two.api('DELETE', '/instances/front', { id: 'front' })
    await expect
      .poll(async () => (await one.deliver('front', body, signed(secret, body))).status, { timeout: 10_000 })
      .toBe(404)
    // Two who want the same id: one has it.
    const both = await Promise.all(
      [one, two].map(({ api }, n) =>
        api('POST', '/instances', { id: 'desk', gateway: 'gowa', baseUrl: `http://127.0.0.1:${n + 1}` }),
      ),
    )
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409])
  })
})
