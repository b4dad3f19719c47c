/** Something that keeps a backlog of many keys and hands it out, strictly in order within each key. */
export interface Contender {
  /** Puts one item of every key in, after all that were put in before. */
  add(keys: readonly string[], number: number): Promise<void>
  /** Claims and handles until nothing is left or `signal` ends it. */
  drain(watch: Watch, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

export interface Watch {
  /** One claim took so long (ms) and brought this many items. */
  claimed(ms: number, items: number): void
  /** The handler, which does nothing but look whether the order held. */
  handle(key: string, number: number): void
}

export interface Setting {
  url: string
  /** Items (jobs) or lanes asked for in one claim. */
  claim: number
  connections: number
}

/** Runs as many consumers as pay; each claims the next batch once its last one is done. */
export const consumers = (count: number, consume: () => Promise<void>): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, consume))
