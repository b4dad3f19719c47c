import { type Address, chatKind } from '../core/address.ts'
import type { HubConfig, InstanceConfig, ServerConfig, WebhookConfig } from '../core/config.ts'
import type { InboundEvent } from '../core/events.ts'
import type { Gateway, Normalised, RawDelivery, Verification } from '../core/gateway.ts'
import type { InstanceId, ServerId } from '../core/ids.ts'
import type { Clock, Logger, Metrics } from '../core/ports.ts'
import type { KnownInstance, KnownServer, RefusalReason } from '../core/registry.ts'
import { hashParts, sameText } from '../core/signature.ts'
import type { Acceptance, Arrival, ArrivingEvent, Disposition, Store } from '../core/store.ts'
import type { TrafficMeter } from '../core/traffic.ts'
import { Batcher } from './batcher.ts'
import type { Outage } from './outage.ts'
import type { Pressure } from './pressure.ts'
import type { Witness } from './registry/witness.ts'
import { sanitize } from './sanitize.ts'
import type { Wake } from './wake.ts'

/** What the HTTP edge must know before it reads a body. */
export type Admission =
  | { type: 'unknown-instance' }
  | {
      type: 'admitted'
      target: IngestTarget
      /** Largest body (bytes) this target takes, given the key in the URL. */
      maxBytes: number
      /** CIDR blocks it may come from; empty: from anywhere. */
      allow: readonly string[]
      deliveriesPerSecond?: number
    }
/** Opaque to the edge: hand it back to `receive`. `id` labels limits, logs and metrics. */
export interface IngestTarget {
  readonly id: InstanceId | 'global'
  readonly urlKey?: string
}

export type Receipt =
  | { type: 'accepted'; accepted: number; duplicates: number }
  /** `reason` says what was wrong with the proof; it is safe to answer and to log. */
  | { type: 'unauthenticated'; reason: string }
  /** Authentic, but more than its number may receive. */
  | { type: 'over-limit' }
  | { type: 'unavailable'; retryAfterSeconds: number }

/** The way in: verify → normalise → accept, with nothing of HTTP but headers and bytes. */
export interface Ingest {
  admit(path: { instance: string; urlKey?: string }): Admission
  /** Notes for whoever sets a gateway up that something was refused before it came to a proof. */
  refused(target: string, reason: RefusalReason, detail: string): void
  /**
   * @param admits asked once the delivery is proved: whether it may be taken now. Who cannot prove one must not
   * use up what a number may receive
   */
  receive(
    target: IngestTarget,
    delivery: RawDelivery,
    source: string,
    admits?: () => Promise<boolean>,
  ): Promise<Receipt>
}

export interface IngestParts {
  config: Pick<HubConfig, 'limits' | 'retention'>
  /** Those there are now; they come and go. */
  instances: ReadonlyMap<InstanceId, Pick<KnownInstance, 'config'>>
  servers: ReadonlyMap<ServerId, Pick<KnownServer, 'config'>>
  witness: Pick<Witness, 'authentic' | 'refused'>
  gateways: ReadonlyMap<string, Gateway>
  store: Store
  clock: Clock
  log: Logger
  metrics: Metrics
  traffic: TrafficMeter
  /** Every client reference of this installation begins with this. */
  referencePrefix: string
  pressure: Pressure
  outage: Outage
  wake: Wake
}

/** Conversation facts older than this on arrival are kept, but handlers do not see them (ms). */
const STALE_MS = 24 * 3_600_000
const CONVERSATION = new Set(['message', 'edit', 'revoke', 'reaction', 'vote', 'pin'])
/** How long a delivery waits for a store that cannot commit, before the gateway is asked to come back (ms). */
const HOLD_MS = 8_000
const HOLD_STEP_MS = 250
/** Deliveries that may wait that way; more would only pile up. */
const MAX_HELD = 1_000
/** A store that ended no batch for this long does not work (ms). */
const STALLED_MS = 1_000
const MAX_BATCH = 256
/** Longest address a fact may carry; anything longer is not one of WhatsApp's. */
const MAX_ADDRESS = 200
const KEPT_HEADERS = ['content-type', 'user-agent', 'content-length']

export function createIngest(parts: IngestParts): Ingest {
  const { config, gateways, store, clock, log, metrics, traffic } = parts
  const instanceOf = (id: string): InstanceConfig | undefined => parts.instances.get(id as InstanceId)?.config
  const allInstances = () => [...parts.instances.values()].map(({ config: one }) => one)
  const serverWith = (urlKey: string | undefined): ServerConfig | undefined =>
    [...parts.servers.values()]
      .map(({ config: one }) => one)
      .find(({ webhook: { key } }) => key !== undefined && urlKey !== undefined && sameText(key, urlKey))
  const batcher = new Batcher<Arrival, Acceptance>(
    async (batch) => {
      parts.pressure.arrived(batch.length)
      if (accepting++ === 0) movedAt = clock.monotonic()
      try {
        return await store.accept(batch)
      } finally {
        accepting -= 1
        movedAt = clock.monotonic()
      }
    },
    MAX_BATCH,
    2,
  )
  let accepting = 0
  /** When a batch last ended, or the first of those under way began (monotonic ms). */
  let movedAt = 0
  /** Own addresses of each number, as deliveries show them. */
  const own = new Map<string, Address[]>()
  let held = 0

  /**
   * Tries until `deadline` (monotonic ms). A store may wait for its database by itself meanwhile, so the answer
   * comes then whatever it is doing: if the commit is made after all, the repeat will be a duplicate.
   */
  async function commit(arrival: Arrival, deadline: number): Promise<Acceptance | undefined> {
    const late = Promise.withResolvers<undefined>()
    const timer = clock.setTimeout(() => late.resolve(undefined), Math.max(0, deadline - clock.monotonic()))
    try {
      return await Promise.race([accepted(arrival, deadline), late.promise])
    } finally {
      timer.cancel()
    }
  }

  async function accepted(arrival: Arrival, deadline: number): Promise<Acceptance | undefined> {
    for (let waited = false; ; waited = true) {
      // Behind a store that does not come back more would only pile up.
      if (batcher.pending >= MAX_HELD && clock.monotonic() - movedAt > STALLED_MS) return undefined
      const begun = clock.monotonic()
      try {
        const acceptance = await batcher.add(arrival)
        parts.outage.worked(begun)
        return acceptance
      } catch (err) {
        if (!parts.outage.noted(err) && !waited)
          log.error({ err, instance: arrival.instance }, 'the store cannot commit')
        if (clock.monotonic() >= deadline || held >= MAX_HELD) return undefined
      }
      held += 1
      await new Promise<void>((resolve) => clock.setTimeout(resolve, HOLD_STEP_MS))
      held -= 1
    }
  }

  function resolve(target: IngestTarget, delivery: RawDelivery): Proved | Refused {
    if (target.id !== 'global') {
      const instance = instanceOf(target.id)
      const gateway = instance && gateways.get(instance.gateway)
      if (!instance || !gateway) return { refused: 'no such instance', because: 'path' }
      const proof = gateway.verify(delivery, { ...instance.webhook, insecure: instance.insecure })
      if (!proof.ok) {
        const { key } = instance.webhook
        const wrongKey = key !== undefined && !sameText(key, delivery.urlKey ?? '')
        return {
          refused: proof.reason,
          because: wrongKey && gateway.proof === 'url-key' ? 'url-key' : 'signature',
        }
      }
      return route(gateway, instance, read(gateway, proof, instance.id))
    }
    const server = serverWith(target.urlKey)
    const gateway = server && gateways.get(server.gateway)
    if (!server || !gateway)
      return { refused: 'the key in the URL is not that of a configured server', because: 'url-key' }
    const proof = gateway.verify(delivery, { ...server.webhook, insecure: false })
    if (!proof.ok) return { refused: proof.reason, because: 'signature' }
    return routeOnServer(gateway, server, read(gateway, proof, 'global'))
  }

  /** Says what was refused to whoever looks: at its target, and at the instance it was probably meant for. */
  function testify(target: IngestTarget, delivery: RawDelivery, { refused, because }: Refused): void {
    const at = target.id === 'global' ? serverWith(target.urlKey)?.id : target.id
    parts.witness.refused(at ?? '', because, refused)
    const addressed = instanceOf(target.id)
    const gateway = addressed && gateways.get(addressed.gateway)
    if (!gateway) return
    const meant = allInstances()
      .filter(({ id, insecure }) => id !== target.id && !insecure && instanceOf(id)?.gateway === gateway.name)
      .slice(0, MOST_COMPARED)
      .find(({ webhook }) => gateway.verify(delivery, { ...webhook, insecure: false }).ok)
    if (meant)
      parts.witness.refused(
        meant.id,
        'path',
        `It is proved with what belongs to this instance, and came to /webhooks/${target.id}.`,
      )
  }

  function read(gateway: Gateway, proof: Extract<Verification, { ok: true }>, instance: string): Normalised {
    const known = own.get(instance) ?? configuredOwn(instanceOf(instance))
    const normalised = understood(gateway, proof, known)
    // Behind a server's one URL stand many numbers; what one delivery shows is not every number's own.
    if (instance !== 'global' && normalised.own?.some((address) => !known.includes(address))) {
      own.set(instance, [...new Set([...known, ...normalised.own])].slice(-8))
    }
    return normalised
  }

  /** A gateway folder never throws here; if one does, the delivery is kept all the same. */
  function understood(
    gateway: Gateway,
    proof: Extract<Verification, { ok: true }>,
    known: readonly Address[],
  ): Normalised {
    try {
      const normalised = gateway.normalise(proof.verified, {
        own: known,
        referencePrefix: parts.referencePrefix,
      })
      if (normalised.events.length > 0) return normalised
    } catch (err) {
      log.error({ err, gateway: gateway.name }, 'a delivery could not be read; it is kept as unknown')
    }
    const body = proof.verified.delivery.body.toString('latin1')
    return {
      events: [
        {
          fact: { kind: 'unknown', name: 'unreadable' },
          identity: { type: 'state', parts: [body] },
          author: 'other',
        },
      ],
    }
  }

  /** A body that names its number belongs to that number, whichever URL it came by. */
  function route(gateway: Gateway, instance: InstanceConfig, normalised: Normalised): Proved | Refused {
    const credential = gateway.credential?.(instance.settings)
    if (
      normalised.credential !== undefined &&
      credential !== undefined &&
      !sameText(normalised.credential, credential)
    ) {
      return { refused: 'the token in the body is not that of this instance', because: 'token' }
    }
    if (
      instance.device === undefined ||
      !normalised.device?.length ||
      namesDevice(normalised.device, instance.device)
    ) {
      return { gateway, instance: instance.id, normalised, routed: true, baseUrl: instance.baseUrl }
    }
    const sibling = allInstances().find(
      (other) =>
        other.gateway === instance.gateway &&
        other.baseUrl === instance.baseUrl &&
        other.device !== undefined &&
        namesDevice(normalised.device ?? [], other.device),
    )
    return {
      gateway,
      instance: (sibling ?? instance).id,
      normalised,
      routed: sibling !== undefined,
      baseUrl: instance.baseUrl,
    }
  }

  /** A server's global webhook: the instance is found by its token, else by number or name. */
  function routeOnServer(gateway: Gateway, server: ServerConfig, normalised: Normalised): Proved {
    const mine = allInstances().filter((i) => i.gateway === server.gateway && i.baseUrl === server.baseUrl)
    const byToken = mine.find((i) => {
      const credential = gateway.credential?.(i.settings)
      return (
        credential !== undefined &&
        normalised.credential !== undefined &&
        sameText(credential, normalised.credential)
      )
    })
    // A token that matches none must not be overruled by a name anybody could write.
    const found =
      byToken ??
      (normalised.credential === undefined
        ? (mine.find((i) => namesDevice(normalised.device ?? [], i.device ?? i.id)) ??
          mine.find((i) => i.name !== undefined && normalised.device?.includes(i.name)))
        : undefined)
    return {
      gateway,
      instance: found?.id ?? (server.id as string as InstanceId),
      normalised,
      routed: found !== undefined,
      baseUrl: server.baseUrl,
    }
  }

  /** What tells one unknown number from another, and nothing that would open it. */
  function stranger({ gateway, instance, normalised, baseUrl }: Proved): Arrival['unrouted'] {
    const { credential, device = [] } = normalised
    const names = device.slice(0, MAX_NAMES).map((name) => sanitize(name).slice(0, 100))
    const told = credential === undefined ? { names } : { credential }
    const key = strangerKey(instance, gateway.name, baseUrl, told)
    return { key, gateway: gateway.name, baseUrl, names, tokenSeen: credential !== undefined }
  }

  return {
    refused(target, reason, detail) {
      const instance = instanceOf(target)
      if (instance) traffic.count(instance.id, 'refused')
      parts.witness.refused(target, reason, detail)
    },
    admit({ instance, urlKey }) {
      const target = instance === 'global' ? globalTarget(serverWith(urlKey)) : instanceOf(instance)
      if (!target) return { type: 'unknown-instance' }
      const keyed =
        target.webhook.key !== undefined && urlKey !== undefined && sameText(target.webhook.key, urlKey)
      return {
        type: 'admitted',
        target: { id: target.id, ...(urlKey === undefined ? {} : { urlKey }) },
        maxBytes: keyed ? config.limits.bodyBytesWithKey : config.limits.bodyBytes,
        allow: target.webhook.allow,
        ...(target.deliveriesPerSecond === undefined
          ? {}
          : { deliveriesPerSecond: target.deliveriesPerSecond }),
      }
    },

    async receive(target, delivery, source, admits) {
      const receivedAt = clock.now()
      const deadline = clock.monotonic() + HOLD_MS
      const keyed = target.urlKey === undefined ? delivery : { ...delivery, urlKey: target.urlKey }
      const proved = resolve(target, keyed)
      if ('refused' in proved) {
        testify(target, keyed, proved)
        metrics.count('pombo_deliveries_total', { instance: target.id, outcome: 'unauthenticated' })
        traffic.count(target.id, 'refused')
        return { type: 'unauthenticated', reason: proved.refused }
      }
      if (admits && !(await admits())) {
        traffic.count(target.id, 'refused')
        return { type: 'over-limit' }
      }
      const { gateway, instance, normalised, routed } = proved
      const now = clock.now()
      const claimsByApi = instanceOf(instance)?.apiMessagesClaim ?? false
      if (routed) parts.witness.authentic(instance)
      const arrival: Arrival = {
        ...(!routed && { unrouted: stranger(proved)! }),
        instance,
        receivedAt,
        verifiedAt: now,
        source,
        headers: keptHeaders(delivery),
        body: gateway.redact(delivery.body),
        reorderMs: instanceOf(instance)?.reorderWindowMs ?? 0,
        events: normalised.events.map((event) =>
          prepare(sanitize(event), {
            instance,
            now,
            routed,
            dedupeMs: config.retention.dedupeMs,
            claimsByApi,
            referencePrefix: parts.referencePrefix,
          }),
        ),
      }
      const outcome = await commit(arrival, deadline)
      if (!outcome) {
        metrics.count('pombo_deliveries_total', { instance, outcome: 'unavailable' })
        traffic.count(instance, 'refused')
        return { type: 'unavailable', retryAfterSeconds: 2 }
      }
      metrics.count('pombo_deliveries_total', {
        instance,
        outcome: outcome.accepted > 0 ? 'accepted' : 'duplicate',
      })
      traffic.count(instance, outcome.accepted > 0 ? 'deliveries' : 'duplicates')
      traffic.count(instance, 'events', arrival.events.length)
      for (const event of arrival.events)
        metrics.count('pombo_events_total', { instance, kind: event.fact.kind })
      if (outcome.duplicates > 0) metrics.count('pombo_duplicates_total', { instance }, outcome.duplicates)
      if (outcome.accepted > 0) parts.wake(['lanes'], [instance])
      return { type: 'accepted', ...outcome }
    },
  }
}

interface Proved {
  gateway: Gateway
  instance: InstanceId
  normalised: Normalised
  /** False when the body names a number this hub does not know. */
  routed: boolean
  baseUrl: string
}
interface Refused {
  /** Safe to answer. */
  refused: string
  because: RefusalReason
}
/** Instances a refused delivery is compared with, to say whose it probably was. */
const MOST_COMPARED = 20
/** Names an unknown number is shown by. */
const MAX_NAMES = 6

interface Target {
  id: InstanceId | 'global'
  webhook: WebhookConfig
  deliveriesPerSecond?: number
}
const globalTarget = (server: ServerConfig | undefined): Target | undefined =>
  server && { id: 'global', webhook: server.webhook }

/** The configured device may be a slot id or the own number, as plain digits. */
const namesDevice = (names: readonly string[], device: string): boolean =>
  names.some(
    (name) =>
      name === device ||
      (/^\+?[0-9]{6,}$/.test(device) && name.replace(/\D/g, '') === device.replace(/\D/g, '')),
  )

const configuredOwn = (instance: InstanceConfig | undefined): Address[] =>
  instance?.device !== undefined && /^\+?[0-9]{8,15}$/.test(instance.device)
    ? [`phone:${instance.device.replace('+', '')}` as Address]
    : []

function keptHeaders(delivery: RawDelivery): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const name of KEPT_HEADERS) {
    const value = delivery.headers[name]
    if (value !== undefined) kept[name] = sanitize(String(value)).slice(0, 500)
  }
  return kept
}

interface Circumstances {
  instance: InstanceId
  now: number
  routed: boolean
  dedupeMs: number
  claimsByApi: boolean
  referencePrefix: string
}

/** What an unknown number is told by: its credential where its deliveries carry one, else what they name. */
export function strangerKey(
  target: string,
  gateway: string,
  baseUrl: string,
  by: { credential: string } | { names: readonly string[] },
): string {
  const told = 'credential' in by ? ['credential', by.credential] : ['names', ...by.names]
  return hashParts([target, gateway, baseUrl, ...told]).toString('hex')
}

/** Pure: what is to be stored of an event, and what becomes of it. */
export function prepare(event: InboundEvent, at: Circumstances): ArrivingEvent {
  const sound = hasSoundAddresses(event) ? event : asUnknown(event)
  return {
    fact: sound.fact,
    author: sound.author,
    at: soundTime(sound.at, at.now),
    chat: sound.chat,
    sender: sound.sender,
    reference: sound.reference,
    identity: sound.identity.type,
    key: dedupeKey(sound, at.instance),
    disposition: disposition(sound, at),
    claims: claims(sound, at),
  }
}

const KEY_HASH_BYTES = 16
const KEY_STEP_MS = 60_000
const LAST_MINUTE = 0xffff_ffff

/**
 * Twenty bytes that two deliveries of one fact share, and no two facts: the minute of a message, then a hash. Keys
 * of now lie side by side in their index that way, so that what a new one costs does not grow with those there are.
 * Of messages only: WhatsApp dates them once and for all, whoever delivers them; a receipt comes from each device at
 * a time of its own.
 */
function dedupeKey({ fact, identity, at }: InboundEvent, instance: InstanceId): Buffer {
  const key = Buffer.alloc(4 + KEY_HASH_BYTES)
  const minute = fact.kind === 'message' && at !== undefined ? Math.floor(at / KEY_STEP_MS) : 0
  // Whatever the clock says now: the same delivery has the same key tomorrow.
  if (minute > 0 && minute <= LAST_MINUTE) key.writeUInt32BE(minute)
  hashParts([instance, fact.kind, identity.type, ...identity.parts]).copy(key, 4, 0, KEY_HASH_BYTES)
  return key
}

function disposition(event: InboundEvent, at: Circumstances): Disposition {
  if (!at.routed) return 'unrouted'
  if (event.identity.type === 'history') return 'store'
  const kind = event.chat && chatKind(event.chat.address)
  if (kind === 'status' || kind === 'channel') return 'store'
  const age = at.now - (soundTime(event.at, at.now) ?? at.now)
  // Older than the oldest dedupe key: it may be a repeat of something long forgotten.
  if (age > at.dedupeMs) return 'store'
  return CONVERSATION.has(event.fact.kind) && age > STALE_MS ? 'store' : 'handle'
}

/** A person speaks for our number: the chat is theirs at once. What a program sent claims only if asked to. */
function claims(event: InboundEvent, at: Circumstances): boolean {
  if (event.fact.kind !== 'message' || disposition(event, at) !== 'handle') return false
  if (event.author === 'person') return true
  return event.author === 'api' && at.claimsByApi && !event.reference?.startsWith(at.referencePrefix)
}

/** Gateway clocks may be off, but a time before WhatsApp or far in the future is no time. */
function soundTime(time: number | undefined, now: number): number | undefined {
  return time !== undefined && time > Date.UTC(2009, 0) && time < now + 24 * 3_600_000
    ? Math.floor(time)
    : undefined
}

function hasSoundAddresses(event: InboundEvent): boolean {
  const members = event.fact.kind === 'membership' ? event.fact.members : []
  return [event.chat, event.sender, ...members].every(
    (party) =>
      party === undefined ||
      [party.address, ...party.aliases].every((address) => address.length <= MAX_ADDRESS),
  )
}

const asUnknown = (event: InboundEvent): InboundEvent => ({
  fact: { kind: 'unknown', name: `${event.fact.kind} with an address that cannot be one` },
  identity: event.identity,
  author: 'other',
  ...(event.at === undefined ? {} : { at: event.at }),
})
