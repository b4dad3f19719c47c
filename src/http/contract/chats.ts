import { z } from 'zod'
import { type Content, MESSAGE_STATUSES } from '../../core/events.ts'
import { instanceIdSchema, listOf, pageOf, pageSchema, publicIdSchema, shownId, shownTime } from './common.ts'

/** Conversations, what was said in them, and who may speak: `/chats`. */

export const OWNERS = ['bot', 'person', 'nobody'] as const

export const chatListQuery = z.strictObject({ ...pageSchema, instance: listOf(instanceIdSchema).optional() })
export const chatParams = z.strictObject({ id: publicIdSchema('chat') })

export const chatSummary = z
  .object({
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
  .meta({ id: 'Chat' })
export type ChatSummary = z.output<typeof chatSummary>
export const chatList = pageOf(chatSummary)

export const contactSummary = z.object({
  id: shownId('con'),
  name: z.string().optional(),
  addresses: z.array(z.string()),
  createdAt: shownTime,
})
export const chatDetail = chatSummary.extend({
  contact: contactSummary.nullable().meta({ description: 'Null in groups' }),
})

export const messageListQuery = z.strictObject(pageSchema)
export const loggedMessage = z.object({
  id: z.string().meta({ description: "The gateway's own: unique in its chat only" }),
  row: shownId('msg').meta({ description: "The hub's own" }),
  media: z
    .object({
      state: z.enum(['wanted', 'fetched', 'failed', 'expired']),
      mime: z.string().optional(),
      bytes: z.int().optional(),
      fetchedAt: shownTime.optional(),
      reason: z.string().optional(),
      href: z.string().optional().meta({ description: 'Where its bytes are, while they can be had' }),
    })
    .optional(),
  author: z.enum(['other', 'person', 'api', 'hosted']),
  at: shownTime,
  content: z.custom<Content>((value) => typeof value === 'object' && value !== null && 'type' in value),
  status: z.enum(MESSAGE_STATUSES),
  replyTo: z.object({ id: z.string(), text: z.string().optional() }).optional(),
  editedAt: shownTime.optional(),
  revokedAt: shownTime.optional(),
  votes: z.record(z.string(), z.array(z.string())).optional(),
  pinnedAt: shownTime.optional(),
})
export const messageList = pageOf(loggedMessage)

export const ownerBody = z.strictObject({ owner: z.enum(OWNERS) })
export const ownerChange = chatSummary.extend({
  inFlight: z
    .string()
    .optional()
    .meta({ description: 'A command that was being sent when the chat changed hands, and still is' }),
})

/** The bytes of a medium, under whatever type they are. */
export const mediumBytes = z.unknown().meta({ type: 'string', format: 'binary' })
