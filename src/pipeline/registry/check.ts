import type { HubConfig, InstanceConfig } from '../../core/config.ts'
import type { Capability, GatewayClient } from '../../core/gateway.ts'
import type { Clock, HttpClient } from '../../core/ports.ts'
import type { RefusalReason, RefusalRow, RegistryStore } from '../../core/registry.ts'
import type { LogStore } from '../../core/store.ts'
import { filterFaults, judgeWebhook, publicUrlOf } from '../../core/webhook.ts'
import type { Registry } from './live.ts'
import type { Witness } from './witness.ts'

export type CheckCause =
  | RefusalReason
  | 'filtered'
  | 'not-registered'
  | 'unreachable'
  | 'no-public-url'
  | 'gateway-down'
  | 'unauthorized'

export interface InstanceCheck {
  state: 'waiting' | 'verified' | 'failing'
  /** First authentic delivery since the instance was made (ms). */
  since?: number
  lastEventAt?: number
  /** The likeliest first. */
  causes: { cause: CheckCause; detail: string; cure: string }[]
  /** Of the last day, newest first. */
  refusals: RefusalRow[]
  publicUrl?: string
  /** What asking the hub under its own public URL brought; undefined: it has none. */
  reachable?: { ok: true } | { ok: false; reason: string }
}

export interface CheckParts {
  config: Pick<HubConfig, 'publicUrl'>
  registry: Registry
  witness: Witness
  store: RegistryStore & Pick<LogStore, 'instanceStates'>
  http: HttpClient
  clock: Clock
}

const DAY_MS = 86_400_000
/** How long the gateway, or the way to the hub itself, may take to answer (ms). */
const PATIENCE_MS = 8_000

const CURES: Record<RefusalReason, string> = {
  signature: 'Give the gateway the very webhook secret of this instance; make a new one if it is lost.',
  'url-key': 'Register the webhook again, or correct the key at the end of its URL at the gateway.',
  token:
    'Give this instance the token that the gateway has for it, or point that webhook at its own instance.',
  path: 'Correct the URL of the webhook at the gateway: /webhooks/, then the id of this instance.',
  address:
    'Add the address to the networks of this instance; behind a proxy, name it in trustedProxies of the configuration.',
  rate: 'Raise deliveriesPerSecond of this instance; the gateway sends what was refused again.',
  size: 'Raise limits.bodyBytes in the configuration, or have the gateway leave media out of its webhooks.',
  form: 'Have the proxy before the hub pass bodies on as they come.',
}

/**
 * Does this instance hear its gateway, and why not? Asks the store, the gateway and the hub's own public URL; takes
 * some seconds at most.
 */
export async function checkInstance(parts: CheckParts, instance: InstanceConfig): Promise<InstanceCheck> {
  const { store, witness, registry, clock } = parts
  await witness.flush()
  const server = registry.serverOf(instance)
  const since = clock.now() - DAY_MS
  const [rows, verified, states, gateway, reachable] = await Promise.all([
    store.refusals([instance.id, ...(server ? [server.id as string] : [])]),
    store.verifiedSince(),
    store.instanceStates(),
    gatewayCauses(parts, instance),
    selfTest(parts, instance),
  ])
  const publicUrl = publicUrlOf(parts.config)
  const firstAt = verified.get(instance.id)
  const lastEventAt =
    firstAt === undefined ? undefined : states.find((s) => s.instance === instance.id)?.lastEventAt
  const recent = rows.filter(({ lastAt }) => lastAt >= since)
  const own = recent.filter(({ target }) => target !== '')
  // What came for nobody may have been meant for one that has heard nothing yet.
  const stray = firstAt === undefined ? recent.filter(({ target }) => target === '') : []
  const refusals = [...own, ...stray]
  const after = lastEventAt ?? firstAt ?? 0
  const unheard = refusals.filter(({ lastAt }) => lastAt > after)

  const causes: InstanceCheck['causes'] = [
    ...unheard.map(({ reason, detail }) => ({ cause: reason, detail, cure: CURES[reason] })),
    ...gateway,
  ]
  if (firstAt === undefined && publicUrl === undefined) {
    causes.push({
      cause: 'no-public-url',
      detail: 'The hub does not know under which URL gateways reach it.',
      cure: 'Set publicUrl in the configuration, best an HTTPS one, and start the hub again; a gateway on this machine needs none.',
    })
  }
  if (reachable?.ok === false) {
    causes.push({
      cause: 'unreachable',
      detail: `The hub does not reach itself at ${publicUrl}: ${reachable.reason}.`,
      cure: 'Check name, proxy and certificate of publicUrl. If only this machine cannot go that way, the gateway may all the same.',
    })
  }
  const failing =
    unheard.some(({ target }) => target !== '') || (firstAt === undefined && causes.some(isCertain))
  return {
    state: failing ? 'failing' : firstAt === undefined ? 'waiting' : 'verified',
    ...(firstAt !== undefined && { since: firstAt }),
    ...(lastEventAt !== undefined && { lastEventAt }),
    causes,
    refusals,
    ...(publicUrl !== undefined && { publicUrl }),
    ...(reachable && { reachable }),
  }
}

/** What alone explains that nothing comes. Without a public URL a gateway of this machine still finds the hub. */
const isCertain = ({ cause }: { cause: CheckCause }): boolean =>
  !['no-public-url', 'unreachable', 'gateway-down'].includes(cause)

/** What the gateway itself says of its webhooks. */
async function gatewayCauses(
  { registry, clock }: CheckParts,
  instance: InstanceConfig,
): Promise<InstanceCheck['causes']> {
  const client: GatewayClient | undefined = registry.clients.get(instance.id)
  const has = (capability: Capability) => registry.capabilities.get(instance.id)?.has(capability)
  if (!client?.webhooks || !has('webhooks')) return []
  const server = registry.serverOf(instance)
  const global = server && registry.serverClient(server.id)?.globalWebhook
  const [own, shared] = await within(
    clock,
    Promise.all([client.webhooks.list(), global?.list() ?? { ok: true as const, value: [] }]),
    [LATE, LATE],
  )
  if (!own.ok) {
    if (own.code === 'unsupported') return []
    const refused = own.code === 'unauthorized'
    return [
      {
        cause: refused ? 'unauthorized' : 'gateway-down',
        detail: `The gateway could not be asked for its webhooks: ${own.reason}`,
        cure: refused
          ? 'Correct the token or login of this instance.'
          : 'See that the gateway runs and that the hub reaches its URL.',
      },
    ]
  }
  const registered = [...own.value, ...(shared.ok ? shared.value : [])]
  if (registered.length === 0 && client.webhooks.inherits) return []
  const servers = [...registry.servers.values()].map(({ config }) => config)
  const verdicts = registered.map((one) => ({ one, verdict: judgeWebhook(one.url, instance, servers) }))
  const ours = verdicts.filter(({ verdict }) => verdict === 'this').map(({ one }) => one)
  const register = 'Register the webhook at the gateway.'
  if (ours.length === 0) {
    const key = verdicts.some(({ verdict }) => verdict === 'other-key')
    return [
      key
        ? {
            cause: 'url-key',
            detail: 'A webhook of the gateway leads here with another key.',
            cure: register,
          }
        : {
            cause: 'not-registered',
            detail:
              registered.length === 0
                ? 'The gateway has no webhook.'
                : `None of the ${registered.length} webhooks of the gateway leads to this instance.`,
            cure: register,
          },
    ]
  }
  const enabled = ours.find((one) => one.enabled)
  if (!enabled)
    return [
      {
        cause: 'not-registered',
        detail: 'The webhook that leads here is switched off at the gateway.',
        cure: 'Switch it on there, or register it again.',
      },
    ]
  return filterFaults(enabled).map(({ problem, mend }) => ({
    cause: 'filtered',
    detail: problem,
    cure: mend,
  }))
}

const LATE = { ok: false as const, retry: true, reason: 'it does not answer.', code: undefined }

/** The way a gateway takes: through the public URL to this instance's own webhook, whose GET only a hub refuses so. */
async function selfTest(
  { config, http }: CheckParts,
  { id }: InstanceConfig,
): Promise<InstanceCheck['reachable']> {
  const base = publicUrlOf(config)
  if (base === undefined) return undefined
  const outcome = await http({ method: 'GET', url: `${base}/webhooks/${id}`, timeoutMs: PATIENCE_MS })
  if (outcome.type !== 'answered') return { ok: false, reason: outcome.reason }
  if (outcome.status === 405 && outcome.body.includes('E_METHOD')) return { ok: true }
  if (outcome.status === 404 && outcome.body.includes('E_NOT_FOUND'))
    return { ok: false, reason: 'a hub answers there that does not know this instance' }
  return { ok: false, reason: `something else answers there, with status ${outcome.status}` }
}

async function within<T>(clock: Clock, work: Promise<T>, late: T): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>()
  const timer = clock.setTimeout(() => resolve(late), PATIENCE_MS)
  try {
    return await Promise.race([work, promise])
  } finally {
    timer.cancel()
  }
}
