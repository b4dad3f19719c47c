import fc from 'fast-check'
import { expect, test } from 'vitest'
import { retryAt, SEND_RETRY, TURN_RETRY } from './retry.ts'

test('waits grow, stay within their limits, honour a request to wait, and end', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(TURN_RETRY, SEND_RETRY),
      fc.integer({ min: 1, max: 20 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.nat(100_000),
      (policy, attempt, dice, asked) => {
        const at = retryAt(policy, attempt, 1000, () => dice, asked)
        if (attempt >= policy.attempts) {
          expect(at).toBeNull()
          return
        }
        const full = Math.min(policy.firstDelayMs * 2 ** (attempt - 1), policy.maxDelayMs)
        expect(at).toBeGreaterThanOrEqual(1000 + Math.max(Math.floor(full / 2), asked))
        expect(at).toBeLessThanOrEqual(1000 + Math.max(full, asked))
      },
    ),
  )
})
