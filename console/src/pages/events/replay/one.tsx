import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { DryRunResult } from '../../../../../src/http/contract/events.ts'
import { api, path } from '../../../api/client.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { ErrorState, LoadingState } from '../../../ui/states.tsx'
import { useToast } from '../../../ui/toast.tsx'
import { common } from '../../../words/common.ts'
import { useWords } from '../../../words/use-words.tsx'
import { DryRun } from './dry-run.tsx'
import { words } from './words.ts'

/** Says what running one event again would do, and does it. */
export function ReplayOne({
  id,
  onClose,
  onRan,
}: {
  id: string
  onClose(): void
  /** Gets the event that it became. */
  onRan(id: string): void
}) {
  const t = useWords(words)
  const shared = useWords(common)
  const client = useQueryClient()
  const toast = useToast()
  const rehearsal = useQuery({
    queryKey: ['log', 'dry-run', id],
    queryFn: ({ signal }) =>
      api.post<DryRunResult>('/events/replay', { ids: [id], dryRun: true }, { signal }),
    staleTime: 0,
    gcTime: 0,
  })
  const run = useMutation({
    mutationFn: () => api.post<{ id: string }>(path`/events/${id}/replay`),
    onSuccess(ran) {
      toast.done(t('ranAgain', { id: ran.id }))
      onClose()
      onRan(ran.id)
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['events'] }),
  })
  const nothing = rehearsal.data?.matched === 0
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={t('oneTitle')}
      description={t('meaning')}
      footer={
        <>
          <Button onClick={onClose}>{shared('cancel')}</Button>
          <Button
            look="primary"
            busy={run.isPending}
            disabled={!rehearsal.data || nothing}
            onClick={() => run.mutate()}
          >
            {t('runAgain')}
          </Button>
        </>
      }
    >
      {rehearsal.data ? (
        <DryRun result={rehearsal.data} />
      ) : rehearsal.error ? (
        <ErrorState error={rehearsal.error} onRetry={() => void rehearsal.refetch()} />
      ) : (
        <div>
          <p role="status" className="text-muted">
            {t('looking')}
          </p>
          <LoadingState lines={3} />
        </div>
      )}
    </Dialog>
  )
}
