import { lookup as lookUpName } from 'node:dns'
import type { LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { Agent, request } from 'undici'
import { type FetchBytes, type FetchedBytes, TooManyBytes } from '../core/media.ts'
import type { Clock } from '../core/ports.ts'
import { retryAfterMs } from '../core/retry-after.ts'

const CONNECT_TIMEOUT_MS = 10_000
const KEEP_ALIVE_MS = 2_000
const CONNECTIONS_PER_ORIGIN = 8

export interface FetchBytesParts {
  clock: Clock
  /** For tests that need names to mean something else. */
  lookup?: typeof lookUpName
}

/**
 * A {@link FetchBytes}. For `public` addresses both what is written in the URL and everything its name stands
 * for must be public; the connection goes to the very address that was judged, so a name that changes its
 * meaning in between gains nothing.
 */
export function createFetchBytes(parts: FetchBytesParts): { fetch: FetchBytes; close(): Promise<void> } {
  const common = {
    connections: CONNECTIONS_PER_ORIGIN,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    // The timer of each exchange bounds these too.
    headersTimeout: 0,
    bodyTimeout: 0,
    allowH2: false,
  }
  const agents = {
    gateway: new Agent({ ...common, connect: { timeout: CONNECT_TIMEOUT_MS } }),
    public: new Agent({
      ...common,
      connect: { timeout: CONNECT_TIMEOUT_MS, lookup: publicOnly(parts.lookup ?? lookUpName) },
    }),
  }
  return {
    async fetch({ url: text, headers = {}, timeoutMs, maxBytes, reach }) {
      const url = URL.parse(text)
      if (url === null || !/^https?:$/.test(url.protocol)) return forbidden('it lies at no http(s) address')
      if (url.username !== '' || url.password !== '') return forbidden('its address holds a user name')
      if (reach === 'public' && !isPublicHost(url.hostname)) return forbidden(NOT_PUBLIC)
      const control = new AbortController()
      const timer = parts.clock.setTimeout(() => control.abort(new Error('too late')), timeoutMs)
      const end = () => {
        timer.cancel()
        control.abort()
      }
      try {
        const answer = await request(url, {
          dispatcher: agents[reach],
          method: 'GET',
          headers: { ...headers, 'accept-encoding': 'identity' },
          signal: control.signal,
        })
        const { statusCode, headers: received, body } = answer
        // An abandoned body ends with an error nobody waits for.
        body.on('error', () => {})
        if (statusCode !== 200) {
          end()
          const [asked] = [received['retry-after']].flat()
          const afterMs = retryAfterMs(asked, parts.clock.now())
          return { type: 'refused', status: statusCode, ...(afterMs !== undefined && { afterMs }) }
        }
        const encoding = received['content-encoding'] ?? 'identity'
        if (encoding !== 'identity') {
          end()
          return { type: 'failed', reason: 'it came compressed' }
        }
        return { type: 'bytes', chunks: limited(body, Number(received['content-length']), maxBytes, end) }
      } catch (error) {
        end()
        if (error instanceof Error && error.message.includes(NOT_PUBLIC)) return forbidden(NOT_PUBLIC)
        return { type: 'failed', reason: 'its host could not be reached, or gave no complete answer' }
      }
    },
    async close() {
      await Promise.all([agents.gateway.destroy(), agents.public.destroy()])
    },
  }
}

const NOT_PUBLIC = 'it lies at an address that is not public'
const forbidden = (reason: string): FetchedBytes => ({ type: 'failed', reason, forbidden: true })

async function* limited(
  body: AsyncIterable<Uint8Array>,
  declared: number,
  maxBytes: number,
  end: () => void,
): AsyncGenerator<Uint8Array> {
  let bytes = 0
  try {
    if (declared > maxBytes) throw new TooManyBytes(maxBytes)
    for await (const chunk of body) {
      bytes += chunk.length
      if (bytes > maxBytes) throw new TooManyBytes(maxBytes)
      yield chunk
    }
  } finally {
    end()
  }
}

/** A host as a URL has it: a name (judged when it is looked up), or a literal address, which must be public. */
function isPublicHost(hostname: string): boolean {
  const literal = hostname.replace(/^\[|\]$/g, '')
  if (ipaddr.isValid(literal)) return isPublic(literal)
  return !/^(localhost|.*\.localhost|.*\.local|.*\.internal)\.?$/i.test(hostname)
}

/** Also sees through IPv4 addresses that are written as IPv6 ones. */
const isPublic = (address: string): boolean =>
  ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast'

/** A name is refused when any of its addresses is not public. */
const publicOnly =
  (lookup: typeof lookUpName): LookupFunction =>
  (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      const first = found?.[0]
      if (error) return callback(error, '', 0)
      if (!first || !found.every(({ address }) => isPublic(address))) {
        return callback(new Error(NOT_PUBLIC), '', 0)
      }
      if (options.all) return callback(null, found)
      callback(null, first.address, first.family)
    })
  }
