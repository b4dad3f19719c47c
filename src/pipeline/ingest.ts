import type { RawDelivery } from '../core/gateway.ts'
import type { InstanceId } from '../core/ids.ts'

/** What the HTTP edge must know before it reads a body. */
export type Admission =
  | { type: 'unknown-instance' }
  | {
      type: 'admitted'
      target: IngestTarget
      /** Largest body (bytes) this target takes, given the key in the URL. */
      maxBytes: number
      /** CIDR blocks it may come from; empty: from anywhere. */
      allow: readonly string[]
      deliveriesPerSecond?: number
    }
/** Opaque to the edge: hand it back to `receive`. `id` labels limits, logs and metrics. */
export interface IngestTarget {
  readonly id: InstanceId | 'global'
  readonly urlKey?: string
}

export type Receipt =
  | { type: 'accepted'; accepted: number; duplicates: number }
  /** `reason` says what was wrong with the proof; it is safe to answer and to log. */
  | { type: 'unauthenticated'; reason: string }
  | { type: 'unavailable'; retryAfterSeconds: number }

/** The way in: verify → normalise → accept, with nothing of HTTP but headers and bytes. */
export interface Ingest {
  admit(path: { instance: string; urlKey?: string }): Admission
  receive(target: IngestTarget, delivery: RawDelivery, source: string): Promise<Receipt>
}
