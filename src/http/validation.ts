import type { FastifySchemaCompiler } from 'fastify'
import { z } from 'zod'
import { HubError } from '../core/errors.ts'
import { isInstanceId, parsePublicId } from '../core/ids.ts'

const PART_NAMES: Readonly<Record<string, string>> = { querystring: 'query', params: 'path', body: 'body' }
const MAX_FAULTS = 10

/** Checks a part of a request; a fault is E_INVALID naming field, what is allowed and what came. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  const part = PART_NAMES[httpPart ?? ''] ?? 'request'
  return (data: unknown) => {
    const result = schema.safeParse(data)
    return result.success ? { value: result.data } : { error: invalid(part, data, result.error) }
  }
}

function invalid(part: string, data: unknown, error: z.ZodError): HubError {
  const errors = error.issues.slice(0, MAX_FAULTS).map((issue) => ({
    field: [part, ...issue.path.map(String)].join('.'),
    message: issue.message,
    received: shapeOf(valueAt(data, issue.path)),
  }))
  const lines = errors.map((e) => `${e.field}: ${e.message} (received ${e.received})`)
  return new HubError('E_INVALID', lines.join('; '), { details: { errors } })
}

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

/** `evt_12` → 12, for path and query. */
export const publicIdSchema = (kind: Parameters<typeof parsePublicId>[0]) =>
  z.string().transform((text, context) => {
    const id = parsePublicId(kind, text)
    if (id !== undefined) return id
    context.addIssue({ code: 'custom', message: `must be an id such as ${kind}_12` })
    return z.NEVER
  })

export const instanceIdSchema = z
  .string()
  .refine(isInstanceId, 'must be the name of an instance: up to 63 letters, digits, - or _')

/** Query of every list endpoint. */
export const pageSchema = {
  limit: z
    .string()
    .regex(/^(?:[1-9][0-9]?|1[0-9]{2}|200)$/, 'must be a whole number from 1 to 200')
    .transform(Number)
    .default(50),
  cursor: z.string().min(1).max(200, 'must be the "next" of an earlier page, unchanged').optional(),
}
