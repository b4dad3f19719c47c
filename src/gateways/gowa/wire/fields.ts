import { z } from 'zod'

/**
 * Readers of single fields. None of them ever fails: a field of another type counts as absent, so one
 * surprising field costs that field and never the delivery.
 */
export const reader = <T>(read: (value: unknown) => T) => z.unknown().optional().transform(read)

/** Any string, the empty one included. */
export const text = reader((value) => (typeof value === 'string' ? value : undefined))
/** A string that says something: GOWA writes `""` for absent in several versions. */
export const word = reader((value) => (typeof value === 'string' && value !== '' ? value : undefined))
export const flag = reader((value) => (typeof value === 'boolean' ? value : undefined))
/** The non-empty strings of a list, without repetitions. */
export const words = reader((value) =>
  Array.isArray(value)
    ? [...new Set(value.filter((item): item is string => typeof item === 'string' && item !== ''))]
    : [],
)
/** True when there is anything at all. */
export const present = reader((value) => value !== undefined && value !== null && value !== '')

export type Raw = Readonly<Record<string, unknown>>
export const isObject = (value: unknown): value is Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
/** What `read` makes of an object; undefined for anything else. */
export const objectAs = <T>(read: (value: Raw) => T) =>
  reader((value) => (isObject(value) ? read(value) : undefined))

const RFC3339 = /^\d{4}-\d{2}-\d{2}T/
const LATEST = 8_640_000_000_000_000
/** A time in ms since 1970. GOWA writes RFC 3339; seconds or milliseconds, as number or digits, are read too. */
export const time = reader((value): number | undefined => {
  if (typeof value === 'string' && RFC3339.test(value)) return plausible(Date.parse(value))
  const number = typeof value === 'string' && /^\d{9,16}$/.test(value) ? Number(value) : value
  if (typeof number !== 'number') return undefined
  return plausible(number < 100_000_000_000 ? number * 1000 : number)
})
function plausible(ms: number): number | undefined {
  const whole = Math.trunc(ms)
  return whole > 0 && whole <= LATEST ? whole : undefined
}
