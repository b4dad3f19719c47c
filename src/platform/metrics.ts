import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { METRICS, type MetricName, type Metrics } from '../core/ports.ts'

/** From one millisecond, a fast acknowledgement, to a minute, the longest wait for a gateway. */
const BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

export interface PrometheusMetrics extends Metrics {
  /** Everything measured so far, in Prometheus' text format. */
  render(): Promise<string>
  readonly contentType: string
}

/**
 * Counts and measures with Prometheus' client, in a registry of its own: the hub's metrics by the table in
 * `core/ports.ts`, and the usual ones of the process (memory, event loop, garbage collection).
 */
export function createMetrics(): PrometheusMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const series = new Map<string, Counter | Gauge | Histogram>()
  for (const [name, { type, labels, help }] of Object.entries(METRICS)) {
    const options = { name, help, labelNames: [...labels], registers: [registry] }
    if (type === 'counter') series.set(name, new Counter(options))
    else if (type === 'gauge') series.set(name, new Gauge(options))
    else series.set(name, new Histogram({ ...options, buckets: BUCKETS_SECONDS }))
  }
  return {
    count(name: MetricName, labels: Record<string, string>, by = 1) {
      const metric = series.get(name)
      if (metric instanceof Counter) metric.inc(labels, by)
    },
    record(name: MetricName, labels: Record<string, string>, value: number) {
      const metric = series.get(name)
      if (metric instanceof Gauge) metric.set(labels, value)
      else if (metric instanceof Histogram) metric.observe(labels, value)
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
