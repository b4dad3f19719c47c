import Fastify from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Scope, UserRole } from '../core/access.ts'
import { startNode, stores, type TestStore } from './access.fixture.ts'
import { mountApi } from './api.ts'
import type { RouteScope } from './auth.ts'
import { API_KEY, config, FakeHub } from './edge.fixture.ts'
import type { Api, Edge } from './edge.ts'

/** What each role may do, as the documentation says. */
const MAY: Readonly<Record<UserRole, readonly Scope[]>> = {
  viewer: ['read'],
  agent: ['read', 'send'],
  admin: ['read', 'send', 'operate', 'manage', 'people'],
  owner: ['read', 'send', 'operate', 'manage', 'people'],
}
const ROLES = ['owner', 'admin', 'agent', 'viewer'] as const

interface Route {
  method: string
  path: string
  scope: RouteScope
}

/** Every route there is, as the program mounts them. */
async function routeTable(): Promise<Route[]> {
  const routes: Route[] = []
  const app = Fastify() as unknown as Api
  app.addHook('onRoute', ({ method, url, config }) => {
    const isOther = [method].flat().length > 1
    for (const one of isOther ? [] : [method].flat())
      if (one !== 'HEAD') routes.push({ method: one, path: url, scope: config?.scope ?? 'read' })
  })
  const edge = { hub: new FakeHub(config()), access: { sessions: {}, people: {}, keys: {} } }
  await mountApi(app, edge as unknown as Edge)
  await app.ready()
  return routes
}

const table = await routeTable()

/** Ids of nothing: what is allowed finds nothing, and changes nothing. */
const placed = (path: string): string =>
  path
    .replace('/api/v1', '')
    .replace(/:([a-z]+)/gi, (_, name: string) => (name === 'id' ? 'evt_999' : 'none'))

describe('every role on every route', () => {
  let store: TestStore
  let node: Awaited<ReturnType<typeof startNode>>
  const cookies = new Map<UserRole, string>()
  beforeAll(async () => {
    store = await stores.SQLite()
    node = await startNode(store)
    for (const role of ROLES) cookies.set(role, (await node.join(role, role)).cookie)
  })
  afterAll(async () => {
    await node.close()
    await store.close()
  })

  test('there are many', () => {
    expect(table.length).toBeGreaterThan(60)
  })

  test('these are open to anyone, and no other', () => {
    const open = table.filter(({ scope }) => scope === 'anyone')
    expect(open.map(({ method, path }) => `${method} ${path.replace('/api/v1', '')}`).sort()).toEqual([
      'DELETE /session',
      'GET /session',
      'POST /invitations/accept',
      'POST /links/check',
      'POST /password-reset',
      'POST /session',
      'POST /welcome',
    ])
  })

  test.each(table.filter(({ scope }) => scope !== 'anyone'))('$method $path ($scope)', async (route) => {
    const { method, path, scope } = route
    const body = method === 'GET' || method === 'DELETE' ? undefined : {}
    const nobody = await node.api(method, placed(path), body)
    expect([nobody.status, nobody.json.code]).toEqual([401, 'E_UNAUTHENTICATED'])
    for (const role of ROLES) {
      const answer = await node.as(cookies.get(role)!)(method, placed(path), body)
      const may = scope === 'self' || MAY[role].includes(scope as Scope)
      const refused = answer.status === 403 && String(answer.json.detail).startsWith('This needs the scope')
      expect(answer.status, role).not.toBe(401)
      expect(refused, `${role}: ${answer.status} ${answer.text}`).toBe(!may)
      if (!may) expect(answer.json.detail).toContain(`"${scope}"`)
    }
    const key = await node.api(method, placed(path), body, { authorization: `Bearer ${API_KEY}` })
    expect(String(key.json.detail)).not.toMatch(/^This needs the scope/)
  })

  test('what there is not needs a credential, too', async () => {
    expect((await node.api('GET', '/no/such/thing')).status).toBe(401)
    expect((await node.as(cookies.get('viewer')!)('GET', '/no/such/thing')).status).toBe(404)
  })
})
