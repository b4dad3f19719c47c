import { Webhook } from 'standardwebhooks'
import type { AlertLanguage, AlertNews, AlertNow } from '../core/alerts.ts'
import { publicId } from '../core/ids.ts'
import type { Clock, HttpClient } from '../core/ports.ts'
import { retryAfterMs } from '../core/retry-after.ts'
import { headline, testLetter } from './words.ts'

/** How an attempt to tell somebody ended. `reason` is safe to show. */
export type Told = { ok: true } | { ok: false; reason: string; afterMs?: number }

/** For the whole exchange (ms). */
const TIMEOUT_MS = 15_000

/** What is posted: the form of Standard Webhooks. */
export interface WebhookMessage {
  type: `alert.${AlertNews | 'test'}`
  timestamp: string
  data: object
}

/** Posts signed messages to the operator's endpoint. */
export function createWebhook({
  url,
  secret,
  http,
  clock,
}: {
  url: string
  secret: string
  http: HttpClient
  clock: Clock
}) {
  const signer = new Webhook(secret)
  /** @param id the same for every try of one message */
  return async (id: string, message: WebhookMessage): Promise<Told> => {
    const body = JSON.stringify(message)
    const at = new Date(clock.now())
    const outcome = await http({
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Pombo',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': signer.sign(id, at, body),
      },
      body,
      timeoutMs: TIMEOUT_MS,
    })
    if (outcome.type !== 'answered') return { ok: false, reason: `no answer: ${outcome.reason}` }
    if (outcome.status >= 200 && outcome.status < 300) return { ok: true }
    const afterMs = retryAfterMs(outcome.headers['retry-after'], clock.now())
    return { ok: false, reason: `it answered ${outcome.status}`, ...(afterMs !== undefined && { afterMs }) }
  }
}

const iso = (ms: number): string => new Date(ms).toISOString()

export function alertMessage(alert: AlertNow, news: AlertNews, language: AlertLanguage): WebhookMessage {
  const { id, kind, instance, since, openedAt, changedAt, resolvedAt, times, details } = alert
  return {
    type: `alert.${news}`,
    timestamp: iso(changedAt),
    data: {
      id: publicId('alr', id),
      kind,
      ...(instance !== undefined && { instance }),
      text: headline(alert, news, language),
      since: iso(since),
      openedAt: iso(openedAt),
      ...(resolvedAt !== undefined && { resolvedAt: iso(resolvedAt) }),
      times,
      ...details,
    },
  }
}

export const testMessage = (language: AlertLanguage, now: number): WebhookMessage => ({
  type: 'alert.test',
  timestamp: iso(now),
  data: { text: testLetter(language).text.split('\n')[0] ?? '' },
})
