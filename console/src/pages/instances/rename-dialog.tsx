import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Instance } from '../../../../src/http/contract/instances.ts'
import { api, path } from '../../api/client.ts'
import { ApiError } from '../../api/problem.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Checkbox, TextField } from '../../ui/field.tsx'
import { useToast } from '../../ui/toast.tsx'
import { common } from '../../words/common.ts'
import { useWords } from '../../words/use-words.tsx'
import { FormFault } from './form-fault.tsx'
import { numberWords } from './number-words.ts'
import { detailQuery } from './queries.ts'

export function RenameDialog({ number, onClose }: { number: Instance; onClose(): void }) {
  const t = useWords(numberWords)
  const shared = useWords(common)
  const toast = useToast()
  const client = useQueryClient()
  const { data: detail } = useQuery(detailQuery(number.id))
  const [name, setName] = useState(number.name ?? '')
  const [also, setAlso] = useState(false)
  const given = name.trim()
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: () =>
      api.patch(path`/instances/${number.id}`, {
        revision: number.revision,
        name: given === '' ? null : given,
        ...(also && given !== '' && { alsoAtGateway: true }),
      }),
    async onSuccess() {
      await client.invalidateQueries({ queryKey: ['instances'] })
      toast.done(t('renamed'))
      onClose()
    },
  })
  return (
    <Dialog
      open
      onClose={onClose}
      title={t('rename')}
      footer={
        <>
          <Button onClick={onClose}>{shared('cancel')}</Button>
          <Button look="primary" busy={save.isPending} onClick={() => save.mutate()}>
            {shared('save')}
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
        <TextField
          label={t('renameLabel')}
          hint={t('renameHint')}
          error={save.error instanceof ApiError ? save.error.field('name') : undefined}
          maxLength={100}
          value={name}
          onChange={setName}
          autoComplete="off"
        />
        {detail?.can?.rename && (
          <Checkbox label={t('renameAlso')} checked={also} onChange={setAlso} disabled={given === ''} />
        )}
        <FormFault error={save.error} shown={['name']} />
      </form>
    </Dialog>
  )
}
