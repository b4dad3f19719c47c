import { hash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AccessStore, AttemptRule, UserRole } from '../src/core/access.ts'
import type { AccountId, KeyId, LinkId, SessionId } from '../src/core/ids.ts'
import type { StoreFixture } from './store-conformance.ts'

const MINUTE = 60_000
const DAY = 86_400_000
const hashed = (text: string) => hash('sha256', text)

/** People, sessions, links, keys and the audit log, on any engine. */
export function accessConformance(name: string, open: () => Promise<StoreFixture>): void {
  describe(`access on ${name}`, () => {
    let fixture: StoreFixture
    let store: AccessStore
    let serial: number
    beforeEach(async () => {
      fixture = await open()
      store = fixture.store
      serial = 0
    })
    afterEach(() => fixture.close())

    const now = () => fixture.clock.now
    const invite = async (role: UserRole, more: { type?: 'owner' | 'invitation'; forMs?: number } = {}) => {
      const token = hashed(`link ${++serial}`)
      const link = await store.addLink({
        hash: token,
        type: more.type ?? 'invitation',
        role,
        createdBy: 'a test',
        expiresAt: now() + (more.forMs ?? DAY),
      })
      return { token, link: link as Exclude<typeof link, 'repeated'> }
    }
    const accept = (token: string, login: string) =>
      store.acceptLink(token, { login, name: login.toUpperCase(), password: `made of ${login}` })
    const account = async (login: string, role: UserRole) =>
      (await accept((await invite(role)).token, login)) as AccountId
    const signIn = (id: AccountId) =>
      store.addSession({
        hash: hashed(`session ${++serial}`),
        account: id,
        source: '192.0.2.1',
        agent: 'a test',
      })

    test('the first owner is made once, whoever has a link', async () => {
      expect(await store.hasOwner()).toBe(false)
      const links = await Promise.all([
        invite('owner', { type: 'owner' }),
        invite('owner', { type: 'owner' }),
        invite('owner', { type: 'owner' }),
      ])
      const outcomes = await Promise.all(links.map(({ token }, i) => accept(token, `owner${i}`)))
      expect(outcomes.filter((outcome) => outcome === 'gone')).toHaveLength(2)
      expect(await store.hasOwner()).toBe(true)
      expect((await store.listAccounts({ limit: 10 })).data).toMatchObject([{ role: 'owner', version: 1 }])
      for (const { token } of links) expect(await store.findLink(token)).toBeUndefined()

      const late = await invite('owner', { type: 'owner' })
      expect(await accept(late.token, 'late')).toBe('gone')
    })

    test('an invitation works once, and not when it has expired', async () => {
      const { token, link } = await invite('agent')
      expect(await store.findLink(token)).toMatchObject({ id: link.id, role: 'agent', createdBy: 'a test' })
      const outcomes = await Promise.all([accept(token, 'ana'), accept(token, 'bea')])
      expect(outcomes.filter((outcome) => outcome === 'gone')).toHaveLength(1)

      const short = await invite('viewer', { forMs: MINUTE })
      fixture.clock.now += MINUTE
      expect(await accept(short.token, 'cris')).toBe('gone')
      expect(await store.findAccount('cris')).toBeUndefined()
    })

    test('a login somebody else has leaves the invitation as it is', async () => {
      await account('ana', 'agent')
      const { token } = await invite('viewer')
      expect(await accept(token, 'ana')).toBe('login-taken')
      expect(await accept(token, 'bea')).toBeGreaterThan(0)
    })

    test('invitations that can be accepted are listed, newest first, and can be taken back', async () => {
      const first = await invite('agent')
      await invite('viewer', { forMs: 1 })
      const third = await invite('admin')
      await invite('owner', { type: 'owner' })
      fixture.clock.now += 10
      const page = await store.listInvitations({ limit: 1 }, now())
      expect(page.data).toMatchObject([{ id: third.link.id }])
      const rest = await store.listInvitations({ limit: 5, cursor: page.next! }, now())
      expect(rest).toMatchObject({ data: [{ id: first.link.id }], next: null })

      expect(await store.removeInvitation(first.link.id)).toBe(true)
      expect(await store.removeInvitation(first.link.id)).toBe(false)
      expect(await accept(first.token, 'ana')).toBe('gone')
    })

    test('a request makes one link and one key, however often it is asked', async () => {
      const link = () =>
        store.addLink({
          hash: hashed(`l${++serial}`),
          type: 'invitation',
          role: 'agent',
          createdBy: 'a test',
          expiresAt: now() + DAY,
          request: 'usr_1:once',
        })
      const key = () =>
        store.addKey({
          hash: hashed(`k${++serial}`),
          name: 'n',
          scopes: ['read'],
          prefix: 'p',
          createdBy: 'a test',
          request: 'usr_1:once',
        })
      for (const make of [link, key]) {
        const made = await Promise.all([make(), make(), make()])
        expect(made.filter((one) => one === 'repeated')).toHaveLength(2)
      }
      expect((await store.listKeys({ limit: 9 })).data).toHaveLength(1)
      expect((await store.listInvitations({ limit: 9 }, now())).data).toHaveLength(1)
    })

    test('a change of an account counts its versions, and one that knows an old one is refused', async () => {
      const id = await account('ana', 'agent')
      expect(await store.changeAccount(id, 1, { role: 'admin' })).toBe('changed')
      expect(await store.changeAccount(id, 1, { name: 'Other' })).toBe('stale')
      expect(await store.getAccount(id)).toMatchObject({ role: 'admin', name: 'ANA', version: 2 })
      expect(await store.changeAccount(999 as AccountId, 1, { name: 'x' })).toBe('not-found')
      expect(await store.removeAccount(999 as AccountId)).toBe('not-found')
    })

    test.each([
      ['demoted', (id: AccountId) => store.changeAccount(id, 1, { role: 'admin' })],
      ['disabled', (id: AccountId) => store.changeAccount(id, 1, { disabled: true })],
      ['removed', (id: AccountId) => store.removeAccount(id)],
    ] as const)('of two owners %s at once one stays', async (_, takeAway) => {
      const owners = [await account('ana', 'owner'), await account('bea', 'owner')]
      await account('cris', 'admin')
      const outcomes = await Promise.all(owners.map((owner): Promise<string> => takeAway(owner)))
      expect(outcomes.filter((outcome) => outcome === 'last-owner')).toHaveLength(1)
      expect(await store.hasOwner()).toBe(true)
    })

    test('an owner who is disabled does not count as one', async () => {
      const [first, second] = [await account('ana', 'owner'), await account('bea', 'owner')]
      expect(await store.changeAccount(first, 1, { disabled: true })).toBe('changed')
      expect(await store.removeAccount(second)).toBe('last-owner')
    })

    test('a session leads to its account until it ends', async () => {
      const id = await account('ana', 'agent')
      const token = hashed('the token')
      const session = await store.addSession({
        hash: token,
        account: id,
        source: '192.0.2.1',
        agent: 'Firefox',
      })
      expect(await store.findSession(token)).toMatchObject({
        session: { id: session, account: id, createdAt: now(), source: '192.0.2.1', agent: 'Firefox' },
        account: { login: 'ana', role: 'agent', seenAt: now() },
      })
      fixture.clock.now += MINUTE
      await store.touchSession(session)
      expect(await store.findSession(token)).toMatchObject({
        session: { seenAt: now() },
        account: { seenAt: now() },
      })
      expect(await store.endSession(session, 999 as AccountId)).toBe(false)
      expect(await store.endSession(session, id)).toBe(true)
      expect(await store.findSession(token)).toBeUndefined()
      await store.touchSession(session)
    })

    test('what ends somebody’s sessions ends theirs alone', async () => {
      const [ana, bea] = [await account('ana', 'agent'), await account('bea', 'agent')]
      const sessions = async (id: AccountId) => (await store.listSessions(id)).map((one) => one.id)
      const kept = await signIn(ana)
      const [, other] = [await signIn(ana), await signIn(bea)]
      expect(await store.setPassword(ana, 'another', kept)).toBe(true)
      expect(await sessions(ana)).toEqual([kept])
      expect(await store.findAccount('ana')).toMatchObject({ password: 'another', version: 1 })
      await store.changeAccount(ana, 1, { name: 'Ana' })
      expect(await sessions(ana)).toEqual([kept])
      await store.changeAccount(ana, 2, { disabled: true })
      expect(await sessions(ana)).toEqual([])
      await signIn(ana)
      await store.removeAccount(ana)
      expect(await sessions(ana)).toEqual([])
      expect(await sessions(bea)).toEqual([other])
      expect(await store.setPassword(ana, 'x')).toBe(false)
    })

    test('a link to a new password sets it once, ends sessions, and is replaced by the next one', async () => {
      const id = await account('ana', 'agent')
      await signIn(id)
      const link = async () => {
        const token = hashed(`reset ${++serial}`)
        await store.addLink({
          hash: token,
          type: 'password',
          role: 'agent',
          account: id,
          createdBy: 'a test',
          expiresAt: now() + MINUTE,
        })
        return token
      }
      const first = await link()
      const second = await link()
      const set = (token: string) => store.acceptLink(token, { login: '', name: '', password: 'new' })
      expect(await set(first)).toBe('gone')
      expect(await set(second)).toBe(id)
      expect(await set(second)).toBe('gone')
      expect(await store.findAccount('ana')).toMatchObject({ password: 'new', name: 'ANA' })
      expect(await store.listSessions(id)).toEqual([])
    })

    test('the owner of the environment is made, or made owner again', async () => {
      const put = (password: string) => store.putOwner({ login: 'owner', name: 'Owner', password })
      await Promise.all([put('one'), put('one')])
      expect(await store.findAccount('owner')).toMatchObject({
        role: 'owner',
        password: 'one',
        name: 'Owner',
      })
      const { id, version } = (await store.findAccount('owner'))!
      await account('ana', 'owner')
      await store.changeAccount(id, version, { role: 'viewer', name: 'Bea' })
      await signIn(id)
      await put('two')
      expect(await store.findAccount('owner')).toMatchObject({
        id,
        role: 'owner',
        password: 'two',
        name: 'Bea',
        disabled: false,
      })
      expect(await store.listSessions(id)).toEqual([])
    })

    test('a key is found by its hash, also when it has ended', async () => {
      const key = await store.addKey({
        hash: hashed('key'),
        name: 'shop',
        scopes: ['read', 'send'],
        prefix: 'pombo_abc',
        createdBy: 'Ana',
        expiresAt: now() + DAY,
      })
      if (key === 'repeated') throw new Error('it was not')
      expect(await store.findKey(hashed('other'))).toBeUndefined()
      await store.touchKey(key.id)
      const used = { ...key, usedAt: now() }
      expect(await store.findKey(hashed('key'))).toEqual(used)
      expect(await store.revokeKey(key.id)).toBe(true)
      expect(await store.revokeKey(key.id)).toBe(false)
      expect(await store.revokeKey(999 as KeyId)).toBe(false)
      expect((await store.listKeys({ limit: 5 })).data).toEqual([{ ...used, revokedAt: now() }])
    })

    test('attempts at once are counted one by one, and waiting lets another one in', async () => {
      const rule: AttemptRule = { key: 'a', free: 3, longestMs: 4000, forgetMs: MINUTE }
      const attempts = await Promise.all(Array.from({ length: 10 }, () => store.admitAttempt([rule])))
      expect(attempts.filter((wait) => wait === 0)).toHaveLength(3)
      expect(Math.max(...attempts)).toBe(1000)
      for (const wait of [1000, 2000, 4000, 4000]) {
        expect(await store.admitAttempt([rule])).toBe(wait)
        fixture.clock.now += wait - 1
        expect(await store.admitAttempt([rule])).toBe(1)
        fixture.clock.now += 1
        expect(await store.admitAttempt([rule])).toBe(0)
      }
      fixture.clock.now += MINUTE
      expect(await store.admitAttempt([rule])).toBe(0)
      expect(await store.admitAttempt([rule])).toBe(0)
    })

    test('of several rules the strictest counts, and a refused attempt counts under none', async () => {
      const strict: AttemptRule = { key: 'strict', free: 1, longestMs: 9000, forgetMs: MINUTE }
      const mild: AttemptRule = { key: 'mild', free: 2, longestMs: 9000, forgetMs: MINUTE }
      expect(await store.admitAttempt([mild, strict])).toBe(0)
      expect(await store.admitAttempt([strict, mild])).toBe(1000)
      expect(await store.admitAttempt([mild])).toBe(0)
      expect(await store.admitAttempt([mild])).toBe(1000)
      await store.forgiveAttempt({ forget: 'strict', takeBack: 'mild' })
      expect(await store.admitAttempt([strict])).toBe(0)
      expect(await store.admitAttempt([mild])).toBe(0)
      expect(await store.admitAttempt([mild])).toBe(1000)
    })

    test('the audit log is newest first, in pages, and can be asked for one action or actor', async () => {
      const note = (action: string, actor: string) =>
        store.addAudit({
          actor: { type: 'user', id: actor, name: 'Ana' },
          action,
          target: 'support',
          detail: { name: 'Suporte', tags: ['a'], on: true },
          source: '192.0.2.1',
        })
      await note('instance.rename', 'usr_1')
      await store.addAudit({ actor: { type: 'system', id: 'system', name: 'system' }, action: 'owner.link' })
      await note('instance.rename', 'usr_2')
      const page = await store.listAudit({ limit: 2 })
      expect(page.data).toMatchObject([
        { action: 'instance.rename', at: now(), detail: { name: 'Suporte', tags: ['a'], on: true } },
        { action: 'owner.link', actor: { type: 'system' } },
      ])
      expect(page.data[1]).not.toHaveProperty('detail')
      expect((await store.listAudit({ limit: 2, cursor: page.next! })).data).toMatchObject([
        { actor: { id: 'usr_1' } },
      ])
      expect((await store.listAudit({ limit: 9, action: 'owner.link' })).data).toHaveLength(1)
      expect((await store.listAudit({ limit: 9, actor: 'usr_2' })).data).toHaveLength(1)
    })

    test('what has ended is removed in time, and nothing else', async () => {
      const limits = { auditMs: 10 * DAY, sessionIdleMs: 7 * DAY, sessionMs: 30 * DAY }
      const id = await account('ana', 'owner')
      const idle = await signIn(id)
      const used = await signIn(id)
      await invite('agent', { forMs: DAY })
      const kept = await invite('agent', { forMs: 90 * DAY })
      for (let i = 0; i < 3; i++) {
        await store.addKey({
          hash: hashed(`k${i}`),
          name: `k${i}`,
          scopes: ['read'],
          prefix: 'p',
          createdBy: 'Ana',
        })
        await store.addAudit({ actor: { type: 'system', id: 'system', name: 'system' }, action: 'old' })
      }
      await store.revokeKey(1 as KeyId)
      await store.admitAttempt([{ key: 'a', free: 1, longestMs: 1, forgetMs: 1 }])
      expect(await store.pruneAccess(limits)).toBe(0)
      fixture.clock.now += 6 * DAY
      await store.touchSession(used)
      fixture.clock.now += 5 * DAY
      await store.addAudit({ actor: { type: 'system', id: 'system', name: 'system' }, action: 'new' })

      // A session, a link, a key, a count and three notes.
      expect(await store.pruneAccess(limits)).toBe(7)
      expect((await store.listSessions(id)).map((one) => one.id)).toEqual([used])
      expect(idle).not.toBe(used satisfies SessionId)
      expect((await store.listInvitations({ limit: 9 }, now())).data.map((one) => one.id)).toEqual([
        kept.link.id satisfies LinkId,
      ])
      expect((await store.listKeys({ limit: 9 })).data.map((one) => one.name)).toEqual(['k2', 'k1'])
      expect((await store.listAudit({ limit: 9 })).data.map((one) => one.action)).toEqual(['new'])
      fixture.clock.now += 20 * DAY
      await store.touchSession(used)
      expect((await store.pruneAccess(limits)) > 0).toBe(true)
      expect(await store.listSessions(id)).toEqual([])
    })
  })
}
