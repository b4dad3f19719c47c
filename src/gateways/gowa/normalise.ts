import { createHash } from 'node:crypto'
import { addressValue } from '../../core/address.ts'
import type { InboundEvent } from '../../core/events.ts'
import type { NormaliseContext, Normalised, Verified } from '../../core/gateway.ts'
import { readEnvelope } from './reading/envelope.ts'
import { readFlat } from './reading/flat.ts'
import type { Reading } from './reading/people.ts'
import { parseLoose } from './wire/address.ts'
import { detect } from './wire/detect.ts'
import { time } from './wire/fields.ts'

/**
 * Reads one delivery of any generation (flat 3.6-7.11, envelope 8.0-9.x). Pure, and never fails: what is
 * not understood becomes exactly one `unknown` event.
 */
export function normalise(verified: Verified, context: NormaliseContext): Normalised {
  const digest = () => createHash('sha256').update(verified.delivery.body).digest('hex')
  const unknown = (name: string, at?: number): InboundEvent => ({
    fact: { kind: 'unknown', name: name.slice(0, 100) },
    identity: { type: 'state', parts: [digest()] },
    ...(at !== undefined && { at }),
    author: 'other',
  })
  const seen = detect(verified.json)
  if (seen.type === 'unknown') return { events: [unknown(seen.name)] }

  const { device_id, session_id } = { session_id: undefined, ...seen.wire }
  const self = parseLoose(device_id)
  const own = self ? [self.address, ...context.own.filter((one) => one !== self.address)] : context.own
  // Messages say when in their payload, everything else beside it.
  const inside = seen.type === 'envelope' ? time.parse(seen.wire.payload.timestamp) : undefined
  const at = inside ?? seen.wire.timestamp
  const reading: Reading = { own, at, digest }
  const read = seen.type === 'envelope' ? readEnvelope(seen.wire, reading) : readFlat(seen.wire, reading)
  const name = seen.type === 'envelope' ? seen.wire.event : (seen.wire.action ?? 'message')
  const shown = [...new Set([...(self ? [self.address] : []), ...(read?.own ?? [])])]
  const names = [device_id, self?.bare, self && addressValue(self.address), session_id]
  const device = [...new Set(names.filter((one) => one !== undefined))]
  return {
    events: read?.events ?? [unknown(name, at)],
    ...(device.length > 0 && { device }),
    ...(shown.length > 0 && { own: shown }),
  }
}
