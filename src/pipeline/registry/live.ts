import type { HubConfig, InstanceConfig, ServerConfig } from '../../core/config.ts'
import { HubError } from '../../core/errors.ts'
import type { Capability, Gateway, GatewayClient, ServerClient } from '../../core/gateway.ts'
import type { InstanceId, ServerId } from '../../core/ids.ts'
import type { Clock, HttpClient, Logger, TimerHandle } from '../../core/ports.ts'
import type { EntryKind, Known, RegistryStore, SaveOutcome, StoredEntry } from '../../core/registry.ts'
import type { Announcement, ClusterStore } from '../../core/store.ts'
import type { InstanceView } from '../../core/turn.ts'
import { type Draft, deviceClaim, fromRow, type Readers, toRow } from './entry.ts'

export interface RegistryParts {
  /** Those of the configuration file, which stay as they are. */
  file: Pick<HubConfig, 'instances' | 'servers'>
  gateways: ReadonlyMap<string, Gateway>
  store: RegistryStore & Pick<ClusterStore, 'shared' | 'onAnnounced'>
  /** Tells this node's listeners and the other nodes. */
  announce(what: Announcement): void
  http: HttpClient
  clock: Clock
  log: Logger
  /** What reads and seals those of the store; without it there are only those of the file. */
  readers?: Readers
}

/** How often a node looks whether another one changed something it was not told of (ms). */
const LOOK_EVERY_MS = 2_000

type Config = InstanceConfig | ServerConfig

/**
 * All instances and servers of the running hub: those of the configuration file and those of the store. The maps
 * are always the same ones and change in place, so that whoever reads them sees what stands now.
 */
export interface Registry {
  readonly instances: ReadonlyMap<InstanceId, Known<InstanceConfig>>
  readonly servers: ReadonlyMap<ServerId, Known<ServerConfig>>
  /** As handlers see them. */
  readonly views: ReadonlyMap<InstanceId, InstanceView>
  readonly clients: ReadonlyMap<InstanceId, GatewayClient>
  readonly capabilities: ReadonlyMap<InstanceId, ReadonlySet<Capability>>
  readonly pacing: ReadonlyMap<InstanceId, InstanceConfig['pacing']>
  readonly reorderMs: ReadonlyMap<InstanceId, number>
  readonly baseUrls: ReadonlyMap<InstanceId, string>
  /** Taken away from the store: what still wants to go out through them never will. */
  readonly removed: ReadonlySet<InstanceId>
  /** Undefined for an unknown one, or one that takes no administration. */
  serverClient(id: ServerId): ServerClient | undefined
  /** The server with the URL of an instance. */
  serverOf(instance: InstanceConfig): ServerConfig | undefined
  /**
   * Reads what is stored, once; to be called before anything is taken in.
   * @throws HubError E_SECRET_KEY when stored secrets cannot be opened; E_CONFIG when file and store name the same
   */
  load(): Promise<void>
  /** Reads what is stored if it has changed since. Never throws for a single entry: that one stays as it was. */
  refresh(): Promise<void>
  /** Hears, after the maps have changed, which instances were added, changed or taken away. */
  onChange(listen: (instances: readonly InstanceId[]) => void): () => void
  /**
   * Adds an instance or server to the store, or replaces the one of `revision`. When it resolves, this node works
   * with it, and the others were told.
   * @throws HubError E_CONFIG for what the configuration would not take; E_CONFLICT when the id, or the device at
   * the gateway, is another one's, and when that revision is not the latest
   */
  save<K extends EntryKind>(
    kind: K,
    draft: Draft,
    options?: { revision?: number; creation?: string },
  ): Promise<Known<K extends 'instance' ? InstanceConfig : ServerConfig>>
  /**
   * Takes one of the store away.
   * @returns how many queued sends were refused
   * @throws HubError E_NOT_FOUND; E_CONFLICT for one of the file
   */
  remove(kind: EntryKind, id: string): Promise<number>
  /** Reads what a draft says without keeping it. @throws HubError E_CONFIG, E_CONFLICT as {@link save} */
  check(kind: EntryKind, draft: Draft): InstanceConfig | ServerConfig
  start(): void
  stop(): Promise<void>
}

/** Knows those of the file at once, and those of the store after `load`. */
export function createRegistry(parts: RegistryParts): Registry {
  const { file, gateways, store, clock, log, readers } = parts
  const instances = new Map<InstanceId, Known<InstanceConfig>>()
  const servers = new Map<ServerId, Known<ServerConfig>>()
  const views = new Map<InstanceId, InstanceView>()
  const clients = new Map<InstanceId, GatewayClient>()
  const capabilities = new Map<InstanceId, ReadonlySet<Capability>>()
  const pacing = new Map<InstanceId, InstanceConfig['pacing']>()
  const reorderMs = new Map<InstanceId, number>()
  const baseUrls = new Map<InstanceId, string>()
  const removed = new Set<InstanceId>()
  const administrations = new Map<ServerId, ServerClient | undefined>()
  const listeners = new Set<(instances: readonly InstanceId[]) => void>()
  /** -1: nothing of the store was read yet. */
  let generation = -1
  let reading: Promise<void> = Promise.resolve()
  let timer: TimerHandle | undefined
  let deafen = () => {}
  let stopped = false

  for (const config of file.instances) put({ config, origin: 'file' })
  for (const config of file.servers) servers.set(config.id, { config, origin: 'file' })

  function gatewayOf({ id, gateway }: Config): Gateway {
    const found = gateways.get(gateway)
    if (!found) throw new HubError('E_CONFIG', `The instance ${id} names a gateway this hub does not have.`)
    return found
  }

  function put(known: Known<InstanceConfig>): void {
    const { config } = known
    const { id, tags, baseUrl, device } = config
    const gateway = gatewayOf(config)
    instances.set(id, known)
    views.set(id, { id, gateway: gateway.name, tags, capabilities: gateway.capabilities })
    capabilities.set(id, gateway.capabilities)
    pacing.set(id, config.pacing)
    reorderMs.set(id, config.reorderWindowMs ?? 0)
    baseUrls.set(id, baseUrl)
    clients.set(
      id,
      gateway.connect(config.settings, {
        baseUrl,
        http: parts.http,
        clock,
        log: log.child({ instance: id }),
        ...(device === undefined ? {} : { device }),
      }),
    )
  }
  function drop(id: InstanceId): void {
    for (const map of [instances, views, clients, capabilities, pacing, reorderMs, baseUrls]) map.delete(id)
  }

  /** The one of the configuration file that is the same: by id, or the same number of the same gateway. */
  function inFile(kind: EntryKind, config: Config): string | undefined {
    const written: readonly Config[] = kind === 'instance' ? file.instances : file.servers
    const same = written.find(({ id }) => id.toLowerCase() === config.id.toLowerCase())
    if (same || kind === 'server') return same?.id
    const one = config as InstanceConfig
    const claim = deviceClaim(one, gatewayOf(one))
    return file.instances.find(
      (other) => other.gateway === one.gateway && deviceClaim(other, gatewayOf(other)) === claim,
    )?.id
  }

  function refuseConflict(kind: EntryKind, config: Config): void {
    const known: Iterable<Known<Config>> = (kind === 'instance' ? instances : servers).values()
    for (const { config: other, origin } of known) {
      const same = other.id === config.id
      if (!same && other.id.toLowerCase() === config.id.toLowerCase())
        throw taken(kind, config.id, other.id, 'id')
      if (same && origin === 'file') throw taken(kind, config.id, other.id, 'id')
      if (same) continue
      if (kind === 'instance') {
        const one = config as InstanceConfig
        const gateway = gatewayOf(one)
        if (one.gateway !== other.gateway) continue
        if (deviceClaim(one, gateway) === deviceClaim(other as InstanceConfig, gateway))
          throw taken(kind, config.id, other.id, 'claim')
      } else if (config.webhook.key !== undefined && config.webhook.key === other.webhook.key)
        throw taken(kind, config.id, other.id, 'claim')
    }
  }

  /** @param lenient what cannot be read stays as it was; else it is thrown */
  async function read(lenient: boolean): Promise<void> {
    if (!readers) return
    const stored = await store.storedRegistry()
    const changed = new Set<InstanceId>()
    const attempt = <C extends Config>(kind: EntryKind, entry: StoredEntry, known: Known<C> | undefined) => {
      // Nobody changes what a revision says but by sealing it anew.
      if (known?.origin === 'store' && known.revision === entry.revision) return known
      try {
        const { config, request } = fromRow(kind, entry, readers)
        const clash = inFile(kind, config)
        if (clash !== undefined) throw collision(kind, entry.id, clash)
        log.hide?.(secretsOf(config))
        const { revision, createdAt, updatedAt } = entry
        return {
          config: config as C,
          origin: 'store' as const,
          revision,
          createdAt,
          updatedAt,
          ...(request !== undefined && { request }),
        }
      } catch (err) {
        // Without its key nothing of it works; one that another build wrote is left alone.
        if (!lenient && err instanceof HubError && mustRefuse(err)) throw err
        log.error({ err, [kind]: entry.id }, `this stored ${kind} cannot be used; it stays as it was`)
        return known?.origin === 'store' ? known : undefined
      }
    }
    const next = new Map<InstanceId, Known<InstanceConfig>>()
    for (const entry of stored.instances) {
      const known = instances.get(entry.id as InstanceId)
      const found = attempt<InstanceConfig>('instance', entry, known)
      if (found) next.set(found.config.id, found)
      if (found && found !== known) changed.add(found.config.id)
    }
    const nextServers = new Map<ServerId, Known<ServerConfig>>()
    for (const entry of stored.servers) {
      const found = attempt<ServerConfig>('server', entry, servers.get(entry.id as ServerId))
      if (found) nextServers.set(found.config.id, found)
    }
    for (const [id, { origin }] of [...instances])
      if (origin === 'store' && !next.has(id)) {
        drop(id)
        changed.add(id)
      }
    for (const id of changed) {
      const known = next.get(id)
      if (known) put(known)
    }
    for (const [id, { origin }] of [...servers])
      if (origin === 'store' && !nextServers.has(id)) servers.delete(id)
    for (const [id, known] of nextServers) servers.set(id, known)
    removed.clear()
    for (const id of stored.removed) if (!instances.has(id)) removed.add(id)
    // What they were made of may have changed.
    administrations.clear()
    generation = stored.generation
    if (changed.size > 0) for (const listen of listeners) listen([...changed])
  }

  /** One look at a time, and each sees everything that was committed before it was asked for. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const done = reading.then(work)
    reading = done.catch(() => {})
    return done
  }
  const refresh = () =>
    inTurn(async () => {
      if ((await store.registryGeneration()) !== generation) await read(true)
    })

  function look(): void {
    timer = clock.setTimeout(() => {
      refresh()
        .catch((err: unknown) => log.debug({ err }, 'instances could not be looked for; tried again soon'))
        .finally(() => {
          if (!stopped) look()
        })
    }, LOOK_EVERY_MS)
  }

  const tell = (kind: EntryKind, id: string) =>
    parts.announce({
      queues: [],
      instances: kind === 'instance' ? [id as InstanceId] : [],
      topics: ['instances'],
      registry: true,
    })

  const registry: Registry = {
    instances,
    servers,
    views,
    clients,
    capabilities,
    pacing,
    reorderMs,
    baseUrls,
    removed,
    serverClient(id) {
      if (!administrations.has(id)) administrations.set(id, administer(id))
      return administrations.get(id)
    },
    serverOf: ({ gateway, baseUrl }) =>
      [...servers.values()].find(({ config }) => config.gateway === gateway && config.baseUrl === baseUrl)
        ?.config,
    load: () => inTurn(async () => void (generation < 0 && (await read(false)))),
    refresh,
    onChange(listen) {
      listeners.add(listen)
      return () => void listeners.delete(listen)
    },
    check(kind, { request: _, ...draft }) {
      const { readInstance, readServer } = needed()
      const config = kind === 'instance' ? readInstance(draft) : readServer(draft)
      refuseConflict(kind, config)
      return config
    },
    async save(kind, { request, ...draft }, options = {}) {
      const config = registry.check(kind, draft)
      log.hide?.(secretsOf(config))
      const row = toRow(kind, config, {
        ...needed(),
        gateway: gatewayOf(config),
        ...(typeof request === 'string' && { request }),
      })
      const outcome = await store.saveEntry(kind, row, options)
      refuseUnsaved(kind, config, outcome)
      await inTurn(() => read(true))
      tell(kind, config.id)
      const saved = (kind === 'instance' ? instances : servers).get(config.id as never)
      // Just committed: gone again only if somebody removed it at once.
      if (!saved) throw new HubError('E_CONFLICT', `Somebody removed ${config.id} at this moment.`)
      return saved as never
    },
    async remove(kind, id) {
      const known = (kind === 'instance' ? instances : servers).get(id as never) as Known<Config> | undefined
      if (known?.origin === 'file') throw readOnly(kind, id)
      const gone = await store.removeEntry(kind, id)
      if (!gone) throw new HubError('E_NOT_FOUND', `There is no such ${kind} in the hub.`)
      await inTurn(() => read(true))
      tell(kind, id)
      return gone.refused
    },
    start() {
      if (!readers || !store.shared) return
      deafen = store.onAnnounced(({ registry: moved }) => {
        if (moved)
          refresh().catch((err: unknown) =>
            log.debug({ err }, 'instances could not be read; tried again soon'),
          )
      })
      look()
    },
    async stop() {
      stopped = true
      timer?.cancel()
      deafen()
      await reading
    },
  }
  return registry

  function needed(): Readers {
    if (readers) return readers
    throw new HubError('E_UNSUPPORTED', 'This hub keeps no instances but those of its configuration.')
  }

  /** A server shares base URL and access with the numbers on it. */
  function administer(id: ServerId): ServerClient | undefined {
    const server = servers.get(id)?.config
    if (!server) return undefined
    const { adminToken, baseUrl, gateway } = server
    const neighbour = [...instances.values()].find(
      ({ config }) => config.gateway === gateway && config.baseUrl === baseUrl,
    )
    const settings = server.settings ?? neighbour?.config.settings
    return gateways
      .get(gateway)
      ?.administer?.(
        { ...(adminToken !== undefined && { adminToken }), ...(settings !== undefined && { settings }) },
        { baseUrl, http: parts.http, clock, log: log.child({ server: id }) },
      )
  }
}

/** A missing key, or one id in two places: a hub that started so would do half of what its owner expects. */
const mustRefuse = (error: HubError): boolean =>
  error.code === 'E_SECRET_KEY' || error.details.collision === true

const collision = (kind: EntryKind, id: string, inFile: string): HubError =>
  new HubError(
    'E_CONFIG',
    id.toLowerCase() === inFile.toLowerCase()
      ? `The configuration has the ${kind} "${inFile}", and the database has one of that id, too, made while the hub ran. Give the one in the configuration another id, or take it out. To keep it and lose the other: start once without it, remove "${id}" through the console or the API, and put it back.`
      : `The ${kind} "${inFile}" of the configuration is the same number of the same gateway as "${id}", which was made while the hub ran and lies in the database. Take one of them away: the one in the configuration by hand; the other one by starting once without that, and removing it through the console or the API.`,
    { details: { collision: true } },
  )

export const readOnly = (kind: EntryKind, id: string): HubError =>
  new HubError(
    'E_CONFLICT',
    `The ${kind} "${id}" is one of the configuration file, which is read-only here. Change it in the file and start the hub again.`,
  )

const taken = (kind: EntryKind, id: string, by: string, what: 'id' | 'claim'): HubError =>
  new HubError(
    'E_CONFLICT',
    what === 'id'
      ? `There is a ${kind} "${by}" already. Choose another id; upper and lower case count as the same.`
      : kind === 'instance'
        ? `The instance "${by}" is this very number of this gateway already. Change that one, or name another device or token for "${id}".`
        : `The server "${by}" has this key in its URL already. Choose another one.`,
    { details: { conflict: { by, what } } },
  )

function refuseUnsaved(kind: EntryKind, config: Config, outcome: SaveOutcome): void {
  if (outcome.type === 'taken') throw taken(kind, config.id, outcome.by, outcome.what)
  if (outcome.type !== 'stale') return
  if (!outcome.entry)
    throw new HubError('E_NOT_FOUND', `There is no such ${kind} any more: somebody removed it.`)
  throw new HubError(
    'E_CONFLICT',
    `Somebody else changed the ${kind} "${config.id}" meanwhile. Look at it again, and change what you wanted to.`,
    {
      details: {
        conflict: {
          revision: outcome.entry.revision,
          updatedAt: new Date(outcome.entry.updatedAt).toISOString(),
        },
      },
    },
  )
}

/** Everything in it that must show nowhere. */
const secretsOf = (config: Config): string[] => {
  const { webhook, settings, ...rest } = config
  const adminToken = 'adminToken' in rest ? (rest.adminToken as string | undefined) : undefined
  return [...webhook.secrets, webhook.key, adminToken, ...textsIn(settings)].filter(
    (text) => text !== undefined && text.length >= LEAST_HIDDEN,
  ) as string[]
}
/** A shorter one would hide half the log. */
const LEAST_HIDDEN = 8
const textsIn = (value: unknown): string[] =>
  typeof value === 'string'
    ? [value]
    : typeof value === 'object' && value !== null
      ? Object.values(value).flatMap(textsIn)
      : []
