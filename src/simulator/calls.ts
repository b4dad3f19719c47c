import type { Random, TimerHandle } from '../core/ports.ts'
import type { Person } from './model.ts'
import { WorldError } from './model.ts'
import type { News, Timers } from './news.ts'
import { party } from './people.ts'
import type { SimulatedNumber } from './port.ts'

const RINGS_MS = 45_000

interface Call {
  id: string
  number: SimulatedNumber
  person: Person
  timer: TimerHandle
}

/** Calls of people to our numbers. Nobody here picks up: a call is rejected, or ends. */
export class Calls {
  readonly #ringing = new Map<string, Call>()
  readonly #news: News
  readonly #timers: Timers
  readonly #random: Random

  constructor(news: News, timers: Timers, random: Random) {
    this.#news = news
    this.#timers = timers
    this.#random = random
  }

  /** Rings until somebody rejects it, the caller gives up, or 45 s are over. */
  offer(number: SimulatedNumber, person: Person, video: boolean): string {
    let id = ''
    while (id.length < 32)
      id += Math.floor(this.#random() * 16)
        .toString(16)
        .toUpperCase()
    const timer = this.#timers.after(RINGS_MS, () => this.end(id))
    const call = { id, number, person, timer }
    this.#ringing.set(id, call)
    this.#tell(call, 'offered', video)
    return id
  }

  /** The caller hangs up. */
  end(id: string): void {
    const call = this.#over(id)
    if (!call) throw new WorldError('there is no such call')
    this.#tell(call, 'ended')
  }

  /** Our number does not want it; false when it does not ring (any more). */
  reject(number: SimulatedNumber, id: string): boolean {
    if (this.#ringing.get(id)?.number !== number) return false
    const call = this.#over(id)
    if (call) this.#tell(call, 'rejected')
    return true
  }

  #over(id: string): Call | undefined {
    const call = this.#ringing.get(id)
    call?.timer.cancel()
    this.#ringing.delete(id)
    return call
  }

  #tell({ id, number, person }: Call, state: 'offered' | 'rejected' | 'ended', video = false): void {
    this.#news.happened(number, {
      fact: { kind: 'call', id, state, ...(video && { video }) },
      author: state === 'rejected' ? 'api' : 'other',
      chat: party(person),
      sender: party(person),
    })
  }
}
