import type { AlertKind, AlertLanguage } from './alerts.ts'
import type { InstanceId, ServerId } from './ids.ts'

/** Configuration after validation: frozen, defaults filled in, secrets resolved. Durations in ms, sizes in bytes. */
export interface HubConfig {
  host: string
  port: number
  /** Absolute URL under which gateways reach the hub. */
  publicUrl?: string
  database: DatabaseConfig
  limits: {
    /** Largest body without a valid URL key. */
    bodyBytes: number
    /** Largest body behind a valid URL key (history batches, inline thumbnails). */
    bodyBytesWithKey: number
    /** Failed authentications a source may make in a minute before it is answered 429. */
    failedAuthPerMinute: number
  }
  /** CIDR blocks whose `x-forwarded-for` is believed. */
  trustedProxies: readonly string[]
  servers: readonly ServerConfig[]
  instances: readonly InstanceConfig[]
  /** Validated configuration of each feature whose key is present. */
  features: Readonly<Record<string, unknown>>
  /** Features that work for some numbers only. */
  featureScopes?: Readonly<Record<string, FeatureScope>>
  retention: RetentionConfig
  /** Undefined: what people send is not fetched. */
  media?: MediaConfig
  /** Undefined: gateways are not asked how their numbers are connected. */
  watch?: WatchConfig
  /** Undefined: nobody looks whether anything is wrong. */
  alerts?: AlertsConfig
  /** Full-scope API key, if set. */
  apiKey?: string
  /** Password of the account `owner`, if set. */
  adminPassword?: string
  /** Encrypts what is stored of secrets, if set. */
  secretKey?: string
  /** The former one, while keys change. */
  oldSecretKey?: string
  logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
}

/** The numbers a feature works for: those named, and those that have one of the tags. */
export interface FeatureScope {
  instances: readonly string[]
  tags: readonly string[]
}

export type DatabaseConfig =
  | { engine: 'sqlite'; path: string }
  /** `url` holds a password: show {@link databaseName} instead. */
  | { engine: 'postgres'; url: string; poolSize: number }

/** What a database is called wherever somebody may read it: its path, or its URL without user and password. */
export function databaseName(database: DatabaseConfig): string {
  if (database.engine === 'sqlite') return database.path
  const { hostname, port, pathname } = new URL(database.url)
  return `postgres://${hostname}:${port || 5432}${pathname}`
}

export interface RetentionConfig {
  /** Raw deliveries. Default 7 days. */
  deliveriesMs: number
  /** Dedupe keys. Default 30 days, longer than any known gateway retries. */
  dedupeMs: number
  /** Events that are done. Default 30 days. */
  eventsMs: number
  /** Settled commands. Default 30 days. */
  commandsMs: number
  /** The audit log, and keys that have ended. Default a year. */
  auditMs: number
}

/** A bucket, and what opens it. */
export interface S3Config {
  /** Without trailing slash. */
  endpoint: string
  bucket: string
  region: string
  accessKeyId: string
  secretAccessKey: string
  /** What the names of all objects begin with: empty, or text that ends with `/`. */
  prefix: string
  /** Where bytes lie until they are uploaded. */
  folder: string
}

/** Fetching and keeping what people send us: pictures, voice messages, documents. */
export interface MediaConfig {
  /** False: nothing is fetched; what came meanwhile is fetched once this is true again. */
  fetch: boolean
  store: { type: 'folder'; folder: string } | ({ type: 's3' } & S3Config)
  /** How long they are kept. */
  keepMs: number
  /** Largest file. */
  maxBytes: number
  /** All files fetched in any 24 hours together. */
  bytesPerDay: number
  /** How many are fetched at a time. */
  concurrency: number
  /** For the whole of one file. */
  timeoutMs: number
}

export interface WatchConfig {
  /** Time between two looks at a number whose gateway tells nothing by itself. */
  everyMs: number
}

export interface AlertsConfig {
  /** How long something must be wrong before an alert opens, and well before it is over. */
  afterMs: number
  kinds: readonly AlertKind[]
  /** Of e-mails, and of the text in webhooks. */
  language: AlertLanguage
  /** The operator's own endpoint. `secret`: `whsec_` and base64. */
  webhook?: { url: string; secret: string }
  email?: EmailConfig
}
export interface EmailConfig {
  smtp: SmtpConfig
  from: string
  to: readonly string[]
}
export interface SmtpConfig {
  host: string
  port: number
  /** TLS from the first byte; otherwise by STARTTLS where the server offers it, always before a password. */
  secure: boolean
  auth?: { username: string; password: string }
}

export interface WebhookConfig {
  secrets: readonly string[]
  key?: string
  /** CIDR blocks deliveries may come from; empty means from anywhere. */
  allow: readonly string[]
}

export interface InstanceConfig {
  id: InstanceId
  /** What people call it; the id where there is none. */
  name?: string
  gateway: string
  /** Without trailing slash. */
  baseUrl: string
  webhook: WebhookConfig
  /** Takes deliveries without proof; has to be asked for. */
  insecure: boolean
  /** Slot id or own number, on a gateway with several devices. */
  device?: string
  tags: readonly string[]
  /** Wait between two sends of this number, evenly spread between the two. Both 0: no pacing. */
  pacing: { minDelayMs: number; maxDelayMs: number }
  /** Deliveries per second before 429; undefined: no limit. */
  deliveriesPerSecond?: number
  /**
   * How long (ms) an event waits for others that the gateway sent earlier and that arrive later; what came
   * within it is handled in order of the gateway's time. 0: order of arrival.
   */
  reorderWindowMs?: number
  /** Do API-made messages of other programs claim the chat for a person? Default false. */
  apiMessagesClaim: boolean
  /** The gateway's own settings, validated by its schema. */
  settings: unknown
}

export interface ServerConfig {
  id: ServerId
  gateway: string
  baseUrl: string
  adminToken?: string
  webhook: WebhookConfig
  /** The gateway's own settings that all its instances share, such as a login. */
  settings?: unknown
}
