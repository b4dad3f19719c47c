import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { OwnSession } from '../../../../../src/http/contract/access.ts'
import { api, path } from '../../../api/client.ts'
import { Button } from '../../../ui/button.tsx'
import { Section } from '../../../ui/page.tsx'
import { ErrorState, LoadingState } from '../../../ui/states.tsx'
import { Badge } from '../../../ui/status.tsx'
import { RelativeTime } from '../../../ui/time.tsx'
import { useToast } from '../../../ui/toast.tsx'
import { useFormat, useWords } from '../../../words/use-words.tsx'
import { words } from './words.ts'

/** Where one is signed in, and the way to end that. */
export function Sessions() {
  const t = useWords(words)
  const sessions = useQuery({
    queryKey: ['people', 'sessions'],
    queryFn: ({ signal }) => api.get<{ data: OwnSession[] }>('/me/sessions', { signal }),
  })
  return (
    <Section title={t('sessions')} flush>
      {sessions.error && <ErrorState error={sessions.error} onRetry={() => void sessions.refetch()} />}
      {sessions.isPending && <LoadingState lines={2} />}
      <ul>
        {sessions.data?.data.map((session) => (
          <Row key={session.id} session={session} />
        ))}
      </ul>
    </Section>
  )
}

/** "Firefox on Linux" out of what a browser says of itself, for who has to recognise it. */
function browserOf(agent: string): string | undefined {
  const browser = /(Firefox|Edg|OPR|Chrome|Safari)\//.exec(agent)?.[1]
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(agent)?.[1]
  const name = { Edg: 'Edge', OPR: 'Opera' }[browser ?? ''] ?? browser
  return [name, system].filter(Boolean).join(' · ') || undefined
}

function Row({ session }: { session: OwnSession }) {
  const t = useWords(words)
  const format = useFormat()
  const toast = useToast()
  const client = useQueryClient()
  const end = useMutation({
    mutationFn: () => api.delete(path`/me/sessions/${session.id}`),
    onSuccess: () => toast.done(t('ended')),
    onSettled: () => client.invalidateQueries({ queryKey: ['people', 'sessions'] }),
  })
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-4 py-2 last:border-0">
      <span className="min-w-0 grow basis-48">
        <span className="flex items-center gap-2">
          <span className="truncate font-strong" title={session.agent}>
            {browserOf(session.agent) ?? (session.agent || t('unknownAgent'))}
          </span>
          {session.current && <Badge signal="good">{t('here')}</Badge>}
        </span>
        <span className="block text-meta text-muted">
          {t('opened', { time: format.relative(session.createdAt), source: session.source })}
        </span>
      </span>
      <RelativeTime at={session.lastSeenAt} />
      {!session.current && (
        <Button small look="danger" busy={end.isPending} onClick={() => end.mutate()}>
          {t('end')}
        </Button>
      )}
    </li>
  )
}
