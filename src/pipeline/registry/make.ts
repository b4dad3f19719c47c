import { randomBytes } from 'node:crypto'
import { answered } from '../../core/answered.ts'
import type { InstanceConfig, ServerConfig } from '../../core/config.ts'
import { HubError } from '../../core/errors.ts'
import type { Gateway, RemoteInstance, ServerClient } from '../../core/gateway.ts'
import type { InstanceId, ServerId } from '../../core/ids.ts'
import type { Clock } from '../../core/ports.ts'
import type { KnownInstance, RegistryStore } from '../../core/registry.ts'
import { sameText } from '../../core/signature.ts'
import type { ClusterStore } from '../../core/store.ts'
import type { Draft } from './entry.ts'
import type { Registry } from './live.ts'

export interface MakeParts {
  registry: Registry
  gateways: ReadonlyMap<string, Gateway>
  store: RegistryStore & Pick<ClusterStore, 'nodes'>
  clock: Clock
  /** This node. */
  holder: string
}

/** Where a new instance comes from. */
export type Source =
  | { type: 'by-hand'; gateway: string; baseUrl: string; device?: string; settings?: object }
  | { type: 'create'; server: string; name: string; settings?: object }
  | { type: 'adopt'; server: string; remote: string; settings?: object }
/** What its owner decides, in the words of the configuration. */
export type Wishes = Draft & { id: string; webhook?: { allow?: string[]; key?: string; secret?: string } }

/** Idempotency keys of requests never meet those of another endpoint. */
export interface MakeRequest {
  wishes: Wishes
  source: Source
  idempotencyKey: string
}

/** A node that is silent for so long is not making anything any more (ms). */
const SILENCE_MS = 8_000
const SECRET_BYTES = 32

/** Makes instances: by hand, at their gateway, or out of what is at a server already. */
export function createMaker({ registry, gateways, store, clock, holder }: MakeParts) {
  /** One request that is asked twice at once is one. */
  const underWay = new Map<string, Promise<KnownInstance>>()

  function gatewayNamed(name: string): Gateway {
    const found = gateways.get(name)
    if (found) return found
    throw new HubError(
      'E_INVALID',
      `body.gateway: "${name.slice(0, 40)}" is no gateway of this build. It has ${[...gateways.keys()].join(', ')}.`,
    )
  }

  function serverNamed(id: string): { server: ServerConfig; client: ServerClient; gateway: Gateway } {
    const server = registry.servers.get(id as ServerId)?.config
    if (!server) throw new HubError('E_NOT_FOUND', 'There is no such server in the hub.')
    const gateway = gatewayNamed(server.gateway)
    const client = registry.serverClient(server.id)
    if (client) return { server, client, gateway }
    throw new HubError('E_UNSUPPORTED', 'The gateway of this server does not manage instances.')
  }

  async function byHand({ wishes, source }: MakeRequest & { source: Source & { type: 'by-hand' } }) {
    const gateway = gatewayNamed(source.gateway)
    const { settings, type: _, ...place } = source
    return registry.save('instance', { ...draftFor(wishes, gateway), ...place, ...settings })
  }

  async function fromServer(
    request: MakeRequest,
    remoteOf: (at: ReturnType<typeof serverNamed>) => Promise<RemoteInstance>,
    creation?: string,
  ) {
    const { wishes, source } = request
    if (source.type === 'by-hand') throw new TypeError('made by hand')
    const at = serverNamed(source.server)
    const remote = await remoteOf(at)
    const known = at.gateway.adopt?.(remote, at.server)
    const settings = { ...known?.settings, ...source.settings }
    if (!known && source.settings === undefined) throw noCredential(at.gateway)
    const draft = {
      ...draftFor(wishes, at.gateway),
      gateway: at.server.gateway,
      baseUrl: at.server.baseUrl,
      ...(known?.device !== undefined && { device: known.device }),
      ...settings,
    }
    return registry.save('instance', draft, creation === undefined ? {} : { creation })
  }

  /**
   * The intent is written before the gateway is asked. Whatever ends between the two: asking again with the same
   * key finds what was made, and without it the instance is listed at its server, to be adopted.
   */
  async function atGateway(request: MakeRequest & { source: Source & { type: 'create' } }) {
    const { wishes, source, idempotencyKey: key } = request
    const { server, client, gateway } = serverNamed(source.server)
    refuseUnreadable(wishes, server, gateway)
    const listed = answered(await client.instances())
    const intent = {
      key,
      server: server.id as string,
      instance: wishes.id,
      name: source.name,
      before: listed.map(({ id }) => id),
      holder,
    }
    const stands = await store.beginCreation(intent)
    if (
      stands.instance !== intent.instance ||
      stands.name !== intent.name ||
      stands.server !== intent.server
    ) {
      throw otherRequest()
    }
    if (stands.holder !== holder) {
      const nodes = await store.nodes()
      const alive = nodes.some(({ id, seenAt }) => id === stands.holder && clock.now() - seenAt < SILENCE_MS)
      if (alive || !(await store.takeCreation(key, stands.holder, holder))) {
        throw new HubError(
          'E_CONFLICT',
          'Another node is making this instance just now. Ask again in a moment.',
        )
      }
    }
    const made = (list: readonly RemoteInstance[]) =>
      list.find(
        (one) =>
          (one.name ?? one.id) === source.name && !stands.before.includes(one.id) && !instanceOf(server, one),
      )
    return fromServer(
      request,
      async () => {
        const before = made(listed)
        if (before) return before
        const answer = await client.create(source.name)
        if (answer.ok) return answer.value
        // Its answer was lost, perhaps; what it did shows in the list.
        const after = await client.instances()
        const found = after.ok ? made(after.value) : undefined
        if (found) return found
        if (!answer.retry) await store.endCreation(key)
        return answered(answer)
      },
      key,
    )
  }

  /** Faults that do not wait for what the gateway gives: nothing is made there for a request that cannot end well. */
  function refuseUnreadable(
    wishes: Wishes,
    { gateway: name, baseUrl }: ServerConfig,
    gateway: Gateway,
  ): void {
    try {
      registry.check('instance', { ...draftFor(wishes, gateway), gateway: name, baseUrl })
    } catch (error) {
      if (!(error instanceof HubError)) throw error
      const { faults } = error.details
      // An id of another one; what the device is, only the gateway knows yet.
      if (!Array.isArray(faults)) {
        if (
          registry.instances.has(wishes.id as InstanceId) ||
          (error.details.conflict as { what?: string } | undefined)?.what === 'id'
        )
          throw error
        return
      }
      const ours = faults.filter(({ path }: { path: string }) => isCommon(path))
      if (ours.length > 0) throw new HubError(error.code, error.message, { details: { faults: ours } })
    }
  }

  /** The instance of the hub that is this one at its server, if there is one. */
  function instanceOf(server: ServerConfig, remote: RemoteInstance): InstanceConfig | undefined {
    const gateway = gateways.get(server.gateway)
    const mine = [...registry.instances.values()]
      .map(({ config }) => config)
      .filter((one) => one.gateway === server.gateway && one.baseUrl === server.baseUrl)
    const phone = remote.phone?.replace(/\D/g, '')
    return mine.find((one) => {
      const credential = gateway?.credential?.(one.settings)
      if (credential !== undefined)
        return remote.credential !== undefined && sameText(credential, remote.credential)
      return (
        one.device === undefined ||
        one.device === remote.id ||
        (phone !== undefined && one.device.replace(/\D/g, '') === phone)
      )
    })
  }

  return {
    serverNamed,
    instanceOf,
    /**
     * Makes an instance and stores it. The same idempotency key answers what was made first.
     * @throws HubError E_INVALID or E_CONFIG for what cannot be; E_CONFLICT for what is another one's; E_NOT_FOUND,
     * E_UNSUPPORTED for the server; what the gateway said, as E_GATEWAY and the like
     */
    make(request: MakeRequest): Promise<KnownInstance> {
      const { idempotencyKey: key, source } = request
      const running = underWay.get(key)
      if (running) return running
      const work = async (): Promise<KnownInstance> => {
        const { id } = request.wishes
        const there = registry.instances.get(id as InstanceId)
        if (there?.request === key) return there
        if ([...registry.instances.values()].some((known) => known.request === key)) throw otherRequest()
        const wishes = { ...request.wishes, request: key }
        const asked = { ...request, wishes }
        if (source.type === 'by-hand') return byHand({ ...asked, source })
        if (source.type === 'create') return atGateway({ ...asked, source })
        return fromServer(asked, async ({ client, server }) => {
          const found = answered(await client.instances()).find((one) => one.id === source.remote)
          if (!found) throw new HubError('E_NOT_FOUND', 'The server has no such instance.')
          const ours = instanceOf(server, found)
          if (ours) throw new HubError('E_CONFLICT', `That instance is "${ours.id}" in the hub already.`)
          return found
        })
      }
      const made = work().finally(() => underWay.delete(key))
      underWay.set(key, made)
      return made
    },
  }
}

/** What a draft has whatever its gateway: proofs are made where none are given. */
function draftFor(wishes: Wishes, gateway: Gateway): Draft {
  const { webhook = {}, ...rest } = wishes
  const { allow = [], key, secret } = webhook
  const signs = gateway.proof === 'signature'
  return {
    ...rest,
    webhook: {
      allow,
      secrets: signs ? [secret ?? newSecret()] : secret === undefined ? [] : [secret],
      ...(signs ? key !== undefined && { key } : { key: key ?? newSecret() }),
    },
  }
}

/** For a signature or a URL: 256 random bits, which need no escaping anywhere. */
export const newSecret = (): string => randomBytes(SECRET_BYTES).toString('base64url')

const COMMON = [
  'id',
  'name',
  'webhook',
  'pacing',
  'tags',
  'deliveriesPerSecond',
  'reorderWindowMs',
  'apiMessagesClaim',
]
const isCommon = (path: string): boolean => COMMON.includes(path.split(/[.[]/, 1)[0] ?? '')

const otherRequest = (): HubError =>
  new HubError(
    'E_CONFLICT',
    'This Idempotency-Key belongs to another request, which made another instance. Use a new one.',
  )

const noCredential = ({ name }: Gateway): HubError =>
  new HubError(
    'E_INVALID',
    `body.settings: is missing. The server does not show what opens this instance (${name}): give it, as GET /api/v1/gateways says.`,
  )

export type Maker = ReturnType<typeof createMaker>
