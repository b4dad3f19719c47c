import { z } from 'zod'
import { instanceId, ORIGINS, registration, setupValue, webhookSetup } from './instances.ts'

/** What `/api/v1/servers` and `/api/v1/gateways` take and answer. */

const time = z.iso.datetime()
const url = z.string().min(1).max(2048)
const adminToken = z.string().min(1).max(500)
const settings = z
  .record(z.string().min(1).max(64), z.unknown())
  .meta({ description: 'The gateway’s own settings that all its instances share, such as a login.' })

/** One kind of gateway this build speaks to. */
export const gateway = z.object({
  name: z.string(),
  capabilities: z.array(z.string()),
  proof: z
    .enum(['signature', 'url-key'])
    .meta({ description: 'How its deliveries are proved: signed, or by the key in the URL.' }),
  settings: z
    .record(z.string(), z.unknown())
    .meta({ description: 'JSON Schema of an instance’s own settings.' }),
  server: z.object({
    manages: z.boolean().meta({ description: 'Its servers list, make and remove instances.' }),
    adminToken: z.boolean().meta({ description: 'They take an admin token for it.' }),
  }),
})
export type GatewayKind = z.output<typeof gateway>
export const gatewayList = z.object({ data: z.array(gateway), next: z.null() })

export const server = z.object({
  id: z.string(),
  origin: z.enum(ORIGINS),
  revision: z.number().int().optional(),
  gateway: z.string(),
  baseUrl: z.string().optional(),
  adminToken: z.boolean().meta({ description: 'Whether one is set.' }),
  settings: z
    .array(z.string())
    .meta({ description: 'Which of the gateway’s own settings are set; never a value.' }),
  manages: z.boolean().meta({ description: 'Whether its instances can be listed and made here.' }),
  globalWebhook: z.boolean().meta({ description: 'Whether it has one webhook for all its instances.' }),
  webhook: z.object({ signed: z.boolean(), urlKey: z.boolean(), allow: z.array(z.string()) }),
  instances: z.array(instanceId).meta({ description: 'Those of the hub that are on it.' }),
  createdAt: time.optional(),
  updatedAt: time.optional(),
})
export type Server = z.output<typeof server>
export const serverList = z.object({ data: z.array(server), next: z.null() })

export const createServerBody = z.strictObject({
  id: instanceId,
  gateway: z.string().min(1).max(63),
  baseUrl: url,
  adminToken: adminToken.optional(),
  settings: settings.optional(),
  webhook: z.strictObject({ allow: z.array(z.string().min(1).max(64)).max(100).optional() }).optional(),
})
export const createdServer = server.extend({
  secrets: z.object({
    urlKey: z.string().optional(),
    signingSecret: z.string().optional(),
    webhookUrl: z.string().optional(),
    setup: z.array(setupValue),
  }),
})
export type CreatedServer = z.output<typeof createdServer>

export const changeServerBody = z.strictObject({
  revision: z.number().int().positive(),
  baseUrl: url.optional(),
  adminToken: adminToken.nullable().optional(),
  settings: settings.optional(),
  webhook: z.strictObject({ allow: z.array(z.string().min(1).max(64)).max(100).optional() }).optional(),
})
export const removeServerBody = z.strictObject({ id: z.string() })

/** An instance as its server lists it, and whether the hub has it. */
export const remoteInstance = z.object({
  id: z.string(),
  name: z.string().optional(),
  state: z.string().optional(),
  phone: z.string().optional(),
  instance: instanceId.optional().meta({ description: 'The hub’s instance that it is.' }),
  adoptable: z.boolean().meta({ description: 'POST /instances with `adopt` takes it into the hub.' }),
})
export type RemoteInstance = z.output<typeof remoteInstance>
export const remoteInstanceList = z.object({ data: z.array(remoteInstance), next: z.null() })

/** The one webhook of a whole server. */
export const globalWebhook = registration
export const registerServerBody = z.strictObject({ url: z.url().max(2048).optional() })
export const serverWebhookSetup = webhookSetup
export const globalWebhookList = z.object({ data: z.array(registration), next: z.null() })
