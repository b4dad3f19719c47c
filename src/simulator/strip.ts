import type { Author } from '../core/events.ts'
import type { Clock } from '../core/ports.ts'
import type { AnswerFault, DeliveryFault } from './faults.ts'
import type { Way } from './way.ts'
import type { WireDetail } from './wire-detail.ts'

/** One try to post a delivery. `failed` instead of `status` when no answer came. */
export interface Attempt {
  at: number
  ms: number
  status?: number
  failed?: 'unreachable' | 'unanswered'
}

interface EntryBase {
  id: number
  at: number
  instance: string
}

/** A delivery on its way from a gateway to the hub. */
export interface PostEntry extends EntryBase {
  type: 'post'
  /** Kind of event it carries. */
  what: string
  /** Who made the fact. */
  by?: Author
  detail?: string
  /** The message it is about. */
  message?: string
  fault?: DeliveryFault
  state: 'waiting' | 'posting' | 'retrying' | 'accepted' | 'refused' | 'lost' | 'dropped'
  attempts: Attempt[]
  nextAt?: number | undefined
  /** What the hub said it did with it. */
  accepted?: number
  duplicates?: number
  /** How far the hub has come with the message in it, where it can be asked. */
  way?: Way
}

/** A request of the hub to a gateway's API. */
export interface CallEntry extends EntryBase {
  type: 'call'
  method: string
  path: string
  ms: number
  /** Absent when the gateway never answered. */
  status?: number
  fault?: AnswerFault
}

export type StripEntry = PostEntry | CallEntry
type New<E extends StripEntry> = Omit<E, 'id' | 'at'>

const ENTRIES = 200

/** What went over the wire lately, both ways, oldest first. */
export class Strip {
  readonly #clock: Clock
  readonly #changed: (entry: StripEntry) => void
  readonly #entries: StripEntry[] = []
  readonly #details = new Map<number, WireDetail>()
  #last = 0

  constructor(clock: Clock, changed: (entry: StripEntry) => void) {
    this.#clock = clock
    this.#changed = changed
  }

  list(): readonly StripEntry[] {
    return this.#entries
  }

  add<E extends StripEntry>(fields: New<E>): E {
    const entry = { ...fields, id: ++this.#last, at: this.#clock.now() } as E
    this.#entries.push(entry)
    if (this.#entries.length > ENTRIES) this.#details.delete(this.#entries.shift()?.id ?? 0)
    this.#changed(entry)
    return entry
  }

  /** Keeps what went over the wire, for whoever asks; it is too long for every watcher. */
  keep(entry: StripEntry, detail: WireDetail): void {
    this.#details.set(entry.id, detail)
  }

  detail(id: number): { instance: string; detail: WireDetail } | undefined {
    const instance = this.#entries.find((entry) => entry.id === id)?.instance
    const detail = this.#details.get(id)
    return instance === undefined || detail === undefined ? undefined : { instance, detail }
  }

  update<E extends StripEntry>(entry: E, change: Partial<E>): void {
    Object.assign(entry, change)
    this.#changed(entry)
  }
}
