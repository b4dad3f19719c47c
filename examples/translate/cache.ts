/** Remembers a number of values for a time; the one not asked for longest goes first. */
export class Cache<T> {
  readonly #entries = new Map<string, { value: T; until: number }>()
  readonly #size: number
  readonly #ms: number

  constructor(size: number, ms: number) {
    this.#size = size
    this.#ms = ms
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    if (entry.until <= Date.now()) return undefined
    // A map keeps the order of insertion: what was asked for is the newest.
    this.#entries.set(key, entry)
    return entry.value
  }

  set(key: string, value: T): void {
    this.#entries.delete(key)
    this.#entries.set(key, { value, until: Date.now() + this.#ms })
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > this.#size && oldest !== undefined) this.#entries.delete(oldest)
  }
}
