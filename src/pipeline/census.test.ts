import { expect, test } from 'vitest'
import { ALERT_KINDS } from '../core/alerts.ts'
import { HubError } from '../core/errors.ts'
import type { InstanceId } from '../core/ids.ts'
import type { Logger, Metrics } from '../core/ports.ts'
import { type NodeRow, ROLES, type Role } from '../core/store.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { createCensus } from './census.ts'
import { Outage } from './outage.ts'

function setup() {
  const clock: FakeClock = new FakeClock({
    settle: () => new Promise<undefined>((next) => void setImmediate(() => next(undefined))),
  })
  const lines: string[] = []
  const say = (level: string) => (_fields: object, message: string) => void lines.push(`${level}: ${message}`)
  const log: Logger = {
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    child: () => log,
  }
  const gauges = new Map<string, number>()
  const metrics: Metrics = {
    count() {},
    record: (name, labels, value) =>
      void gauges.set(`${name} ${Object.values(labels as Record<string, string>).join()}`, value),
  }
  let nodes: NodeRow[] = []
  let fault: Error | undefined
  const census = createCensus({
    store: {
      async nodes() {
        if (fault) throw fault
        return nodes
      },
      backlog: async () => ({ events: 7, commands: 2, deadEvents: 1, unknownCommands: 3 }),
      connections: async () => [
        { instance: 'support' as InstanceId, state: 'unreachable' as const, at: 0, source: 'poll' as const },
      ],
      openAlerts: async () => [{ kind: 'gateway-unreachable' as const, count: 1 }],
    },
    self: 'n0',
    clock,
    log,
    metrics,
    outage: new Outage(clock, log),
  })
  const live = (...roles: (readonly Role[])[]) => {
    nodes = roles.map((own, i) => ({
      id: `n${i}`,
      roles: own,
      host: '',
      version: '',
      startedAt: 0,
      seenAt: clock.now() + 3_600_000,
    }))
  }
  const breaks = (error: Error | undefined) => {
    fault = error
  }
  const fallsSilent = (index: number) => {
    nodes[index]!.seenAt = clock.now() - 60_000
  }
  return { clock, census, lines, gauges, live, breaks, fallsSilent }
}

test('every node shows the backlog, connections, alerts and the living by role', async () => {
  const { clock, census, gauges, lines, live, fallsSilent } = setup()
  live(['ingest'], ['worker', 'sender'], ['worker'])
  fallsSilent(2)
  census.start()
  await clock.advance('3s')
  expect(Object.fromEntries(gauges)).toEqual({
    'pombo_backlog events': 7,
    'pombo_backlog commands': 2,
    'pombo_held dead letters': 1,
    'pombo_held unknown sends': 3,
    'pombo_connection_state support,connected': 0,
    'pombo_connection_state support,connecting': 0,
    'pombo_connection_state support,disconnected': 0,
    'pombo_connection_state support,logged-out': 0,
    'pombo_connection_state support,unreachable': 1,
    'pombo_connection_state support,unknown': 0,
    ...Object.fromEntries(
      ALERT_KINDS.map((kind) => [`pombo_alerts_open ${kind}`, kind === 'gateway-unreachable' ? 1 : 0]),
    ),
    'pombo_nodes ingest': 1,
    'pombo_nodes worker': 1,
    'pombo_nodes sender': 1,
  })
  await clock.advance('60s')
  expect(lines).toEqual([])
  await census.stop()
})

test('a role that is nobody’s is told once, and once when it is over; a restart is not told', async () => {
  const { clock, census, gauges, lines, live } = setup()
  live(['ingest'], ['sender'])
  census.start()
  await clock.advance('3s')
  expect(lines).toEqual([])
  await clock.advance('60s')
  expect(lines).toEqual([
    'warn: no living node has the role worker: what is accepted waits, and nobody handles it. Start one: pombo serve --role worker',
  ])
  expect(gauges.get('pombo_nodes worker')).toBe(0)
  live(ROLES)
  await clock.advance('30s')
  expect(lines.slice(1)).toEqual(['info: a node has the role worker again'])
  live(['ingest'])
  await clock.advance('10s')
  live(ROLES)
  await clock.advance('60s')
  expect(lines).toHaveLength(2)
  await census.stop()
})

test('a store that is away is told by nobody twice, and looked at again', async () => {
  const { clock, census, lines, live, breaks, gauges } = setup()
  live(ROLES)
  breaks(new HubError('E_STORE_UNAVAILABLE', 'away'))
  census.start()
  await clock.advance('30s')
  expect(lines.filter((line) => line.includes('could not look'))).toEqual([])
  breaks(undefined)
  await clock.advance('10s')
  expect(gauges.get('pombo_nodes worker')).toBe(1)
  await census.stop()
  gauges.clear()
  await clock.advance('60s')
  expect(gauges.size).toBe(0)
})
