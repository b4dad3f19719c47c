import { Link } from '@tanstack/react-router'
import { Compass } from 'lucide-react'
import { EmptyState } from '../ui/states.tsx'
import { common } from '../words/common.ts'
import { useWords } from '../words/use-words.tsx'

export function NotFound() {
  const t = useWords(common)
  return (
    <EmptyState
      icon={<Compass size={24} aria-hidden />}
      title={t('notFound')}
      action={
        <Link to="/" className="text-accent underline">
          {t('toOverview')}
        </Link>
      }
    >
      {t('notFoundHint')}
    </EmptyState>
  )
}
