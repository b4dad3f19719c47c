import {
  BrokenCircuitError,
  ConsecutiveBreaker,
  circuitBreaker,
  handleAll,
  TaskCancelledError,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel'
import { z } from 'zod'
import { Cache } from './cache.ts'

export interface TranslatorOptions {
  /** Of the service: `POST /translate`. */
  url: string
  /** How long one request may take (ms). */
  timeoutMs?: number
  /** After this many failures in a row nobody asks the service for `pauseMs`. */
  failures?: number
  /** Then one request is let through; if it works, all are. */
  pauseMs?: number
  /** How many translations are remembered, and how long (ms). */
  cacheSize?: number
  cacheMs?: number
}

/** What came of it. Plain JSON, so that a durable step can keep it. */
export type Translation =
  | { type: 'translated'; text: string }
  /** The service will not translate this text, now or later. */
  | { type: 'refused' }
  | { type: 'unavailable'; why: 'too slow' | 'failing' | 'paused' }

export interface Translator {
  /** Never throws: whatever the service does is an answer. */
  translate(text: string, to: string, signal?: AbortSignal): Promise<Translation>
}

/** An answer larger than this (bytes) is none. */
const MAX_ANSWER = 64 * 1024
const answer = z.object({ translation: z.string().min(1).max(10_000) })

export function createTranslator(options: TranslatorOptions): Translator {
  const {
    url,
    timeoutMs = 2_000,
    failures = 3,
    pauseMs = 30_000,
    cacheSize = 500,
    cacheMs = 3_600_000,
  } = options
  const cache = new Cache<string>(cacheSize, cacheMs)
  // From the outside in: while it is paused no time is spent on waiting.
  const policy = wrap(
    circuitBreaker(handleAll, { breaker: new ConsecutiveBreaker(failures), halfOpenAfter: pauseMs }),
    timeout(timeoutMs, TimeoutStrategy.Aggressive),
  )

  return {
    async translate(text, to, signal) {
      const key = `${to}:${text}`
      const known = cache.get(key)
      if (known !== undefined) return { type: 'translated', text: known }
      try {
        const found = await policy.execute((context) => ask(url, text, to, context.signal), signal)
        if (found.type === 'translated') cache.set(key, found.text)
        return found
      } catch (error) {
        return { type: 'unavailable', why: reasonOf(error) }
      }
    },
  }
}

/** One request. Throws for whatever may be different the next time. */
async function ask(url: string, text: string, to: string, signal: AbortSignal): Promise<Translation> {
  const response = await fetch(`${url}/translate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text, to }),
    redirect: 'error',
    signal,
  })
  // Our own mistake, not the service's: another try would change nothing, and it is no sign of bad health.
  if (response.status === 400 || response.status === 413 || response.status === 422) {
    await response.body?.cancel()
    return { type: 'refused' }
  }
  if (!response.ok) throw new Error(`status ${response.status}`)
  const { translation } = answer.parse(JSON.parse(await readText(response)))
  return { type: 'translated', text: translation }
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > MAX_ANSWER) throw new Error('the answer is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function reasonOf(error: unknown): 'too slow' | 'failing' | 'paused' {
  if (error instanceof BrokenCircuitError) return 'paused'
  return error instanceof TaskCancelledError ? 'too slow' : 'failing'
}
