import { z } from 'zod'
import { flag, objectAs, present, type Raw, text, time, word } from './fields.ts'
import { medium } from './media.ts'

const FlatText = z.object({
  text: word,
  /** Id of this very event; for edits, revokes and reactions not the one they are about. */
  id: word,
  replied_id: word,
  quoted_message: word,
})
/** When a reaction is taken back this object is missing: that delivery looks like an empty message. */
const FlatReaction = z.object({ message: text, id: word })

/** 7.2.0 alone lost the field names of these two objects. */
const named = (value: Raw, lost: Readonly<Record<string, string>>): Raw =>
  Object.fromEntries(Object.entries(value).map(([key, field]) => [lost[key] ?? key, field]))
const LOST_TEXT = { Text: 'text', ID: 'id', RepliedId: 'replied_id', QuotedMessage: 'quoted_message' }
const LOST_REACTION = { Message: 'message', ID: 'id' }

/**
 * The flat generation, 4.22.0 to 7.11.4: messages have a `message` object and no event name; edits,
 * revokes and deletions name an `action`. 8.0.0 to 8.1.1 still delete this way.
 */
export const Flat = z.object({
  action: word,
  device_id: word,
  /** `"A"`, or `"A in B"`: sender and chat. The only place where the chat's server shows. */
  from: word,
  from_lid: word,
  /** User parts only; full addresses on deletions. */
  sender_id: word,
  chat_id: word,
  /** A fork's full addresses. */
  chat_jid: word,
  chat_lid: word,
  pushname: word,
  timestamp: time,
  message: objectAs((value) => FlatText.parse(named(value, LOST_TEXT))),
  reaction: objectAs((value) => FlatReaction.parse(named(value, LOST_REACTION))),
  view_once: flag,
  forwarded: flag,
  revoked_message_id: word,
  /** ≥ 7.9.0. */
  original_message_id: word,
  edited_text: text,
  deleted_message_id: word,
  image: medium,
  video: medium,
  video_note: medium,
  audio: medium,
  document: medium,
  sticker: medium,
  contact: present,
  location: present,
  live_location: present,
  list: present,
  order: present,
})
export type Flat = z.infer<typeof Flat>
