import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Trash2 } from 'lucide-react'
import type { Instance, InstanceCheck, WebhookAtGateway } from '../../../../src/http/contract/instances.ts'
import { api, path } from '../../api/client.ts'
import { ApiError } from '../../api/problem.ts'
import { useSession } from '../../api/session.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { useConfirm } from '../../ui/confirm.tsx'
import { Section } from '../../ui/page.tsx'
import { ErrorState, LoadingState } from '../../ui/states.tsx'
import { Badge, Notice, type Signal, SignalIcon } from '../../ui/status.tsx'
import { RelativeTime } from '../../ui/time.tsx'
import { useToast } from '../../ui/toast.tsx'
import { useFormat, useWords } from '../../words/use-words.tsx'
import { numberWords } from './number-words.ts'
import { checkQuery, registrationsQuery, setupQuery } from './queries.ts'
import { SecretsSection } from './secrets-section.tsx'
import { SetupValues } from './setup-values.tsx'

/** Does it hear its gateway, and what has to be entered there? */
export function NumberWebhook({ number }: { number: Instance }) {
  return (
    <>
      <LiveCheck id={number.id} />
      <div className="grid items-start gap-x-4 lg:grid-cols-2">
        <div>
          <Values id={number.id} />
          <SecretsSection number={number} />
        </div>
        <Registered id={number.id} />
      </div>
    </>
  )
}

const CHECK_SIGNALS: Readonly<Record<InstanceCheck['state'], Signal>> = {
  verified: 'good',
  waiting: 'waiting',
  failing: 'bad',
}
const CHECK_TITLES = {
  verified: 'checkVerified',
  waiting: 'checkWaiting',
  failing: 'checkFailing',
} as const

function LiveCheck({ id }: { id: string }) {
  const t = useWords(numberWords)
  const format = useFormat()
  const { data, error, refetch } = useQuery(checkQuery(id))
  if (!data)
    return (
      <Section title={t('check')}>
        {error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <LoadingState lines={2} />}
      </Section>
    )
  const { state, since, causes, refusals, publicUrl, reachable } = data
  return (
    <Section title={t('check')}>
      <Notice signal={CHECK_SIGNALS[state]} title={t(CHECK_TITLES[state])}>
        {state === 'verified' && since !== undefined && (
          <p>{t('checkVerifiedSince', { time: format.relative(since) })}</p>
        )}
        {state === 'waiting' && <p>{t('checkWaitingHint')}</p>}
        {state === 'failing' && causes[0] && <p>{t(`cause-${causes[0].cause}`)}</p>}
      </Notice>
      {causes.length > 0 && (
        <>
          <h3 className="mt-4 mb-2 font-strong">{t('checkCould')}</h3>
          <ol className="grid gap-3">
            {causes.map(({ cause, detail, cure }) => (
              <li key={`${cause} ${detail}`} className="flex items-start gap-2">
                <span className="mt-0.5">
                  <SignalIcon signal={state === 'failing' ? 'bad' : 'attention'} />
                </span>
                <div className="min-w-0">
                  <p className="font-strong">{t(`cause-${cause}`)}</p>
                  <p>{detail}</p>
                  <p className="text-muted">
                    {t('cure')}: {cure}
                  </p>
                </div>
              </li>
            ))}
          </ol>
        </>
      )}
      {refusals.length > 0 && (
        <>
          <h3 className="mt-4 mb-1 font-strong">{t('refusals')}</h3>
          <ul>
            {refusals.map(({ reason, detail, count, lastAt }) => (
              <li key={`${reason} ${detail}`} className="flex flex-wrap gap-x-3 py-1">
                <span className="font-strong">{t(`cause-${reason}`)}</span>
                <span className="min-w-0 grow text-muted">{detail}</span>
                <span className="tabular-nums">
                  {t('times', { n: count })} · <RelativeTime at={lastAt} />
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      {reachable?.ok === true && publicUrl !== null && (
        <p className="mt-3 text-meta text-muted">{t('reached', { url: publicUrl })}</p>
      )}
    </Section>
  )
}

function Values({ id }: { id: string }) {
  const t = useWords(numberWords)
  const { data, error, refetch } = useQuery(setupQuery(id))
  return (
    <Section title={t('paste')}>
      {!data ? (
        error ? (
          <ErrorState error={error} onRetry={() => void refetch()} />
        ) : (
          <LoadingState lines={3} />
        )
      ) : (
        <div className="grid gap-3">
          <p className="text-muted">{t('pasteHint')}</p>
          {data.publicUrl === null && (
            <Notice signal="attention">
              <p>{t('noPublicUrl')}</p>
            </Notice>
          )}
          <SetupValues values={data.values} />
          {data.values.some(({ secret }) => secret) && (
            <p className="text-meta text-muted">{t('pasteSecret')}</p>
          )}
        </div>
      )}
    </Section>
  )
}

/** What the gateway itself says it reports to. One that is down shows as such, here only. */
function Registered({ id }: { id: string }) {
  const t = useWords(numberWords)
  const { can } = useSession()
  const toast = useToast()
  const client = useQueryClient()
  const { data, error, refetch, isFetching } = useQuery(registrationsQuery(id))
  const register = useMutation({
    mutationFn: () => api.post(path`/instances/${id}/webhooks`, {}),
    onSuccess: () => toast.done(t('registerDone')),
    onSettled: () => client.invalidateQueries({ queryKey: ['instances'] }),
  })
  const unsupported = error instanceof ApiError && error.code === 'E_UNSUPPORTED'
  const known = data?.data.some(({ ours }) => ours === 'this')
  return (
    <Section
      title={t('registered')}
      actions={
        can('manage') &&
        data && (
          <Button
            small
            look={known ? 'plain' : 'primary'}
            busy={register.isPending}
            onClick={() => register.mutate()}
          >
            {t(known ? 'registerAgain' : 'registerHere')}
          </Button>
        )
      }
    >
      {unsupported ? (
        <p className="text-muted">{t('registeredUnsupported')}</p>
      ) : !data ? (
        error && !isFetching ? (
          <ErrorState error={error} onRetry={() => void refetch()} />
        ) : (
          <LoadingState lines={2} />
        )
      ) : (
        <div className="grid gap-3">
          {data.data.length === 0 && <p className="text-muted">{t('registeredNone')}</p>}
          <ul className="grid gap-3">
            {data.data.map((one) => (
              <Webhook key={one.id ?? one.url} id={id} webhook={one} />
            ))}
          </ul>
          {data.inherits && <p className="text-meta text-muted">{t('registeredInherits')}</p>}
        </div>
      )}
    </Section>
  )
}

function Webhook({ id, webhook }: { id: string; webhook: WebhookAtGateway }) {
  const t = useWords(numberWords)
  const format = useFormat()
  const { can } = useSession()
  const confirm = useConfirm()
  const toast = useToast()
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: (of: string) => api.delete(path`/instances/${id}/webhooks/${of}`),
    onSuccess: () => toast.done(t('webhookRemoved')),
    onSettled: () => client.invalidateQueries({ queryKey: ['instances'] }),
  })
  const { url, enabled, ours, events, excludes, faults, id: webhookId } = webhook
  return (
    <li className="rounded border border-line p-3">
      <div className="flex items-start gap-2">
        <div className="flex min-w-0 grow flex-wrap gap-2">
          <Badge signal={ours === 'this' ? 'good' : ours === 'foreign' ? 'neutral' : 'attention'}>
            {t(`ours-${ours}`)}
          </Badge>
          <Badge signal={enabled ? 'good' : 'attention'}>{t(enabled ? 'enabled' : 'disabled')}</Badge>
        </div>
        {webhookId !== undefined && can('manage') && (
          <IconButton
            small
            label={t('removeWebhook')}
            busy={remove.isPending}
            icon={<Trash2 size={16} />}
            onClick={async () => {
              const question = {
                title: t('removeWebhook'),
                text: t('removeWebhookText', { url }),
                action: t('removeWebhook'),
              }
              if (await confirm(question)) remove.mutate(webhookId)
            }}
          />
        )}
      </div>
      <code className="mt-1 block font-mono text-meta break-all">{url}</code>
      {events.length > 0 && (
        <p className="mt-1 text-meta text-muted">{t('hears', { events: format.list(events) })}</p>
      )}
      {excludes.length > 0 && (
        <p className="text-meta text-muted">{t('excludes', { events: format.list(excludes) })}</p>
      )}
      {faults.map((fault) => (
        <p key={fault} className="mt-1 flex items-start gap-2">
          <span className="mt-0.5">
            <SignalIcon signal="attention" />
          </span>
          {fault}
        </p>
      ))}
    </li>
  )
}
