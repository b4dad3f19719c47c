/** What the handlers made of an event, or why none was asked. Written down with the end of its turn. */

/**
 * What a handler made of an event. `ran`: it did and ended the chain. `passed`: it did and let the others go on.
 * `no-match`: it may see such events, but this is none of those it waits for. `out-of-scope`: such events never
 * reach it; `reason` says why. `not-reached`: one before it ended the chain. `stopped`: it threw, or a dry run
 * could not go on.
 */
export const HANDLER_OUTCOMES = [
  'ran',
  'passed',
  'no-match',
  'out-of-scope',
  'not-reached',
  'stopped',
] as const
export type HandlerOutcome = (typeof HANDLER_OUTCOMES)[number]
export interface HandlerTrace {
  /** A feature, or `bot`. */
  handler: string
  outcome: HandlerOutcome
  reason?: string
  /** Paths of what ran inside it, in order. */
  ran?: string[]
  /** What it said about it. */
  notes?: string[]
  /** Why those inside it did not run: for each reason how many, and the first few. */
  missed?: { reason: string; count: number; first: string[] }[]
}

/** Why no handler was asked at all. */
export const NOT_HANDLED = [
  'too-old',
  'not-a-conversation',
  'already-known',
  'empty-message',
  'waits-for-its-message',
  'timer-moved',
  'instance-gone',
  'unrouted',
] as const
export type NotHandled = (typeof NOT_HANDLED)[number]
export interface TurnTrace {
  handlers: HandlerTrace[]
  notHandled?: NotHandled
}
