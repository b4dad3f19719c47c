import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { HubError } from '../../../core/errors.ts'
import type { RemoteInstance } from '../../../core/gateway.ts'
import { type InstanceId, isInstanceId, publicId, type ServerId } from '../../../core/ids.ts'
import type { UnroutedRow } from '../../../core/registry.ts'
import { strangerKey } from '../../../pipeline/ingest.ts'
import type { Source } from '../../../pipeline/registry/make.ts'
import { publicIdSchema } from '../../contract/common.ts'
import * as contract from '../../contract/instances.ts'
import type { Api, Edge } from '../../edge.ts'
import { requestKey } from '../../idempotency.ts'
import { iso } from '../../present.ts'
import { answered } from '../gateway/ask.ts'
import { plain } from './instances.ts'
import { asked, kindOf, madeSecrets, shownInstance } from './shared.ts'

const params = z.strictObject({ id: publicIdSchema('unr') })

/** Numbers that deliveries name and no instance is known for. */
export function unroutedRoutes(api: Api, edge: Edge): void {
  const { hub } = edge
  const { registry, store } = hub

  api.get('/unrouted', { schema: { response: { 200: contract.unroutedList } } }, async () => ({
    data: (await store.listUnrouted()).map(presentUnrouted),
    next: null,
  }))

  api.post(
    '/unrouted/:id/adopt',
    {
      config: { scope: 'manage' },
      schema: { params, body: contract.adoptUnroutedBody, response: { 201: contract.adopted } },
    },
    async (request, reply) => {
      const row = await groupOf(request.params.id)
      const { handOver, settings, device, ...wishes } = request.body
      const known = await asked(async () =>
        hub.maker.make({
          wishes: plain(wishes),
          source: await sourceOf(row, settings, device),
          idempotencyKey: requestKey(request).request ?? randomUUID(),
        }),
      )
      const { id } = known.config
      const handedOver = handOver ? await hub.handOver(row.id, id) : 0
      await edge.audit(request, {
        action: 'instance.adopt',
        target: id,
        detail: { from: publicId('unr', row.id), handedOver },
      })
      return reply.code(201).send({
        ...(await shownInstance(hub, known)),
        secrets: madeSecrets(hub, known.config, id),
        handedOver,
      })
    },
  )

  api.post(
    '/unrouted/:id/hand-over',
    {
      config: { scope: 'manage' },
      schema: { params, body: contract.handOverBody, response: { 200: contract.handedOver } },
    },
    async (request) => {
      const row = await groupOf(request.params.id)
      const handedOver = await hub.handOver(row.id, request.body.instance)
      await edge.audit(request, {
        action: 'instance.hand-over',
        target: request.body.instance,
        detail: { from: publicId('unr', row.id), handedOver },
      })
      return { handedOver }
    },
  )

  api.delete('/unrouted/:id', { config: { scope: 'manage' }, schema: { params } }, async (request, reply) => {
    const row = await groupOf(request.params.id)
    await store.forgetUnrouted(row.id)
    await edge.audit(request, { action: 'unrouted.forget', target: publicId('unr', row.id) })
    return reply.code(204).send()
  })

  async function groupOf(id: number): Promise<UnroutedRow> {
    const row = (await store.listUnrouted()).find((one) => one.id === id)
    if (!row) throw new HubError('E_NOT_FOUND', 'There is no such number among those nobody knows.')
    return row
  }

  const serverOf = ({ target, gateway, baseUrl }: UnroutedRow) =>
    registry.servers.get(target as ServerId)?.config ??
    [...registry.servers.values()].find(
      ({ config }) => config.gateway === gateway && config.baseUrl === baseUrl,
    )?.config

  /** Where the settings of the new instance come from: the request, its server, or a neighbour without a token. */
  async function sourceOf(
    row: UnroutedRow,
    settings: object | undefined,
    device: string | undefined,
  ): Promise<Source> {
    const { gateway, baseUrl, names } = row
    const kind = kindOf(hub, gateway)
    const named = device ?? (kind?.credential ? undefined : names[0])
    const byHand = {
      type: 'by-hand',
      gateway,
      baseUrl,
      ...(named !== undefined && { device: named }),
    } as const
    if (settings) return { ...byHand, settings }
    const server = serverOf(row)
    const client = server && registry.serverClient(server.id)
    if (server && client) {
      const remote = answered(await client.instances()).find((one) => isOne(row, one))
      if (remote) return { type: 'adopt', server: server.id, remote: remote.id }
    }
    if (kind?.credential) {
      throw new HubError(
        'E_INVALID',
        'body.settings: is missing. The token of this number is needed, and no server of the hub shows it.',
      )
    }
    const neighbour = registry.instances.get(row.target as InstanceId)?.config.settings ?? server?.settings
    return { ...byHand, ...(neighbour !== undefined && { settings: neighbour as object }) }
  }

  const isOne = (row: UnroutedRow, remote: RemoteInstance): boolean => {
    if (row.tokenSeen)
      return (
        remote.credential !== undefined &&
        strangerKey(row.target, row.gateway, row.baseUrl, { credential: remote.credential }) === row.key
      )
    const phone = remote.phone?.replace(/\D/g, '')
    return row.names.some(
      (name) => name === remote.id || name === remote.name || (phone && name.replace(/\D/g, '') === phone),
    )
  }

  function presentUnrouted(row: UnroutedRow) {
    const kind = kindOf(hub, row.gateway)
    const server = serverOf(row)
    return {
      id: publicId('unr', row.id),
      target: row.target,
      gateway: row.gateway,
      baseUrl: row.baseUrl,
      names: row.names,
      tokenSeen: row.tokenSeen,
      count: row.count,
      firstAt: iso(row.firstAt),
      lastAt: iso(row.lastAt),
      suggestion: {
        id: freeId(row),
        device: kind?.credential ? undefined : row.names[0],
        tokenFromServer:
          kind?.credential !== undefined &&
          server?.adminToken !== undefined &&
          registry.serverClient(server.id) !== undefined,
      },
    }
  }

  function freeId({ names, gateway }: UnroutedRow): InstanceId {
    const taken = new Set([...registry.instances.keys()].map((id) => id.toLowerCase()))
    const base =
      names.map((name) => name.replace(/[^\w-]+/g, '-').slice(0, 40)).find(isInstanceId) ??
      `${gateway}-number`
    for (let n = 1; ; n += 1) {
      const id = n === 1 ? base : `${base}-${n}`
      if (isInstanceId(id) && !taken.has(id.toLowerCase())) return id
    }
  }
}
