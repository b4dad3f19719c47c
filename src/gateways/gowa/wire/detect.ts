import { Envelope } from './envelope.ts'
import { isObject, isThere, readAs } from './fields.ts'
import { Flat } from './flat.ts'

/** A payload by the way it is built. `name` of an unknown one is what GOWA calls it, or what it is instead. */
export type Wire =
  | { type: 'envelope'; wire: Envelope }
  | { type: 'flat'; wire: Flat }
  | { type: 'unknown'; name: string }

const UNRECOGNISED = { type: 'unknown', name: 'unrecognised' } as const

/**
 * Tells the generations apart by what every version of each has: an event name with a payload, an action,
 * or a message object. `json` is undefined for bytes that are no JSON.
 */
export function detect(json: unknown): Wire {
  if (json === undefined) return { type: 'unknown', name: 'not JSON' }
  if (!isObject(json))
    return {
      type: 'unknown',
      name: Array.isArray(json) ? 'list' : String(json === null ? null : typeof json),
    }
  const { event, action, message, message_id, from, payload } = json
  // The name of an event in another type is no event without a name.
  if ([event, action].some((one) => isThere(one) && typeof one !== 'string')) return UNRECOGNISED
  if (typeof event === 'string' && event !== '') {
    return isObject(payload)
      ? { type: 'envelope', wire: Envelope.parse(json) }
      : { type: 'unknown', name: event }
  }
  const acts = typeof action === 'string' && action !== ''
  // The first versions: the text alone or nothing, beside a source that every version has.
  const first = typeof message === 'string' || (message === null && isThere(message_id))
  const saysOnly = first && typeof from === 'string'
  if (!acts && !isObject(message) && !saysOnly) return UNRECOGNISED
  const wire = readAs(Flat, json)
  return wire ? { type: 'flat', wire } : { type: 'unknown', name: acts ? action : 'message' }
}
