import { useMutation } from '@tanstack/react-query'
import { useNavigate, useRouter } from '@tanstack/react-router'
import { CircleUser, LogOut, Monitor, Moon, Sun } from 'lucide-react'
import { api } from '../api/client.ts'
import { useSession } from '../api/session.ts'
import { THEMES, useTheme } from '../theme/use-theme.tsx'
import { IconButton } from '../ui/button.tsx'
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuLine } from '../ui/menu.tsx'
import { useLanguage, useWords } from '../words/use-words.tsx'
import { LANGUAGE_CHOICES } from './languages.ts'
import { words } from './words.ts'

export const THEME_WORDS = { system: 'themeSystem', light: 'themeLight', dark: 'themeDark' } as const
const THEME_ICONS = {
  system: <Monitor size={16} aria-hidden />,
  light: <Sun size={16} aria-hidden />,
  dark: <Moon size={16} aria-hidden />,
}

/** Ends the session, and forgets what was shown in it. */
export function useSignOut(): () => void {
  const navigate = useNavigate()
  const router = useRouter()
  const { mutate } = useMutation({
    mutationFn: () => api.delete('/session'),
    async onSuccess() {
      router.options.context.queryClient.clear()
      await navigate({ to: '/login' })
    },
  })
  return () => mutate()
}

/** Who is signed in; language and theme; the way out. */
export function AccountMenu() {
  const t = useWords(words)
  const { principal, demo } = useSession()
  const { language, setLanguage } = useLanguage()
  const { theme, setTheme } = useTheme()
  const signOut = useSignOut()
  return (
    <Menu trigger={<IconButton small label={t('account')} icon={<CircleUser size={16} />} />}>
      <MenuLabel>{demo ? t('demoAccount') : `${t('signedInAs')} ${principal?.name ?? ''}`}</MenuLabel>
      <MenuLine />
      <MenuLabel>{t('language')}</MenuLabel>
      <MenuChoice value={language} onChange={setLanguage} choices={LANGUAGE_CHOICES} />
      <MenuLine />
      <MenuLabel>{t('theme')}</MenuLabel>
      <MenuChoice
        value={theme}
        onChange={setTheme}
        choices={THEMES.map((value) => ({ value, label: t(THEME_WORDS[value]), icon: THEME_ICONS[value] }))}
      />
      {!demo && (
        <>
          <MenuLine />
          <MenuItem icon={<LogOut size={16} aria-hidden />} onSelect={signOut}>
            {t('signOut')}
          </MenuItem>
        </>
      )}
    </Menu>
  )
}
