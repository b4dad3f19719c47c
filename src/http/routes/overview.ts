import type { InstanceConfig } from '../../core/config.ts'
import { HubError } from '../../core/errors.ts'
import { ROLES } from '../../core/store.ts'
import {
  ALL_INSTANCES,
  TRAFFIC_KEPT_MS,
  TRAFFIC_STEPS,
  type TrafficRow,
  type TrafficStep,
} from '../../core/traffic.ts'
import {
  overview,
  type SilentNumber,
  type TrafficPoint,
  traffic,
  trafficQuery,
} from '../contract/overview.ts'
import type { Api, Edge } from '../edge.ts'
import { iso, optionalIso, presentChat, presentCommand, presentEvent, presentTotals } from '../present.ts'

const HOUR_MS = TRAFFIC_STEPS.hour
const DAY_MS = TRAFFIC_STEPS.day
/** How many of each thing that needs a person are shown. */
const FIRST = 5
/** Points a chart has at most, over all its series. */
const MAX_POINTS = 1_500
const MAX_POINTS_OF_ALL = 20_000
/** A chart that nobody asked a step for has at most about this many points. */
const READABLE = 180

/** Does everything run, and what needs a person? */
export function overviewRoutes(api: Api, { hub, clock }: Edge): void {
  const { store } = hub
  const numbers = (): InstanceConfig[] => [...hub.registry.instances.values()].map(({ config }) => config)

  api.get(
    '/overview',
    {
      schema: {
        response: { 200: overview },
      },
    },
    async () => {
      const now = clock.now()
      const minute = now - (now % TRAFFIC_STEPS.minute) + TRAFFIC_STEPS.minute
      const hour = now - (now % HOUR_MS) + HOUR_MS
      const known = numbers()
      const ids = known.map(({ id }) => id)
      const begun = clock.monotonic()
      const ping = store.ping().then(
        () => ({ ok: true, ms: Math.round(clock.monotonic() - begun) }),
        () => ({ ok: false }),
      )
      const [attention, lanes, backlog, states, nodes, lastHour, lastDay, each, health] = await Promise.all([
        store.attention(FIRST),
        store.laneHealth(now),
        store.backlog(),
        store.instanceStates(),
        store.nodes(),
        store.readTraffic({
          step: 'minute',
          from: minute - HOUR_MS,
          to: minute,
          instances: [ALL_INSTANCES],
          whole: true,
        }),
        store.readTraffic({
          step: 'hour',
          from: hour - DAY_MS,
          to: hour,
          instances: [ALL_INSTANCES],
          whole: true,
        }),
        store.readTraffic({
          step: 'minute',
          from: minute - HOUR_MS,
          to: minute,
          instances: ids,
          each: true,
          whole: true,
        }),
        ping,
      ])
      const stateOf = new Map(states.map((state) => [state.instance, state]))
      const trafficOf = new Map(each.map((row) => [row.instance, row]))
      const instances = known.map(({ id, gateway }) => {
        const state = stateOf.get(id)
        return {
          id,
          gateway,
          connection: state?.connection,
          lastEventAt: optionalIso(state?.lastEventAt),
          queued: state?.queued ?? 0,
          hold:
            state?.holdReason === undefined
              ? null
              : { reason: state.holdReason, until: optionalIso(state.holdUntil) },
          lastHour: presentTotals(trafficOf.get(id)),
        }
      })
      const silent = instances.flatMap((one) => silence(one) ?? [])
      const { unknownSends, failedSends, deadLetters, waitingChats } = attention
      return {
        at: iso(now),
        attention: {
          total:
            unknownSends.count + failedSends.count + deadLetters.count + waitingChats.count + silent.length,
          unknownSends: { count: unknownSends.count, first: unknownSends.first.map(presentCommand) },
          failedSends: { count: failedSends.count, first: failedSends.first.map(presentCommand) },
          deadLetters: { count: deadLetters.count, first: deadLetters.first.map(presentEvent) },
          numbers: { count: silent.length, first: silent.slice(0, FIRST) },
          waitingChats: { count: waitingChats.count, first: waitingChats.first.map(presentChat) },
        },
        lastHour: presentTotals(lastHour[0]),
        lastDay: presentTotals(lastDay[0]),
        queues: {
          events: backlog.events,
          commands: backlog.commands,
          lanesHeld: lanes.held,
          lanesWaiting: lanes.waiting,
          lanesLater: lanes.later,
          oldestEventAt: optionalIso(lanes.oldestEventAt),
        },
        instances,
        nodes: {
          count: nodes.length,
          roles: Object.fromEntries(
            ROLES.map((role) => [role, nodes.filter(({ roles }) => roles.includes(role)).length]),
          ) as Record<(typeof ROLES)[number], number>,
        },
        store: { engine: hub.config.database.engine, ...health },
      }
    },
  )

  api.get(
    '/traffic',
    {
      schema: {
        querystring: trafficQuery,
        response: { 200: traffic },
      },
    },
    async ({ query }) => {
      const to = query.to ?? clock.now()
      const from = query.from ?? to - DAY_MS
      if (from >= to) throw new HubError('E_INVALID', 'query.from: must be before query.to')
      const step = query.step ?? readable(to - from)
      const size = TRAFFIC_STEPS[step]
      const first = from - (from % size)
      const spans = Math.ceil((to - first) / size)
      const each = query.by === 'instance' ? (query.instance ?? numbers().map(({ id }) => id)) : undefined
      if (spans > MAX_POINTS || spans * (each?.length ?? 1) > MAX_POINTS_OF_ALL) {
        throw new HubError(
          'E_INVALID',
          `query.step: from and to are ${spans} spans of a ${step} apart. Ask for at most ${MAX_POINTS}, or ${MAX_POINTS_OF_ALL} over all numbers: take a longer step or less time.`,
        )
      }
      const within = { step, from: first, to }
      const [all, perNumber] = await Promise.all([
        store.readTraffic({ ...within, instances: query.instance ?? [ALL_INSTANCES] }),
        each && store.readTraffic({ ...within, instances: each, each: true }),
      ])
      const rows = new Map(all.map((row) => [row.at, row]))
      return {
        step,
        from: iso(first),
        to: iso(to),
        points: Array.from({ length: spans }, (_, i) => {
          const at = first + i * size
          return pointOf(at, rows.get(at))
        }),
        ...(each && {
          instances: each.map((instance) => ({
            instance,
            points: (perNumber ?? [])
              .filter((row) => row.instance === instance)
              .map((row) => pointOf(row.at, row)),
          })),
        }),
      }
    },
  )
}

const pointOf = (at: number, row: TrafficRow | undefined): TrafficPoint => ({
  at: iso(at),
  ...presentTotals(row),
})

function readable(ms: number): TrafficStep {
  if (ms <= READABLE * TRAFFIC_STEPS.minute) return 'minute'
  return ms <= TRAFFIC_KEPT_MS.hour && ms <= 8 * READABLE * HOUR_MS ? 'hour' : 'day'
}

/** Why somebody should look at a number; undefined when there is nothing. */
function silence(one: {
  id: string
  connection?: string | undefined
  lastEventAt?: string | undefined
  queued: number
  hold: { reason: string } | null
}): SilentNumber | undefined {
  const { id: instance, connection, lastEventAt, queued, hold } = one
  const shown = { instance, lastEventAt, queued, ...(hold && { detail: hold.reason }) }
  if (connection === 'disconnected' || connection === 'logged-out') return { ...shown, reason: connection }
  return hold ? { ...shown, reason: 'held' } : undefined
}
