import { useSession } from '../../api/session.ts'
import { Notice } from '../../ui/status.tsx'
import { useWords } from '../../words/use-words.tsx'
import { words } from './words.ts'

/** May whoever is signed in decide here? */
export const useMayOperate = (): boolean => useSession().can('operate')

/** Says why there is nothing to decide with, to who may only look. */
export function MayNotOperate() {
  const t = useWords(words)
  if (useMayOperate()) return null
  return (
    <div className="mb-3">
      <Notice signal="neutral">
        <p className="text-meta">{t('mayNotOperate')}</p>
      </Notice>
    </div>
  )
}
