import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import type { AdoptUnrouted, CreateInstance } from '../../../../../src/http/contract/instances.ts'
import { api, newIntent, path } from '../../../api/client.ts'
import { ApiError } from '../../../api/problem.ts'
import { Button } from '../../../ui/button.tsx'
import { Checkbox, TextField } from '../../../ui/field.tsx'
import { Section } from '../../../ui/page.tsx'
import { common } from '../../../words/common.ts'
import { useWords } from '../../../words/use-words.tsx'
import { FormFault } from '../form-fault.tsx'
import { SettingFields } from '../gateway-settings.tsx'
import { gatewaysQuery } from '../queries.ts'
import { type SettingValues, settingsBody, settingsOf } from '../settings-schema.ts'
import type { Made } from './made.ts'
import type { Place } from './where.tsx'
import { newWords } from './words.ts'

const VERBS = { create: 'create', adopt: 'adopt', hand: 'add', unrouted: 'adopt' } as const

/** An id out of a name at a gateway, as far as it can be one. */
const idFrom = (name: string): string =>
  name
    .normalize('NFKD')
    .replaceAll(/[^\w-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .toLowerCase()
    .slice(0, 40)

/** What can be told before anything is asked; the hub has the last word. */
const isId = (id: string): boolean => /^[A-Za-z0-9][\w-]{0,62}$/.test(id.trim())

const firstId = (place: Place): string =>
  place.way === 'unrouted'
    ? place.unrouted.suggestion.id
    : place.way === 'adopt'
      ? idFrom(place.remote.name ?? place.remote.id)
      : ''

/** What it is called here; then it is made. */
export function Details({
  place,
  onBack,
  onMade,
}: {
  place: Place
  onBack(): void
  onMade(made: Made): void
}) {
  const t = useWords(newWords)
  const shared = useWords(common)
  const client = useQueryClient()
  const { data: gateways } = useQuery(gatewaysQuery)
  const keyOf = useIntent()
  const [id, setId] = useState(() => firstId(place))
  const [tried, setTried] = useState(false)
  const [name, setName] = useState('')
  const [tags, setTags] = useState('')
  const [remoteName, setRemoteName] = useState('')
  const [handOver, setHandOver] = useState(true)
  const [values, setValues] = useState<SettingValues>({})
  const unrouted = place.way === 'unrouted' ? place.unrouted : undefined
  const make = useMutation({
    meta: { quiet: true },
    mutationFn: () => {
      const common = {
        id: id.trim(),
        ...(name.trim() !== '' && { name: name.trim() }),
        ...(tags.trim() !== '' && {
          tags: tags
            .split(',')
            .map((tag) => tag.trim())
            .filter(Boolean),
        }),
      }
      if (place.way !== 'unrouted') {
        const body: CreateInstance = { ...common, ...sourceOf(place, remoteName.trim()) }
        return api.post<Made>('/instances', body, { idempotencyKey: keyOf(body) })
      }
      const own = settingsBody(values)
      const { device } = place.unrouted.suggestion
      const body: AdoptUnrouted = {
        ...common,
        ...(device !== undefined && { device }),
        ...(own && { settings: own }),
        handOver,
      }
      return api.post<Made>(path`/unrouted/${place.unrouted.id}/adopt`, body, {
        idempotencyKey: keyOf(body),
      })
    },
    async onSuccess(made) {
      await client.invalidateQueries({ queryKey: ['instances'] })
      onMade(made)
    },
  })
  // The server may turn out not to have its token after all.
  const settings =
    unrouted && (!unrouted.suggestion.tokenFromServer || make.isError)
      ? settingsOf(gateways?.data.find((one) => one.name === unrouted.gateway))
      : []
  const idFault = tried && !isId(id)
  const fault = make.error instanceof ApiError ? make.error : undefined
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        setTried(true)
        if (isId(id)) make.mutate()
      }}
    >
      <Section title={t('stepDetails')}>
        <div className="grid gap-4">
          <TextField
            label={t('id')}
            hint={t('idHint')}
            error={idFault ? t('idFault') : fault?.field('id')}
            required
            maxLength={63}
            autoComplete="off"
            spellCheck={false}
            value={id}
            onChange={setId}
          />
          <TextField
            label={`${t('name')} (${shared('optional')})`}
            hint={t('nameHint')}
            error={fault?.field('name')}
            maxLength={100}
            autoComplete="off"
            value={name}
            onChange={setName}
          />
          <TextField
            label={`${t('tags')} (${shared('optional')})`}
            hint={t('tagsHint')}
            error={fault?.field('tags')}
            autoComplete="off"
            value={tags}
            onChange={setTags}
          />
          {place.way === 'create' && (
            <TextField
              label={`${t('remoteName')} (${shared('optional')})`}
              hint={t('remoteNameHint')}
              error={fault?.field('create.name')}
              autoComplete="off"
              value={remoteName}
              onChange={setRemoteName}
            />
          )}
          <SettingFields
            settings={settings}
            values={values}
            onChange={setValues}
            errorOf={(of) => fault?.field(of)}
          />
          {unrouted?.suggestion.tokenFromServer && settings.length === 0 && (
            <p className="text-muted">{t('tokenFromServer')}</p>
          )}
          {unrouted && (
            <Checkbox
              label={t('handOver')}
              hint={t('handOverHint', { n: unrouted.count })}
              checked={handOver}
              onChange={setHandOver}
            />
          )}
          <FormFault
            error={make.error}
            shown={['id', 'name', 'tags', 'create.name', ...settings.map((one) => one.path)]}
          />
        </div>
      </Section>
      <div className="flex justify-between gap-2">
        <Button onClick={onBack}>{shared('back')}</Button>
        <Button type="submit" look="primary" busy={make.isPending} disabled={id.trim() === ''}>
          {t(VERBS[place.way])}
        </Button>
      </div>
    </form>
  )
}

/** The part of the request that says where the number comes from. */
function sourceOf(place: Exclude<Place, { way: 'unrouted' }>, remoteName: string) {
  if (place.way === 'create')
    return { server: place.server, create: remoteName === '' ? {} : { name: remoteName } }
  if (place.way === 'adopt') return { server: place.server, adopt: { instance: place.remote.id } }
  const { gateway, baseUrl, device, settings } = place
  return {
    gateway: gateway.name,
    baseUrl,
    ...(device !== undefined && { device }),
    ...(settings && { settings }),
  }
}

/** The key of one intent: the same while the same is asked for, so that a lost answer makes no second number. */
function useIntent(): (body: unknown) => string {
  const last = useRef({ asked: '', key: '' })
  return (body) => {
    const asked = JSON.stringify(body)
    if (asked !== last.current.asked) last.current = { asked, key: newIntent() }
    return last.current.key
  }
}
