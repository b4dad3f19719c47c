import { z } from 'zod'
import { pageOf, pageSchema, publicIdSchema, shownId, shownTime } from './common.ts'

/** People, who was taken for one person on what proof, and taking that back: `/contacts`, `/merges`. */

export const contactParams = z.strictObject({ id: publicIdSchema('con') })
export const mergeParams = z.strictObject({ id: publicIdSchema('mrg') })
export const mergeListQuery = z.strictObject(pageSchema)

export const contactMerge = z.object({
  id: shownId('mrg'),
  kept: shownId('con'),
  gone: shownId('con'),
  at: shownTime,
  proof: z.enum(['event', 'number', 'receipt', 'directory']),
  addresses: z.array(z.string()).meta({ description: 'Those that came with the one that went' }),
  chats: z.array(z.object({ kept: shownId('chat'), gone: shownId('chat') })),
  undoneAt: shownTime.optional(),
})
export const mergeList = pageOf(contactMerge)
