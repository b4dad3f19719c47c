import { ALERT_KINDS, type AlertStore } from '../core/alerts.ts'
import type { Clock, Logger, Metrics, TimerHandle } from '../core/ports.ts'
import { type ClusterStore, type NodeRow, ROLES, type Role, type Store } from '../core/store.ts'
import { WATCH_STATES, type WatchStore } from '../core/watch.ts'
import type { Outage } from './outage.ts'

export interface CensusParts {
  store: Pick<ClusterStore, 'nodes'> &
    Pick<Store, 'backlog'> &
    Pick<WatchStore, 'connections'> &
    Pick<AlertStore, 'openAlerts'>
  /** This node, which lives whatever its row says. */
  self: string
  clock: Clock
  log: Logger
  metrics: Metrics
  outage: Outage
}

const FIRST_LOOK_MS = 2_000
const LOOK_EVERY_MS = 10_000
/** A node whose last sign of life is older than this (ms) counts for nothing. */
const SILENCE_MS = 6_000

/** What stands still when no node has a role. Every node takes deliveries, so none is missed for `ingest`. */
const STANDS_STILL = {
  worker: 'what is accepted waits, and nobody handles it',
  sender: 'what is to be sent waits, and nothing goes out',
} as const satisfies Partial<Record<Role, string>>
const NEEDED = Object.keys(STANDS_STILL) as (keyof typeof STANDS_STILL)[]

/**
 * What every node sees of the whole installation, whatever its roles: gauges of backlog and nodes, so that any one
 * of them can be asked; and a word in the log while a role is nobody's, which looks healthy from everywhere else.
 */
export function createCensus({ store, self, clock, log, metrics, outage }: CensusParts) {
  let timer: TimerHandle | undefined
  let running: Promise<void> = Promise.resolve()
  let stopped = false
  /** Missing at the last look. Told only at the second in a row: nodes start and restart one after the other. */
  let missing = new Set<Role>()
  const told = new Set<Role>()

  async function look(): Promise<void> {
    try {
      count((await store.nodes()).filter(isAlive))
    } catch (err) {
      if (!outage.noted(err)) log.warn({ err }, 'this node could not look at the others; it tries again soon')
    }
  }

  async function gauge(): Promise<void> {
    try {
      const backlog = await store.backlog()
      metrics.record('pombo_backlog', { queue: 'events' }, backlog.events)
      metrics.record('pombo_backlog', { queue: 'commands' }, backlog.commands)
      metrics.record('pombo_held', { what: 'dead letters' }, backlog.deadEvents)
      metrics.record('pombo_held', { what: 'unknown sends' }, backlog.unknownCommands)
      for (const { instance, state } of await store.connections())
        for (const one of WATCH_STATES)
          metrics.record('pombo_connection_state', { instance, state: one }, one === state ? 1 : 0)
      const open = new Map((await store.openAlerts()).map(({ kind, count }) => [kind, count]))
      for (const kind of ALERT_KINDS) metrics.record('pombo_alerts_open', { kind }, open.get(kind) ?? 0)
    } catch (err) {
      // A backlog so large that counting it takes too long is no outage of the store.
      log.debug({ err }, 'the backlog could not be counted; it is tried again soon')
    }
  }

  const isAlive = ({ id, seenAt }: NodeRow): boolean => id === self || clock.now() - seenAt < SILENCE_MS

  function count(living: readonly NodeRow[]): void {
    const number = (role: Role) => living.filter(({ roles }) => roles.includes(role)).length
    for (const role of ROLES) metrics.record('pombo_nodes', { role }, number(role))
    const before = missing
    missing = new Set(NEEDED.filter((role) => number(role) === 0))
    for (const role of NEEDED) {
      if (missing.has(role) && before.has(role) && !told.has(role)) {
        told.add(role)
        log.warn(
          { role },
          `no living node has the role ${role}: ${STANDS_STILL[role]}. Start one: pombo serve --role ${role}`,
        )
      } else if (!missing.has(role) && told.delete(role)) {
        log.info({ role }, `a node has the role ${role} again`)
      }
    }
  }

  function next(wait: number): void {
    if (stopped) return
    timer = clock.setTimeout(() => {
      running = look()
        .then(gauge)
        .finally(() => next(LOOK_EVERY_MS))
    }, wait)
  }

  return {
    start: () => next(FIRST_LOOK_MS),
    async stop(): Promise<void> {
      stopped = true
      timer?.cancel()
      await running
    },
  }
}
