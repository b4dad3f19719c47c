import { z } from 'zod'
import { count, flag, moment, text, texts } from './fields.ts'

/** A message this one answers, as WhatsApp nests it. Only the words a person would read. */
const quotedMessage = z
  .object({
    conversation: text,
    extendedTextMessage: z.object({ text }).catch({ text: '' }),
    imageMessage: z.object({ caption: text }).catch({ caption: '' }),
    videoMessage: z.object({ caption: text }).catch({ caption: '' }),
    documentMessage: z.object({ caption: text }).catch({ caption: '' }),
  })
  .optional()
  .catch(undefined)

const contextInfo = z
  .object({
    stanzaID: text,
    quotedMessage,
    mentionedJid: texts,
    /** Go's own spelling of the same field. Not captured; accepted because nothing else can carry the name. */
    mentionedJID: texts,
    isForwarded: flag,
  })
  .optional()
  .catch(undefined)

/** `content` where it is an object: WhatsApp's own message, in the spelling of its Go structures. */
const contentObject = z.object({
  text,
  caption: text,
  mimetype: text,
  fileName: text,
  fileLength: count,
  seconds: count,
  PTT: flag,
  viewOnce: flag,
  contextInfo,
  /** Of a reaction: the message reacted to. */
  key: z.object({ ID: text }).optional().catch(undefined),
})
export type WireContent = z.infer<typeof contentObject>

/** `content` is the bare text for a plain message and an object for everything else (captured on 2.x). */
const content = z
  .union([z.string().transform((words) => contentObject.parse({ text: words })), contentObject])
  .catch(() => contentObject.parse({}))

/**
 * `message` of a `messages` event. As captured on 2.x it has 29 keys, `""` when empty; the 1.0.0 line shows
 * fewer (`text` or `content.text`, `chatid`, `sender`, `sender_pn`). One schema reads both, since the later
 * form only adds fields.
 */
export const message = z.object({
  id: text,
  messageid: text,
  chatid: text,
  chatlid: text,
  sender: text,
  sender_pn: text,
  sender_lid: text,
  senderName: text,
  groupName: text,
  fromMe: flag,
  type: text,
  messageType: text,
  mediaType: text,
  text,
  content,
  quoted: text,
  edited: text,
  reaction: text,
  vote: text,
  messageTimestamp: moment,
  track_id: text,
  wasSentByApi: flag,
  /** REST only in every source: the hosted sender's folder, and what a hosted agent did. */
  send_folder_id: text,
  ai_metadata: z.object({ agent_id: text }).optional().catch(undefined),
})
export type WireMessage = z.infer<typeof message>

/** `chat` beside it: only the names, for a chat we began ourselves. */
export const chat = z.object({ wa_contactName: text, wa_name: text, name: text })
export type WireChat = z.infer<typeof chat>
