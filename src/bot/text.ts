// biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
const ASCII = /^[\x00-\x7f]*$/
const ACCENTS = /[\u0300-\u036f]/g
const WORD = /[\p{L}\p{N}\p{M}_]/u

/** Compatibility forms unified, combining diacritics taken off. */
const strip = (text: string): string => text.normalize('NFKD').replace(ACCENTS, '')

/**
 * Text as it is compared when case and accents do not matter: compatibility forms unified, accents of
 * Latin, Greek and Cyrillic letters taken off, lower case. `fold(fold(x)) === fold(x)`.
 *
 * Only combining diacritics go: vowel signs of other scripts make different words and stay.
 */
export function fold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase()
  // Upper case in between unites spellings that lower case keeps apart: ß and ss, ſ and s.
  return strip(strip(text).toLowerCase().toUpperCase().toLowerCase()).replaceAll('ς', 'σ')
}

/**
 * Does `text` contain `words` as whole words? Both folded already. A word ends where no letter, digit,
 * mark or underscore touches it, in any script.
 */
export function hasWords(text: string, words: string): boolean {
  if (words === '') return false
  const begins = WORD.test(codePointAt(words, 0))
  const ends = WORD.test(codePointBefore(words, words.length))
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) {
    const end = at + words.length
    const touchesBefore = begins && WORD.test(codePointBefore(text, at))
    const touchesAfter = ends && WORD.test(codePointAt(text, end))
    if (!touchesBefore && !touchesAfter) return true
  }
  return false
}

const codePointAt = (text: string, index: number): string =>
  index < text.length ? String.fromCodePoint(text.codePointAt(index) ?? 0) : ''

/** The character that ends at `index`, whole even when it takes two code units. */
function codePointBefore(text: string, index: number): string {
  const low = text.slice(index - 1, index)
  return index >= 2 && /[\udc00-\udfff]/.test(low) ? text.slice(index - 2, index) : low
}
