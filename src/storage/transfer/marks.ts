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

/** Where to and when (ms), as a mark says; undefined without one. */
export const markIn = (mark: string | undefined): { to: string; at: number } | undefined =>
  mark === undefined ? undefined : moved.parse(JSON.parse(mark))

/** Why no hub opens a database that a move has left, and what to do. */
export interface MoveFault {
  problem: string
  mend: string
}

/** @returns undefined unless this file is what was left after a move */
export function movedFault(path: string, mark: string | undefined): MoveFault | undefined {
  const move = markIn(mark)
  return (
    move && {
      problem: `What was in ${path} was moved to ${move.to} at ${timeText(move.at)}, and goes on there: a hub on this file would send again what was queued.`,
      mend: `Name that database in the configuration. To take the move back, and do without what happened since: pombo migrate --reopen sqlite:${path}`,
    }
  )
}

/** @returns undefined unless a move into this database has begun and not ended */
export function halfMovedFault(place: string, mark: string | undefined): MoveFault | undefined {
  if (mark === undefined) return undefined
  return {
    problem: `A move of a SQLite installation into ${place} has begun and not ended.`,
    mend: 'Run the same pombo migrate --from … --to … again: it goes on where it stopped.',
  }
}

/** @throws HubError E_STORE_OPEN when this file is what was left after a move */
export const refuseMoved = (path: string, mark: string | undefined): void => refuse(movedFault(path, mark))

/** @throws HubError E_STORE_OPEN when a move into this database has begun and not ended */
export const refuseHalfMoved = (place: string, mark: string | undefined): void =>
  refuse(halfMovedFault(place, mark))

function refuse(fault: MoveFault | undefined): void {
  if (fault) throw new HubError('E_STORE_OPEN', `${fault.problem} ${fault.mend}`)
}

/** For people, to the minute. */
export const timeText = (at: number): string =>
  `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
