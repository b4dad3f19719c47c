import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../../shell/routes.tsx'

export interface LoginSearch {
  /** Where to go on after signing in. */
  next?: string
}

/** The pages in front of the shell: for whoever is not signed in yet. */
export const doorRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/login',
    validateSearch: (search): LoginSearch =>
      typeof search.next === 'string' && search.next.startsWith('/') ? { next: search.next } : {},
    component: lazyRouteComponent(() => import('./login.tsx'), 'LoginPage'),
  }),
] as const
