import { z } from 'zod'
import type { Address } from '../../core/address.ts'
import type { HubConfig } from '../../core/config.ts'
import { HubError } from '../../core/errors.ts'
import {
  type Answer,
  type Capability,
  type GatewayClient,
  PRIVACY_VALUES,
  type ServerClient,
} from '../../core/gateway.ts'
import type { InstanceId, ServerId } from '../../core/ids.ts'
import type { GatewayOf } from '../../hub.ts'
import { addressedCommand, phone, pictureUrl, who } from '../command-body.ts'
import type { Api, Edge } from '../edge.ts'
import { optionalIso, presentInstance } from '../present.ts'
import { instanceIdSchema } from '../validation.ts'

const MAX_NAME = 255
const MAX_PEOPLE = 256
const name = z.string().min(1).max(MAX_NAME)
const idParams = z.strictObject({ id: instanceIdSchema })
const groupParams = z.strictObject({ id: instanceIdSchema, group: who })
const page = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().min(1).max(200).optional(),
  search: z.string().min(1).max(MAX_NAME).optional(),
})
const HOSTED_PARTS = ['agent', 'trigger', 'knowledge', 'function'] as const
const hostedParams = z.strictObject({ id: instanceIdSchema, part: z.enum(HOSTED_PARTS) })
const privacyValue = z.enum(PRIVACY_VALUES).exactOptional()
const privacyBody = z.strictObject({
  groupAdd: privacyValue,
  lastSeen: privacyValue,
  about: privacyValue,
  picture: privacyValue,
  readReceipts: privacyValue,
  online: privacyValue,
  callAdd: privacyValue,
})
const delaySeconds = z.number().int().min(0).max(3600)
const campaignBody = z
  .strictObject({
    /** Unique: a create nobody knows the end of is found again by it. */
    info: name,
    messages: z.array(addressedCommand).min(1).max(10_000),
    minDelaySeconds: delaySeconds,
    maxDelaySeconds: delaySeconds,
    at: z.iso
      .datetime({ offset: true, error: 'must be a moment such as 2026-11-20T18:00:00Z' })
      .exactOptional(),
  })
  .refine(({ minDelaySeconds, maxDelaySeconds }) => minDelaySeconds <= maxDelaySeconds, {
    path: ['maxDelaySeconds'],
    message: 'must not be less than minDelaySeconds',
  })
const MAX_CAMPAIGN_BYTES = 16 * 1024 * 1024
const fields = z.record(z.string().min(1).max(64), z.unknown())

/**
 * Questions to a number's gateway, and what changes the number itself rather than a chat. Nothing here is
 * queued: the answer is the gateway's, now. What changes a chat is a command.
 */
export function gatewayRoutes(api: Api, { hub }: Edge): void {
  const gatewayOf = (id: InstanceId): GatewayOf => {
    const gateway = hub.gateway(id)
    if (!gateway) throw new HubError('E_NOT_FOUND', 'There is no such instance in the configuration.')
    return gateway
  }
  /** A part of the client that this gateway must have. */
  function need<K extends keyof GatewayClient>(
    id: InstanceId,
    part: K,
    capability: Capability,
  ): NonNullable<GatewayClient[K]> {
    const { client, capabilities, name: gateway } = gatewayOf(id)
    const found = client[part]
    if (!found || !capabilities.has(capability)) throw lacking(gateway, capability)
    // Bound, so that a method of the client stays one.
    return (typeof found === 'function' ? found.bind(client) : found) as NonNullable<GatewayClient[K]>
  }

  api.get('/instances/:id', { schema: { params: idParams } }, async ({ params: { id } }) => {
    const { client, capabilities } = gatewayOf(id)
    const config = hub.config.instances.find((one) => one.id === id)!
    const state = (await hub.store.instanceStates()).find(({ instance }) => instance === id)
    const [status, version] = await Promise.all([client.status?.(), client.version?.()])
    return {
      ...presentInstance(config, state),
      capabilities: [...capabilities].sort(),
      status: told(status),
      version: told(version),
    }
  })

  api.post(
    '/instances/:id/pair',
    { schema: { params: idParams, body: z.strictObject({ phone: phone.optional() }).default({}) } },
    async ({ params: { id }, body }) => answered(await need(id, 'pair', 'pairing')(body.phone)),
  )
  api.post(
    '/instances/:id/disconnect',
    { schema: { params: idParams } },
    async ({ params: { id } }, reply) => {
      answered(await need(id, 'disconnect', 'pairing')())
      return reply.code(204).send()
    },
  )

  const groups = (id: InstanceId) => need(id, 'groups', 'groups')
  api.get('/instances/:id/groups', { schema: { params: idParams } }, async ({ params: { id } }) => ({
    data: answered(await groups(id).list()),
    next: null,
  }))
  api.post(
    '/instances/:id/groups',
    {
      schema: {
        params: idParams,
        body: z.strictObject({
          name: z.string().min(1).max(100),
          members: z.array(who).min(1).max(MAX_PEOPLE),
        }),
      },
    },
    async ({ params: { id }, body }, reply) =>
      reply.code(201).send(answered(await groups(id).create(body.name, body.members))),
  )
  api.get('/instances/:id/groups/:group', { schema: { params: groupParams } }, async ({ params }) =>
    answered(await need(params.id, 'groupInfo', 'groups')(params.group)),
  )
  api.get(
    '/instances/:id/groups/:group/link',
    { schema: { params: groupParams } },
    async ({ params: { id, group } }) => ({ link: answered(await groups(id).inviteLink(group)) }),
  )
  api.post(
    '/instances/:id/groups/:group/link/reset',
    { schema: { params: groupParams } },
    async ({ params: { id, group } }) => ({ link: answered(await groups(id).inviteLink(group, true)) }),
  )
  api.get(
    '/instances/:id/groups/:group/requests',
    { schema: { params: groupParams } },
    async ({ params: { id, group } }) => ({ data: answered(await groups(id).requests(group)), next: null }),
  )
  const link = z.strictObject({ link: z.string().min(1).max(MAX_NAME) })
  api.post(
    '/instances/:id/group-links/preview',
    { schema: { params: idParams, body: link } },
    async ({ params: { id }, body }) => answered(await groups(id).preview(body.link)),
  )
  api.post(
    '/instances/:id/group-links/join',
    { schema: { params: idParams, body: link } },
    async ({ params: { id }, body }) => ({
      group: answered(await groups(id).join(body.link)) satisfies Address,
    }),
  )

  const directory = (id: InstanceId) => need(id, 'directory', 'directory')
  api.post(
    '/instances/:id/check',
    { schema: { params: idParams, body: z.strictObject({ phones: z.array(phone).min(1).max(MAX_PEOPLE) }) } },
    async ({ params: { id }, body }) => ({
      data: answered(await directory(id).check(body.phones)),
      next: null,
    }),
  )
  api.get(
    '/instances/:id/directory/chats',
    { schema: { params: idParams, querystring: page } },
    async ({ params: { id }, query }) => {
      const { items, next } = answered(await directory(id).chats(query))
      const shown = items.map(({ lastMessageAt, ...chat }) => ({
        ...chat,
        lastMessageAt: optionalIso(lastMessageAt),
      }))
      return paged({ items: shown, ...(next !== undefined && { next }) })
    },
  )
  api.get(
    '/instances/:id/directory/contacts',
    { schema: { params: idParams, querystring: page.omit({ search: true }) } },
    async ({ params: { id }, query }) => paged(answered(await directory(id).contacts(query))),
  )
  api.get(
    '/instances/:id/directory/pictures/:of',
    { schema: { params: z.strictObject({ id: instanceIdSchema, of: who }) } },
    async ({ params: { id, of } }) => ({ url: answered(await directory(id).picture(of)) ?? null }),
  )
  api.get('/instances/:id/labels', { schema: { params: idParams } }, async ({ params: { id } }) => {
    const labels = directory(id).labels
    if (!labels) throw lacking(gatewayOf(id).name, 'labels')
    return { data: answered(await labels()), next: null }
  })
  api.post(
    '/instances/:id/labels',
    {
      schema: {
        params: idParams,
        body: z.strictObject({
          id: name.exactOptional(),
          name: name.exactOptional(),
          color: z.number().int().min(0).max(50).exactOptional(),
          deleted: z.boolean().exactOptional(),
        }),
      },
    },
    async ({ params: { id }, body }, reply) => {
      const editLabel = directory(id).editLabel
      if (!editLabel) throw lacking(gatewayOf(id).name, 'labels')
      answered(await editLabel(body))
      return reply.code(204).send()
    },
  )

  api.patch(
    '/instances/:id/profile',
    {
      schema: {
        params: idParams,
        body: z.strictObject({
          name: z.string().min(1).max(25).optional(),
          picture: pictureUrl.optional(),
        }),
      },
    },
    async ({ params: { id }, body }, reply) => {
      const { setName, setPicture } = need(id, 'profile', 'profile')
      if ((body.name !== undefined && !setName) || (body.picture !== undefined && !setPicture))
        throw lacking(gatewayOf(id).name, 'profile')
      if (body.name !== undefined) answered(await setName!(body.name))
      if (body.picture !== undefined) answered(await setPicture!(body.picture))
      return reply.code(204).send()
    },
  )
  api.get('/instances/:id/privacy', { schema: { params: idParams } }, async ({ params: { id } }) => {
    const { privacy } = need(id, 'profile', 'profile')
    if (!privacy) throw lacking(gatewayOf(id).name, 'privacy')
    return answered(await privacy())
  })
  api.patch(
    '/instances/:id/privacy',
    { schema: { params: idParams, body: privacyBody } },
    async ({ params: { id }, body }) => {
      const { setPrivacy } = need(id, 'profile', 'privacy')
      if (!setPrivacy) throw lacking(gatewayOf(id).name, 'privacy')
      return answered(await setPrivacy(body))
    },
  )

  const webhooks = (id: InstanceId) => need(id, 'webhooks', 'webhooks')
  api.get('/instances/:id/webhooks', { schema: { params: idParams } }, async ({ params: { id } }) => ({
    data: answered(await webhooks(id).list()).map((one) => ({ ...one, url: withoutKey(one.url) })),
    next: null,
  }))
  api.post(
    '/instances/:id/webhooks',
    { schema: { params: idParams, body: z.strictObject({ url: z.url().max(2048).optional() }).default({}) } },
    async ({ params: { id }, body }, reply) => {
      const register = webhooks(id).register
      const { url, secret } = ownWebhook(hub.config, id, body.url)
      const made = answered(await register({ url, ...(secret !== undefined && { secret }) }))
      return reply.code(201).send({ ...made, url: withoutKey(made.url) })
    },
  )
  api.delete(
    '/instances/:id/webhooks/:webhook',
    { schema: { params: z.strictObject({ id: instanceIdSchema, webhook: name }) } },
    async ({ params: { id, webhook } }, reply) => {
      answered(await webhooks(id).remove(webhook))
      return reply.code(204).send()
    },
  )
  api.get('/instances/:id/webhook-errors', { schema: { params: idParams } }, async ({ params: { id } }) => {
    const { errors } = webhooks(id)
    if (!errors) throw lacking(gatewayOf(id).name, 'webhook-errors')
    const data = answered(await errors()).map((one) => ({
      ...one,
      at: optionalIso(one.at),
      ...(one.url !== undefined && { url: withoutKey(one.url) }),
    }))
    return { data, next: null }
  })

  const hosted = (id: InstanceId) => need(id, 'agents', 'hosted-agents')
  api.get('/instances/:id/hosted/:part', { schema: { params: hostedParams } }, async ({ params }) => ({
    data: answered(await hosted(params.id).list(params.part)),
    next: null,
  }))
  api.put(
    '/instances/:id/hosted/:part',
    { schema: { params: hostedParams, body: z.strictObject({ id: name.exactOptional(), fields }) } },
    async ({ params, body }) => answered(await hosted(params.id).edit(params.part, body)),
  )
  api.delete(
    '/instances/:id/hosted/:part/:of',
    { schema: { params: hostedParams.extend({ of: name }) } },
    async ({ params }, reply) => {
      answered(await hosted(params.id).remove(params.part, params.of))
      return reply.code(204).send()
    },
  )
  api.patch(
    '/instances/:id/hosted',
    { schema: { params: idParams, body: fields } },
    async ({ params: { id }, body }, reply) => {
      answered(await hosted(id).settings(body))
      return reply.code(204).send()
    },
  )
  const campaigns = (id: InstanceId) => need(id, 'campaigns', 'hosted-campaigns')
  api.get(
    '/instances/:id/hosted-campaigns',
    { schema: { params: idParams } },
    async ({ params: { id } }) => ({
      data: answered(await campaigns(id).list()),
      next: null,
    }),
  )
  api.post(
    '/instances/:id/hosted-campaigns',
    { schema: { params: idParams, body: campaignBody }, bodyLimit: MAX_CAMPAIGN_BYTES },
    async ({ params: { id }, body: { at, ...campaign } }, reply) => {
      const made = await campaigns(id).create({
        ...campaign,
        ...(at !== undefined && { at: Date.parse(at) }),
      })
      return reply.code(201).send(answered(made))
    },
  )
  api.post(
    '/instances/:id/hosted-campaigns/:campaign/:action',
    {
      schema: {
        params: z.strictObject({
          id: instanceIdSchema,
          campaign: name,
          action: z.enum(['pause', 'resume', 'delete']),
        }),
      },
    },
    async ({ params: { id, campaign, action } }, reply) => {
      answered(await campaigns(id).control(campaign, action))
      return reply.code(204).send()
    },
  )

  const server = (id: string): ServerClient => {
    const found = hub.server(id as ServerId)
    if (!found)
      throw new HubError(
        'E_NOT_FOUND',
        'There is no such server in the configuration, or its gateway takes no administration.',
      )
    return found
  }
  const serverParams = z.strictObject({ id: name })
  api.get('/servers/:id/instances', { schema: { params: serverParams } }, async ({ params }) => ({
    // A new instance's credential is shown once, when it is made.
    data: answered(await server(params.id).instances()).map(({ credential: _, ...one }) => one),
    next: null,
  }))
  api.post(
    '/servers/:id/instances',
    { schema: { params: serverParams, body: z.strictObject({ name }) } },
    async ({ params, body }, reply) =>
      reply.code(201).send(answered(await server(params.id).create(body.name))),
  )
  api.patch(
    '/servers/:id/instances/:instance',
    { schema: { params: serverParams.extend({ instance: name }), body: z.strictObject({ name }) } },
    async ({ params, body }, reply) => {
      const { rename } = server(params.id)
      if (!rename)
        throw new HubError('E_UNSUPPORTED', 'The gateway of this server does not rename its numbers.')
      answered(await rename(params.instance, body.name))
      return reply.code(204).send()
    },
  )
  api.delete(
    '/servers/:id/instances/:instance',
    { schema: { params: serverParams.extend({ instance: name }) } },
    async ({ params }, reply) => {
      answered(await server(params.id).remove(params.instance))
      return reply.code(204).send()
    },
  )
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

const lacking = (gateway: string, capability: Capability): HubError =>
  new HubError('E_UNSUPPORTED', `The gateway of this number (${gateway}) does not have "${capability}".`, {
    details: { capability },
  })

const paged = <T>({ items, next }: { items: T[]; next?: string }) => ({ data: items, next: next ?? null })

/** An answer that is shown beside others: a failure is part of what is shown. */
const told = <T>(answer: Answer<T> | undefined) =>
  answer === undefined
    ? null
    : answer.ok
      ? { known: true as const, value: answer.value }
      : { known: false as const, reason: answer.reason }

/** @throws HubError what became of the question, when it has no answer */
function answered<T>(answer: Answer<T>): T {
  if (answer.ok) return answer.value
  const { reason, retry, code, afterMs } = answer
  const details = { retry, ...(code !== undefined && { reason: code }) }
  switch (code) {
    case 'not-connected':
      throw new HubError('E_NOT_CONNECTED', `${reason}. Pair the number, then ask again.`, { details })
    case 'unsupported':
      throw new HubError('E_UNSUPPORTED', reason, { details })
    case 'invalid':
    case 'not-on-whatsapp':
      throw new HubError('E_INVALID', reason, { details })
    case 'not-admin':
      throw new HubError('E_FORBIDDEN', `${reason}. The number must be an admin there.`, { details })
    case 'gone':
      throw new HubError('E_NOT_FOUND', reason, { details })
    case 'rate-limited':
      throw new HubError('E_TOO_MANY', `${reason}. Ask again later.`, {
        details: {
          ...details,
          ...(afterMs !== undefined && { retryAfterSeconds: Math.ceil(afterMs / 1000) }),
        },
      })
    case 'time-locked':
    case 'unauthorized':
    case 'gateway-bug':
    case undefined:
      throw new HubError('E_GATEWAY', `${reason}.${retry ? ' Asking again may help.' : ''}`, { details })
  }
}
