import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { LinkView } from '../../../../src/http/contract/access.ts'
import { api } from '../../api/client.ts'
import { ApiError } from '../../api/problem.ts'
import { Door } from '../../shell/door.tsx'
import { Button } from '../../ui/button.tsx'
import { useFaultWords } from '../../ui/fault-words.ts'
import { TextField } from '../../ui/field.tsx'
import { ErrorState, LoadingState } from '../../ui/states.tsx'
import { Notice } from '../../ui/status.tsx'
import { useFormat, useWords } from '../../words/use-words.tsx'
import { useEntry } from './use-entry.ts'
import { words } from './words.ts'

const TITLES = { owner: 'welcome', invitation: 'invited', password: 'reset' } as const
const ROLES = { owner: 'roleOwner', admin: 'roleAdmin', agent: 'roleAgent', viewer: 'roleViewer' } as const

/** Where a one-time link leads: the first owner, an invitation, a new password. The link itself says which. */
export function LinkPage() {
  const t = useWords(words)
  const { token } = useParams({ strict: false }) as { token: string }
  const { data, error, refetch } = useQuery({
    queryKey: ['session', 'link', token],
    queryFn: () => api.post<LinkView>('/links/check', { token }),
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429)
    return <Gone />
  if (error)
    return (
      <Door title={t('linkGone')}>
        <ErrorState error={error} onRetry={() => void refetch()} />
      </Door>
    )
  if (!data)
    return (
      <Door title="…">
        <LoadingState lines={3} />
      </Door>
    )
  return data.type === 'password' ? (
    <Reset token={token} link={data} />
  ) : (
    <NewAccount token={token} link={data} />
  )
}

function Gone() {
  const t = useWords(words)
  const first = location.pathname.startsWith('/welcome')
  return (
    <Door title={t('linkGone')}>
      <p className="mb-4 text-muted">{t(first ? 'ownerLinkGoneHint' : 'linkGoneHint')}</p>
      <Link to="/login" className="text-accent underline">
        {t('toLogin')}
      </Link>
    </Door>
  )
}

function NewAccount({ token, link }: { token: string; link: LinkView }) {
  const t = useWords(words)
  const format = useFormat()
  const [name, setName] = useState(link.name ?? '')
  const [login, setLogin] = useState(link.login ?? '')
  const [password, setPassword] = useState('')
  const { enter, busy, error, fault } = useEntry(link.type === 'owner' ? '/welcome' : '/invitations/accept')
  return (
    <Door title={t(TITLES[link.type])}>
      <p className="mb-4 text-muted">
        {link.type === 'owner' ? t('welcomeHint') : t('invitedAs', { role: t(ROLES[link.role]) })}{' '}
        {t('expires', { time: `${format.date(link.expiresAt)}, ${format.time(link.expiresAt)}` })}
      </p>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          enter({ token, name, login, password })
        }}
      >
        <Fault error={error} />
        <TextField
          label={t('name')}
          hint={t('nameHint')}
          error={fault?.field('name')}
          value={name}
          onChange={setName}
          autoComplete="name"
          maxLength={100}
          autoFocus
          required
        />
        <TextField
          label={t('newLogin')}
          error={fault?.field('login')}
          value={login}
          onChange={setLogin}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={254}
          required
        />
        <NewPassword value={password} onChange={setPassword} error={fault?.field('password')} />
        <Button type="submit" look="primary" grow busy={busy}>
          {t('create')}
        </Button>
      </form>
    </Door>
  )
}

function Reset({ token, link }: { token: string; link: LinkView }) {
  const t = useWords(words)
  const [password, setPassword] = useState('')
  const { enter, busy, error, fault } = useEntry('/password-reset')
  return (
    <Door title={t('reset')}>
      <p className="mb-4 text-muted">{t('resetFor', { login: link.login ?? '' })}</p>
      <form
        className="grid gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          enter({ token, password })
        }}
      >
        <Fault error={error} />
        {/* For the browser's password store. */}
        <input type="hidden" autoComplete="username" value={link.login ?? ''} readOnly />
        <NewPassword value={password} onChange={setPassword} error={fault?.field('password')} />
        <Button type="submit" look="primary" grow busy={busy}>
          {t('setPassword')}
        </Button>
      </form>
    </Door>
  )
}

function NewPassword({
  value,
  onChange,
  error,
}: {
  value: string
  onChange(value: string): void
  error: string | undefined
}) {
  const t = useWords(words)
  return (
    <TextField
      label={t('newPassword')}
      hint={t('newPasswordHint')}
      error={error && t('newPasswordWeak')}
      type="password"
      value={value}
      onChange={onChange}
      autoComplete="new-password"
      minLength={12}
      maxLength={256}
      required
    />
  )
}

function Fault({ error }: { error: Error | null }) {
  const told = useFaultWords(error)
  if (!error || (error instanceof ApiError && error.fields.length > 0)) return null
  return (
    <Notice signal="bad" title={told.title}>
      {told.hint}
    </Notice>
  )
}
