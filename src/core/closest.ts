/**
 * The candidate that somebody who typed `word` probably meant, for "did you mean". Case does not count.
 * Undefined when none is near: more than two typing errors, or more than a third of the word.
 */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  const typed = word.toLowerCase()
  let best: string | undefined
  let fewest = Math.min(2, Math.floor(typed.length / 3)) + 1
  for (const candidate of candidates) {
    const errors = typingErrors(typed, candidate.toLowerCase())
    if (errors >= fewest) continue
    best = candidate
    fewest = errors
  }
  return best
}

/** Edit distance in which two swapped neighbours count as one error. */
function typingErrors(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= b.length; column += 1) {
      const same = a[row - 1] === b[column - 1]
      let errors = Math.min(
        previous[column]! + 1,
        current[column - 1]! + 1,
        previous[column - 1]! + (same ? 0 : 1),
      )
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        errors = Math.min(errors, before[column - 2]! + 1)
      }
      current.push(errors)
    }
    before = previous
    previous = current
  }
  return previous[b.length]!
}
