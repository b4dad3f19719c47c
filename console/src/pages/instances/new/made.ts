import type { CreatedInstance } from '../../../../../src/http/contract/instances.ts'

/** A number that has come into the hub. */
export type Made = CreatedInstance & {
  /** Stored events of an unknown number that went to it. */
  handedOver?: number
}
