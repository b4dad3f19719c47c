import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Access, createAccess } from './access/index.ts'
import { type LoadedConfig, loadConfig, readOneInstance, readOneServer } from './config.ts'
import {
  databaseName,
  type HubConfig,
  type InstanceConfig,
  type MediaConfig,
  type ServerConfig,
} from './core/config.ts'
import { HubError } from './core/errors.ts'
import type { Gateway } from './core/gateway.ts'
import type { Clock, Logger } from './core/ports.ts'
import type { SecretBox } from './core/registry.ts'
import { ROLES, type Store } from './core/store.ts'
import type { Handler } from './core/turn.ts'
import { features } from './features/index.ts'
import { gateways } from './gateways/index.ts'
import { createHttpServer } from './http/server.ts'
import { createHub, type Hub, type HubParts } from './hub.ts'
import { aboutOf, fromRow, type Readers } from './pipeline/registry/entry.ts'
import { systemClock } from './platform/clock.ts'
import { freeBytes } from './platform/disk.ts'
import { createFetchBytes } from './platform/fetch-bytes.ts'
import { createHttpClient } from './platform/http-client.ts'
import { createLogger } from './platform/log.ts'
import { createMailer } from './platform/mail.ts'
import { openMediaFolder } from './platform/media-folder.ts'
import { MARKER, readMarker, writeMarker } from './platform/media-marker.ts'
import { openMediaBucket } from './platform/media-s3.ts'
import { createMetrics, type PrometheusMetrics } from './platform/metrics.ts'
import { secretsIn } from './platform/scrub.ts'
import {
  addKey,
  dropOldKeys,
  keyFileOf,
  openSecretBox,
  readKeyFile,
  removeKeyFile,
} from './platform/secret-box.ts'
import { packageVersion } from './platform/version.ts'
import { openPostgresAccess } from './storage/postgres/beside.ts'
import { inspectPostgres, openPostgresReader, type PostgresInspection } from './storage/postgres/inspect.ts'
import { migratePostgres, openPostgresStore } from './storage/postgres/open.ts'
import { registryReads } from './storage/registry.ts'
import { openSqliteAccess } from './storage/sqlite/beside.ts'
import { inspectSqlite, openSqliteReader, type SqliteInspection } from './storage/sqlite/inspect.ts'
import { migrateSqlite } from './storage/sqlite/open.ts'
import { openSqliteThread } from './storage/sqlite/thread.ts'
import { moveFault } from './storage/transfer/fault.ts'

/** Where the build puts the console: beside the built program, or in `dist` of a checkout. */
const CONSOLE = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../dist/console' : './console', import.meta.url),
)

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
  /** Whoever reaches the hub may do everything, without a credential: only on loopback, with `hostCheck`. */
  openAccess?: boolean
  /** Values of `Host` that are answered; others are refused. Default: all. */
  hostCheck?: readonly string[]
  /** Origin of the simulator whose phone the console shows. */
  phone?: string
  /** For tests: answers of the API are held against their contracts. */
  checkAnswers?: boolean
  /** The disk failed: what it holds is no longer known, so the process must end and recover at its start. */
  onFatal?: (error: Error) => void
}

export interface Program {
  readonly hub: Hub
  readonly access: Access
  /**
   * Listens, recovers what a crash left, and begins to work.
   * @throws HubError E_PORT_TAKEN, E_CONFIG_SECRET_WEAK; everything opened before is closed again
   */
  start(): Promise<{ url: string; port: number }>
  /** Takes nothing new, finishes what runs for at most `graceMs`, then closes everything. */
  stop(graceMs: number): Promise<void>
}

/**
 * Builds the whole program out of a configuration, with its store open and nothing running yet.
 * @throws HubError E_STORE_LOCKED, E_STORE_NEWER, E_STORE_OPEN; E_CONFIG for roles that this database cannot
 * divide, and for a media folder that cannot be used
 */
export async function compose({ config, bot, overrides = {} }: ComposeOptions): Promise<Program> {
  const roles = overrides.roles ?? ROLES
  if (config.database.engine === 'sqlite' && !ROLES.every((role) => roles.includes(role))) {
    throw new HubError(
      'E_CONFIG',
      'A SQLite database is one process’s alone, so that process does everything: run it with --role all. To divide the work over several, use a PostgreSQL database (docs/configuration.md).',
    )
  }
  const log = overrides.log ?? createLogger({ level: config.logLevel, secrets: secretsIn(config) })
  const metrics = overrides.metrics ?? createMetrics()
  const outgoing = createHttpClient({ clock: overrides.clock ?? systemClock })
  const bytes = createFetchBytes({ clock: overrides.clock ?? systemClock })
  const opened = overrides.store
    ? { store: overrides.store, clock: systemClock }
    : await openStore(config, {
        clock: overrides.clock ?? systemClock,
        log,
        onCommit: (seconds) => metrics.record('pombo_commit_seconds', {}, seconds),
        onFatal(error) {
          log.error({ err: error }, 'the disk failed; ending, to recover at the next start')
          overrides.onFatal?.(error)
        },
      })
  const { store } = opened
  // Nodes of one installation agree on the time: it is their database's.
  const clock = overrides.clock ?? opened.clock
  // After the store, whose lock keeps a second hub off this folder, too.
  const media =
    config.media &&
    (await openMedia(config.media, { store, clock, log }).catch(async (error: unknown) => {
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
    ...placesOf(config),
    fetchBytes: overrides.fetchBytes ?? bytes.fetch,
    readers: overrides.readers ?? readersOf(config, overrides.gateways ?? gateways),
    roles,
    node: overrides.node ?? { host: hostname(), version: packageVersion() },
  })
  // Before anything listens: a delivery for a stored instance that is not read yet would be refused.
  await hub.load().catch(async (error: unknown) => {
    await media?.close()
    await store.close()
    throw error
  })
  const access = createAccess({ store, clock, log, bytes: randomBytes, apiKey: config.apiKey })
  const server = createHttpServer({
    hub,
    access,
    open: overrides.openAccess ?? false,
    ...(overrides.phone !== undefined && { phone: overrides.phone }),
    version: packageVersion(),
    metrics,
    log,
    clock,
    ...(overrides.hostCheck && { hostCheck: overrides.hostCheck }),
    ...(overrides.checkAnswers && { checkAnswers: true }),
    console: {
      folder: CONSOLE,
      ...(overrides.phone !== undefined && { connect: [overrides.phone] }),
    },
  })

  const stop = async (graceMs: number): Promise<void> => {
    const deadline = clock.monotonic() + graceMs
    // In this order: an answered delivery is committed, so it must still have a store; a send under way
    // may still get its answer, so its connection goes after the hub has given it up.
    const steps = [
      () => server.close(graceMs),
      () => hub.stop(Math.max(0, deadline - clock.monotonic())),
      () => outgoing.close(),
      () => bytes.close(),
      async () => media?.close(),
      () => store.close(),
    ]
    for (const step of steps) {
      await step().catch((error: unknown) => log.error({ err: error }, 'a part did not close'))
    }
  }
  return {
    hub,
    access,
    async start() {
      try {
        if (config.adminPassword !== undefined) await access.people.putOwner(config.adminPassword)
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

/** What reads and seals the instances of the store. @throws HubError E_SECRET_KEY */
function readersOf(config: HubConfig, build: readonly Gateway[]): Readers {
  return {
    secrets: secretBoxOf(config),
    readInstance: (value) => readOneInstance(value, { gateways: build }),
    readServer: (value) => readOneServer(value, { gateways: build }),
  }
}

/** The box of this installation: its key is the environment's, or lies beside a SQLite database. */
export const secretBoxOf = ({
  database,
  secretKey,
  oldSecretKey,
}: Pick<HubConfig, 'database' | 'secretKey' | 'oldSecretKey'>): SecretBox =>
  openSecretBox({
    secretKey,
    oldSecretKey,
    file: database.engine === 'sqlite' ? keyFileOf(database.path) : undefined,
  })

/** What alerts need of the world: how letters are sent, and what room the store has. */
const placesOf = ({ alerts, database }: HubConfig): Pick<HubParts, 'mail' | 'freeBytes'> => ({
  ...(alerts?.email && { mail: createMailer(alerts.email.smtp) }),
  ...(database.engine === 'sqlite' && { freeBytes: () => freeBytes(dirname(database.path)) }),
})

interface StoreParts {
  clock: Clock
  log: Logger
  onCommit(seconds: number): void
  onFatal(error: Error): void
}

/** @returns the store, and the clock that all who work on it go by */
async function openStore(
  { database, retention }: HubConfig,
  parts: StoreParts,
): Promise<{ store: Store; clock: Clock }> {
  const { dedupeMs } = retention
  switch (database.engine) {
    case 'sqlite':
      return {
        store: await openSqliteThread({ ...parts, path: database.path, dedupeMs }),
        clock: parts.clock,
      }
    case 'postgres': {
      const { url, poolSize } = database
      return openPostgresStore({ ...parts, url, poolSize, dedupeMs })
    }
    default:
      return database satisfies never
  }
}

/** What a node left half-received and has not written to for this long, it will not go on with (ms). */
const ABANDONED_MS = 2 * 3_600_000

/** @throws HubError E_CONFIG when the folder cannot be used, or is another installation's */
async function openMedia({ store: place }: MediaConfig, parts: { store: Store; clock: Clock; log: Logger }) {
  const { store, clock, log } = parts
  const spool = store.shared ? { spoolBefore: clock.now() - ABANDONED_MS } : {}
  try {
    const { fetch, close } = createFetchBytes({ clock })
    if (place.type === 'folder') {
      const media = await openMediaFolder(place.folder, spool)
      if (store.shared) await recognise(place.folder, store, log)
      return { parts: { store: media, fetch }, close }
    }
    const bucket = await openMediaBucket(place, { clock, ...spool })
    return {
      parts: { store: bucket, fetch },
      close: async () => {
        await Promise.all([close(), bucket.close()])
      },
    }
  } catch (cause) {
    if (cause instanceof HubError) throw cause
    throw new HubError(
      'E_CONFIG',
      `media.folder: ${place.folder} cannot be used. Make it writable for this program, or name another one.`,
      { cause },
    )
  }
}

/**
 * Nodes that each had a folder of their own would show media or not, depending on whom one asks.
 * @throws HubError E_CONFIG when the folder holds another installation's media
 */
async function recognise(folder: string, store: Store, log: Logger): Promise<void> {
  log.info({ folder }, 'media lie in this folder; every node of this installation must see the same one')
  const marked = await readMarker(folder)
  if (marked === store.installation) return
  if (marked !== undefined) {
    throw new HubError(
      'E_CONFIG',
      `media.folder: ${folder} holds the media of another installation (its file ${MARKER} says ${marked}, this one is ${store.installation}). Name the folder that the nodes of this installation share, or one of its own. If this database is a copy that is to go on with those media, remove that file.`,
    )
  }
  if ((await store.mediaBytesSince(0)) === 0) return writeMarker(folder, store.installation)
  log.warn(
    { folder, marker: MARKER, installation: store.installation },
    'media were fetched before, but this folder is not marked as the one they are in: is it the one all nodes share? If it is, write the installation into a file of the marker’s name there',
  )
}

/**
 * Brings the configured database up to date without starting anything.
 * @throws HubError E_STORE_LOCKED, E_STORE_NEWER, E_STORE_OPEN
 */
export const migrateStore = (
  config: HubConfig,
  parts: { clock: Clock; log: Logger },
): Promise<{ applied: readonly string[] }> => {
  const { database, retention } = config
  return database.engine === 'sqlite'
    ? migrateSqlite({ ...parts, path: database.path, dedupeMs: retention.dedupeMs })
    : migratePostgres({ ...parts, url: database.url })
}

/** What is stored of instances and servers, as far as it can be opened. */
export interface StoredSight {
  instances: InstanceConfig[]
  servers: ServerConfig[]
  /** Of those that cannot be used: which, and why. */
  faults: { what: string; error: unknown }[]
  /** Where the generated key lies, if there is one. */
  keyFile?: string
}

/**
 * Reads the stored instances and servers without changing anything, also while hubs run.
 * @returns undefined when the database has none yet, or is not up to date
 */
export async function readStored(
  config: HubConfig,
  parts: { clock: Clock; log: Logger },
): Promise<StoredSight | undefined> {
  const { database } = config
  try {
    await requireCurrent(database, parts)
  } catch (error) {
    // Why it cannot be read is what looking at the store says.
    if (error instanceof HubError) return undefined
    throw error
  }
  const opened =
    database.engine === 'sqlite'
      ? openSqliteReader(database.path)
      : openPostgresReader({ url: database.url, ...parts })
  try {
    const { instances, servers } = await registryReads(opened.read).storedRegistry()
    const readers = readersOf(config, gateways)
    const sight: StoredSight = { instances: [], servers: [], faults: [] }
    const attempt = (what: string, read: () => void) => {
      try {
        read()
      } catch (error) {
        sight.faults.push({ what, error })
      }
    }
    for (const entry of instances)
      attempt(aboutOf('instance', entry.id), () =>
        sight.instances.push(fromRow('instance', entry, readers).config as InstanceConfig),
      )
    for (const entry of servers)
      attempt(aboutOf('server', entry.id), () =>
        sight.servers.push(fromRow('server', entry, readers).config as ServerConfig),
      )
    const file = database.engine === 'sqlite' ? keyFileOf(database.path) : undefined
    return { ...sight, ...(file !== undefined && existsSync(file) && { keyFile: file }) }
  } finally {
    await opened.close()
  }
}

export interface SecretRotation {
  /** Entries with secrets, and those that were sealed anew now. */
  total: number
  sealed: number
  /** Where the new key is. */
  key: 'file' | 'environment'
  /** The key file, where there is one, or was. */
  file?: string
}

/**
 * Seals every stored secret with the newest key. Without one in the environment a new one is made in the file
 * beside a SQLite database first; what was sealed with former keys opens until all is done.
 * @throws HubError E_STORE_LOCKED while a hub runs on the file; E_SECRET_KEY when a secret cannot be opened
 */
export async function rotateSecrets(
  config: HubConfig,
  parts: { clock: Clock; log: Logger },
): Promise<SecretRotation> {
  const { database, secretKey } = config
  const opened = await openStore(config, { ...parts, onCommit() {}, onFatal() {} })
  try {
    const { store } = opened
    const file = database.engine === 'sqlite' ? keyFileOf(database.path) : undefined
    const kept = file !== undefined && readKeyFile(file).length > 0 ? file : undefined
    if (secretKey === undefined && kept !== undefined) addKey(kept)
    const box = secretBoxOf(config)
    const { instances, servers } = await store.storedRegistry()
    const entries = [
      ...instances.map((entry) => ({ kind: 'instance' as const, entry })),
      ...servers.map((entry) => ({ kind: 'server' as const, entry })),
    ]
    let sealed = 0
    for (const { kind, entry } of entries) {
      if (box.isCurrent(entry.box)) continue
      const about = aboutOf(kind, entry.id)
      const anew = box.seal(box.open(entry.box, about), about)
      // Somebody changed it meanwhile: with the newest key, as every running hub has it by now.
      if (await store.reseal(kind, entry.id, entry.box, anew)) sealed += 1
    }
    if (kept !== undefined) {
      if (secretKey === undefined) dropOldKeys(kept)
      else removeKeyFile(kept)
    }
    return {
      total: entries.length,
      sealed,
      key: secretKey === undefined ? 'file' : 'environment',
      ...(kept !== undefined && { file: kept }),
    }
  } finally {
    await opened.store.close()
  }
}

export type StoreInspection =
  | ({ engine: 'sqlite' } & SqliteInspection)
  | ({ engine: 'postgres'; poolSize: number } & PostgresInspection)

/**
 * Looks at the configured database without changing it, also while a hub runs on it.
 * @throws HubError E_STORE_OPEN
 */
export async function inspectStore(
  { database }: Pick<HubConfig, 'database'>,
  parts: { clock: Clock; log: Logger },
): Promise<StoreInspection> {
  if (database.engine === 'sqlite') return { engine: 'sqlite', ...inspectSqlite(database.path) }
  const { url, poolSize } = database
  return { engine: 'postgres', poolSize, ...(await inspectPostgres(url, parts)) }
}

/**
 * People and keys of the installation that the configuration names, whether or not its hub runs.
 * @throws HubError E_STORE_OPEN, also when there is no installation yet, or one of another version
 */
export async function openAccess(
  { database, apiKey }: Pick<HubConfig, 'database' | 'apiKey'>,
  { clock, log }: { clock: Clock; log: Logger },
): Promise<{ access: Access; clock: Clock; close(): Promise<void> }> {
  await requireCurrent(database, { clock, log })
  const opened =
    database.engine === 'sqlite'
      ? { ...openSqliteAccess({ path: database.path, clock }), clock }
      : await openPostgresAccess({ url: database.url, clock, log })
  const access = createAccess({ ...opened, log, bytes: randomBytes, apiKey })
  return { access, clock: opened.clock, close: opened.close }
}

/** @throws HubError E_STORE_OPEN unless there is an installation of this version */
async function requireCurrent(
  database: HubConfig['database'],
  parts: { clock: Clock; log: Logger },
): Promise<void> {
  const name = databaseName(database)
  const seen = await inspectStore({ database }, parts)
  if ((seen.engine === 'sqlite' && !seen.exists) || seen.missing.some((one) => one.startsWith('0001_')))
    throw new HubError(
      'E_STORE_OPEN',
      `There is no installation in ${name} yet. Run pombo migrate or start the hub once, or name the configuration it has with --config.`,
    )
  if (seen.missing.length > 0 || seen.strangers.length > 0)
    throw new HubError(
      'E_STORE_OPEN',
      `${name} is of another version than this Pombo. Use the one that the hub runs with, or bring the database up to date: pombo migrate.`,
    )
  const moved = await moveFault(database, parts)
  if (moved) throw new HubError('E_STORE_OPEN', `${moved.problem} ${moved.mend}`)
}
