import type { EventId, InstanceId } from '../core/ids.ts'
import type { Topic } from '../core/live.ts'
import type { Clock, Logger, TimerHandle } from '../core/ports.ts'
import type { Announcement, EventRow, LogStore } from '../core/store.ts'
import type { News } from '../pipeline/news.ts'
import type { StreamMessages } from './contract/stream.ts'
import { iso, presentEvent } from './present.ts'

export interface LiveParts {
  news: Pick<News, 'onAnnounced'>
  store: Pick<LogStore, 'listEvents'>
  clock: Clock
  log: Logger
}

/** Who listens. */
export interface Listener {
  /** Only of these numbers; undefined: of all. */
  instances: ReadonlySet<string> | undefined
  /** Wants events themselves, too. */
  events: boolean
  /** Takes a message as it goes over the wire. */
  take(frame: string): void
}

/** How often the log is looked at while something happens, and while nothing is heard of (ms). */
const TICK_MS = 300
const IDLE_MS = 2_000
const PING_MS = 15_000
/** What changes with every message is told this seldom (ms). */
const SLOW_TOPICS_MS = 5_000
/** Events a look brings, and events that are sent again to who was away. */
const LOOK = 200
/** Bytes of events one look sends; what is beyond is told as a change. */
const LOOK_BYTES = 128 * 1024

/** More numbers than this are told as all. */
const MOST_INSTANCES = 100

/** A message as it goes over the wire. */
export const frame = <K extends keyof StreamMessages>(type: K, data: StreamMessages[K], id: number): string =>
  `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`

/**
 * What happens, for everybody who listens at once: however many they are, the log is looked at once. Nothing is
 * looked at while nobody listens.
 */
export function createLive({ news, store, clock, log }: LiveParts) {
  const listeners = new Set<Listener>()
  const topics = new Set<Topic>()
  const instances = new Set<InstanceId>()
  /** Something concerned no number, or all. */
  let everywhere = false
  let heard = true
  let timer: TimerHandle | undefined
  /** The timer is a long one: nothing was heard of lately. */
  let idle = false
  let deafen = () => {}
  let looking = false
  let pingedAt = 0
  let slowAt = 0
  /** State of the newest events as they were last told. */
  let told = new Map<EventId, string>()
  let newest = 0

  const stateOf = (row: EventRow): string => `${row.status}/${row.attempts}/${row.doneAt ?? ''}`

  function hear({ queues, instances: changed, registry, topics: named }: Announcement): void {
    heard = true
    for (const topic of named ?? []) topics.add(topic)
    if (registry) topics.add('instances')
    if (named === undefined && !registry) {
      topics.add('events').add('chats')
      if (queues.length > 0) topics.add('commands')
    }
    for (const instance of changed) instances.add(instance)
    if (changed.length === 0) everywhere = true
    if (!idle) return
    idle = false
    timer?.cancel()
    timer = clock.setTimeout(next, TICK_MS)
  }

  function tell(text: string, about?: string): void {
    for (const listener of [...listeners]) {
      if (about === undefined || listener.instances === undefined || listener.instances.has(about))
        listener.take(text)
    }
  }

  /** Tells of events that are new or have changed. @returns whether all of them were told */
  async function lookAtLog(): Promise<boolean> {
    const { data } = await store.listEvents({ limit: LOOK })
    const rows = data.reverse()
    const before = told
    told = new Map(rows.map((row) => [row.id, stateOf(row)]))
    const first = rows[0]?.id ?? 0
    const missed = rows.length === LOOK && first > newest + 1
    newest = Math.max(newest, rows.at(-1)?.id ?? 0)
    let bytes = 0
    for (const row of rows) {
      if (before.get(row.id) === stateOf(row)) continue
      const text = frame('event', presentEvent(row), newest)
      bytes += text.length
      if (bytes > LOOK_BYTES) return false
      for (const listener of [...listeners]) {
        if (listener.events && (listener.instances?.has(row.instance) ?? true)) listener.take(text)
      }
    }
    return !missed
  }

  function tellChanges(now: number): void {
    if (topics.size > 0 && now - slowAt >= SLOW_TOPICS_MS) {
      slowAt = now
      topics.add('traffic').add('instances')
    }
    if (topics.size === 0) return
    const told = everywhere || instances.size > MOST_INSTANCES ? [] : [...instances]
    const changed = { topics: [...topics], instances: told }
    const text = frame('changed', changed, newest)
    for (const listener of [...listeners]) {
      const concerned =
        everywhere ||
        listener.instances === undefined ||
        [...instances].some((id) => listener.instances?.has(id))
      if (concerned) listener.take(text)
    }
    topics.clear()
    instances.clear()
    everywhere = false
  }

  async function tick(): Promise<void> {
    const now = clock.now()
    const quiet = !heard
    idle = false
    heard = false
    try {
      if ([...listeners].some(({ events }) => events) && !(await lookAtLog())) topics.add('events')
    } catch (err) {
      log.debug({ err }, 'the stream could not look at the log; it tries again')
    }
    tellChanges(now)
    if (now - pingedAt >= PING_MS) {
      pingedAt = now
      tell(frame('ping', { at: iso(now) }, newest))
    }
    if (listeners.size === 0) {
      looking = false
      return
    }
    idle = quiet && !heard
    timer = clock.setTimeout(next, Math.min(idle ? IDLE_MS : TICK_MS, pingedAt + PING_MS - now))
  }
  const next = (): void => void tick()

  return {
    get size() {
      return listeners.size
    },
    /** The newest event that was told of: a cursor for who connects now. */
    get cursor() {
      return newest
    },
    /** Begins to tell it. Look up what it missed before. @returns ends it */
    async add(listener: Listener): Promise<() => void> {
      if (!looking) {
        looking = true
        const { data } = await store.listEvents({ limit: LOOK }).catch((error: unknown) => {
          looking = false
          throw error
        })
        told = new Map(data.map((row) => [row.id, stateOf(row)]))
        newest = data[0]?.id ?? 0
        pingedAt = clock.now()
        deafen()
        deafen = news.onAnnounced(hear)
        timer = clock.setTimeout(next, TICK_MS)
      }
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        deafen()
        deafen = () => {}
        timer?.cancel()
        looking = false
      }
    },
    /**
     * Events after a cursor, oldest first, as messages; undefined when there are too many to send them again.
     */
    async missed(
      cursor: number,
      listener: Pick<Listener, 'instances' | 'events'>,
    ): Promise<string[] | undefined> {
      const { data } = await store.listEvents({ limit: LOOK })
      const rows = data.filter(({ id }) => id > cursor).reverse()
      if (rows.length === LOOK || cursor > (data[0]?.id ?? 0)) return undefined
      if (!listener.events) return []
      const frames = rows
        .filter(({ instance }) => listener.instances?.has(instance) ?? true)
        .map((row) => frame('event', presentEvent(row), row.id))
      return frames.reduce((sum, text) => sum + text.length, 0) > LOOK_BYTES ? undefined : frames
    },
  }
}
