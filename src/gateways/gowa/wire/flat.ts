import { z } from 'zod'
import { contents } from './contents.ts'
import { decisiveObject, decisiveText, flag, isObject, type Raw, reader, time, word } from './fields.ts'
import { medium } from './media.ts'

const FlatText = z.object({
  text: word,
  /** Id of this very event; for edits, revokes and reactions not the one they are about. */
  id: word,
  replied_id: word,
  quoted_message: word,
})
/**
 * From 4.22.0 this object is missing when a reaction is taken back: that delivery looks like an empty
 * message. Before, it was always there: empty on messages, without `message` when taken back.
 */
const FlatReaction = z.object({ message: decisiveText, id: decisiveText })

/** 7.2.0 alone lost the field names of these two objects. */
const named = (value: Raw, lost: Readonly<Record<string, string>>): Raw =>
  Object.fromEntries(Object.entries(value).map(([key, field]) => [lost[key] ?? key, field]))
const LOST_TEXT = { Text: 'text', ID: 'id', RepliedId: 'replied_id', QuotedMessage: 'quoted_message' }
const LOST_REACTION = { Message: 'message', ID: 'id' }

/** The first versions wrote the text alone where later ones write an object. */
const message = reader((value) => {
  if (isObject(value)) return FlatText.parse(named(value, LOST_TEXT))
  return typeof value === 'string' ? FlatText.parse({ text: value }) : undefined
})
/** `view_once` was whatsmeow's own structure, or null, before it was a switch. */
const switchOrStructure = reader((value) => (isObject(value) ? true : flag.parse(value)))

/**
 * The flat generations. 4.22.0 to 7.11.4: messages have a `message` object and no event name; edits, revokes
 * and deletions name an `action`. 8.0.0 to 8.1.1 still delete this way. 3.6.0 to 4.21.1: messages and
 * reactions only, every key always there, `null` where there is nothing.
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
  sender_jid: word,
  sender_lid: word,
  chat_jid: word,
  chat_lid: word,
  pushname: word,
  timestamp: time,
  message,
  /** Before 4.22.0 beside the message. */
  message_id: word,
  quoted_message: word,
  reaction: decisiveObject(FlatReaction, (value) => named(value, LOST_REACTION)),
  view_once: switchOrStructure,
  forwarded: flag,
  revoked_message_id: word,
  /** ≥ 7.9.0. */
  original_message_id: word,
  edited_text: decisiveText,
  deleted_message_id: word,
  image: medium,
  video: medium,
  video_note: medium,
  audio: medium,
  document: medium,
  sticker: medium,
  ...contents,
})
export type Flat = z.infer<typeof Flat>
