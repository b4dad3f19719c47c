import { z } from 'zod'
import { instanceIdSchema, listOf, pageOf, pageSchema, publicIdSchema, shownId, shownTime } from './common.ts'

/** Conversations, what was said in them, and who may speak: `/chats`. */

export const OWNERS = ['bot', 'person', 'nobody'] as const

export const chatListQuery = z.strictObject({ ...pageSchema, instance: listOf(instanceIdSchema).optional() })
export const chatParams = z.strictObject({ id: publicIdSchema('chat') })

export const chatSummary = z.object({
  id: shownId('chat'),
  instance: z.string(),
  kind: z.enum(['direct', 'group', 'channel', 'status']),
  address: z.string(),
  name: z.string().optional(),
  owner: z.enum(OWNERS),
  epoch: z.int().meta({ description: 'Moves whenever who may speak changes' }),
  contact: shownId('con').optional(),
  lastMessageAt: shownTime.optional(),
})
export type ChatSummary = z.output<typeof chatSummary>
export const chatList = pageOf(chatSummary)
