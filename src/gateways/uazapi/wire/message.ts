import { z } from 'zod'
import { count, decisiveFlag, decisiveText, flag, isObject, moment, text, texts } from './fields.ts'

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

/** The advertisement that led here. WhatsApp's own words for it; the ids in both spellings of their case. */
const externalAdReply = z
  .object({
    title: text,
    body: text,
    ctwaClid: text,
    sourceID: text,
    sourceId: text,
    sourceURL: text,
    sourceUrl: text,
    sourceType: text,
  })
  .optional()
  .catch(undefined)
export type WireReferral = NonNullable<z.infer<typeof externalAdReply>>

const contextInfo = z
  .object({
    stanzaID: text,
    stanzaId: text,
    quotedMessage,
    mentionedJid: texts,
    /** Go's own spelling of the same field. Not captured; accepted because nothing else can carry the name. */
    mentionedJID: texts,
    isForwarded: flag,
    forwardingScore: count,
    externalAdReply,
    /** Not captured: the name the same thing has in WhatsApp's business API. */
    referral: externalAdReply,
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
  /** Of a reaction or a pin: the message it is about. */
  key: z.object({ ID: text, id: text }).optional().catch(undefined),
})
/** `raw`: the content as delivered, for the kinds that say more than the fields most of them share. */
export type WireContent = z.infer<typeof contentObject> & { raw: unknown }

const NO_CONTENT = contentObject.parse({})
/** `content` is the bare text for a plain message and an object for everything else (captured on 2.x). */
const content = z
  .unknown()
  .optional()
  .transform((raw): WireContent => {
    if (typeof raw === 'string') return { ...NO_CONTENT, text: raw, raw }
    return { ...(isObject(raw) ? contentObject.parse(raw) : NO_CONTENT), raw }
  })

/**
 * `message` of a `messages` event. As captured on 2.x it has 29 keys, `""` when empty; the 1.0.0 line shows
 * fewer (`text` or `content.text`, `chatid`, `sender`, `sender_pn`). One schema reads both, since the later
 * form only adds fields.
 */
export const message = z.object({
  id: decisiveText,
  messageid: decisiveText,
  chatid: decisiveText,
  chatlid: text,
  sender: text,
  sender_pn: text,
  sender_lid: text,
  senderName: text,
  groupName: text,
  fromMe: decisiveFlag,
  type: decisiveText,
  messageType: decisiveText,
  mediaType: text,
  text,
  content,
  quoted: text,
  edited: decisiveText,
  reaction: decisiveText,
  vote: text,
  convertOptions: text,
  buttonOrListid: text,
  messageTimestamp: moment,
  track_id: text,
  /** Unreadable is false: then a person is thought to write, and the bot stands back. */
  wasSentByApi: flag,
  /** REST and history only in every source: what sent it, the hosted sender's folder, what a hosted agent did. */
  sendFunction: text,
  send_folder_id: text,
  ai_metadata: z.object({ agent_id: text }).optional().catch(undefined),
})
export type WireMessage = z.infer<typeof message>

/** `chat` beside it: the names, for a chat we began ourselves, and both addresses of it. */
export const chatBeside = z
  .object({ wa_contactName: text, wa_name: text, name: text, wa_chatid: text, wa_chatlid: text })
  .catch({ wa_contactName: '', wa_name: '', name: '', wa_chatid: '', wa_chatlid: '' })
export type WireChatBeside = z.infer<typeof chatBeside>
