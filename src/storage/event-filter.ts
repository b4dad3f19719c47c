import { type Expression, type SqlBool, sql } from 'kysely'
import { type ChatId, parsePublicId } from '../core/ids.ts'
import type { EventFilter } from '../core/store.ts'
import type { Db } from './dialect.ts'
import { lastBefore } from './prune.ts'

/** Which events or commands are asked for, as conditions. */

/** A chat and those that were merged into it. */
export const withMerged = (chat: ChatId) =>
  sql<number>`(select ${chat} union all select id from chat where merged_into = ${chat})`

/** Values that no request chooses freely are written out, so that partial indexes are used. */
export function isOneOf(
  column: 'instance' | 'kind' | 'status' | 'author' | 'state',
  wanted: string | readonly string[] | undefined,
): Expression<SqlBool> {
  if (wanted === undefined) return sql<SqlBool>`true`
  const values = [wanted].flat().map((value) => (column === 'instance' ? sql.val(value) : sql.lit(value)))
  return values.length === 1
    ? sql<SqlBool>`${sql.ref(column)} = ${values[0]!}`
    : sql<SqlBool>`${sql.ref(column)} in (${sql.join(values)})`
}

/** The ids of events that were accepted between two moments: after `above`, up to `upTo`. */
export async function spanOf(
  db: Db,
  { from, to }: Pick<EventFilter, 'from' | 'to'>,
): Promise<{ above?: number; upTo?: number }> {
  const before = (time: number) => lastBefore(db, 'event', 'id', 'accepted_at', time)
  return {
    ...(from !== undefined && { above: await before(from) }),
    ...(to !== undefined && { upTo: await before(to) }),
  }
}

/** What a filter says of an event's own row; its time is found by {@link spanOf}. */
export function matchingEvents(filter: Omit<EventFilter, 'from' | 'to'>): Expression<SqlBool> {
  return sql<SqlBool>`${isOneOf('instance', filter.instance)} and ${isOneOf('kind', filter.kind)}
    and ${isOneOf('status', filter.status)} and ${isOneOf('author', filter.author)}
    and ${filter.chat === undefined ? sql`true` : sql`lane_id in ${withMerged(filter.chat)}`}
    and ${filter.id === undefined ? sql`true` : carriesId(filter.id)}`
}

function carriesId(text: string): Expression<SqlBool> {
  const event = parsePublicId('evt', text)
  if (event !== undefined) return sql<SqlBool>`(id = ${event} or origin = ${event})`
  const delivery = parsePublicId('dlv', text)
  if (delivery !== undefined) return sql<SqlBool>`delivery_id = ${delivery}`
  const quoted = JSON.stringify(text).replace(/[!%_]/g, '!$&')
  return sql<SqlBool>`(data like ${`%${quoted}%`} escape '!'
    or id in (select event_id from command where id = ${text.toLowerCase()}))`
}
