import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Maximize2 } from 'lucide-react'
import type { ReactNode } from 'react'
import type { CommandSummary } from '../../../../src/http/contract/commands.ts'
import { api, path } from '../../api/client.ts'
import { ButtonLink } from '../../ui/button-link.tsx'
import { Drawer, Page } from '../../ui/page.tsx'
import { ErrorState, LoadingState } from '../../ui/states.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { useWords } from '../../words/use-words.tsx'
import { AllEvents } from './all.tsx'
import { DeadLetters } from './dead.tsx'
import { Deliveries } from './deliveries.tsx'
import { EventActions } from './detail/actions.tsx'
import { EventDetails } from './detail/details.tsx'
import { words as detail } from './detail/words.ts'
import { Replays } from './replay/list.tsx'
import { useWatchRunning } from './replay/watch.ts'
import { present, type Tab } from './search.ts'
import { Sends } from './sends/list.tsx'
import { SendDetails } from './sends/send.tsx'
import { words as sends } from './sends/words.ts'
import { words } from './words.ts'

/** What happened to this delivery? Everything as it happens, and what of it waits for a person. */
export function EventsPage() {
  const t = useWords(words)
  const search = useSearch({ from: '/shell/events' })
  const navigate = useNavigate({ from: '/events' })
  useWatchRunning()
  const { open, ...list } = search
  const { tab = 'all', instance } = list
  const show = (id: string | undefined) =>
    void navigate({
      search: id === undefined ? list : { ...list, open: id },
      replace: open !== undefined && id !== undefined,
    })
  const tabs: readonly { value: Tab; label: string; content: ReactNode }[] = [
    { value: 'all', label: t('tabAll'), content: <AllEvents onOpen={show} /> },
    { value: 'dead', label: t('tabDead'), content: <DeadLetters onOpen={show} /> },
    { value: 'sends', label: t('tabSends'), content: <Sends onOpen={({ id }) => show(id)} /> },
    { value: 'deliveries', label: t('tabDeliveries'), content: <Deliveries /> },
    { value: 'replays', label: t('tabReplays'), content: <Replays /> },
  ]
  return (
    <Page
      fill
      title={t('title')}
      aside={
        open === undefined ? undefined : tab === 'sends' ? (
          <SendDrawer id={open} onClose={() => show(undefined)} />
        ) : (
          <EventDrawer id={open} onOpen={show} onClose={() => show(undefined)} />
        )
      }
    >
      <Tabs<Tab>
        fill
        label={t('views')}
        value={tab}
        onChange={(next) =>
          void navigate({
            search: present({ tab: next === 'all' ? undefined : next, instance }),
          })
        }
        tabs={tabs}
      />
    </Page>
  )
}

function EventDrawer({ id, onOpen, onClose }: { id: string; onOpen(id: string): void; onClose(): void }) {
  const t = useWords(detail)
  return (
    <Drawer
      title={id}
      onClose={onClose}
      actions={
        <ButtonLink
          small
          look="quiet"
          to="/events/$id"
          params={{ id }}
          aria-label={t('asPage')}
          title={t('asPage')}
          icon={<Maximize2 size={16} aria-hidden />}
        />
      }
    >
      <div className="mb-4 flex flex-wrap gap-2 empty:hidden">
        <EventActions id={id} onRan={onOpen} />
      </div>
      <EventDetails key={id} id={id} heading="h3" />
    </Drawer>
  )
}

function SendDrawer({ id, onClose }: { id: string; onClose(): void }) {
  const t = useWords(sends)
  const { data, error, refetch } = useQuery({
    queryKey: ['commands', 'one', id],
    queryFn: ({ signal }) => api.get<CommandSummary>(path`/commands/${id}`, { signal }),
  })
  return (
    <Drawer title={t('send')} onClose={onClose}>
      {data ? (
        <SendDetails command={data} />
      ) : error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <LoadingState lines={6} />
      )}
    </Drawer>
  )
}
