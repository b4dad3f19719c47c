import { type Content, type Fact, type Message, NO_CONTENT, type Referral } from '../../../core/events.ts'
import { messageId } from '../../../core/ids.ts'
import type { RawContent } from '../wire/contents.ts'
import { contents } from '../wire/contents.ts'
import type { ReadMedia } from '../wire/media.ts'

const MEDIA = [
  ['image', 'image'],
  ['video', 'video'],
  ['video_note', 'video-note'],
  ['audio', 'audio'],
  ['document', 'document'],
  ['sticker', 'sticker'],
] as const
type ContentField = keyof typeof contents
const CONTENTS = Object.keys(contents) as ContentField[]

/** The fields of a message that every generation names alike. */
export type WireMessage = Partial<
  Record<(typeof MEDIA)[number][0], ReadMedia | undefined> & Record<ContentField, RawContent | undefined>
> & { forwarded?: boolean; view_once?: boolean; referral?: Referral }

/**
 * What a message says. `text`: its own text. A caption stands beside the medium; from 8.3.1 also in the
 * text, where mentions are readable; in the flat generations only beside the medium.
 * A message with nothing in it (polls, templates, encrypted edits, a reaction taken back before 8.0) is
 * shown as `empty`.
 */
export function messageFact(
  wire: WireMessage,
  said: { id: string; text?: string; repliedTo?: string; quoted?: string },
  prefer: 'text first' | 'caption first',
): Fact {
  const structure = CONTENTS.flatMap((field) => wire[field] ?? [])[0]
  const around = structure?.context
  const message: Message = { id: messageId(said.id), content: contentOf(wire, said.text, prefer) }
  const [repliedTo, quoted] =
    said.repliedTo === undefined ? [around?.repliedTo, around?.quoted] : [said.repliedTo, said.quoted]
  if (repliedTo !== undefined) {
    message.replyTo = { id: messageId(repliedTo), ...(quoted !== undefined && { text: quoted }) }
  }
  if (around && around.mentions.length > 0) message.mentions = around.mentions
  if (wire.forwarded === true || around?.forwarded === true) message.forwarded = true
  if (wire.view_once === true) message.viewOnce = true
  if (wire.referral) message.referral = wire.referral
  return { kind: 'message', message }
}

function contentOf(
  wire: WireMessage,
  text: string | undefined,
  prefer: 'text first' | 'caption first',
): Content {
  const withText = (found: string | undefined) => (found === undefined ? {} : { text: found })
  for (const [field, type] of MEDIA) {
    const read = wire[field]
    if (!read) continue
    if (!read.media) return { type: 'unsupported', wire: field, ...withText(text) }
    const caption = prefer === 'text first' ? (text ?? read.caption) : (read.caption ?? text)
    return { type, media: read.media, ...withText(caption) }
  }
  for (const field of CONTENTS) {
    const content = wire[field]?.content
    if (content) return content.text ? content : { ...content, ...withText(text) }
  }
  for (const field of CONTENTS)
    if (wire[field]) return { type: 'unsupported', wire: field, ...withText(text) }
  return text === undefined ? { type: 'unsupported', wire: NO_CONTENT } : { type: 'text', text }
}

/** A caption that was edited carries no text. */
export const editOf = (target: string, text: string | undefined, id: string): Fact => ({
  kind: 'edit',
  target: messageId(target),
  ...(text !== undefined && { text }),
  id: messageId(id),
})
