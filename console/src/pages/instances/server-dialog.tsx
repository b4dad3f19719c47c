import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { MadeSecrets } from '../../../../src/http/contract/instances.ts'
import type { CreatedServer, Server } from '../../../../src/http/contract/servers.ts'
import { api, path } from '../../api/client.ts'
import { ApiError } from '../../api/problem.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { SelectField, TextField } from '../../ui/field.tsx'
import { useToast } from '../../ui/toast.tsx'
import { common } from '../../words/common.ts'
import { useWords } from '../../words/use-words.tsx'
import { FormFault } from './form-fault.tsx'
import { SettingFields } from './gateway-settings.tsx'
import { gatewaysQuery } from './queries.ts'
import { type SettingValues, settingsBody, settingsOf } from './settings-schema.ts'
import { words } from './words.ts'

/** Adds a server, or changes the one that is given. */
export function ServerDialog({
  server,
  onClose,
  onMade,
}: {
  server?: Server
  onClose(): void
  onMade(secrets: MadeSecrets): void
}) {
  const t = useWords(words)
  const shared = useWords(common)
  const toast = useToast()
  const client = useQueryClient()
  const { data: gateways } = useQuery(gatewaysQuery)
  const kinds = gateways?.data.filter((one) => one.server.manages || one.server.adminToken) ?? []
  const [id, setId] = useState('')
  const [gateway, setGateway] = useState<string>()
  const [baseUrl, setBaseUrl] = useState(server?.baseUrl ?? '')
  const [adminToken, setAdminToken] = useState('')
  const [settings, setSettings] = useState<SettingValues>({})
  const kind = kinds.find(({ name }) => name === (server?.gateway ?? gateway)) ?? kinds[0]
  // A token of one number is none of the server's.
  const shown = kind?.server.adminToken ? [] : settingsOf(kind)
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: async () => {
      const own = settingsBody(settings)
      const body = {
        baseUrl: baseUrl.trim(),
        ...(adminToken !== '' && { adminToken }),
        ...(own && { settings: own }),
      }
      if (server) {
        await api.patch(path`/servers/${server.id}`, { revision: server.revision, ...body })
        return undefined
      }
      const made = await api.post<CreatedServer>('/servers', { id: id.trim(), gateway: kind?.name, ...body })
      return made.secrets
    },
    async onSuccess(secrets) {
      await client.invalidateQueries({ queryKey: ['instances'] })
      toast.done(t(server ? 'serverChanged' : 'serverAdded'))
      onClose()
      if (secrets) onMade(secrets)
    },
  })
  const fault = save.error instanceof ApiError ? save.error : undefined
  return (
    <Dialog
      open
      keep
      onClose={onClose}
      title={server ? server.id : t('addServer')}
      footer={
        <>
          <Button onClick={onClose}>{shared('cancel')}</Button>
          <Button look="primary" busy={save.isPending} onClick={() => save.mutate()}>
            {server ? shared('save') : shared('add')}
          </Button>
        </>
      }
    >
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        {!server && (
          <>
            <SelectField
              label={t('gateway')}
              value={kind?.name ?? ''}
              choices={kinds.map(({ name }) => ({ value: name, label: name }))}
              onChange={setGateway}
            />
            <TextField
              label={t('serverId')}
              hint={t('serverIdHint')}
              error={fault?.field('id')}
              required
              value={id}
              onChange={setId}
              autoComplete="off"
            />
          </>
        )}
        <TextField
          label={t('serverUrl')}
          error={fault?.field('baseUrl')}
          required
          placeholder="https://"
          inputMode="url"
          value={baseUrl}
          onChange={setBaseUrl}
          autoComplete="off"
        />
        {kind?.server.adminToken && (
          <TextField
            label={t('adminToken')}
            hint={server?.adminToken ? t('adminTokenKept') : t('adminTokenHint')}
            error={fault?.field('adminToken')}
            type="password"
            autoComplete="new-password"
            value={adminToken}
            onChange={setAdminToken}
          />
        )}
        <SettingFields
          settings={shown}
          values={settings}
          onChange={setSettings}
          errorOf={(name) => fault?.field(name)}
        />
        <FormFault
          error={save.error}
          shown={['id', 'baseUrl', 'adminToken', ...shown.map((one) => one.path)]}
        />
        <button type="submit" hidden />
      </form>
    </Dialog>
  )
}
