import type { Api, Edge } from '../../edge.ts'
import { auditRoutes } from './audit.ts'
import { invitationRoutes } from './invitations.ts'
import { keyRoutes } from './keys.ts'
import { linkRoutes } from './links.ts'
import { sessionRoutes } from './session.ts'
import { userRoutes } from './users.ts'

/** Who may use this hub, and what they did. */
export function accessRoutes(api: Api, edge: Edge): void {
  sessionRoutes(api, edge)
  linkRoutes(api, edge)
  userRoutes(api, edge)
  invitationRoutes(api, edge)
  keyRoutes(api, edge)
  auditRoutes(api, edge)
}
