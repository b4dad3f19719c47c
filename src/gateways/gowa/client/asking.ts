import { z } from 'zod'
import type { RejectCode } from '../../../core/commands.ts'
import type { Answer } from '../../../core/gateway.ts'
import type { Clock } from '../../../core/ports.ts'
import { isRouteMissing, judge, reject, succeeded, toAnswer } from './endings.ts'
import { ASK_TIMEOUT_MS, type Link } from './http.ts'
import type { Need } from './needs.ts'
import type { Step } from './step.ts'
import type { Versions } from './versions.ts'

export interface Question {
  method?: Step['method']
  path: string
  body?: Step['body']
  need?: Need
  timeoutMs?: number
  /** Words of an error that mean: there is no such thing (`gone`). */
  absent?: RegExp
  /** It changes something that must not be done twice: an answer that is lost is not asked for again. */
  once?: true
}

/** Asks GOWA and reads its answer. */
export interface Asking {
  /** The `results`, read by a schema. What the schema does not fit is a fault of GOWA's. */
  ask<T>(question: Question, schema: z.ZodType<T>): Promise<Answer<T>>
  /** For what answers with nothing but success. */
  tell(question: Question): Promise<Answer<void>>
}

export function asking(link: Link, versions: Versions, clock: Clock): Asking {
  async function exchange(question: Question, judgeResults: Step['judge']): Promise<Answer<void>> {
    const { method = 'GET', path, body, need, timeoutMs = ASK_TIMEOUT_MS } = question
    const outcome = await link.call({ method, path, ...(body && { body }) }, timeoutMs)
    if (need && isRouteMissing(outcome)) {
      const reason = await versions.lacks(need)
      if (reason !== undefined) return toAnswer(reject('unsupported', reason))
    }
    if (question.absent && outcome.type === 'answered' && outcome.status >= 400) {
      if (question.absent.test(outcome.body)) return toAnswer(reject('gone', 'there is none'))
    }
    const verdict = judge(outcome, clock.now(), { judge: judgeResults })
    return verdict.end === 'sent' ? { ok: true, value: undefined } : toAnswer(verdict, !question.once)
  }
  return {
    async ask(question, schema) {
      let read: { value: z.output<typeof schema> } | undefined
      const answer = await exchange(question, (results, code) => {
        const parsed = code === 'SUCCESS' ? schema.safeParse(results) : undefined
        if (!parsed?.success) return UNREADABLE
        read = { value: parsed.data }
        return { end: 'sent' }
      })
      if (!answer.ok) return answer
      return read ? { ok: true, value: read.value } : toAnswer(UNREADABLE)
    },
    tell: (question) => exchange(question, succeeded),
  }
}

/** Asking sends nothing, so this is known to be GOWA's fault; it may pass. */
const UNREADABLE = {
  end: 'unknown',
  code: 'gateway-bug',
  reason: 'GOWA sent an answer that cannot be read',
} as const

/** An answer that is known without asking. */
export const refuse = (code: RejectCode, reason: string): Answer<never> => toAnswer(reject(code, reason))
export const given = <T>(value: T): Answer<T> => ({ ok: true, value })

/** `{data:[…]}` or the bare list; GOWA writes `null` for an empty one. */
export const listOf = z
  .union([z.array(z.unknown()), z.null(), z.object({ data: z.array(z.unknown()).nullable() })])
  .transform((value): unknown[] => (Array.isArray(value) ? value : (value?.data ?? [])))
