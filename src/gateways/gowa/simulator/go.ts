/** Fields of a Go struct, in the order of their declaration. Plain objects are Go maps. */
export type Struct = Map<string, unknown>
export const struct = (fields: object): Struct => new Map(Object.entries(fields))

/**
 * What Go's `json.Marshal` writes: compact, map keys sorted by bytes, struct fields in their order,
 * `<`, `>`, `&`, U+2028 and U+2029 escaped, other characters raw, broken UTF-16 as U+FFFD. Undefined
 * fields are left out.
 */
export function goJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`
  if (typeof value === 'object' && value !== null) {
    const entries = value instanceof Map ? [...value] : Object.entries(value).sort(byKey)
    const fields = entries.filter(([, field]) => field !== undefined)
    return `{${fields.map(([key, field]) => `${goJson(key)}:${goJson(field)}`).join(',')}}`
  }
  if (typeof value !== 'string') return JSON.stringify(value)
  return JSON.stringify(value.toWellFormed()).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
const byKey = ([a]: [string, unknown], [b]: [string, unknown]): number =>
  Buffer.compare(Buffer.from(a), Buffer.from(b))
