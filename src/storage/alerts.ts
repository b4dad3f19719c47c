import { type Selectable, type SqlBool, sql } from 'kysely'
import type {
  AlertChannel,
  AlertDeliveryRow,
  AlertDetails,
  AlertKind,
  AlertNews,
  AlertNow,
  AlertRow,
  AlertState,
  AlertStep,
  AlertStore,
  DueNews,
  NewsEnd,
  Seen,
  Standing,
} from '../core/alerts.ts'
import type { AlertId, InstanceId } from '../core/ids.ts'
import type { Db, Engine } from './dialect.ts'
import { before, toPage } from './pages.ts'
import type { Tables } from './tables.ts'
import { claimTurn } from './watch.ts'

/** What is kept of {@link AlertStore}: what was seen, alerts, and what is to be told of them. */

/** No name of a number begins like this. */
const ROUND = '*alerts'
/** News shown with an alert. */
const SHOWN_NEWS = 20

type AlertCells = Selectable<Tables['alert']>
const NEWS: Partial<Record<AlertStep['act'], AlertNews>> = {
  open: 'opened',
  reopen: 'reopened',
  resolve: 'resolved',
}

/** See {@link AlertStore.stepAlerts}. */
async function stepAlerts(
  db: Db,
  steps: readonly AlertStep[],
  channels: readonly AlertChannel[],
  now: number,
): Promise<number> {
  let told = 0
  // Whoever locks several standings does so in one order.
  const nameOf = ({ kind, instance }: AlertStep) => `${kind}/${instance ?? ''}`
  for (const step of [...steps].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))) {
    const standing = await moveStanding(db, step)
    const alert = standing && (await act(db, step, standing.alert_id, now))
    const news = NEWS[step.act]
    if (!alert || news === undefined) continue
    told++
    const body = JSON.stringify(toNow(alert))
    for (const channel of channels)
      await db
        .insertInto('alert_news')
        .values({ alert_id: alert.id, channel, news, body, ready_at: now })
        .execute()
  }
  return told
}

/** @returns undefined when another node was quicker */
async function moveStanding(db: Db, step: AlertStep): Promise<{ alert_id: number | null } | undefined> {
  const { kind, version, seen, since } = step
  const instance: string = step.instance ?? ''
  if (version === 0) {
    return db
      .insertInto('alert_standing')
      .values({ kind, instance, version: 1, seen, since, alert_id: null })
      .onConflict((conflict) => conflict.doNothing())
      .returning('alert_id')
      .executeTakeFirst()
  }
  return db
    .updateTable('alert_standing')
    .set({ version: version + 1, seen, since })
    .where('kind', '=', kind)
    .where('instance', '=', instance)
    .where('version', '=', version)
    .returning('alert_id')
    .executeTakeFirst()
}

async function act(
  db: Db,
  { act, kind, instance, since, details }: AlertStep,
  last: number | null,
  now: number,
): Promise<AlertCells | undefined> {
  const written = JSON.stringify(details)
  if (act === 'nothing') return undefined
  if (act === 'open') {
    const alert = await db
      .insertInto('alert')
      .values({
        kind,
        instance: instance ?? null,
        state: 'open',
        since,
        opened_at: now,
        changed_at: now,
        times: 1,
        details: written,
      })
      .returningAll()
      .executeTakeFirstOrThrow()
    await db
      .updateTable('alert_standing')
      .set({ alert_id: alert.id })
      .where('kind', '=', kind)
      .where('instance', '=', instance ?? '')
      .execute()
    return alert
  }
  const alert = db.updateTable('alert').where('id', '=', last ?? 0)
  switch (act) {
    case 'reopen':
      return alert
        .set((cell) => ({
          state: 'open',
          since,
          changed_at: now,
          times: cell('times', '+', 1),
          details: written,
          acknowledged_at: null,
          acknowledged_by: null,
          resolved_at: null,
        }))
        .returningAll()
        .executeTakeFirst()
    case 'resolve':
      return alert
        .set({ state: 'resolved', changed_at: now, resolved_at: now })
        .returningAll()
        .executeTakeFirst()
    case 'update':
      return alert.set({ details: written }).returningAll().executeTakeFirst()
    default:
      return act satisfies never
  }
}

/** Nothing earlier of its alert still waits for its channel. */
const FIRST = sql`not exists (
  select 1 from alert_news o where o.alert_id = alert_news.alert_id and o.channel = alert_news.channel
    and o.id < alert_news.id and o.ready_at is not null)`

/** See {@link AlertStore.claimNews}. */
async function claimNews(
  engine: Engine,
  db: Db,
  { limit, leaseMs }: { limit: number; leaseMs: number },
  now: number,
): Promise<DueNews[]> {
  const { rows } = await sql<Selectable<Tables['alert_news']>>`
    select * from alert_news where ready_at <= ${now} and ${FIRST}
    order by ready_at limit ${limit} ${engine.skipLocked}`.execute(db)
  for (const { id } of rows) {
    await db
      .updateTable('alert_news')
      .set((cell) => ({ ready_at: now + leaseMs, attempts: cell('attempts', '+', 1) }))
      .where('id', '=', id)
      .execute()
  }
  return rows.map((row) => ({
    id: row.id,
    channel: row.channel as AlertChannel,
    news: row.news as AlertNews,
    alert: JSON.parse(row.body) as AlertNow,
    attempt: row.attempts + 1,
  }))
}

/** See {@link AlertStore.settleNews}. */
async function settleNews(db: Db, { id, attempt, end }: NewsEnd, now: number): Promise<void> {
  const ended = { ready_at: null, settled_at: now }
  await db
    .updateTable('alert_news')
    .set(
      end.type === 'delivered'
        ? { ...ended, delivered: 1, reason: null }
        : end.type === 'failed'
          ? { ...ended, reason: end.reason }
          : { ready_at: end.at, reason: end.reason },
    )
    .where('id', '=', id)
    .where('attempts', '=', attempt)
    .where('ready_at', 'is not', null)
    .execute()
}

/** See {@link AlertStore.acknowledgeAlert}. */
async function acknowledgeAlert(db: Db, id: AlertId, by: string, now: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('alert')
    .set({ state: 'acknowledged', changed_at: now, acknowledged_at: now, acknowledged_by: by })
    .where('id', '=', id)
    .where('state', '=', 'open')
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** See {@link AlertStore.noteSilence}. */
async function noteSilence(
  engine: Engine,
  db: Db,
  pauses: Parameters<AlertStore['noteSilence']>[0],
): Promise<void> {
  if (pauses.length === 0) return
  const rows = engine.table(
    { hour: 'int', instance: 'text', ms: 'int' },
    pauses
      .map(({ hour, instance, silentMs }) => ({ hour, instance: instance as string, ms: silentMs }))
      .sort((a, b) => (a.instance < b.instance ? -1 : 1)),
  )
  await sql`insert into silence (hour, instance, silent_ms) select w.hour, w.instance, w.ms from ${rows} w where true
    on conflict (hour, instance) do update set silent_ms = case
      when silence.silent_ms < excluded.silent_ms then excluded.silent_ms else silence.silent_ms end`.execute(
    db,
  )
}

/** The part that writes. */
export const alertWrites = (
  engine: Engine,
  now: () => number,
): Pick<
  AlertStore,
  'claimRound' | 'stepAlerts' | 'claimNews' | 'settleNews' | 'acknowledgeAlert' | 'noteSilence'
> => ({
  claimRound: (everyMs) => engine.write((db) => claimTurn(engine, db, ROUND, everyMs, now())),
  stepAlerts: (steps, channels) => engine.write((db) => stepAlerts(db, steps, channels, now())),
  claimNews: (options) => engine.write((db) => claimNews(engine, db, options, now())),
  settleNews: (end) => engine.write((db) => settleNews(db, end, now())),
  acknowledgeAlert: (id, by) => engine.write((db) => acknowledgeAlert(db, id, by, now())),
  noteSilence: (pauses) => engine.write((db) => noteSilence(engine, db, pauses)),
})

type Reads = Pick<
  AlertStore,
  'nextAlertWork' | 'standings' | 'listAlerts' | 'getAlert' | 'openAlerts' | 'silences'
>
/** The part that reads. */
export function alertReads(read: Db, table: Engine['table']): Reads {
  const withNews = async (alerts: readonly AlertCells[]): Promise<AlertRow[]> => {
    const rows =
      alerts.length === 0
        ? []
        : await read
            .selectFrom('alert_news')
            .selectAll()
            .where(
              'alert_id',
              'in',
              alerts.map(({ id }) => id),
            )
            .orderBy('id', 'desc')
            .execute()
    return alerts.map((alert) =>
      toAlert(alert, rows.filter((row) => row.alert_id === alert.id).slice(0, SHOWN_NEWS)),
    )
  }
  return {
    async nextAlertWork() {
      const { rows } = await sql<{ due: number | null; round: number | null }>`select
        (select min(ready_at) from alert_news where ready_at is not null and ${FIRST}) as due,
        (select due_at from look where name = ${ROUND}) as round`.execute(read)
      const { due = null, round = null } = rows[0] ?? {}
      // A round that was never made is due at once.
      return Math.min(due ?? Number.POSITIVE_INFINITY, round ?? 0)
    },
    async standings() {
      const rows = await read
        .selectFrom('alert_standing')
        .leftJoin('alert', 'alert.id', 'alert_standing.alert_id')
        .selectAll('alert_standing')
        .select(['alert.resolved_at', 'alert.details'])
        .execute()
      return rows.map(
        (row): Standing => ({
          kind: row.kind as AlertKind,
          ...(row.instance !== '' && { instance: row.instance as InstanceId }),
          version: row.version,
          seen: row.seen as Seen,
          since: row.since,
          ...(row.alert_id !== null &&
            row.details !== null && {
              alert: {
                id: row.alert_id as AlertId,
                details: JSON.parse(row.details) as AlertDetails,
                ...(row.resolved_at !== null && { resolvedAt: row.resolved_at }),
              },
            }),
        }),
      )
    },
    async listAlerts(page) {
      const rows = await read
        .selectFrom('alert')
        .selectAll()
        .where(before('id', page))
        .$if(page.state !== undefined, (q) => q.where('state', '=', page.state!))
        .$if(page.instance !== undefined, (q) => q.where('instance', '=', page.instance!))
        .$if(page.kind !== undefined, (q) => q.where('kind', '=', page.kind!))
        .orderBy('id', 'desc')
        .limit(page.limit + 1)
        .execute()
      const { data, next } = toPage(
        rows,
        page.limit,
        (row) => row.id,
        (row) => row,
      )
      return { data: await withNews(data), next }
    },
    async getAlert(id) {
      const row = await read.selectFrom('alert').selectAll().where('id', '=', id).executeTakeFirst()
      return row && (await withNews([row]))[0]
    },
    async openAlerts() {
      const { rows } = await sql<{ kind: string; n: number }>`select kind, count(*) as n from alert
        where resolved_at is null group by kind`.execute(read)
      return rows.map((row) => ({ kind: row.kind as AlertKind, count: Number(row.n) }))
    },
    async silences(hours) {
      const wanted = table(
        { hour: 'int' },
        hours.map((hour) => ({ hour })),
      )
      const rows = await read
        .selectFrom('silence')
        .selectAll()
        .where(sql<SqlBool>`hour in (select w.hour from ${wanted} w)`)
        .execute()
      return rows.map((row) => ({
        instance: row.instance as InstanceId,
        hour: row.hour,
        silentMs: row.silent_ms,
      }))
    },
  }
}

const toNow = (row: AlertCells): AlertNow => ({
  id: row.id as AlertId,
  kind: row.kind as AlertKind,
  since: row.since,
  openedAt: row.opened_at,
  changedAt: row.changed_at,
  times: row.times,
  details: JSON.parse(row.details) as AlertDetails,
  ...(row.instance !== null && { instance: row.instance as InstanceId }),
  ...(row.resolved_at !== null && { resolvedAt: row.resolved_at }),
})

const toAlert = (row: AlertCells, news: readonly Selectable<Tables['alert_news']>[]): AlertRow => ({
  ...toNow(row),
  state: row.state as AlertState,
  changedAt: row.changed_at,
  ...(row.acknowledged_at !== null && { acknowledgedAt: row.acknowledged_at }),
  ...(row.acknowledged_by !== null && { acknowledgedBy: row.acknowledged_by }),
  deliveries: news.map(toDelivery),
})

const toDelivery = (row: Selectable<Tables['alert_news']>): AlertDeliveryRow => ({
  channel: row.channel as AlertChannel,
  news: row.news as AlertNews,
  state: row.delivered === 1 ? 'delivered' : row.ready_at === null ? 'failed' : 'waiting',
  attempts: row.attempts,
  at: row.settled_at ?? row.ready_at ?? 0,
  ...(row.reason !== null && { reason: row.reason }),
})
