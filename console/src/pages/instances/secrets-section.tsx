import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Instance, MadeSecrets } from '../../../../src/http/contract/instances.ts'
import { api, path } from '../../api/client.ts'
import { useSession } from '../../api/session.ts'
import { Button } from '../../ui/button.tsx'
import { useConfirm } from '../../ui/confirm.tsx'
import { Section } from '../../ui/page.tsx'
import { Notice, StatusDot } from '../../ui/status.tsx'
import { useWords } from '../../words/use-words.tsx'
import { numberWords } from './number-words.ts'
import { SecretsDialog } from './secrets-dialog.tsx'

type What = 'key' | 'secret'

/** What proves a delivery, and new values for it. Never the values that are there. */
export function SecretsSection({ number }: { number: Instance }) {
  const t = useWords(numberWords)
  const { can } = useSession()
  const confirm = useConfirm()
  const client = useQueryClient()
  const [made, setMade] = useState<MadeSecrets>()
  const renew = useMutation({
    mutationFn: (what: What) =>
      api.post<{ secrets: MadeSecrets }>(path`/instances/${number.id}/secrets`, {
        revision: number.revision,
        what,
      }),
    onSuccess: ({ secrets }) => setMade(secrets),
    onSettled: () => client.invalidateQueries({ queryKey: ['instances'] }),
  })
  const mayRenew = can('manage') && number.origin === 'store'
  const { signed, urlKey, insecure } = number.webhook
  const ask = async (what: What) => {
    const question = {
      title: t(what === 'key' ? 'renewKeyTitle' : 'renewSecretTitle'),
      text: t(what === 'key' ? 'renewKeyText' : 'renewSecretText'),
      action: t('renew'),
      harmless: what === 'secret',
    }
    if (await confirm(question)) renew.mutate(what)
  }
  return (
    <Section title={t('secrets')}>
      <div className="grid gap-3">
        <p className="text-muted">{t('secretsHint')}</p>
        {insecure && (
          <Notice signal="bad">
            <p>{t('insecure')}</p>
          </Notice>
        )}
        {(
          [
            ['key', 'urlKey', urlKey],
            ['secret', 'signingSecret', signed],
          ] as const
        ).map(([what, name, set]) => (
          <div key={what} className="flex min-h-9 flex-wrap items-center gap-3">
            <span className="min-w-0 grow font-strong">{t(name)}</span>
            <StatusDot signal={set ? 'good' : 'neutral'}>{t(set ? 'set' : 'notSet')}</StatusDot>
            {mayRenew && set && (
              <Button
                small
                busy={renew.isPending && renew.variables === what}
                aria-label={`${t('renew')}: ${t(name)}`}
                onClick={() => void ask(what)}
              >
                {t('renew')}
              </Button>
            )}
          </div>
        ))}
      </div>
      {made && <SecretsDialog secrets={made} onClose={() => setMade(undefined)} />}
    </Section>
  )
}
