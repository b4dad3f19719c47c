import { Envelope } from './envelope.ts'
import { isObject } from './fields.ts'
import { Flat } from './flat.ts'

/** A payload by the way it is built. `name` of an unknown one is what GOWA calls it, or what it is instead. */
export type Wire =
  | { type: 'envelope'; wire: Envelope }
  | { type: 'flat'; wire: Flat }
  | { type: 'unknown'; name: string }

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
  const { event, action, message, payload } = json
  if (typeof event === 'string' && event !== '') {
    return isObject(payload)
      ? { type: 'envelope', wire: Envelope.parse(json) }
      : { type: 'unknown', name: event }
  }
  if ((typeof action === 'string' && action !== '') || isObject(message))
    return { type: 'flat', wire: Flat.parse(json) }
  return { type: 'unknown', name: 'unrecognised' }
}
