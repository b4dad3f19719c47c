import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'
import { type LiveState, openLive } from './live-source.ts'
import type { QueryKey } from './query.ts'

const LiveContext = createContext<LiveState | undefined>(undefined)

/** How long (ms) changes of one topic are collected before it is asked for again. */
const COLLECT_MS = 300

/** Keeps one stream open for everything below, and asks again for what the hub says has changed. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient()
  const [state, setState] = useState<LiveState>({ type: 'connecting' })

  useEffect(() => {
    const due = new Set<string>()
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = () => {
      timer = undefined
      const topics = new Set(due)
      due.clear()
      void client.invalidateQueries({
        predicate: ({ queryKey, meta }) =>
          topics.has((queryKey as QueryKey)[0]) || meta?.topics?.some((topic) => topics.has(topic)) === true,
      })
    }
    const close = openLive({
      onState: setState,
      onChanged(topics) {
        for (const topic of topics) due.add(topic)
        timer ??= setTimeout(ask, COLLECT_MS)
      },
      // What happened in between was not heard.
      onGap: () => void client.invalidateQueries(),
    })
    return () => {
      close()
      clearTimeout(timer)
    }
  }, [client])

  return <LiveContext value={state}>{children}</LiveContext>
}

/** Is what is shown the state of now? */
export function useLive(): LiveState {
  const state = useContext(LiveContext)
  if (!state) throw new Error('useLive outside of LiveProvider')
  return state
}
