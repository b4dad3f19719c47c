import type { InstanceId } from '../core/ids.ts'
import type { Topic } from '../core/live.ts'
import type { Announcement, ClusterStore } from '../core/store.ts'

/** What has changed, wherever it happened: told here and by other nodes. A hint: it may be late or lost. */
export interface News extends Pick<ClusterStore, 'announce' | 'onAnnounced'> {
  /** Something to show has changed that no queue knows of. No instances: it concerns none, or all. */
  changed(topics: readonly Topic[], instances?: readonly InstanceId[]): void
}

/** Costs nothing as long as nobody listens. */
export function createNews(store: Pick<ClusterStore, 'announce' | 'onAnnounced'>): News {
  const listeners = new Set<(what: Announcement) => void>()
  const announce = (what: Announcement) => {
    for (const listen of listeners) listen(what)
    store.announce(what)
  }
  return {
    announce,
    changed: (topics, instances = []) => announce({ queues: [], instances, topics }),
    onAnnounced(listen) {
      listeners.add(listen)
      const deafen = store.onAnnounced(listen)
      return () => {
        listeners.delete(listen)
        deafen()
      }
    },
  }
}
