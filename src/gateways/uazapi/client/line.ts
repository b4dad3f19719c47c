import type { Clock, HttpOutcome } from '../../../core/ports.ts'
import type { Caller, Json } from './caller.ts'

/**
 * Requests and answers that some servers have and others lack, named by their path. `agents`, `group/invitelink`
 * and the camel case of `inviteCode` went away; everything else came later than 1.0.0.
 */
export const FEATURES = [
  'instance/create',
  'agents',
  'message/pin',
  'chat/notes',
  'chat/ephemeral',
  'group/updateJoinApproval',
  'group/ephemeral',
  'group/invitelink',
  'contacts/list',
  'page-numbers',
  'message-limits',
  'host-status',
] as const
export type Feature = (typeof FEATURES)[number]

/** A server may be updated behind our back: what was seen counts for so long (ms). */
const REMEMBERED_MS = 3_600_000

/** What one server was seen to speak. */
export interface Line {
  /** Undefined: not known, or seen too long ago. */
  has(feature: Feature): boolean | undefined
  saw(feature: Feature, has: boolean): void
  forget(): void
  /** How it spells the keys of group requests: `groupjid` since early 2026, before that in camel case. */
  casing?: 'lower' | 'camel'
}

/** Knows nothing yet. */
export function newLine(clock: Clock): Line {
  const seen = new Map<Feature, { has: boolean; at: number }>()
  const line: Line = {
    has(feature) {
      const found = seen.get(feature)
      return found && clock.monotonic() - found.at < REMEMBERED_MS ? found.has : undefined
    },
    saw(feature, has) {
      seen.set(feature, { has, at: clock.monotonic() })
    },
    forget() {
      seen.clear()
      delete line.casing
    },
  }
  return line
}

const CAMEL: Readonly<Record<string, string>> = { groupjid: 'groupJid', invitecode: 'inviteCode' }
const camel = (body: Json): Json =>
  Object.fromEntries(Object.entries(body).map(([key, value]) => [CAMEL[key] ?? key, value]))
const statusOf = (outcome: HttpOutcome): number => (outcome.type === 'answered' ? outcome.status : 0)

/**
 * A caller that finds out how a server spells `groupjid` and `invitecode`, and remembers. A 400 did nothing,
 * so the other spelling may follow it, within the same time.
 */
export function spelled(call: Caller, line: Line, clock: Clock): Caller {
  return async (method, path, body, timeoutMs) => {
    if (!body || !Object.keys(CAMEL).some((key) => key in body)) return call(method, path, body, timeoutMs)
    const began = clock.monotonic()
    const known = line.casing
    const first = await call(method, path, known === 'camel' ? camel(body) : body, timeoutMs)
    const status = statusOf(first)
    if (known !== undefined) return first
    if (status >= 200 && status <= 299) line.casing = 'lower'
    const left = timeoutMs - (clock.monotonic() - began)
    if (status !== 400 || left <= 0) return first
    const second = await call(method, path, camel(body), left)
    if (statusOf(second) === 400 || statusOf(second) === 0) return statusOf(second) === 0 ? second : first
    if (statusOf(second) <= 299) line.casing = 'camel'
    return second
  }
}
