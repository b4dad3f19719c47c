import { z } from 'zod'
import type { AlertRow } from '../../core/alerts.ts'
import { HubError } from '../../core/errors.ts'
import { type AlertId, publicId } from '../../core/ids.ts'
import { type ConnectionChangeRow, uptimeOf } from '../../core/watch.ts'
import * as contract from '../contract/alerts.ts'
import { instanceIdSchema, pageSchema, publicIdSchema } from '../contract/common.ts'
import type { Api, Edge } from '../edge.ts'
import { optionalIso, presentPage } from '../present.ts'

const listQuery = z.strictObject({ ...pageSchema, ...contract.alertFilters })
const historyQuery = z.strictObject(pageSchema)
const idParams = z.strictObject({ id: publicIdSchema('alr') })
const instanceParams = z.strictObject({ id: instanceIdSchema })

const DAY_MS = 86_400_000
const iso = (ms: number): string => new Date(ms).toISOString()

/** What is wrong, who was told, and how numbers were connected. */
export function alertRoutes(api: Api, { hub, clock, audit }: Edge): void {
  const { store } = hub

  api.get(
    '/alerts',
    { schema: { querystring: listQuery, response: { 200: contract.alertPage } } },
    async ({ query }) => presentPage(store.listAlerts(query), presentAlert),
  )

  api.get('/alerts/settings', { schema: { response: { 200: contract.alertSettings } } }, async () =>
    presentSettings(),
  )

  api.post(
    '/alerts/:id/acknowledge',
    { config: { scope: 'operate' }, schema: { params: idParams, response: { 200: contract.alert } } },
    async (request) => {
      const id = request.params.id as AlertId
      const done = await store.acknowledgeAlert(id, request.principal.name)
      const alert = await store.getAlert(id)
      if (alert === undefined) throw new HubError('E_NOT_FOUND', 'There is no such alert (any more).')
      if (alert.state === 'resolved') {
        throw new HubError('E_CONFLICT', 'The alert is over. Only one that is open can be acknowledged.')
      }
      if (done) {
        hub.alerts?.acknowledged()
        await audit(request, { action: 'alert.acknowledge', target: publicId('alr', id) })
      }
      return presentAlert(alert)
    },
  )

  api.post(
    '/alerts/test',
    {
      config: { scope: 'operate' },
      schema: { body: contract.alertTestBody, response: { 200: contract.alertTestResult } },
    },
    async (request) => {
      const results = await alerts().test(request.body?.channel)
      await audit(request, {
        action: 'alert.test',
        detail: { channels: results.map((result) => result.channel) },
      })
      return { results }
    },
  )

  api.get(
    '/instances/:id/connections',
    {
      schema: {
        params: instanceParams,
        querystring: historyQuery,
        response: { 200: contract.connectionHistory },
      },
    },
    async ({ params: { id }, query }) => {
      const gateway = hub.gateway(id)
      if (gateway === undefined) throw new HubError('E_NOT_FOUND', 'There is no such instance.')
      const now = clock.now()
      const [page, week, askedAt] = await Promise.all([
        presentPage(store.listConnectionChanges(id, query), presentChange),
        store.connectionChangesSince(id, now - 7 * DAY_MS),
        store.lookedAt(id),
      ])
      const last = week.at(-1)
      return {
        instance: id,
        state: last?.state ?? 'unknown',
        since: optionalIso(last?.at),
        reason: last?.reason,
        checkedAt: optionalIso(askedAt),
        polled: gateway.client.status !== undefined && hub.config.watch !== undefined,
        uptime: { day: uptime(week, now - DAY_MS, now), week: uptime(week, now - 7 * DAY_MS, now) },
        ...page,
      }
    },
  )

  const alerts = () => {
    if (hub.alerts) return hub.alerts
    throw new HubError('E_CONFLICT', 'This hub does not look for alerts: it was started without "alerts".')
  }

  function presentSettings(): contract.AlertSettings {
    const { afterMs, kinds, language, webhook, email } = alerts().settings
    return {
      afterMs,
      kinds: [...kinds],
      language,
      webhook: webhook ? { url: withoutSecrets(webhook.url) } : null,
      email: email
        ? { host: email.smtp.host, port: email.smtp.port, from: email.from, to: [...email.to] }
        : null,
    }
  }
}

function uptime(changes: readonly ConnectionChangeRow[], from: number, to: number) {
  const { connectedMs, knownMs, reconnects } = uptimeOf(changes, from, to)
  return { ratio: knownMs === 0 ? null : connectedMs / knownMs, connectedMs, knownMs, reconnects }
}

const presentChange = ({ state, at, until, reason, source }: ConnectionChangeRow) => ({
  state,
  at: iso(at),
  until: optionalIso(until),
  reason,
  source,
})

const presentAlert = (row: AlertRow): contract.Alert => ({
  id: publicId('alr', row.id),
  kind: row.kind,
  instance: row.instance,
  state: row.state,
  since: iso(row.since),
  openedAt: iso(row.openedAt),
  changedAt: iso(row.changedAt),
  times: row.times,
  ...row.details,
  acknowledgedAt: optionalIso(row.acknowledgedAt),
  acknowledgedBy: row.acknowledgedBy,
  resolvedAt: optionalIso(row.resolvedAt),
  deliveries: row.deliveries.map(({ at, ...delivery }) => ({ ...delivery, at: iso(at) })),
})

/** Some put a key into the query of a webhook, and some into its path: only where it leads is shown. */
const withoutSecrets = (text: string): string => new URL(text).origin
