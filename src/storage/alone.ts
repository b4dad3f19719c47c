import type { ClusterStore, NodeRow } from '../core/store.ts'

/** The cluster of a store that only one process can use. */
export function alone(now: () => number): ClusterStore {
  let self: NodeRow | undefined
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
    nodes: async () => (self ? [self] : []),
  }
}
