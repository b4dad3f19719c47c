import type { Answer } from '../../../core/gateway.ts'
import type { Clock } from '../../../core/ports.ts'
import { ASK_TIMEOUT_MS, type Caller, type Json, type Method } from './caller.ts'
import { type About, asAnswer, type Judged, judge, missing } from './endings.ts'
import type { Feature, Line } from './line.ts'

/** One request, and what its refusals mean. */
export interface Request {
  method: Method
  path: string
  body?: Json
  about: About
  /** Only some servers have this path. */
  feature?: Feature
  timeoutMs?: number
  /** Must not be asked again while nobody knows whether it was carried out. */
  once?: true
}

export interface Asking {
  attempt(request: Request): Promise<Judged>
  /** @param read undefined means that the answer cannot be understood. */
  ask<T>(request: Request, read: (body: unknown) => T | undefined): Promise<Answer<T>>
}

/** What was answered with 2xx makes no sense: wrong type, or the field that matters is not there. */
export const UNREADABLE: Extract<Answer<never>, { ok: false }> = {
  ok: false,
  code: 'gateway-bug',
  reason: 'The answer of uazapi cannot be read.',
  retry: false,
}

/** Joins requests with what their answers mean and with what is known of the server. */
export function asking(call: Caller, line: Line, clock: Clock): Asking {
  const attempt = async (request: Request): Promise<Judged> => {
    const { method, path, body, about, feature, timeoutMs = ASK_TIMEOUT_MS } = request
    if (feature !== undefined && line.has(feature) === false) return { ok: false, failure: missing }
    const outcome = await call(method, path, body, timeoutMs)
    const judged = judge(outcome, { about, partly: feature !== undefined, now: clock.now() })
    if (feature !== undefined && outcome.type === 'answered') {
      if (judged.ok) line.saw(feature, true)
      else if (judged.failure === missing) line.saw(feature, false)
    }
    return judged
  }
  return {
    attempt,
    async ask(request, read) {
      const judged = await attempt(request)
      if (!judged.ok) {
        const answer = asAnswer(judged.failure)
        return request.once && judged.failure.kind === 'unsettled' ? { ...answer, retry: false } : answer
      }
      const value = read(judged.body)
      return value === undefined ? UNREADABLE : { ok: true, value }
    },
  }
}

/** For what is only done or not: any complete answer will do. */
export const done = (): true => true
export const toVoid = (answer: Answer<unknown>): Answer<void> =>
  answer.ok ? { ok: true, value: undefined } : answer
/** Refused before any request. */
export const refuse = (code: 'invalid' | 'unsupported', reason: string) =>
  ({ ok: false, code, reason, retry: false }) as const
