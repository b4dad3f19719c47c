import type { ReactNode } from 'react'
import type { WireDetail } from '../../../../src/simulator/phone-view.ts'
import { CodeView } from '../../ui/code-view.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { useWords } from '../../words/use-words.tsx'
import { words } from './words.ts'

/** What went over the wire, in full. */
export function LineDialog({
  detail,
  onClose,
  link,
}: {
  detail: WireDetail
  onClose(): void
  /** Leads on, where there is more to know. */
  link?: ReactNode
}) {
  const t = useWords(words)
  const { method, url, headers, body, answer } = detail
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value ?? ''}`)
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={t('openedLine')}
      description={<code>{`${method} ${url}`}</code>}
    >
      <div className="grid gap-3">
        {link}
        <CodeView label={t('detailBody')} value={pretty(body)} />
        <CodeView label={t('detailHeaders')} value={lines.join('\n')} />
        <CodeView
          label={t('detailAnswer')}
          value={answer ? `${answer.status}\n${pretty(answer.body)}` : t('unanswered')}
        />
      </div>
    </Dialog>
  )
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body || '–'
  }
}
