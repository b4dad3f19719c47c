import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freshDatabase } from '../../test/postgres/database.ts'
import type { Hasher } from '../access/hashing.ts'
import { type Access, createAccess } from '../access/index.ts'
import type { UserRole } from '../core/access.ts'
import type { HubConfig } from '../core/config.ts'
import type { Logger } from '../core/ports.ts'
import type { Store } from '../core/store.ts'
import { openPostgresStore } from '../storage/postgres/open.ts'
import { openSqliteStore } from '../storage/sqlite/open.ts'
import { type Answered, ask, config, FakeHub, KeptLog, SkippingClock } from './edge.fixture.ts'
import { createHttpServer } from './server.ts'

export const DAY = 86_400_000
/** Good ones, each of its own. */
export const password = (of: string): string => `${of} gathers violet stones`

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

/** Opens a store that lives by a clock of the test. */
export interface TestStore {
  store: Store
  clock: SkippingClock
  close(): Promise<void>
}
export const stores: Readonly<Record<'SQLite' | 'PostgreSQL', () => Promise<TestStore>>> = {
  async SQLite() {
    const folder = mkdtempSync(join(tmpdir(), 'pombo-access-'))
    const clock = new SkippingClock()
    const store = await openSqliteStore({ path: join(folder, 'hub.db'), clock, log: silent, dedupeMs: DAY })
    return {
      store,
      clock,
      async close() {
        await store.close()
        rmSync(folder, { recursive: true })
      },
    }
  },
  async PostgreSQL() {
    const database = await freshDatabase('18')
    const clock = new SkippingClock()
    const { store } = await openPostgresStore({
      url: database.url,
      poolSize: 4,
      clock,
      log: silent,
      dedupeMs: DAY,
      simulatedClock: true,
    })
    return {
      store,
      clock,
      async close() {
        await store.close()
        await database.drop()
      },
    }
  },
}

/** Quick, and counts how often it was asked to compare. */
export class QuickHasher implements Hasher {
  compared: (string | undefined)[] = []
  async hash(plain: string): Promise<string> {
    return `made of ${plain}`
  }
  async matches(plain: string, encoded: string | undefined): Promise<boolean> {
    this.compared.push(encoded)
    return encoded === `made of ${plain}`
  }
}

export interface NodeOptions {
  config?: Partial<HubConfig>
  open?: boolean
  hasher?: Hasher
}

/** One node over a store: its API, asked through real HTTP. */
export async function startNode({ store, clock }: TestStore, options: NodeOptions = {}) {
  const log = new KeptLog()
  const hasher = options.hasher ?? new QuickHasher()
  const hub = new FakeHub(config(options.config), clock)
  const access: Access = createAccess({
    store,
    clock,
    log,
    bytes: randomBytes,
    apiKey: hub.config.apiKey,
    hasher,
  })
  const server = createHttpServer({
    hub,
    access,
    open: options.open ?? false,
    version: '1.2.3',
    log,
    clock,
    metrics: { render: async () => 'pombo_up 1\n', contentType: 'text/plain' },
  })
  const { port } = await server.listen()
  const api = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    ask(port, method, `/api/v1${path}`, {
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
  /** Of a page of this hub, with a session. */
  const as =
    (cookie: string) =>
    (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      api(method, path, body, { cookie, 'sec-fetch-site': 'same-origin', ...headers })

  /** Signs in and returns the cookie. */
  async function signIn(login: string, secret = password(login)): Promise<string> {
    return cookieIn(await api('POST', '/session', { login, password: secret }))
  }
  /** Somebody of that role, signed in. */
  async function join(login: string, role: UserRole) {
    const type = role === 'owner' && !(await store.hasOwner()) ? 'owner' : 'invitation'
    const { token } =
      type === 'owner'
        ? (await access.people.ownerLink())!
        : await access.people.invite({ role }, { type: 'demo', id: 'demo', name: 'a test', scopes: ALL })
    const path = type === 'owner' ? '/welcome' : '/invitations/accept'
    const answer = await api('POST', path, { token, login, name: login, password: password(login) })
    const cookie = cookieIn(answer)
    const { id } = answer.json.principal as { id: string }
    return { id, cookie, api: as(cookie) }
  }
  return {
    hub,
    access,
    log,
    port,
    api,
    as,
    signIn,
    join,
    hasher: hasher as QuickHasher,
    close: () => server.close(0),
  }
}
const ALL = ['read', 'send', 'operate', 'manage', 'people'] as const

/** The session an answer gives to the browser, as a browser sends it back. */
export function cookieIn(answer: Answered): string {
  const [cookie] = answer.headers['set-cookie'] ?? []
  const pair = cookie?.split(';')[0]
  if (!pair || pair.endsWith('=')) throw new Error(`no session: ${answer.status} ${answer.text}`)
  return pair
}
