import { describe, expect, test } from 'vitest'
import type { Instance } from '../../../../src/http/contract/instances.ts'
import { changesOf, conflictsOf, draftOf, faultsOf } from './draft.ts'

const number = (more: Partial<Instance> = {}): Instance => ({
  id: 'support' as Instance['id'],
  origin: 'store',
  revision: 3,
  gateway: 'fake',
  tags: ['eu', 'vip'],
  webhook: { signed: true, urlKey: false, allow: ['203.0.113.0/24'], insecure: false },
  settings: [],
  pacing: { minDelayMs: 100, maxDelayMs: 200 },
  deliveriesPerSecond: 2.5,
  reorderWindowMs: 0,
  apiMessagesClaim: false,
  queued: 0,
  hold: null,
  ...more,
})

describe('what is sent of a form', () => {
  test('nothing, where nothing differs', () => {
    expect(changesOf(number(), draftOf(number()))).toEqual({})
  })

  test('only what differs, in the form the API takes', () => {
    const draft = {
      ...draftOf(number()),
      tags: ' eu,, vip , new,eu',
      allow: '10.0.0.0/8\n\n 192.0.2.1, 2001:db8::/32 ',
      perSecond: '0,5',
      maxDelayMs: '900',
    }
    expect(changesOf(number(), draft)).toEqual({
      tags: ['eu', 'vip', 'new'],
      webhook: { allow: ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32'] },
      deliveriesPerSecond: 0.5,
      pacing: { minDelayMs: 100, maxDelayMs: 900 },
    })
  })

  test('an emptied limit is taken away', () => {
    expect(changesOf(number(), { ...draftOf(number()), perSecond: ' ' })).toEqual({
      deliveriesPerSecond: null,
    })
  })
})

test('what is no number, or the wrong way round, is told before it is sent', () => {
  const draft = draftOf(number())
  expect(faultsOf(draft)).toEqual({})
  expect(faultsOf({ ...draft, minDelayMs: '-1', reorderMs: '', perSecond: 'many' })).toEqual({
    minDelayMs: 'mustBeNumber',
    reorderMs: 'mustBeNumber',
    perSecond: 'mustBeNumber',
  })
  expect(faultsOf({ ...draft, minDelayMs: '201' })).toEqual({ minDelayMs: 'minOverMax' })
})

test('both versions are shown of what either side changed, and of nothing else', () => {
  const mine = { ...draftOf(number()), tags: 'mine' }
  const theirs = number({ reorderWindowMs: 50, revision: 4 })
  expect(conflictsOf(number(), mine, theirs)).toEqual(['tags', 'reorderMs'])
  expect(conflictsOf(number(), draftOf(number({ tags: ['same'] })), number({ tags: ['same'] }))).toEqual([])
})
