import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useSession } from '../../api/session.ts'
import { ButtonLink } from '../../ui/button-link.tsx'
import { Segmented } from '../../ui/field.tsx'
import { Page } from '../../ui/page.tsx'
import { useWords } from '../../words/use-words.tsx'
import { NumberList } from './number-list.tsx'
import { unroutedQuery } from './queries.ts'
import type { View } from './search.ts'
import { ServerList } from './servers.tsx'
import { UnroutedList } from './unrouted.tsx'
import { words } from './words.ts'

/** Which number is unwell, since when, why? And beside them their servers, and numbers nobody knows. */
export function InstancesPage() {
  const t = useWords(words)
  const { can } = useSession()
  const navigate = useNavigate()
  const { view = 'numbers' } = useSearch({ from: '/shell/instances' })
  const { data: unrouted } = useQuery(unroutedQuery)
  const unknown = unrouted?.data.length ?? 0
  return (
    <Page
      title={t('title')}
      fill={view === 'numbers'}
      actions={
        <>
          <Segmented<View>
            label={t('views')}
            value={view}
            choices={[
              { value: 'numbers', label: t('viewNumbers') },
              { value: 'servers', label: t('viewServers') },
              {
                value: 'unrouted',
                label: unknown === 0 ? t('viewUnrouted') : t('viewUnroutedN', { n: unknown }),
              },
            ]}
            onChange={(next) =>
              void navigate({ to: '/instances', search: next === 'numbers' ? {} : { view: next } })
            }
          />
          {can('manage') && (
            <ButtonLink to="/instances/new" look="primary" icon={<Plus size={16} aria-hidden />}>
              {t('newNumber')}
            </ButtonLink>
          )}
        </>
      }
    >
      {view === 'numbers' ? <NumberList /> : view === 'servers' ? <ServerList /> : <UnroutedList />}
    </Page>
  )
}
