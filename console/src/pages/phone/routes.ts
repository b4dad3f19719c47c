import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../../shell/routes.tsx'

export const phoneRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/phone',
    component: lazyRouteComponent(() => import('./page.tsx'), 'PhonePage'),
  }),
] as const
