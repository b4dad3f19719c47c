import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { Logger } from '../core/ports.ts'
import type { Store } from '../core/store.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { createJanitor } from './janitor.ts'
import { Outage } from './outage.ts'

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent }

test('a media store that hangs keeps neither timers nor the end of the program waiting', async () => {
  const clock: FakeClock = new FakeClock({
    settle: async () => {
      await setImmediate()
      return undefined
    },
  })
  let due = clock.now()
  let fired = 0
  let asked = 0
  const store = {
    mergePending: async () => 0,
    nextDue: async () => due,
    fireDue: async () => {
      due = clock.now() + 60_000
      return ++fired
    },
    prune: async () => 0,
    pruneAccess: async () => 0,
  } as unknown as Store
  const janitor = createJanitor({
    store,
    clock,
    log: silent,
    retention: { deliveriesMs: 1, dedupeMs: 1, eventsMs: 1, commandsMs: 1, auditMs: 1 },
    prune: () => {
      asked += 1
      return new Promise(() => {})
    },
    outage: new Outage(clock, silent),
    wake() {},
  })
  janitor.start()
  await clock.advance('11m')
  expect(asked).toBe(1)
  const before = fired
  await clock.advance('11m')
  expect(fired).toBeGreaterThan(before)
  expect(asked).toBe(1)
  const stopped = janitor.stop(1_000)
  await clock.advance('2s')
  await stopped
})
