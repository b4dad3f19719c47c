import { useMutation, useQueryClient } from '@tanstack/react-query'
import { KeyRound, Trash2, UserCheck, UserX } from 'lucide-react'
import { useState } from 'react'
import type { MadeLink, UserView } from '../../../../../src/http/contract/access.ts'
import { api, path } from '../../../api/client.ts'
import { ApiError } from '../../../api/problem.ts'
import { Button } from '../../../ui/button.tsx'
import { useConfirm } from '../../../ui/confirm.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { TextField } from '../../../ui/field.tsx'
import { FormFault } from '../../../ui/form-fault.tsx'
import { useToast } from '../../../ui/toast.tsx'
import { common } from '../../../words/common.ts'
import { useWords } from '../../../words/use-words.tsx'
import type { Role } from '../rights.ts'
import { RoleChoice } from './role-choice.tsx'
import { Stale } from './stale.tsx'
import { words } from './words.ts'

type Change = Partial<Pick<UserView, 'name' | 'role' | 'disabled'>>

/** One account: its name and role, and what ends it. */
export function EditUser({
  user: opened,
  onClose,
  onLink,
}: {
  user: UserView
  onClose(): void
  onLink(link: MadeLink): void
}) {
  const t = useWords(words)
  const shared = useWords(common)
  const toast = useToast()
  const confirm = useConfirm()
  const client = useQueryClient()
  const [user, setUser] = useState(opened)
  const [theirs, setTheirs] = useState<UserView>()
  const [name, setName] = useState(user.name)
  const [role, setRole] = useState<Role>(user.role)
  const renew = () => client.invalidateQueries({ queryKey: ['people'] })

  const save = useMutation({
    mutationFn: ({ version, ...change }: Change & { version: number }) =>
      api.patch<UserView>(path`/users/${user.id}`, { version, ...change }),
    meta: { quiet: true },
    onSettled: renew,
    async onError(error) {
      if (error instanceof ApiError && error.status === 409)
        setTheirs(await currentOf(user).catch(() => undefined))
    },
  })
  const remove = useMutation({
    mutationFn: () => api.delete(path`/users/${user.id}`),
    onSuccess: () => toast.done(t('removed', { name: user.name })),
    onSettled: renew,
  })
  const link = useMutation({
    mutationFn: () => api.post<MadeLink>(path`/users/${user.id}/password-link`),
    onSuccess: onLink,
  })
  const isStale = theirs !== undefined && theirs.version !== user.version

  const submit = (version = user.version) =>
    save.mutate(
      { version, name: name.trim(), role },
      {
        onSuccess(saved) {
          toast.done(t('savedDone', { name: saved.name }))
          onClose()
        },
      },
    )
  const setDisabled = (disabled: boolean) =>
    save.mutate(
      { version: user.version, disabled },
      {
        onSuccess(saved) {
          toast.done(t(disabled ? 'disabledDone' : 'enabledDone', { name: saved.name }), () =>
            save.mutate({ version: saved.version, disabled: !disabled }, { onError: toast.fault }),
          )
          onClose()
        },
      },
    )

  if (isStale)
    return (
      <Stale
        yours={{ ...user, name: name.trim(), role }}
        theirs={theirs}
        busy={save.isPending}
        onKeep={() => {
          setUser(theirs)
          setTheirs(undefined)
          submit(theirs.version)
        }}
        onTake={() => {
          setUser(theirs)
          setName(theirs.name)
          setRole(theirs.role)
          setTheirs(undefined)
          save.reset()
        }}
        onClose={onClose}
      />
    )
  return (
    <Dialog
      open
      keep={name !== user.name || role !== user.role}
      onClose={onClose}
      title={t('editTitle', { name: user.name })}
      description={user.login}
      footer={
        <>
          <Button onClick={onClose}>{shared('cancel')}</Button>
          <Button
            type="submit"
            form="user"
            look="primary"
            busy={save.isPending}
            disabled={name.trim() === user.name && role === user.role}
          >
            {shared('save')}
          </Button>
        </>
      }
    >
      <form
        id="user"
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <FormFault error={save.error} fields={['name', 'role']} />
        <TextField
          label={t('name')}
          error={save.error instanceof ApiError ? save.error.field('name') : undefined}
          value={name}
          onChange={setName}
          maxLength={100}
          required
        />
        <RoleChoice value={role} onChange={setRole} />
      </form>
      <div className="mt-4 flex flex-wrap gap-2 border-t border-line pt-4">
        <Button
          small
          icon={<KeyRound size={16} aria-hidden />}
          busy={link.isPending}
          onClick={() => link.mutate()}
        >
          {t('passwordLink')}
        </Button>
        {!user.you && (
          <>
            <Button
              small
              icon={user.disabled ? <UserCheck size={16} aria-hidden /> : <UserX size={16} aria-hidden />}
              title={user.disabled ? undefined : t('disableHint')}
              onClick={() => setDisabled(!user.disabled)}
            >
              {t(user.disabled ? 'enable' : 'disable')}
            </Button>
            <Button
              small
              look="danger"
              icon={<Trash2 size={16} aria-hidden />}
              onClick={async () => {
                onClose()
                const sure = await confirm({
                  title: t('removeTitle', { name: user.name }),
                  text: t('removeText'),
                  action: t('remove'),
                  name: user.login,
                })
                if (sure) remove.mutate()
              }}
            >
              {t('remove')}
            </Button>
          </>
        )}
      </div>
    </Dialog>
  )
}

/** The account as it is now: one of the list, which is asked anew. */
async function currentOf({ id }: UserView): Promise<UserView | undefined> {
  let cursor: string | undefined
  do {
    const page = await api.get<{ data: UserView[]; next: string | null }>('/users', {
      query: { limit: 200, cursor },
    })
    const found = page.data.find((user) => user.id === id)
    if (found) return found
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  return undefined
}
