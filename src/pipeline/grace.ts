import type { Clock, TimerHandle } from '../core/ports.ts'

/** Resolves when everything has settled, or after `graceMs`, whichever comes first. Never rejects. */
export async function settledWithin(
  clock: Clock,
  work: Iterable<Promise<unknown>>,
  graceMs: number,
): Promise<void> {
  let timer: TimerHandle | undefined
  const over = new Promise<void>((resolve) => {
    timer = clock.setTimeout(resolve, graceMs)
  })
  await Promise.race([Promise.allSettled(work), over])
  timer?.cancel()
}
