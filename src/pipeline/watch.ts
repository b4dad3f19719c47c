import type { GatewayClient } from '../core/gateway.ts'
import type { InstanceId } from '../core/ids.ts'
import type { Clock, Logger, Random } from '../core/ports.ts'
import type { InstanceView } from '../core/turn.ts'
import type { DueLook, WatchStore } from '../core/watch.ts'
import type { Aside } from './aside.ts'
import { judgeLook } from './look.ts'
import type { Outage } from './outage.ts'
import type { Wake } from './wake.ts'

export interface WatchParts {
  store: WatchStore
  /** Read at every look, so that numbers that come and go are watched, and watched no more. */
  instances: ReadonlyMap<InstanceId, Pick<InstanceView, 'capabilities'>>
  clients: ReadonlyMap<InstanceId, GatewayClient>
  /** Time between two looks at a number whose gateway tells nothing by itself (ms). */
  everyMs: number
  clock: Clock
  random: Random
  log: Logger
  outage: Outage
  wake: Wake
  /** A look has ended. */
  nudge(): void
}

/** Gateways asked at once. */
const SLOTS = 32
/** Longer than any gateway takes to answer (ms): then another node may ask. */
const LEASE_MS = 60_000
/** A look this long overdue was nobody's (ms): how the number was meanwhile is unknown. */
const BLIND_MS = 120_000

/** Asks gateways how their numbers are connected, and writes down what they say. */
export function createWatch(parts: WatchParts): Aside {
  const { store, clock, log } = parts
  const running = new Map<InstanceId, Promise<void>>()
  const askable = () =>
    [...parts.clients].flatMap(([id, client]) => (client.status && parts.instances.has(id) ? [id] : []))

  async function nextDue(): Promise<number | undefined> {
    return store.nextLook(askable().filter((id) => !running.has(id)))
  }

  async function work(): Promise<'rest' | 'full'> {
    const limit = SLOTS - running.size
    const due = await nextDue()
    if (due === undefined || due > clock.now()) return 'rest'
    if (limit <= 0) return 'full'
    const numbers = askable()
      .filter((id) => !running.has(id))
      .map((instance) => ({ instance, firstAt: clock.now() }))
    const looks = await store.claimLooks({ numbers, limit, leaseMs: LEASE_MS })
    for (const look of looks) {
      const task = perform(look)
        .catch((err: unknown) => {
          if (!parts.outage.noted(err))
            log.error({ err, instance: look.instance }, 'a look at a gateway could not be recorded')
        })
        .finally(() => {
          running.delete(look.instance)
          parts.nudge()
        })
      running.set(look.instance, task)
    }
    return looks.length === limit ? 'full' : 'rest'
  }

  async function perform({ instance, dueAt, failures }: DueLook): Promise<void> {
    const askedAt = clock.now()
    const answer = await ask(instance)
    const told = parts.instances.get(instance)?.capabilities.has('connection-events') ?? false
    const { everyMs, random } = parts
    const verdict = judgeLook(answer, { failures, everyMs, told, random })
    const changed = await store.recordLook({
      instance,
      askedAt,
      failures: verdict.failures,
      nextAt: clock.now() + verdict.waitMs,
      ...(verdict.report && { report: verdict.report }),
      ...(askedAt - dueAt > BLIND_MS && { blindSince: dueAt }),
    })
    if (!changed) return
    log.info({ instance, state: verdict.report?.state ?? 'unknown' }, 'the connection of a number changed')
    parts.wake(['outbox'], [instance])
  }

  async function ask(instance: InstanceId) {
    try {
      const answer = await parts.clients.get(instance)?.status?.()
      return answer ?? ({ ok: false, reason: 'this number cannot be asked', retry: false } as const)
    } catch (err) {
      // Clients do not throw; one that does says nothing about its gateway.
      log.error({ err, instance }, 'a gateway client threw')
      return { ok: false, reason: 'a fault in the gateway client', retry: false } as const
    }
  }

  return { work, nextDue, running }
}
