import type { HttpOutcome } from '../core/ports.ts'
import type { Happening, SimulatedNumber, WireDelivery } from './port.ts'
import type { Attempt } from './strip.ts'
import type { WireDetail } from './wire-detail.ts'

/** What stands on the wire for a delivery. */
export const asSent = (
  { urlSuffix, headers, body }: WireDelivery,
  { webhookUrl }: SimulatedNumber,
): WireDetail => ({
  method: 'POST',
  url: webhookUrl + urlSuffix,
  headers,
  body: body.toString('utf8'),
})

/** One attempt as the strip shows it. */
export function attempt(outcome: HttpOutcome, at: number, ms: number): Attempt {
  const taken = { at, ms: Math.round(ms * 10) / 10 }
  return outcome.type === 'answered'
    ? { ...taken, status: outcome.status }
    : { ...taken, failed: outcome.type === 'not-sent' ? 'unreachable' : 'unanswered' }
}

/** The hub answers `{"accepted":n,"duplicates":m}`; other receivers say other things. */
export function counts(body: string): { accepted?: number; duplicates?: number } {
  try {
    const { accepted, duplicates } = JSON.parse(body) as Record<string, unknown>
    return typeof accepted === 'number' && typeof duplicates === 'number' ? { accepted, duplicates } : {}
  } catch {
    return {}
  }
}

/** The message a happening is about, and a word on it. */
export function messageOf({ fact }: Happening): { message?: string; detail?: string } {
  switch (fact.kind) {
    case 'message':
      return { message: fact.message.id }
    case 'receipt':
      return { message: fact.target, detail: fact.state }
    case 'edit':
    case 'revoke':
    case 'reaction':
    case 'vote':
    case 'pin':
      return { message: fact.target }
    case 'membership':
      return { detail: fact.change }
    case 'connection':
    case 'presence':
    case 'call':
      return { detail: fact.state }
    default:
      return {}
  }
}
