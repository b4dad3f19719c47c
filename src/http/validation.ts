import type { FastifySchemaCompiler } from 'fastify'
import { z } from 'zod'
import { closest } from '../core/closest.ts'
import { HubError } from '../core/errors.ts'

export { instanceIdSchema, pageSchema, publicIdSchema } from './contract/common.ts'

const PART_NAMES: Readonly<Record<string, string>> = { querystring: 'query', params: 'path', body: 'body' }
const MAX_FAULTS = 10
/** How much of an unknown key is shown. */
const MAX_SHOWN = 40

/** Checks a part of a request; a fault is E_INVALID naming field, what is allowed and what came. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const part = PART_NAMES[httpPart ?? ''] ?? 'request'
  return (data: unknown) => {
    const result = schema.safeParse(data)
    return result.success ? { value: result.data } : { error: invalid(part, data, schema, result.error) }
  }
}

function invalid(part: string, data: unknown, schema: z.ZodType, error: z.ZodError): HubError {
  const errors = error.issues.slice(0, MAX_FAULTS).map((issue) => {
    const value = valueAt(data, issue.path)
    return {
      field: [part, ...issue.path.map(String)].join('.'),
      message: inOurWords(issue, data, schema),
      received: shapeOf(value),
    }
  })
  const lines = errors.map((e) => `${e.field}: ${e.message} (received ${e.received})`)
  return new HubError('E_INVALID', lines.join('; '), { details: { errors } })
}

/**
 * The validator's own words in the voice of the configuration's faults; what a schema says itself is kept.
 * @param beside further keys that are known where the data lies
 */
export function inOurWords(
  issue: z.core.$ZodIssue,
  data: unknown,
  schema: z.ZodType,
  beside: readonly string[] = [],
): string {
  const value = valueAt(data, issue.path)
  const generic = /^(Invalid (input|option|discriminator)|Too (small|big)|Unrecognized key)/.test(
    issue.message,
  )
  if (!generic) return issue.message
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = [...(issue.path.length === 0 ? beside : []), ...keysAt(schema, issue.path)]
      const faults = issue.keys.slice(0, MAX_FAULTS).map((key) => {
        const meant = closest(key.slice(0, MAX_SHOWN), known)
        return `\`${key.slice(0, MAX_SHOWN)}\` is not known here${meant ? `; did you mean \`${meant}\`?` : '.'}`
      })
      return `${faults.join(' ')} ${known.length === 0 ? 'Leave it out: nothing is taken here.' : `Known: ${known.join(', ')}`}`
    }
    case 'invalid_value': {
      return mustBeOneOf(issue.values.map(String), value)
    }
    case 'invalid_type':
      return `${value === undefined ? 'is missing; ' : ''}must be ${KINDS[issue.expected] ?? issue.expected}`
    case 'invalid_union': {
      const found = schemaAt(schema, issue.path.slice(0, -1))
      const tells = found instanceof z.ZodDiscriminatedUnion && found.def.discriminator === issue.path.at(-1)
      const values = tells ? discriminators(found) : []
      return values.length > 0 ? mustBeOneOf(values, value) : issue.message
    }
    case 'too_small':
      return atLimit('least', issue.minimum, issue.origin)
    case 'too_big':
      return atLimit('most', issue.maximum, issue.origin)
    default:
      return issue.message
  }
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  number: 'a number',
  array: 'a list',
  object: 'an object',
}
const oneOf = (values: readonly string[]): string =>
  values.length === 1 ? `\`${values[0]}\`` : `one of ${values.join(', ')}`
function atLimit(which: 'least' | 'most', limit: number | bigint, origin: string): string {
  const count = limit.toLocaleString('en')
  const one = Number(limit) === 1
  if (origin === 'string') return `must have at ${which} ${count} ${one ? 'character' : 'characters'}`
  if (origin === 'array') return `must have at ${which} ${count} ${one ? 'entry' : 'entries'}`
  return `must be at ${which} ${count}`
}

/** What is allowed, and what was probably meant. */
export function mustBeOneOf(allowed: readonly string[], value: unknown): string {
  const meant = typeof value === 'string' ? closest(value.slice(0, MAX_SHOWN), allowed) : undefined
  const missing = value === undefined ? 'is missing; ' : ''
  return `${missing}must be ${oneOf(allowed)}${meant ? `; did you mean \`${meant}\`?` : ''}`
}

/** Keys of the object that lies at a path inside a schema; of a union, those of all its members. */
function keysAt(schema: z.core.$ZodType | undefined, path: readonly PropertyKey[]): string[] {
  const found = schemaAt(schema, path)
  const objects = found instanceof z.ZodDiscriminatedUnion ? found.options : [found]
  return [...new Set(objects.flatMap((one) => (one instanceof z.ZodObject ? Object.keys(one.shape) : [])))]
}

function schemaAt(
  schema: z.core.$ZodType | undefined,
  path: readonly PropertyKey[],
): z.core.$ZodType | undefined {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodExactOptional
  )
    return schemaAt(schema.unwrap(), path)
  const [part, ...rest] = path
  if (part === undefined) return schema
  if (schema instanceof z.ZodArray) return schemaAt(schema.element, rest)
  return schema instanceof z.ZodObject ? schemaAt(schema.shape[String(part)], rest) : undefined
}

/** The values a discriminated union tells its members by. */
const discriminators = (union: z.ZodDiscriminatedUnion): string[] =>
  union.options.flatMap((option) => {
    const key = option instanceof z.ZodObject ? option.shape[union.def.discriminator] : undefined
    if (key instanceof z.ZodLiteral) return [...key.values].map(String)
    return key instanceof z.ZodEnum ? key.options.map(String) : []
  })

const valueAt = (data: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    data,
  )

/** What a value is, without showing it: it may be a message or a number of somebody. */
export function shapeOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (typeof value === 'string') return `text of ${value.length} characters`
  if (Array.isArray(value)) return `a list of ${value.length}`
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
