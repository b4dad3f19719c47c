import { useEffect, useState } from 'react'

/**
 * Keeps a live list still while somebody works in it: rows that came on top while `holding` wait until they
 * are asked for, or until nobody holds the list any more.
 * @returns the rows to show, how many wait above them, and how to show those
 */
export function useHeldRows<Row>(
  rows: readonly Row[],
  idOf: (row: Row) => string,
  holding: boolean,
): { shown: readonly Row[]; waiting: number; release(): void } {
  const first = rows[0] === undefined ? undefined : idOf(rows[0])
  const [top, setTop] = useState(first)
  const at = top === undefined ? -1 : rows.findIndex((row) => idOf(row) === top)
  const waiting = holding && at > 0 ? at : 0
  useEffect(() => {
    if (waiting === 0) setTop(first)
  }, [waiting, first])
  return { shown: waiting > 0 ? rows.slice(waiting) : rows, waiting, release: () => setTop(first) }
}
