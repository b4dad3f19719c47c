import * as z from 'zod'
import { HubError } from '../../core/errors.ts'

/**
 * What a move leaves in the `meta` of both databases, so that at no moment a hub can run on either half of it,
 * nor on both when it is done: each would send what is queued.
 */

/** In the source, once everything lies in the target. */
export const MOVED = 'moved'
/** In the target, from the first row until the source is marked. */
export const TRANSFER = 'transfer'

const moved = z.object({ to: z.string(), at: z.number() })

export const movedMark = (to: string, at: number): string => JSON.stringify({ to, at })

/** Where to, as a mark says; undefined without one. */
export const placeIn = (mark: string | undefined): string | undefined =>
  mark === undefined ? undefined : moved.parse(JSON.parse(mark)).to

/** @throws HubError E_STORE_OPEN when this file is what was left after a move */
export function refuseMoved(path: string, mark: string | undefined): void {
  if (mark === undefined) return
  const { to, at } = moved.parse(JSON.parse(mark))
  throw new HubError(
    'E_STORE_OPEN',
    `What was in ${path} was moved to ${to} at ${timeText(at)}, and goes on there: a hub on this file would send again what was queued. Name that database in the configuration. To take the move back, and do without what happened since: pombo migrate --reopen sqlite:${path}`,
  )
}

/** @throws HubError E_STORE_OPEN when a move into this database has begun and not ended */
export function refuseHalfMoved(place: string, mark: string | undefined): void {
  if (mark === undefined) return
  throw new HubError(
    'E_STORE_OPEN',
    `A move of a SQLite installation into ${place} has begun and not ended. Run the same pombo migrate --from … --to … again: it goes on where it stopped.`,
  )
}

const timeText = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
