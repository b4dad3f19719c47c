import type { InstanceId } from '../core/ids.ts'
import type { Clock } from '../core/ports.ts'
import type { ClusterStore } from '../core/store.ts'

const FAILURE_WINDOW_MS = 60_000
const MAX_SOURCES = 10_000

/**
 * Counts failed authentications per source and minute. Bounded: past `maxSources` the source whose minute
 * began first is forgotten. Nothing runs on its own; a source that stays away costs one entry at most.
 */
export class FailureCounter {
  readonly #perMinute: number
  readonly #maxSources: number
  /** In order of `since`: an entry is put last again whenever its minute begins anew. */
  readonly #sources = new Map<string, { since: number; count: number }>()

  constructor(perMinute: number, maxSources = MAX_SOURCES) {
    this.#perMinute = perMinute
    this.#maxSources = maxSources
  }

  /**
   * Records one failure.
   * @param now monotonic ms
   * @returns how many in this minute, and the seconds to wait once that is over the limit (else 0)
   */
  add(source: string, now: number): { count: number; waitSeconds: number } {
    let entry = this.#sources.get(source)
    if (entry === undefined || now - entry.since >= FAILURE_WINDOW_MS) {
      this.#sources.delete(source)
      entry = { since: now, count: 0 }
      this.#sources.set(source, entry)
      if (this.#sources.size > this.#maxSources) this.#forgetOldest()
    }
    entry.count += 1
    const left = Math.max(1, Math.ceil((entry.since + FAILURE_WINDOW_MS - now) / 1000))
    return { count: entry.count, waitSeconds: entry.count > this.#perMinute ? left : 0 }
  }

  get size(): number {
    return this.#sources.size
  }

  #forgetOldest(): void {
    for (const oldest of this.#sources.keys()) {
      this.#sources.delete(oldest)
      return
    }
  }
}

/** How long (ms) a share that was granted may lie unused before it counts for nothing. */
const SHARE_MS = 1000
/** After an empty bucket it is not asked again for at least, and at most, this long (ms). */
const LEAST_PAUSE_MS = 100
const MOST_PAUSE_MS = 1000
/** A store that has not granted anything by then (ms) is not waited for. */
const GRANT_MS = 1000

interface Share {
  tokens: number
  /** When `tokens` lapse (monotonic ms). */
  until: number
  /** Before this the bucket is known to be empty (monotonic ms). */
  emptyUntil: number
  asking: Promise<void> | undefined
}

/**
 * This node's part of what each number may receive. The bucket itself is the store's, so that the limit holds
 * over all nodes; a tenth of a second's worth is fetched at a time, so that a delivery rarely waits for it.
 * Names come from the configuration, so the table needs no other bound.
 */
export class Allowance {
  readonly #store: Pick<ClusterStore, 'grantDeliveries'>
  readonly #clock: Clock
  readonly #shares = new Map<InstanceId, Share>()

  constructor(store: Pick<ClusterStore, 'grantDeliveries'>, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** Whether the bucket was just found empty. Takes nothing, asks nobody. */
  isEmpty(instance: InstanceId): boolean {
    const share = this.#shares.get(instance)
    if (share === undefined) return false
    const now = this.#clock.monotonic()
    return now < share.emptyUntil && !(share.tokens > 0 && now < share.until)
  }

  /**
   * Takes one delivery of what the number may receive. True when it may be accepted; also when the store cannot
   * say so, because then it will not accept the delivery either, and that is the answer that helps.
   */
  async take(instance: InstanceId, perSecond: number): Promise<boolean> {
    let share = this.#shares.get(instance)
    if (share === undefined) {
      share = { tokens: 0, until: 0, emptyUntil: Number.NEGATIVE_INFINITY, asking: undefined }
      this.#shares.set(instance, share)
    }
    for (;;) {
      const now = this.#clock.monotonic()
      if (now >= share.until) share.tokens = 0
      if (share.tokens > 0) {
        share.tokens -= 1
        return true
      }
      if (now < share.emptyUntil) return false
      share.asking ??= this.#ask(instance, perSecond, share)
      await share.asking
    }
  }

  /** Never rejects. */
  async #ask(instance: InstanceId, perSecond: number, share: Share): Promise<void> {
    const block = Math.max(1, Math.ceil(perSecond / 10))
    const late = Promise.withResolvers<number>()
    const timer = this.#clock.setTimeout(() => late.resolve(block), GRANT_MS)
    const granted = this.#store.grantDeliveries(instance, perSecond, block).catch(() => block)
    const tokens = await Promise.race([granted, late.promise])
    timer.cancel()
    const now = this.#clock.monotonic()
    share.tokens = tokens
    share.until = now + SHARE_MS
    if (tokens === 0)
      share.emptyUntil = now + Math.min(Math.max(1000 / perSecond, LEAST_PAUSE_MS), MOST_PAUSE_MS)
    share.asking = undefined
  }
}
