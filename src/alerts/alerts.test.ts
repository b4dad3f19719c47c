import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { silent } from '../../test/nodes.ts'
import { arrival, person, textEvent } from '../../test/store-conformance.ts'
import { ALERT_KINDS, type AlertKind } from '../core/alerts.ts'
import type { InstanceId } from '../core/ids.ts'
import type { Store } from '../core/store.ts'
import { openSqliteStore } from '../storage/sqlite/open.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { createAlerts } from './index.ts'

/** Rounds over a real store: what its figures become. */

const SUPPORT = 'support' as InstanceId
const MINUTE = 60_000
const HOUR = 60 * MINUTE

let folder: string
let clock: FakeClock
let store: Store
let free: number
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pombo-rounds-'))
  clock = new FakeClock({ start: Date.UTC(2026, 10, 21, 9, 5) })
  store = await openSqliteStore({
    path: join(folder, 'hub.db'),
    log: silent,
    clock,
    dedupeMs: 30 * 24 * HOUR,
  })
  free = 2 ** 40
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true })
})

const instances = new Map<InstanceId, unknown>([[SUPPORT, {}]])
const make = (kinds: readonly AlertKind[] = ALERT_KINDS) =>
  createAlerts({
    store,
    instances,
    settings: { afterMs: MINUTE, kinds, language: 'en' },
    http: async () => ({ type: 'not-sent', reason: 'nobody is there' }),
    freeBytes: async () => free,
    retryAt: () => null,
    changed() {},
    nudge() {},
    clock,
    log: silent,
  })
/** Rounds for as long as that. */
async function watch(alerts: { work(): Promise<unknown> }, minutes: number): Promise<void> {
  for (let i = 0; i < minutes * 6; i++) {
    await alerts.work()
    await clock.advance('10s')
  }
}
const open = async () => (await store.openAlerts()).map(({ kind }) => kind)
const report = (state: 'connected' | 'logged-out') =>
  store.recordLook({
    instance: SUPPORT,
    askedAt: clock.now(),
    report: { state },
    failures: 0,
    nextAt: clock.now() + HOUR,
  })

test('a number that is silent at an hour at which it never was', async () => {
  await report('connected')
  const hour = Math.floor(clock.now() / HOUR)
  for (let day = 1; day <= 14; day++) {
    for (const at of [0, 1])
      await store.noteSilence([{ instance: SUPPORT, hour: hour + at - 24 * day, silentMs: 4 * MINUTE }])
  }
  const alerts = make()
  await watch(alerts, 30)
  expect(await open()).toEqual([])
  await watch(alerts, 3)
  const [alert] = (await store.listAlerts({ limit: 5 })).data
  expect(alert).toMatchObject({ kind: 'silent', instance: SUPPORT, details: { usualMs: 4 * MINUTE } })
  await store.accept([arrival(textEvent(person('5511911110001'), 'M1'))])
  // Handled at once, as it would be.
  const [lane] = await store.claimLanes({ holder: 'a', limit: 1, perLane: 1, leaseMs: HOUR })
  expect(lane).toBeDefined()
  await watch(alerts, 3)
  expect(await open()).toEqual([])
  // What was heard today is there for the days to come.
  const noted = await store.silences([hour])
  expect(noted[0]?.silentMs).toBeGreaterThan(25 * MINUTE)
})

test('dead letters, events that nobody takes and a full disk', async () => {
  const alerts = make()
  await store.accept([arrival(textEvent(person('5511911110001'), 'M1'))])
  free = 1024
  await watch(alerts, 2)
  expect(await open()).toEqual(['store-full'])
  await watch(alerts, 1)
  expect((await open()).toSorted()).toEqual(['backlog', 'store-full'])
  const [lane] = await store.claimLanes({ holder: 'a', limit: 1, perLane: 1, leaseMs: HOUR })
  const [event] = lane!.events
  await store.failTurn({
    instance: SUPPORT,
    lane: lane!.lane,
    fence: lane!.fence,
    event: event!.id,
    place: event!.place,
    attempt: 8,
    error: 'it always fails',
    retryAt: null,
    log: [],
  })
  free = 2 ** 40
  await watch(alerts, 3)
  expect(await open()).toEqual(['dead-letters'])
  const [alert] = (await store.listAlerts({ limit: 1 })).data
  expect([alert?.instance, alert?.details]).toEqual([undefined, { count: 1 }])
  await store.discardEvent(event!.id)
  await watch(alerts, 3)
  expect(await open()).toEqual([])
})

test('what is not looked for any more, and a number that is gone, is over', async () => {
  await report('logged-out')
  await watch(make(), 2)
  expect(await open()).toEqual(['logged-out'])
  await watch(make(['silent']), 2)
  expect(await open()).toEqual([])
})

test('between rounds nothing is written, and a round that fails is made again', async () => {
  const alerts = make()
  await alerts.work()
  expect(await alerts.nextDue()).toBe(clock.now() + 10_000)
  expect(await alerts.work()).toBe('rest')
  await clock.advance('10s')
  const { backlog } = store
  store.backlog = () => Promise.reject(new Error('too slow'))
  await expect(alerts.work()).rejects.toThrow('too slow')
  store.backlog = backlog
  await clock.advance('10s')
  await alerts.work()
  expect(await alerts.nextDue()).toBe(clock.now() + 10_000)
})
