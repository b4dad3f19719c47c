import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { Instance, RemovedInstance } from '../../../../src/http/contract/instances.ts'
import { api, path } from '../../api/client.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Checkbox, TextField } from '../../ui/field.tsx'
import { nameOf } from '../../ui/shorten.ts'
import { useToast } from '../../ui/toast.tsx'
import { common } from '../../words/common.ts'
import { useWords } from '../../words/use-words.tsx'
import { FormFault } from './form-fault.tsx'
import { numberWords } from './number-words.ts'
import { detailQuery } from './queries.ts'

/** Nothing brings it back: its id has to be typed. */
export function RemoveDialog({ number, onClose }: { number: Instance; onClose(): void }) {
  const t = useWords(numberWords)
  const shared = useWords(common)
  const toast = useToast()
  const client = useQueryClient()
  const navigate = useNavigate()
  const { data: detail } = useQuery(detailQuery(number.id))
  const [typed, setTyped] = useState('')
  const [also, setAlso] = useState(false)
  const remove = useMutation({
    meta: { quiet: true },
    mutationFn: () =>
      api.delete<RemovedInstance>(path`/instances/${number.id}`, {
        body: { id: number.id, alsoAtGateway: also },
      }),
    async onSuccess({ atGateway, reason }) {
      await navigate({ to: '/instances' })
      await client.invalidateQueries({ queryKey: ['instances'] })
      toast.done(atGateway === 'failed' ? t('removedKeptAtGateway', { reason: reason ?? '' }) : t('removed'))
    },
  })
  const ready = typed.trim() === number.id
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('removeTitle', { name: nameOf(number.name ?? number.id) })}
      description={t('removeText')}
      footer={
        <>
          <Button onClick={onClose}>{shared('cancel')}</Button>
          <Button look="danger" disabled={!ready} busy={remove.isPending} onClick={() => remove.mutate()}>
            {t('remove')}
          </Button>
        </>
      }
    >
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (ready) remove.mutate()
        }}
      >
        {number.queued > 0 && <p className="font-strong">{t('removeQueued', { n: number.queued })}</p>}
        {detail?.can?.remove && (
          <Checkbox label={t('removeAlso')} hint={t('removeAlsoHint')} checked={also} onChange={setAlso} />
        )}
        <TextField
          label={t('removeId', { id: number.id })}
          value={typed}
          onChange={setTyped}
          autoComplete="off"
          spellCheck={false}
        />
        <FormFault error={remove.error} shown={[]} />
      </form>
    </Dialog>
  )
}
