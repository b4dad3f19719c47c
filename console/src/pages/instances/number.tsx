import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { MoreHorizontal, Pencil, PlugZap, Trash2, Unplug } from 'lucide-react'
import { useState } from 'react'
import type { Instance } from '../../../../src/http/contract/instances.ts'
import { api, path } from '../../api/client.ts'
import { useSession } from '../../api/session.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { ButtonLink } from '../../ui/button-link.tsx'
import { useConfirm } from '../../ui/confirm.tsx'
import { CopyId } from '../../ui/copy.tsx'
import { Menu, MenuItem } from '../../ui/menu.tsx'
import { Page } from '../../ui/page.tsx'
import { nameOf } from '../../ui/shorten.ts'
import { EmptyState, ErrorState, LoadingState } from '../../ui/states.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { useToast } from '../../ui/toast.tsx'
import { useWords } from '../../words/use-words.tsx'
import { ConnectDialog } from './connect-dialog.tsx'
import { Connection } from './connection.tsx'
import { NumberHealth } from './number-health.tsx'
import { NumberSettings } from './number-settings.tsx'
import { NumberWebhook } from './number-webhook.tsx'
import { numberWords } from './number-words.ts'
import { detailQuery, instancesQuery } from './queries.ts'
import { RemoveDialog } from './remove-dialog.tsx'
import { RenameDialog } from './rename-dialog.tsx'
import type { NumberSearch, Tab } from './search.ts'

/** One number: how it stands, how it hears its gateway, how it is set. */
export function NumberPage() {
  const t = useWords(numberWords)
  const { id } = useParams({ from: '/shell/instances/$id' })
  // Not the detail: that asks the gateway, and the page waits for no gateway.
  const { data: all, error, refetch } = useQuery(instancesQuery)
  const number = all?.find((one) => one.id === id)
  if (number) return <OneNumber key={id} number={number} />
  return (
    <Page title={id}>
      {error && !all ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : all ? (
        <EmptyState title={t('gone')} action={<ButtonLink to="/instances">{t('allNumbers')}</ButtonLink>}>
          {t('goneHint')}
        </EmptyState>
      ) : (
        <LoadingState />
      )}
    </Page>
  )
}

type Asked = 'rename' | 'remove'

function OneNumber({ number }: { number: Instance }) {
  const t = useWords(numberWords)
  const { id, name } = number
  const { tab = 'health', connect } = useSearch({ from: '/shell/instances/$id' })
  const navigate = useNavigate()
  const [asked, setAsked] = useState<Asked>()
  const show = (search: NumberSearch) =>
    void navigate({ to: '/instances/$id', params: { id }, search, replace: true })
  const stay = tab === 'health' ? {} : { tab }
  return (
    <Page
      title={name ?? id}
      subtitle={
        <span className="flex flex-wrap items-center gap-x-3">
          <Connection state={number.connection} held={number.hold !== null} />
          <span>{number.gateway}</span>
          <CopyId id={id} />
        </span>
      }
      actions={
        <Actions number={number} onAsk={setAsked} onConnect={() => show({ ...stay, connect: true })} />
      }
    >
      <Tabs<Tab>
        label={t('tabs')}
        value={tab}
        onChange={(next) => show(next === 'health' ? {} : { tab: next })}
        tabs={[
          { value: 'health', label: t('tabHealth'), content: <NumberHealth number={number} /> },
          { value: 'webhook', label: t('tabWebhook'), content: <NumberWebhook number={number} /> },
          { value: 'settings', label: t('tabSettings'), content: <NumberSettings number={number} /> },
        ]}
      />
      {connect && <ConnectDialog number={number} onClose={() => show(stay)} />}
      {asked === 'rename' && <RenameDialog number={number} onClose={() => setAsked(undefined)} />}
      {asked === 'remove' && <RemoveDialog number={number} onClose={() => setAsked(undefined)} />}
    </Page>
  )
}

function Actions({
  number,
  onAsk,
  onConnect,
}: {
  number: Instance
  onAsk(asked: Asked): void
  onConnect(): void
}) {
  const t = useWords(numberWords)
  const { can } = useSession()
  const confirm = useConfirm()
  const toast = useToast()
  const client = useQueryClient()
  const { data: detail } = useQuery(detailQuery(number.id))
  const disconnect = useMutation({
    mutationFn: () => api.post(path`/instances/${number.id}/disconnect`),
    onSuccess: () => toast.done(t('disconnected')),
    onSettled: () => client.invalidateQueries({ queryKey: ['instances'] }),
  })
  if (!can('manage')) return null
  const connected = number.connection === 'connected'
  const stored = number.origin === 'store'
  const mayDisconnect = detail?.can?.disconnect === true
  return (
    <>
      {!connected && (
        <Button look="primary" icon={<PlugZap size={16} aria-hidden />} onClick={onConnect}>
          {t('connect')}
        </Button>
      )}
      {connected && mayDisconnect && (
        <Button
          icon={<Unplug size={16} aria-hidden />}
          busy={disconnect.isPending}
          onClick={async () => {
            const question = {
              title: t('disconnectTitle', { name: nameOf(number.name ?? number.id) }),
              text: t('disconnectText'),
              action: t('disconnect'),
            }
            if (await confirm(question)) disconnect.mutate()
          }}
        >
          {t('disconnect')}
        </Button>
      )}
      {stored && (
        <Menu trigger={<IconButton label={t('actions')} icon={<MoreHorizontal size={16} />} />}>
          <MenuItem icon={<Pencil size={16} aria-hidden />} onSelect={() => onAsk('rename')}>
            {t('rename')}
          </MenuItem>
          <MenuItem danger icon={<Trash2 size={16} aria-hidden />} onSelect={() => onAsk('remove')}>
            {t('remove')}
          </MenuItem>
        </Menu>
      )}
    </>
  )
}
