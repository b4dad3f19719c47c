import { PlugZap } from 'lucide-react'
import { ButtonLink } from '../../../ui/button-link.tsx'
import { Section } from '../../../ui/page.tsx'
import { nameOf } from '../../../ui/shorten.ts'
import { Notice } from '../../../ui/status.tsx'
import { useWords } from '../../../words/use-words.tsx'
import { numberWords } from '../number-words.ts'
import { MadeValues } from '../secrets-dialog.tsx'
import type { Made } from './made.ts'
import { newWords } from './words.ts'

/** It is there; its secrets are shown this once. */
export function Done({ made }: { made: Made }) {
  const t = useWords(newWords)
  const number = useWords(numberWords)
  const { id, name, handedOver } = made
  return (
    <>
      <div className="mb-4">
        <Notice signal="good" title={t('made', { name: nameOf(name ?? id) })}>
          {handedOver !== undefined && handedOver > 0 && <p>{t('handedOver', { n: handedOver })}</p>}
        </Notice>
      </div>
      <Section title={t('secrets')}>
        <p className="mb-3 text-muted">{number('madeText')}</p>
        <MadeValues secrets={made.secrets} />
      </Section>
      <Section title={t('nextSteps')}>
        <div className="flex flex-wrap gap-2">
          {made.connection !== 'connected' && (
            <ButtonLink
              look="primary"
              to="/instances/$id"
              params={{ id }}
              search={{ connect: true }}
              icon={<PlugZap size={16} aria-hidden />}
            >
              {t('connectPhone')}
            </ButtonLink>
          )}
          <ButtonLink to="/instances/$id" params={{ id }} search={{ tab: 'webhook' }}>
            {t('webhook')}
          </ButtonLink>
        </div>
      </Section>
    </>
  )
}
