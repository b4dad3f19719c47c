/**
 * What the hub takes from its surroundings. Everything here is injected: logic never reads the clock,
 * rolls dice, logs or opens a connection on its own.
 */

/** Time. `now` is wall-clock milliseconds since 1970; `monotonic` never jumps. Timers never keep a process alive by accident: whoever sets one clears it. */
export interface Clock {
  now(): number
  monotonic(): number
  setTimeout(fn: () => void, ms: number): TimerHandle
}
export interface TimerHandle {
  cancel(): void
}

/** A source of numbers in [0, 1). */
export type Random = () => number

/** Fields go beside a constant message. Never put message text, phone numbers or credentials in either. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Logger
  /** From now on these values are hidden wherever they occur, beside those it hides already. */
  hide?(secrets: readonly string[]): void
}

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH'
  url: string
  headers?: Record<string, string>
  body?: string | Uint8Array
  /** For the whole exchange, connection included. */
  timeoutMs: number
}
/**
 * How an HTTP exchange ended, told so that a send can be judged:
 * - `answered`: a complete response. Redirects are not followed.
 * - `not-sent`: certainly no byte of the request left (refused, name not found, connect timeout).
 * - `unanswered`: bytes may have left and no complete answer came (reset, timeout).
 */
export type HttpOutcome =
  | { type: 'answered'; status: number; headers: Record<string, string | undefined>; body: string }
  | { type: 'not-sent'; reason: string }
  | { type: 'unanswered'; reason: string }
/** Never throws. */
export type HttpClient = (request: HttpRequest) => Promise<HttpOutcome>

/** Every metric the hub exports: name, kind, labels, help. One table, so that code and docs cannot drift. */
export const METRICS = {
  pombo_deliveries_total: {
    type: 'counter',
    labels: ['instance', 'outcome'],
    help: 'Webhook deliveries by outcome',
  },
  pombo_events_total: {
    type: 'counter',
    labels: ['instance', 'kind'],
    help: 'Events in authentic deliveries',
  },
  pombo_duplicates_total: { type: 'counter', labels: ['instance'], help: 'Events dropped as duplicates' },
  pombo_acknowledge_seconds: { type: 'histogram', labels: [], help: 'Webhook request to answer' },
  pombo_commit_seconds: { type: 'histogram', labels: [], help: 'One group commit' },
  pombo_turns_total: {
    type: 'counter',
    labels: ['outcome'],
    help: 'Turns by outcome: done, failed, dead, stale',
  },
  pombo_turn_seconds: { type: 'histogram', labels: [], help: 'One turn, handler and commit' },
  pombo_lane_wait_seconds: { type: 'histogram', labels: [], help: 'Event accepted to turn begun' },
  pombo_sends_total: { type: 'counter', labels: ['instance', 'end'], help: 'Sends by how they ended' },
  pombo_send_seconds: { type: 'histogram', labels: ['instance'], help: 'One send to a gateway' },
  pombo_searches_total: {
    type: 'counter',
    labels: ['instance', 'end'],
    help: 'Looks at a gateway for unknown sends, by what became of them: sent, retry, open',
  },
  pombo_media_total: {
    type: 'counter',
    labels: ['instance', 'end'],
    help: 'Tries to fetch a medium, by how they ended: fetched, retry, failed',
  },
  pombo_backlog: { type: 'gauge', labels: ['queue'], help: 'Waiting: events, commands' },
  pombo_connection_state: {
    type: 'gauge',
    labels: ['instance', 'state'],
    help: 'How a number is connected: 1 for its state, 0 for the others',
  },
  pombo_alerts_open: { type: 'gauge', labels: ['kind'], help: 'Alerts that are not resolved' },
  pombo_nodes: { type: 'gauge', labels: ['role'], help: 'Living nodes that have a role' },
  pombo_held: { type: 'gauge', labels: ['what'], help: 'Waiting for a person: unknown sends, dead letters' },
} as const satisfies Record<
  string,
  { type: 'counter' | 'histogram' | 'gauge'; labels: readonly string[]; help: string }
>
export type MetricName = keyof typeof METRICS
type Labels<N extends MetricName> = Record<(typeof METRICS)[N]['labels'][number], string>
export interface Metrics {
  /** Adds to a counter. */
  count<N extends MetricName>(name: N, labels: Labels<N>, by?: number): void
  /** Sets a gauge, or records a histogram's value (seconds). */
  record<N extends MetricName>(name: N, labels: Labels<N>, value: number): void
}
export const noMetrics: Metrics = { count() {}, record() {} }
