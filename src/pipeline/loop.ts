import type { Clock, Logger, TimerHandle } from '../core/ports.ts'
import type { Outage } from './outage.ts'

export interface LoopOptions {
  name: string
  clock: Clock
  log: Logger
  outage: Outage
  /**
   * Does what there is to do now. `again`: ask me at once. `rest`: nothing more until something is due or
   * somebody nudges. `full`: I could do more, but have no hands free; a nudge will come.
   */
  work(): Promise<'again' | 'rest' | 'full'>
  /** When something becomes ready by time alone (ms). */
  nextDue(): Promise<number | undefined>
  /** Longest sleep (ms): nudges are hints, looking is the truth. */
  maxSleepMs: number
}

/** After a failure of the store itself (ms). */
const FAILURE_PAUSE_MS = 500

/** The one loop of the hub: work while there is some, sleep until something is due, wake when nudged. */
export class Loop {
  readonly #options: LoopOptions
  #state: 'stopped' | 'running' | 'stopping' = 'stopped'
  #nudged = false
  #asleep = false
  #wake: (() => void) | undefined
  #ended: Promise<void> = Promise.resolve()

  constructor(options: LoopOptions) {
    this.#options = options
  }

  start(): void {
    if (this.#state !== 'stopped') return
    this.#state = 'running'
    this.#ended = this.#run()
  }

  /** There is new work. Cheap; may be called at any rate. */
  nudge(): void {
    this.#nudged = true
    this.#wake?.()
  }

  /** True when it sleeps and nobody has nudged it since. */
  get resting(): boolean {
    return this.#asleep && !this.#nudged
  }

  /** Resolves when the current round of work has ended. */
  async stop(): Promise<void> {
    if (this.#state === 'running') this.#state = 'stopping'
    this.#wake?.()
    await this.#ended
    this.#state = 'stopped'
  }

  async #run(): Promise<void> {
    const { work, nextDue, clock, log, outage, name, maxSleepMs } = this.#options
    while (this.#state === 'running') {
      this.#nudged = false
      const begun = clock.monotonic()
      try {
        const outcome = await work()
        outage.worked(begun)
        if (outcome === 'again' || this.#nudged) continue
        const due = outcome === 'full' ? undefined : await nextDue()
        const wait = Math.min(due === undefined ? maxSleepMs : due - clock.now(), maxSleepMs)
        if (wait > 0) await this.#sleep(wait)
      } catch (err) {
        if (!outage.noted(err)) log.error({ err, loop: name }, 'loop failed; it goes on')
        await this.#sleep(FAILURE_PAUSE_MS)
      }
    }
  }

  async #sleep(ms: number): Promise<void> {
    if (this.#nudged || this.#state !== 'running') return
    let timer: TimerHandle | undefined
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      this.#asleep = true
      timer = this.#options.clock.setTimeout(resolve, ms)
    })
    timer?.cancel()
    this.#asleep = false
    this.#wake = undefined
  }
}
