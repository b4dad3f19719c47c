import type { ClusterStore, NodeRow } from '../core/store.ts'
import { type Bucket, draw } from './bucket.ts'

/** The cluster of a store that only one process can use. */
export function alone(now: () => number): ClusterStore {
  let self: NodeRow | undefined
  const buckets = new Map<string, Bucket>()
  return {
    shared: false,
    announce() {},
    onAnnounced: () => () => {},
    async heartbeat(node) {
      self = { ...node, seenAt: now() }
    },
    bury: async () => [],
    async leave() {
      self = undefined
    },
    // Who answers lives.
    nodes: async () => (self ? [{ ...self, seenAt: now() }] : []),
    async grantDeliveries(instance, perSecond, want) {
      const { granted, bucket } = draw(buckets.get(instance), { perSecond, want, at: now() })
      buckets.set(instance, bucket)
      return granted
    },
  }
}
