import { z } from 'zod'

/**
 * Fields of two sorts. Most never fail: uazapi's types differ between versions and paths, and a field the
 * hub cannot read must not cost the event, so whatever is of the wrong type counts as absent. The *decisive*
 * ones do fail: where a misreading would make a wrong fact (whose message it is, which one is edited), no
 * fact at all is better.
 */

/** Text; `''` when absent, as uazapi itself writes it (never null, captured on 2.x). */
export const text = z.string().catch('')

/** Text that decides what a fact is: absent is `''`, any other type fails. */
export const decisiveText = z
  .string()
  .nullish()
  .transform((value) => value ?? '')

const BOOLEAN = z.union([z.boolean(), z.stringbool({ truthy: ['true', '1'], falsy: ['false', '0', ''] })])

/** Booleans come as such or as `"True"`/`"False"` (captured on 2.1.1, in one and the same event kind). */
export const flag = BOOLEAN.catch(false)

/** A boolean whose absence means that nothing is known. */
export const maybeFlag = BOOLEAN.optional().catch(undefined)

/** A boolean that decides what a fact is: absent is false, anything that is no boolean fails. */
export const decisiveFlag = BOOLEAN.nullish().transform((value) => value ?? false)

/** The same where absent is neither: undefined. */
export const decisiveMaybe = BOOLEAN.nullish().transform((value) => value ?? undefined)

/** A number, also when written as text. */
export const count = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^[0-9]{1,15}$/)
      .transform(Number),
  ])
  .pipe(z.number().nonnegative())
  .optional()
  .catch(undefined)

/** The texts of a list; anything else in it, and anything else instead of it, is left out. */
export const texts = z
  .array(z.unknown())
  .catch([])
  .transform((list) => list.filter((one) => typeof one === 'string' && one !== '') as string[])

/** The readable elements of a list; anything else in it, and anything else instead of it, is left out. */
export const listOf = <S extends z.ZodType>(element: S) =>
  z
    .array(z.unknown())
    .catch([])
    .transform((list) =>
      list.flatMap((one): z.output<S>[] => {
        const read = element.safeParse(one)
        return read.success ? [read.data] : []
      }),
    )

/** Below this a number is seconds, from here on milliseconds: 1e11 s is the year 5138, 1e11 ms is 1973. */
const SECONDS_END = 1e11
const MILLISECONDS_END = 1e14

/**
 * A moment (ms since 1970) in any spelling uazapi uses: milliseconds in `messages`, seconds as text or
 * number in receipts, ISO 8601 in `groups` and pins, ISO with a blank for the T in `lastDisconnect`.
 * Unset times (Go's year 1) are undefined.
 */
export const moment = z.unknown().transform(readMoment).optional().catch(undefined)

function readMoment(value: unknown): number | undefined {
  if (typeof value === 'string') {
    if (/^[0-9]{1,15}(?:\.[0-9]{1,9})?$/.test(value)) return readMoment(Number(value))
    if (/^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]/.test(value)) {
      return readMilliseconds(Date.parse(value.slice(0, 40).replace(' ', 'T')))
    }
    return undefined
  }
  if (typeof value !== 'number') return undefined
  return readMilliseconds(value < SECONDS_END ? value * 1000 : value)
}
function readMilliseconds(value: number): number | undefined {
  const ms = Math.round(value)
  return ms > 0 && ms < MILLISECONDS_END ? ms : undefined
}

/** A message id without the `owner:` in front: webhooks and REST use both, for the same message. */
export const bareId = (id: string): string => id.slice(id.lastIndexOf(':') + 1)

/** An object of JSON: no list, not null. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Deeper than any content WhatsApp nests; a body may be nested until the stack ends. */
const DEEPEST = 16

/**
 * A schema over keys in lower case. Nested contents come in the spelling of whatever serialised them
 * (`rowID`, `rowId`; `NativeFlowMessage` where Go writes a choice of several): their keys are compared
 * without case.
 */
export const caseless = <S extends z.ZodType>(schema: S) =>
  z
    .unknown()
    .transform((value) => lowerKeys(value, DEEPEST))
    .pipe(schema)

function lowerKeys(value: unknown, depth: number): unknown {
  if (depth === 0) return undefined
  if (Array.isArray(value)) return value.map((one) => lowerKeys(one, depth - 1))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key.toLowerCase(), lowerKeys(one, depth - 1)]),
  )
}
