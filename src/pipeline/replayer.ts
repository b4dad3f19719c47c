import type { MonitorStore } from '../core/monitor.ts'
import type { Clock, Logger } from '../core/ports.ts'
import type { Aside } from './aside.ts'
import type { Wake } from './wake.ts'

export interface ReplayerParts {
  store: Pick<MonitorStore, 'replayRuns' | 'advanceReplay'>
  clock: Clock
  log: Logger
  wake: Wake
}

/** Events one transaction puts into their queues. */
const BATCH = 50
/** Between two batches (ms): what happens now goes before what is played again. */
const PAUSE_MS = 100

/** Carries replays of many events out, the oldest first. Where it stands is in the store: any node goes on with it. */
export function createReplayer({ store, clock, log, wake }: ReplayerParts): Aside {
  let due: number | undefined
  return {
    running: new Set(),
    nextDue: async () => due,
    async work() {
      due = undefined
      if (!(await store.replayRuns())) return 'rest'
      const step = await store.advanceReplay(BATCH)
      // Undefined: another node is at it.
      if (step) {
        wake(['lanes'], step.instances)
        const { id, state, queued, skipped } = step.replay
        if (state === 'done') log.info({ replay: id, queued, skipped }, 'a replay has queued all its events')
      }
      due = clock.now() + PAUSE_MS
      return 'rest'
    },
  }
}
