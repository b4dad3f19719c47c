import type { Instance } from '../../../../src/http/contract/instances.ts'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { common } from '../../words/common.ts'
import { useWords } from '../../words/use-words.tsx'
import { conflictsOf, type Draft, draftOf } from './draft.ts'
import { numberWords } from './number-words.ts'

const NAMES = {
  minDelayMs: 'minDelay',
  maxDelayMs: 'maxDelay',
  tags: 'tags',
  allow: 'networks',
  perSecond: 'perSecond',
  reorderMs: 'reorder',
  claim: 'claim',
} as const satisfies Record<keyof Draft, string>

/** Two people changed the same number: both versions, to choose from. */
export function StaleDialog({
  base,
  mine,
  theirs,
  busy,
  onMine,
  onTheirs,
  onClose,
}: {
  base: Instance
  mine: Draft
  theirs: Instance
  busy: boolean
  onMine(): void
  onTheirs(): void
  onClose(): void
}) {
  const t = useWords(numberWords)
  const shared = useWords(common)
  const now = draftOf(theirs)
  const shown = (value: string | boolean) =>
    typeof value === 'boolean' ? shared(value ? 'yes' : 'no') : value === '' ? shared('none') : value
  return (
    <Dialog
      open
      keep
      wide
      onClose={onClose}
      title={t('staleTitle')}
      description={t('staleText')}
      footer={
        <>
          <Button onClick={onTheirs}>{t('keepTheirs')}</Button>
          <Button look="primary" busy={busy} onClick={onMine}>
            {t('keepMine')}
          </Button>
        </>
      }
    >
      <table className="w-full">
        <thead>
          <tr className="border-b border-line text-left text-meta text-muted">
            <th scope="col" className="py-1 pr-3 font-strong">
              {t('staleField')}
            </th>
            <th scope="col" className="py-1 pr-3 font-strong">
              {t('staleMine')}
            </th>
            <th scope="col" className="py-1 font-strong">
              {t('staleTheirs')}
            </th>
          </tr>
        </thead>
        <tbody>
          {conflictsOf(base, mine, theirs).map((field) => (
            <tr key={field} className="border-b border-line align-top last:border-0">
              <th scope="row" className="py-1 pr-3 text-left font-normal text-muted">
                {t(NAMES[field])}
              </th>
              <td className="py-1 pr-3 whitespace-pre-wrap">{shown(mine[field])}</td>
              <td className="py-1 whitespace-pre-wrap">{shown(now[field])}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Dialog>
  )
}
