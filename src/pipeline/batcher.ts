/**
 * Collects items that arrive together and hands them over in one call. While calls run, the next batch
 * gathers; so the busier it is, the larger the batches, and alone an item waits for nobody.
 */
export class Batcher<T, R> {
  readonly #run: (items: readonly T[]) => Promise<readonly R[]>
  readonly #limit: number
  readonly #calls: number
  #underWay = 0
  #waiting: { item: T; resolve: (result: R) => void; reject: (error: unknown) => void }[] = []
  #running = 0
  #scheduled = false

  /**
   * @param run answers one result per item, in order
   * @param limit most items in a call
   * @param calls calls that may run at once; with two, one gathers and prepares while the other commits
   */
  constructor(run: (items: readonly T[]) => Promise<readonly R[]>, limit: number, calls = 1) {
    this.#run = run
    this.#limit = limit
    this.#calls = calls
  }

  /** Items that wait or are being handled. */
  get pending(): number {
    return this.#waiting.length + this.#running
  }

  add(item: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#scheduled || this.#underWay >= this.#calls) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      void this.#flush()
    })
  }

  async #flush(): Promise<void> {
    const batch = this.#waiting.splice(0, this.#limit)
    if (batch.length === 0) return
    this.#running += batch.length
    this.#underWay += 1
    try {
      const results = await this.#run(batch.map((entry) => entry.item))
      for (const [i, entry] of batch.entries()) entry.resolve(results[i] as R)
    } catch (error) {
      for (const entry of batch) entry.reject(error)
    } finally {
      this.#running -= batch.length
      this.#underWay -= 1
      if (this.#waiting.length > 0) this.#schedule()
    }
  }
}
