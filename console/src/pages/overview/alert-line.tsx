import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import type { Alert } from '../../../../src/http/contract/alerts.ts'
import { api, path } from '../../api/client.ts'
import { useSession } from '../../api/session.ts'
import { Button } from '../../ui/button.tsx'
import { ButtonLink } from '../../ui/button-link.tsx'
import { useToast } from '../../ui/toast.tsx'
import { useFormat, useWords } from '../../words/use-words.tsx'
import { Line, Since, useRenew } from './line.tsx'
import { words } from './words.ts'

const TITLES = {
  silent: 'alertSilent',
  'gateway-unreachable': 'alertUnreachable',
  backlog: 'alertBacklog',
  'store-full': 'alertStore',
} as const
type Shown = Alert & { kind: keyof typeof TITLES }

/** Alerts that say what no other line says. */
export const isShownAlert = (alert: Alert): alert is Shown => alert.kind in TITLES

export function AlertLine({ alert }: { alert: Alert }) {
  const t = useWords(words)
  const format = useFormat()
  const renew = useRenew()
  const { can } = useSession()
  const toast = useToast()
  const acknowledge = useMutation({
    mutationFn: () => api.post(path`/alerts/${alert.id}/acknowledge`),
    onSuccess: () => toast.done(t('acknowledged')),
    onSettled: renew,
  })
  if (!isShownAlert(alert)) return null
  const { instance, count, lagMs, usualMs, freeBytes } = alert
  const about: (ReactNode | false)[] = [
    <Since key="since" word="sinceWhen" at={alert.since} />,
    usualMs !== undefined && t('alertUsual', { time: format.duration(usualMs) }),
    count !== undefined && t('alertWaiting', { n: count }),
    lagMs !== undefined && t('alertLag', { time: format.duration(lagMs) }),
    freeBytes !== undefined && t('alertFree', { size: format.bytes(freeBytes) }),
    alert.reason,
  ]
  return (
    <Line
      signal={alert.kind === 'store-full' ? 'bad' : 'attention'}
      title={t(TITLES[alert.kind], { number: instance ?? '' })}
      about={about}
      actions={
        <>
          {instance !== undefined && (
            <ButtonLink small to="/instances/$id" params={{ id: instance }}>
              {t('openNumber')}
            </ButtonLink>
          )}
          {can('operate') && (
            <Button small disabled={acknowledge.isPending} onClick={() => acknowledge.mutate()}>
              {t('acknowledge')}
            </Button>
          )}
        </>
      }
    />
  )
}
