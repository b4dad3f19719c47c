import { HubError } from '../core/errors.ts'
import type { Clock, Logger } from '../core/ports.ts'

/** The store itself cannot work now; what was asked of it may be asked again. */
export const isUnavailable = (error: unknown): boolean =>
  error instanceof HubError && error.code === 'E_STORE_UNAVAILABLE'

/**
 * Without a failure for this long (ms) an outage may be over. Loops try more often, so while some calls work and
 * others do not, it is one outage.
 */
const QUIET_MS = 1_000
/** Between two tries while the store is away (ms). */
const FIRST_PAUSE_MS = 100
const MAX_PAUSE_MS = 1_000

/**
 * What all parts of a hub know together of its store: whether it is away. An outage is told once, and once
 * that it is over, however many loops run into it however often.
 */
export class Outage {
  readonly #clock: Clock
  readonly #log: Logger
  /** Monotonic ms; undefined while all is well. */
  #since: number | undefined
  #last = 0

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock
    this.#log = log
  }

  /** Takes note of a failure. @returns whether it is that the store is away; then nothing else need be logged */
  noted(err: unknown): boolean {
    if (!isUnavailable(err)) return false
    this.#last = this.#clock.monotonic()
    if (this.#since === undefined) {
      this.#since = this.#last
      this.#log.error(
        { err },
        'the store is away; what was acknowledged is safe, and all goes on when it is back',
      )
    }
    return true
  }

  /** Something worked. @param begun when it did (monotonic ms) */
  worked(begun: number): void {
    if (this.#since === undefined || begun < this.#last + QUIET_MS) return
    const seconds = Math.round((this.#clock.monotonic() - this.#since) / 100) / 10
    this.#since = undefined
    this.#log.info({ seconds }, 'the store is back')
  }

  /**
   * Does something that may be done again, until it works, while the store is away.
   * @param patient whether to go on trying; asked after each failure
   * @throws what `run` throws, E_STORE_UNAVAILABLE only once patience is at its end
   */
  async persist<T>(run: () => Promise<T>, patient: () => boolean): Promise<T> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
      const begun = this.#clock.monotonic()
      try {
        const result = await run()
        this.worked(begun)
        return result
      } catch (error) {
        if (!this.noted(error) || !patient()) throw error
      }
      await new Promise<void>((resolve) => void this.#clock.setTimeout(resolve, pause))
    }
  }
}
