import { describe, expect, test } from 'vitest'
import type { ClaimedEvent } from '../core/store.ts'
import { inGatewayOrder } from './dispatch.ts'

const event = (id: number, acceptedAt: number, at: number) => ({ id, acceptedAt, at }) as ClaimedEvent
const ids = (events: readonly ClaimedEvent[]) => events.map((e) => Number(e.id))

describe('the reorder window', () => {
  const events = [event(1, 1000, 900), event(2, 1100, 500), event(3, 1200, 900), event(4, 5000, 100)]

  test('is off: order of arrival', () => {
    expect(ids(inGatewayOrder(events, 0))).toEqual([1, 2, 3, 4])
  })
  test('puts neighbours in the order of the gateway, alike ones as they came, late ones after', () => {
    expect(ids(inGatewayOrder(events, 500))).toEqual([2, 1, 3, 4])
  })
})
