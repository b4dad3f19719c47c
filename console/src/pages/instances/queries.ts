import { queryOptions } from '@tanstack/react-query'
import type { ConnectionHistory } from '../../../../src/http/contract/alerts.ts'
import type {
  ConnectionStatus,
  Instance,
  InstanceCheck,
  InstanceDetail,
  Unrouted,
  WebhookAtGateway,
  WebhookSetup,
} from '../../../../src/http/contract/instances.ts'
import type { GatewayKind, RemoteInstance, Server } from '../../../../src/http/contract/servers.ts'
import { api, path } from '../../api/client.ts'

interface ListOf<Row> {
  data: Row[]
  next: string | null
}

/** Pages that are read one after the other at most: 200 numbers each. */
const MOST_PAGES = 50

/** All numbers: they are searched, filtered and sorted here. */
export const instancesQuery = queryOptions({
  queryKey: ['instances', 'all'],
  async queryFn({ signal }) {
    const all: Instance[] = []
    let cursor: string | undefined
    for (let page = 0; page < MOST_PAGES; page++) {
      const { data, next } = await api.get<ListOf<Instance>>('/instances', {
        query: { limit: 200, cursor },
        signal,
      })
      all.push(...data)
      if (next === null) break
      cursor = next
    }
    return all
  },
  refetchInterval: 30_000,
})

/** One number, with what its gateway says now: as slow as the gateway. */
export const detailQuery = (id: string) =>
  queryOptions({
    queryKey: ['instances', 'detail', id],
    queryFn: ({ signal }) => api.get<InstanceDetail>(path`/instances/${id}`, { signal }),
    // What a gateway is asked costs it something: not again with every event.
    staleTime: 30_000,
  })

/** Newest connection changes, and how well connected it was. */
export const connectionsQuery = (id: string, limit = 20) =>
  queryOptions({
    queryKey: ['instances', 'connections', id, limit],
    queryFn: ({ signal }) =>
      api.get<ConnectionHistory>(path`/instances/${id}/connections`, { query: { limit }, signal }),
    staleTime: 30_000,
  })

const CHECK_EVERY_MS = 5_000
const VERIFIED_EVERY_MS = 30_000

/** Does it hear its gateway? Asked often until it does. */
export const checkQuery = (id: string) =>
  queryOptions({
    queryKey: ['instances', 'check', id],
    queryFn: ({ signal }) => api.get<InstanceCheck>(path`/instances/${id}/check`, { signal }),
    refetchInterval: ({ state: { data } }) =>
      data?.state === 'verified' ? VERIFIED_EVERY_MS : CHECK_EVERY_MS,
  })

const STATUS_EVERY_MS = 2_000
/** The gateway's own answer while a phone is being linked. */
export const statusQuery = (id: string) =>
  queryOptions({
    queryKey: ['instances', 'status', id],
    queryFn: ({ signal }) => api.get<ConnectionStatus>(path`/instances/${id}/status`, { signal }),
    refetchInterval: STATUS_EVERY_MS,
    gcTime: 0,
  })

export const registrationsQuery = (id: string) =>
  queryOptions({
    queryKey: ['instances', 'webhooks', id],
    queryFn: ({ signal }) =>
      api.get<ListOf<WebhookAtGateway> & { inherits?: boolean }>(path`/instances/${id}/webhooks`, { signal }),
    staleTime: 60_000,
    retry: false,
  })

export const setupQuery = (id: string) =>
  queryOptions({
    queryKey: ['instances', 'setup', id],
    queryFn: ({ signal }) => api.get<WebhookSetup>(path`/instances/${id}/webhook-setup`, { signal }),
  })

export const gatewaysQuery = queryOptions({
  queryKey: ['instances', 'gateways'],
  queryFn: ({ signal }) => api.get<ListOf<GatewayKind>>('/gateways', { signal }),
  staleTime: Number.POSITIVE_INFINITY,
})

export const serversQuery = queryOptions({
  queryKey: ['instances', 'servers'],
  queryFn: ({ signal }) => api.get<ListOf<Server>>('/servers', { signal }),
})

/** What a server says it has: as slow as the server. */
export const remotesQuery = (server: string) =>
  queryOptions({
    queryKey: ['instances', 'remotes', server],
    queryFn: ({ signal }) => api.get<ListOf<RemoteInstance>>(path`/servers/${server}/instances`, { signal }),
    staleTime: 30_000,
    retry: false,
  })

export const unroutedQuery = queryOptions({
  queryKey: ['instances', 'unrouted'],
  queryFn: ({ signal }) => api.get<ListOf<Unrouted>>('/unrouted', { signal }),
})
