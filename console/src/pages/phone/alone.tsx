import { X } from 'lucide-react'
import { StrictMode, useCallback, useState, useSyncExternalStore } from 'react'
import { createRoot } from 'react-dom/client'
import { recall, remember } from '../../api/memory.ts'
import { LANGUAGE_CHOICES } from '../../shell/languages.ts'
import { words as shell } from '../../shell/words.ts'
import { ThemeProvider } from '../../theme/use-theme.tsx'
import { IconButton } from '../../ui/button.tsx'
import { SelectField } from '../../ui/field.tsx'
import { KeyboardProvider } from '../../ui/keyboard.tsx'
import { TooltipProvider } from '../../ui/tooltip.tsx'
import { common } from '../../words/common.ts'
import { LanguageProvider, useLanguage, useWords } from '../../words/use-words.tsx'
import { Phone } from './phone.tsx'
import { type Place, readPlace, writePlace } from './place.ts'
import { words } from './words.ts'
import '../../styles.css'

/** The phone as a page of the simulator's own, without a console around it. */
function PhoneAlone() {
  const t = useWords(shell)
  const { language, setLanguage } = useLanguage()
  const hash = useSyncExternalStore(onHash, () => location.hash)
  const go = useCallback((to: Place) => location.replace(`#${writePlace(to)}`), [])
  return (
    <div className="flex h-dvh flex-col">
      <NoticeLine />
      <main className="min-h-0 grow">
        <Phone
          origin=""
          place={readPlace(decodeURIComponent(hash.slice(1)))}
          onPlace={go}
          actions={
            <SelectField
              bare
              label={t('language')}
              value={language}
              choices={LANGUAGE_CHOICES}
              onChange={setLanguage}
            />
          }
        />
      </main>
    </div>
  )
}

function onHash(changed: () => void): () => void {
  window.addEventListener('hashchange', changed)
  return () => window.removeEventListener('hashchange', changed)
}

/** One line that says what one sees. */
function NoticeLine() {
  const t = useWords(words)
  const shared = useWords(common)
  const [dismissed, setDismissed] = useState(() => recall('phone-line') === 'dismissed')
  if (dismissed) return null
  return (
    <aside
      aria-label={t('title')}
      className="flex shrink-0 items-center gap-2 border-b border-line bg-note py-1 pr-2 pl-4"
    >
      <p className="min-w-0 grow text-meta">{t('notice')}</p>
      <IconButton
        small
        label={shared('dismiss')}
        icon={<X size={16} aria-hidden />}
        onClick={() => {
          setDismissed(true)
          remember('phone-line', 'dismissed')
        }}
      />
    </aside>
  )
}

const root = document.getElementById('root')
if (!root) throw new Error('phone.html has no #root')
createRoot(root).render(
  <StrictMode>
    <LanguageProvider>
      <ThemeProvider>
        <TooltipProvider>
          <KeyboardProvider>
            <PhoneAlone />
          </KeyboardProvider>
        </TooltipProvider>
      </ThemeProvider>
    </LanguageProvider>
  </StrictMode>,
)
