import { type Selectable, sql } from 'kysely'
import {
  ALL_INSTANCES,
  LAG_BOUNDS_MS,
  TRAFFIC_COUNTERS,
  TRAFFIC_KEPT_MS,
  TRAFFIC_SLOTS,
  TRAFFIC_STEPS,
  type TrafficRow,
  type TrafficStep,
  type TrafficStore,
} from '../core/traffic.ts'
import type { Db, Engine } from './dialect.ts'

/** A column for each slot of a row's values, in their order. */
export const TRAFFIC_COLUMNS: readonly string[] = [
  ...TRAFFIC_COUNTERS,
  ...Array.from({ length: LAG_BOUNDS_MS.length + 1 }, (_, i) => `lag${i}`),
  ...Array.from({ length: LAG_BOUNDS_MS.length + 1 }, (_, i) => `send_lag${i}`),
]
const STEP_NAMES = Object.keys(TRAFFIC_STEPS) as TrafficStep[]
/** One of engine.table's columns. */
const VALUES = Object.fromEntries(TRAFFIC_COLUMNS.map((column) => [column, 'int' as const]))

/** See {@link TrafficStore.addTraffic}. Rows are locked in the order of their key. */
export async function addTraffic(engine: Engine, db: Db, rows: readonly TrafficRow[]): Promise<void> {
  const sums = new Map<string, { step: number; instance: string; at: number; values: number[] }>()
  for (const row of rows) {
    for (const name of STEP_NAMES) {
      const step = TRAFFIC_STEPS[name]
      const at = row.at - (row.at % step)
      for (const instance of [row.instance, ALL_INSTANCES]) {
        const key = `${step}/${at}/${instance}`
        const sum = sums.get(key)
        if (sum) for (let i = 0; i < TRAFFIC_SLOTS; i++) sum.values[i]! += row.values[i] ?? 0
        else sums.set(key, { step, instance, at, values: [...row.values] })
      }
    }
  }
  const table = engine.table(
    { step: 'int', instance: 'text', at: 'int', ...VALUES },
    [...sums.values()].map(({ step, instance, at, values }) => ({
      step,
      instance,
      at,
      ...Object.fromEntries(TRAFFIC_COLUMNS.map((column, i) => [column, values[i] ?? 0])),
    })),
  )
  const columns = sql.raw(TRAFFIC_COLUMNS.join(', '))
  const added = sql.raw(TRAFFIC_COLUMNS.map((c) => `${c} = traffic.${c} + excluded.${c}`).join(', '))
  await sql`insert into traffic (step, instance, at, ${columns})
    select w.step, w.instance, w.at, ${sql.raw(TRAFFIC_COLUMNS.map((c) => `w.${c}`).join(', '))} from ${table} w
    where true order by w.step, w.instance, w.at
    on conflict (step, instance, at) do update set ${added}`.execute(db)
}

/** The part of the port that reads. */
export const trafficReads = (read: Db, table: Engine['table']): Pick<TrafficStore, 'readTraffic'> => ({
  async readTraffic({ step, from, to, instances, each = false, whole = false }) {
    const keys = [...(each ? ['instance'] : []), ...(whole ? [] : ['at'])]
    const sums = sql.raw(TRAFFIC_COLUMNS.map((c) => `coalesce(sum(${c}), 0) as ${c}`).join(', '))
    const wanted = table(
      { instance: 'text' },
      instances.map((instance) => ({ instance })),
    )
    const { rows } = await sql<
      Partial<Selectable<{ instance: string; at: number }>> & Record<string, number>
    >`
      select ${sql.raw([...keys, ''].join(', '))} ${sums} from traffic
      where step = ${TRAFFIC_STEPS[step]} and at >= ${from} and at < ${to}
        and instance in (select w.instance from ${wanted} w)
      ${keys.length === 0 ? sql`` : sql`group by ${sql.raw(keys.join(', '))}`}
      ${whole ? sql`` : sql`order by at`}`.execute(read)
    return rows.map(
      (row): TrafficRow => ({
        instance: each ? (row.instance ?? '') : ALL_INSTANCES,
        at: whole ? from : Number(row.at),
        values: TRAFFIC_COLUMNS.map((column) => Number(row[column])),
      }),
    )
  },
})

/** Rows that are kept no longer, as a condition. */
export const outdatedTraffic = (now: number) =>
  sql<boolean>`(${sql.join(
    STEP_NAMES.map((name) => sql`(step = ${TRAFFIC_STEPS[name]} and at < ${now - TRAFFIC_KEPT_MS[name]})`),
    sql` or `,
  )})`
