import type { QueryClient } from '@tanstack/react-query'
import { createRouter } from '@tanstack/react-router'
import { eventsRoutes } from './pages/events/routes.ts'
import { instancesRoutes } from './pages/instances/routes.ts'
import { doorRoutes } from './pages/login/routes.ts'
import { overviewRoutes } from './pages/overview/routes.ts'
import { phoneRoutes } from './pages/phone/routes.ts'
import { settingsRoutes } from './pages/settings/routes.ts'
import { Broken } from './shell/broken.tsx'
import { NotFound } from './shell/not-found.tsx'
import { rootRoute, shellRoute } from './shell/routes.tsx'

const routeTree = rootRoute.addChildren([
  ...doorRoutes,
  shellRoute.addChildren([
    ...overviewRoutes,
    ...instancesRoutes,
    ...eventsRoutes,
    ...phoneRoutes,
    ...settingsRoutes,
  ]),
])

/** All pages of the console. Each page's `routes.ts` says its address and what of its state is in it. */
export const createConsoleRouter = (queryClient: QueryClient) =>
  createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: 'intent',
    // What was asked for is kept by the query client, not by the router.
    defaultPreloadStaleTime: 0,
    defaultNotFoundComponent: NotFound,
    defaultErrorComponent: Broken,
  })

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>
  }
}
