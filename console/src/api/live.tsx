import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef, useState } from 'react'
import { type LiveState, openLive } from './live-source.ts'
import type { QueryKey } from './query.ts'

type Listener = (data: unknown) => void
interface Live {
  state: LiveState
  listen(listener: Listener): () => void
}
const LiveContext = createContext<Live | undefined>(undefined)

/** How long (ms) changes of one topic are collected before it is asked for again. */
const COLLECT_MS = 300

/** Keeps one stream open for everything below, and asks again for what the hub says has changed. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient()
  const [state, setState] = useState<LiveState>({ type: 'connecting' })
  const [listeners] = useState(() => new Set<Listener>())

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
      onEvent(data) {
        for (const listener of listeners) listener(data)
      },
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
  }, [client, listeners])

  const live = useMemo(
    () => ({
      state,
      listen(listener: Listener) {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
    }),
    [state, listeners],
  )
  return <LiveContext value={live}>{children}</LiveContext>
}

function useLiveContext(): Live {
  const live = useContext(LiveContext)
  if (!live) throw new Error('useLive outside of LiveProvider')
  return live
}

/** Is what is shown the state of now? */
export const useLive = (): LiveState => useLiveContext().state

/** Calls `onEvent` with each event the stream brings, while the component is shown. */
export function useLiveEvents<T>(onEvent: (event: T) => void): void {
  const { listen } = useLiveContext()
  const latest = useRef(onEvent)
  latest.current = onEvent
  useEffect(() => listen((event) => latest.current(event as T)), [listen])
}
