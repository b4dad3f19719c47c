import { Link } from '@tanstack/react-router'
import { common } from '../words/common.ts'
import { useWords } from '../words/use-words.tsx'
import { Door } from './door.tsx'

export function NotFound() {
  const t = useWords(common)
  return (
    <Door title={t('notFound')}>
      <p className="mb-4 text-muted">{t('notFoundHint')}</p>
      <Link to="/" className="text-accent underline">
        {t('toOverview')}
      </Link>
    </Door>
  )
}
