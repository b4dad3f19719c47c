import { HubError } from '../../../core/errors.ts'
import * as contract from '../../contract/instances.ts'
import type { Api, Edge } from '../../edge.ts'
import { iso, optionalIso } from '../../present.ts'
import { gatewayOf, idParams, told } from '../gateway/ask.ts'
import { knownInstance, setupOf } from './shared.ts'

/** Does an instance hear its gateway, and how its webhook is set up by hand. */
export function checkRoutes(api: Api, { hub }: Edge): void {
  api.get(
    '/instances/:id/check',
    { schema: { params: idParams, response: { 200: contract.check } } },
    async ({ params: { id } }) => {
      const found = await hub.checkInstance(id)
      if (!found) throw new HubError('E_NOT_FOUND', 'There is no such instance in the hub.')
      const { state, since, lastEventAt, causes, refusals, publicUrl, reachable } = found
      return {
        state,
        since: optionalIso(since),
        lastEventAt: optionalIso(lastEventAt),
        causes,
        refusals: refusals.map(({ reason, detail, count, firstAt, lastAt }) => ({
          reason,
          detail,
          count,
          firstAt: iso(firstAt),
          lastAt: iso(lastAt),
        })),
        publicUrl: publicUrl ?? null,
        reachable: reachable ?? null,
      }
    },
  )

  api.get(
    '/instances/:id/status',
    { schema: { params: idParams, response: { 200: contract.connectionStatus } } },
    async ({ params: { id } }) => {
      const { client } = gatewayOf(hub, id)
      const [status, states] = await Promise.all([client.status?.(), hub.store.instanceStates()])
      return {
        status: told(status),
        connection: states.find(({ instance }) => instance === id)?.connection,
      }
    },
  )

  api.get(
    '/instances/:id/webhook-setup',
    { schema: { params: idParams, response: { 200: contract.webhookSetup } } },
    async ({ params: { id } }) => {
      const { config } = knownInstance(hub, id)
      const { client, capabilities } = gatewayOf(hub, id)
      return {
        publicUrl: hub.config.publicUrl ?? null,
        automatic: client.webhooks !== undefined && capabilities.has('webhooks'),
        values: setupOf(hub, config, id, false),
      }
    },
  )
}
