import type { Clock } from '../core/ports.ts'

const EVERY_MS = 250

/**
 * Asks until the answer is one to stop at, or `limitMs` have passed; resolves to the last answer.
 * @param isFinal true for an answer that will not change any more
 */
export async function poll<T>(
  clock: Clock,
  limitMs: number,
  ask: () => Promise<T>,
  isFinal: (answer: T) => boolean,
): Promise<T> {
  const deadline = clock.monotonic() + limitMs
  for (;;) {
    const answer = await ask()
    if (isFinal(answer) || clock.monotonic() >= deadline) return answer
    await new Promise<void>((resolve) => void clock.setTimeout(resolve, EVERY_MS))
  }
}
