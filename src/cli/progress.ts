import type { Io } from './io.ts'

/** Width of the bar (characters). */
const BAR = 24
/** How often a line is written: redrawn for a person, added to a log (ms). */
const REDRAW_MS = 200
const LINE_MS = 5000
const UP_AND_CLEAR = '\x1b[1A\x1b[2K'

export interface Step {
  /** What is being done, as in `copying`. Another one is counted from its beginning. */
  phase: string
  /** What it is at. */
  item: string
  done: number
  total: number
}

/**
 * Tells a long task's progress on standard error: one line that is drawn anew on a terminal, else a line every five
 * seconds.
 * @param monotonic milliseconds that never jump
 */
export function progress(io: Io, monotonic: () => number): (step: Step) => void {
  let begun: { phase: string; at: number; done: number } | undefined
  let last = Number.NEGATIVE_INFINITY
  let drawn = false
  return (step) => {
    const now = monotonic()
    const first = step.phase !== begun?.phase
    if (first) begun = { phase: step.phase, at: now, done: step.done }
    const finished = step.done >= step.total
    if (!first && !finished && now - last < (io.human ? REDRAW_MS : LINE_MS)) return
    last = now
    const rate = ((step.done - begun!.done) * 1000) / Math.max(now - begun!.at, 1)
    const line = lineOf(step, rate, io.human)
    io.err(drawn && io.human && !first ? `${UP_AND_CLEAR}${line}` : line)
    drawn = true
  }
}

function lineOf({ phase, item, done, total }: Step, rate: number, bar: boolean): string {
  const share = total === 0 ? 1 : done / total
  const left = rate > 0 && done < total ? `, ${duration((total - done) / rate)} left` : ''
  const speed = rate > 0 ? `, ${count(rate)} rows/s` : ''
  const full = Math.round(share * BAR)
  const drawing = bar ? `${'█'.repeat(full)}${'░'.repeat(BAR - full)} ` : ''
  return `${phase} ${drawing}${Math.floor(share * 100)} %, ${count(done)} of ${count(total)} rows${speed}${left} (${item})`
}

/** `1234567.8` → `1,234,568` */
export const count = (value: number): string => Math.round(value).toLocaleString('en-US')

/** Seconds as people say them. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
