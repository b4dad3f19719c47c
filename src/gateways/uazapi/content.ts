import type { Content, Media, MediaType, Message, Referral } from '../../core/events.ts'
import { messageId } from '../../core/ids.ts'
import { readInteractive } from './interactive.ts'
import { readAddress } from './wire/address.ts'
import { bareId } from './wire/fields.ts'
import type { WireContent, WireMessage, WireReferral } from './wire/message.ts'

/** `mediaType` as captured on 2.x. Others (vcard, location, list_response…) are no media. */
const BY_MEDIA_TYPE: Readonly<Record<string, MediaType>> = {
  image: 'image',
  video: 'video',
  gif: 'video',
  audio: 'audio',
  ptt: 'voice',
  ptv: 'video-note',
  document: 'document',
  sticker: 'sticker',
  '1p_sticker': 'sticker',
  user_created_sticker: 'sticker',
}
/** `messageType` in lower case: webhooks write `ImageMessage`, the documentation `imageMessage`. */
const BY_MESSAGE_TYPE: Readonly<Record<string, MediaType>> = {
  imagemessage: 'image',
  videomessage: 'video',
  ptvmessage: 'video-note',
  audiomessage: 'audio',
  documentmessage: 'document',
  documentwithcaptionmessage: 'document',
  stickermessage: 'sticker',
  lottiestickermessage: 'sticker',
}
/** Plain text. The empty name is the 1.0.0 line, which is described without `messageType`. */
const TEXT_TYPES: ReadonlySet<string> = new Set(['', 'conversation', 'extendedtextmessage'])

/** The message itself, in the hub's vocabulary. What is not read becomes `unsupported` with its name. */
export function readMessage(wire: WireMessage, id: string): Message {
  const { content } = wire
  const context = content.contextInfo
  const quoted = bareId(wire.quoted || context?.stanzaID || context?.stanzaId || '')
  const quotedText = textOfQuoted(content)
  const mentions = [...(context?.mentionedJid ?? []), ...(context?.mentionedJID ?? [])]
    .map(readAddress)
    .filter((one) => one !== undefined)
  const referral = readReferral(context?.externalAdReply ?? context?.referral)
  return {
    id: messageId(id),
    content: readContent(wire),
    ...(quoted !== '' && {
      replyTo: { id: messageId(quoted), ...(quotedText !== '' && { text: quotedText }) },
    }),
    ...(mentions.length > 0 && { mentions: [...new Set(mentions)] }),
    ...((context?.isForwarded || (context?.forwardingScore ?? 0) > 0) && { forwarded: true }),
    ...((content.viewOnce || wire.messageType.toLowerCase().startsWith('viewonce')) && { viewOnce: true }),
    ...(referral && { referral }),
  }
}

/** Text or caption; `text` is filled on 2.x, `content.text` is what the 1.0.0 line is read by. */
export const readText = ({ text, content }: WireMessage): string => text || content.text || content.caption

function readContent(wire: WireMessage): Content {
  const text = readText(wire)
  const media = readMediaType(wire)
  if (media !== undefined) {
    return { type: media, media: readMedia(wire.content), ...(text !== '' && { text }) }
  }
  const interactive = readInteractive(wire)
  if (interactive !== undefined) return interactive
  const plain = wire.mediaType === '' && TEXT_TYPES.has(wire.messageType.toLowerCase())
  if (plain && (text !== '' || wire.messageType !== '')) return { type: 'text', text }
  // `vote` holds the label of a tapped button or row.
  const said = text || wire.vote
  const name = wire.messageType || wire.mediaType || wire.type || 'message'
  return { type: 'unsupported', wire: name, ...(said !== '' && { text: said }) }
}

function readMediaType({ mediaType, messageType, content }: WireMessage): MediaType | undefined {
  const byMessage = lookUp(BY_MESSAGE_TYPE, messageType.toLowerCase())
  const found = mediaType === '' ? byMessage : lookUp(BY_MEDIA_TYPE, mediaType.toLowerCase())
  if (found === 'audio' && content.PTT) return 'voice'
  return found === 'video' && byMessage === 'video-note' ? 'video-note' : found
}
const lookUp = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined

/** `content.URL` is never used: it leads to bytes only WhatsApp's own keys open. */
function readMedia({ mimetype, fileName, fileLength, seconds }: WireContent): Media {
  return {
    source: { type: 'gateway' },
    ...(mimetype !== '' && { mime: mimetype }),
    ...(fileName !== '' && { fileName }),
    ...(fileLength !== undefined && { bytes: fileLength }),
    ...(seconds !== undefined && { seconds }),
  }
}

function textOfQuoted({ contextInfo }: WireContent): string {
  const quoted = contextInfo?.quotedMessage
  return (
    quoted?.conversation ||
    quoted?.extendedTextMessage.text ||
    quoted?.imageMessage.caption ||
    quoted?.videoMessage.caption ||
    quoted?.documentMessage.caption ||
    ''
  )
}

function readReferral(wire: WireReferral | undefined): Referral | undefined {
  if (wire === undefined) return undefined
  const told = Object.entries({
    clickId: wire.ctwaClid,
    sourceId: wire.sourceID || wire.sourceId,
    sourceUrl: wire.sourceURL || wire.sourceUrl,
    sourceType: wire.sourceType,
    title: wire.title,
    text: wire.body,
  }).filter(([, value]) => value !== '')
  return told.length === 0 ? undefined : Object.fromEntries(told)
}
