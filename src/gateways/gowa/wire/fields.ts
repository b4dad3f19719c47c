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
/** A switch that only adds to a fact. */
export const flag = reader((value) => (typeof value === 'boolean' ? value : undefined))
/** A finite number. */
export const number = reader((value) =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined,
)
/** A whole number from 0 on that JavaScript counts exactly. */
export const count = reader((value) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined,
)
/** An id that is written as text or as a number. */
export const key = reader((value) => {
  if (typeof value === 'string') return value === '' ? undefined : value
  return typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : undefined
})
/**
 * Switches, texts and objects that decide what a fact is: absent is fine, another type is not, and costs the fact.
 * Schemas with these are read by {@link readAs}.
 */
export const decisiveFlag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? undefined)
export const decisiveText = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined)
export const decisiveObject = <S extends z.ZodType>(schema: S, prepare: (value: Raw) => Raw) =>
  z
    .preprocess((value) => (isObject(value) ? prepare(value) : (value ?? undefined)), schema.optional())
    .optional()
/** What a schema reads; undefined when something decisive in it is of another type. */
export const readAs = <S extends z.ZodType>(schema: S, value: unknown): z.infer<S> | undefined =>
  schema.safeParse(value).data

/** A list of non-empty strings and nothing else; anything but that is an empty list. */
export const wordsOnly = reader((value) =>
  Array.isArray(value) && value.every((item): item is string => typeof item === 'string' && item !== '')
    ? [...new Set(value)]
    : [],
)
/** The non-empty strings of a list, without repetitions. */
export const words = reader((value) =>
  Array.isArray(value)
    ? [...new Set(value.filter((item): item is string => typeof item === 'string' && item !== ''))]
    : [],
)
export type Raw = Readonly<Record<string, unknown>>
/** Neither left out nor one of GOWA's ways to say so. */
export const isThere = (value: unknown): boolean => value !== undefined && value !== null && value !== ''
export const isObject = (value: unknown): value is Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
/** What `read` makes of every object in a list, without those it makes nothing of; undefined for no list. */
export const listOf = <T>(read: (value: Raw) => T | undefined) =>
  reader((value) =>
    Array.isArray(value)
      ? value.flatMap((item) => {
          const one = isObject(item) ? read(item) : undefined
          return one === undefined ? [] : [one]
        })
      : undefined,
  )
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
