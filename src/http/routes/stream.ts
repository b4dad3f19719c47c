import { HubError } from '../../core/errors.ts'
import type { TimerHandle } from '../../core/ports.ts'
import { stands } from '../auth.ts'
import { type StreamMessages, streamQuery, streamText } from '../contract/stream.ts'
import type { Api, Edge } from '../edge.ts'
import { createLive, frame } from '../live.ts'
import { iso } from '../present.ts'
import { SECURITY_HEADERS } from '../problem.ts'
import { createReader } from '../reader.ts'

/** Streams one credential, and one node, may have open. */
const MAX_OF_ONE = 20
const MAX_OF_ALL = 500
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

  function enter(who: string): () => void {
    if (live.size >= MAX_OF_ALL || (open.get(who) ?? 0) >= MAX_OF_ONE) {
      throw new HubError(
        'E_TOO_MANY',
        `At most ${MAX_OF_ONE} streams may be open with one credential, and ${MAX_OF_ALL} in all. Close one.`,
        { details: { retryAfterSeconds: 10 } },
      )
    }
    open.set(who, (open.get(who) ?? 0) + 1)
    return () => {
      const left = (open.get(who) ?? 1) - 1
      if (left > 0) open.set(who, left)
      else open.delete(who)
    }
  }

  const bye = (reason: StreamMessages['bye']['reason']): string =>
    frame('bye', { reason, retryMs: RETRY_MS }, live.cursor)

  api.get(
    '/stream',
    {
      schema: { querystring: streamQuery, produces: ['text/event-stream'], response: { 200: streamText } },
    },
    async (request, reply) => {
      if (edge.isDraining()) throw new HubError('E_STORE_UNAVAILABLE', 'This hub is shutting down.')
      const { query, principal } = request
      const given = request.headers['last-event-id'] ?? query.after
      const cursor = typeof given === 'string' && CURSOR.test(given) ? Number(given) : undefined

      const ends = [enter(principal.id)]
      const reader = createReader(
        reply.raw,
        () => bye('too-slow'),
        () => {
          for (const end of ends) end()
        },
      )
      const listener = {
        instances: query.instance && new Set<string>(query.instance),
        events: query.events,
        take: reader.take,
      }
      // Whatever fails from here on is answered, and the end of that answer ends the rest.
      const missed = cursor === undefined ? [] : await live.missed(cursor, listener)
      const leave = await live.add(listener)
      if (reader.isOver) return leave()
      ends.push(leave)
      ends.push(edge.onDrain(() => reader.leave(bye('drain'))))
      let timer: TimerHandle | undefined
      ends.push(() => timer?.cancel())
      const recheck = (): void => {
        if (reader.isOver) return
        timer = clock.setTimeout(() => {
          stands(request, { access: edge.access, open: edge.isOpen }, 'read').then(
            (still) => (still ? recheck() : reader.leave(bye('expired'))),
            // The store is away: whether it stands shows when it is back.
            recheck,
          )
        }, RECHECK_MS)
      }
      recheck()

      reply.hijack()
      reply.raw.writeHead(200, {
        ...SECURITY_HEADERS,
        'Content-Type': 'text/event-stream; charset=utf-8',
        'Cache-Control': 'no-store, no-transform',
        'X-Accel-Buffering': 'no',
      })
      const hello = frame('hello', { at: iso(clock.now()), retryMs: RETRY_MS }, live.cursor)
      reader.take(`retry: ${RETRY_MS}\n${hello}`)
      for (const text of missed ?? [
        frame('reset', { reason: 'more was missed than is sent again' }, live.cursor),
      ])
        reader.take(text)
    },
  )
}
