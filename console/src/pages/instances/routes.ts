import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../../shell/routes.tsx'
import { type InstancesSearch, isTab, isView, isWay, type NewSearch, type NumberSearch } from './search.ts'

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined
/** Without what is not there. */
const only = <T extends object>(values: T) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }

export const instancesRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/instances',
    validateSearch: (search): InstancesSearch =>
      only({
        view: isView(search.view) ? search.view : undefined,
        q: text(search.q),
        gateway: text(search.gateway),
        state: text(search.state),
        tag: text(search.tag),
        origin: text(search.origin),
        sort: text(search.sort),
        server: text(search.server),
      }),
    component: lazyRouteComponent(() => import('./page.tsx'), 'InstancesPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/instances/new',
    validateSearch: (search): NewSearch =>
      only({
        way: isWay(search.way) ? search.way : undefined,
        server: text(search.server),
        remote: text(search.remote),
        unrouted: text(search.unrouted),
      }),
    component: lazyRouteComponent(() => import('./new/page.tsx'), 'NewInstancePage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/instances/$id',
    validateSearch: (search): NumberSearch =>
      only({
        tab: isTab(search.tab) ? search.tab : undefined,
        connect: search.connect === true ? true : undefined,
      }),
    component: lazyRouteComponent(() => import('./number.tsx'), 'NumberPage'),
  }),
] as const
