import type { Writable } from 'node:stream'

/** Bytes that may wait for a reader; a slower one is let go. */
export const MAX_WAITING = 256 * 1024

export interface Reader {
  /** Sends a message; one that comes after the end goes nowhere. */
  take(text: string): void
  /** Sends a last message and ends. */
  leave(last: string): void
  readonly isOver: boolean
}

/**
 * Writes messages to somebody who may be slow: what waits for them is bounded. Who does not read is let go at once,
 * with a last message in case they still do.
 * @param farewell the last message for one that is too slow
 * @param ended called once, however it ends
 */
export function createReader(out: Writable, farewell: () => string, ended: () => void): Reader {
  let isOver = false
  const end = (): void => {
    if (isOver) return
    isOver = true
    ended()
  }
  out.on('close', end)
  return {
    get isOver() {
      return isOver
    },
    take(text) {
      if (isOver) return
      out.write(text)
      if (out.writableLength <= MAX_WAITING) return
      end()
      out.end(farewell())
      out.destroy()
    },
    leave(last) {
      if (isOver) return
      end()
      out.end(last)
    },
  }
}
