import { X } from 'lucide-react'
import type { BulkOutcome } from '../../../../src/http/contract/commands.ts'
import { api } from '../../api/client.ts'
import { IconButton } from '../../ui/button.tsx'
import { Notice } from '../../ui/status.tsx'
import { common } from '../../words/common.ts'
import { useWords } from '../../words/use-words.tsx'
import { words } from './words.ts'

/** Ids one request may name. */
const MOST = 200

/** Does one thing to many, however many: one request after the other. */
export async function toAll(
  where: string,
  ids: readonly string[],
  body: Readonly<Record<string, unknown>> = {},
): Promise<BulkOutcome> {
  const all: BulkOutcome = { done: 0, failed: 0, data: [] }
  for (let at = 0; at < ids.length; at += MOST) {
    const { done, failed, data } = await api.post<BulkOutcome>(where, {
      ids: ids.slice(at, at + MOST),
      ...body,
    })
    all.done += done
    all.failed += failed
    all.data.push(...data)
  }
  return all
}

const SHOWN = 3

/** Which of many were left as they are, and why. */
export function LeftAsIs({ outcome, onClose }: { outcome: BulkOutcome | undefined; onClose(): void }) {
  const t = useWords(words)
  const shared = useWords(common)
  if (!outcome || outcome.failed === 0) return null
  const left = outcome.data.filter(({ ok }) => !ok)
  return (
    <div className="mb-3">
      <Notice
        signal="attention"
        title={t('leftAsIs', { n: outcome.failed })}
        actions={<IconButton small label={shared('dismiss')} icon={<X size={16} />} onClick={onClose} />}
      >
        <ul className="text-meta">
          {left.slice(0, SHOWN).map(({ id, detail }) => (
            <li key={id}>
              <code className="font-mono">{id}</code> {detail}
            </li>
          ))}
        </ul>
      </Notice>
    </div>
  )
}
