import { X } from 'lucide-react'
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react'
import { ApiError } from '../api/problem.ts'
import { common } from '../words/common.ts'
import { useWords } from '../words/use-words.tsx'
import { Button, IconButton } from './button.tsx'
import { faultWords } from './fault-words.ts'
import { type Signal, SignalIcon } from './status.tsx'

interface Told {
  id: number
  signal: Signal
  text: string
  detail?: string
  undo?: () => void
}
interface Toasts {
  /** Something was done. With `undo`, it can be taken back for 8 s. */
  done(text: string, undo?: () => void): void
  /** Something failed; says why. */
  fault(error: unknown): void
}
const ToastContext = createContext<Toasts | undefined>(undefined)

const UNDO_MS = 8_000
const DONE_MS = 4_000
const MOST = 4

export function ToastProvider({ children }: { children: ReactNode }) {
  const t = useWords(common)
  const [told, setTold] = useState<readonly Told[]>([])
  const [nextId] = useState(() => {
    let last = 0
    return () => ++last
  })
  const close = useCallback((id: number) => setTold((all) => all.filter((one) => one.id !== id)), [])
  const toasts = useMemo<Toasts>(() => {
    const tell = (one: Omit<Told, 'id'>) => setTold((all) => [...all, { ...one, id: nextId() }].slice(-MOST))
    return {
      done: (text, undo) => tell({ signal: 'good', text, ...(undo && { undo }) }),
      fault(error) {
        const { title, hint } = faultWords(t, error)
        const code = error instanceof ApiError ? ` (${error.code})` : ''
        tell({ signal: 'bad', text: title, detail: `${hint ?? ''}${code}` })
      },
    }
  }, [t, nextId])
  return (
    <ToastContext value={toasts}>
      {children}
      <section
        aria-label={t('menuOf')}
        aria-live="polite"
        className="pointer-events-none fixed inset-x-3 bottom-20 z-50 flex flex-col items-center gap-2 md:bottom-4"
      >
        {told.map((one) => (
          <Toast key={one.id} told={one} onClose={() => close(one.id)} />
        ))}
      </section>
    </ToastContext>
  )
}

function Toast({ told, onClose }: { told: Told; onClose(): void }) {
  const t = useWords(common)
  const [held, hold] = useState(false)
  useEffect(() => {
    // A failure stays until it was read.
    if (held || told.signal === 'bad') return
    const timer = setTimeout(onClose, told.undo ? UNDO_MS : DONE_MS)
    return () => clearTimeout(timer)
  }, [held, told, onClose])
  return (
    <div
      role="status"
      onMouseEnter={() => hold(true)}
      onMouseLeave={() => hold(false)}
      onFocus={() => hold(true)}
      onBlur={() => hold(false)}
      className="pointer-events-auto flex max-w-lg animate-appear items-start gap-3 rounded-lg border border-line bg-raised py-2 pr-2 pl-3 shadow-raised"
    >
      <span className="mt-1.5">
        <SignalIcon signal={told.signal} />
      </span>
      <div className="min-w-0 grow py-1">
        <p>{told.text}</p>
        {told.detail && <p className="text-meta text-muted">{told.detail}</p>}
      </div>
      {told.undo && (
        <Button
          small
          onClick={() => {
            told.undo?.()
            onClose()
          }}
        >
          {t('undo')}
        </Button>
      )}
      <IconButton small label={t('dismiss')} icon={<X size={16} />} onClick={onClose} />
    </div>
  )
}

/** Short news at the edge of the screen. */
export function useToast(): Toasts {
  const toasts = useContext(ToastContext)
  if (!toasts) throw new Error('useToast outside of ToastProvider')
  return toasts
}
