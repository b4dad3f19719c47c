import { Outlet } from '@tanstack/react-router'
import { words as shell } from '../../shell/words.ts'
import { Page } from '../../ui/page.tsx'
import { useWords } from '../../words/use-words.tsx'

export function SettingsLayout() {
  const t = useWords(shell)
  return (
    <Page title={t('settings')}>
      <Outlet />
    </Page>
  )
}
