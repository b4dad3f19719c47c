import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, createRoute, Outlet, redirect } from '@tanstack/react-router'
import { recall } from '../api/memory.ts'
import { sessionQuery } from '../api/session.ts'
import { Shell } from './shell.tsx'

export interface RouterContext {
  queryClient: QueryClient
}

export const rootRoute = createRootRouteWithContext<RouterContext>()({ component: Outlet })

/** The frame around every page for which one has to be signed in. */
export const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'shell',
  async beforeLoad({ context, location }) {
    const session = await context.queryClient.ensureQueryData({ ...sessionQuery, revalidateIfStale: true })
    if (session.principal === null)
      throw redirect({
        to: '/login',
        search: location.href === '/' ? {} : { next: location.href },
        replace: true,
      })
    // Whoever opens a demo for the first time begins with a phone in their hand.
    if (session.phone !== null && location.pathname === '/' && recall('phone') !== 'seen')
      throw redirect({ to: '/phone', replace: true })
  },
  component: Shell,
})
