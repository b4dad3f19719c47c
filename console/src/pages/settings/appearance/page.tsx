import { THEME_WORDS } from '../../../shell/account-menu.tsx'
import { LANGUAGE_CHOICES } from '../../../shell/languages.ts'
import { words as shell } from '../../../shell/words.ts'
import { THEMES, useTheme } from '../../../theme/use-theme.tsx'
import { RadioGroup } from '../../../ui/field.tsx'
import { Facts, Section } from '../../../ui/page.tsx'
import { useNow } from '../../../ui/time.tsx'
import { useLanguage, useWords } from '../../../words/use-words.tsx'
import { words as settings } from '../words.ts'
import { words } from './words.ts'

/** Language and theme of this browser. */
export function AppearanceSettings() {
  const t = useWords(words)
  const of = useWords(settings)
  const shared = useWords(shell)
  const now = useNow()
  const { language, setLanguage, format } = useLanguage()
  const { theme, setTheme } = useTheme()
  return (
    <>
      <Section title={of('appearance')}>
        <p className="mb-4 text-muted">{t('hint')}</p>
        <div className="grid max-w-xl gap-6 sm:grid-cols-2">
          <RadioGroup
            label={shared('language')}
            value={language}
            choices={LANGUAGE_CHOICES}
            onChange={setLanguage}
          />
          <RadioGroup
            label={shared('theme')}
            value={theme}
            choices={THEMES.map((value) => ({ value, label: shared(THEME_WORDS[value]) }))}
            onChange={setTheme}
          />
        </div>
      </Section>
      <Section title={t('sample')}>
        <Facts
          facts={[
            [t('time'), <time key="time">{format.exact(now)}</time>],
            [
              t('number'),
              `${format.number(12_345.6)} · ${format.percent(0.981)} · ${format.duration(2_400)}`,
            ],
            [t('zone'), `${Intl.DateTimeFormat().resolvedOptions().timeZone} (${t('zoneHint')})`],
          ]}
        />
      </Section>
    </>
  )
}
