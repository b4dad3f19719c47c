import type { MediaConfig } from '../core/config.ts'
import type { GatewayClient } from '../core/gateway.ts'
import type { InstanceId, MessageRowId } from '../core/ids.ts'
import {
  type FetchBytes,
  type FetchedBytes,
  type MediaEnd,
  type MediaLedger,
  type MediaRow,
  type MediaStore,
  type ReceivedMedia,
  TooManyBytes,
  type WantedMedia,
} from '../core/media.ts'
import type { Clock, Logger, Metrics, Random } from '../core/ports.ts'
import type { LaneStore } from '../core/store.ts'
import { settledWithin } from './grace.ts'
import { locateMedia } from './locate-media.ts'
import { Loop } from './loop.ts'
import type { Outage } from './outage.ts'
import { type RetryPolicy, retryAt } from './retry.ts'
import { isPlausible, sniff } from './sniff.ts'
import type { Wake } from './wake.ts'

export interface MediaFetcherParts {
  store: MediaLedger & Pick<LaneStore, 'nextDue'>
  media: MediaStore
  fetch: FetchBytes
  clients: ReadonlyMap<InstanceId, GatewayClient>
  /** Base URL of each number's gateway. */
  baseUrls: ReadonlyMap<InstanceId, string>
  limits: MediaConfig
  clock: Clock
  random: Random
  log: Logger
  metrics: Metrics
  outage: Outage
  wake: Wake
}

/** A gateway that is being restarted, or has not finished its own download (about two hours). */
const MEDIA_RETRY: RetryPolicy = { attempts: 14, firstDelayMs: 5_000, maxDelayMs: 30 * 60_000 }
const MAX_SLEEP_MS = 1_000
const DAY_MS = 86_400_000
/** When a day's limit is reached (ms). */
const OVER_LIMIT_PAUSE_MS = 10 * 60_000
const PRUNE_BATCH = 200

/** Where the bytes are, for one try. */
type Attempt = { end: 'fetched'; received: ReceivedMedia; mime: string } | Miss
type Miss = { end: 'miss'; reason: string; final?: boolean; afterMs?: number; pauseMs?: number }

/**
 * Fetches the media of inbound messages, behind everything else: a webhook is acknowledged and its turn handled
 * long before. Every medium is a row of the store, so nothing is forgotten over a restart, and each try ends:
 * fetched, to be tried again, or failed for good.
 */
export function createMediaFetcher(parts: MediaFetcherParts) {
  const { store, media, limits, clock, random, log, metrics } = parts
  const running = new Set<Promise<void>>()
  const locks = new Map<string, Promise<unknown>>()
  let reserved = 0
  let stopping = false
  let overLimit = false

  const loop = new Loop({
    name: 'media',
    clock,
    log,
    outage: parts.outage,
    maxSleepMs: MAX_SLEEP_MS,
    nextDue: async () => (overLimit ? undefined : store.nextDue('media')),
    async work() {
      const free = limits.concurrency - running.size
      if (free <= 0) return 'full'
      const due = await store.nextDue('media')
      if (due === undefined || due > clock.now()) return 'rest'
      const left = limits.bytesPerDay - (await store.mediaBytesSince(clock.now() - DAY_MS)) - reserved
      overLimit = left <= 0
      if (overLimit) return 'rest'
      const share = Math.min(limits.maxBytes, left)
      // Each reserves what it may take, so that all together keep the day's limit.
      const limit = Math.min(free, Math.max(1, Math.floor(left / share)))
      const leaseMs = 4 * limits.timeoutMs + 120_000
      const wanted = await store.claimMedia({ limit, leaseMs })
      for (const one of wanted) {
        reserved += share
        const run = fetchOne(one, share)
          .catch((err: unknown) => {
            // Cut off by the end of the process, it is fetched after the next start.
            if (!stopping && !parts.outage.noted(err))
              log.error({ err, instance: one.instance }, 'a medium could not be settled')
          })
          .finally(() => {
            reserved -= share
            running.delete(run)
            loop.nudge()
          })
        running.add(run)
      }
      return wanted.length > 0 && wanted.length === limit ? 'again' : 'rest'
    },
  })

  async function fetchOne(wanted: WantedMedia, maxBytes: number): Promise<void> {
    const { message, instance, attempt } = wanted
    const result = await tryOnce(wanted, maxBytes)
    let end: MediaEnd
    if (result.end === 'miss') {
      end = afterMiss(message, attempt, result)
      await store.settleMedia(end)
      if (end.end === 'failed') log.warn({ instance, reason: end.reason }, 'a medium could not be fetched')
    } else {
      const { received, mime } = result
      const { hash, bytes } = received
      end = { message, end: 'fetched', hash, bytes, mime }
      // Not while the same bytes are being removed.
      await alone(hash, async () => {
        await received.keep()
        await store.settleMedia(end)
      }).catch(async (err: unknown) => {
        log.error({ err, instance }, 'the media store does not take a file')
        end = afterMiss(message, attempt, { end: 'miss', reason: 'the media store did not take it' })
        await store.settleMedia(end)
      })
      await received.drop()
    }
    parts.wake([], [instance])
    metrics.count('pombo_media_total', { instance, end: end.end })
  }

  function afterMiss(message: MessageRowId, attempt: number, miss: Miss): MediaEnd {
    const { reason, final, afterMs, pauseMs } = miss
    if (pauseMs !== undefined) return { message, end: 'retry', at: clock.now() + pauseMs, reason }
    const at = final ? null : retryAt(MEDIA_RETRY, attempt, clock.now(), random, afterMs)
    return at === null ? { message, end: 'failed', reason } : { message, end: 'retry', at, reason }
  }

  /** Never throws. */
  async function tryOnce(wanted: WantedMedia, maxBytes: number): Promise<Attempt> {
    const baseUrl = parts.baseUrls.get(wanted.instance)
    if (baseUrl === undefined)
      return { end: 'miss', reason: 'its number is not configured any more', final: true }
    const places = locateMedia(wanted, { baseUrl, client: parts.clients.get(wanted.instance) })
    let miss: Miss = { end: 'miss', reason: 'this gateway does not hand out media', final: true }
    for (const ask of places) {
      const place = await ask()
      if (!place.ok) {
        miss = { end: 'miss', ...place }
        continue
      }
      const fetched =
        place.type === 'bytes'
          ? ({ type: 'bytes', chunks: chunksOf(place.bytes, maxBytes) } satisfies FetchedBytes)
          : await parts.fetch({ ...place, timeoutMs: limits.timeoutMs, maxBytes })
      const attempt = await receive(wanted, fetched, maxBytes)
      if (attempt.end === 'fetched') return attempt
      miss = attempt
    }
    return miss
  }

  async function receive(wanted: WantedMedia, fetched: FetchedBytes, maxBytes: number): Promise<Attempt> {
    if (fetched.type === 'failed') {
      return { end: 'miss', reason: fetched.reason, ...(fetched.forbidden && { final: true }) }
    }
    if (fetched.type === 'refused') {
      const { status, afterMs } = fetched
      const reason = `the gateway answered ${status}`
      return { end: 'miss', reason, final: status === 410, ...(afterMs !== undefined && { afterMs }) }
    }
    let received: ReceivedMedia
    try {
      received = await media.receive(fetched.chunks)
    } catch (error) {
      if (!(error instanceof TooManyBytes)) return { end: 'miss', reason: 'the bytes did not arrive whole' }
      // More than the file's limit is for good; more than the rest of the day comes again.
      return maxBytes < limits.maxBytes
        ? { end: 'miss', reason: 'today’s limit of bytes is reached', pauseMs: OVER_LIMIT_PAUSE_MS }
        : { end: 'miss', reason: `it is larger than ${limits.maxBytes} bytes`, final: true }
    }
    const mime = sniff(received.head)
    const fault =
      received.bytes === 0
        ? 'it is empty'
        : isPlausible(wanted.kind, mime)
          ? undefined
          : `it is ${mime} instead`
    if (fault === undefined) return { end: 'fetched', received, mime }
    await received.drop()
    return { end: 'miss', reason: fault }
  }

  /** Runs tasks of one hash one after the other. */
  async function alone<T>(hash: string, task: () => Promise<T>): Promise<T> {
    const before = locks.get(hash) ?? Promise.resolve()
    const mine = before.then(task, task)
    locks.set(hash, mine)
    try {
      return await mine
    } finally {
      if (locks.get(hash) === mine) locks.delete(hash)
    }
  }

  return {
    start: () => loop.start(),
    nudge: () => loop.nudge(),
    get resting() {
      return loop.resting && running.size === 0
    },
    /** True while the day's limit is reached: what is due waits. */
    get paused() {
      return overLimit
    },
    /** Takes nothing new; waits for what runs, at most `graceMs`. What is cut off is fetched after the next start. */
    async stop(graceMs: number) {
      stopping = true
      await loop.stop()
      await settledWithin(clock, running, graceMs)
    },
    /** Removes what was kept long enough. @returns how many files went */
    async prune(): Promise<number> {
      let removed = 0
      for (;;) {
        const before = clock.now() - limits.keepMs
        const hashes = await store.expireMedia({ before, limit: PRUNE_BATCH })
        for (const hash of hashes) {
          if (stopping) return removed
          await alone(hash, async () => {
            // The same bytes may have come again meanwhile.
            if (!(await store.needsMedia(hash))) await media.remove(hash)
            await store.forgetMedia(hash)
          })
          removed += 1
        }
        if (hashes.length < PRUNE_BATCH) return removed
      }
    },
    /** The medium of a message: what is known, and its bytes if they are there. */
    async open(
      message: MessageRowId,
    ): Promise<{ row: MediaRow; bytes?: AsyncIterable<Uint8Array> } | undefined> {
      const row = await store.getMedia(message)
      const bytes = row?.hash === undefined ? undefined : await media.open(row.hash)
      return row && { row, ...(bytes && { bytes }) }
    },
  }
}
export type MediaFetcher = ReturnType<typeof createMediaFetcher>

async function* chunksOf(bytes: Uint8Array, maxBytes: number): AsyncGenerator<Uint8Array> {
  if (bytes.length > maxBytes) throw new TooManyBytes(maxBytes)
  yield bytes
}
