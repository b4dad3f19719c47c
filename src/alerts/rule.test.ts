import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AlertStep, Seen, Standing } from '../core/alerts.ts'
import type { AlertId, InstanceId } from '../core/ids.ts'
import { type Observation, SAME_ALERT_MS, stepOf } from './rule.ts'

const SUPPORT = 'support' as InstanceId
const AFTER = 60_000
const seen = (what: Seen, more: Partial<Observation> = {}): Observation => ({
  kind: 'disconnected',
  instance: SUPPORT,
  seen: what,
  details: {},
  ...more,
})

/** What a store makes of steps, without a store. */
class Kept {
  standing: Standing | undefined
  readonly told: string[] = []
  times = 0

  observe(observation: Observation, now: number, afterMs = AFTER): AlertStep | undefined {
    const step = stepOf(this.standing, observation, now, afterMs)
    if (!step) return undefined
    const last = this.standing?.alert
    const alert = {
      open: () => ({ id: (this.told.length + 1) as AlertId, details: step.details }),
      reopen: () => ({ id: last!.id, details: step.details }),
      resolve: () => ({ ...last!, resolvedAt: now }),
      update: () => ({ ...last!, details: step.details }),
      nothing: () => last,
    }[step.act]()
    this.standing = {
      kind: step.kind,
      instance: SUPPORT,
      version: step.version + 1,
      seen: step.seen,
      since: step.since,
      ...(alert && { alert }),
    }
    if (step.act === 'open') this.times = 1
    if (step.act === 'reopen') this.times++
    if (step.act !== 'nothing' && step.act !== 'update') this.told.push(step.act)
    return step
  }
}

describe('an alert', () => {
  test('opens once something has been wrong long enough, and not before', () => {
    const kept = new Kept()
    kept.observe(seen('wrong'), 0)
    kept.observe(seen('wrong'), AFTER - 1)
    expect(kept.told).toEqual([])
    kept.observe(seen('wrong'), AFTER)
    expect(kept.told).toEqual(['open'])
    expect(kept.observe(seen('wrong'), AFTER + 1)).toBeUndefined()
  })

  test('counts from when it began, where that is known better', () => {
    const kept = new Kept()
    expect(kept.observe(seen('wrong', { since: 5_000 }), 70_000)).toMatchObject({ act: 'open', since: 5_000 })
  })

  test('of a clock that is ahead begins now', () => {
    expect(new Kept().observe(seen('wrong', { since: 9_000_000 }), 70_000)).toMatchObject({ since: 70_000 })
  })

  test('is over once all has been well long enough', () => {
    const kept = new Kept()
    kept.observe(seen('wrong'), 0)
    kept.observe(seen('wrong'), AFTER)
    kept.observe(seen('well'), 2 * AFTER)
    expect(kept.told).toEqual(['open'])
    kept.observe(seen('well'), 3 * AFTER)
    expect(kept.told).toEqual(['open', 'resolve'])
  })

  test('that comes back soon is the same with a count, later a new one', () => {
    const kept = new Kept()
    let now = 0
    const twice = (what: Seen) => {
      for (let i = 0; i < 2; i++) {
        now += AFTER
        kept.observe(seen(what), now)
      }
    }
    const fail = () => twice('wrong')
    const mend = () => twice('well')
    fail()
    mend()
    fail()
    expect([kept.told.at(-1), kept.times]).toEqual(['reopen', 2])
    mend()
    now += SAME_ALERT_MS
    fail()
    expect([kept.told.at(-1), kept.times]).toEqual(['open', 1])
  })

  test('neither opens nor ends while nobody can tell', () => {
    const kept = new Kept()
    kept.observe(seen('wrong'), 0)
    kept.observe(seen('unsure'), AFTER)
    kept.observe(seen('wrong'), 2 * AFTER)
    expect(kept.told).toEqual([])
    kept.observe(seen('wrong'), 3 * AFTER)
    kept.observe(seen('unsure'), 4 * AFTER)
    kept.observe(seen('unsure'), 99 * AFTER)
    expect(kept.told).toEqual(['open'])
  })

  test('keeps its figures up to date, without telling anybody', () => {
    const kept = new Kept()
    kept.observe(seen('wrong', { details: { count: 1, lagMs: 7 } }), 0, 0)
    expect(kept.observe(seen('wrong', { details: { count: 1, lagMs: 8 } }), 1, 0)).toBeUndefined()
    expect(kept.observe(seen('wrong', { details: { count: 2 } }), 2, 0)?.act).toBe('update')
    expect(kept.told).toEqual(['open'])
  })

  test('of what was never wrong nothing is kept', () => {
    expect(stepOf(undefined, seen('well'), 0, AFTER)).toBeUndefined()
    expect(stepOf(undefined, seen('unsure'), 0, AFTER)).toBeUndefined()
  })
})

test('the model: however it flaps, no alert without a full stretch, and none left out', () => {
  const course = fc.array(
    fc.record({
      seen: fc.constantFrom<Seen>('wrong', 'well', 'unsure'),
      ms: fc.integer({ min: 1, max: 150_000 }),
    }),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(course, fc.constantFrom(0, 10_000, AFTER), (looks, afterMs) => {
      const kept = new Kept()
      const told: string[] = []
      let now = 0
      // The rule again, told as a story: the stretch under way, and whether an alert stands.
      let stretch: { seen: Seen; since: number } | undefined
      let open = false
      let overAt = Number.NEGATIVE_INFINITY
      for (const { seen: what, ms } of looks) {
        now += ms
        if (stretch?.seen !== what) stretch = { seen: what, since: now }
        const stood = now - stretch.since >= afterMs
        if (!open && what === 'wrong' && stood) {
          told.push(now - overAt < SAME_ALERT_MS ? 'reopen' : 'open')
          open = true
        } else if (open && what === 'well' && stood) {
          told.push('resolve')
          open = false
          overAt = now
        }
        kept.observe(seen(what), now, afterMs)
      }
      expect(kept.told).toEqual(told)
      // Whatever came, openings and endings take turns.
      for (const [i, act] of kept.told.entries()) expect(act === 'resolve').toBe(i % 2 === 1)
    }),
    { numRuns: 500 },
  )
})
