import type { AlertKind, AlertLanguage } from '../core/alerts.ts'
import type { HubConfig } from '../core/config.ts'
import type { Duration } from '../core/duration.ts'
import type { Handler } from '../core/turn.ts'

/** Text, or the environment variable that holds it. */
export type Text = string | { env: string }

/** What a developer writes in `pombo.config.ts`. Everything is optional; `docs/configuration.md` has the defaults. */
export interface HubInput<Features = Record<string, unknown>> {
  /** Address to listen on. Beyond loopback `publicUrl` is needed. Default `127.0.0.1`. */
  host?: Text
  /** Default 3001. The environment's `PORT` goes first. */
  port?: number
  /** Absolute URL under which gateways reach the hub. */
  publicUrl?: Text
  /**
   * `sqlite:PATH`, or `postgres://user:password@host:port/name` for many nodes. Default `sqlite:./data/pombo.db`.
   * `POMBO_DATABASE_URL` goes first.
   */
  database?: Text
  limits?: {
    /** Largest body (bytes). Default 4 MiB. */
    bodyBytes?: number
    /** Largest body (bytes) behind a valid URL key. Default 16 MiB. */
    bodyBytesWithKey?: number
    /** Failed authentications of one source in a minute before 429. Default 60. */
    failedAuthPerMinute?: number
  }
  /** Proxies whose `x-forwarded-for` is believed: addresses or CIDR blocks. */
  trustedProxies?: readonly Text[]
  /** Gateway installations that hold several numbers. */
  servers?: readonly ServerInput[]
  /** The WhatsApp numbers. */
  instances?: readonly InstanceInput[]
  /** A feature runs when its key is present. */
  features?: Features
  /** How long things are kept. Messages are kept until deleted. */
  retention?: {
    /** Raw deliveries. Default `7d`. */
    deliveries?: Duration
    /** Memory of what was received, against duplicates. Default `30d`. */
    dedupe?: Duration
    /** Events that are done. Default `30d`. */
    events?: Duration
    /** Commands that are settled. Default `30d`. */
    commands?: Duration
    /** Who changed what, and API keys that have ended. Default `365d`. */
    audit?: Duration
  }
  /** Pictures, voice messages and documents people send: fetched in the background, kept by their content. */
  media?: MediaInput
  /** How often gateways are asked whether their numbers are connected. */
  watch?: {
    /** For a number whose gateway tells nothing by itself. Default `30s`; a quarter as often where it does. */
    every?: Duration
  }
  /** What is told when something is wrong, and to whom. The console shows it in any case. */
  alerts?: AlertsInput
  /** Default `info`. */
  logLevel?: HubConfig['logLevel']
  /** The bot: what `createBot()` gives, or a handler of your own. Runs after the features. */
  bot?: Handler | { readonly handler: Handler }
}

export interface MediaInput {
  /** Default true. */
  fetch?: boolean
  /** Default `folder`. */
  store?: 'folder' | 's3'
  /** Default `media`, beside a SQLite database: one hub for each folder. On Postgres one that all nodes share. */
  folder?: Text
  /** For `s3`: URL of the server, bucket, and access to it. */
  endpoint?: Text
  bucket?: Text
  /** Default `us-east-1`. */
  region?: Text
  accessKeyId?: Text
  secretAccessKey?: Text
  /** What the names of all objects begin with, as in `pombo/`. Default: nothing. */
  prefix?: Text
  /** How long they are kept. Default `30d`, at least `1d`. */
  keepMs?: Duration
  /** Largest file (bytes). Default 64 MiB. */
  maxBytes?: number
  /** All files of any 24 hours together (bytes). Default 2 GiB. */
  bytesPerDay?: number
  /** How many are fetched at a time. Default 2. */
  concurrency?: number
  /** For the whole of one file. Default `2m`. */
  timeoutMs?: Duration
}

export interface AlertsInput {
  /** How long something must be wrong before an alert opens, and well before it is over. Default `60s`. */
  after?: Duration
  /** What is looked for. Default: everything. */
  kinds?: readonly AlertKind[]
  /** Of e-mails and of the text in webhooks. Default `en`. */
  language?: AlertLanguage
  /** Your own endpoint; may be on a private network. `secret`: `whsec_` and 24 to 64 bytes in base64. */
  webhook?: { url: Text; secret: Text }
  email?: {
    smtp: {
      host: Text
      /** Default 465 with `secure`, else 587. */
      port?: number
      /** TLS from the first byte. Default: true on port 465. Otherwise STARTTLS, always before a password. */
      secure?: boolean
      username?: Text
      password?: Text
    }
    from: Text
    to: readonly Text[]
  }
}

export interface WebhookInput {
  /** HMAC secrets; any of them proves a delivery, which is how they are rotated. */
  secrets?: readonly Text[]
  /** Key in the URL, for gateways that do not sign. */
  key?: Text
  /** Addresses or CIDR blocks deliveries may come from. Default: anywhere. */
  allow?: readonly Text[]
}

export interface InstanceInput {
  /** What people call it. Default: its id. */
  name?: Text
  /** Name of the number in URLs and in the API: letters, digits, `-`, `_`. */
  id: Text
  /** Name of the gateway it lives on. */
  gateway: Text
  /** URL of the gateway's API. */
  baseUrl: Text
  webhook?: WebhookInput
  /** Takes deliveries without any proof of who sent them. Default false. */
  insecure?: boolean
  /** Slot id or own number, on a gateway with several devices. */
  device?: Text
  /** Words to address several numbers at once in a bot. */
  tags?: readonly Text[]
  /** Wait between two sends of this number, evenly spread between the two. Default: none. */
  pacing?: { minDelayMs?: Duration; maxDelayMs?: Duration }
  /** Deliveries a second before 429. Default: no limit. */
  deliveriesPerSecond?: number
  /** How long events wait to be put into the gateway's order. Default 0: they are handled as they arrive. */
  reorderWindowMs?: Duration
  /** Do messages that other programs send through the API hand the chat to a person? Default false. */
  apiMessagesClaim?: boolean
  /** Credential of the number, on gateways that have one. */
  token?: Text
  /** Login of the gateway's API, on gateways that have one. */
  basicAuth?: { username: Text; password: Text }
}

export interface ServerInput {
  id: Text
  gateway: Text
  baseUrl: Text
  adminToken?: Text
  webhook?: WebhookInput
  /** Login of the gateway's API, on gateways that have one. */
  basicAuth?: { username: Text; password: Text }
}

/**
 * Gives a configuration its type, so that an editor completes keys and shows mistakes. Changes nothing.
 * @typeParam Features settings of the features, by name
 */
export const defineHub = <Features = Record<string, unknown>>(
  input: HubInput<Features>,
): HubInput<Features> => input
