import { type ReactNode, useEffect } from 'react'
import { SelectField } from '../ui/field.tsx'
import { useLanguage, useWords } from '../words/use-words.tsx'
import { LANGUAGE_CHOICES } from './languages.ts'
import { words } from './words.ts'

/** The frame of pages outside of the shell: for whoever is not signed in, and for what does not exist. */
export function Door({ title, children }: { title: string; children: ReactNode }) {
  const t = useWords(words)
  const { language, setLanguage } = useLanguage()
  useEffect(() => {
    document.title = `${title} · Pombo`
  }, [title])
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-4 p-4">
      <div className="w-full max-w-sm rounded-lg border border-line bg-panel p-6">
        <p className="mb-4 flex items-center gap-2 font-strong">
          <img src="/icon.svg" alt="" width={24} height={24} />
          Pombo
        </p>
        <h1 className="mb-2 text-title font-strong">{title}</h1>
        {children}
      </div>
      <div className="w-48">
        <SelectField
          bare
          label={t('language')}
          value={language}
          choices={LANGUAGE_CHOICES}
          onChange={setLanguage}
        />
      </div>
    </main>
  )
}
