import { queryOptions, useSuspenseQuery } from '@tanstack/react-query'
import type { SessionView } from '../../../src/http/contract/access.ts'
import { api } from './client.ts'

export type Scope = NonNullable<SessionView['principal']>['scopes'][number]

/** Who is signed in here. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => api.get<SessionView>('/session', { signal }),
  staleTime: 60_000,
})

interface Session extends SessionView {
  /** May whoever is signed in do what needs this scope? What one may not do is not offered. */
  can(scope: Scope): boolean
}

/** Who is signed in, inside of the shell, where somebody is. */
export function useSession(): Session {
  const { data } = useSuspenseQuery(sessionQuery)
  return { ...data, can: (scope) => data.principal?.scopes.includes(scope) ?? false }
}
