import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import { HubError } from '../../../core/errors.ts'
import type { RemoteInstance, ServerClient } from '../../../core/gateway.ts'
import type { InstanceId } from '../../../core/ids.ts'
import type { KnownInstance } from '../../../core/registry.ts'
import { draftOf } from '../../../pipeline/registry/entry.ts'
import { readOnly } from '../../../pipeline/registry/live.ts'
import { newSecret, type Source } from '../../../pipeline/registry/make.ts'
import * as contract from '../../contract/instances.ts'
import type { Api, Edge } from '../../edge.ts'
import { requestKey } from '../../idempotency.ts'
import { answered, idParams } from '../gateway/ask.ts'
import {
  asked,
  changed,
  knownInstance,
  madeSecrets,
  orStale,
  shownInstance,
  withoutSettings,
} from './shared.ts'

/** Instances made, changed and taken away while the hub runs. */
export function registryRoutes(api: Api, edge: Edge): void {
  const { hub } = edge
  const { registry } = hub

  api.post(
    '/instances',
    {
      config: { scope: 'manage' },
      schema: { body: contract.createBody, response: { 201: contract.createdInstance } },
    },
    async (request, reply) => {
      const { wishes, source } = splitOf(request.body)
      const key = requestKey(request).request ?? randomUUID()
      const known = await asked(() => hub.maker.make({ wishes, source, idempotencyKey: key }))
      await edge.audit(request, {
        action: 'instance.create',
        target: known.config.id,
        detail: { gateway: known.config.gateway, how: source.type },
      })
      return reply.code(201).send({
        ...(await shownInstance(hub, known)),
        secrets: madeSecrets(hub, known.config, known.config.id),
      })
    },
  )

  api.patch(
    '/instances/:id',
    {
      config: { scope: 'manage' },
      schema: { params: idParams, body: contract.changeBody, response: { 200: contract.instance } },
    },
    async (request) => {
      const { id } = request.params
      const { revision, alsoAtGateway, settings, webhook, ...changes } = request.body
      const { config } = storedInstance(id)
      if (alsoAtGateway) await renameAtGateway(id, changes.name)
      const draft = draftOf(config)
      const next = {
        ...changed(settings === undefined ? draft : withoutSettings(draft, config.settings), changes),
        ...settings,
        webhook: { ...config.webhook, ...(webhook?.allow && { allow: webhook.allow }) },
      }
      const known = await orStale(hub, id, () => registry.save('instance', next, { revision }))
      const fields = Object.keys(request.body).filter((name) => name !== 'revision')
      await edge.audit(request, { action: 'instance.change', target: id, detail: { fields } })
      return shownInstance(hub, known)
    },
  )

  api.post(
    '/instances/:id/secrets',
    {
      config: { scope: 'manage' },
      schema: { params: idParams, body: contract.renewBody, response: { 200: contract.renewedSecrets } },
    },
    async (request) => {
      const { id } = request.params
      const { revision, what } = request.body
      const { config } = storedInstance(id)
      const { key, secrets } = config.webhook
      const webhook =
        what === 'key'
          ? { ...config.webhook, key: newSecret() }
          : // The last one goes on being taken, until the gateway has the new one.
            { ...config.webhook, secrets: [newSecret(), ...secrets.slice(0, 1)] }
      const next = { ...draftOf(config), webhook }
      const known = await orStale(hub, id, () => registry.save('instance', next, { revision }))
      await edge.audit(request, { action: 'instance.renew-secret', target: id, detail: { what } })
      const made = madeSecrets(hub, known.config, id)
      return {
        revision: known.revision ?? revision,
        // Only what is new is shown.
        secrets: {
          ...made,
          ...(made.urlKey === key && { urlKey: undefined }),
          ...(made.signingSecret === secrets[0] && { signingSecret: undefined }),
        },
      }
    },
  )

  api.delete(
    '/instances/:id',
    {
      config: { scope: 'manage' },
      schema: { params: idParams, body: contract.removeBody, response: { 200: contract.removed } },
    },
    async (request) => {
      const { id } = request.params
      const { id: repeated, alsoAtGateway } = request.body
      const known = storedInstance(id)
      if (repeated !== id)
        throw new HubError(
          'E_INVALID',
          'body.id: must be the id of the instance once more, as it is in the path.',
        )
      // Found before it goes: its own credentials may be what opens the server.
      const remote = alsoAtGateway ? await atGateway(known) : undefined
      const refusedSends = await registry.remove('instance', id)
      const gone = remote && (await remote.client.remove(remote.instance.id))
      const end = gone === undefined ? 'kept' : gone.ok ? 'removed' : 'failed'
      await edge.audit(request, {
        action: 'instance.remove',
        target: id,
        detail: { refusedSends, atGateway: end },
      })
      return {
        refusedSends,
        atGateway: end as 'kept' | 'removed' | 'failed',
        reason: gone && !gone.ok ? gone.reason : undefined,
      }
    },
  )

  /** @throws HubError E_NOT_FOUND; E_CONFLICT for one of the file */
  function storedInstance(id: InstanceId): KnownInstance {
    const known = knownInstance(hub, id)
    if (known.origin === 'file') throw readOnly('instance', id)
    return known
  }

  /** @throws HubError E_UNSUPPORTED when its server is not known; E_NOT_FOUND when it does not have it any more */
  async function atGateway({
    config,
  }: KnownInstance): Promise<{ client: ServerClient; instance: RemoteInstance }> {
    const server = registry.serverOf(config)
    const client = server && registry.serverClient(server.id)
    if (!server || !client) {
      throw new HubError(
        'E_UNSUPPORTED',
        'The hub has no server with the URL of this instance, or its gateway does not manage instances. Add the server first, or do it at the gateway.',
      )
    }
    const instance = answered(await client.instances()).find(
      (remote) => hub.maker.instanceOf(server, remote)?.id === config.id,
    )
    if (instance) return { client, instance }
    throw new HubError('E_NOT_FOUND', 'The gateway does not have this instance any more.')
  }

  async function renameAtGateway(id: InstanceId, name: string | null | undefined): Promise<void> {
    if (typeof name !== 'string')
      throw new HubError('E_INVALID', 'body.name: must be given to rename it at the gateway, too.')
    const { client, instance } = await atGateway(knownInstance(hub, id))
    if (!client.rename)
      throw new HubError('E_UNSUPPORTED', 'The gateway of this instance does not rename its numbers.')
    answered(await client.rename(instance.id, name))
  }
}

/** What its owner wishes, and where it comes from. */
function splitOf(body: z.output<typeof contract.createBody>) {
  const settings = body.settings && { settings: body.settings }
  const common = <T extends object>({ settings: _, ...rest }: T & { settings?: unknown }) => rest
  let source: Source
  if ('gateway' in body) {
    const { gateway, baseUrl, device, ...wishes } = common(body)
    source = { type: 'by-hand', gateway, baseUrl, ...(device !== undefined && { device }), ...settings }
    return { wishes: plain(wishes), source }
  }
  if ('create' in body) {
    const { server, create, ...wishes } = common(body)
    source = { type: 'create', server, name: create.name ?? body.id, ...settings }
    return { wishes: plain(wishes), source }
  }
  const { server, adopt, ...wishes } = common(body)
  source = { type: 'adopt', server, remote: adopt.instance, ...settings }
  return { wishes: plain(wishes), source }
}

/** Without what was not given: the configuration has its own defaults. */
export const plain = <T extends { id: string; webhook?: object | undefined }>(wishes: T) =>
  JSON.parse(JSON.stringify(wishes)) as {
    id: string
    webhook?: { allow?: string[]; key?: string; secret?: string }
  }
