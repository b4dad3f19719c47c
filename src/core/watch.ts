import type { ConnectionState } from './events.ts'

/**
 * Words of the connection watch and of alerts. What the hub believes of a number's connection:
 * - `unreachable`: its gateway does not answer, so nobody can say whether the number is logged in.
 * - `unknown`: nothing was heard of it yet, or its gateway cannot tell.
 */
export const WATCH_STATES = [
  'connected',
  'connecting',
  'disconnected',
  'logged-out',
  'unreachable',
  'unknown',
] as const satisfies readonly (ConnectionState | 'unreachable' | 'unknown')[]
export type WatchState = (typeof WATCH_STATES)[number]

/** What an alert can be about. `store-full` and `unknown-sends`, … of the whole hub name no number. */
export const ALERT_KINDS = [
  'disconnected',
  'logged-out',
  'gateway-unreachable',
  'silent',
  'unknown-sends',
  'dead-letters',
  'backlog',
  'store-full',
] as const
export type AlertKind = (typeof ALERT_KINDS)[number]

export const ALERT_STATES = ['open', 'acknowledged', 'resolved'] as const
export type AlertState = (typeof ALERT_STATES)[number]

/** Where alerts go beside the console. */
export const ALERT_CHANNELS = ['webhook', 'email'] as const
export type AlertChannel = (typeof ALERT_CHANNELS)[number]

/** What is told about an alert. */
export const ALERT_NEWS = ['opened', 'reopened', 'resolved'] as const
export type AlertNews = (typeof ALERT_NEWS)[number]
