import { useMemo } from 'react'
import type { EventDetail } from '../../../../../src/http/contract/events.ts'
import { CodeView } from '../../../ui/code-view.tsx'
import { useWords } from '../../../words/use-words.tsx'
import { compare } from './compare.ts'
import { words } from './words.ts'

/** What came beside what the hub made of it; beside each other where there is room. */
export function RawAndNormalised({ event: { delivery, normalised } }: { event: EventDetail }) {
  const t = useWords(words)
  const raw = delivery?.encoding === 'json' ? delivery.payload : undefined
  const marks = useMemo(() => (raw === undefined ? undefined : compare(raw, normalised)), [raw, normalised])
  return (
    <div className="@container">
      <div className="grid grid-cols-1 gap-4 @3xl:grid-cols-2">
        <div className="min-w-0">
          {delivery ? (
            <>
              <CodeView
                tall
                label={t('raw')}
                value={delivery.payload}
                {...(marks && { marked: marks.taken })}
              />
              {marks && <p className="mt-1 text-meta text-muted">{t('rawMarked')}</p>}
            </>
          ) : (
            <p className="text-muted">{t('rawNone')}</p>
          )}
        </div>
        <div className="min-w-0">
          <CodeView tall label={t('normalised')} value={normalised} {...(marks && { marked: marks.made })} />
          {marks && <p className="mt-1 text-meta text-muted">{t('normalisedMarked')}</p>}
        </div>
      </div>
      {delivery && (
        <details className="mt-2">
          <summary className="cursor-pointer text-meta text-muted">{t('headers')}</summary>
          <div className="mt-2">
            <CodeView label={t('headers')} value={delivery.headers} />
          </div>
        </details>
      )}
    </div>
  )
}
