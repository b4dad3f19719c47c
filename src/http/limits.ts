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

/**
 * A bucket of tokens per name, filled at `perSecond` up to one second's worth. Names come from the
 * configuration, so the table needs no other bound. Times are monotonic ms.
 */
export class RateLimiter {
  readonly #buckets = new Map<string, { tokens: number; at: number }>()

  /** Seconds until a token is there; 0 when there is one now. Takes nothing. */
  wait(name: string, perSecond: number, now: number): number {
    const { tokens } = this.#bucket(name, perSecond, now)
    return tokens >= 1 ? 0 : Math.max(1, Math.ceil((1 - tokens) / perSecond))
  }

  /** Takes a token if there is one; else answers as {@link wait}. */
  take(name: string, perSecond: number, now: number): number {
    const seconds = this.wait(name, perSecond, now)
    if (seconds === 0) this.#bucket(name, perSecond, now).tokens -= 1
    return seconds
  }

  /** Puts back what a request took that turned out not to count. */
  giveBack(name: string): void {
    const bucket = this.#buckets.get(name)
    if (bucket) bucket.tokens += 1
  }

  #bucket(name: string, perSecond: number, now: number): { tokens: number; at: number } {
    const full = Math.max(1, perSecond)
    let bucket = this.#buckets.get(name)
    if (bucket === undefined) {
      bucket = { tokens: full, at: now }
      this.#buckets.set(name, bucket)
    } else {
      bucket.tokens = Math.min(full, bucket.tokens + ((now - bucket.at) / 1000) * perSecond)
      bucket.at = now
    }
    return bucket
  }
}
