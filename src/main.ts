import { type LoadedConfig, loadConfig } from './config.ts'
import type { HubConfig, MediaConfig } from './core/config.ts'
import { HubError } from './core/errors.ts'
import type { Clock, Logger } from './core/ports.ts'
import type { Handler } from './core/turn.ts'
import { features } from './features/index.ts'
import { gateways } from './gateways/index.ts'
import { createHttpServer } from './http/server.ts'
import { createHub, type Hub, type HubParts } from './hub.ts'
import { systemClock } from './platform/clock.ts'
import { createFetchBytes } from './platform/fetch-bytes.ts'
import { createHttpClient } from './platform/http-client.ts'
import { createLogger } from './platform/log.ts'
import { openMediaFolder } from './platform/media-folder.ts'
import { openMediaBucket } from './platform/media-s3.ts'
import { createMetrics, type PrometheusMetrics } from './platform/metrics.ts'
import { secretsIn } from './platform/scrub.ts'
import { inspectSqlite, type SqliteInspection } from './storage/sqlite/inspect.ts'
import { migrateSqlite } from './storage/sqlite/open.ts'
import { openSqliteThread } from './storage/sqlite/thread.ts'

/** The only place that picks concrete parts: which store, gateways, features, clock, log and HTTP. */

/** {@link loadConfig} with the gateways and features of this build. */
export const loadHub = (options: {
  file: string | undefined
  cwd: string
  env: Readonly<Record<string, string | undefined>>
}): Promise<LoadedConfig> => loadConfig({ ...options, gateways, features })

export interface ComposeOptions {
  config: HubConfig
  bot?: Handler | undefined
  overrides?: Overrides
}
/** What a demo or a test may choose instead. */
export interface Overrides extends Partial<Omit<HubParts, 'config' | 'bot' | 'metrics'>> {
  metrics?: PrometheusMetrics
  /** Values of `Host` that are answered; others are refused. Default: all. */
  hostCheck?: readonly string[]
  /** Where `/` leads. */
  home?: string
  /** The disk failed: what it holds is no longer known, so the process must end and recover at its start. */
  onFatal?: (error: Error) => void
}

export interface Program {
  readonly hub: Hub
  /**
   * Listens, recovers what a crash left, and begins to work.
   * @throws HubError E_PORT_TAKEN; everything opened before is closed again
   */
  start(): Promise<{ url: string; port: number }>
  /** Takes nothing new, finishes what runs for at most `graceMs`, then closes everything. */
  stop(graceMs: number): Promise<void>
}

/**
 * Builds the whole program out of a configuration, with its store open and nothing running yet.
 * @throws HubError E_STORE_LOCKED, E_STORE_NEWER, E_STORE_OPEN
 */
export async function compose({ config, bot, overrides = {} }: ComposeOptions): Promise<Program> {
  const clock = overrides.clock ?? systemClock
  const log = overrides.log ?? createLogger({ level: config.logLevel, secrets: secretsIn(config) })
  const metrics = overrides.metrics ?? createMetrics()
  const outgoing = createHttpClient({ clock })
  const store =
    overrides.store ??
    (await openSqliteThread({
      path: config.database.path,
      clock,
      log,
      dedupeMs: config.retention.dedupeMs,
      onCommit: (seconds) => metrics.record('pombo_commit_seconds', {}, seconds),
      onFatal(error) {
        log.error({ err: error }, 'the disk failed; ending, to recover at the next start')
        overrides.onFatal?.(error)
      },
    }))
  // After the store, whose lock keeps a second hub off this folder, too.
  const media =
    config.media &&
    (await openMedia(config.media, clock).catch(async (error: unknown) => {
      await store.close()
      throw error
    }))
  const hub = createHub({
    config,
    store,
    gateways: overrides.gateways ?? gateways,
    features: overrides.features ?? features,
    ...(bot && { bot }),
    clock,
    machine: systemClock,
    random: overrides.random ?? Math.random,
    log,
    metrics,
    http: overrides.http ?? outgoing.request,
    ...(media && { media: media.parts }),
  })
  const server = createHttpServer({
    hub,
    metrics,
    log,
    clock,
    ...(overrides.hostCheck && { hostCheck: overrides.hostCheck }),
    ...(overrides.home && { home: overrides.home }),
  })

  const stop = async (graceMs: number): Promise<void> => {
    const deadline = clock.monotonic() + graceMs
    // In this order: an answered delivery is committed, so it must still have a store; a send under way
    // may still get its answer, so its connection goes after the hub has given it up.
    const steps = [
      () => server.close(graceMs),
      () => hub.stop(Math.max(0, deadline - clock.monotonic())),
      () => outgoing.close(),
      async () => media?.close(),
      () => store.close(),
    ]
    for (const step of steps) {
      await step().catch((error: unknown) => log.error({ err: error }, 'a part did not close'))
    }
  }
  return {
    hub,
    async start() {
      try {
        // The port first: a second hub on one machine should learn that it is one before it does anything.
        const { port } = await server.listen()
        await hub.start()
        return { url: `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`, port }
      } catch (error) {
        await stop(0)
        throw error
      }
    },
    stop,
  }
}

/** @throws HubError E_CONFIG when the folder cannot be used */
async function openMedia({ store: place }: MediaConfig, clock: Clock) {
  try {
    const { fetch, close } = createFetchBytes({ clock })
    if (place.type === 'folder')
      return { parts: { store: await openMediaFolder(place.folder), fetch }, close }
    const bucket = await openMediaBucket(place, { clock })
    return {
      parts: { store: bucket, fetch },
      close: async () => {
        await Promise.all([close(), bucket.close()])
      },
    }
  } catch (cause) {
    throw new HubError(
      'E_CONFIG',
      `media.folder: ${place.folder} cannot be used. Make it writable for this program, or name another one.`,
      { cause },
    )
  }
}

/**
 * Brings the configured database up to date without starting anything.
 * @throws HubError E_STORE_LOCKED, E_STORE_NEWER, E_STORE_OPEN
 */
export const migrateStore = (
  config: HubConfig,
  parts: { clock: Clock; log: Logger },
): Promise<{ applied: readonly string[] }> =>
  migrateSqlite({ ...parts, path: config.database.path, dedupeMs: config.retention.dedupeMs })

/**
 * Looks at the configured database without changing it, also while a hub runs on it.
 * @throws HubError E_STORE_OPEN
 */
export const inspectStore = (config: HubConfig): SqliteInspection => inspectSqlite(config.database.path)
