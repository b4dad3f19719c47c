import { type Alerts, createAlerts } from './alerts/index.ts'
import { type Address, parseAddress } from './core/address.ts'
import type { SendMail } from './core/alerts.ts'
import type { Command } from './core/commands.ts'
import type { FeatureScope, HubConfig } from './core/config.ts'
import { HubError } from './core/errors.ts'
import type { Capability, Gateway, GatewayClient, ServerClient } from './core/gateway.ts'
import {
  type ChatId,
  type CommandId,
  type EventId,
  type InstanceId,
  type MergeId,
  type MessageRowId,
  type ServerId,
  uuidv7,
} from './core/ids.ts'
import type { FetchBytes, MediaRow, MediaStore } from './core/media.ts'
import type { Clock, HttpClient, Logger, Metrics, Random } from './core/ports.ts'
import {
  type NodeRow,
  QUEUES,
  type Queue,
  ROLES,
  type Role,
  type Store,
  type UndoOutcome,
} from './core/store.ts'
import type { Feature, Handler, Owner } from './core/turn.ts'
import { loopAround } from './pipeline/aside.ts'
import { createCensus } from './pipeline/census.ts'
import { chain, type Link } from './pipeline/chain.ts'
import { createDeliverer } from './pipeline/deliver.ts'
import { createDispatcher } from './pipeline/dispatch.ts'
import { createDryRun, type Rehearsal } from './pipeline/dry-run.ts'
import { settledWithin } from './pipeline/grace.ts'
import { createIngest, type Ingest } from './pipeline/ingest.ts'
import { createJanitor } from './pipeline/janitor.ts'
import { createMediaFetcher } from './pipeline/media.ts'
import { createNews, type News } from './pipeline/news.ts'
import { createNumberCheck } from './pipeline/number-check.ts'
import { Outage } from './pipeline/outage.ts'
import { createPressure } from './pipeline/pressure.ts'
import { createPulse } from './pipeline/pulse.ts'
import { createReconciler } from './pipeline/reconcile.ts'
import { checkInstance, type InstanceCheck } from './pipeline/registry/check.ts'
import type { Readers } from './pipeline/registry/entry.ts'
import { handOver } from './pipeline/registry/hand-over.ts'
import { createRegistry, type Registry } from './pipeline/registry/live.ts'
import { createMaker, type Maker } from './pipeline/registry/make.ts'
import { createWitness, type Witness } from './pipeline/registry/witness.ts'
import { createReplayer } from './pipeline/replayer.ts'
import { ALERT_RETRY, retryAt } from './pipeline/retry.ts'
import { sanitize } from './pipeline/sanitize.ts'
import { createTraffic } from './pipeline/traffic.ts'
import { createWake } from './pipeline/wake.ts'
import { createWatch } from './pipeline/watch.ts'

/** Everything concrete, chosen by `main.ts` or a test. */
export interface HubParts {
  config: HubConfig
  store: Store
  gateways: readonly Gateway[]
  features: readonly Feature[]
  /** The developer's bot; runs after the features. */
  bot?: Handler
  clock: Clock
  /** Real time, for what paces the machine's own work; simulated clocks do not replace it. */
  machine: Clock
  random: Random
  log: Logger
  metrics: Metrics
  http: HttpClient
  /** Where media are kept and what fetches them; without it none are fetched. */
  media?: { store: MediaStore; fetch: FetchBytes }
  /** Fetches bytes of gateways; without it pictures they name by address cannot be shown. */
  fetchBytes?: FetchBytes
  /** What reads and seals the instances of the store; without it there are only those of the configuration. */
  readers?: Readers
  /** Sends letters; needed where alerts go by e-mail. */
  mail?: SendMail
  /** Room left where the store lies (bytes), where that is known. */
  freeBytes?: () => Promise<number | undefined>
  /** What this node does; by default everything. */
  roles?: readonly Role[]
  /** What other nodes are told of this one. */
  node?: Pick<NodeRow, 'host' | 'version'>
}

export interface SendRequest {
  instance: InstanceId
  /** A chat of the hub, or an address. */
  to: ChatId | Address
  command: Command extends infer C ? (C extends Command ? Omit<C, 'to'> : never) : never
  idempotencyKey?: string
  claim?: boolean
}

export interface Hub {
  readonly config: HubConfig
  readonly store: Store
  readonly ingest: Ingest
  /** Instances and servers, those of the file and those of the store, as they stand now. */
  readonly registry: Registry
  /** What arrived for them, as far as whoever sets one up must know. */
  readonly witness: Witness
  /** Hears what has changed, on this node and on others, and says so. */
  readonly news: Pick<News, 'changed' | 'onAnnounced'>
  /** What running a stored event once more would lead to; nothing of it is kept. Undefined when there is none. */
  rehearse(event: EventId): Promise<Rehearsal | undefined>
  /** Writes down at once what was counted; it happens by itself every few seconds. For tests. */
  flushTraffic(): Promise<void>
  /** Makes instances, at their gateway or by hand. */
  readonly maker: Maker
  /** Does an instance hear its gateway, and why not? Undefined for an unknown one. */
  checkInstance(instance: InstanceId): Promise<InstanceCheck | undefined>
  /** Lets the stored events of an unrouted number go to an instance. @returns how many were taken in */
  handOver(group: number, instance: InstanceId): Promise<number>
  /** Gateways of this build. */
  readonly kinds: readonly Gateway[]
  /** For what the API itself has to ask: a gateway for a picture, its own public URL whether it leads here. */
  readonly http: HttpClient
  readonly fetchBytes: FetchBytes | undefined
  /**
   * Reads the stored instances; to be called before deliveries are taken. {@link start} does it, too.
   * @throws HubError E_SECRET_KEY, E_CONFIG
   */
  load(): Promise<void>
  /** Recovers what a crash left, then begins to handle events and to send. */
  start(): Promise<void>
  /** Takes no new work, finishes what runs (at most `graceMs`), gives leases back. */
  stop(graceMs?: number): Promise<void>
  /** Resolves when nothing can go on before time passes or something new arrives. For tests. */
  idle(): Promise<void>
  /**
   * Tells the loops that the store may have new work; with an instance also the other nodes, because its log
   * was changed from outside (a retried dead letter, a decided command).
   */
  nudge(instance?: InstanceId): void
  /**
   * Queues a send from outside a turn (API, console, CLI). Ignores the epoch; claims the chat for a person
   * only when asked. The same idempotency key answers the first command's id.
   * @throws HubError E_NOT_FOUND for an unknown instance or chat
   */
  send(request: SendRequest): Promise<{ id: CommandId; created: boolean }>
  /**
   * Changes who may speak in a chat. Resolves when no send of the chat is under way any more, or after 10 s
   * naming the command that still is: a bot's word that left before the change may still arrive.
   * Undefined when there is no such chat.
   */
  setOwner(chat: ChatId, owner: Owner): Promise<{ inFlight?: CommandId } | undefined>
  /**
   * A number's gateway, for questions about it and for administration. Anything that belongs into a chat goes
   * through `send`. Undefined for an unknown instance.
   */
  gateway(instance: InstanceId): GatewayOf | undefined
  /** A configured server with its admin's rights; undefined for an unknown one, or one that takes none. */
  server(id: ServerId): ServerClient | undefined
  /** What is known of a message's medium, and its bytes if the hub has them. Undefined when it has no medium. */
  media(message: MessageRowId): Promise<{ row: MediaRow; bytes?: AsyncIterable<Uint8Array> } | undefined>
  /**
   * Takes a merge of two contacts back. Waits for what is being handled or sent for either, at most 10 s:
   * `busy` after that, with nothing changed.
   */
  undoMerge(id: MergeId): Promise<UndoOutcome>
  /** Undefined where nobody looks whether anything is wrong. */
  readonly alerts: Alerts | undefined
  /** Gateway spelling of a recipient → address, asked of the instance's gateway. */
  parseRecipient(instance: InstanceId, text: string): Address | undefined
}

export interface GatewayOf {
  readonly name: string
  readonly capabilities: ReadonlySet<Capability>
  readonly client: GatewayClient
}

interface Loop {
  start(): void
  nudge(): void
  readonly resting: boolean
  stop(graceMs: number): Promise<void>
}

/** How long a take-over waits for a send that is under way, and how often it looks (ms). */
const FLIGHT_MS = 10_000
const FLIGHT_STEP_MS = 50

/** Wires the hub. Nothing runs before `start`. */
export function createHub(parts: HubParts): Hub {
  const { config, store, clock, random, log, metrics } = parts
  const gateways = new Map(parts.gateways.map((gateway) => [gateway.name, gateway]))
  const news = createNews(store)
  const registry = createRegistry({
    file: config,
    gateways,
    store,
    announce: news.announce,
    http: parts.http,
    clock,
    log,
    ...(parts.readers && { readers: parts.readers }),
  })
  const { views, clients, capabilities } = registry
  const witness = createWitness({ store, clock, log })
  const holder = uuidv7(clock.now(), random)
  const roles = ROLES.filter((role) => (parts.roles ?? ROLES).includes(role))
  const outage = new Outage(clock, log)
  /** Those of this node, by the queue they work off. */
  const loops = new Map<Queue, Loop>()
  const wake = createWake(news, (queue) => loops.get(queue)?.nudge())
  const referencePrefix = `${store.installation}-`
  const pressure = createPressure(parts.machine)
  const traffic = createTraffic({ store, clock, log, outage })
  const handler = chain(linksOf(parts))
  const rehearse = createDryRun({ store, handler, instances: views, clients, clock, random, log })
  const dispatcher = createDispatcher({
    store,
    handler,
    instances: views,
    clients,
    reorderMs: registry.reorderMs,
    clock,
    random,
    log,
    metrics,
    traffic,
    holder,
    referencePrefix,
    pressure,
    outage,
    wake,
  })
  const deliverer = createDeliverer({
    store,
    clients,
    capabilities,
    removed: registry.removed,
    pacing: registry.pacing,
    clock,
    random,
    log,
    metrics,
    traffic,
    holder,
    referencePrefix,
    outage,
    wake,
  })
  const reconciler = createReconciler({
    store,
    clients,
    capabilities,
    clock,
    random,
    log,
    metrics,
    referencePrefix,
    outage,
    wake,
  })
  const media =
    parts.media &&
    config.media &&
    createMediaFetcher({
      store,
      media: parts.media.store,
      fetch: parts.media.fetch,
      clients,
      baseUrls: registry.baseUrls,
      limits: config.media,
      clock,
      random,
      log,
      metrics,
      outage,
      wake,
    })
  const checkNumber = createNumberCheck({ store, clients, log, wake })
  const fetches = config.media?.fetch ? media : undefined
  const janitor = createJanitor({
    store,
    clock,
    log,
    retention: config.retention,
    prune: async () => (await media?.prune()) ?? 0,
    outage,
    wake,
  })
  const ingest = createIngest({
    config,
    instances: registry.instances,
    servers: registry.servers,
    witness,
    gateways,
    store,
    clock,
    log,
    metrics,
    traffic,
    referencePrefix,
    pressure,
    outage,
    wake,
  })
  // Roles say which loops run, and nothing else. A delivery that reaches a node without the role `ingest` is
  // accepted all the same: refusing it could lose it, and once it is committed any worker handles it.
  if (roles.includes('worker')) {
    loops.set('lanes', dispatcher).set('timers', janitor)
    if (fetches) loops.set('media', fetches)
  }
  if (roles.includes('sender')) loops.set('outbox', deliverer).set('searches', reconciler)
  const pulse = createPulse({
    store,
    node: {
      id: holder,
      roles,
      host: parts.node?.host ?? 'localhost',
      version: parts.node?.version ?? 'unknown',
      startedAt: clock.now(),
    },
    clock,
    log,
    outage,
    wake,
  })
  const around = { clock, log, outage }
  const { watch: watched, alerts: alerted } = config
  const watch =
    watched &&
    loopAround(
      'watch',
      (again) =>
        createWatch({
          store,
          instances: views,
          clients,
          everyMs: watched.everyMs,
          clock,
          random,
          log,
          outage,
          wake,
          nudge: again,
        }),
      around,
    )
  const alerts =
    alerted &&
    loopAround(
      'alerts',
      (again) =>
        createAlerts({
          store,
          instances: views,
          settings: alerted,
          ...(config.publicUrl !== undefined && { home: config.publicUrl }),
          http: parts.http,
          ...(parts.mail && { mail: parts.mail }),
          ...(parts.freeBytes && { freeBytes: parts.freeBytes }),
          retryAt: (attempt, atLeastMs) => retryAt(ALERT_RETRY, attempt, clock.now(), random, atLeastMs),
          changed: () => news.changed(['alerts']),
          nudge: again,
          clock,
          log,
        }),
      around,
    )
  /** Loops without a queue of their own. Alerts are every node's: also that nobody works has to be noticed. */
  const replayer = roles.includes('worker')
    ? loopAround('replays', () => createReplayer({ store, clock, log, wake }), around)
    : undefined
  const guards = [roles.includes('sender') ? watch : undefined, alerts, replayer].filter(
    (one) => one !== undefined,
  )
  const census = createCensus({ store, self: holder, clock, log, metrics, outage })
  let deafen = () => {}
  const pause = (ms: number) => new Promise<void>((resolve) => void clock.setTimeout(resolve, ms))
  const isDue = (at: number | undefined) => at !== undefined && at <= clock.now()
  const nudge = (instance?: InstanceId) => {
    if (instance !== undefined) return wake(QUEUES, [instance])
    for (const loop of loops.values()) loop.nudge()
  }
  const instanceOf = async (chat: ChatId) => {
    const row = await store.getChat(chat)
    return row ? [row.instance] : []
  }

  return {
    config,
    store,
    ingest,
    registry,
    witness,
    maker: createMaker({ registry, gateways, store, clock, holder }),
    async checkInstance(id) {
      const known = registry.instances.get(id)
      if (!known) return undefined
      return checkInstance({ config, registry, witness, store, http: parts.http, clock }, known.config)
    },
    async handOver(group, id) {
      const known = registry.instances.get(id)
      if (!known) throw new HubError('E_NOT_FOUND', `There is no instance "${id}".`)
      const { retention } = config
      return handOver({ store, gateways, retention, referencePrefix, clock, wake }, group, known.config)
    },
    news,
    rehearse,
    flushTraffic: () => traffic.flush(),
    nudge,
    load: () => registry.load(),
    async start() {
      await registry.load()
      // First: what a node leases that nobody knows of counts as left over by a dead process.
      await pulse.start()
      const recovered = await store.recover()
      if (recovered.unknown > 0) {
        log.warn(
          recovered,
          'sends were under way when their process ended; nobody knows whether they went out',
        )
      }
      deafen = store.onAnnounced(({ queues }) => {
        for (const queue of queues) loops.get(queue)?.nudge()
      })
      for (const loop of [...loops.values(), ...guards]) loop.start()
      registry.start()
      census.start()
      traffic.start()
    },
    async stop(graceMs = 10_000) {
      deafen()
      await Promise.all([
        settledWithin(clock, [census.stop(), registry.stop(), witness.stop()], graceMs),
        ...[...loops.values(), ...guards].map((loop) => loop.stop(graceMs)),
      ])
      await settledWithin(clock, [traffic.stop()], graceMs)
      await pulse.stop()
    },
    async idle() {
      for (let quiet = 0; quiet < 2; ) {
        await new Promise((next) => setImmediate(next))
        const resting = [...loops.values(), ...guards].every((loop) => loop.resting)
        const queues = [...loops.keys()].filter((queue) => queue !== 'media' || !fetches?.paused)
        const wait = () => [
          ...queues.map((queue) => store.nextDue(queue)),
          ...guards.map((guard) => guard.nextDue()),
        ]
        const due = resting ? await Promise.all(wait()) : []
        quiet = resting && !due.some(isDue) ? quiet + 1 : 0
      }
    },
    async send({ instance, to, command, idempotencyKey, claim = false }) {
      if (!views.has(instance)) throw new HubError('E_NOT_FOUND', `There is no instance "${instance}".`)
      const address = await addressOf(store, instance, to)
      const id = uuidv7(clock.now(), random) as CommandId
      const result = await store.enqueue({
        instance,
        to: { address, aliases: [] },
        command: {
          id,
          ...(idempotencyKey === undefined ? {} : { key: `${instance}:${idempotencyKey}` }),
          command: sanitize({ ...command, to: address } as Command),
          typingMs: 0,
          ignoreOwner: true,
        },
        claim,
      })
      wake(['outbox'], [instance])
      if (result.created) void checkNumber(instance, address)
      return result
    },
    async setOwner(chat, owner) {
      if (!(await store.setOwner(chat, owner))) return undefined
      wake(['outbox'], await instanceOf(chat))
      for (let waited = 0; ; waited += FLIGHT_STEP_MS) {
        const inFlight = await store.sendInFlight(chat)
        if (inFlight === undefined) return {}
        if (waited >= FLIGHT_MS) return { inFlight }
        await pause(FLIGHT_STEP_MS)
      }
    },
    async undoMerge(id) {
      for (let waited = 0; ; waited += FLIGHT_STEP_MS) {
        const outcome = await store.undoMerge(id)
        if (outcome === 'undone') {
          const chats = (await store.getMerge(id))?.chats ?? []
          wake(QUEUES, (await Promise.all(chats.map(({ kept }) => instanceOf(kept)))).flat())
        }
        if (outcome !== 'busy' || waited >= FLIGHT_MS) return outcome
        await pause(FLIGHT_STEP_MS)
      }
    },
    async media(message) {
      if (media) return media.open(message)
      const row = await store.getMedia(message)
      return row && { row }
    },
    gateway(instance) {
      const view = views.get(instance)
      const client = clients.get(instance)
      return view && client && { name: view.gateway, capabilities: view.capabilities, client }
    },
    server: (id) => registry.serverClient(id),
    alerts: alerts?.part,
    kinds: parts.gateways,
    http: parts.http,
    fetchBytes: parts.fetchBytes ?? parts.media?.fetch,
    parseRecipient(instance, text) {
      const gateway = gateways.get(views.get(instance)?.gateway ?? '')
      return parseAddress(text) ?? gateway?.parseRecipient(text)
    },
  }
}

async function addressOf(store: Store, instance: InstanceId, to: ChatId | Address): Promise<Address> {
  if (typeof to === 'string') return to
  const chat = await store.getChat(to)
  if (!chat || chat.instance !== instance) {
    throw new HubError(
      'E_NOT_FOUND',
      `The instance "${instance}" has no such chat. List its chats with GET /api/v1/chats?instance=${instance}.`,
    )
  }
  return chat.address
}

/** A handler that lets events of other numbers pass. */
const within = (scope: FeatureScope | undefined, handler: Handler): Handler =>
  scope === undefined
    ? handler
    : (turn, next) => {
        const { id, tags } = turn.instance
        const isMeant = scope.instances.includes(id) || tags.some((tag) => scope.tags.includes(tag))
        if (isMeant) return handler(turn, next)
        turn.tell?.({ outcome: 'out-of-scope', reason: 'it works for other numbers' })
        return next()
      }

function linksOf(parts: HubParts): Link[] {
  const links: Link[] = []
  for (const feature of parts.features) {
    if (!(feature.name in parts.config.features)) continue
    const { handler } = feature.setup(parts.config.features[feature.name])
    const scope = parts.config.featureScopes?.[feature.name]
    if (handler) links.push({ name: feature.name, handler: within(scope, handler), ownSteps: true })
  }
  if (parts.bot) links.push({ name: 'bot', handler: parts.bot, ownSteps: false })
  return links
}
