import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react'
import { recall, remember } from '../api/memory.ts'
import {
  LANGUAGES,
  type Language,
  pickLanguage,
  type Texts,
  type Translate,
  translator,
  type Words,
} from './define.ts'
import { createFormat, type Format } from './format.ts'

interface Spoken {
  language: Language
  format: Format
  /** Switches at once, and for the next visits. */
  setLanguage(language: Language): void
}
const SpokenContext = createContext<Spoken | undefined>(undefined)

const initial = (): Language => {
  const chosen = recall('language')
  return LANGUAGES.find((language) => language === chosen) ?? pickLanguage(navigator.languages)
}

/** Everything below speaks the language chosen before, or else the browser's. */
export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, choose] = useState(initial)
  useEffect(() => {
    document.documentElement.lang = language
  }, [language])
  const setLanguage = useCallback((next: Language) => {
    remember('language', next)
    choose(next)
  }, [])
  const spoken = useMemo(
    () => ({ language, setLanguage, format: createFormat(language) }),
    [language, setLanguage],
  )
  return <SpokenContext value={spoken}>{children}</SpokenContext>
}

/** The language in use and how to change it. */
export function useLanguage(): Spoken {
  const spoken = useContext(SpokenContext)
  if (!spoken) throw new Error('useLanguage outside of LanguageProvider')
  return spoken
}

/** How the language in use writes numbers, times and amounts. */
export const useFormat = (): Format => useLanguage().format

/** The words of a page or part in the language in use: `const t = useWords(words); t('title')`. */
export function useWords<E extends Texts>(words: Words<E>): Translate<E> {
  const { language } = useLanguage()
  return useMemo(() => translator(words, language), [words, language])
}
