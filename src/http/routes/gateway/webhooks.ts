import { z } from 'zod'
import type { InstanceConfig } from '../../../core/config.ts'
import { HubError } from '../../../core/errors.ts'
import type { WebhookRegistration } from '../../../core/gateway.ts'
import type { InstanceId } from '../../../core/ids.ts'
import {
  filterFaults,
  judgeWebhook,
  type WebhookVerdict,
  webhookPathOf,
  withoutKey,
} from '../../../core/webhook.ts'
import { webhookErrors } from '../../contract/gateway.ts'
import { registerBody, registration, registrationList } from '../../contract/instances.ts'
import type { Api, Edge } from '../../edge.ts'
import { optionalIso } from '../../present.ts'
import { instanceIdSchema } from '../../validation.ts'
import { knownInstance } from '../registry/shared.ts'
import { answered, gatewayOf, idParams, lacking, name, need } from './ask.ts'

/** Where the gateway reports to, this hub among them. */
export function webhookRoutes(api: Api, edge: Edge): void {
  const { hub } = edge
  const webhooks = (id: InstanceId) => need(hub, id, 'webhooks', 'webhooks')
  const servers = () => [...hub.registry.servers.values()].map(({ config }) => config)
  api.get(
    '/instances/:id/webhooks',
    { schema: { params: idParams, response: { 200: registrationList } } },
    async ({ params: { id } }) => {
      const { config } = knownInstance(hub, id)
      const client = webhooks(id)
      const list = answered(await client.list())
      return {
        data: list.map((one) => judged(one, judgeWebhook(one.url, config, servers()))),
        next: null,
        inherits: client.inherits ?? false,
      }
    },
  )
  api.post(
    '/instances/:id/webhooks',
    {
      config: { scope: 'manage' },
      schema: { params: idParams, body: registerBody.default({}), response: { 201: registration } },
    },
    async (request, reply) => {
      const { id } = request.params
      const { config } = knownInstance(hub, id)
      const register = webhooks(id).register
      const { url, secret } = ownWebhook(config, request.body.url ?? hub.config.publicUrl)
      const made = answered(await register({ url, ...(secret !== undefined && { secret }) }))
      await edge.audit(request, { action: 'instance.register-webhook', target: id })
      return reply.code(201).send(judged(made, judgeWebhook(made.url, config, servers())))
    },
  )
  api.delete(
    '/instances/:id/webhooks/:webhook',
    {
      config: { scope: 'manage' },
      schema: { params: z.strictObject({ id: instanceIdSchema, webhook: name }) },
    },
    async (request, reply) => {
      const { id, webhook } = request.params
      answered(await webhooks(id).remove(webhook))
      await edge.audit(request, { action: 'instance.remove-webhook', target: id })
      return reply.code(204).send()
    },
  )
  api.get(
    '/instances/:id/webhook-errors',
    { schema: { params: idParams, response: { 200: webhookErrors } } },
    async ({ params: { id } }) => {
      const { errors } = webhooks(id)
      if (!errors) throw lacking(gatewayOf(hub, id).name, 'webhook-errors')
      const data = answered(await errors()).map((one) => ({
        ...one,
        at: optionalIso(one.at),
        ...(one.url !== undefined && { url: withoutKey(one.url) }),
      }))
      return { data, next: null }
    },
  )
}

/** A registration as it is shown: whose it is, and what is wrong with it. */
export const judged = (one: WebhookRegistration, ours: WebhookVerdict) => ({
  ...one,
  url: withoutKey(one.url),
  ours,
  faults:
    ours === 'this'
      ? [
          ...(one.enabled ? [] : ['It is switched off at the gateway.']),
          ...filterFaults(one).map(({ problem, mend }) => `${problem} ${mend}`),
        ]
      : [],
})

/**
 * Where a number's gateway shall report to: the given base, or the hub's public one, and the number's own path.
 * @throws HubError E_INVALID when the hub does not know how it is reached
 */
function ownWebhook(config: InstanceConfig, base: string | undefined): { url: string; secret?: string } {
  if (base === undefined)
    throw new HubError(
      'E_INVALID',
      'body.url: must say how the gateway reaches this hub, such as https://hub.example.com; or set publicUrl in the configuration.',
    )
  const [secret] = config.webhook.secrets
  return {
    url: base.replace(/\/+$/, '') + webhookPathOf(config),
    ...(secret !== undefined && { secret }),
  }
}
