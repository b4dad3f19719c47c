import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../../shell/routes.tsx'
import { isRange, type OverviewSearch } from './ranges.ts'

export const overviewRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/',
    validateSearch: ({ range, number }): OverviewSearch => ({
      ...(isRange(range) && { range }),
      ...(typeof number === 'string' && { number }),
    }),
    component: lazyRouteComponent(() => import('./page.tsx'), 'OverviewPage'),
  }),
] as const
