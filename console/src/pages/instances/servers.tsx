import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Plus, Server as ServerIcon, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { MadeSecrets } from '../../../../src/http/contract/instances.ts'
import type { RemoteInstance, Server } from '../../../../src/http/contract/servers.ts'
import { api, path } from '../../api/client.ts'
import { useSession } from '../../api/session.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { ButtonLink } from '../../ui/button-link.tsx'
import { useConfirm } from '../../ui/confirm.tsx'
import { CopyId } from '../../ui/copy.tsx'
import { Section } from '../../ui/page.tsx'
import { EmptyState, ErrorState, LoadingState } from '../../ui/states.tsx'
import { Badge, StatusDot } from '../../ui/status.tsx'
import { useToast } from '../../ui/toast.tsx'
import { shownAddress } from '../../words/address.ts'
import { common } from '../../words/common.ts'
import { useWords } from '../../words/use-words.tsx'
import { remotesQuery, serversQuery } from './queries.ts'
import { SecretsDialog } from './secrets-dialog.tsx'
import { ServerDialog } from './server-dialog.tsx'
import { CONNECTION_SIGNALS, connectionOf, connectionWords } from './state.ts'
import { words } from './words.ts'

/** Installations of gateways that hold many numbers. */
export function ServerList() {
  const t = useWords(words)
  const { can } = useSession()
  const { data, error, refetch } = useQuery(serversQuery)
  const [adding, setAdding] = useState(false)
  const [made, setMade] = useState<MadeSecrets>()
  const add = can('manage') && (
    <Button icon={<Plus size={16} aria-hidden />} onClick={() => setAdding(true)}>
      {t('addServer')}
    </Button>
  )
  return (
    <>
      {!data ? (
        error ? (
          <ErrorState error={error} onRetry={() => void refetch()} />
        ) : (
          <LoadingState />
        )
      ) : data.data.length === 0 ? (
        <EmptyState icon={<ServerIcon size={24} aria-hidden />} title={t('serversEmpty')} action={add}>
          {t('serversEmptyHint')}
        </EmptyState>
      ) : (
        <>
          <div className="flex justify-end pb-3">{add}</div>
          {data.data.map((server) => (
            <OneServer key={server.id} server={server} />
          ))}
        </>
      )}
      {adding && <ServerDialog onClose={() => setAdding(false)} onMade={setMade} />}
      {made && <SecretsDialog secrets={made} onClose={() => setMade(undefined)} />}
    </>
  )
}

function OneServer({ server }: { server: Server }) {
  const t = useWords(words)
  const shared = useWords(common)
  const { can } = useSession()
  const confirm = useConfirm()
  const toast = useToast()
  const client = useQueryClient()
  const [editing, setEditing] = useState(false)
  const remove = useMutation({
    mutationFn: () => api.delete(path`/servers/${server.id}`, { body: { id: server.id } }),
    onSuccess: () => toast.done(t('serverRemoved')),
    onSettled: () => client.invalidateQueries({ queryKey: serversQuery.queryKey }),
  })
  const mayChange = can('manage') && server.origin === 'store'
  return (
    <Section
      title={server.id}
      actions={
        mayChange && (
          <>
            <Button small onClick={() => setEditing(true)}>
              {shared('edit')}
            </Button>
            <IconButton
              small
              label={t('removeServer')}
              busy={remove.isPending}
              icon={<Trash2 size={16} />}
              onClick={async () => {
                const question = {
                  title: t('removeServer'),
                  text: t('removeServerText'),
                  action: t('removeServer'),
                  name: server.id,
                }
                if (await confirm(question)) remove.mutate()
              }}
            />
          </>
        )
      }
    >
      <div className="flex flex-wrap items-center gap-2">
        <span className="font-strong">{server.gateway}</span>
        {server.baseUrl !== undefined && <CopyId id={server.baseUrl} />}
        <Badge signal={server.adminToken ? 'good' : 'neutral'}>
          {t(server.adminToken ? 'adminTokenSet' : 'adminTokenMissing')}
        </Badge>
        {server.globalWebhook && <Badge>{t('globalWebhook')}</Badge>}
        <span className="text-muted">{t('numbersOf', { n: server.instances.length })}</span>
      </div>
      {server.origin === 'file' && <p className="mt-2 text-meta text-muted">{t('fromFileServer')}</p>}
      {server.globalWebhook && mayChange && <GlobalWebhook server={server} />}
      <h3 className="mt-4 mb-1 font-strong">{t('atServer')}</h3>
      {server.manages ? <Remotes server={server.id} /> : <p className="text-muted">{t('atServerNone')}</p>}
      {editing && <ServerDialog server={server} onClose={() => setEditing(false)} onMade={() => {}} />}
    </Section>
  )
}

function GlobalWebhook({ server }: { server: Server }) {
  const t = useWords(words)
  const toast = useToast()
  const register = useMutation({
    mutationFn: () => api.post(path`/servers/${server.id}/webhooks`, {}),
    onSuccess: () => toast.done(t('registered')),
  })
  return (
    <div className="mt-3">
      <Button small busy={register.isPending} onClick={() => register.mutate()}>
        {t('registerServer')}
      </Button>
    </div>
  )
}

/** What the server says it has. A server that is down shows as such, here only. */
function Remotes({ server }: { server: string }) {
  const t = useWords(words)
  const { data, error, refetch } = useQuery(remotesQuery(server))
  if (!data)
    return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <LoadingState lines={2} />
  if (data.data.length === 0) return <p className="text-muted">{t('atServerEmpty')}</p>
  return (
    <ul className="grid gap-1">
      {data.data.map((remote) => (
        <Remote key={remote.id} server={server} remote={remote} />
      ))}
    </ul>
  )
}

function Remote({ server, remote }: { server: string; remote: RemoteInstance }) {
  const t = useWords(words)
  const states = useWords(connectionWords)
  const { can } = useSession()
  const state = connectionOf(remote.state)
  return (
    <li className="flex min-h-9 flex-wrap items-center gap-x-3 gap-y-1">
      <bdi className="min-w-0 truncate">{remote.name ?? remote.id}</bdi>
      {remote.phone !== undefined && (
        <span className="text-muted">{shownAddress(`phone:${remote.phone}`)}</span>
      )}
      {remote.state !== undefined && (
        <StatusDot signal={CONNECTION_SIGNALS[state]}>
          {state === 'unknown' ? remote.state : states(state)}
        </StatusDot>
      )}
      <span className="ml-auto">
        {remote.instance !== undefined ? (
          <ButtonLink small look="quiet" to="/instances/$id" params={{ id: remote.instance }}>
            {t('inHub', { id: remote.instance })}
          </ButtonLink>
        ) : (
          remote.adoptable &&
          can('manage') && (
            <ButtonLink small to="/instances/new" search={{ way: 'adopt', server, remote: remote.id }}>
              {t('adopt')}
            </ButtonLink>
          )
        )}
      </span>
    </li>
  )
}
