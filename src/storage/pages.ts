import { type Expression, type SqlBool, sql } from 'kysely'
import { HubError } from '../core/errors.ts'
import type { Page, PageRequest } from '../core/page.ts'
import type { Db } from './dialect.ts'

/** Pages of lists that are newest first. */

/** Rows before the cursor: a cursor is the id of the last row of the page before. */
export function before(column: string, page: PageRequest): Expression<SqlBool> {
  if (page.cursor === undefined) return sql<SqlBool>`true`
  return sql<SqlBool>`${sql.ref(column)} < ${cursorId(page.cursor)}`
}

function cursorId(cursor: string): number {
  const id = Number(cursor)
  if (Number.isSafeInteger(id) && id >= 1) return id
  throw new HubError(
    'E_INVALID',
    'The cursor is not one this list gave. Use the `next` of a page, or leave it out to begin anew.',
  )
}

/** Most rows one page looks at: a filter that few rows match must not read a whole table while others wait. */
const PAGE_WINDOW = 20_000
/** Ids a page looks at: from `first` down to, and without, `floor`; nothing lies below `lowest`. */
export interface Window {
  first: number
  floor: number
  lowest: number
}

export async function windowOf(
  read: Db,
  table: 'event' | 'command' | 'delivery',
  id: 'id' | 'seq',
  page: PageRequest,
  /** `indexed`: what is looked for has an index of its own. `above`, `upTo`: of the ids that may match. */
  {
    indexed = false,
    above = 0,
    upTo = Number.MAX_SAFE_INTEGER,
  }: {
    indexed?: boolean
    above?: number
    upTo?: number
  } = {},
): Promise<Window> {
  const { rows } = await sql<{ low: number | null; high: number | null }>`
    select (select min(${sql.ref(id)}) from ${sql.table(table)}) as low,
      (select max(${sql.ref(id)}) from ${sql.table(table)}) as high`.execute(read)
  const newest = page.cursor === undefined ? (rows[0]?.high ?? 0) : cursorId(page.cursor) - 1
  const first = Math.min(newest, upTo)
  const lowest = Math.max(rows[0]?.low ?? 1, above + 1)
  return { first, floor: Math.max(indexed ? 0 : first - PAGE_WINDOW, lowest - 1), lowest }
}
export const within = (column: string, { first, floor }: Window) =>
  sql<SqlBool>`${sql.ref(column)} <= ${first} and ${sql.ref(column)} > ${floor}`

/** A page may be shorter than asked for and still have a next one: its window held no more matches. */
export function toPage<R, T>(
  rows: R[],
  limit: number,
  id: (row: R) => number,
  present: (row: R) => T,
  window?: Window,
): Page<T> {
  const data = rows.slice(0, limit)
  const last = data.at(-1)
  if (rows.length > limit && last !== undefined) return { data: data.map(present), next: String(id(last)) }
  const more = window !== undefined && window.floor >= window.lowest
  return { data: data.map(present), next: more ? String(window.floor + 1) : null }
}
