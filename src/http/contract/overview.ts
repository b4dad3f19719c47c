import { z } from 'zod'
import { chatSummary } from './chats.ts'
import { commandSummary } from './commands.ts'
import { instanceIdSchema, listOf, momentSchema, shownTime } from './common.ts'
import { eventSummary } from './events.ts'

/** Does everything run, and what needs a person: `/overview`, `/traffic`. */

/** What happened in a span of time, counted. */
const counters = {
  deliveries: z.int().meta({ description: 'Authentic deliveries that brought something new' }),
  duplicates: z.int().meta({ description: 'Deliveries that told only what was known' }),
  refused: z.int().meta({ description: 'Without proof, over a limit, or while the store was away' }),
  events: z.int().meta({ description: 'Events in authentic deliveries' }),
  handled: z.int().meta({ description: 'Turns that committed' }),
  failed: z.int().meta({ description: 'Turns that failed and are tried again' }),
  dead: z.int().meta({ description: 'Turns that failed for the last time' }),
  sent: z.int(),
  rejected: z.int(),
  unknown: z.int().meta({ description: 'Sends that ended without anybody knowing how' }),
}
/** Milliseconds; upper bounds of the class in which half, or 95 of 100, of them lie. Null: there was none. */
export const lagSchema = z.object({ p50: z.int(), p95: z.int() }).nullable()
export const trafficTotals = z
  .object({
    ...counters,
    lag: lagSchema.meta({ description: 'From acceptance to the commit of the turn (ms)' }),
    sendLag: lagSchema.meta({ description: 'From the command to the end of its send (ms)' }),
  })
  .meta({ id: 'TrafficTotals' })
export type TrafficTotals = z.output<typeof trafficTotals>

// --- over time --------------------------------------------------------------------------------------

export const STEPS = ['minute', 'hour', 'day'] as const
export type Step = (typeof STEPS)[number]
export const trafficQuery = z.strictObject({
  instance: listOf(instanceIdSchema).optional(),
  from: momentSchema.optional().meta({ description: 'Default: 24 hours before `to`' }),
  to: momentSchema.optional().meta({ description: 'Default: now' }),
  step: z.enum(STEPS).optional().meta({ description: 'Default: what gives a readable chart' }),
  by: z.literal('instance').optional().meta({ description: 'Also a series for each number' }),
})
export const trafficPoint = trafficTotals.extend({ at: shownTime.meta({ description: 'Begin of the span' }) })
export type TrafficPoint = z.output<typeof trafficPoint>
/** Every span from `from` to `to` has a point, empty ones too. */
export const traffic = z.object({
  step: z.enum(STEPS),
  from: shownTime,
  to: shownTime,
  points: z.array(trafficPoint),
  instances: z
    .array(z.object({ instance: z.string(), points: z.array(trafficPoint) }))
    .optional()
    .meta({ description: 'Only with `by=instance`; spans in which nothing happened are left out' }),
})
export type Traffic = z.output<typeof traffic>

// --- now --------------------------------------------------------------------------------------------

/** How many there are, counted to 1,000 at most, and the first few. */
const attention = <T extends z.ZodType>(item: T) => z.object({ count: z.int(), first: z.array(item) })

export const silentNumber = z.object({
  instance: z.string(),
  reason: z.enum(['disconnected', 'logged-out', 'held']),
  detail: z.string().optional(),
  since: shownTime.optional(),
  lastEventAt: shownTime.optional(),
  queued: z.int().meta({ description: 'Commands that wait behind it' }),
})
export type SilentNumber = z.output<typeof silentNumber>

export const instanceHealth = z.object({
  id: z.string(),
  gateway: z.string(),
  connection: z.string().optional(),
  lastEventAt: shownTime.optional(),
  queued: z.int(),
  hold: z.object({ reason: z.string(), until: shownTime.optional() }).nullable(),
  lastHour: trafficTotals,
})
export type InstanceHealth = z.output<typeof instanceHealth>

export const overview = z.object({
  at: shownTime,
  attention: z.object({
    total: z.int(),
    unknownSends: attention(commandSummary).meta({ description: 'Nobody knows whether they went out' }),
    failedSends: attention(commandSummary).meta({ description: 'Used up their tries' }),
    deadLetters: attention(eventSummary),
    numbers: attention(silentNumber),
    waitingChats: attention(chatSummary).meta({
      description: 'A person owns them, and the customer said something last',
    }),
  }),
  lastHour: trafficTotals,
  lastDay: trafficTotals,
  queues: z.object({
    events: z.int().meta({ description: 'Events not handled yet' }),
    commands: z.int().meta({ description: 'Commands not sent yet' }),
    lanesHeld: z.int().meta({ description: 'Chats that are being handled now' }),
    lanesWaiting: z.int().meta({ description: 'Chats whose turn has come and nobody took yet' }),
    lanesLater: z
      .int()
      .meta({ description: 'Chats that wait: for a failed turn to be tried again, or for late neighbours' }),
    oldestEventAt: shownTime.optional().meta({ description: 'Accepted, and still not handled' }),
  }),
  instances: z.array(instanceHealth),
  nodes: z.object({
    count: z.int(),
    roles: z.object({ ingest: z.int(), worker: z.int(), sender: z.int() }),
  }),
  store: z.object({
    engine: z.enum(['sqlite', 'postgres']),
    ok: z.boolean(),
    ms: z.int().optional().meta({ description: 'How long a commit takes now' }),
  }),
})
export type Overview = z.output<typeof overview>
