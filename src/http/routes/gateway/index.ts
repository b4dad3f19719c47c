import type { Api, Edge } from '../../edge.ts'
import { directoryRoutes } from './directory.ts'
import { groupRoutes } from './groups.ts'
import { hostedRoutes } from './hosted.ts'
import { numberRoutes } from './numbers.ts'
import { serverRoutes } from './servers.ts'
import { webhookRoutes } from './webhooks.ts'

/**
 * Questions to a number's gateway, and what changes the number itself rather than a chat. Nothing here is
 * queued: the answer is the gateway's, now. What changes a chat is a command.
 */
export function gatewayRoutes(api: Api, edge: Edge): void {
  numberRoutes(api, edge)
  groupRoutes(api, edge)
  directoryRoutes(api, edge)
  webhookRoutes(api, edge)
  hostedRoutes(api, edge)
  serverRoutes(api, edge)
}
