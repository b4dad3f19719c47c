import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { Invitation } from '../../../../../src/http/contract/access.ts'
import { api, path } from '../../../api/client.ts'
import { usePaged } from '../../../api/paged.ts'
import { Button } from '../../../ui/button.tsx'
import { Section } from '../../../ui/page.tsx'
import { ErrorState, LoadingState } from '../../../ui/states.tsx'
import { Badge } from '../../../ui/status.tsx'
import { useToast } from '../../../ui/toast.tsx'
import { common } from '../../../words/common.ts'
import { useFormat, useWords } from '../../../words/use-words.tsx'
import { words as settings } from '../words.ts'
import { words } from './words.ts'

/** Invitations nobody has accepted yet. */
export function Invitations() {
  const t = useWords(words)
  const shared = useWords(common)
  const { rows, error, onRetry, onMore } = usePaged<Invitation>(['people', 'invitations'], '/invitations')
  return (
    <Section title={t('invitations')} flush>
      {error && rows === undefined && <ErrorState error={error} onRetry={onRetry} />}
      {!error && rows === undefined && <LoadingState lines={2} />}
      {rows?.length === 0 && <p className="p-4 text-muted">{t('noInvitations')}</p>}
      <ul>
        {rows?.map((invitation) => (
          <Row key={invitation.id} invitation={invitation} />
        ))}
      </ul>
      {onMore && (
        <div className="p-3">
          <Button small onClick={onMore}>
            {shared('more')}
          </Button>
        </div>
      )}
    </Section>
  )
}

function Row({ invitation }: { invitation: Invitation }) {
  const t = useWords(words)
  const of = useWords(settings)
  const format = useFormat()
  const toast = useToast()
  const client = useQueryClient()
  const revoke = useMutation({
    mutationFn: () => api.delete(path`/invitations/${invitation.id}`),
    async onSuccess() {
      toast.done(t('revoked'))
      await client.invalidateQueries({ queryKey: ['people', 'invitations'] })
    },
  })
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-4 py-2 last:border-0">
      <span className="min-w-0 grow basis-48">
        <span className="flex items-center gap-2">
          <span className="truncate font-strong">{invitation.name ?? invitation.login ?? t('anybody')}</span>
          <Badge>{of(invitation.role)}</Badge>
        </span>
        <span className="block text-meta text-muted">
          {t('invitedBy', { name: invitation.createdBy, time: format.relative(invitation.createdAt) })}
        </span>
      </span>
      <span className="text-meta text-muted">
        {t('expires', { time: format.date(invitation.expiresAt) })}
      </span>
      <Button small look="danger" busy={revoke.isPending} onClick={() => revoke.mutate()}>
        {t('revoke')}
      </Button>
    </li>
  )
}
