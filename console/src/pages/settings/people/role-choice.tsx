import { useSession } from '../../../api/session.ts'
import { RadioGroup } from '../../../ui/field.tsx'
import { useWords } from '../../../words/use-words.tsx'
import { ROLE_MAY, ROLES, type Role } from '../rights.ts'
import { words as settings } from '../words.ts'
import { words } from './words.ts'

/** A role with what it may. Only an owner makes owners. */
export function RoleChoice({ value, onChange }: { value: Role; onChange(role: Role): void }) {
  const t = useWords(words)
  const of = useWords(settings)
  const { principal } = useSession()
  const mayOwn = principal?.type !== 'user' || principal.role === 'owner'
  return (
    <RadioGroup
      label={t('role')}
      value={value}
      onChange={onChange}
      choices={ROLES.map((role) => ({
        value: role,
        label: of(role),
        hint: of(ROLE_MAY[role]),
        disabled: role === 'owner' && !mayOwn,
      }))}
    />
  )
}
