import { useMutation, useQueryClient } from '@tanstack/react-query'
import { KeyRound, Plus } from 'lucide-react'
import { useState } from 'react'
import type { KeyView, MadeKey } from '../../../../../src/http/contract/access.ts'
import { api, path } from '../../../api/client.ts'
import { usePaged } from '../../../api/paged.ts'
import { Button } from '../../../ui/button.tsx'
import { CodeView } from '../../../ui/code-view.tsx'
import { useConfirm } from '../../../ui/confirm.tsx'
import { CopyId } from '../../../ui/copy.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { type Column, List } from '../../../ui/list.tsx'
import { Facts, Section } from '../../../ui/page.tsx'
import { EmptyState } from '../../../ui/states.tsx'
import { type Signal, StatusDot } from '../../../ui/status.tsx'
import { RelativeTime } from '../../../ui/time.tsx'
import { useToast } from '../../../ui/toast.tsx'
import { common } from '../../../words/common.ts'
import { useFormat, useWords } from '../../../words/use-words.tsx'
import { Needs } from '../needs.tsx'
import { OneTimeSecret } from '../one-time-secret.tsx'
import { SCOPE_WORDS } from '../rights.ts'
import { words as settings } from '../words.ts'
import { CreateKey } from './create-key.tsx'
import { words } from './words.ts'

export const KeySettings = () => (
  <Needs scope="people">
    <Keys />
  </Needs>
)

function Keys() {
  const t = useWords(words)
  const title = useWords(settings)('keys')
  const keys = usePaged<KeyView>(['people', 'keys'], '/keys')
  const columns = useColumns()
  const scopes = useScopeList()
  const [creating, setCreating] = useState(false)
  const [made, setMade] = useState<MadeKey>()
  const [opened, setOpened] = useState<KeyView>()
  return (
    <>
      <Section
        title={title}
        flush
        actions={
          <Button look="primary" icon={<Plus size={16} aria-hidden />} onClick={() => setCreating(true)}>
            {t('create')}
          </Button>
        }
      >
        <div className="flex max-h-[70dvh] flex-col">
          <List
            {...keys}
            main
            inside
            label={title}
            idOf={({ id }) => id}
            columns={columns}
            narrow={{ height: 60, row: (key) => <NarrowKey apiKey={key} /> }}
            onOpen={setOpened}
            empty={
              <EmptyState icon={<KeyRound size={24} aria-hidden />} title={t('empty')}>
                {t('emptyHint')}
              </EmptyState>
            }
          />
        </div>
      </Section>
      {creating && (
        <CreateKey
          onClose={() => setCreating(false)}
          onMade={(key) => {
            setCreating(false)
            setMade(key)
          }}
        />
      )}
      {made && (
        <OneTimeSecret
          title={t('made')}
          hint={t('madeHint', { scopes: scopes(made.key) })}
          secret={made.secret}
          onClose={() => setMade(undefined)}
        >
          <div className="mt-4">
            <CodeView
              label={t('tryIt')}
              value={`curl -H "Authorization: Bearer ${made.secret}" "${location.origin}/api/v1/events?limit=5"`}
            />
          </div>
        </OneTimeSecret>
      )}
      {opened && <KeyDetails apiKey={opened} onClose={() => setOpened(undefined)} />}
    </>
  )
}

/** What a key may, in words. */
function useScopeList(): (key: KeyView) => string {
  const of = useWords(settings)
  const format = useFormat()
  return ({ scopes }) => format.list(scopes.map((scope) => of(SCOPE_WORDS[scope])))
}

function useColumns(): readonly Column<KeyView>[] {
  const t = useWords(words)
  const scopes = useScopeList()
  return [
    {
      id: 'name',
      header: t('name'),
      width: 'minmax(140px, 2fr)',
      cell: (key) => <span className="font-strong">{key.name}</span>,
    },
    {
      id: 'begins',
      header: t('begins'),
      width: '140px',
      cell: (key) => <Prefix apiKey={key} />,
    },
    { id: 'scopes', header: t('scopes'), width: 'minmax(160px, 2fr)', cell: scopes },
    { id: 'used', header: t('used'), width: '120px', cell: (key) => <Used apiKey={key} /> },
    { id: 'state', header: t('state'), width: '200px', cell: (key) => <State apiKey={key} /> },
  ]
}

function stateOf(key: KeyView): { signal: Signal; word: 'environment' | 'revoked' | 'expired' | 'valid' } {
  if (key.revokedAt !== null) return { signal: 'neutral', word: 'revoked' }
  if (key.origin === 'environment') return { signal: 'good', word: 'environment' }
  if (key.expiresAt !== null && Date.parse(key.expiresAt) < Date.now())
    return { signal: 'neutral', word: 'expired' }
  return { signal: 'good', word: 'valid' }
}

function State({ apiKey }: { apiKey: KeyView }) {
  const t = useWords(words)
  const { signal, word } = stateOf(apiKey)
  return <StatusDot signal={signal}>{t(word)}</StatusDot>
}

/** How it begins; of a key that is kept elsewhere nobody knows. */
const Prefix = ({ apiKey: { prefix } }: { apiKey: KeyView }) => (
  <code className="font-mono text-meta">{prefix === '' ? '–' : `${prefix}…`}</code>
)

function Used({ apiKey: { lastUsedAt } }: { apiKey: KeyView }) {
  const t = useWords(common)
  return lastUsedAt === null ? (
    <span className="text-muted">{t('never')}</span>
  ) : (
    <RelativeTime at={lastUsedAt} />
  )
}

function NarrowKey({ apiKey }: { apiKey: KeyView }) {
  const scopes = useScopeList()
  return (
    <div className="grid gap-0.5">
      <div className="flex items-center gap-2">
        <span className="min-w-0 grow truncate font-strong">{apiKey.name}</span>
        <State apiKey={apiKey} />
      </div>
      <div className="flex items-center gap-2 text-meta text-muted">
        <span className="min-w-0 grow truncate">{scopes(apiKey)}</span>
        <Used apiKey={apiKey} />
      </div>
    </div>
  )
}

function KeyDetails({ apiKey, onClose }: { apiKey: KeyView; onClose(): void }) {
  const t = useWords(words)
  const shared = useWords(common)
  const format = useFormat()
  const scopes = useScopeList()
  const toast = useToast()
  const confirm = useConfirm()
  const client = useQueryClient()
  const revoke = useMutation({
    mutationFn: () => api.delete(path`/keys/${apiKey.id}`),
    onSuccess: () => toast.done(t('revokedDone', { name: apiKey.name })),
    onSettled: () => client.invalidateQueries({ queryKey: ['people', 'keys'] }),
  })
  const { word } = stateOf(apiKey)
  return (
    <Dialog
      open
      onClose={onClose}
      title={apiKey.name}
      description={
        apiKey.createdBy && apiKey.createdAt
          ? t('createdBy', { name: apiKey.createdBy, time: format.relative(apiKey.createdAt) })
          : undefined
      }
      footer={
        <>
          {word === 'valid' && (
            <Button
              look="danger"
              onClick={async () => {
                onClose()
                const sure = await confirm({
                  title: t('revokeTitle', { name: apiKey.name }),
                  text: t('revokeText'),
                  action: t('revoke'),
                  name: apiKey.name,
                })
                if (sure) revoke.mutate()
              }}
            >
              {t('revoke')}
            </Button>
          )}
          <Button onClick={onClose}>{shared('close')}</Button>
        </>
      }
    >
      {apiKey.origin === 'environment' && <p className="mb-4">{t('environmentHint')}</p>}
      <Facts
        facts={[
          ['ID', <CopyId key="id" id={apiKey.id} />],
          [t('begins'), <Prefix key="prefix" apiKey={apiKey} />],
          [t('scopes'), scopes(apiKey)],
          [t('used'), <Used key="used" apiKey={apiKey} />],
          [t('expires'), apiKey.expiresAt === null ? shared('never') : format.exact(apiKey.expiresAt)],
          [t('state'), <State key="state" apiKey={apiKey} />],
        ]}
      />
    </Dialog>
  )
}
