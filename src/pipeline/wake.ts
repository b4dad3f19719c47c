import type { InstanceId } from '../core/ids.ts'
import type { ClusterStore, Queue } from '../core/store.ts'

/**
 * Something was committed: there is work in these queues, and something new to show of these numbers. Everybody
 * who commits says so here, after the commit. Cheap, and may be called at any rate.
 */
export type Wake = (queues: readonly Queue[], instances?: readonly InstanceId[]) => void

/**
 * The one way of a hint: at once to this node's loops, and through the store to the other nodes. It is only
 * ever a hint: loops look for themselves every second.
 * @param nudge wakes the loop of a queue, if this node has it
 */
export const createWake =
  (store: Pick<ClusterStore, 'announce'>, nudge: (queue: Queue) => void): Wake =>
  (queues, instances = []) => {
    for (const queue of queues) nudge(queue)
    store.announce({ queues, instances })
  }
