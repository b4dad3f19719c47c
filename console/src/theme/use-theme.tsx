import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react'
import { recall, remember } from '../api/memory.ts'
import { useMedia } from '../ui/use-media.ts'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

interface Themed {
  /** What was chosen. */
  theme: Theme
  /** What is shown. */
  shown: 'light' | 'dark'
  setTheme(theme: Theme): void
}
const ThemeContext = createContext<Themed | undefined>(undefined)

/** Light or dark, as chosen before, or else as the system is. */
export function ThemeProvider({ children }: { children: ReactNode }) {
  const [theme, choose] = useState<Theme>(() => THEMES.find((one) => one === recall('theme')) ?? 'system')
  const systemIsDark = useMedia('(prefers-color-scheme: dark)')
  const shown = theme === 'system' ? (systemIsDark ? 'dark' : 'light') : theme
  useEffect(() => {
    document.documentElement.dataset.theme = shown
  }, [shown])
  const setTheme = useCallback((next: Theme) => {
    remember('theme', next)
    choose(next)
  }, [])
  const themed = useMemo(() => ({ theme, shown, setTheme }), [theme, shown, setTheme])
  return <ThemeContext value={themed}>{children}</ThemeContext>
}

export function useTheme(): Themed {
  const themed = useContext(ThemeContext)
  if (!themed) throw new Error('useTheme outside of ThemeProvider')
  return themed
}
