import { z } from 'zod'
import { instanceIdSchema } from './common.ts'

/** What `/api/v1/instances` and `/api/v1/unrouted` take and answer. */

export const instanceId = instanceIdSchema
const time = z.iso.datetime()
const label = z.string().trim().min(1).max(100)
const remoteName = z.string().min(1).max(255)
const delay = z.number().int().min(0).max(86_400_000)
const perSecond = z.number().positive().max(100_000)
const reorderWindow = z.number().int().min(0).max(60_000)
const tags = z.array(z.string().trim().min(1).max(63)).max(50)
const networks = z.array(z.string().min(1).max(64)).max(100)

export const CONNECTIONS = ['connecting', 'connected', 'disconnected', 'logged-out'] as const
const connection = z.enum(CONNECTIONS)
export const ORIGINS = ['file', 'store'] as const
export const CHECK_STATES = ['waiting', 'verified', 'failing'] as const

// --- what is shown --------------------------------------------------------------------------------

export const pacing = z.strictObject({ minDelayMs: delay, maxDelayMs: delay })

/** One number of the hub: what is configured of it, without anything that opens something, and how it stands. */
export const instance = z.object({
  id: instanceId,
  name: z.string().optional().meta({ description: 'What people call it. Where there is none, show the id.' }),
  origin: z.enum(ORIGINS).meta({ description: '`file`: of the configuration file, and read-only here.' }),
  revision: z.number().int().optional().meta({
    description:
      'Moves with every change. Hand it back with one, and a stale change is refused. Only of `store`.',
  }),
  gateway: z.string(),
  baseUrl: z.string().optional(),
  server: z.string().optional().meta({ description: 'The server of the hub that has this URL.' }),
  device: z.string().optional(),
  tags: z.array(z.string()),
  webhook: z.object({
    signed: z.boolean().meta({ description: 'Whether a signing secret is set.' }),
    urlKey: z.boolean().meta({ description: 'Whether a key in the URL is set.' }),
    allow: z.array(z.string()).meta({ description: 'Networks deliveries may come from; empty: any.' }),
    insecure: z.boolean().meta({ description: 'Takes deliveries without proof.' }),
  }),
  settings: z
    .array(z.string())
    .meta({ description: 'Which of the gateway’s own settings are set, such as `token`; never a value.' }),
  pacing,
  deliveriesPerSecond: z.number().optional(),
  reorderWindowMs: z.number(),
  apiMessagesClaim: z.boolean(),
  connection: z.string().optional(),
  lastEventAt: time.optional(),
  queued: z.number().int(),
  hold: z.object({ reason: z.string(), until: time.optional() }).nullable(),
  createdAt: time.optional(),
  updatedAt: time.optional(),
})
export type Instance = z.output<typeof instance>

export const instanceList = z.object({ data: z.array(instance), next: z.string().nullable() })

/** An answer of the gateway that is shown beside others; null: it has no such question. */
const told = <T extends z.ZodType>(value: T) =>
  z
    .union([
      z.object({ known: z.literal(true), value }),
      z.object({ known: z.literal(false), reason: z.string() }),
    ])
    .nullable()

export const instanceDetail = instance.extend({
  capabilities: z.array(z.string()),
  status: told(connection).meta({ description: 'The gateway’s own answer, now.' }),
  version: told(
    z.object({
      version: z.string().optional(),
      source: z.string(),
      features: z.record(z.string(), z.boolean()),
    }),
  ).meta({ description: 'Of the gateway.' }),
  can: z
    .object({
      pair: z.boolean(),
      disconnect: z.boolean(),
      rename: z.boolean().meta({ description: 'At the gateway; the hub’s own name can always be changed.' }),
      remove: z.boolean().meta({ description: 'At the gateway.' }),
      webhooks: z.boolean().meta({ description: 'Whether the webhook is registered through an API.' }),
      instances: z.boolean().meta({ description: 'Whether its server lists and makes instances.' }),
    })
    .meta({ description: 'What can be asked of the gateway of this number, with what the hub has.' }),
})
export type InstanceDetail = z.output<typeof instanceDetail>

// --- making, changing, removing ----------------------------------------------------------------------

const common = {
  id: instanceId,
  name: label.optional(),
  tags: tags.optional(),
  pacing: pacing.optional(),
  deliveriesPerSecond: perSecond.optional(),
  reorderWindowMs: reorderWindow.optional(),
  apiMessagesClaim: z.boolean().optional(),
  webhook: z
    .strictObject({
      allow: networks.optional(),
      key: z.string().max(200).optional().meta({ description: 'Generated where none is given.' }),
      secret: z.string().max(200).optional().meta({ description: 'Generated where none is given.' }),
    })
    .optional(),
}
const gatewaySettings = z
  .record(z.string().min(1).max(64), z.unknown())
  .meta({ description: 'The gateway’s own settings, such as `token`. GET /gateways says which it takes.' })

/** The number exists at its gateway already: everything is given by hand. */
export const createByHand = z.strictObject({
  ...common,
  gateway: z.string().min(1).max(63),
  baseUrl: z.string().min(1).max(2048),
  device: z.string().min(1).max(255).optional(),
  settings: gatewaySettings.optional(),
})
/** Made at its gateway with the admin's rights of a server of the hub, and stored with its token. */
export const createAtGateway = z.strictObject({
  ...common,
  server: instanceId,
  create: z.strictObject({
    name: remoteName.optional().meta({ description: 'At the gateway; the id where there is none.' }),
  }),
  settings: gatewaySettings.optional(),
})
/** It exists at a server of the hub, and the hub does not have it. */
export const createFromServer = z.strictObject({
  ...common,
  server: instanceId,
  adopt: z.strictObject({ instance: remoteName.meta({ description: 'Its id at the gateway.' }) }),
  settings: gatewaySettings.optional(),
})
export const createBody = z.union([createByHand, createAtGateway, createFromServer])
export type CreateInstance = z.input<typeof createBody>

/** A value to put where the gateway is set up. */
export const setupValue = z.object({
  kind: z.enum(['url', 'env', 'flag', 'field']),
  name: z.string(),
  value: z.string().meta({ description: 'With `***` where a secret belongs that is not shown again.' }),
  secret: z.boolean(),
})
export type SetupValue = z.output<typeof setupValue>

/** Shown once, when they are made. */
export const madeSecrets = z.object({
  urlKey: z.string().optional(),
  signingSecret: z.string().optional(),
  webhookUrl: z.string().optional().meta({ description: 'Missing while the hub has no publicUrl.' }),
  setup: z.array(setupValue),
})
export type MadeSecrets = z.output<typeof madeSecrets>

export const createdInstance = instance.extend({ secrets: madeSecrets })
export type CreatedInstance = z.output<typeof createdInstance>

/** Only what is given changes; null takes a value away. */
export const changeBody = z.strictObject({
  revision: z.number().int().positive(),
  name: label.nullable().optional(),
  alsoAtGateway: z
    .boolean()
    .default(false)
    .meta({ description: 'With `name`: rename it at its gateway, too.' }),
  tags: tags.optional(),
  pacing: pacing.optional(),
  deliveriesPerSecond: perSecond.nullable().optional(),
  reorderWindowMs: reorderWindow.optional(),
  apiMessagesClaim: z.boolean().optional(),
  device: z.string().min(1).max(255).nullable().optional(),
  webhook: z.strictObject({ allow: networks.optional() }).optional(),
  settings: gatewaySettings
    .optional()
    .meta({ description: 'All of the gateway’s own settings anew, such as a changed `token`.' }),
})
export type ChangeInstance = z.input<typeof changeBody>

/** New values for what proves deliveries. The old secret goes on being taken until `forgetOld`. */
export const renewBody = z.strictObject({
  revision: z.number().int().positive(),
  what: z.enum(['key', 'secret']),
})
export const renewedSecrets = z.object({ revision: z.number().int(), secrets: madeSecrets })

export const removeBody = z.strictObject({
  id: z.string().meta({ description: 'The id once more, so that nothing is removed by a slip.' }),
  alsoAtGateway: z.boolean().default(false),
})
export const removed = z.object({
  refusedSends: z.number().int().meta({ description: 'Queued sends that will not go out.' }),
  atGateway: z.enum(['kept', 'removed', 'failed']),
  reason: z.string().optional().meta({ description: 'Why it is still at the gateway.' }),
})
export type RemovedInstance = z.output<typeof removed>

// --- pairing ------------------------------------------------------------------------------------------

export const pairBody = z.strictObject({
  phone: z
    .string()
    .regex(/^\+?[0-9\s()-]{5,30}$/, 'must be an international phone number')
    .transform((text) => text.replace(/[^0-9]/g, ''))
    .optional()
    .meta({ description: 'For a pairing code instead of a QR code.' }),
})
const until = { validMs: z.number().int(), expiresAt: time }
export const pairing = z.discriminatedUnion('type', [
  z.object({ type: z.literal('connected') }),
  z.object({ type: z.literal('qr'), image: z.string().meta({ description: 'A data: URI.' }), ...until }),
  z.object({ type: z.literal('code'), code: z.string(), ...until }),
])
export type Pairing = z.output<typeof pairing>

/** To be asked while a QR code is shown: the gateway's own answer, now. */
export const connectionStatus = z.object({
  status: told(connection),
  connection: z.string().optional().meta({ description: 'What the last event said.' }),
})
export type ConnectionStatus = z.output<typeof connectionStatus>

// --- the webhook at the gateway --------------------------------------------------------------------------

export const registration = z.object({
  id: z.string().optional(),
  url: z.string().meta({ description: 'With `***` for the key in it.' }),
  enabled: z.boolean(),
  events: z.array(z.string()),
  excludes: z.array(z.string()),
  ours: z
    .enum(['this', 'other-key', 'other-instance', 'foreign'])
    .meta({ description: 'Whether it leads to this number at this hub.' }),
  faults: z.array(z.string()).meta({ description: 'What keeps the hub from hearing everything it needs.' }),
})
export const registrationList = z.object({
  data: z.array(registration),
  next: z.null(),
  inherits: z.boolean().meta({ description: 'Where none is listed, the server’s own apply, unseen.' }),
})
export type WebhookAtGateway = z.output<typeof registration>
export const registerBody = z.strictObject({ url: z.url().max(2048).optional() })

/** What to enter at the gateway where it has no API for that. */
export const webhookSetup = z.object({
  publicUrl: z.string().nullable(),
  automatic: z.boolean().meta({ description: 'POST /instances/:id/webhooks does it.' }),
  values: z.array(setupValue),
})
export type WebhookSetup = z.output<typeof webhookSetup>

// --- live check --------------------------------------------------------------------------------------------

export const REFUSALS = ['signature', 'url-key', 'token', 'path', 'address', 'rate', 'size', 'form'] as const
export const refusal = z.object({
  reason: z.enum(REFUSALS),
  detail: z.string(),
  count: z.number().int(),
  firstAt: time,
  lastAt: time,
})
export const CHECK_CAUSES = [
  ...REFUSALS,
  'filtered',
  'not-registered',
  'unreachable',
  'no-public-url',
  'gateway-down',
  'unauthorized',
] as const
export const check = z.object({
  state: z.enum(CHECK_STATES),
  since: time.optional().meta({ description: 'First authentic event of this number.' }),
  lastEventAt: time.optional(),
  causes: z
    .array(z.object({ cause: z.enum(CHECK_CAUSES), detail: z.string(), cure: z.string() }))
    .meta({ description: 'Why it is failing, the likeliest first; while waiting, what could be wrong.' }),
  refusals: z.array(refusal),
  publicUrl: z.string().nullable(),
  reachable: z
    .union([z.object({ ok: z.literal(true) }), z.object({ ok: z.literal(false), reason: z.string() })])
    .nullable()
    .meta({ description: 'What asking the hub under its own publicUrl brought; null: not asked.' }),
})
export type InstanceCheck = z.output<typeof check>

// --- numbers nobody knows -----------------------------------------------------------------------------------

export const unrouted = z.object({
  id: z.string().meta({ description: '`unr_1`' }),
  target: z.string().meta({ description: 'The server or instance by whose URL they came.' }),
  gateway: z.string(),
  baseUrl: z.string().optional(),
  names: z.array(z.string()).meta({ description: 'What the deliveries call their number.' }),
  tokenSeen: z.boolean().meta({ description: 'They carry a token that belongs to no instance.' }),
  count: z.number().int(),
  firstAt: time,
  lastAt: time,
  suggestion: z.object({
    id: instanceId.meta({ description: 'Free to be taken.' }),
    device: z.string().optional(),
    tokenFromServer: z.boolean().meta({ description: 'The server can be asked for the token.' }),
  }),
})
export type Unrouted = z.output<typeof unrouted>
export const unroutedList = z.object({ data: z.array(unrouted), next: z.string().nullable() })

export const adoptUnroutedBody = z.strictObject({
  ...common,
  device: z.string().min(1).max(255).optional(),
  settings: gatewaySettings
    .optional()
    .meta({ description: 'Needed where the token cannot be taken from the server.' }),
  handOver: z
    .boolean()
    .default(false)
    .meta({ description: 'Let the stored events go to the new instance, to be handled in their order.' }),
})
export type AdoptUnrouted = z.input<typeof adoptUnroutedBody>
export const adopted = createdInstance.extend({ handedOver: z.number().int() })
/** To an instance that is there already; to be asked again when it stopped half way. */
export const handOverBody = z.strictObject({ instance: instanceId })
export const handedOver = z.object({ handedOver: z.number().int() })
