import { type ReactNode, useEffect } from 'react'
import { LANGUAGE_CHOICES } from '../../shell/languages.ts'
import { words as shell } from '../../shell/words.ts'
import { SelectField } from '../../ui/field.tsx'
import { useLanguage, useWords } from '../../words/use-words.tsx'

/** The frame of the pages in front of the shell. */
export function Door({ title, children }: { title: string; children: ReactNode }) {
  const t = useWords(shell)
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
