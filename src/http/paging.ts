import { HubError } from '../core/errors.ts'
import type { Page } from '../core/store.ts'

/** Pages of lists that are at hand whole; all others are paged by the store. */

/**
 * The next page of the rows that come after a cursor.
 * @param cursorOf what stands for a row, when it is the last one shown
 */
export function pageOfRest<Row>(
  rest: readonly Row[],
  limit: number,
  cursorOf: (row: Row) => string,
): Page<Row> {
  const data = rest.slice(0, limit)
  const last = data.at(-1)
  return { data, next: last !== undefined && rest.length > limit ? cursorOf(last) : null }
}

/** The fault of a cursor that this list never gave. */
export const foreignCursor = (): HubError =>
  new HubError('E_INVALID', 'query.cursor: must be the "next" of an earlier page, unchanged')
