const SECONDS = /^[0-9]{1,9}$/
/** The two forms in use begin with the day; `Date.parse` alone would read almost anything with a number in it. */
const HTTP_DATE = /^[A-Z][a-z]{2,8}, .{1,40} GMT$/
/** Who asks for more does not mean it. */
const LONGEST_MS = 86_400_000

/**
 * What a `Retry-After` header asks for (RFC 9110): whole seconds or an HTTP date, as ms from `now` (ms since
 * 1970). 0 for a moment that is over, a day at the most; undefined for anything else.
 */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? ''
  if (SECONDS.test(text)) return bounded(Number(text) * 1000)
  const moment = HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(moment) ? undefined : bounded(moment - now)
}

const bounded = (ms: number): number => Math.min(Math.max(0, ms), LONGEST_MS)
