import { z } from 'zod'
import type { LeadValue } from '../../../core/events.ts'
import type { Json } from './caller.ts'

/** How uazapi's own record of a chat is written (`/chat/editLead`): its names, partial, lists replaced whole. */
const line = z.string().max(255)
const shape: Record<string, z.ZodType> = {
  lead_name: z.string(),
  lead_fullName: z.string(),
  lead_email: z.string(),
  lead_personalid: z.string(),
  lead_status: z.string(),
  lead_notes: z.string(),
  lead_tags: z.array(z.string()),
  lead_isTicketOpen: z.boolean(),
  /** `''` takes the assignment away. */
  lead_assignedAttendant_id: z.string(),
  /** Higher comes first. */
  lead_kanbanOrder: z.int(),
  /** Seconds since 1970 (by the documentation's example); 0 lets the hosted agent speak again. */
  chatbot_disableUntil: z.int().nonnegative(),
  ...Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [`lead_field${String(i + 1).padStart(2, '0')}`, line]),
  ),
}
/** Names of the fields that can be written. */
export const LEAD_FIELDS: readonly string[] = Object.keys(shape)
const body = z.strictObject(shape).partial()

/** The fields as a body, or what is wrong with them. */
export function leadBody(fields: Record<string, LeadValue>): Json | string {
  const read = body.safeParse(fields)
  if (!read.success) {
    const wrong = read.error.issues.map(({ path }) => String(path[0] ?? '')).filter((key) => key in shape)
    return wrong.length > 0
      ? `uazapi takes another sort of value for ${[...new Set(wrong)].join(', ')}.`
      : `uazapi has no such field; it has ${LEAD_FIELDS.slice(0, 11).join(', ')} and lead_field01 to 20.`
  }
  return Object.keys(read.data).length > 0 ? read.data : 'No field of the record is given.'
}
