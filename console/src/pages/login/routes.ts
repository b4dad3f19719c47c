import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../../shell/routes.tsx'

export interface LoginSearch {
  /** Where to go on after signing in; anything may stand there. */
  next?: string
}

const link = lazyRouteComponent(() => import('./link.tsx'), 'LinkPage')

/** The pages in front of the shell: for whoever is not signed in yet. */
export const doorRoutes = [
  createRoute({
    getParentRoute: () => rootRoute,
    path: '/login',
    validateSearch: ({ next }): LoginSearch => (typeof next === 'string' ? { next } : {}),
    component: lazyRouteComponent(() => import('./login.tsx'), 'LoginPage'),
  }),
  createRoute({ getParentRoute: () => rootRoute, path: '/welcome/$token', component: link }),
  createRoute({ getParentRoute: () => rootRoute, path: '/invite/$token', component: link }),
  createRoute({ getParentRoute: () => rootRoute, path: '/reset/$token', component: link }),
] as const
