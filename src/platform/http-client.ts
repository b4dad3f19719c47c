import { Agent, type Dispatcher } from 'undici'
import type { Clock, HttpClient, HttpOutcome, HttpRequest } from '../core/ports.ts'

/** Largest response body (bytes) that is read; more than that is no answer. */
export const MAX_RESPONSE_BYTES = 8 * 1024 * 1024

/**
 * How long (ms) an idle connection is kept for the next request. Shorter than any common server keeps its
 * side, so that a request is not written onto a connection the server is just closing: that would be an
 * unknown send for no reason.
 */
const KEEP_ALIVE_MS = 2_000
const CONNECT_TIMEOUT_MS = 10_000
const CONNECTIONS_PER_ORIGIN = 64

export interface HttpClientParts {
  clock: Clock
  /** For tests that shorten it (ms). */
  connectTimeoutMs?: number
}

/**
 * An {@link HttpClient} over pools of kept-alive connections. Redirects are not followed, responses are read
 * up to {@link MAX_RESPONSE_BYTES}, `timeoutMs` bounds the whole exchange.
 *
 * `not-sent` rests on one fact: the request never reached a connection that was open, TLS included. From the
 * moment it is given to one, everything but a complete answer is `unanswered`.
 * `close` ends every connection and takes no new requests; an exchange under way ends as its progress says.
 */
export function createHttpClient(parts: HttpClientParts): { request: HttpClient; close(): Promise<void> } {
  const agent = new Agent({
    connections: CONNECTIONS_PER_ORIGIN,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    connect: { timeout: parts.connectTimeoutMs ?? CONNECT_TIMEOUT_MS },
    // The timer of each exchange bounds these too.
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
  })
  return {
    request: (request) => new Promise((resolve) => exchange(agent, parts.clock, request, resolve)),
    close: () => agent.destroy(),
  }
}

function exchange(
  agent: Dispatcher,
  clock: Clock,
  request: HttpRequest,
  resolve: (outcome: HttpOutcome) => void,
): void {
  let open: Dispatcher.DispatchController | undefined
  let ended = false
  let status = 0
  let headers: Record<string, string | undefined> = {}
  const chunks: Buffer[] = []
  let bytes = 0

  const end = (outcome: HttpOutcome) => {
    if (ended) return
    ended = true
    timer.cancel()
    resolve(outcome)
  }
  const fail = (reason: string) => {
    if (ended) return
    end({ type: open === undefined ? 'not-sent' : 'unanswered', reason })
    open?.abort(new Error(reason))
  }
  const timer = clock.setTimeout(
    () => fail(`no complete answer within ${request.timeoutMs} ms`),
    request.timeoutMs,
  )

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(controller) {
      // Given up while it waited for a connection: it was told `not-sent`, so it must not leave now.
      if (ended) return controller.abort(new Error('given up before it was sent'))
      open = controller
    },
    onResponseStart(_controller, statusCode, received) {
      status = statusCode
      headers = Object.fromEntries(
        Object.entries(received).map(([name, value]) => [
          name.toLowerCase(),
          Array.isArray(value) ? value.join(', ') : value,
        ]),
      )
    },
    onResponseData(_controller, chunk) {
      bytes += chunk.length
      if (bytes > MAX_RESPONSE_BYTES) fail(`the answer is larger than ${MAX_RESPONSE_BYTES} bytes`)
      else chunks.push(chunk)
    },
    onResponseEnd() {
      end({ type: 'answered', status, headers, body: Buffer.concat(chunks).toString('utf8') })
    },
    onResponseError(_controller, error) {
      fail(reasonOf(error))
    },
  }

  try {
    const url = new URL(request.url)
    agent.dispatch(
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method: request.method,
        headers: request.headers ?? {},
        body: request.body ?? null,
      },
      handler,
    )
  } catch (error) {
    fail(reasonOf(error))
  }
}

const REASONS: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'host name could not be looked up now',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection closed while sending',
  UND_ERR_CONNECT_TIMEOUT: 'could not connect in time',
  UND_ERR_SOCKET: 'connection closed before a complete answer',
  ERR_INVALID_URL: 'not a URL',
}

/** Safe to log and to show: an error's own text may quote the URL, its code does not. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown fault'
  return code in REASONS ? `${REASONS[code]} (${code})` : code
}
