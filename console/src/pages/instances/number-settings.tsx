import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Instance } from '../../../../src/http/contract/instances.ts'
import { api, path } from '../../api/client.ts'
import { ApiError } from '../../api/problem.ts'
import { useSession } from '../../api/session.ts'
import { Button } from '../../ui/button.tsx'
import { Checkbox, TextArea, TextField } from '../../ui/field.tsx'
import { Section } from '../../ui/page.tsx'
import { Notice } from '../../ui/status.tsx'
import { useToast } from '../../ui/toast.tsx'
import { common } from '../../words/common.ts'
import { useFormat, useWords } from '../../words/use-words.tsx'
import { changesOf, type Draft, type DraftFault, draftOf, faultsOf } from './draft.ts'
import { FormFault } from './form-fault.tsx'
import { SettingFields } from './gateway-settings.tsx'
import { numberWords } from './number-words.ts'
import { gatewaysQuery, instancesQuery } from './queries.ts'
import { type SettingValues, settingsBody, settingsOf } from './settings-schema.ts'
import { StaleDialog } from './stale-dialog.tsx'

/** How a number is set. What the configuration file says is shown, and where to change it. */
export function NumberSettings({ number }: { number: Instance }) {
  const t = useWords(numberWords)
  const { can } = useSession()
  const fromFile = number.origin === 'file'
  return (
    <div className="max-w-3xl">
      {fromFile && (
        <div className="mb-4">
          <Notice signal="neutral" title={t('settingsFile')}>
            <p>{t('settingsFileHint', { id: number.id })}</p>
          </Notice>
        </div>
      )}
      <SettingsForm number={number} readOnly={fromFile || !can('manage')} />
    </div>
  )
}

/** What was there when one began to type stays the base, whatever comes in meanwhile. */
function SettingsForm({ number, readOnly }: { number: Instance; readOnly: boolean }) {
  const t = useWords(numberWords)
  const shared = useWords(common)
  const format = useFormat()
  const toast = useToast()
  const client = useQueryClient()
  const { data: gateways } = useQuery(gatewaysQuery)
  const [edited, setEdited] = useState<{ base: Instance; draft: Draft }>()
  const [credentials, setCredentials] = useState<SettingValues>({})
  const [stale, setStale] = useState<Instance>()
  const base = edited?.base ?? number
  const draft = edited?.draft ?? draftOf(number)
  const faults = faultsOf(draft)
  const set = (change: Partial<Draft>) => setEdited({ base, draft: { ...draft, ...change } })
  const settings = settingsOf(gateways?.data.find(({ name }) => name === number.gateway))

  const save = useMutation({
    meta: { quiet: true },
    mutationFn: (revision: number | undefined) => {
      const own = settingsBody(credentials)
      return api.patch<Instance>(path`/instances/${number.id}`, {
        revision,
        ...changesOf(base, draft),
        ...(own && { settings: own }),
      })
    },
    async onSuccess() {
      setStale(undefined)
      await client.invalidateQueries({ queryKey: ['instances'] })
      setEdited(undefined)
      setCredentials({})
      toast.done(t('saved'))
    },
    async onError(error) {
      if (!(error instanceof ApiError) || error.status !== 409) return
      const all = await client.fetchQuery({ ...instancesQuery, staleTime: 0 })
      const current = all.find(({ id }) => id === number.id)
      if (current && current.revision !== base.revision) setStale(current)
    },
  })
  const fault = save.error instanceof ApiError ? save.error : undefined
  const errorOf = (field: string, own?: DraftFault) => (own !== undefined ? t(own) : fault?.field(field))
  const dirty = edited !== undefined || settingsBody(credentials) !== undefined
  const submit = () => {
    if (Object.keys(faults).length === 0) save.mutate(base.revision)
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
    >
      <fieldset disabled={readOnly} className="min-w-0">
        <legend className="sr-only">{t('settings')}</legend>
        <Section title={t('pacing')}>
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField
              label={t('minDelay')}
              inputMode="numeric"
              error={errorOf('pacing.minDelayMs', faults.minDelayMs)}
              value={draft.minDelayMs}
              onChange={(minDelayMs) => set({ minDelayMs })}
            />
            <TextField
              label={t('maxDelay')}
              inputMode="numeric"
              error={errorOf('pacing.maxDelayMs', faults.maxDelayMs)}
              value={draft.maxDelayMs}
              onChange={(maxDelayMs) => set({ maxDelayMs })}
            />
          </div>
          <p className="mt-1 text-meta text-muted">{t('pacingHint')}</p>
        </Section>
        <Section title={t('settings')}>
          <div className="grid gap-4">
            <TextField
              label={t('tags')}
              hint={t('tagsHint')}
              error={errorOf('tags')}
              value={draft.tags}
              onChange={(tags) => set({ tags })}
            />
            <TextArea
              label={t('networks')}
              hint={t('networksHint')}
              error={errorOf('webhook.allow')}
              rows={3}
              value={draft.allow}
              onChange={(allow) => set({ allow })}
              spellCheck={false}
            />
            <div className="grid gap-4 sm:grid-cols-2">
              <TextField
                label={t('perSecond')}
                hint={t('perSecondHint')}
                inputMode="decimal"
                error={errorOf('deliveriesPerSecond', faults.perSecond)}
                value={draft.perSecond}
                onChange={(perSecond) => set({ perSecond })}
              />
              <TextField
                label={t('reorder')}
                hint={t('reorderHint')}
                inputMode="numeric"
                error={errorOf('reorderWindowMs', faults.reorderMs)}
                value={draft.reorderMs}
                onChange={(reorderMs) => set({ reorderMs })}
              />
            </div>
            <Checkbox
              label={t('claim')}
              checked={draft.claim}
              disabled={readOnly}
              onChange={(claim) => set({ claim })}
            />
          </div>
        </Section>
        {!readOnly && settings.length > 0 && (
          <Section title={t('gatewaySettings')}>
            <div className="grid gap-4">
              {number.settings.length > 0 && (
                <p className="text-muted">
                  {t('gatewaySettingsSet', { names: format.list(number.settings) })}
                </p>
              )}
              <SettingFields
                settings={settings.map((one) => ({ ...one, required: false }))}
                values={credentials}
                onChange={setCredentials}
                errorOf={(name) => fault?.field(name)}
              />
            </div>
          </Section>
        )}
      </fieldset>
      {!readOnly && (
        <div className="grid gap-3">
          {!stale && <FormFault error={save.error} shown={SHOWN} />}
          <div className="flex gap-2">
            <Button type="submit" look="primary" disabled={!dirty} busy={save.isPending}>
              {shared('save')}
            </Button>
            {dirty && (
              <Button
                onClick={() => {
                  setEdited(undefined)
                  setCredentials({})
                  save.reset()
                }}
              >
                {shared('undo')}
              </Button>
            )}
          </div>
        </div>
      )}
      {stale && (
        <StaleDialog
          mine={draft}
          base={base}
          theirs={stale}
          busy={save.isPending}
          onMine={() => save.mutate(stale.revision)}
          onTheirs={() => {
            setStale(undefined)
            setEdited(undefined)
            void client.invalidateQueries({ queryKey: ['instances'] })
          }}
          onClose={() => setStale(undefined)}
        />
      )}
    </form>
  )
}

const SHOWN = [
  'pacing.minDelayMs',
  'pacing.maxDelayMs',
  'tags',
  'webhook.allow',
  'deliveriesPerSecond',
  'reorderWindowMs',
]
