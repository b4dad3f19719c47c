import { expect, test } from 'vitest'
import { METRICS } from '../core/ports.ts'
import { createMetrics } from './metrics.ts'

test('every metric of the table and those of the process are exported', async () => {
  const text = await createMetrics().render()
  for (const [name, { type }] of Object.entries(METRICS)) expect(text).toContain(`# TYPE ${name} ${type}`)
  expect(text).toContain('process_resident_memory_bytes')
})

test('counts, sets and measures', async () => {
  const metrics = createMetrics()
  metrics.count('pombo_events_total', { instance: 'sales', kind: 'message' })
  metrics.count('pombo_events_total', { instance: 'sales', kind: 'message' }, 4)
  metrics.record('pombo_backlog', { queue: 'events' }, 7)
  metrics.record('pombo_backlog', { queue: 'events' }, 3)
  metrics.record('pombo_commit_seconds', {}, 0.004)
  const text = await metrics.render()
  expect(text).toContain('pombo_events_total{instance="sales",kind="message"} 5')
  expect(text).toContain('pombo_backlog{queue="events"} 3')
  expect(text).toContain('pombo_commit_seconds_bucket{le="0.005"} 1')
  expect(text).toContain('pombo_commit_seconds_count 1')
})

test('two hubs in one process do not share figures', async () => {
  const one = createMetrics()
  const other = createMetrics()
  one.count('pombo_duplicates_total', { instance: 'a' })
  expect(await other.render()).not.toContain('pombo_duplicates_total{instance="a"}')
})
