import { HubError } from '../../core/errors.ts'
import type { TimerHandle } from '../../core/ports.ts'
import { stands } from '../auth.ts'
import { streamQuery, streamText } from '../contract/stream.ts'
import type { Api, Edge } from '../edge.ts'
import { createLive, frame, type Listener } from '../live.ts'
import { iso } from '../present.ts'
import { SECURITY_HEADERS } from '../problem.ts'

/** Streams one credential, and one node, may have open. */
const MAX_OF_ONE = 20
const MAX_OF_ALL = 500
/** Bytes that may wait for a reader; a slower one is let go. */
const MAX_WAITING = 256 * 1024
/** How long a client waits before it connects again (ms). */
const RETRY_MS = 2_000
/** How often it is asked whether the credential still stands (ms). */
const RECHECK_MS = 60_000
const CURSOR = /^[0-9]{1,15}$/

/** Everything that happens, as it happens. */
export function streamRoutes(api: Api, edge: Edge): void {
  const { hub, clock, log } = edge
  const live = createLive({ news: hub.news, store: hub.store, clock, log })
  /** Open streams of each credential. */
  const open = new Map<string, number>()

  api.get(
    '/stream',
    {
      schema: {
        querystring: streamQuery,
        produces: ['text/event-stream'],
        response: { 200: streamText },
      },
    },
    async (request, reply) => {
      const { query, principal, raw } = request
      const who = principal.id
      if (edge.isDraining()) throw new HubError('E_STORE_UNAVAILABLE', 'This hub is shutting down.')
      if (live.size >= MAX_OF_ALL || (open.get(who) ?? 0) >= MAX_OF_ONE) {
        throw new HubError(
          'E_TOO_MANY',
          `At most ${MAX_OF_ONE} streams may be open with one credential, and ${MAX_OF_ALL} in all. Close one.`,
          { details: { retryAfterSeconds: 10 } },
        )
      }
      const given = request.headers['last-event-id'] ?? query.after
      const cursor = typeof given === 'string' && CURSOR.test(given) ? Number(given) : undefined

      const res = reply.raw
      let over = false
      const ends: (() => void)[] = []
      const end = (): void => {
        if (over) return
        over = true
        for (const one of ends) one()
      }
      const bye = (reason: 'drain' | 'too-slow' | 'expired'): void => {
        if (over) return
        end()
        res.end(frame('bye', { reason, retryMs: RETRY_MS }, live.cursor))
        // Who does not read is not waited for.
        if (reason === 'too-slow') res.destroy()
      }
      const listener: Listener = {
        instances: query.instance && new Set<string>(query.instance),
        events: query.events,
        take(text) {
          if (over) return
          res.write(text)
          if (res.writableLength > MAX_WAITING) bye('too-slow')
        },
      }

      open.set(who, (open.get(who) ?? 0) + 1)
      ends.push(() => {
        const left = (open.get(who) ?? 1) - 1
        if (left > 0) open.set(who, left)
        else open.delete(who)
      })
      res.on('close', end)
      try {
        const missed = cursor === undefined ? [] : await live.missed(cursor, listener)
        const leave = await live.add(listener)
        if (over) return leave()
        ends.push(leave)
        reply.hijack()
        res.writeHead(200, {
          ...SECURITY_HEADERS,
          'Content-Type': 'text/event-stream; charset=utf-8',
          'Cache-Control': 'no-store, no-transform',
          'X-Accel-Buffering': 'no',
        })
        res.write(`retry: ${RETRY_MS}\n`)
        listener.take(frame('hello', { at: iso(clock.now()), retryMs: RETRY_MS }, live.cursor))
        if (missed === undefined) {
          listener.take(frame('reset', { reason: 'more was missed than is sent again' }, live.cursor))
        } else for (const text of missed) listener.take(text)
      } catch (error) {
        end()
        throw error
      }
      ends.push(edge.onDrain(() => bye('drain')))
      let timer: TimerHandle | undefined
      ends.push(() => timer?.cancel())
      const recheck = (): void => {
        if (over) return
        timer = clock.setTimeout(() => {
          stands(request, { access: edge.access, open: edge.isOpen }, 'read').then(
            (still) => (still ? recheck() : bye('expired')),
            // The store is away: whether it stands shows when it is back.
            recheck,
          )
        }, RECHECK_MS)
      }
      recheck()
      raw.socket.setNoDelay(true)
    },
  )
}
