import type { Capability, GatewayClient } from '../core/gateway.ts'
import type { InstanceId } from '../core/ids.ts'
import type { Clock, Logger, Metrics, Random } from '../core/ports.ts'
import type { Finding, Store, UnknownSend } from '../core/store.ts'
import { adapt } from './fallback.ts'
import { settledWithin } from './grace.ts'
import { Loop } from './loop.ts'
import type { Outage } from './outage.ts'
import { retryAt, SEND_RETRY } from './retry.ts'
import { BETWEEN_SEARCHES_MS, provableFrom, searchByLikeness, searchByReference } from './search.ts'
import type { Wake } from './wake.ts'

export interface ReconcileParts {
  store: Pick<Store, 'claimUnknown' | 'conclude' | 'nextDue'>
  clients: ReadonlyMap<InstanceId, GatewayClient>
  capabilities: ReadonlyMap<InstanceId, ReadonlySet<Capability>>
  clock: Clock
  random: Random
  log: Logger
  metrics: Metrics
  referencePrefix: string
  outage: Outage
  wake: Wake
}

/** Looks under way at once. */
const SLOTS = 16
/** Longer than any look: a status and a few searches, each within its client's own limit (ms). */
const LEASE_MS = 3 * 60_000
/** While nothing but a reference can prove anything, it is looked for this often (ms). */
const EARLY_MS = 10_000
/** Then a person has long decided, or a receipt brings it up again (ms). */
const GIVE_UP_MS = 3_600_000
const MAX_SLEEP_MS = 1_000

/**
 * Finds out what became of sends nobody knows the end of. It asks and never sends: a send is settled when
 * the gateway's own records prove how it ended, and waits for a person when they do not.
 */
export function createReconciler(parts: ReconcileParts) {
  const { store, clock, log, metrics } = parts
  const running = new Set<Promise<void>>()

  const loop = new Loop({
    name: 'reconcile',
    clock,
    log,
    outage: parts.outage,
    maxSleepMs: MAX_SLEEP_MS,
    nextDue: () => store.nextDue('searches'),
    async work() {
      const limit = SLOTS - running.size
      if (limit <= 0) return 'full'
      const due = await store.nextDue('searches')
      if (due === undefined || due > clock.now()) return 'rest'
      const sends = await store.claimUnknown({ limit, leaseMs: LEASE_MS })
      for (const send of sends) start(send)
      return sends.length === limit ? 'again' : 'rest'
    },
  })

  function start(send: UnknownSend): void {
    const about = { command: send.id, instance: send.instance }
    const task = look(send)
      .catch((err) => {
        if (!parts.outage.noted(err)) log.error({ ...about, err }, 'an unknown send could not be looked for')
      })
      .finally(() => {
        running.delete(task)
        loop.nudge()
      })
    running.add(task)
  }

  async function look(send: UnknownSend): Promise<void> {
    const client = parts.clients.get(send.instance)
    const adapted = adapt(send.command, parts.capabilities.get(send.instance) ?? new Set())
    const said = adapted.ok ? adapted.command : send.command
    const finding = client ? await ask(client, send, said) : NOTHING
    const notBefore = provableFrom(send, client?.sendTimeoutMs ?? 0)
    const end = await store.conclude({
      send: {
        id: send.id,
        chat: send.chat,
        instance: send.instance,
        attempt: send.attempt,
        sentAt: send.sentAt,
      },
      finding,
      said,
      again: client?.search ? nextLook(send, notBefore, finding) : null,
      notBefore,
    })
    metrics.count('pombo_searches_total', { instance: send.instance, end })
    if (end === 'open') return
    log.info({ command: send.id, instance: send.instance, end }, 'an unknown send was settled')
    // Its chat may go on, events may have waited for its message, and it may prove two contacts one.
    parts.wake(['outbox', 'lanes', 'timers'], [send.instance])
  }

  async function ask(
    client: GatewayClient,
    send: UnknownSend,
    said: UnknownSend['command'],
  ): Promise<Finding> {
    if (!client.search) return NOTHING
    const search = { client, send, said, reference: parts.referencePrefix + send.id, now: clock.now() }
    const finding = parts.capabilities.get(send.instance)?.has('references')
      ? await searchByReference(search)
      : await searchByLikeness(search)
    return finding.type === 'not-sent'
      ? { ...finding, retryAt: retryAt(SEND_RETRY, send.attempt, clock.now(), parts.random) }
      : finding
  }

  /** When to look again if this look settles nothing. */
  function nextLook(send: UnknownSend, notBefore: number, finding: Finding): number | null {
    const now = clock.now()
    // On its way to a proof, however long this hub was down in between.
    if (finding.type === 'nothing' && finding.absences > send.absences) return now + BETWEEN_SEARCHES_MS
    const references = parts.capabilities.get(send.instance)?.has('references') ?? false
    if (now < notBefore) return references ? Math.min(now + EARLY_MS, notBefore) : notBefore
    // Absence proves nothing here, so a second look is for a record that was written late.
    const until = references ? send.unknownAt + GIVE_UP_MS : notBefore + BETWEEN_SEARCHES_MS
    return now < until ? now + BETWEEN_SEARCHES_MS : null
  }

  return {
    start: () => loop.start(),
    nudge: () => loop.nudge(),
    get resting() {
      return loop.resting && running.size === 0
    },
    async stop(graceMs: number): Promise<void> {
      await loop.stop()
      await settledWithin(clock, running, graceMs)
    },
  }
}

const NOTHING: Finding = { type: 'nothing', absences: 0 }
