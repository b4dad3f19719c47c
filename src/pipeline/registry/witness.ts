import { type InstanceId, isInstanceId } from '../../core/ids.ts'
import type { Clock, Logger, TimerHandle } from '../../core/ports.ts'
import type { RefusalReason, RefusalRow, RegistryStore } from '../../core/registry.ts'

/** Refusals are gathered for this long before they are stored (ms). */
const GATHER_MS = 1_000
const MAX_DETAIL = 300

/**
 * What arrived for an instance, authentic or refused, as far as somebody who sets it up must know: the first
 * authentic delivery, and how often what was refused and why. No bodies, no secrets.
 */
export interface Witness {
  authentic(instance: InstanceId): void
  /** @param target instance or server; empty where no instance has the name that was asked for */
  refused(target: string, reason: RefusalReason, detail: string): void
  /** What was gathered is in the store. */
  flush(): Promise<void>
  stop(): Promise<void>
}

export function createWitness(parts: {
  store: Pick<RegistryStore, 'noteRefusals' | 'noteVerified'>
  clock: Clock
  log: Logger
}): Witness {
  const { store, clock, log } = parts
  const seen = new Set<InstanceId>()
  let fresh = new Map<InstanceId, number>()
  let gathered = new Map<string, RefusalRow>()
  let timer: TimerHandle | undefined
  let writing: Promise<void> = Promise.resolve()

  async function write(): Promise<void> {
    const rows = [...gathered.values()]
    const first = fresh
    gathered = new Map()
    fresh = new Map()
    try {
      for (const [instance, at] of first) await store.noteVerified(instance, at)
      if (rows.length > 0) await store.noteRefusals(rows)
    } catch (err) {
      // Hints for somebody who sets a gateway up: nothing depends on them.
      for (const instance of first.keys()) seen.delete(instance)
      log.debug({ err }, 'what arrived could not be noted')
    }
  }
  const flush = (): Promise<void> => {
    timer?.cancel()
    timer = undefined
    writing = writing.then(write)
    return writing
  }
  const soon = (): void => {
    timer ??= clock.setTimeout(() => void flush(), GATHER_MS)
  }

  return {
    authentic(instance) {
      if (seen.has(instance)) return
      seen.add(instance)
      fresh.set(instance, clock.now())
      soon()
    },
    refused(target, reason, detail) {
      const key = `${reason} ${target}`
      const now = clock.now()
      const row = gathered.get(key)
      gathered.set(key, {
        target,
        reason,
        detail: detail.slice(0, MAX_DETAIL),
        count: (row?.count ?? 0) + 1,
        firstAt: row?.firstAt ?? now,
        lastAt: now,
      })
      soon()
    },
    flush,
    stop: flush,
  }
}

/** A name out of a path, as far as it may be shown: a key that stands in the wrong place may not. */
export const shownName = (name: string): string =>
  isInstanceId(name) && name.length <= 24 ? `"${name}"` : `a name of ${name.length} characters`
