import type { Clock, HttpClient, TimerHandle } from '../core/ports.ts'

const CHECK_MS = 500

export type HubState = 'unknown' | 'live' | 'down'

/** Asks the hub for its health while anybody watches, and tells when the answer changes. */
export class HubWatch {
  state: HubState = 'unknown'
  readonly #url: string | undefined
  readonly #clock: Clock
  readonly #http: HttpClient
  readonly #changed: (state: HubState) => void
  #timer: TimerHandle | undefined

  constructor(url: string | undefined, clock: Clock, http: HttpClient, changed: (state: HubState) => void) {
    this.#url = url
    this.#clock = clock
    this.#http = http
    this.#changed = changed
  }

  start(): void {
    if (this.#url === undefined || this.#timer) return
    this.#timer = this.#clock.setTimeout(() => void this.#check(), 0)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  async #check(): Promise<void> {
    const mine = this.#timer
    const outcome = await this.#http({ method: 'GET', url: `${this.#url}/health`, timeoutMs: 2_000 })
    if (mine === undefined || this.#timer !== mine) return
    const state: HubState = outcome.type === 'answered' && outcome.status === 200 ? 'live' : 'down'
    if (state !== this.state) {
      this.state = state
      this.#changed(state)
    }
    this.#timer = this.#clock.setTimeout(() => void this.#check(), CHECK_MS)
  }
}
