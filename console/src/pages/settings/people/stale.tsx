import type { UserView } from '../../../../../src/http/contract/access.ts'
import { Button } from '../../../ui/button.tsx'
import { Dialog } from '../../../ui/dialog.tsx'
import { Facts } from '../../../ui/page.tsx'
import { useWords } from '../../../words/use-words.tsx'
import { words as settings } from '../words.ts'
import { words } from './words.ts'

/** Two people changed the same account: both versions, and the choice. */
export function Stale({
  yours,
  theirs,
  busy,
  onKeep,
  onTake,
  onClose,
}: {
  yours: UserView
  theirs: UserView
  busy: boolean
  onKeep(): void
  onTake(): void
  onClose(): void
}) {
  const t = useWords(words)
  return (
    <Dialog
      open
      keep
      onClose={onClose}
      title={t('stale')}
      description={t('staleHint')}
      footer={
        <>
          <Button onClick={onTake}>{t('takeTheirs')}</Button>
          <Button look="primary" busy={busy} onClick={onKeep}>
            {t('keepYours')}
          </Button>
        </>
      }
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <Version title={t('yours')} user={yours} />
        <Version title={t('theirs')} user={theirs} />
      </div>
    </Dialog>
  )
}

function Version({ title, user }: { title: string; user: UserView }) {
  const t = useWords(words)
  const of = useWords(settings)
  return (
    <section className="rounded border border-line p-3">
      <h3 className="mb-2 font-strong">{title}</h3>
      <Facts
        facts={[
          [t('name'), user.name],
          [t('role'), of(user.role)],
          [t('state'), t(user.disabled ? 'disabled' : 'active')],
        ]}
      />
    </section>
  )
}
