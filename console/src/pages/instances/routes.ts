import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../../shell/routes.tsx'

export const instancesRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/instances',
    component: lazyRouteComponent(() => import('./page.tsx'), 'InstancesPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/instances/new',
    component: lazyRouteComponent(() => import('./page.tsx'), 'InstancesPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/instances/$id',
    component: lazyRouteComponent(() => import('./page.tsx'), 'InstancesPage'),
  }),
] as const
