import { z } from 'zod'
import { contents, referral } from './contents.ts'
import {
  decisiveFlag,
  decisiveText,
  flag,
  isObject,
  type Raw,
  text,
  time,
  word,
  words,
  wordsOnly,
} from './fields.ts'
import { medium } from './media.ts'

/**
 * `{event, device_id, session_id?, timestamp?, payload}`: every event from 8.1.2, messages from 8.0.0, and
 * the receipts (7.3.0) and group changes (7.4.0) of the flat generation, which have no device.
 */
export const Envelope = z.object({
  event: z.string().min(1),
  /** Own account, ≥ 8.0.0; may be `""`. */
  device_id: word,
  /** Slot, ≥ 8.8.0. */
  session_id: word,
  /** On receipts and group changes; messages carry theirs in the payload. */
  timestamp: time,
  payload: z.custom<Raw>(isObject),
})
export type Envelope = z.infer<typeof Envelope>

/** `chat_lid`, `from_lid`: the private id beside a resolved number (≥ 8.3.0 and ≥ 8.0.0). */
export const people = {
  chat_id: word,
  chat_lid: word,
  from: word,
  from_lid: word,
  from_name: word,
  /** ≥ 9.0.1; falls back to the number when there is no name. */
  sender_display_name: word,
  /** A fork adds it to own messages. */
  chat_name: word,
}
const common = {
  id: word,
  /** ≥ 8.3.0; 8.0 to 8.2 never deliver own messages. */
  is_from_me: decisiveFlag,
  ...people,
}

export const EnvelopeMessage = z.object({
  ...common,
  body: word,
  replied_to_id: word,
  quoted_body: word,
  view_once: flag,
  forwarded: flag,
  image: medium,
  video: medium,
  video_note: medium,
  audio: medium,
  document: medium,
  sticker: medium,
  ...contents,
  referral,
  /** A fork delivers history as messages: `from` is then the chat and `sender` the author. */
  from_history_sync: decisiveFlag,
  sender: word,
})

export type EnvelopeMessage = z.infer<typeof EnvelopeMessage>

export const EnvelopeReaction = z.object({ ...common, reaction: text, reacted_message_id: word })

/** `revoked_chat` is not read: it names the chat from the revoker's side, which may be our own address. */
export const EnvelopeRevoke = z.object({ ...common, revoked_message_id: word })

export const EnvelopeEdit = z.object({ ...common, original_message_id: word, body: decisiveText })

/** Receipts of both generations. The flat one writes full addresses, and "A in B" in `from`. */
export const EnvelopeReceipt = z.object({
  ...people,
  ids: words,
  receipt_type: word,
  sender_id: word,
  /** A flat fork's spellings. */
  chat_jid: word,
  sender_jid: word,
  sender_lid: word,
})

export type EnvelopeReceipt = z.infer<typeof EnvelopeReceipt>

/** `from` is the author of the deleted message, not who deleted it: that is always ourselves. */
export const EnvelopeDeleted = z.object({
  deleted_message_id: word,
  chat_id: word,
  chat_lid: word,
})

/** `group.participants` and `group.joined` (≥ 8.2.0, always about ourselves). */
export const EnvelopeGroup = z.object({
  chat_id: word,
  type: word,
  jids: wordsOnly,
  /** A flat fork adds private ids. */
  lids: words,
  group_name: word,
})
export type EnvelopeGroup = z.infer<typeof EnvelopeGroup>
