import type { MadeSecrets } from '../../../../src/http/contract/instances.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { useWords } from '../../words/use-words.tsx'
import { numberWords } from './number-words.ts'
import { SetupValues } from './setup-values.tsx'

/** What was just made, this once. */
export function MadeValues({ secrets }: { secrets: MadeSecrets }) {
  const t = useWords(numberWords)
  const listed = new Set(secrets.setup.map(({ value }) => value))
  const named = (name: string, value: string | undefined) =>
    value === undefined || listed.has(value) ? [] : [{ kind: 'field' as const, name, value, secret: true }]
  return (
    <SetupValues
      values={[
        ...secrets.setup,
        ...named(t('signingSecret'), secrets.signingSecret),
        // The key stands in the URL; alone it is wanted where that is built by hand.
        ...(secrets.setup.some(({ value }) => value.includes(secrets.urlKey ?? '\0'))
          ? []
          : named(t('urlKey'), secrets.urlKey)),
      ]}
    />
  )
}

/** Closes by its button only: what is in it is not shown again. */
export function SecretsDialog({ secrets, onClose }: { secrets: MadeSecrets; onClose(): void }) {
  const t = useWords(numberWords)
  return (
    <Dialog
      open
      keep
      wide
      onClose={onClose}
      title={t('madeTitle')}
      description={t('madeText')}
      footer={
        <Button look="primary" onClick={onClose}>
          {t('madeKept')}
        </Button>
      }
    >
      <MadeValues secrets={secrets} />
    </Dialog>
  )
}
