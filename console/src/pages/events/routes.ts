import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../../shell/routes.tsx'

export const eventsRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/events',
    component: lazyRouteComponent(() => import('./page.tsx'), 'EventsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/events/$id',
    component: lazyRouteComponent(() => import('./page.tsx'), 'EventsPage'),
  }),
] as const
