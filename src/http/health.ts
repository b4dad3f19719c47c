import { HubError } from '../core/errors.ts'
import type { Clock } from '../core/ports.ts'
import { principalOfKey } from './auth.ts'
import type { Api, Edge } from './edge.ts'
import { isLocal } from './source.ts'

/** Longest time (ms) the store has to answer a readiness probe. */
const PING_MS = 2000

/** Where the figures come from; the text is Prometheus's. */
export interface MetricsSource {
  render(): Promise<string>
  readonly contentType: string
}

/** `/health` (the process runs), `/ready` (it can take deliveries), `/metrics`. */
export function mountHealth(
  app: Api,
  { hub, clock, access, isDraining }: Edge,
  metrics: MetricsSource,
): void {
  const timestamp = (): string => new Date(clock.now()).toISOString()

  app.get('/health', async () => ({ status: 'healthy', timestamp: timestamp() }))

  app.get('/ready', async () => {
    if (isDraining()) throw new HubError('E_STORE_UNAVAILABLE', 'The hub is shutting down.')
    await within(clock, PING_MS, hub.store.ping())
    return { status: 'ready', timestamp: timestamp() }
  })

  app.get('/metrics', async (request, reply) => {
    if (!isLocal(request.raw)) await principalOfKey(request.raw, access)
    return reply.type(metrics.contentType).send(await metrics.render())
  })
}

/** Any failure of the store, or its silence, means the same to a probe. */
async function within(clock: Clock, ms: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>()
  const unavailable = (cause?: unknown) =>
    new HubError('E_STORE_UNAVAILABLE', 'The store does not answer or cannot commit.', { cause })
  const timer = clock.setTimeout(() => late.reject(unavailable()), ms)
  try {
    await Promise.race([work, late.promise])
  } catch (error) {
    throw unavailable(error)
  } finally {
    timer.cancel()
  }
}
