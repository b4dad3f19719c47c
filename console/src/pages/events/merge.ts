/** Rows of a list of the API, newest first, whose ids end in a number that grows: `evt_12`. */
export interface Numbered {
  id: string
}
export interface ListPage<Row> {
  data: Row[]
  next: string | null
}

/** Rows a list that is watched may gather on top before it begins anew. */
const MOST_ON_TOP = 5_000

const numberOf = ({ id }: Numbered): number => Number(id.slice(id.lastIndexOf('_') + 1))

/**
 * Puts the newest page of a list over the pages that were loaded before: rows that are new come on top, rows that
 * are still in it are renewed, and rows the newest page would show but does not are gone.
 * @returns the pages; undefined when more is new than the newest page holds, so that they do not meet
 */
export function withHead<Row extends Numbered>(
  pages: readonly ListPage<Row>[],
  head: ListPage<Row>,
): readonly ListPage<Row>[] | undefined {
  if (head.next === null) return [head]
  const oldest = head.data.at(-1)
  // Nothing matched in what the newest page looked at: what is shown lies further back.
  if (oldest === undefined) return pages
  const [first, ...rest] = pages
  const top = first?.data[0]
  if (first === undefined || top === undefined) return undefined
  const floor = numberOf(oldest)
  if (numberOf(top) < floor) return undefined
  if (first.data.length > MOST_ON_TOP) return [head]
  const older = (page: ListPage<Row>) => ({ ...page, data: page.data.filter((row) => numberOf(row) < floor) })
  const below = older(first)
  return [{ data: [...head.data, ...below.data], next: first.next }, ...rest.map(older)]
}
