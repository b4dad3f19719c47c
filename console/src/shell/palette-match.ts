/** Without accents and case: what one types is found however it is written. */
const plain = (text: string): string => text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase()

/** Is every word of `typed` the beginning of a word of `text`, or a part of it? */
export function matches(text: string, typed: string): boolean {
  const where = plain(text)
  return plain(typed)
    .split(/\s+/)
    .every((word) => where.includes(word))
}
