import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Radar } from 'lucide-react'
import type { Unrouted } from '../../../../src/http/contract/instances.ts'
import { api, path } from '../../api/client.ts'
import { useSession } from '../../api/session.ts'
import { Button } from '../../ui/button.tsx'
import { ButtonLink } from '../../ui/button-link.tsx'
import { useConfirm } from '../../ui/confirm.tsx'
import { nameOf } from '../../ui/shorten.ts'
import { EmptyState, ErrorState, LoadingState } from '../../ui/states.tsx'
import { SignalIcon } from '../../ui/status.tsx'
import { useToast } from '../../ui/toast.tsx'
import { useFormat, useWords } from '../../words/use-words.tsx'
import { unroutedQuery } from './queries.ts'
import { words } from './words.ts'

/** Numbers that write and that no instance is known for. */
export function UnroutedList() {
  const t = useWords(words)
  const { data, error, refetch } = useQuery(unroutedQuery)
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <LoadingState />
  if (data.data.length === 0)
    return (
      <EmptyState icon={<Radar size={24} aria-hidden />} title={t('unroutedEmpty')}>
        {t('unroutedEmptyHint')}
      </EmptyState>
    )
  return (
    <ul className="rounded-lg border border-line bg-panel">
      {data.data.map((one) => (
        <Line key={one.id} unrouted={one} />
      ))}
    </ul>
  )
}

function Line({ unrouted }: { unrouted: Unrouted }) {
  const t = useWords(words)
  const format = useFormat()
  const { can } = useSession()
  const confirm = useConfirm()
  const toast = useToast()
  const client = useQueryClient()
  const forget = useMutation({
    mutationFn: () => api.delete(path`/unrouted/${unrouted.id}`),
    onSuccess: () => toast.done(t('forgotten')),
    onSettled: () => client.invalidateQueries({ queryKey: unroutedQuery.queryKey }),
  })
  const { names, target, count, firstAt, lastAt } = unrouted
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-3 last:border-0">
      <div className="flex min-w-0 grow basis-72 items-start gap-2">
        <span className="mt-0.5">
          <SignalIcon signal="attention" />
        </span>
        <div className="min-w-0">
          <p>{t('unroutedTitle', { name: nameOf(names[0] ?? unrouted.id) })}</p>
          <p className="text-meta text-muted">
            {[
              ...names.slice(1).map(nameOf),
              t('unroutedVia', { target }),
              t('deliveries', { n: count }),
              t('firstSeen', { time: format.relative(firstAt) }),
              t('lastSeen', { time: format.relative(lastAt) }),
            ].join(' · ')}
          </p>
        </div>
      </div>
      {can('manage') && (
        <div className="flex flex-wrap gap-2 max-sm:pl-6">
          <ButtonLink small to="/instances/new" search={{ way: 'adopt', unrouted: unrouted.id }}>
            {t('adoptThis')}
          </ButtonLink>
          <Button
            small
            busy={forget.isPending}
            onClick={async () => {
              const question = { title: t('forgetTitle'), text: t('forgetText'), action: t('forget') }
              if (await confirm(question)) forget.mutate()
            }}
          >
            {t('forget')}
          </Button>
        </div>
      )}
    </li>
  )
}
