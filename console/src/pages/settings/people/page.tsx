import { UserPlus, Users } from 'lucide-react'
import { useState } from 'react'
import type { MadeLink, UserView } from '../../../../../src/http/contract/access.ts'
import { usePaged } from '../../../api/paged.ts'
import { useSession } from '../../../api/session.ts'
import { Button } from '../../../ui/button.tsx'
import { type Column, List } from '../../../ui/list.tsx'
import { Section } from '../../../ui/page.tsx'
import { EmptyState } from '../../../ui/states.tsx'
import { Badge, StatusDot } from '../../../ui/status.tsx'
import { RelativeTime } from '../../../ui/time.tsx'
import { common } from '../../../words/common.ts'
import { useFormat, useWords } from '../../../words/use-words.tsx'
import { Needs } from '../needs.tsx'
import { OneTimeSecret } from '../one-time-secret.tsx'
import { words as settings } from '../words.ts'
import { EditUser } from './edit-user.tsx'
import { Invitations } from './invitations.tsx'
import { Invite } from './invite.tsx'
import { words } from './words.ts'

/** A link just made, and whom it is for when it sets a password. */
export interface ShownLink {
  link: MadeLink
  name?: string
}

export const PeopleSettings = () => (
  <Needs scope="people">
    <People />
  </Needs>
)

function People() {
  const t = useWords(words)
  const format = useFormat()
  const { demo } = useSession()
  const users = usePaged<UserView>(['people', 'users'], '/users')
  const columns = useColumns()
  const [inviting, setInviting] = useState(false)
  const [editing, setEditing] = useState<UserView>()
  const [shown, setShown] = useState<ShownLink>()
  const invite = (
    <Button look="primary" icon={<UserPlus size={16} aria-hidden />} onClick={() => setInviting(true)}>
      {t('invite')}
    </Button>
  )
  return (
    <>
      <Section title={t('title')} actions={invite} flush>
        <div className="flex max-h-[60dvh] flex-col">
          <List
            {...users}
            main
            inside
            label={t('title')}
            idOf={({ id }) => id}
            columns={columns}
            narrow={{ height: 60, row: (user) => <NarrowUser user={user} /> }}
            onOpen={setEditing}
            empty={
              <EmptyState icon={<Users size={24} aria-hidden />} title={t(demo ? 'emptyDemo' : 'empty')}>
                {t(demo ? 'emptyDemoHint' : 'emptyHint')}
              </EmptyState>
            }
          />
        </div>
      </Section>
      <Invitations />
      {inviting && (
        <Invite
          onClose={() => setInviting(false)}
          onMade={(link) => {
            setInviting(false)
            setShown({ link })
          }}
        />
      )}
      {editing && (
        <EditUser
          user={editing}
          onClose={() => setEditing(undefined)}
          onLink={(link) => {
            setEditing(undefined)
            setShown({ link, name: editing.name })
          }}
        />
      )}
      {shown && (
        <OneTimeSecret
          title={t('linkTitle')}
          hint={
            shown.name === undefined
              ? t('linkHint', { time: format.exact(shown.link.expiresAt) })
              : t('passwordLinkHint', { name: shown.name, time: format.exact(shown.link.expiresAt) })
          }
          secret={shown.link.url}
          onClose={() => setShown(undefined)}
        />
      )}
    </>
  )
}

function useColumns(): readonly Column<UserView>[] {
  const t = useWords(words)
  const role = useWords(settings)
  return [
    { id: 'name', header: t('name'), width: 'minmax(140px, 2fr)', cell: (user) => <Name user={user} /> },
    { id: 'login', header: t('login'), width: 'minmax(140px, 2fr)', cell: (user) => user.login },
    { id: 'role', header: t('role'), width: '120px', cell: (user) => role(user.role) },
    { id: 'seen', header: t('seen'), width: '140px', cell: (user) => <Seen user={user} /> },
    { id: 'state', header: t('state'), width: '120px', cell: (user) => <State user={user} /> },
  ]
}

function Name({ user }: { user: UserView }) {
  const t = useWords(words)
  return (
    <span className="inline-flex max-w-full items-center gap-2">
      <span className="truncate font-strong">{user.name}</span>
      {user.you && <Badge>{t('you')}</Badge>}
    </span>
  )
}

function Seen({ user }: { user: UserView }) {
  const t = useWords(common)
  return user.lastSeenAt === null ? (
    <span className="text-muted">{t('never')}</span>
  ) : (
    <RelativeTime at={user.lastSeenAt} />
  )
}

function State({ user }: { user: UserView }) {
  const t = useWords(words)
  return (
    <StatusDot signal={user.disabled ? 'neutral' : 'good'}>
      {t(user.disabled ? 'disabled' : 'active')}
    </StatusDot>
  )
}

function NarrowUser({ user }: { user: UserView }) {
  const role = useWords(settings)
  return (
    <div className="grid gap-0.5">
      <div className="flex items-center gap-2">
        <span className="min-w-0 grow truncate">
          <Name user={user} />
        </span>
        <State user={user} />
      </div>
      <div className="flex items-center gap-2 text-meta text-muted">
        <span className="min-w-0 grow truncate">
          {user.login} · {role(user.role)}
        </span>
        <Seen user={user} />
      </div>
    </div>
  )
}
