import { useEffect, useState } from 'react'
import type { Moment } from '../words/format.ts'
import { useFormat } from '../words/use-words.tsx'
import { Tooltip } from './tooltip.tsx'

const TICK_MS = 10_000

/** The present, in ms, renewed every ten seconds while the component is shown. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS)
    return () => clearInterval(timer)
  }, [])
  return now
}

/** "3 min. ago", and the exact time on hover and focus. */
export function RelativeTime({ at }: { at: Moment }) {
  const format = useFormat()
  const now = useNow()
  return <TimeWith at={at}>{format.relative(at, Math.max(now, Date.now()))}</TimeWith>
}

function TimeWith({ at, children }: { at: Moment; children: string }) {
  const format = useFormat()
  return (
    <Tooltip text={format.exact(at)}>
      <time dateTime={new Date(at).toISOString()} className="whitespace-nowrap">
        {children}
      </time>
    </Tooltip>
  )
}
