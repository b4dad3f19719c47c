import { z } from 'zod'
import { TOPICS } from '../../core/live.ts'
import { instanceIdSchema, listOf, shownTime } from './common.ts'
import { eventSummary } from './events.ts'

/**
 * What `GET /stream` sends, as server-sent events: `event:` names the type, `data:` is its JSON. The `id:` of a
 * message is a cursor; a browser sends it back as `Last-Event-ID` when it reconnects, and gets what it missed.
 */

export const streamQuery = z.strictObject({
  instance: listOf(instanceIdSchema).optional().meta({ description: 'Only of these numbers' }),
  events: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .default(true)
    .meta({ description: '`false`: no `event`, only `changed`' }),
  after: z
    .string()
    .max(40)
    .optional()
    .meta({ description: 'A cursor, for clients that cannot send Last-Event-ID' }),
})

/** The answer as a whole. */
export const streamText = z.string().meta({ description: 'text/event-stream' })

/** First of all. `retryMs`: how long to wait before connecting again after an end. */
export const helloMessage = z.object({ at: shownTime, retryMs: z.int() })
/** A new event, or one whose state has changed: as `GET /events` shows it. */
export const eventMessage = eventSummary
/** Ask again for what you show of these. No instances: it concerns no number, or all. */
export const changedMessage = z.object({
  topics: z.array(z.enum(TOPICS)),
  instances: z.array(z.string()),
})
/** Every 15 seconds. */
export const pingMessage = z.object({ at: shownTime })
/** More was missed than is sent again: ask anew for everything you show. */
export const resetMessage = z.object({ reason: z.string() })
/** The last message: the stream ends. Connect again. */
export const byeMessage = z.object({ reason: z.enum(['drain', 'too-slow', 'expired']), retryMs: z.int() })

export const streamMessages = {
  hello: helloMessage,
  event: eventMessage,
  changed: changedMessage,
  ping: pingMessage,
  reset: resetMessage,
  bye: byeMessage,
} as const
/** Type of message → its data. */
export type StreamMessages = { [K in keyof typeof streamMessages]: z.output<(typeof streamMessages)[K]> }
