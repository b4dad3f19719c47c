import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Unrouted } from '../../../../../src/http/contract/instances.ts'
import type { GatewayKind, RemoteInstance } from '../../../../../src/http/contract/servers.ts'
import { Button } from '../../../ui/button.tsx'
import { RadioGroup, SelectField, TextField } from '../../../ui/field.tsx'
import { Section } from '../../../ui/page.tsx'
import { ErrorState, LoadingState } from '../../../ui/states.tsx'
import { shownAddress } from '../../../words/address.ts'
import { common } from '../../../words/common.ts'
import { useFormat, useWords } from '../../../words/use-words.tsx'
import { SettingFields } from '../gateway-settings.tsx'
import { gatewaysQuery, remotesQuery, serversQuery } from '../queries.ts'
import type { NewSearch, Way } from '../search.ts'
import { type SettingValues, settingsBody, settingsOf } from '../settings-schema.ts'
import { newWords } from './words.ts'

/** Where the number is, or is to be. */
export type Place =
  | { way: 'create'; server: string }
  | { way: 'adopt'; server: string; remote: RemoteInstance }
  | {
      way: 'hand'
      gateway: GatewayKind
      baseUrl: string
      device: string | undefined
      settings: Record<string, unknown> | undefined
    }
  | { way: 'unrouted'; unrouted: Unrouted }

export function Where({
  way,
  search,
  onBack,
  onPlace,
}: {
  way: Way
  search: NewSearch
  onBack(): void
  onPlace(place: Place): void
}) {
  return way === 'hand' ? (
    <ByHand onBack={onBack} onPlace={onPlace} />
  ) : (
    <AtServer way={way} search={search} onBack={onBack} onPlace={onPlace} />
  )
}

function AtServer({
  way,
  search,
  onBack,
  onPlace,
}: {
  way: 'create' | 'adopt'
  search: NewSearch
  onBack(): void
  onPlace(place: Place): void
}) {
  const t = useWords(newWords)
  const { data, error, refetch } = useQuery(serversQuery)
  const servers = data?.data.filter(({ manages }) => manages) ?? []
  const [chosen, setChosen] = useState(search.server)
  const [picked, setRemote] = useState<RemoteInstance>()
  const server = servers.find(({ id }) => id === chosen) ?? servers[0]
  const { data: remotes } = useQuery({
    ...remotesQuery(server?.id ?? ''),
    enabled: way === 'adopt' && server !== undefined,
  })
  const remote = picked ?? remotes?.data.find(({ id, adoptable }) => adoptable && id === search.remote)
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <LoadingState />
  const ready = server && (way === 'create' || remote !== undefined)
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (!server) return
        if (way === 'create') onPlace({ way, server: server.id })
        else if (remote) onPlace({ way, server: server.id, remote })
      }}
    >
      <Section title={t(way === 'create' ? 'wayCreate' : 'wayAdopt')}>
        <div className="grid gap-4">
          <SelectField
            label={t('server')}
            value={server?.id ?? ''}
            choices={servers.map(({ id, gateway }) => ({ value: id, label: `${id} (${gateway})` }))}
            onChange={(id) => {
              setChosen(id)
              setRemote(undefined)
            }}
          />
          {way === 'adopt' && server && (
            <Remotes key={server.id} server={server.id} chosen={remote?.id} onChoose={setRemote} />
          )}
        </div>
      </Section>
      <Steering onBack={onBack} disabled={!ready} />
    </form>
  )
}

/** What the server has. One that is down says so here, and the other ways stay open. */
function Remotes({
  server,
  chosen,
  onChoose,
}: {
  server: string
  chosen: string | undefined
  onChoose(remote: RemoteInstance | undefined): void
}) {
  const t = useWords(newWords)
  const format = useFormat()
  const { data, error, refetch } = useQuery(remotesQuery(server))
  if (!data)
    return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <LoadingState lines={3} />
  const adoptable = data.data.filter((one) => one.adoptable)
  if (adoptable.length === 0) return <p className="text-muted">{t('remoteNone')}</p>
  return (
    <RadioGroup
      label={t('remote')}
      value={chosen ?? ''}
      choices={adoptable.map(({ id, name, phone, state }) => ({
        value: id,
        label: name ?? id,
        hint: format.list(
          [id, phone === undefined ? undefined : shownAddress(`phone:${phone}`), state].filter(
            (one) => one !== undefined && one !== name,
          ) as string[],
        ),
      }))}
      onChange={(id) => onChoose(adoptable.find((one) => one.id === id))}
    />
  )
}

function ByHand({ onBack, onPlace }: { onBack(): void; onPlace(place: Place): void }) {
  const t = useWords(newWords)
  const shared = useWords(common)
  const { data, error, refetch } = useQuery(gatewaysQuery)
  const [name, setName] = useState<string>()
  const [baseUrl, setBaseUrl] = useState('')
  const [device, setDevice] = useState('')
  const [values, setValues] = useState<SettingValues>({})
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <LoadingState />
  const gateway = data.data.find((one) => one.name === name) ?? data.data[0]
  const settings = settingsOf(gateway)
  const ready =
    baseUrl.trim() !== '' && settings.every(({ path, required }) => !required || (values[path] ?? '') !== '')
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (!gateway || !ready) return
        const given = device.trim()
        onPlace({
          way: 'hand',
          gateway,
          baseUrl: baseUrl.trim(),
          device: given === '' ? undefined : given,
          settings: settingsBody(values),
        })
      }}
    >
      <Section title={t('wayHand')}>
        <div className="grid gap-4">
          <SelectField
            label={t('gateway')}
            value={gateway?.name ?? ''}
            choices={data.data.map((one) => ({ value: one.name, label: one.name }))}
            onChange={setName}
          />
          <TextField
            label={t('baseUrl')}
            hint={t('baseUrlHint')}
            required
            inputMode="url"
            autoComplete="off"
            placeholder="https://"
            value={baseUrl}
            onChange={setBaseUrl}
          />
          <TextField
            label={`${t('device')} (${shared('optional')})`}
            hint={t('deviceHint')}
            autoComplete="off"
            value={device}
            onChange={setDevice}
          />
          <SettingFields settings={settings} values={values} onChange={setValues} errorOf={() => undefined} />
        </div>
      </Section>
      <Steering onBack={onBack} disabled={!ready} />
    </form>
  )
}

function Steering({ onBack, disabled }: { onBack(): void; disabled: boolean }) {
  const t = useWords(newWords)
  const shared = useWords(common)
  return (
    <div className="flex justify-between gap-2">
      <Button onClick={onBack}>{shared('back')}</Button>
      <Button type="submit" look="primary" disabled={disabled}>
        {t('next')}
      </Button>
    </div>
  )
}
