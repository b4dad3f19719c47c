import { z } from 'zod'
import { ROLES } from '../../core/store.ts'
import { pageOf, pageSchema, shownTime } from './common.ts'

/** The processes that work on this installation: `/nodes`. */

export const nodeListQuery = z.strictObject(pageSchema)
export const node = z.object({
  id: z.string(),
  roles: z.array(z.enum(ROLES)),
  host: z.string(),
  version: z.string(),
  startedAt: shownTime,
  seenAt: shownTime,
})
export const nodeList = pageOf(node)
