/** Is what is shown the state of now? Times in ms since 1970. */
export type LiveState =
  | { type: 'connecting' }
  | { type: 'live' }
  /** Lost a moment ago; nothing to worry about yet. */
  | { type: 'reconnecting'; since: number }
  /** Lost for so long that what is shown may be wrong. */
  | { type: 'stale'; since: number }

export interface LiveOptions {
  onState(state: LiveState): void
  onChanged(topics: readonly string[]): void
  /** The stream is back after a break. */
  onGap(): void
}

/** The hub pings every 15 s; two that are missed mean the connection hangs. */
const SILENCE_MS = 35_000
const STALE_MS = 10_000
const RETRY_MS = [500, 1_000, 2_000, 5_000] as const

/**
 * Listens to the hub's stream until closed, however often it breaks: after a restart of the hub, a sleep of the
 * machine or a change of network, without a reload.
 * @returns closes it
 */
export function openLive({ onState, onChanged, onGap }: LiveOptions): () => void {
  let source: EventSource | undefined
  let retry: ReturnType<typeof setTimeout> | undefined
  let heard = Date.now()
  let tries = 0
  let wasLive = false
  let lostAt: number | undefined
  let cursor = ''

  const open = () => {
    clearTimeout(retry)
    source?.close()
    heard = Date.now()
    source = new EventSource(`/api/v1/stream?events=false${cursor && `&after=${encodeURIComponent(cursor)}`}`)
    source.onopen = () => {
      hear()
      tries = 0
      lostAt = undefined
      if (wasLive) onGap()
      wasLive = true
      onState({ type: 'live' })
    }
    source.onerror = () => {
      source?.close()
      lose()
      retry = setTimeout(open, RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)])
    }
    source.addEventListener('ping', () => hear())
    source.addEventListener('reset', onGap)
    source.addEventListener('changed', (message) => {
      hear(message)
      onChanged((JSON.parse(message.data) as { topics: string[] }).topics)
    })
  }
  function hear(message?: MessageEvent): void {
    heard = Date.now()
    if (message?.lastEventId) cursor = message.lastEventId
  }
  function lose(): void {
    lostAt ??= heard
    onState({ type: Date.now() - lostAt > STALE_MS ? 'stale' : 'reconnecting', since: lostAt })
  }
  const wake = () => {
    if (document.visibilityState === 'visible' && (lostAt !== undefined || Date.now() - heard > SILENCE_MS))
      open()
  }
  const watch = setInterval(() => {
    if (lostAt !== undefined) lose()
    else if (Date.now() - heard > SILENCE_MS) {
      lose()
      open()
    }
  }, 2_000)
  document.addEventListener('visibilitychange', wake)
  window.addEventListener('online', wake)
  open()
  return () => {
    clearInterval(watch)
    clearTimeout(retry)
    source?.close()
    document.removeEventListener('visibilitychange', wake)
    window.removeEventListener('online', wake)
  }
}
