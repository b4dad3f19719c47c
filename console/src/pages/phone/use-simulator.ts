import { useCallback, useEffect, useState } from 'react'
import type {
  ActionInput,
  ActionName,
  PhoneNews,
  PhoneState,
  WireDetail,
} from '../../../../src/simulator/phone-view.ts'
import { heard } from './news.ts'

/** `reason`: in words, why it was not done; undefined when the simulator did not answer at all. */
export type Outcome<T> = { ok: true; answer: T } | { ok: false; reason: string | undefined }

export interface SimulatorLink {
  /** Undefined until the first answer. */
  state: PhoneState | undefined
  /** Is what is shown the state of now? */
  live: boolean
  act<Name extends ActionName>(name: Name, body: ActionInput<Name>): Promise<Outcome<unknown>>
  /** What one line of the wire held. */
  line(id: number): Promise<Outcome<WireDetail>>
}

const NAMES = [
  'state',
  'message',
  'typing',
  'chat',
  'number',
  'group',
  'person',
  'strip',
  'hub',
  'hub-chats',
  'tally',
] as const satisfies readonly (keyof PhoneNews)[]
const REOPEN_MS = 1_000

/** The simulator at `origin` ('' is the page's own), heard and asked for as long as the component is shown. */
export function useSimulator(origin: string): SimulatorLink {
  const [state, setState] = useState<PhoneState>()
  const [live, setLive] = useState(false)

  useEffect(() => {
    let source: EventSource
    let reopen: ReturnType<typeof setTimeout> | undefined
    const open = () => {
      source = new EventSource(`${origin}/phone/stream`)
      source.onopen = () => setLive(true)
      source.onerror = () => {
        setLive(false)
        // A browser gives up for good where something else answers than a stream.
        if (source.readyState === EventSource.CLOSED) reopen = setTimeout(open, REOPEN_MS)
      }
      for (const name of NAMES)
        source.addEventListener(name, ({ data }) =>
          setState((before) => heard(before, { name, data: JSON.parse(data) })),
        )
    }
    open()
    return () => {
      clearTimeout(reopen)
      source.close()
    }
  }, [origin])

  const act = useCallback(
    (name: ActionName, body: object) =>
      ask(`${origin}/phone/${name}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    [origin],
  )
  const line = useCallback((id: number) => ask<WireDetail>(`${origin}/phone/wire/${id}`), [origin])
  return { state, live, act, line }
}

async function ask<T>(url: string, init?: RequestInit): Promise<Outcome<T>> {
  try {
    const response = await fetch(url, init)
    const answer = await response.json()
    return response.ok ? { ok: true, answer } : { ok: false, reason: answer.detail }
  } catch {
    return { ok: false, reason: undefined }
  }
}
