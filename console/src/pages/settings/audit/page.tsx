import { useNavigate, useSearch } from '@tanstack/react-router'
import { ScrollText } from 'lucide-react'
import { useState } from 'react'
import type { AuditEntry } from '../../../../../src/http/contract/access.ts'
import { usePaged } from '../../../api/paged.ts'
import { CodeView } from '../../../ui/code-view.tsx'
import { CopyId } from '../../../ui/copy.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { type Column, List } from '../../../ui/list.tsx'
import { ListBar } from '../../../ui/list-tools.tsx'
import { Facts } from '../../../ui/page.tsx'
import { EmptyState } from '../../../ui/states.tsx'
import { RelativeTime } from '../../../ui/time.tsx'
import { common } from '../../../words/common.ts'
import { useFormat, useWords } from '../../../words/use-words.tsx'
import { Needs } from '../needs.tsx'
import { words as settings } from '../words.ts'
import { words } from './words.ts'

export const AuditSettings = () => (
  <Needs scope="people">
    <Audit />
  </Needs>
)

function Audit() {
  const t = useWords(words)
  const shared = useWords(common)
  const title = useWords(settings)('audit')
  const search = useSearch({ from: '/shell/settings/audit' })
  const navigate = useNavigate({ from: '/settings/audit' })
  const entries = usePaged<AuditEntry>(['people', 'audit'], '/audit', { ...search })
  const columns = useColumns()
  const [opened, setOpened] = useState<AuditEntry>()
  const filtered = Object.values(search).some(Boolean)
  return (
    <>
      <p className="mb-3 text-muted">{t('hint')}</p>
      <ListBar
        name="audit"
        filters={[
          { id: 'action', label: t('what') },
          { id: 'actor', label: t('who') },
        ]}
        values={{ ...search }}
        onChange={({ action, actor }) =>
          void navigate({ search: { ...(action && { action }), ...(actor && { actor }) } })
        }
        count={entries.count}
      />
      <List
        {...entries}
        main
        live
        label={title}
        idOf={({ id }) => id}
        columns={columns}
        rowHeight={36}
        narrow={{ height: 56, row: (entry) => <NarrowEntry entry={entry} /> }}
        onOpen={setOpened}
        empty={
          <EmptyState
            icon={<ScrollText size={24} aria-hidden />}
            title={filtered ? shared('noMatch') : t('empty')}
          >
            {filtered ? shared('noMatchHint') : t('emptyHint')}
          </EmptyState>
        }
      />
      {opened && <Entry entry={opened} onClose={() => setOpened(undefined)} />}
    </>
  )
}

/** Who did it: by name where there is one. */
function useActor(): (entry: AuditEntry) => string {
  const t = useWords(words)
  return ({ actor }) => {
    switch (actor.type) {
      case 'user':
        return actor.name
      case 'key':
        return `${actor.name} (${t('key')})`
      default:
        return t(actor.type)
    }
  }
}

function useColumns(): readonly Column<AuditEntry>[] {
  const t = useWords(words)
  const actor = useActor()
  return [
    { id: 'when', header: t('when'), width: '130px', cell: ({ at }) => <RelativeTime at={at} /> },
    { id: 'who', header: t('who'), width: 'minmax(140px, 1fr)', cell: actor },
    {
      id: 'what',
      header: t('what'),
      width: 'minmax(160px, 1fr)',
      cell: ({ action }) => <code className="font-mono text-meta">{action}</code>,
    },
    { id: 'target', header: t('target'), width: 'minmax(120px, 1fr)', cell: ({ target }) => target ?? '–' },
    { id: 'from', header: t('from'), width: '130px', cell: ({ source }) => source ?? '–' },
  ]
}

function NarrowEntry({ entry }: { entry: AuditEntry }) {
  const actor = useActor()
  return (
    <div className="grid gap-0.5">
      <div className="flex items-center gap-2">
        <code className="min-w-0 grow truncate font-mono text-meta">
          {entry.action} {entry.target ?? ''}
        </code>
        <span className="text-meta text-muted">
          <RelativeTime at={entry.at} />
        </span>
      </div>
      <span className="truncate text-meta text-muted">{actor(entry)}</span>
    </div>
  )
}

function Entry({ entry, onClose }: { entry: AuditEntry; onClose(): void }) {
  const t = useWords(words)
  const format = useFormat()
  const actor = useActor()
  return (
    <Dialog open wide onClose={onClose} title={entry.action}>
      <Facts
        facts={[
          ['ID', <CopyId key="id" id={entry.id} />],
          [t('when'), format.exact(entry.at)],
          [t('who'), `${actor(entry)} · ${entry.actor.id}`],
          [t('target'), entry.target ?? '–'],
          [t('from'), entry.source ?? '–'],
        ]}
      />
      <div className="mt-4">
        {entry.detail ? (
          <CodeView label={t('detail')} value={entry.detail} />
        ) : (
          <p className="text-muted">{t('noDetail')}</p>
        )}
      </div>
    </Dialog>
  )
}
