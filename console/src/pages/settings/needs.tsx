import { ShieldX } from 'lucide-react'
import type { ReactNode } from 'react'
import { type Scope, useSession } from '../../api/session.ts'
import { EmptyState } from '../../ui/states.tsx'
import { useWords } from '../../words/use-words.tsx'
import { SCOPE_WORDS } from './rights.ts'
import { words } from './words.ts'

/** A part for which one needs a right; without it, it is said in words which one. */
export function Needs({ scope, children }: { scope: Scope; children: ReactNode }) {
  const t = useWords(words)
  const { can } = useSession()
  if (can(scope)) return <>{children}</>
  return (
    <EmptyState icon={<ShieldX size={24} aria-hidden />} title={t('notYours')}>
      {t('notYoursHint', { scope: t(SCOPE_WORDS[scope]) })}
    </EmptyState>
  )
}
