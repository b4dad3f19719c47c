import type { AlertId, InstanceId } from './ids.ts'
import type { Page, PageRequest } from './page.ts'

/** What an alert can be about. Those from `unknown-sends` on concern the whole hub and name no number. */
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

export const ALERT_LANGUAGES = ['en', 'pt-BR', 'es'] as const
export type AlertLanguage = (typeof ALERT_LANGUAGES)[number]

/** Figures and reasons beside the kind; never text or numbers of people. */
export interface AlertDetails {
  /** What the gateway said. */
  reason?: string
  /** How many wait. */
  count?: number
  /** How long the oldest of them has waited. */
  lagMs?: number
  silentMs?: number
  usualMs?: number
  freeBytes?: number
}

/** An alert as it is told: one that was opened twice is the same alert with a count. */
export interface AlertNow {
  id: AlertId
  kind: AlertKind
  instance?: InstanceId
  /** When what it is about began, the last time. */
  since: number
  openedAt: number
  /** When it was last opened, acknowledged or resolved. */
  changedAt: number
  times: number
  details: AlertDetails
  resolvedAt?: number
}
export interface AlertRow extends AlertNow {
  state: AlertState
  /** When it was last opened, acknowledged or resolved. */
  changedAt: number
  acknowledgedAt?: number
  acknowledgedBy?: string
  /** Newest first. */
  deliveries: AlertDeliveryRow[]
}
export interface AlertDeliveryRow {
  channel: AlertChannel
  news: AlertNews
  state: 'waiting' | 'delivered' | 'failed'
  attempts: number
  /** When it ended; while it waits, when it is tried next. */
  at: number
  reason?: string
}

/** A letter to the people who run the hub. Plain text. */
export interface Mail {
  from: string
  to: readonly string[]
  subject: string
  text: string
  /** The same for every try, so that a double is recognised. */
  messageId: string
}
/** Never throws. `reason` is safe to show: it names no login and no address. */
export type SendMail = (mail: Mail) => Promise<{ ok: true } | { ok: false; reason: string }>

/** `unsure`: nobody can tell at the moment. */
export type Seen = 'wrong' | 'well' | 'unsure'

/** What was last seen of a thing that can go wrong, and since when it was so without a break. */
export interface Standing {
  kind: AlertKind
  instance?: InstanceId
  /** Moves with every change, so that of two nodes that see the same one records it. */
  version: number
  seen: Seen
  since: number
  /** The last alert about it. */
  alert?: { id: AlertId; resolvedAt?: number; details: AlertDetails }
}
export interface AlertStep {
  kind: AlertKind
  instance?: InstanceId
  /** Of the standing that was decided upon; 0 when there was none. */
  version: number
  seen: Seen
  since: number
  /** What becomes of the alert; `update` changes only its details. */
  act: 'open' | 'reopen' | 'resolve' | 'update' | 'nothing'
  details: AlertDetails
}

/** Something to be told through a channel, leased. */
export interface DueNews {
  id: number
  channel: AlertChannel
  news: AlertNews
  alert: AlertNow
  /** 1 for the first. */
  attempt: number
}
export interface NewsEnd {
  id: number
  attempt: number
  /** `again`: when it is tried next (ms). */
  end:
    | { type: 'delivered' }
    | { type: 'again'; at: number; reason: string }
    | { type: 'failed'; reason: string }
}

export interface AlertStore {
  /** True for one node of all in this span of time: it looks whether anything is wrong. */
  claimRound(everyMs: number): Promise<boolean>
  /** When the next round or the next piece of news is due (ms). */
  nextAlertWork(): Promise<number | undefined>
  standings(): Promise<Standing[]>
  /**
   * Records what was seen and what becomes of alerts, with news of it for every channel, in one transaction. A
   * step whose standing has moved since does nothing.
   * @returns how many alerts were opened, reopened or resolved
   */
  stepAlerts(steps: readonly AlertStep[], channels: readonly AlertChannel[]): Promise<number>
  /** Leases news that is due. Of one alert and channel, one at a time and in order. */
  claimNews(options: { limit: number; leaseMs: number }): Promise<DueNews[]>
  /** Records how a try ended, unless another one was begun since. */
  settleNews(end: NewsEnd): Promise<void>
  /** Newest first. */
  listAlerts(
    page: PageRequest & { state?: AlertState; instance?: string; kind?: AlertKind },
  ): Promise<Page<AlertRow>>
  getAlert(id: AlertId): Promise<AlertRow | undefined>
  /** Somebody knows of it. False when it is not open. */
  acknowledgeAlert(id: AlertId, by: string): Promise<boolean>
  /** Alerts that are not resolved. */
  openAlerts(): Promise<{ kind: AlertKind; count: number }[]>
  /** Notes how long numbers were silent in an hour (counted since 1970); the longest stays. */
  noteSilence(pauses: readonly { instance: InstanceId; hour: number; silentMs: number }[]): Promise<void>
  /** The longest silence of each number in each of these hours, where it was noted. */
  silences(hours: readonly number[]): Promise<{ instance: InstanceId; hour: number; silentMs: number }[]>
}
