import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest, RawServerDefault } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { Access, Visitor } from '../access/index.ts'
import type { AuditNote } from '../core/access.ts'
import type { AlertStore } from '../core/alerts.ts'
import type { MonitorStore } from '../core/monitor.ts'
import type { Clock, Logger } from '../core/ports.ts'
import type { RegistryStore } from '../core/registry.ts'
import type { LogStore, Store } from '../core/store.ts'
import type { TrafficStore } from '../core/traffic.ts'
import type { WatchStore } from '../core/watch.ts'
import type { Hub } from '../hub.ts'

/** What the HTTP edge needs of a hub; a {@link Hub} is one. */
export type EdgeHub = Pick<
  Hub,
  | 'config'
  | 'ingest'
  | 'nudge'
  | 'send'
  | 'setOwner'
  | 'parseRecipient'
  | 'gateway'
  | 'server'
  | 'media'
  | 'undoMerge'
  | 'registry'
  | 'witness'
  | 'maker'
  | 'checkInstance'
  | 'handOver'
  | 'kinds'
  | 'fetchBytes'
  | 'http'
  | 'alerts'
  | 'news'
  | 'rehearse'
> & {
  readonly store: LogStore &
    MonitorStore &
    TrafficStore &
    RegistryStore &
    Pick<AlertStore, 'listAlerts' | 'getAlert' | 'acknowledgeAlert'> &
    Pick<WatchStore, 'listConnectionChanges' | 'connectionChangesSince' | 'lookedAt'> &
    Pick<Store, 'ping' | 'nodes' | 'grantDeliveries' | 'accept'>
}

/** What routes work with. */
export interface Edge {
  readonly hub: EdgeHub
  readonly clock: Clock
  readonly log: Logger
  readonly access: Access
  /** Whoever reaches the hub may do everything, without a credential. */
  readonly isOpen: boolean
  /** Origin of the simulator whose phone the console shows, in a demo. */
  readonly phone: string | null
  /** Of the program. */
  readonly version: string
  /** Browsers reach the hub by HTTPS alone. */
  readonly isSecure: boolean
  /** How the hub is reached, without a slash at the end. */
  readonly baseUrl: string
  /** Where a request comes from. */
  visitor(request: FastifyRequest): Visitor
  /**
   * Notes a change in the audit log: who, what, when and from where. Every route that changes something calls it
   * once, when it has succeeded. Never rejects: what was done stays done.
   */
  audit(request: FastifyRequest, note: AuditNote): Promise<void>
  /** For tests: every answer is held against its contract. */
  readonly checksAnswers: boolean
  /** True once the server takes no new connections. */
  isDraining(): boolean
  /** Hears when that begins. @returns ends it */
  onDrain(listen: () => void): () => void
}

/** A Fastify scope whose schemas are zod's. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>
