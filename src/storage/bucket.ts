/** A token bucket: what of a limit is left, in thousandths of a token, and when that was (ms). */
export interface Bucket {
  thousandths: number
  at: number
}

/** Further apart than this the clocks of nodes never are (ms). */
const LAG_MS = 2_000

/** Takes up to `want` whole tokens out of a bucket that fills at `perSecond`, up to one second's worth, at least one. */
export function draw(
  bucket: Bucket | undefined,
  { perSecond, want, at }: { perSecond: number; want: number; at: number },
): { granted: number; bucket: Bucket } {
  const full = Math.max(1, perSecond) * 1000
  // A clock that lags fills no moment twice; one that was put back fills the bucket from there on.
  const lags = bucket !== undefined && at < bucket.at && bucket.at - at <= LAG_MS
  const since = lags ? bucket.at : at
  const filled = bucket ? bucket.thousandths + Math.max(0, since - bucket.at) * perSecond : full
  const left = Math.min(full, filled)
  const granted = Math.min(want, Math.floor(left / 1000))
  return { granted, bucket: { thousandths: Math.floor(left - granted * 1000), at: since } }
}
