import { z } from 'zod'
import { HubError } from '../../../core/errors.ts'
import type { ServerId } from '../../../core/ids.ts'
import type { KnownServer } from '../../../core/registry.ts'
import { publicUrlOf } from '../../../core/webhook.ts'
import { draftOf } from '../../../pipeline/registry/entry.ts'
import { readOnly } from '../../../pipeline/registry/live.ts'
import { newSecret } from '../../../pipeline/registry/make.ts'
import * as contract from '../../contract/servers.ts'
import type { Api, Edge } from '../../edge.ts'
import { optionalIso, withoutUserInfo } from '../../present.ts'
import { answered, name } from '../gateway/ask.ts'
import { judged } from '../gateway/webhooks.ts'
import { asked, changed, kindOf, madeSecrets, setupOf, withoutSettings } from './shared.ts'

const params = z.strictObject({ id: name })

/** Gateways of this build, and servers that hold several instances. */
export function serverAdministration(api: Api, edge: Edge): void {
  const { hub } = edge
  const { registry } = hub

  api.get('/gateways', { schema: { response: { 200: contract.gatewayList } } }, async () => ({
    data: hub.kinds.map((kind) => ({
      name: kind.name,
      capabilities: [...kind.capabilities].sort(),
      proof: kind.proof,
      settings: z.toJSONSchema(kind.settings, { unrepresentable: 'any', io: 'input' }) as Record<
        string,
        unknown
      >,
      server: {
        manages: kind.administer !== undefined && kind.capabilities.has('instances'),
        // Where an instance has a credential of its own, making one takes another.
        adminToken: kind.administer !== undefined && kind.credential !== undefined,
      },
    })),
    next: null,
  }))

  api.get('/servers', { schema: { response: { 200: contract.serverList } } }, async () => ({
    data: [...registry.servers.values()].map(presentServer),
    next: null,
  }))

  api.get('/servers/:id', { schema: { params, response: { 200: contract.server } } }, async (request) =>
    presentServer(known(request.params.id)),
  )

  api.post(
    '/servers',
    {
      config: { scope: 'manage' },
      schema: { body: contract.createServerBody, response: { 201: contract.createdServer } },
    },
    async (request, reply) => {
      const { settings, webhook = {}, ...rest } = request.body
      const signs = kindOf(hub, rest.gateway)?.proof === 'signature'
      const proof = signs ? { key: newSecret(), secrets: [newSecret()] } : { key: newSecret() }
      const draft = JSON.parse(JSON.stringify({ ...rest, ...settings, webhook: { ...webhook, ...proof } }))
      const made = await asked(() => registry.save('server', draft))
      await edge.audit(request, {
        action: 'server.create',
        target: made.config.id,
        detail: { gateway: made.config.gateway },
      })
      return reply
        .code(201)
        .send({ ...presentServer(made), secrets: madeSecrets(hub, made.config, 'global') })
    },
  )

  api.patch(
    '/servers/:id',
    {
      config: { scope: 'manage' },
      schema: { params, body: contract.changeServerBody, response: { 200: contract.server } },
    },
    async (request) => {
      const { config } = stored(request.params.id)
      const { revision, settings, webhook, ...changes } = request.body
      const draft = draftOf(config)
      const next = {
        ...changed(settings === undefined ? draft : withoutSettings(draft, config.settings), changes),
        ...settings,
        webhook: { ...config.webhook, ...(webhook?.allow && { allow: webhook.allow }) },
      }
      const now = await asked(() => registry.save('server', next, { revision }))
      const fields = Object.keys(request.body).filter((field) => field !== 'revision')
      await edge.audit(request, { action: 'server.change', target: config.id, detail: { fields } })
      return presentServer(now)
    },
  )

  api.delete(
    '/servers/:id',
    { config: { scope: 'manage' }, schema: { params, body: contract.removeServerBody } },
    async (request, reply) => {
      const { config } = stored(request.params.id)
      if (request.body.id !== config.id)
        throw new HubError(
          'E_INVALID',
          'body.id: must be the id of the server once more, as it is in the path.',
        )
      await registry.remove('server', config.id)
      await edge.audit(request, { action: 'server.remove', target: config.id })
      return reply.code(204).send()
    },
  )

  api.get(
    '/servers/:id/webhooks',
    { schema: { params, response: { 200: contract.globalWebhookList } } },
    async (request) => {
      const { config } = known(request.params.id)
      const list = answered(await global(config.id).list())
      return { data: list.map((one) => judged(one, verdictOf(one.url, config.webhook.key))), next: null }
    },
  )

  api.post(
    '/servers/:id/webhooks',
    {
      config: { scope: 'manage' },
      schema: {
        params,
        body: contract.registerServerBody.default({}),
        response: { 201: contract.globalWebhook },
      },
    },
    async (request, reply) => {
      const { config } = known(request.params.id)
      const register = global(config.id).register
      const base = request.body.url?.replace(/\/+$/, '') ?? publicUrlOf(hub.config)
      const { key, secrets } = config.webhook
      if (base === undefined)
        throw new HubError(
          'E_INVALID',
          'body.url: must say how the gateway reaches this hub, such as https://hub.example.com; or set publicUrl in the configuration.',
        )
      if (key === undefined)
        throw new HubError(
          'E_CONFLICT',
          'This server has no webhook.key, so that no global webhook leads to it.',
        )
      const [secret] = secrets
      const url = `${base}/webhooks/global/${encodeURIComponent(key)}`
      const made = answered(await register({ url, ...(secret !== undefined && { secret }) }))
      await edge.audit(request, { action: 'server.register-webhook', target: config.id })
      return reply.code(201).send(judged(made, verdictOf(made.url, key)))
    },
  )

  api.get(
    '/servers/:id/webhook-setup',
    { schema: { params, response: { 200: contract.serverWebhookSetup } } },
    async (request) => {
      const { config } = known(request.params.id)
      return {
        publicUrl: hub.config.publicUrl ?? null,
        automatic: registry.serverClient(config.id)?.globalWebhook !== undefined,
        values: setupOf(hub, config, 'global', false),
      }
    },
  )

  function known(id: string): KnownServer {
    const found = registry.servers.get(id as ServerId)
    if (!found) throw new HubError('E_NOT_FOUND', 'There is no such server in the hub.')
    return found
  }
  function stored(id: string): KnownServer {
    const found = known(id)
    if (found.origin === 'file') throw readOnly('server', id)
    return found
  }
  function global(id: ServerId) {
    const found = registry.serverClient(id)?.globalWebhook
    if (found) return found
    throw new HubError(
      'E_UNSUPPORTED',
      'This server has no webhook for all its instances that could be seen or changed here, or no admin token is set for it.',
    )
  }
  const verdictOf = (url: string, key: string | undefined) => {
    const [, given] = /\/webhooks\/global\/([^/?#]+)/.exec(url) ?? []
    if (given === undefined) return 'foreign' as const
    return key !== undefined && encodeURIComponent(key) === given ? ('this' as const) : ('other-key' as const)
  }

  function presentServer({ config, origin, revision, createdAt, updatedAt }: KnownServer) {
    const { id, gateway, baseUrl, adminToken, webhook, settings } = config
    const client = registry.serverClient(id)
    return {
      id,
      origin,
      revision,
      gateway,
      baseUrl: withoutUserInfo(baseUrl),
      adminToken: adminToken !== undefined,
      settings: Object.keys((settings as object | undefined) ?? {}),
      manages: client !== undefined,
      globalWebhook: client?.globalWebhook !== undefined,
      webhook: {
        signed: webhook.secrets.length > 0,
        urlKey: webhook.key !== undefined,
        allow: [...webhook.allow],
      },
      instances: [...registry.instances.values()]
        .filter(({ config: one }) => one.gateway === gateway && one.baseUrl === baseUrl)
        .map(({ config: one }) => one.id),
      createdAt: optionalIso(createdAt),
      updatedAt: optionalIso(updatedAt),
    }
  }
}
