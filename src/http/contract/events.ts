import { z } from 'zod'
import { EVENT_KINDS, type Fact, type Party } from '../../core/events.ts'
import { REPLAY_STATES } from '../../core/monitor.ts'
import { HANDLER_OUTCOMES, NOT_HANDLED } from '../../core/trace.ts'
import { OWNERS } from './chats.ts'
import { commandSummary } from './commands.ts'
import {
  instanceIdSchema,
  listOf,
  momentSchema,
  pageOf,
  pageSchema,
  publicIdSchema,
  shownId,
  shownTime,
} from './common.ts'

/** What happened, what became of it and why, and running it once more: `/events`, `/dead-letters`, `/replays`. */

export const EVENT_STATUSES = [
  'pending',
  'done',
  'skipped',
  'parked',
  'dead',
  'discarded',
  'unrouted',
] as const
export const AUTHORS = ['other', 'person', 'api', 'hosted'] as const

// --- asking -----------------------------------------------------------------------------------------

const filters = {
  instance: listOf(instanceIdSchema).optional(),
  kind: listOf(z.enum(EVENT_KINDS)).optional(),
  author: listOf(z.enum(AUTHORS)).optional(),
  chat: publicIdSchema('chat').optional(),
  from: momentSchema.optional(),
  to: momentSchema.optional(),
  id: z.string().trim().min(1).max(128).optional(),
}
export const eventListQuery = z.strictObject({
  ...pageSchema,
  ...filters,
  status: listOf(z.enum(EVENT_STATUSES)).optional(),
})
export const deadLetterQuery = z.strictObject({ ...pageSchema, ...filters })
export const eventParams = z.strictObject({ id: publicIdSchema('evt') })

// --- shown ------------------------------------------------------------------------------------------

/** The part of an event that depends on its `kind`. */
const factSchema = z.custom<Fact>((value) => typeof value === 'object' && value !== null && 'kind' in value)
const partySchema = z.custom<Party>(
  (value) => typeof value === 'object' && value !== null && 'address' in value,
)

export const eventSummary = z
  .object({
    id: shownId('evt'),
    kind: z.enum(EVENT_KINDS),
    instance: z.string(),
    at: shownTime.meta({ description: "By the gateway's clock" }),
    acceptedAt: shownTime.meta({ description: 'Durably stored' }),
    doneAt: shownTime.optional(),
    status: z.enum(EVENT_STATUSES),
    attempts: z.int(),
    error: z.string().optional().meta({ description: 'Of the last attempt that failed' }),
    note: z.string().optional().meta({ description: 'What ran, or why nothing did, in a line' }),
    author: z.enum(AUTHORS),
    fact: factSchema,
    chat: shownId('chat').optional(),
    delivery: shownId('dlv').optional(),
    generation: z.int().meta({ description: '0 for the original; each replay adds one' }),
  })
  .meta({ id: 'Event' })
export type EventSummary = z.output<typeof eventSummary>
export const eventList = pageOf(eventSummary)

/**
 * The way of an event, in order. `ms` counts from the stage before. `received`: the last byte of its delivery.
 * `verified`: that was proved, and read. `stored`: committed. `started`: its turn, the last attempt's, began. `handled`: that turn was committed.
 */
export const STAGES = ['received', 'verified', 'stored', 'started', 'handled'] as const
export type Stage = (typeof STAGES)[number]
const stage = z.object({ stage: z.enum(STAGES), at: shownTime, ms: z.int().optional() })

export const handlerTrace = z
  .object({
    handler: z.string().meta({ description: 'A feature, or `bot`' }),
    outcome: z.enum(HANDLER_OUTCOMES).meta({
      description:
        '`ran`: it did and ended the chain. `passed`: it did and let the others go on. `no-match`: it waits for none such. `out-of-scope`: such events never reach it. `not-reached`: one before it ended the chain. `stopped`: it threw, or a dry run could not go on',
    }),
    reason: z.string().optional(),
    ran: z.array(z.string()).optional().meta({ description: 'Paths of what ran inside it, in order' }),
    notes: z.array(z.string()).optional().meta({ description: 'What it said about it' }),
    missed: z
      .array(z.object({ reason: z.string(), count: z.int(), first: z.array(z.string()) }))
      .optional()
      .meta({ description: 'Why those inside it did not run: for each reason how many, and the first few' }),
  })
  .meta({ id: 'HandlerTrace' })
export type HandlerTrace = z.output<typeof handlerTrace>

export const eventDetail = eventSummary.extend({
  stages: z.object({
    happened: shownTime,
    received: shownTime.optional(),
    verified: shownTime.optional(),
    accepted: shownTime,
    started: shownTime.optional(),
    done: shownTime.optional(),
  }),
  timeline: z.array(stage),
  normalised: z.object({
    fact: factSchema,
    chat: partySchema.optional(),
    sender: partySchema.optional(),
    reference: z.string().optional(),
  }),
  delivery: z
    .object({
      id: shownId('dlv'),
      receivedAt: shownTime,
      source: z.string(),
      headers: z.record(z.string(), z.string()),
      encoding: z.enum(['json', 'text', 'base64']),
      payload: z.unknown().meta({ description: 'As stored: credentials are masked' }),
      events: z.array(shownId('evt')).meta({ description: 'All events of this delivery' }),
    })
    .nullable()
    .meta({ description: 'Null for timers, and once retention has taken it' }),
  handlers: z.array(handlerTrace),
  notHandled: z.enum(NOT_HANDLED).optional().meta({ description: 'Why no handler was asked' }),
  commands: z.array(commandSummary).meta({ description: 'What its handlers decided to send' }),
  generations: z
    .array(
      z.object({
        id: shownId('evt'),
        generation: z.int(),
        status: z.enum(EVENT_STATUSES),
        acceptedAt: shownTime,
        doneAt: shownTime.optional(),
      }),
    )
    .meta({ description: 'The original and every replay of it, this one included, oldest first' }),
})
export type EventDetail = z.output<typeof eventDetail>

/** What asking for one to run again answers: the new event. */
export const runAgain = z.object({ id: shownId('evt') })

// --- deliveries -------------------------------------------------------------------------------------

export const deliveryListQuery = z.strictObject({
  ...pageSchema,
  instance: listOf(instanceIdSchema).optional(),
  from: momentSchema.optional(),
  to: momentSchema.optional(),
})
export const deliverySummary = z.object({
  id: shownId('dlv'),
  instance: z.string(),
  receivedAt: shownTime,
  source: z.string(),
  bytes: z.int(),
  events: z.int().meta({ description: 'Events stored of it; 0 when all it told was known' }),
})
export type DeliverySummary = z.output<typeof deliverySummary>
export const deliveryList = pageOf(deliverySummary)

// --- several at once --------------------------------------------------------------------------------

export const manyEventsBody = z.strictObject({ ids: z.array(publicIdSchema('evt')).min(1).max(200) })

// --- replaying a range ------------------------------------------------------------------------------

/** Events one replay may run again, and one dry run may look at. */
export const MAX_REPLAY = 10_000
export const MAX_DRY_RUN = 200

export const replayBody = z.strictObject({
  ids: z.array(publicIdSchema('evt')).min(1).max(1_000).optional(),
  instance: z.array(instanceIdSchema).min(1).max(50).optional(),
  kind: z.array(z.enum(EVENT_KINDS)).min(1).optional(),
  status: z
    .array(z.enum(['done', 'skipped', 'dead', 'discarded']))
    .min(1)
    .optional(),
  chat: publicIdSchema('chat').optional(),
  from: momentSchema.optional(),
  to: momentSchema.optional(),
  limit: z.int().min(1).max(MAX_REPLAY).default(1_000),
  dryRun: z.boolean().default(false),
})

/** What would be sent for one event, and why nothing. Nothing is stored or sent. */
export const dryRunOutcome = z.object({
  event: shownId('evt'),
  kind: z.enum(EVENT_KINDS),
  instance: z.string(),
  at: shownTime,
  chat: shownId('chat').optional(),
  handlers: z.array(handlerTrace),
  notHandled: z.enum(NOT_HANDLED).optional(),
  commands: z.array(
    z.object({
      type: z.string(),
      command: commandSummary.shape.command,
      refused: z.string().optional().meta({ description: 'Why it would not be sent' }),
    }),
  ),
  owner: z.enum(OWNERS).optional().meta({ description: 'Who would own the chat after' }),
  stopped: z.string().optional().meta({
    description: 'Why it could not be played to its end: work outside the hub would begin, or a fault',
  }),
})
export type DryRunOutcome = z.output<typeof dryRunOutcome>
export const dryRunResult = z.object({
  dryRun: z.literal(true),
  matched: z.int().meta({ description: 'Events a real replay would run' }),
  data: z.array(dryRunOutcome).meta({ description: 'Of the first ones, oldest first' }),
})
export type DryRunResult = z.output<typeof dryRunResult>

export const replayJob = z.object({
  id: z.string().meta({ description: '`rpl_` and a number' }),
  state: z.enum(REPLAY_STATES),
  matched: z.int(),
  queued: z.int().meta({ description: 'Put into their queues so far' }),
  skipped: z.int().meta({ description: 'Not run: still waiting, or gone meanwhile' }),
  createdAt: shownTime,
  endedAt: shownTime.optional(),
})
export type ReplayJob = z.output<typeof replayJob>
export const replayList = pageOf(replayJob)
export const replayListQuery = z.strictObject(pageSchema)
export const replayParams = z.strictObject({ id: publicIdSchema('rpl') })
