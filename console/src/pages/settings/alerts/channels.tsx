import { useMutation, useQuery } from '@tanstack/react-query'
import { Mail, Send, Webhook } from 'lucide-react'
import type { ReactNode } from 'react'
import type { AlertSettings, AlertTestResult } from '../../../../../src/http/contract/alerts.ts'
import { api } from '../../../api/client.ts'
import { useSession } from '../../../api/session.ts'
import { Button } from '../../../ui/button.tsx'
import { Facts, Section } from '../../../ui/page.tsx'
import { ErrorState, LoadingState } from '../../../ui/states.tsx'
import { Badge, Notice } from '../../../ui/status.tsx'
import { useFormat, useWords } from '../../../words/use-words.tsx'
import { KIND_WORDS, words } from './words.ts'

/** What the configuration says of alerts, and a test of each way out. */
export function Channels() {
  const t = useWords(words)
  const settings = useQuery({
    queryKey: ['settings', 'alerts'],
    queryFn: ({ signal }) => api.get<AlertSettings>('/alerts/settings', { signal }),
  })
  return (
    <Section title={t('where')}>
      <p className="mb-4 text-muted">{t('whereHint')}</p>
      {settings.error && <ErrorState error={settings.error} onRetry={() => void settings.refetch()} />}
      {settings.isPending && <LoadingState lines={4} />}
      {settings.data && <Shown settings={settings.data} />}
    </Section>
  )
}

function Shown({ settings: { webhook, email, afterMs, kinds } }: { settings: AlertSettings }) {
  const t = useWords(words)
  const format = useFormat()
  return (
    <div className="grid gap-6">
      <ul className="grid gap-3 lg:grid-cols-2">
        <Channel
          channel="webhook"
          icon={<Webhook size={16} aria-hidden />}
          where={webhook?.url}
          how={t('howWebhook')}
        />
        <Channel
          channel="email"
          icon={<Mail size={16} aria-hidden />}
          where={
            email
              ? `${t('to', { people: format.list(email.to) })} ${t('via', { server: `${email.host}:${email.port}` })}`
              : undefined
          }
          how={t('howEmail')}
        />
      </ul>
      <Facts
        facts={[
          [t('after'), format.duration(afterMs)],
          [
            t('kinds'),
            <ul key="kinds">
              {kinds.map((kind) => (
                <li key={kind}>{t(KIND_WORDS[kind])}</li>
              ))}
            </ul>,
          ],
        ]}
      />
    </div>
  )
}

function Channel({
  channel,
  icon,
  where,
  how,
}: {
  channel: 'webhook' | 'email'
  icon: ReactNode
  where: string | undefined
  how: string
}) {
  const t = useWords(words)
  const format = useFormat()
  const { can } = useSession()
  const test = useMutation({
    mutationFn: () => api.post<AlertTestResult>('/alerts/test', { channel }),
  })
  const result = test.data?.results.at(0)
  return (
    <li className="grid content-start gap-2 rounded border border-line p-3">
      <div className="flex flex-wrap items-center gap-2">
        {icon}
        <span className="grow font-strong">{t(channel)}</span>
        {where === undefined ? (
          <Badge>{t('notSet')}</Badge>
        ) : (
          can('operate') && (
            <Button
              small
              icon={<Send size={14} aria-hidden />}
              busy={test.isPending}
              onClick={() => test.mutate()}
            >
              {t(test.isPending ? 'testing' : 'test')}
            </Button>
          )
        )}
      </div>
      <p className="text-muted">{where ?? how}</p>
      {test.data && !result && <Notice signal="attention">{t('nothingTested')}</Notice>}
      {result && (
        <Notice signal={result.delivered ? 'good' : 'bad'}>
          {result.delivered
            ? t('delivered', { time: format.duration(result.ms) })
            : t('failed', { reason: result.reason ?? '–' })}
        </Notice>
      )}
    </li>
  )
}
