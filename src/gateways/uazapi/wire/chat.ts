import { z } from 'zod'
import { count, flag, maybeFlag, moment, text } from './fields.ts'

/** A list, or one written as JSON in text (1.0.0). */
const list = z.preprocess(
  (value) => {
    if (typeof value !== 'string' || !value.startsWith('[')) return value
    try {
      return JSON.parse(value) as unknown
    } catch {
      return value
    }
  },
  z.array(z.union([z.string(), z.number().transform(String)])),
)

/** ms since 1970; 0 for not muted and -1 for ever, as the hub has it too. */
const muteEnd = z.union([z.literal([0, -1]), moment]).catch(undefined)

/**
 * `chat` of `chats`, `chat_labels` and `leads`, and beside a message: one shape (captured beside messages on
 * 2.x with 61 keys; that `chats` and `chat_labels` carry it is told). `phone` is for people and is not read.
 */
export const chat = z.object({
  wa_chatid: text,
  wa_chatlid: text,
  /** `owner:digits`; of a group without its server (captured), or with it (documented). */
  wa_fastid: text,
  wa_isGroup: flag,
  wa_contactName: text,
  wa_name: text,
  name: text,
  wa_archived: maybeFlag,
  wa_isPinned: maybeFlag,
  wa_muteEndTime: muteEnd,
  wa_unreadCount: count,
  wa_label: list.optional().catch(undefined),
})
export type WireChat = z.infer<typeof chat>

/** A value of the CRM record. */
export const leadValue = z.union([z.array(z.string()), z.string(), z.number(), z.boolean()])
/** `lead_tags`: on 1.0.0 as JSON in text. */
export const leadTags = z.union([list, z.string()])

/** `labels`: told, not captured. `id` is `owner:labelid` where both are there. */
export const label = z.object({
  id: text,
  labelid: z.union([z.string(), z.number().transform(String)]).catch(''),
  name: text,
  color: count,
  deleted: flag,
  delete: flag,
})
export type WireLabel = z.infer<typeof label>
