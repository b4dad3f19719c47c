import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { shellRoute } from '../../shell/routes.tsx'

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
      component: lazyRouteComponent(() => import('./appearance.tsx'), 'AppearanceSettings'),
    }),
  ]),
] as const
