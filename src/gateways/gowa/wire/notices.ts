import { z } from 'zod'
import { messageId } from '../../../core/ids.ts'
import { people } from './envelope.ts'
import { count, decisiveFlag, decisiveText, key, listOf, number, time, word } from './fields.ts'

/** Payloads of the envelope generation that are about a chat, a label, a channel or a call, not a message. */

/** ≥ 8.3.4, while the account is online. `media` is `audio` while recording, else `""`. */
export const WirePresence = z.object({ ...people, state: word, media: decisiveText })

/** ≥ 8.6.0. Only what changed is there. */
export const WireLabel = z.object({ label_id: key, name: word, color: number, deleted: decisiveFlag })
/** ≥ 8.6.0. */
export const WireLabelled = z.object({ label_id: key, labeled: decisiveFlag, chat_id: word, chat_lid: word })

const Post = z.object({ message_id: word, type: word, timestamp: time, views_count: count })
/** ≥ 8.2.0: `newsletter.joined`, `.left`, `.mute` and `.message`. */
export const WireChannel = z.object({
  newsletter_id: word,
  name: word,
  mute: word,
  messages: listOf((value) => {
    const { message_id: id, type, timestamp, views_count } = Post.parse(value)
    return {
      ...(id !== undefined && { id: messageId(id) }),
      ...(type !== undefined && { type }),
      ...(timestamp !== undefined && { at: timestamp }),
      ...(views_count !== undefined && { views: views_count }),
    }
  }),
})

/** ≥ 8.3.0; `from_lid` and a resolved `from` ≥ 9.0.1. */
export const WireCall = z.object({ ...people, call_id: word, auto_rejected: decisiveFlag, group_jid: word })

/** A fork's notice that the history it was given is complete. */
export const WireHistory = z.object({ sync_type: word })
