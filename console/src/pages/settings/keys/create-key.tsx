import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { MadeKey } from '../../../../../src/http/contract/access.ts'
import { api, newIntent } from '../../../api/client.ts'
import { ApiError } from '../../../api/problem.ts'
import type { Scope } from '../../../api/session.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { Checkbox, SelectField, TextField } from '../../../ui/field.tsx'
import { FormFault } from '../../../ui/form-fault.tsx'
import { common } from '../../../words/common.ts'
import { useWords } from '../../../words/use-words.tsx'
import { SCOPE_MAY, SCOPE_WORDS, SCOPES } from '../rights.ts'
import { words as settings } from '../words.ts'
import { words } from './words.ts'

const DAY_MS = 86_400_000
const ENDS = { never: undefined, month: 30 * DAY_MS, quarter: 90 * DAY_MS, year: 365 * DAY_MS } as const
type End = keyof typeof ENDS

/** Makes a key; what it is goes to `onMade`, once. */
export function CreateKey({ onClose, onMade }: { onClose(): void; onMade(made: MadeKey): void }) {
  const t = useWords(words)
  const of = useWords(settings)
  const shared = useWords(common)
  const client = useQueryClient()
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<readonly Scope[]>(['read', 'send'])
  const [end, setEnd] = useState<End>('never')
  // biome-ignore lint/correctness/useExhaustiveDependencies: another content is another intent
  const idempotencyKey = useMemo(newIntent, [name, scopes, end])
  const make = useMutation({
    mutationFn: () => {
      const lasts = ENDS[end]
      return api.post<MadeKey>(
        '/keys',
        {
          name: name.trim(),
          scopes,
          ...(lasts !== undefined && { expiresAt: new Date(Date.now() + lasts).toISOString() }),
        },
        { idempotencyKey },
      )
    },
    meta: { quiet: true },
    async onSuccess(made) {
      await client.invalidateQueries({ queryKey: ['people', 'keys'] })
      onMade(made)
    },
  })
  const fault = make.error instanceof ApiError ? make.error : undefined
  return (
    <Dialog
      open
      keep={name !== ''}
      onClose={onClose}
      title={t('createTitle')}
      description={t('createHint')}
      footer={
        <>
          <Button onClick={onClose}>{shared('cancel')}</Button>
          <Button
            type="submit"
            form="key"
            look="primary"
            busy={make.isPending}
            disabled={scopes.length === 0}
          >
            {t('create')}
          </Button>
        </>
      }
    >
      <form
        id="key"
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          make.mutate()
        }}
      >
        <FormFault error={make.error} fields={['name']} />
        <TextField
          label={t('name')}
          hint={t('nameHint')}
          error={fault?.field('name')}
          value={name}
          onChange={setName}
          maxLength={100}
          autoComplete="off"
          required
        />
        <fieldset>
          <legend className="mb-1 font-strong">{t('scopesHint')}</legend>
          <div className="grid gap-2">
            {SCOPES.map((scope) => (
              <Checkbox
                key={scope}
                label={of(SCOPE_WORDS[scope])}
                hint={of(SCOPE_MAY[scope])}
                checked={scopes.includes(scope)}
                onChange={(on) =>
                  setScopes(SCOPES.filter((one) => (one === scope ? on : scopes.includes(one))))
                }
              />
            ))}
          </div>
        </fieldset>
        <SelectField<End>
          label={t('ends')}
          value={end}
          onChange={setEnd}
          choices={[
            { value: 'never', label: t('endsNever') },
            { value: 'month', label: t('endsMonth') },
            { value: 'quarter', label: t('endsQuarter') },
            { value: 'year', label: t('endsYear') },
          ]}
        />
      </form>
    </Dialog>
  )
}
