import { useQuery } from '@tanstack/react-query'
import { Navigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { sessionQuery } from '../../api/session.ts'
import { Door } from '../../shell/door.tsx'
import { Button } from '../../ui/button.tsx'
import { useFaultWords } from '../../ui/fault-words.ts'
import { TextField } from '../../ui/field.tsx'
import { Notice } from '../../ui/status.tsx'
import { useWords } from '../../words/use-words.tsx'
import { safeNext, useEntry } from './use-entry.ts'
import { words } from './words.ts'

export function LoginPage() {
  const t = useWords(words)
  const next = safeNext(useSearch({ from: '/login' }).next)
  const { data: session } = useQuery(sessionQuery)
  const [login, setLogin] = useState('')
  const [password, setPassword] = useState('')
  const { enter, busy, error, fault } = useEntry('/session', next)
  const told = useFaultWords(error)
  if (session?.principal) return <Navigate to={next ?? '/'} replace />
  return (
    <Door title={t('signIn')}>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          enter({ login, password })
        }}
      >
        {session?.ownerExists === false && (
          <Notice signal="attention" title={t('noOwner')}>
            {t('noOwnerHint')}
          </Notice>
        )}
        {session?.ended && <Notice signal="waiting">{t('ended')}</Notice>}
        {error && (
          <Notice signal="bad" title={fault?.status === 401 ? t('wrong') : told.title}>
            {fault?.status === 401 ? undefined : told.hint}
          </Notice>
        )}
        <TextField
          label={t('login')}
          value={login}
          onChange={setLogin}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          required
        />
        <TextField
          label={t('password')}
          type="password"
          value={password}
          onChange={setPassword}
          autoComplete="current-password"
          required
        />
        <Button type="submit" look="primary" grow busy={busy}>
          {t('signIn')}
        </Button>
        <p className="text-meta text-muted">{t('forgotten')}</p>
      </form>
    </Door>
  )
}
