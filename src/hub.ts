import type { Address } from './core/address.ts'
import type { Command } from './core/commands.ts'
import type { HubConfig } from './core/config.ts'
import type { Gateway } from './core/gateway.ts'
import type { ChatId, CommandId, InstanceId } from './core/ids.ts'
import type { Clock, HttpClient, Logger, Metrics, Random } from './core/ports.ts'
import type { Store } from './core/store.ts'
import type { Feature, Handler } from './core/turn.ts'
import type { Ingest } from './pipeline/ingest.ts'

/** Everything concrete, chosen by `main.ts` or a test. */
export interface HubParts {
  config: HubConfig
  store: Store
  gateways: readonly Gateway[]
  features: readonly Feature[]
  /** The developer's bot; runs after the features. */
  bot?: Handler
  clock: Clock
  random: Random
  log: Logger
  metrics: Metrics
  http: HttpClient
}

export interface Hub {
  readonly config: HubConfig
  readonly store: Store
  readonly ingest: Ingest
  /** Recovers what a crash left, then begins to handle events and to send. */
  start(): Promise<void>
  /** Takes no new work, finishes what runs (at most `graceMs`), gives leases back. */
  stop(graceMs?: number): Promise<void>
  /** Resolves when nothing can go on before time passes or something new arrives. For tests. */
  idle(): Promise<void>
  /** Tells the loops that the store has new work (a retried dead letter, an owner change). */
  nudge(): void
  /**
   * Queues a send from outside a turn (API, console, CLI). Ignores the epoch; claims the chat for a person
   * only when asked. The same idempotency key answers the first command's id.
   */
  send(request: {
    instance: InstanceId
    /** A chat of the hub, or an address. */
    to: ChatId | Address
    command: Command extends infer C ? (C extends Command ? Omit<C, 'to'> : never) : never
    idempotencyKey?: string
    claim?: boolean
  }): Promise<{ id: CommandId; created: boolean }>
  /** Gateway spelling of a recipient → address, asked of the instance's gateway. */
  parseRecipient(instance: InstanceId, text: string): Address | undefined
}

export declare function createHub(parts: HubParts): Hub
