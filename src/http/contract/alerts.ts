import { z } from 'zod'
import { ALERT_CHANNELS, ALERT_KINDS, ALERT_LANGUAGES, ALERT_NEWS, ALERT_STATES } from '../../core/alerts.ts'
import { WATCH_STATES } from '../../core/watch.ts'
import { instanceIdSchema, pageOf, shownId, shownTime } from './common.ts'

/** Alerts and the connection history of a number, as they cross the wire. */

const milliseconds = z.number().int().min(0)

export const alertKind = z.enum(ALERT_KINDS)
export const alertState = z.enum(ALERT_STATES).meta({
  description:
    'open: nobody has said that they know. acknowledged: somebody has, and it still stands. resolved: it is over.',
})

const alertDelivery = z.object({
  channel: z.enum(ALERT_CHANNELS),
  news: z.enum(ALERT_NEWS).meta({ description: 'What was told.' }),
  state: z.enum(['waiting', 'delivered', 'failed']).meta({
    description: 'waiting: not yet, or to be tried again. failed: given up.',
  }),
  attempts: z.number().int().min(0),
  at: shownTime.meta({
    description: 'When it was delivered or given up; while it waits, when it is tried next.',
  }),
  reason: z.string().optional().meta({ description: 'Why the last attempt failed.' }),
})

export const alert = z.object({
  id: shownId('alr'),
  kind: alertKind,
  instance: z.string().optional().meta({ description: 'Left out where the whole hub is concerned.' }),
  state: alertState,
  since: shownTime.meta({ description: 'When what it is about began, the last shownTime.' }),
  openedAt: shownTime.meta({ description: 'When it was opened first.' }),
  changedAt: shownTime.meta({ description: 'When it was last opened, acknowledged or resolved.' }),
  times: z
    .number()
    .int()
    .min(1)
    .meta({ description: 'How often it was opened; more than once when it came back within 10 minutes.' }),
  reason: z
    .string()
    .optional()
    .meta({ description: 'What the gateway or the store said. Not translated; never holds a message.' }),
  count: z.number().int().optional().meta({
    description: 'unknown-sends, dead-letters: how many wait for a person. backlog: events that wait.',
  }),
  lagMs: milliseconds.optional().meta({ description: 'backlog: how long the oldest of them has waited.' }),
  silentMs: milliseconds
    .optional()
    .meta({ description: 'silent: how long nothing came when it was noticed.' }),
  usualMs: milliseconds
    .optional()
    .meta({ description: 'silent: the longest pause that is usual for this number at this hour.' }),
  freeBytes: z.number().int().optional().meta({ description: 'store-full: room that is left.' }),
  acknowledgedAt: shownTime.optional(),
  acknowledgedBy: z.string().optional().meta({ description: 'Name of the person or key.' }),
  resolvedAt: shownTime.optional(),
  deliveries: z.array(alertDelivery).meta({ description: 'Newest first, at most 20.' }),
})
export type Alert = z.output<typeof alert>

/** Beside `limit` and `cursor`. */
export const alertFilters = {
  state: alertState.optional(),
  instance: instanceIdSchema.optional(),
  kind: alertKind.optional(),
}

/** GET /alerts: newest first. */
export const alertPage = pageOf(alert)
export type AlertPage = z.output<typeof alertPage>

/** GET /alerts/settings: what the configuration says, without secrets. */
export const alertSettings = z.object({
  afterMs: milliseconds.meta({ description: 'How long a state must stand before an alert opens.' }),
  kinds: z.array(alertKind).meta({ description: 'The kinds that are looked for.' }),
  language: z.enum(ALERT_LANGUAGES).meta({ description: 'Language of e-mails.' }),
  webhook: z
    .object({ url: z.string().meta({ description: 'Without its path and query, which may hold a key.' }) })
    .nullable(),
  email: z
    .object({ host: z.string(), port: z.number().int(), from: z.string(), to: z.array(z.string()) })
    .nullable(),
})
export type AlertSettings = z.output<typeof alertSettings>

/** POST /alerts/test */
export const alertTestBody = z
  .strictObject({
    channel: z.enum(ALERT_CHANNELS).optional().meta({ description: 'Every configured one unless given.' }),
  })
  .nullish()
export const alertTestResult = z.object({
  results: z
    .array(
      z.object({
        channel: z.enum(ALERT_CHANNELS),
        delivered: z.boolean(),
        ms: milliseconds.meta({ description: 'How long it took.' }),
        reason: z.string().optional().meta({ description: 'Why it was not delivered, and what to do.' }),
      }),
    )
    .meta({ description: 'Empty when no channel is configured.' }),
})
export type AlertTestResult = z.output<typeof alertTestResult>

export const watchState = z.enum(WATCH_STATES).meta({
  description:
    'unreachable: the gateway does not answer, so nobody knows whether the number is logged in. unknown: nothing was heard yet.',
})

export const connectionChange = z.object({
  state: watchState,
  at: shownTime,
  until: shownTime.optional().meta({ description: 'Left out while it lasts.' }),
  reason: z.string().optional(),
  source: z.enum(['event', 'poll']).meta({ description: 'The gateway told, or it was asked.' }),
})
export type ConnectionChange = z.output<typeof connectionChange>

const uptime = z.object({
  ratio: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .meta({ description: 'Share of the known time in which it was connected; null when nothing is known.' }),
  connectedMs: milliseconds,
  knownMs: milliseconds.meta({ description: 'Time of this span in which the state was known.' }),
  reconnects: z.number().int().min(0).meta({ description: 'How often it came back to connected.' }),
})

/** GET /instances/:id/connections: the history newest first, paged, beside figures of the last day and week. */
export const connectionHistory = z.object({
  instance: z.string(),
  state: watchState,
  since: shownTime.optional(),
  reason: z.string().optional(),
  checkedAt: shownTime.optional().meta({ description: 'When the gateway was last asked.' }),
  polled: z.boolean().meta({ description: 'Is the gateway asked from time to time?' }),
  uptime: z.object({ day: uptime, week: uptime }),
  data: z.array(connectionChange),
  next: z.string().nullable(),
})
export type ConnectionHistory = z.output<typeof connectionHistory>
