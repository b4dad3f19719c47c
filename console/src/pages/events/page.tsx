import { words as shell } from '../../shell/words.ts'
import { Page } from '../../ui/page.tsx'
import { LoadingState } from '../../ui/states.tsx'
import { useWords } from '../../words/use-words.tsx'

export function EventsPage() {
  const t = useWords(shell)
  return (
    <Page title={t('events')}>
      <LoadingState />
    </Page>
  )
}
