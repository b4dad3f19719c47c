import { useEffect, useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { useWords } from '../../words/use-words.tsx'
import { usePhone } from './context.tsx'
import { chatAddress } from './place.ts'
import { shorten } from './text.ts'
import { words } from './words.ts'

/** A gateway that takes longer (ms) is worth a word. */
const SLOW_MS = 3_000
const DECISIONS = ['resend', 'sent', 'discard'] as const

/** The present in ms, renewed every second. */
export function useSecond(): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [])
  return now
}

/** A send of which nobody knows the end: why the chat is silent, and what a person can decide. */
export function OpenSend() {
  const t = useWords(words)
  const now = useSecond()
  const { state, place, act } = usePhone()
  const send = state.hubChats
    .find(({ instance, address }) => instance === place.instance && address === chatAddress(place))
    ?.open.find((one) => one.state !== 'sending' || now - one.since > SLOW_MS)
  if (!send) return null
  const text = shorten(send.text || t('picture'))
  const left = send.until === undefined ? now - send.since : send.until - now
  const said = t(`open_${send.state}`, { text, seconds: Math.round(Math.max(0, left) / 1_000) })
  return (
    <div
      data-open-send
      className="flex shrink-0 flex-wrap items-center justify-between gap-x-3 gap-y-1 border-t border-line bg-attention-soft px-4 py-1"
    >
      <p className="flex-1 basis-60">{said}</p>
      {send.state !== 'sending' && state.hub.canAsk && (
        <span className="flex flex-wrap gap-1">
          {DECISIONS.map((decision) => (
            <Button key={decision} small onClick={() => void act('resolve', { command: send.id, decision })}>
              {t(`decide_${decision}`)}
            </Button>
          ))}
        </span>
      )}
      <SaidOnce key={`${send.state} ${send.id}`} text={said} />
    </div>
  )
}

/** Read out when it comes, and not again every second. */
function SaidOnce({ text }: { text: string }) {
  const [said] = useState(text)
  return (
    <span role="status" className="sr-only">
      {said}
    </span>
  )
}
