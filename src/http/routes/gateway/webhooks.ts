import { z } from 'zod'
import type { HubConfig } from '../../../core/config.ts'
import { HubError } from '../../../core/errors.ts'
import type { InstanceId } from '../../../core/ids.ts'
import type { Api, Edge } from '../../edge.ts'
import { optionalIso } from '../../present.ts'
import { instanceIdSchema } from '../../validation.ts'
import { answered, gatewayOf, idParams, lacking, name, need } from './ask.ts'

/** Where the gateway reports to, this hub among them. */
export function webhookRoutes(api: Api, { hub }: Edge): void {
  const webhooks = (id: InstanceId) => need(hub, id, 'webhooks', 'webhooks')
  api.get('/instances/:id/webhooks', { schema: { params: idParams } }, async ({ params: { id } }) => ({
    data: answered(await webhooks(id).list()).map((one) => ({ ...one, url: withoutKey(one.url) })),
    next: null,
  }))
  api.post(
    '/instances/:id/webhooks',
    {
      config: { scope: 'manage' },
      schema: { params: idParams, body: z.strictObject({ url: z.url().max(2048).optional() }).default({}) },
    },
    async ({ params: { id }, body }, reply) => {
      const register = webhooks(id).register
      const { url, secret } = ownWebhook(hub.config, id, body.url)
      const made = answered(await register({ url, ...(secret !== undefined && { secret }) }))
      return reply.code(201).send({ ...made, url: withoutKey(made.url) })
    },
  )
  api.delete(
    '/instances/:id/webhooks/:webhook',
    {
      config: { scope: 'manage' },
      schema: { params: z.strictObject({ id: instanceIdSchema, webhook: name }) },
    },
    async ({ params: { id, webhook } }, reply) => {
      answered(await webhooks(id).remove(webhook))
      return reply.code(204).send()
    },
  )
  api.get('/instances/:id/webhook-errors', { schema: { params: idParams } }, async ({ params: { id } }) => {
    const { errors } = webhooks(id)
    if (!errors) throw lacking(gatewayOf(hub, id).name, 'webhook-errors')
    const data = answered(await errors()).map((one) => ({
      ...one,
      at: optionalIso(one.at),
      ...(one.url !== undefined && { url: withoutKey(one.url) }),
    }))
    return { data, next: null }
  })
}

/**
 * Where a number's gateway shall report to: the given base, or the hub's public one, and the number's own path.
 * @throws HubError E_INVALID when the hub does not know how it is reached
 */
function ownWebhook(
  config: HubConfig,
  id: InstanceId,
  base = config.publicUrl,
): { url: string; secret?: string } {
  if (base === undefined)
    throw new HubError(
      'E_INVALID',
      'body.url: must say how the gateway reaches this hub, such as https://hub.example.com; or set publicUrl in the configuration.',
    )
  const { webhook } = config.instances.find((one) => one.id === id)!
  const path = webhook.key === undefined ? id : `${id}/${encodeURIComponent(webhook.key)}`
  const [secret] = webhook.secrets
  return { url: `${base.replace(/\/+$/, '')}/webhooks/${path}`, ...(secret !== undefined && { secret }) }
}
/** The key in a webhook's URL opens the hub: it is not shown. */
const withoutKey = (url: string): string => url.replace(/(\/webhooks\/[^/?#]+\/)[^/?#]+/, '$1***')
