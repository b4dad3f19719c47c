import { useQuery } from '@tanstack/react-query'
import { Lightbulb } from 'lucide-react'
import type { SecurityFindingView, SecurityList } from '../../../../../src/http/contract/security.ts'
import { api } from '../../../api/client.ts'
import { Section } from '../../../ui/page.tsx'
import { ErrorState, LoadingState } from '../../../ui/states.tsx'
import { Badge, type Signal, SignalIcon } from '../../../ui/status.tsx'
import { useFormat, useWords } from '../../../words/use-words.tsx'
import { Needs } from '../needs.tsx'
import { words as settings } from '../words.ts'
import { words } from './words.ts'

export const SecuritySettings = () => (
  <Needs scope="manage">
    <CheckList />
  </Needs>
)

/** How each check begins in the words. */
const STEMS = {
  login: 'login',
  owner: 'owner',
  transport: 'transport',
  proof: 'proof',
  'secrets-differ': 'differ',
  'secrets-strong': 'strong',
  'environment-key': 'environment',
  'secret-key': 'secretKey',
} as const satisfies Record<SecurityFindingView['check'], string>
const SIGNALS: Record<SecurityFindingView['level'], Signal> = {
  good: 'good',
  advice: 'neutral',
  attention: 'attention',
  bad: 'bad',
}
const ORDER = [
  'bad',
  'attention',
  'advice',
  'good',
] as const satisfies readonly SecurityFindingView['level'][]

/** Is this installation as safe as it can be? What is not stands first. */
function CheckList() {
  const t = useWords(words)
  const title = useWords(settings)('security')
  const list = useQuery({
    queryKey: ['settings', 'security'],
    queryFn: ({ signal }) => api.get<SecurityList>('/security', { signal }),
  })
  const findings = list.data?.data.toSorted((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level))
  const wanting = findings?.filter(({ level }) => level === 'bad' || level === 'attention').length ?? 0
  return (
    <Section title={title} flush>
      <p className="border-b border-line px-4 py-3 text-muted">
        {findings && (
          <strong className="font-strong text-text">
            {wanting === 0 ? t('allGood') : t('wanting', { n: wanting })}{' '}
          </strong>
        )}
        {t('hint')}
      </p>
      {list.error && <ErrorState error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <LoadingState lines={6} />}
      <ul>
        {findings?.map((finding) => (
          <Row key={finding.check} finding={finding} />
        ))}
      </ul>
    </Section>
  )
}

function Row({ finding: { check, level, where } }: { finding: SecurityFindingView }) {
  const t = useWords(words)
  const format = useFormat()
  const stem = STEMS[check]
  const good = level === 'good'
  return (
    <li className="flex items-start gap-3 border-b border-line px-4 py-3 last:border-0">
      <span className="mt-0.5">
        {level === 'advice' ? (
          <Lightbulb size={16} aria-hidden className="text-muted" />
        ) : (
          <SignalIcon signal={SIGNALS[level]} />
        )}
      </span>
      <div className="min-w-0 grow">
        <p>{t(`${stem}${good ? 'Good' : 'Else'}`)}</p>
        {!good && <p className="text-muted">{t(`${stem}Do`)}</p>}
        {!good && where.length > 0 && (
          <p className="text-meta text-muted">{t('about', { where: format.list(where) })}</p>
        )}
      </div>
      <Badge signal={SIGNALS[level]}>{t(level)}</Badge>
    </li>
  )
}
