import { resolve } from 'node:path'
import { z } from 'zod'
import { readAlerts, WATCH_EVERY_MS } from './config/alerts.ts'
import {
  Faults,
  isPlainObject,
  noteUnknown,
  type Path,
  pathText,
  readFields,
  readValue,
} from './config/faults.ts'
import { readMedia } from './config/media.ts'
import {
  database,
  duration,
  httpUrl,
  id,
  isLoopback,
  network,
  secret,
  secretKey,
  urlKey,
  whole,
} from './config/rules.ts'
import { readSource, resolveEnv } from './config/source.ts'
import { closest } from './core/closest.ts'
import type {
  DatabaseConfig,
  FeatureScope,
  HubConfig,
  InstanceConfig,
  ServerConfig,
  WebhookConfig,
} from './core/config.ts'
import type { Gateway } from './core/gateway.ts'
import type { InstanceId, ServerId } from './core/ids.ts'
import type { Feature, Handler } from './core/turn.ts'

export { defineHub } from './config/input.ts'

const DAY = 86_400_000

/** What a setting is when nobody sets it. */
export const DEFAULTS = {
  host: '127.0.0.1',
  port: 3001,
  database: 'sqlite:./data/pombo.db',
  limits: { bodyBytes: 4 * 1024 * 1024, bodyBytesWithKey: 16 * 1024 * 1024, failedAuthPerMinute: 60 },
  retention: {
    deliveriesMs: 7 * DAY,
    dedupeMs: 30 * DAY,
    eventsMs: 30 * DAY,
    commandsMs: 30 * DAY,
    auditMs: 365 * DAY,
  },
  logLevel: 'info',
} as const satisfies Partial<Record<keyof HubConfig, unknown>>

/** Environment variables that go before the file, and the key each stands for. */
const OVERRIDES = { PORT: 'port', POMBO_DATABASE_URL: 'database' } as const
/** Credentials that only the environment holds. */
const CREDENTIALS = {
  POMBO_API_KEY: secret,
  POMBO_ADMIN_PASSWORD: secret,
  POMBO_SECRET_KEY: secretKey,
  POMBO_SECRET_KEY_OLD: secretKey,
}

const HUB = {
  host: z.string().min(1).default(DEFAULTS.host),
  port: whole(0, 65_535).default(DEFAULTS.port),
  publicUrl: httpUrl.optional(),
  database: database.prefault(DEFAULTS.database),
  trustedProxies: z.array(network).default([]),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default(DEFAULTS.logLevel),
}
const PARTS = ['limits', 'retention', 'media', 'watch', 'alerts', 'servers', 'instances', 'features', 'bot']
const LIMITS = {
  bodyBytes: whole(1024, 2 ** 30).default(DEFAULTS.limits.bodyBytes),
  bodyBytesWithKey: whole(1024, 2 ** 30).default(DEFAULTS.limits.bodyBytesWithKey),
  failedAuthPerMinute: whole(1, 1_000_000).default(DEFAULTS.limits.failedAuthPerMinute),
}
const RETENTION = {
  deliveries: duration('1h').default(DEFAULTS.retention.deliveriesMs),
  // Shorter than a gateway retries, and a late repeat would be answered twice.
  dedupe: duration('1d').default(DEFAULTS.retention.dedupeMs),
  events: duration('1h').default(DEFAULTS.retention.eventsMs),
  commands: duration('1d').default(DEFAULTS.retention.commandsMs),
  audit: duration('1d').default(DEFAULTS.retention.auditMs),
}
// More often would be a load of its own; more rarely, and nobody notices in time.
const WATCH = { every: duration('1s', '10m').default(WATCH_EVERY_MS) }
const WEBHOOK = {
  secrets: z.array(secret).default([]),
  key: urlKey.optional(),
  allow: z.array(network).default([]),
}
const NAME = id.meta({ example: 'a name of its own, as in "support"' })
const GATEWAY_URL = httpUrl.meta({ example: 'the URL of the gateway’s API, as in "http://127.0.0.1:3000"' })
const SERVER = {
  id: NAME,
  gateway: z.string(),
  baseUrl: GATEWAY_URL,
  adminToken: z.string().min(1).optional(),
}
const INSTANCE = {
  id: NAME,
  name: z.string().trim().min(1).max(100).optional(),
  gateway: z.string(),
  baseUrl: GATEWAY_URL,
  insecure: z.boolean().default(false),
  device: z.string().min(1).optional(),
  tags: z.array(z.string().min(1)).default([]),
  deliveriesPerSecond: z.number().positive().optional(),
  // As long as every event of this number waits before it is handled.
  reorderWindowMs: duration(0, '1m').optional(),
  apiMessagesClaim: z.boolean().default(false),
}
const INSTANCE_PARTS = ['webhook', 'pacing']
const FEATURE_SCOPE = {
  // Ids of numbers that are made later are names, too.
  instances: z.array(id).min(1).optional(),
  tags: z.array(z.string().min(1)).min(1).optional(),
}
const PACING = { minDelayMs: duration(0).optional(), maxDelayMs: duration(0).optional() }

export interface LoadOptions {
  /** Configuration file; without it `pombo.config.{ts,js,mjs,json}` in `cwd`, if there is one. */
  file?: string
  cwd: string
  env: Readonly<Record<string, string | undefined>>
  /** Gateways and features of this build. */
  gateways: readonly Gateway[]
  features: readonly Feature[]
}
export interface LoadedConfig {
  config: HubConfig
  bot?: Handler
  /** Where it was read, for people. */
  source: string
  /** What works but should not stay so. Safe to show. */
  warnings: string[]
}

/**
 * Reads and checks the configuration. The result is frozen, with defaults filled in and secrets resolved.
 * @throws HubError E_CONFIG with every fault together, each with its own code, key path and how to mend it,
 * never with a secret's value; E_CONFIG_FILE when there is no reading the file
 */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const source = await readSource(options.file, options.cwd)
  const faults = new Faults([...Object.keys(OVERRIDES), ...Object.keys(CREDENTIALS)])
  const { bot: writtenBot, ...written } = source.value as Record<string, unknown>
  const bot = readBot(writtenBot, source.program, faults)
  const input = resolveEnv(written, options.env, faults) as Record<string, unknown>
  const config = readHub(input, options, faults)
  faults.throwIfAny(source.name, source.value)
  const warnings = warningsOf(config, partOf(input.media, 'fetch') === false)
  return { config: freeze(config), ...(bot && { bot }), source: source.name, warnings }
}

function readBot(value: unknown, program: boolean, faults: Faults): Handler | undefined {
  if (value === undefined) return undefined
  const handler = typeof value === 'object' && value !== null && 'handler' in value ? value.handler : value
  if (typeof handler === 'function') return handler as Handler
  faults.add(
    ['bot'],
    program ? 'is no bot' : 'can only be given by a program',
    program ? 'Give what createBot() returns, or a handler.' : 'Use pombo.config.ts instead of JSON.',
  )
  return undefined
}

/** Only whole when no fault was noted: what does not fit is missing in it. */
function readHub(input: Record<string, unknown>, options: LoadOptions, faults: Faults): HubConfig {
  const { env, cwd } = options
  const overridden = Object.entries(OVERRIDES).filter(([name]) => env[name])
  const kept = Object.fromEntries(
    Object.entries(input).filter(([key]) => !overridden.some(([, replaced]) => replaced === key)),
  )
  const fields = readFields(HUB, kept, [], faults, PARTS)
  for (const [name, key] of overridden) {
    const value = key === 'port' ? wholeNumber(env[name]) : env[name]
    Object.assign(fields, { [key]: readValue(HUB[key], value, [name], faults) })
  }
  for (const [name, schema] of Object.entries(CREDENTIALS))
    if (env[name]) readValue(schema, env[name], [name], faults)

  if (fields.host !== undefined && !isLoopback(fields.host) && input.publicUrl === undefined) {
    faults.add(
      ['publicUrl'],
      `is missing, and the hub listens beyond this machine (host ${fields.host})`,
      'Write the URL under which gateways reach the hub, or listen on 127.0.0.1.',
      'E_CONFIG_PUBLIC_URL',
    )
  }
  const limits = readFields(LIMITS, input.limits, ['limits'], faults)
  const retention = readFields(RETENTION, input.retention, ['retention'], faults)
  const watch = readFields(WATCH, input.watch, ['watch'], faults)
  const alerts = readAlerts(input.alerts, faults)
  const media = readMedia(input.media, { cwd, database: fields.database }, faults)
  const servers = readList(input.servers, ['servers'], faults, (item, path) =>
    readServer(item, path, options, faults),
  )
  const instances = readList(input.instances, ['instances'], faults, (item, path) =>
    readInstance(item, path, options, faults),
  )
  noteRepeated(
    servers.map((server) => server.id),
    (index) => ['servers', index, 'id'],
    faults,
  )
  noteRepeated(
    servers.map((server) => server.webhook.key),
    (index) => ['servers', index, 'webhook', 'key'],
    faults,
  )
  noteRepeated(
    instances.map((instance) => instance.id),
    (index) => ['instances', index, 'id'],
    faults,
  )

  return {
    ...(fields as Required<typeof fields>),
    database: placed(fields.database, cwd),
    limits: limits as HubConfig['limits'],
    retention: {
      deliveriesMs: retention.deliveries ?? 0,
      dedupeMs: retention.dedupe ?? 0,
      eventsMs: retention.events ?? 0,
      commandsMs: retention.commands ?? 0,
      auditMs: retention.audit ?? 0,
    },
    ...(media && { media }),
    watch: { everyMs: watch.every ?? 0 },
    alerts,
    servers,
    instances,
    ...readFeatures(input.features, options.features, faults),
    ...(env.POMBO_API_KEY && { apiKey: env.POMBO_API_KEY }),
    ...(env.POMBO_ADMIN_PASSWORD && { adminPassword: env.POMBO_ADMIN_PASSWORD }),
    ...(env.POMBO_SECRET_KEY && { secretKey: env.POMBO_SECRET_KEY }),
    ...(env.POMBO_SECRET_KEY_OLD && { oldSecretKey: env.POMBO_SECRET_KEY_OLD }),
  }
}

/** A file lies in the folder the hub is started in, unless it says otherwise. */
const placed = (database: DatabaseConfig | undefined, cwd: string): DatabaseConfig =>
  database?.engine === 'postgres' ? database : { engine: 'sqlite', path: resolve(cwd, database?.path ?? '') }

/** -1, which is in no range, for text that is no whole number. */
const wholeNumber = (text = ''): number => (/^\d+$/.test(text.trim()) ? Number(text) : -1)

function readList<T>(
  value: unknown,
  path: Path,
  faults: Faults,
  read: (item: unknown, path: Path) => T,
): T[] {
  const items = readValue(z.array(z.unknown()).default([]), value, path, faults) ?? []
  return items.map((item, index) => read(item, [...path, index]))
}

/** What reads an instance or server: the gateways of this build. */
type Build = Pick<LoadOptions, 'gateways'>

function readServer(value: unknown, path: Path, options: Build, faults: Faults): ServerConfig {
  const common = [...Object.keys(SERVER), 'webhook']
  const own = ownKeys(value, common)
  const { gateway: name, ...fields } = readFields(
    withGateways(SERVER, options.gateways),
    value,
    path,
    faults,
    ['webhook', ...Object.keys(own)],
  )
  const webhook = readWebhook(partOf(value, 'webhook'), [...path, 'webhook'], faults)
  const gateway =
    name === undefined ? undefined : gatewayNamed(name, [...path, 'gateway'], options.gateways, faults)
  const settings =
    Object.keys(own).length === 0
      ? undefined
      : readSettings(own, gateway, common, path, options.gateways, faults)
  return {
    ...(fields as Required<typeof fields>),
    id: fields.id as ServerId,
    gateway: name ?? '',
    webhook,
    ...(settings !== undefined && { settings }),
  }
}

const ownKeys = (value: unknown, common: readonly string[]): Record<string, unknown> =>
  isPlainObject(value)
    ? Object.fromEntries(Object.entries(value).filter(([key]) => !common.includes(key)))
    : {}

/**
 * One instance as the file would hold it, read by the same rules.
 * @throws HubError E_CONFIG with every fault; `details.faults` has them one by one
 */
export const readOneInstance = (value: unknown, options: Build): InstanceConfig =>
  readOne(value, (faults) => readInstance(value, [], options, faults))
/** {@link readOneInstance} of a server. */
export const readOneServer = (value: unknown, options: Build): ServerConfig =>
  readOne(value, (faults) => readServer(value, [], options, faults))

function readOne<T>(written: unknown, read: (faults: Faults) => T): T {
  const faults = new Faults()
  const value = read(faults)
  faults.throwIfAny('what was given', written)
  return freeze(value)
}

function readInstance(value: unknown, path: Path, options: Build, faults: Faults): InstanceConfig {
  if (!isPlainObject(value)) {
    faults.add(path, 'must be an object', 'It needs id, gateway, baseUrl and webhook.')
    return {} as InstanceConfig
  }
  const common = [...Object.keys(INSTANCE), ...INSTANCE_PARTS]
  const own = ownKeys(value, common)
  const known = withGateways(INSTANCE, options.gateways)
  const { gateway: name, ...fields } = readFields(known, value, path, faults, [
    ...INSTANCE_PARTS,
    ...Object.keys(own),
  ])
  const webhook = readWebhook(value.webhook, [...path, 'webhook'], faults)
  const gateway =
    name === undefined ? undefined : gatewayNamed(name, [...path, 'gateway'], options.gateways, faults)
  if (gateway !== undefined && fields.insecure === false) requireProof(gateway, value.webhook, path, faults)
  return {
    ...(fields as Required<typeof fields>),
    id: fields.id as InstanceId,
    gateway: name ?? '',
    webhook,
    pacing: readPacing(value.pacing, [...path, 'pacing'], faults),
    settings: readSettings(own, gateway, common, path, options.gateways, faults),
  }
}

/** The fields, of which `gateway` can say what there is to choose from. */
const withGateways = <F extends { gateway: z.ZodString }>(fields: F, gateways: readonly Gateway[]): F => ({
  ...fields,
  gateway: z.string().meta({ example: gateways.map(({ name }) => `"${name}"`).join(' or ') }),
})

function gatewayNamed(
  name: string,
  path: Path,
  gateways: readonly Gateway[],
  faults: Faults,
): Gateway | undefined {
  const found = gateways.find((gateway) => gateway.name === name)
  if (found !== undefined) return found
  const names = gateways.map((gateway) => gateway.name)
  const meant = closest(name, names)
  faults.add(
    path,
    'is no gateway of this build',
    `It has ${names.join(', ')}.${meant ? ` Did you mean "${meant}"?` : ''}`,
  )
  return undefined
}

const readWebhook = (value: unknown, path: Path, faults: Faults): WebhookConfig => {
  const { secrets = [], key, allow = [] } = readFields(WEBHOOK, value, path, faults)
  return { secrets, allow, ...(key !== undefined && { key }) }
}

/** Judges what was written, valid or not: a weak secret is one fault, not also a missing one. */
function requireProof(gateway: Gateway, webhook: unknown, path: Path, faults: Faults): void {
  const secrets = partOf(webhook, 'secrets')
  const hasSecrets = Array.isArray(secrets) ? secrets.length > 0 : secrets !== undefined
  if (hasSecrets || (gateway.proof === 'url-key' && partOf(webhook, 'key') !== undefined)) return
  const [key, example] =
    gateway.proof === 'signature'
      ? [[...path, 'webhook', 'secrets'], '"webhook": { "secrets": ["…"] }']
      : [[...path, 'webhook', 'key'], '"webhook": { "key": "…" }']
  faults.add(
    key,
    'is missing, so anybody could post as this gateway',
    `Make one with openssl rand -hex 32 and write ${example}, or say "insecure": true.`,
    'E_CONFIG_SECRET_MISSING',
  )
}

function readPacing(value: unknown, path: Path, faults: Faults): InstanceConfig['pacing'] {
  const { minDelayMs, maxDelayMs } = readFields(PACING, value, path, faults)
  const least = minDelayMs ?? 0
  const most = maxDelayMs ?? least
  if (least > most)
    faults.add(path, 'has a minDelayMs above its maxDelayMs', 'Swap them, or make them equal.')
  return { minDelayMs: least, maxDelayMs: most }
}

/** The keys that are not common to all gateways belong to the instance's own. */
function readSettings(
  own: Record<string, unknown>,
  gateway: Gateway | undefined,
  common: readonly string[],
  path: Path,
  gateways: readonly Gateway[],
  faults: Faults,
): unknown {
  // Of an unknown gateway nobody knows the settings; a key that no gateway has is wrong all the same.
  const judged = gateway === undefined ? gateways : [gateway]
  const schemas = judged.map(({ settings }) => (settings instanceof z.ZodObject ? settings : undefined))
  if (!schemas.includes(undefined)) {
    const known = schemas.flatMap((schema) => Object.keys(schema?.shape ?? {}))
    for (const key of Object.keys(own)) {
      if (known.includes(key)) continue
      noteUnknown(key, [...common, ...known], path, faults)
      delete own[key]
    }
  }
  return gateway === undefined ? undefined : readValue(gateway.settings, own, path, faults)
}

function readFeatures(
  value: unknown,
  features: readonly Feature[],
  faults: Faults,
): Pick<HubConfig, 'features' | 'featureScopes'> {
  const input = readValue(z.record(z.string(), z.unknown()).default({}), value, ['features'], faults) ?? {}
  const read: Record<string, unknown> = {}
  const scopes: Record<string, FeatureScope> = {}
  for (const [name, settings] of Object.entries(input)) {
    const feature = features.find((candidate) => candidate.name === name)
    if (feature !== undefined) {
      const { own, scope } = splitScope(settings, ['features', name], faults)
      read[name] = readValue(feature.config, own, ['features', name], faults)
      if (scope) scopes[name] = scope
      continue
    }
    const names = features.map((candidate) => candidate.name)
    const meant = closest(name, names)
    faults.add(
      ['features', name],
      'is no feature of this build',
      `${names.length === 0 ? 'It has none.' : `It has ${names.join(', ')}.`}${meant ? ` Did you mean "${meant}"?` : ''}`,
    )
  }
  return { features: read, ...(Object.keys(scopes).length > 0 && { featureScopes: scopes }) }
}

/** Which numbers a feature works for is the hub's to know, and the same for every feature. */
function splitScope(settings: unknown, path: Path, faults: Faults): { own: unknown; scope?: FeatureScope } {
  if (!isPlainObject(settings)) return { own: settings }
  const { instances, tags, ...own } = settings
  if (instances === undefined && tags === undefined) return { own: settings }
  const read = readFields(FEATURE_SCOPE, { instances, tags }, path, faults)
  return { own, scope: { instances: read.instances ?? [], tags: read.tags ?? [] } }
}

function noteRepeated(
  values: readonly (string | undefined)[],
  pathOf: (index: number) => Path,
  faults: Faults,
): void {
  // Ids differ in more than case, so that no two numbers look alike in a URL or a list.
  const folded = values.map((value) => value?.toLowerCase())
  for (const [index, value] of folded.entries()) {
    const first = folded.indexOf(value)
    if (value === undefined || first === index) continue
    faults.add(pathOf(index), `is the same as ${pathText(pathOf(first))}`, 'Choose another one.')
  }
}

function warningsOf({ host, publicUrl, instances, media }: HubConfig, fetchesNone: boolean): string[] {
  const warnings = instances
    .filter(({ insecure }) => insecure)
    .map(({ id }) => `instance ${id} is insecure: anybody who knows its URL can post as its gateway`)
  if (!isLoopback(host) && publicUrl?.startsWith('http:')) {
    warnings.push('publicUrl is not HTTPS: messages and keys travel in the clear')
  }
  if (media === undefined && !fetchesNone) {
    warnings.push(
      'media are not fetched: a database server has no folder beside it. Name one that all nodes share ("media": { "folder": "…" }), use a bucket ("media": { "store": "s3", … }), or say "media": { "fetch": false }',
    )
  }
  return warnings
}

const partOf = (value: unknown, key: string): unknown => (isPlainObject(value) ? value[key] : undefined)

/** Freezes what the configuration itself is made of; objects of gateways and features are theirs. */
function freeze<T>(value: T): T {
  if (Array.isArray(value) || isPlainObject(value)) {
    for (const part of Object.values(value)) freeze(part)
    Object.freeze(value)
  }
  return value
}
