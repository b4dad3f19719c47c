import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../../shell/routes.tsx'

interface PhoneSearch {
  /** Who one is and whom one writes to. */
  at?: string
}

export const phoneRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/phone',
    validateSearch: ({ at }): PhoneSearch => (typeof at === 'string' ? { at } : {}),
    component: lazyRouteComponent(() => import('./page.tsx'), 'PhonePage'),
  }),
] as const
