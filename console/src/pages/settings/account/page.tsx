import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../../../api/client.ts'
import { ApiError } from '../../../api/problem.ts'
import { useSession } from '../../../api/session.ts'
import { Button } from '../../../ui/button.tsx'
import { TextField } from '../../../ui/field.tsx'
import { FormFault } from '../../../ui/form-fault.tsx'
import { Facts, Section } from '../../../ui/page.tsx'
import { useToast } from '../../../ui/toast.tsx'
import { common } from '../../../words/common.ts'
import { useWords } from '../../../words/use-words.tsx'
import { words as login } from '../../login/words.ts'
import { words as settings } from '../words.ts'
import { Sessions } from './sessions.tsx'
import { words } from './words.ts'

/** What whoever is signed in may change about themselves. */
export function AccountSettings() {
  const { principal } = useSession()
  if (principal?.type !== 'user') return null
  return (
    <>
      <Name name={principal.name} login={principal.login} />
      <Password />
      <Sessions />
    </>
  )
}

function Name({ name: saved, login }: { name: string; login: string }) {
  const t = useWords(words)
  const title = useWords(settings)('account')
  const shared = useWords(common)
  const toast = useToast()
  const client = useQueryClient()
  const [name, setName] = useState(saved)
  const save = useMutation({
    mutationFn: () => api.patch('/me', { name: name.trim() }),
    meta: { quiet: true },
    async onSuccess() {
      toast.done(t('saved'))
      await Promise.all([
        client.invalidateQueries({ queryKey: ['session'] }),
        client.invalidateQueries({ queryKey: ['people'] }),
      ])
    },
  })
  return (
    <Section title={title}>
      <form
        className="grid max-w-md gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          save.mutate()
        }}
      >
        <FormFault error={save.error} fields={['name']} />
        <Facts facts={[[t('login'), login]]} />
        <TextField
          label={t('name')}
          hint={t('nameHint')}
          error={save.error instanceof ApiError ? save.error.field('name') : undefined}
          value={name}
          onChange={setName}
          maxLength={100}
          autoComplete="name"
          required
        />
        <div>
          <Button type="submit" busy={save.isPending} disabled={name.trim() === saved}>
            {shared('save')}
          </Button>
        </div>
      </form>
    </Section>
  )
}

function Password() {
  const t = useWords(words)
  const door = useWords(login)
  const toast = useToast()
  const client = useQueryClient()
  const [current, setCurrent] = useState('')
  const [next, setNext] = useState('')
  const change = useMutation({
    mutationFn: () => api.post('/me/password', { current, next }),
    meta: { quiet: true },
    async onSuccess() {
      setCurrent('')
      setNext('')
      toast.done(t('changed'))
      await client.invalidateQueries({ queryKey: ['people', 'sessions'] })
    },
  })
  const fault = change.error instanceof ApiError ? change.error : undefined
  return (
    <Section title={t('password')}>
      <form
        className="grid max-w-md gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          change.mutate()
        }}
      >
        <FormFault error={change.error} fields={['current', 'next']} />
        <TextField
          label={t('current')}
          error={fault?.field('current') && t('wrong')}
          type="password"
          value={current}
          onChange={setCurrent}
          autoComplete="current-password"
          required
        />
        <TextField
          label={t('next')}
          hint={t('nextHint')}
          error={fault?.field('next') && door('newPasswordWeak')}
          type="password"
          value={next}
          onChange={setNext}
          autoComplete="new-password"
          minLength={12}
          maxLength={256}
          required
        />
        <div>
          <Button type="submit" busy={change.isPending}>
            {t('change')}
          </Button>
        </div>
      </form>
    </Section>
  )
}
