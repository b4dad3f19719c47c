import type { Language } from '../words/define.ts'

/** Each language in its own words. */
export const LANGUAGE_CHOICES: readonly { value: Language; label: string }[] = [
  { value: 'en', label: 'English' },
  { value: 'pt-BR', label: 'Português (Brasil)' },
  { value: 'es', label: 'Español' },
]
