import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../../shell/routes.tsx'
import { readSearch } from './search.ts'

export const eventsRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/events',
    validateSearch: readSearch,
    component: lazyRouteComponent(() => import('./page.tsx'), 'EventsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/events/$id',
    component: lazyRouteComponent(() => import('./one.tsx'), 'EventPage'),
  }),
] as const
