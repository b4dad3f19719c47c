/**
 * The value with every string made such that every engine can store it: NUL and lone surrogates become
 * U+FFFD. Nearly always nothing has to change, and then the very same value comes back.
 */
export const sanitize = <T>(value: T): T => clean(value) as T

function clean(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value)
  if (value === null || typeof value !== 'object') return value
  return Array.isArray(value) ? cleanArray(value) : cleanObject(value as Record<string, unknown>)
}

function cleanArray(array: unknown[]): unknown[] {
  const copy = array.map(clean)
  return copy.every((entry, i) => entry === array[i]) ? array : copy
}

function cleanObject(object: Record<string, unknown>): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined
  for (const key of Object.keys(object)) {
    const [name, entry] = [cleanText(key), clean(object[key])]
    if (name === key && entry === object[key]) continue
    copy ??= { ...object }
    if (name !== key) delete copy[key]
    copy[name] = entry
  }
  return copy ?? object
}

function cleanText(text: string): string {
  const formed = text.isWellFormed() ? text : text.toWellFormed()
  return formed.includes('\0') ? formed.replaceAll('\0', '\ufffd') : formed
}
