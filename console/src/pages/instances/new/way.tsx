import { useQuery } from '@tanstack/react-query'
import { ArrowRight } from 'lucide-react'
import { ButtonLink } from '../../../ui/button-link.tsx'
import { Section } from '../../../ui/page.tsx'
import { LoadingState } from '../../../ui/states.tsx'
import { useWords } from '../../../words/use-words.tsx'
import { serversQuery } from '../queries.ts'
import type { Way } from '../search.ts'
import { newWords } from './words.ts'

const WAYS = [
  { way: 'create', title: 'wayCreate', hint: 'wayCreateHint', server: true },
  { way: 'adopt', title: 'wayAdopt', hint: 'wayAdoptHint', server: true },
  { way: 'hand', title: 'wayHand', hint: 'wayHandHint', server: false },
] as const

export function ChooseWay({ onChoose }: { onChoose(way: Way): void }) {
  const t = useWords(newWords)
  const { data, isPending } = useQuery(serversQuery)
  const managed = data?.data.some(({ manages }) => manages) === true
  return (
    <Section title={t('way')} flush>
      {isPending ? (
        <LoadingState lines={3} />
      ) : (
        <ul>
          {WAYS.map(({ way, title, hint, server }) => {
            const possible = managed || !server
            return (
              <li key={way} className="border-b border-line last:border-0">
                <button
                  type="button"
                  data-focus="inside"
                  disabled={!possible}
                  onClick={() => onChoose(way)}
                  className="flex w-full items-center gap-3 px-4 py-3 text-left hover:bg-hover disabled:cursor-not-allowed disabled:hover:bg-panel"
                >
                  <span className="min-w-0 grow">
                    <span className={possible ? 'block font-strong' : 'block font-strong text-muted'}>
                      {t(title)}
                    </span>
                    <span className="block text-muted">{t(possible ? hint : 'needsServer')}</span>
                  </span>
                  {possible && <ArrowRight size={16} aria-hidden className="shrink-0 text-muted" />}
                </button>
              </li>
            )
          })}
        </ul>
      )}
      {!isPending && !managed && (
        <p className="border-t border-line px-4 py-3">
          <ButtonLink small to="/instances" search={{ view: 'servers' }}>
            {t('addServer')}
          </ButtonLink>
        </p>
      )}
    </Section>
  )
}
