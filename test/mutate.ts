import fc from 'fast-check'

/** One change to a JSON value: a field dropped, retyped, swapped with or copied over another. */
export const mutation = fc.record({
  at: fc.nat(),
  other: fc.nat(),
  how: fc.constantFrom('drop', 'retype', 'swap', 'duplicate'),
  value: fc.oneof(
    fc.constantFrom<unknown>(null, true, 0, -1, 1e308, '', [], {}, [null], { id: {} }, '@', '1:2@', 'a in b'),
    fc.jsonValue({ maxDepth: 2 }),
  ),
})
export type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never

type Place = { holder: Record<string, unknown> | unknown[]; key: string }
/** Every field and element of a JSON value, at any depth. */
function places(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Record<string, unknown>
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...places(holder[key])])
}
const read = ({ holder, key }: Place): unknown => (holder as Record<string, unknown>)[key]
const write = ({ holder, key }: Place, value: unknown): void => {
  ;(holder as Record<string, unknown>)[key] = value
}
/** The body with one change; it may be changed in place. */
export function mutate(body: unknown, by: Mutation): unknown {
  const all = places(body)
  const one = all[by.at % all.length]
  const two = all[by.other % all.length]
  if (!one || !two) return structuredClone(by.value)
  if (by.how === 'drop') delete (one.holder as Record<string, unknown>)[one.key]
  else if (by.how === 'retype') write(one, structuredClone(by.value))
  else {
    const [first, second] = [structuredClone(read(one)), structuredClone(read(two))]
    write(one, second)
    if (by.how === 'swap') write(two, first)
  }
  return body
}
