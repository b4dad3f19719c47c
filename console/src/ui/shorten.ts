/** @returns at most `most` characters as people count them, so that no emoji is cut in two */
export function shorten(text: string, most: number): string {
  if (text.length <= most) return text
  const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(
    text.slice(0, most * 8),
  )
  let cut = 0
  let count = 0
  for (const { index, segment } of graphemes) {
    if (++count > most) break
    cut = index + segment.length
  }
  return cut < text.length ? `${text.slice(0, cut).trimEnd()}…` : text
}

/** Somebody's name for use inside of a sentence: its direction of writing ends with it. */
export const nameOf = (text: string): string => `\u2068${shorten(text, 80)}\u2069`
