import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { InstanceId } from '../src/core/ids.ts'
import { arrival, person, type StoreFixture, textEvent } from './store-conformance.ts'

/** What every engine promises of instances and servers that are kept in the store. */
export function registryConformance(name: string, open: () => Promise<StoreFixture>): void {
  describe(`${name}: registry`, () => {
    let fixture: StoreFixture
    beforeEach(async () => {
      fixture = await open()
    })
    afterEach(() => fixture.close())
    const entry = (id: string, claim: string | null = null) => ({
      id,
      settings: `{"of":"${id}"}`,
      box: `box of ${id}`,
      claim,
    })

    test('an entry is changed under its revision only; ids that differ in case and equal claims are taken', async () => {
      const { store } = fixture
      const before = await store.registryGeneration()
      expect(await store.saveEntry('instance', entry('Shop', 'number 1'), {})).toMatchObject({
        type: 'saved',
        entry: { id: 'Shop', revision: 1 },
      })
      expect(await store.saveEntry('instance', entry('shop'), {})).toEqual({
        type: 'taken',
        by: 'Shop',
        what: 'id',
      })
      expect(await store.saveEntry('instance', entry('desk', 'number 1'), {})).toEqual({
        type: 'taken',
        by: 'Shop',
        what: 'claim',
      })
      // A server is another matter.
      expect(await store.saveEntry('server', entry('shop', 'number 1'), {})).toMatchObject({ type: 'saved' })
      const changed = { ...entry('Shop', 'number 1'), box: 'another' }
      expect(await store.saveEntry('instance', changed, { revision: 1 })).toMatchObject({
        type: 'saved',
        entry: { revision: 2 },
      })
      expect(await store.saveEntry('instance', changed, { revision: 1 })).toMatchObject({
        type: 'stale',
        entry: { revision: 2 },
      })
      expect(await store.saveEntry('instance', entry('none'), { revision: 1 })).toEqual({ type: 'stale' })
      const stored = await store.storedRegistry()
      expect(stored.instances).toMatchObject([{ id: 'Shop', revision: 2, box: 'another' }])
      expect(stored.generation).toBeGreaterThan(before)
      expect(await (await fixture.reopen()).storedRegistry()).toEqual(stored)
    })

    test('of many who change the same, one does', async () => {
      const { store } = fixture
      await store.saveEntry('instance', entry('shop'), {})
      const ends = await Promise.all(
        Array.from({ length: 8 }, () => store.saveEntry('instance', entry('shop'), { revision: 1 })),
      )
      expect(ends.filter(({ type }) => type === 'saved')).toHaveLength(1)
      const added = await Promise.all(
        Array.from({ length: 8 }, (_, n) =>
          store.saveEntry('instance', entry(`n${n}`, 'the same number'), {}),
        ),
      )
      expect(added.filter(({ type }) => type === 'saved')).toHaveLength(1)
    })

    test('what is removed leaves its id and no secret, and may come again', async () => {
      const { store } = fixture
      await store.saveEntry('instance', entry('shop', 'number 1'), {})
      await store.noteVerified('shop' as InstanceId, 5)
      expect(await store.removeEntry('instance', 'shop')).toEqual({ refused: 0 })
      expect(await store.removeEntry('instance', 'shop')).toBeUndefined()
      expect(await store.storedRegistry()).toMatchObject({ instances: [], removed: ['shop'] })
      expect([...(await store.verifiedSince())]).toEqual([])
      expect(await store.saveEntry('instance', entry('desk', 'number 1'), {})).toMatchObject({
        type: 'saved',
      })
      // Older revisions never become valid again.
      expect(await store.saveEntry('instance', entry('shop'), {})).toMatchObject({ entry: { revision: 2 } })
    })

    test('a box is replaced only if it is still the same', async () => {
      const { store } = fixture
      await store.saveEntry('instance', entry('shop'), {})
      expect(await store.reseal('instance', 'shop', 'box of shop', 'new')).toBe(true)
      expect(await store.reseal('instance', 'shop', 'box of shop', 'newer')).toBe(false)
      expect((await store.storedRegistry()).instances).toMatchObject([{ box: 'new', revision: 1 }])
    })

    test('an intent stands as it was noted first, is taken over once, and ends with its entry', async () => {
      const { store } = fixture
      const intent = { key: 'k', server: 's', instance: 'shop', name: 'Shop', before: ['r1'], holder: 'one' }
      expect(await store.beginCreation(intent)).toEqual(intent)
      expect(await store.beginCreation({ ...intent, before: [], holder: 'two' })).toEqual(intent)
      expect(await store.takeCreation('k', 'one', 'two')).toBe(true)
      expect(await store.takeCreation('k', 'one', 'three')).toBe(false)
      await store.saveEntry('instance', entry('shop'), { creation: 'k' })
      expect(await store.beginCreation({ ...intent, holder: 'new' })).toMatchObject({ holder: 'new' })
    })

    test('refusals add up; unrouted events are grouped, and go once they were handed over', async () => {
      const { store } = fixture
      const row = {
        target: 'shop',
        reason: 'signature' as const,
        detail: 'x',
        count: 2,
        firstAt: 1,
        lastAt: 5,
      }
      await store.noteRefusals([row])
      await store.noteRefusals([{ ...row, detail: 'y', count: 1, lastAt: 9 }])
      expect(await store.refusals(['shop'])).toEqual([{ ...row, detail: 'y', count: 3, lastAt: 9 }])
      expect(await store.refusals(['other'])).toEqual([])

      const unrouted = { key: 'k', gateway: 'g', baseUrl: 'http://g', names: ['551'], tokenSeen: true }
      const event = (id: string) => ({
        ...textEvent(person('5511911110001'), id),
        disposition: 'unrouted' as const,
      })
      await store.accept([
        { ...arrival(event('U1')), unrouted },
        { ...arrival(event('U2')), unrouted },
      ])
      const [group] = await store.listUnrouted()
      expect(group).toMatchObject({ key: 'k', names: ['551'], count: 2, tokenSeen: true })
      const events = await store.unroutedEvents(group!.id, 0, 10)
      expect(events).toHaveLength(2)
      await store.handedOver(group!.id, [events[0]!.event], 'shop' as InstanceId)
      expect(await store.unroutedEvents(group!.id, 0, 10)).toEqual([events[1]])
      await store.handedOver(group!.id, [events[1]!.event], 'shop' as InstanceId)
      expect(await store.listUnrouted()).toEqual([])
    })
  })
}
