import { useQuery } from '@tanstack/react-query'
import { Ban, RotateCcw } from 'lucide-react'
import { useState } from 'react'
import { Button } from '../../../ui/button.tsx'
import { useWords } from '../../../words/use-words.tsx'
import { useDeadLetters } from '../dead.tsx'
import { useMayOperate } from '../may.tsx'
import { ReplayOne } from '../replay/one.tsx'
import { words as replay } from '../replay/words.ts'
import { hasEnded } from '../states.ts'
import { words as events } from '../words.ts'
import { eventQuery } from './details.tsx'

/** What can be done with one event: nothing while it waits, and nothing by who may only look. */
export function EventActions({ id, onRan }: { id: string; onRan(id: string): void }) {
  const t = useWords(events)
  const r = useWords(replay)
  const may = useMayOperate()
  const { data } = useQuery(eventQuery(id))
  const { act, busy } = useDeadLetters()
  const [replaying, setReplaying] = useState(false)
  if (!may || !data || !hasEnded(data.status)) return null
  const dead = data.status === 'dead'
  return (
    <>
      {dead && (
        <>
          <Button small busy={busy} onClick={() => void act([id], 'retry')}>
            {t('retry')}
          </Button>
          <Button
            small
            look="quiet"
            icon={<Ban size={16} aria-hidden />}
            disabled={busy}
            onClick={() => void act([id], 'discard')}
          >
            {t('discard')}
          </Button>
        </>
      )}
      <Button small icon={<RotateCcw size={16} aria-hidden />} onClick={() => setReplaying(true)}>
        {r('one')}
      </Button>
      {replaying && <ReplayOne id={id} onClose={() => setReplaying(false)} onRan={onRan} />}
    </>
  )
}
