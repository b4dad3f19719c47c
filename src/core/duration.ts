import { z } from 'zod'

const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
type Unit = keyof typeof UNITS

/** A length of time: milliseconds, or a number and its unit: `'500ms'`, `'2s'`, `'5m'`, `'1h'`, `'3d'`. */
export type Duration = number | `${number}${Unit}`

const TEXT = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)$/
/** Longest duration taken (100 years): beyond it, times stop being dates. */
const LONGEST = 36_525 * UNITS.d

/** What to tell somebody whose duration is none. */
export const DURATION_HELP = 'a duration like "500ms", "2s", "5m", "1h", "3d", or milliseconds from 0 up'

/**
 * Milliseconds of a duration, rounded to whole ones.
 * @returns undefined for anything else: negative, not finite, another unit, longer than 100 years
 */
export function parseDuration(value: unknown): number | undefined {
  const ms = typeof value === 'string' ? parseText(value) : value
  return typeof ms === 'number' && ms >= 0 && ms <= LONGEST ? Math.round(ms) : undefined
}

function parseText(text: string): number | undefined {
  const match = TEXT.exec(text)
  return match ? Number(match[1]) * UNITS[match[2] as Unit] : undefined
}

/** A duration in a configuration: written as {@link Duration}, read as milliseconds. */
export const durationSchema = z
  .custom<Duration>((value) => parseDuration(value) !== undefined, `must be ${DURATION_HELP}`)
  .transform((value) => parseDuration(value) ?? 0)
