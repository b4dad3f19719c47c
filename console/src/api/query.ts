import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { ApiError } from './problem.ts'

/**
 * The first part of a query key is what the query is about, so that the hub's "this changed" finds it:
 * `['instances', 'list', filters]`. Each is a topic of `/api/v1/stream`, or `session` and `settings`, which
 * nothing announces; rows under `log` are kept up to date by whoever shows them.
 */
export type Topic =
  | 'instances'
  | 'events'
  | 'commands'
  | 'chats'
  | 'alerts'
  | 'people'
  | 'traffic'
  | 'log'
  | 'session'
  | 'settings'
export type QueryKey = readonly [Topic, ...unknown[]]

declare module '@tanstack/react-query' {
  interface Register {
    queryKey: QueryKey
    mutationKey: QueryKey
    defaultError: Error
    /** `topics`: further ones that renew it, beside the first part of its key. */
    queryMeta: { quiet?: boolean; topics?: readonly Topic[] }
    /** `quiet`: whoever starts the mutation tells its fault itself. */
    mutationMeta: { quiet?: boolean }
  }
}

const TRIES = 3

/** The session ended, or there was none: nothing else can be asked. */
export const isSignedOut = (error: unknown): boolean => error instanceof ApiError && error.status === 401

export interface QueryClientOptions {
  onSignedOut(): void
  /** A mutation failed whose starter does not tell it itself. */
  onFault(error: Error): void
}

/** What pages asked the hub for, kept and asked for again when it has changed. */
export function createQueryClient({ onSignedOut, onFault }: QueryClientOptions): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError(error) {
        if (isSignedOut(error)) onSignedOut()
      },
    }),
    mutationCache: new MutationCache({
      onError(error, _variables, _result, mutation) {
        if (isSignedOut(error)) onSignedOut()
        else if (mutation.meta?.quiet !== true) onFault(error)
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        retry: (failures, error) => failures < TRIES && error instanceof ApiError && error.retry,
      },
    },
  })
}
