import { securityFindings } from '../../core/security.ts'
import { securityList } from '../contract/security.ts'
import type { Api, Edge } from '../edge.ts'

/** Is this installation as safe as it can be? */
export function securityRoutes(api: Api, { hub, access, isOpen }: Edge): void {
  api.get(
    '/security',
    { config: { scope: 'manage' }, schema: { response: { 200: securityList } } },
    async () => ({
      data: securityFindings({
        config: hub.config,
        instances: [...hub.registry.instances.values()].map(({ config }) => config),
        open: isOpen,
        hasOwner: await access.people.hasOwner(),
      }),
      next: null,
    }),
  )
}
