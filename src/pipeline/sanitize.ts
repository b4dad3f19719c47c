/**
 * A copy in which every string can be stored by every engine: NUL and lone surrogates become U+FFFD.
 * The same value comes back when nothing had to change.
 */
export function sanitize<T>(value: T): T {
  return clean(value) as T
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value)
  if (Array.isArray(value)) return value.map(clean)
  if (value !== null && typeof value === 'object') {
    const copy: Record<string, unknown> = {}
    for (const [key, entry] of Object.entries(value)) copy[cleanText(key)] = clean(entry)
    return copy
  }
  return value
}

function cleanText(text: string): string {
  const formed = text.isWellFormed() ? text : text.toWellFormed()
  return formed.includes('\0') ? formed.replaceAll('\0', '\ufffd') : formed
}
