import type { Clock, Logger, TimerHandle } from '../core/ports.ts'
import type { ClusterStore, NodeRow, Store } from '../core/store.ts'
import type { Outage } from './outage.ts'
import type { Wake } from './wake.ts'

export interface PulseParts {
  store: Pick<ClusterStore, 'shared' | 'heartbeat' | 'bury' | 'leave'> & Pick<Store, 'mark'>
  node: Omit<NodeRow, 'seenAt'>
  clock: Clock
  log: Logger
  outage: Outage
  wake: Wake
}

const BEAT_MS = 2_000
/** A node that was silent for this long is given up (ms). */
const SILENCE_MS = 6_000
/** An older copy of the database that is put back is recognised if it is older than this (ms). */
const MARK_EVERY_MS = 60_000

/**
 * This node's sign of life, and its eye on the others. Who judges must have been heard all the time itself: a
 * node that was cut off, stopped or behind a database that was away would else find everybody silent but
 * itself, and take from the living what they are sending. Every node also marks how far the database has come,
 * whatever its roles; alone it does only that.
 */
export function createPulse({ store, node, clock, log, outage, wake }: PulseParts) {
  let timer: TimerHandle | undefined
  let running: Promise<void> = Promise.resolve()
  let stopped = false
  /** The beats since then all came, and in time (monotonic ms). */
  let soundSince: number | undefined
  let lastBeat = 0
  let markedAt = clock.monotonic()

  async function beat(): Promise<void> {
    const begun = clock.monotonic()
    try {
      if (store.shared) await live(begun)
      if (begun - markedAt >= MARK_EVERY_MS) {
        markedAt = begun
        await store.mark()
      }
    } catch (err) {
      if (!outage.noted(err))
        log.error({ err }, 'the database could not be marked; a minute later it is tried again')
    }
  }

  async function live(begun: number): Promise<void> {
    try {
      await store.heartbeat(node)
      outage.worked(begun)
      const now = clock.monotonic()
      if (soundSince === undefined || now - lastBeat > 2 * BEAT_MS) soundSince = now
      lastBeat = now
      if (now - soundSince >= SILENCE_MS) await bury()
    } catch (err) {
      soundSince = undefined
      if (!outage.noted(err)) log.warn({ err }, 'this node could not give a sign of life')
    }
  }

  async function bury(): Promise<void> {
    const gone = await store.bury(SILENCE_MS)
    for (const { id, host, roles, seenAt } of gone) {
      log.warn(
        { node: id, host, roles, silentMs: clock.now() - seenAt },
        'a node fell silent; its chats are taken over, and what it was sending is unknown',
      )
    }
    if (gone.length > 0) wake(['lanes', 'outbox', 'searches'])
  }

  function next(): void {
    if (stopped) return
    const wait = store.shared ? BEAT_MS : MARK_EVERY_MS
    timer = clock.setTimeout(() => {
      running = beat().finally(next)
    }, wait)
  }

  return {
    /** The first sign of life. @throws E_STORE_UNAVAILABLE */
    async start(): Promise<void> {
      await store.heartbeat(node)
      soundSince = lastBeat = clock.monotonic()
      next()
    },
    /** After everything else of the node has ended. */
    async stop(): Promise<void> {
      stopped = true
      timer?.cancel()
      await running
      await store.leave(node.id).catch((err: unknown) => {
        log.warn({ err }, 'this node could not say goodbye; the others will notice its silence')
      })
    },
  }
}
