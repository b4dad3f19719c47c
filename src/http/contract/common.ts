import { z } from 'zod'
import { isInstanceId, parsePublicId } from '../../core/ids.ts'

/** What the contracts of all parts share: ids, times, pages, problem details. */

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

/** A moment a request names: ISO 8601 with its zone → milliseconds since 1970. */
export const momentSchema = z.iso
  .datetime({ offset: true, error: 'must be a moment such as 2026-03-14T14:56:04Z' })
  .transform((text) => Date.parse(text))

/** Several values of a query in one parameter: `a,b,c`. */
export const listOf = <T extends z.ZodType<unknown, string>>(item: T, max = 50) =>
  z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(item).min(1).max(max))

/** An id as the hub shows it, e.g. `evt_12`. */
export const shownId = (kind: Parameters<typeof parsePublicId>[0]) =>
  z.string().regex(new RegExp(`^${kind}_[1-9][0-9]*$`))

/** A moment as the hub shows it: ISO 8601 in UTC. What a gateway dates beyond the year 9999 has a longer year. */
export const shownTime = z
  .string()
  .regex(/^(?:[+-][0-9]{2})?[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/)
  .meta({ format: 'date-time' })

/** The form of every list. `next` goes into `cursor` for the next page; null on the last. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), next: z.string().nullable() })

/** RFC 9457 problem details: the body of every answer that is not a success. */
export const problemSchema = z.object({
  type: z.string().meta({ description: '`urn:pombo:error:` and the code' }),
  title: z.string(),
  status: z.int().min(400).max(599),
  detail: z.string().meta({ description: 'What was wrong, what is allowed, what to do next' }),
  code: z.string().meta({ description: 'Stable; docs/errors.md lists them all' }),
  requestId: z.string().optional().meta({ description: 'Finds a fault of the hub in its log' }),
  errors: z
    .array(z.object({ field: z.string(), message: z.string(), received: z.string().optional() }))
    .optional()
    .meta({ description: 'One entry per field at fault' }),
  retry: z.boolean().optional().meta({ description: 'May the same request work later?' }),
})
