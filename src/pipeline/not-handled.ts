import type { ClaimedEvent } from '../core/store.ts'
import type { NotHandled, TurnTrace } from '../core/trace.ts'
import { isEmptyMessage } from './record.ts'

/** Why no handler is asked about an event, whatever handlers there are. */

const NOTES: Readonly<Record<NotHandled, string>> = {
  'too-old': 'stored only: too old, or not a conversation',
  'not-a-conversation': 'stored only: too old, or not a conversation',
  'already-known': 'this message is already in the chat',
  'empty-message': 'a message without content',
  'waits-for-its-message': 'waits for its message',
  'timer-moved': 'the timer was moved or cancelled after it fired',
  'instance-gone': 'this number is no longer configured',
  unrouted: 'of a number this hub does not know',
}

/** What a turn that asked no handler says of itself. */
export const notHandled = (reason: NotHandled): { note: string; trace: TurnTrace } => ({
  note: NOTES[reason],
  trace: { handlers: [], notHandled: reason },
})

/** As it arrives (ms); see {@link import('./ingest.ts').prepare}. */
const STALE_MS = 24 * 3_600_000

/** By the event alone; undefined when handlers see it. */
export function whyNotHandled(event: ClaimedEvent): NotHandled | undefined {
  if (event.disposition === 'unrouted') return 'unrouted'
  if (event.disposition === 'store')
    return event.acceptedAt - event.at > STALE_MS ? 'too-old' : 'not-a-conversation'
  return isEmptyMessage(event) ? 'empty-message' : undefined
}
