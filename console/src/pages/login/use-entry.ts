import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import type { SessionView } from '../../../../src/http/contract/access.ts'
import { api } from '../../api/client.ts'
import { ApiError } from '../../api/problem.ts'
import { sessionQuery } from '../../api/session.ts'

/** An address of this console: one slash, since two would lead to another host. */
export const safeNext = (next: unknown): string | undefined =>
  typeof next === 'string' && /^\/(?![/\\])/.test(next) ? next : undefined

/** Signs in by one of the ways there are, and goes on to `next`. */
export function useEntry(
  where: '/session' | '/welcome' | '/invitations/accept' | '/password-reset',
  next = '/',
) {
  const client = useQueryClient()
  const router = useRouter()
  const entry = useMutation({
    mutationFn: (body: object) => api.post<SessionView>(where, body),
    meta: { quiet: true },
    async onSuccess(session) {
      // Nothing of whoever was here before may be shown.
      client.clear()
      client.setQueryData(sessionQuery.queryKey, session)
      router.history.push(next)
    },
  })
  const fault = entry.error instanceof ApiError ? entry.error : undefined
  return { enter: entry.mutate, busy: entry.isPending || entry.isSuccess, error: entry.error, fault }
}
