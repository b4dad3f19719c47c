import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Principal, SCOPES, USER_ROLES } from '../core/access.ts'
import type { AccountId, SessionId } from '../core/ids.ts'
import { lacking, mayManage, scopesOf } from './permissions.ts'

const role = fc.constantFrom(...USER_ROLES)
const scopes = fc.subarray([...SCOPES])
const user = role.map(
  (of): Principal => ({
    type: 'user',
    id: 'usr_1',
    name: 'Ana',
    login: 'ana',
    role: of,
    scopes: scopesOf(of),
    account: 1 as AccountId,
    session: 1 as SessionId,
  }),
)
const key = scopes.map((of): Principal => ({ type: 'key', id: 'key_1', name: 'shop', scopes: of }))
const anybody = fc.oneof(user, key)

test('each role may do what the one below it may', () => {
  for (const [i, higher] of USER_ROLES.entries()) {
    const lower = USER_ROLES[i - 1]
    if (lower) expect(lacking({ scopes: scopesOf(higher) }, scopesOf(lower))).toEqual([])
    expect(scopesOf(higher)).toContain('read')
  }
})

test('nobody makes or changes people who may do more than they may themselves', () => {
  fc.assert(
    fc.property(anybody, role, (who, of) => {
      if (!mayManage(who, of)) return
      expect(who.scopes).toContain('people')
      expect(lacking(who, scopesOf(of))).toEqual([])
    }),
  )
})

test('owners are for owners', () => {
  fc.assert(
    fc.property(anybody, (who) => {
      expect(mayManage(who, 'owner')).toBe(who.type === 'user' && who.role === 'owner')
    }),
  )
})

test('who may manage a role may manage every one below it', () => {
  fc.assert(
    fc.property(anybody, role, role, (who, one, other) => {
      const [low, high] = [one, other].sort((a, b) => USER_ROLES.indexOf(a) - USER_ROLES.indexOf(b))
      if (mayManage(who, high!)) expect(mayManage(who, low!)).toBe(true)
    }),
  )
})

test('somebody given a role by another reaches no further than the other, however long the chain', () => {
  fc.assert(
    fc.property(anybody, fc.array(role, { maxLength: 5 }), (first, chain) => {
      let reached: Principal = first
      for (const next of chain)
        if (mayManage(reached, next))
          reached = { ...reached, type: 'key', scopes: scopesOf(next) } as Principal
      expect(lacking(first, reached.scopes)).toEqual([])
    }),
  )
})
