import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import type { MadeInvitation } from '../../../../../src/http/contract/access.ts'
import { api, newIntent } from '../../../api/client.ts'
import { ApiError } from '../../../api/problem.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { TextField } from '../../../ui/field.tsx'
import { FormFault } from '../../../ui/form-fault.tsx'
import { common } from '../../../words/common.ts'
import { useWords } from '../../../words/use-words.tsx'
import type { Role } from '../rights.ts'
import { RoleChoice } from './role-choice.tsx'
import { words } from './words.ts'

/** Makes an invitation; its link goes to `onMade`, once. */
export function Invite({ onClose, onMade }: { onClose(): void; onMade(made: MadeInvitation): void }) {
  const t = useWords(words)
  const shared = useWords(common)
  const client = useQueryClient()
  const [role, setRole] = useState<Role>('agent')
  const [name, setName] = useState('')
  const [login, setLogin] = useState('')
  // biome-ignore lint/correctness/useExhaustiveDependencies: another content is another intent
  const idempotencyKey = useMemo(newIntent, [role, name, login])
  const make = useMutation({
    mutationFn: () =>
      api.post<MadeInvitation>(
        '/invitations',
        {
          role,
          ...(name.trim() !== '' && { name: name.trim() }),
          ...(login.trim() !== '' && { login: login.trim() }),
        },
        { idempotencyKey },
      ),
    meta: { quiet: true },
    async onSuccess(made) {
      await client.invalidateQueries({ queryKey: ['people', 'invitations'] })
      onMade(made)
    },
  })
  const fault = make.error instanceof ApiError ? make.error : undefined
  return (
    <Dialog
      open
      keep={name !== '' || login !== ''}
      onClose={onClose}
      title={t('inviteTitle')}
      description={t('inviteHint')}
      footer={
        <>
          <Button onClick={onClose}>{shared('cancel')}</Button>
          <Button type="submit" form="invite" look="primary" busy={make.isPending}>
            {t('makeLink')}
          </Button>
        </>
      }
    >
      <form
        id="invite"
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          make.mutate()
        }}
      >
        <FormFault error={make.error} />
        <RoleChoice value={role} onChange={setRole} />
        <TextField
          label={`${t('nameOf')} (${shared('optional')})`}
          error={fault?.field('name')}
          value={name}
          onChange={setName}
          maxLength={100}
          autoComplete="off"
        />
        <TextField
          label={`${t('loginOf')} (${shared('optional')})`}
          hint={t('loginOfHint')}
          error={fault?.field('login')}
          value={login}
          onChange={setLogin}
          maxLength={254}
          autoComplete="off"
        />
      </form>
    </Dialog>
  )
}
