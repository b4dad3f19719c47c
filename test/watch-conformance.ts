import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AlertChannel, AlertStep } from '../src/core/alerts.ts'
import type { InstanceId } from '../src/core/ids.ts'
import type { Store } from '../src/core/store.ts'
import type { LookEnd, WatchState } from '../src/core/watch.ts'
import type { StoreFixture } from './store-conformance.ts'

const SUPPORT = 'support' as InstanceId
const SALES = 'sales' as InstanceId
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** What every store keeps of connections and alerts. */
export function watchConformance(name: string, open: () => Promise<StoreFixture>): void {
  describe(`connections and alerts on ${name}`, () => {
    let fixture: StoreFixture
    let store: Store
    let start: number
    beforeEach(async () => {
      fixture = await open()
      store = fixture.store
      start = fixture.clock.now
    })
    afterEach(() => fixture.close())

    const claim = (...instances: InstanceId[]) =>
      store.claimLooks({
        numbers: instances.map((instance) => ({ instance, firstAt: fixture.clock.now })),
        limit: 10,
        leaseMs: MINUTE,
      })
    const look = (state: WatchState, more: Partial<LookEnd> = {}) =>
      store.recordLook({
        instance: SUPPORT,
        askedAt: fixture.clock.now,
        report: { state },
        failures: 0,
        nextAt: fixture.clock.now + 30_000,
        ...more,
      })
    const history = async () =>
      (await store.listConnectionChanges(SUPPORT, { limit: 50 })).data.map(({ state, at, until }) => [
        state,
        at - start,
        until === undefined ? undefined : until - start,
      ])
    const hold = async () => {
      const state = (await store.instanceStates()).find(({ instance }) => instance === SUPPORT)
      return state?.holdReason
    }

    describe('looks', () => {
      test('a number is leased to one at a time, and due again when its look is recorded', async () => {
        expect(await store.nextLook([SUPPORT])).toBe(0)
        expect(await claim(SUPPORT, SALES)).toEqual(
          [
            { instance: SUPPORT, dueAt: start, failures: 0 },
            { instance: SALES, dueAt: start, failures: 0 },
          ].sort((a, b) => (a.instance < b.instance ? -1 : 1)),
        )
        expect(await claim(SUPPORT, SALES)).toEqual([])
        expect(await store.nextLook([SUPPORT, SALES])).toBe(start + MINUTE)
        expect(await store.lookedAt(SUPPORT)).toBeUndefined()
        await look('connected', { failures: 3 })
        expect(await store.nextLook([SUPPORT])).toBe(start + 30_000)
        expect(await store.lookedAt(SUPPORT)).toBe(start)
        fixture.clock.now += 30_000
        expect(await claim(SUPPORT, SALES)).toEqual([
          { instance: SUPPORT, dueAt: start + 30_000, failures: 3 },
        ])
        // Whoever had the other one never came back.
        fixture.clock.now += 30_000
        expect(await claim(SALES)).toEqual([{ instance: SALES, dueAt: start + MINUTE, failures: 0 }])
      })

      test('only numbers that are asked for are leased', async () => {
        await claim(SUPPORT)
        fixture.clock.now += HOUR
        expect(await claim(SALES)).toHaveLength(1)
        expect(await claim()).toEqual([])
        expect(await store.nextLook([])).toBeUndefined()
      })
    })

    describe('connections', () => {
      test('every change is in the history, with its end and its reason; what is the same is not', async () => {
        expect(await store.connections()).toEqual([])
        expect(await look('connected')).toBe(true)
        fixture.clock.now += MINUTE
        expect(await look('connected')).toBe(false)
        fixture.clock.now += MINUTE
        expect(await look('unreachable', { report: { state: 'unreachable', reason: 'refused' } })).toBe(true)
        expect(await history()).toEqual([
          ['unreachable', 2 * MINUTE, undefined],
          ['connected', 0, 2 * MINUTE],
        ])
        expect(await store.connections()).toEqual([
          {
            instance: SUPPORT,
            state: 'unreachable',
            at: start + 2 * MINUTE,
            source: 'poll',
            reason: 'refused',
          },
        ])
        const first = await store.listConnectionChanges(SUPPORT, { limit: 1 })
        expect(first.data[0]?.state).toBe('unreachable')
        const second = await store.listConnectionChanges(SUPPORT, { limit: 1, cursor: first.next! })
        expect([second.data[0]?.state, second.next]).toEqual(['connected', null])
        const since = await store.connectionChangesSince(SUPPORT, start + 2 * MINUTE)
        expect(since.map(({ state }) => state)).toEqual(['unreachable'])
      })

      test('a number that cannot send is held, with the reason shown, and let go once it is connected', async () => {
        await look('connected')
        expect(await hold()).toBeUndefined()
        fixture.clock.now += MINUTE
        await look('disconnected')
        expect(await hold()).toBe('the number is disconnected')
        await look('unreachable')
        expect(await hold()).toBe('the gateway of this number does not answer')
        fixture.clock.now += MINUTE
        await look('logged-out')
        expect(await hold()).toBe('the number is logged-out')
        fixture.clock.now += MINUTE
        await look('connected')
        expect(await hold()).toBeUndefined()
        expect((await store.instanceStates())[0]?.connection).toBe('connected')
      })

      test('the hold lasts beyond the next look, and every look prolongs it', async () => {
        await look('disconnected')
        const until = async () => (await store.instanceStates())[0]?.holdUntil
        expect(await until()).toBe(start + 90_000)
        fixture.clock.now += 30_000
        await look('disconnected')
        expect(await until()).toBe(start + 120_000)
      })

      test('a look that finds a number connected, as it was, does not free what a send has held since', async () => {
        await look('connected')
        await store.holdInstance(SUPPORT, { reason: 'a send learnt it', until: start + HOUR })
        fixture.clock.now += 30_000
        await look('connected')
        expect(await hold()).toBe('a send learnt it')
      })

      test('an answer that was asked for before the last change changes nothing', async () => {
        await look('connected')
        const askedAt = fixture.clock.now + 1
        fixture.clock.now += 5_000
        await look('logged-out')
        await look('connected', { askedAt })
        expect((await store.connections())[0]?.state).toBe('logged-out')
      })

      test('a clock that was set back makes nobody deaf', async () => {
        await look('connected')
        fixture.clock.now -= HOUR
        expect(await look('disconnected')).toBe(true)
        expect(await history()).toEqual([
          ['disconnected', 0, undefined],
          ['connected', 0, 0],
        ])
      })

      test('time in which nobody looked is unknown', async () => {
        await look('connected')
        fixture.clock.now += HOUR
        await look('connected', { blindSince: start + 30_000 })
        expect(await history()).toEqual([
          ['connected', HOUR, undefined],
          ['unknown', 30_000, HOUR],
          ['connected', 0, 30_000],
        ])
      })

      test('a look without news only says when to ask again', async () => {
        await claim(SUPPORT)
        await look('connected')
        fixture.clock.now += MINUTE
        await store.recordLook({
          instance: SUPPORT,
          askedAt: start + MINUTE,
          failures: 1,
          nextAt: start + 2 * MINUTE,
        })
        expect(await history()).toEqual([['connected', 0, undefined]])
        expect(await store.lookedAt(SUPPORT)).toBe(start + MINUTE)
      })
    })

    describe('alerts', () => {
      const step = (act: AlertStep['act'], more: Partial<AlertStep> = {}): AlertStep => ({
        kind: 'disconnected',
        instance: SUPPORT,
        version: 0,
        seen: act === 'resolve' ? 'well' : 'wrong',
        since: start,
        act,
        details: {},
        ...more,
      })
      const steps = (list: AlertStep[], channels: AlertChannel[] = ['webhook', 'email']) =>
        store.stepAlerts(list, channels)
      const news = () => store.claimNews({ limit: 10, leaseMs: MINUTE })
      const alerts = async () => (await store.listAlerts({ limit: 50 })).data

      test('opened, reopened and resolved: one row with a count, and news of each for every channel', async () => {
        expect(await steps([step('open', { details: { reason: 'no carrier' } })])).toBe(1)
        const [standing] = await store.standings()
        expect(standing).toMatchObject({
          version: 1,
          seen: 'wrong',
          alert: { details: { reason: 'no carrier' } },
        })
        fixture.clock.now += MINUTE
        expect(await steps([step('resolve', { version: 1 })])).toBe(1)
        fixture.clock.now += MINUTE
        expect(await steps([step('reopen', { version: 2, since: fixture.clock.now })])).toBe(1)
        const [alert] = await alerts()
        expect(alert).toMatchObject({ state: 'open', times: 2, since: start + 2 * MINUTE, openedAt: start })
        expect(alert?.resolvedAt).toBeUndefined()
        expect(alert?.deliveries.map(({ channel, news }) => `${channel} ${news}`).sort()).toEqual([
          'email opened',
          'email reopened',
          'email resolved',
          'webhook opened',
          'webhook reopened',
          'webhook resolved',
        ])
        expect(await store.openAlerts()).toEqual([{ kind: 'disconnected', count: 1 }])
      })

      test('of two nodes that decide upon the same standing, one does', async () => {
        const both = await Promise.all([steps([step('open')]), steps([step('open')])])
        expect(both.toSorted()).toEqual([0, 1])
        const again = [step('resolve', { version: 1 })]
        expect((await Promise.all([steps(again), steps(again)])).toSorted()).toEqual([0, 1])
        expect(await alerts()).toHaveLength(1)
        expect((await alerts())[0]?.deliveries).toHaveLength(4)
      })

      test('what is seen without an alert is kept, and details change in silence', async () => {
        expect(await steps([step('nothing')])).toBe(0)
        expect(await store.standings()).toEqual([
          { kind: 'disconnected', instance: SUPPORT, version: 1, seen: 'wrong', since: start },
        ])
        await steps([step('open', { version: 1 })])
        expect(await steps([step('update', { version: 2, details: { count: 3 } })])).toBe(0)
        expect((await alerts())[0]?.details).toEqual({ count: 3 })
        expect((await alerts())[0]?.deliveries).toHaveLength(2)
      })

      test('one round at a time, of all nodes', async () => {
        expect((await Promise.all([store.claimRound(10_000), store.claimRound(10_000)])).toSorted()).toEqual([
          false,
          true,
        ])
        expect(await store.nextAlertWork()).toBe(start + 10_000)
        fixture.clock.now += 10_000
        expect(await store.claimRound(10_000)).toBe(true)
      })

      test('news is leased to one, comes again when the lease ends, and is settled once', async () => {
        await steps([step('open')], ['webhook'])
        const [first] = await news()
        expect(first).toMatchObject({
          channel: 'webhook',
          news: 'opened',
          attempt: 1,
          alert: { kind: 'disconnected', instance: SUPPORT, times: 1, since: start },
        })
        expect(await news()).toEqual([])
        fixture.clock.now += MINUTE
        const [second] = await news()
        expect(second).toMatchObject({ id: first?.id, attempt: 2 })
        // The one that was thought dead comes back: its end is not that of the try under way.
        await store.settleNews({ id: first!.id, attempt: 1, end: { type: 'failed', reason: 'late' } })
        await store.settleNews({
          id: second!.id,
          attempt: 2,
          end: { type: 'again', at: start + HOUR, reason: 'it answered 500' },
        })
        expect((await alerts())[0]?.deliveries).toEqual([
          {
            channel: 'webhook',
            news: 'opened',
            state: 'waiting',
            attempts: 2,
            at: start + HOUR,
            reason: 'it answered 500',
          },
        ])
        expect(await news()).toEqual([])
        fixture.clock.now = start + HOUR
        const [third] = await news()
        await store.settleNews({ id: third!.id, attempt: 3, end: { type: 'delivered' } })
        expect((await alerts())[0]?.deliveries).toEqual([
          { channel: 'webhook', news: 'opened', state: 'delivered', attempts: 3, at: start + HOUR },
        ])
        fixture.clock.now += HOUR
        expect(await news()).toEqual([])
      })

      test('news of one alert goes out in order: the end waits for the beginning, not for another channel', async () => {
        await steps([step('open')])
        const opened = await news()
        expect(opened.map(({ channel }) => channel).toSorted()).toEqual(['email', 'webhook'])
        await steps([step('resolve', { version: 1 })])
        expect(await news()).toEqual([])
        // What cannot be had yet is not due either: whoever waits for it would never sleep.
        await store.claimRound(HOUR)
        expect(await store.nextAlertWork()).toBe(start + MINUTE)
        const mail = opened.find(({ channel }) => channel === 'email')!
        await store.settleNews({ id: mail.id, attempt: 1, end: { type: 'failed', reason: 'gone' } })
        expect((await news()).map(({ channel, news }) => `${channel} ${news}`)).toEqual(['email resolved'])
      })

      test('acknowledged once, while it is open; a reopened one has to be acknowledged anew', async () => {
        await steps([step('open')], [])
        const { id } = (await alerts())[0]!
        fixture.clock.now += MINUTE
        expect(await store.acknowledgeAlert(id, 'Ana')).toBe(true)
        expect(await store.acknowledgeAlert(id, 'Tom')).toBe(false)
        expect(await store.getAlert(id)).toMatchObject({
          state: 'acknowledged',
          acknowledgedBy: 'Ana',
          acknowledgedAt: start + MINUTE,
        })
        expect(await store.openAlerts()).toEqual([{ kind: 'disconnected', count: 1 }])
        await steps([step('resolve', { version: 1 })], [])
        expect(await store.acknowledgeAlert(id, 'Tom')).toBe(false)
        expect(await store.openAlerts()).toEqual([])
        await steps([step('reopen', { version: 2 })], [])
        const again = await store.getAlert(id)
        expect([again?.state, again?.acknowledgedBy]).toEqual(['open', undefined])
      })

      test('lists are filtered by state, number and kind, newest first, in pages', async () => {
        await steps([step('open')], [])
        await steps([step('open', { instance: SALES, kind: 'silent' })], [])
        await steps(
          [
            {
              kind: 'dead-letters',
              version: 0,
              seen: 'wrong',
              since: start,
              act: 'open',
              details: { count: 2 },
            },
          ],
          [],
        )
        const list = async (filter: Partial<Parameters<Store['listAlerts']>[0]>) =>
          (await store.listAlerts({ limit: 10, ...filter })).data.map(({ kind }) => kind)
        expect(await list({})).toEqual(['dead-letters', 'silent', 'disconnected'])
        expect(await list({ instance: SALES })).toEqual(['silent'])
        expect(await list({ kind: 'disconnected' })).toEqual(['disconnected'])
        expect(await list({ state: 'resolved' })).toEqual([])
        const first = await store.listAlerts({ limit: 2 })
        const rest = await store.listAlerts({ limit: 2, cursor: first.next! })
        expect(rest.data.map(({ kind }) => kind)).toEqual(['disconnected'])
        expect(
          (await store.standings()).find(({ kind }) => kind === 'dead-letters')?.instance,
        ).toBeUndefined()
      })
    })

    test('of the silences of an hour the longest stays', async () => {
      const hour = 500_000
      await store.noteSilence([
        { instance: SUPPORT, hour, silentMs: 5 },
        { instance: SALES, hour, silentMs: 7 },
      ])
      await store.noteSilence([{ instance: SUPPORT, hour, silentMs: 9 }])
      await store.noteSilence([{ instance: SUPPORT, hour, silentMs: 1 }])
      await store.noteSilence([{ instance: SUPPORT, hour: hour + 1, silentMs: 3 }])
      const noted = await store.silences([hour])
      expect(noted.toSorted((a, b) => a.silentMs - b.silentMs)).toEqual([
        { instance: SALES, hour, silentMs: 7 },
        { instance: SUPPORT, hour, silentMs: 9 },
      ])
    })

    test('retention takes what is long over, and nothing else', async () => {
      await look('disconnected')
      fixture.clock.now += MINUTE
      await look('connected')
      await store.noteSilence([{ instance: SUPPORT, hour: Math.floor(start / HOUR), silentMs: 9 }])
      const open: AlertStep = {
        kind: 'silent',
        instance: SUPPORT,
        version: 0,
        seen: 'wrong',
        since: start,
        act: 'open',
        details: {},
      }
      await store.stepAlerts([open, { ...open, instance: SALES }], ['webhook'])
      await store.stepAlerts([{ ...open, version: 1, act: 'resolve', seen: 'well' }], ['webhook'])
      const limits = { deliveriesMs: HOUR, dedupeMs: HOUR, eventsMs: HOUR, commandsMs: HOUR }
      fixture.clock.now += 89 * 24 * HOUR
      await store.prune(limits)
      expect((await store.listAlerts({ limit: 10 })).data).toHaveLength(2)
      expect(await store.silences([Math.floor(start / HOUR)])).toEqual([])
      fixture.clock.now += 2 * 24 * HOUR
      await store.prune(limits)
      expect((await store.listAlerts({ limit: 10 })).data.map(({ instance }) => instance)).toEqual([SALES])
      expect(await history()).toEqual([['connected', MINUTE, undefined]])
      // Its alert is gone: the next one is new.
      const standing = (await store.standings()).find(({ instance }) => instance === SUPPORT)
      expect(standing?.alert).toBeUndefined()
    })
  })
}
