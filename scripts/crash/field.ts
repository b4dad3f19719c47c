import type { HubProcess } from './hub.ts'
import type { Stop } from './judge.ts'

/** A hub under fire: one process on SQLite, or several nodes on PostgreSQL. */
export interface Field {
  /** What is asked at the end. All are up whenever `strike` is not under way. */
  readonly nodes: readonly HubProcess[]
  readonly stops: readonly Stop[]
  /** Where a gateway's next attempt arrives. */
  next(): string
  /** Everything is up. */
  start(): Promise<void>
  /** One blow or two at once, and the recovery. Throws if something ended that nobody ended. */
  strike(): Promise<void>
  /** What else was measured, for the JSON line, and what of it is not as it must be. */
  measure(): Promise<{ figures: object; faults: string[] }>
  /** In order, once the run is over. */
  close(): Promise<void>
  /** At once, whatever is under way. */
  abandon(): void
}
