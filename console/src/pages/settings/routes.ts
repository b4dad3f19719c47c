import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { shellRoute } from '../../shell/routes.tsx'

export interface AuditSearch {
  action?: string
  actor?: string
}
export interface AlertsSearch {
  state?: string
}

const settingsRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/settings',
  component: lazyRouteComponent(() => import('./layout.tsx'), 'SettingsLayout'),
})

export const settingsRoutes = [
  settingsRoute.addChildren([
    createRoute({
      getParentRoute: () => settingsRoute,
      path: '/',
      beforeLoad() {
        throw redirect({ to: '/settings/appearance', replace: true })
      },
    }),
    createRoute({
      getParentRoute: () => settingsRoute,
      path: '/appearance',
      component: lazyRouteComponent(() => import('./appearance/page.tsx'), 'AppearanceSettings'),
    }),
    createRoute({
      getParentRoute: () => settingsRoute,
      path: '/account',
      component: lazyRouteComponent(() => import('./account/page.tsx'), 'AccountSettings'),
    }),
    createRoute({
      getParentRoute: () => settingsRoute,
      path: '/people',
      component: lazyRouteComponent(() => import('./people/page.tsx'), 'PeopleSettings'),
    }),
    createRoute({
      getParentRoute: () => settingsRoute,
      path: '/keys',
      component: lazyRouteComponent(() => import('./keys/page.tsx'), 'KeySettings'),
    }),
    createRoute({
      getParentRoute: () => settingsRoute,
      path: '/alerts',
      validateSearch: ({ state }): AlertsSearch => (typeof state === 'string' ? { state } : {}),
      component: lazyRouteComponent(() => import('./alerts/page.tsx'), 'AlertSettings'),
    }),
    createRoute({
      getParentRoute: () => settingsRoute,
      path: '/security',
      component: lazyRouteComponent(() => import('./security/page.tsx'), 'SecuritySettings'),
    }),
    createRoute({
      getParentRoute: () => settingsRoute,
      path: '/audit',
      validateSearch: ({ action, actor }): AuditSearch => ({
        ...(typeof action === 'string' && { action }),
        ...(typeof actor === 'string' && { actor }),
      }),
      component: lazyRouteComponent(() => import('./audit/page.tsx'), 'AuditSettings'),
    }),
  ]),
] as const
