import type { CommandSummary } from '../../../../src/http/contract/commands.ts'
import type { EventSummary } from '../../../../src/http/contract/events.ts'
import type { Signal } from '../../ui/status.tsx'

type CommandState = CommandSummary['state']
type EventStatus = EventSummary['status']

export const EVENT_STATES = [
  'pending',
  'done',
  'skipped',
  'parked',
  'dead',
  'discarded',
  'unrouted',
] as const satisfies readonly EventStatus[]

/** Those a replay can run once more. */
export const ENDED = ['done', 'skipped', 'dead', 'discarded'] as const satisfies readonly EventStatus[]
export const hasEnded = (status: EventStatus): boolean => ENDED.some((ended) => ended === status)

export const EVENT_SIGNALS: Readonly<Record<EventStatus, Signal>> = {
  pending: 'waiting',
  done: 'good',
  skipped: 'neutral',
  parked: 'waiting',
  dead: 'bad',
  discarded: 'neutral',
  unrouted: 'attention',
}

export const COMMAND_SIGNALS: Readonly<Record<CommandState, Signal>> = {
  queued: 'waiting',
  sending: 'waiting',
  sent: 'good',
  rejected: 'bad',
  refused: 'attention',
  unknown: 'attention',
  held: 'attention',
  dead: 'bad',
  discarded: 'neutral',
}

/** Sends about which a person can decide: first those of which nobody knows whether they arrived. */
export const OPEN_SENDS = [
  'unknown',
  'held',
  'dead',
  'rejected',
  'refused',
] as const satisfies readonly CommandState[]
export const isOpen = (state: CommandState): boolean => OPEN_SENDS.some((open) => open === state)
/** Nobody knows whether it went out: sent again, it may arrive twice. */
export const inDoubt = (state: CommandState): boolean => state === 'unknown' || state === 'held'
