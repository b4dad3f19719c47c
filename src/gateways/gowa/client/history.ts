import { z } from 'zod'
import type { MediaType } from '../../../core/events.ts'
import type { Answer, GatewayClient, MediaLocation, RemoteMessage } from '../../../core/gateway.ts'
import { messageId } from '../../../core/ids.ts'
import { formatJid, parseJid } from '../wire/address.ts'
import { flag, isObject, text, time, word } from '../wire/fields.ts'
import { type Asking, given, listOf, refuse } from './asking.ts'
import type { Link } from './http.ts'
import { below, segment } from './paths.ts'
import { query } from './step.ts'

type Search = NonNullable<GatewayClient['search']>
type Download = NonNullable<GatewayClient['download']>

const Stored = z.object({
  id: word,
  chat_jid: word,
  content: text,
  timestamp: time,
  is_from_me: flag,
  media_type: word,
})
const MEDIA: Readonly<Record<string, MediaType>> = {
  image: 'image',
  video: 'video',
  video_note: 'video-note',
  audio: 'audio',
  ptt: 'voice',
  document: 'document',
  sticker: 'sticker',
}
/** The most the hub takes, and GOWA's own limit. */
const LIMIT = 100

/**
 * GOWA's own record of a chat. It holds a message of ours only after WhatsApp took it, so one that is there
 * was sent; absence proves nothing. GOWA keeps no client references and searches one chat at a time.
 */
export async function search({ ask }: Asking, wanted: Parameters<Search>[0]): ReturnType<Search> {
  const chat = wanted.chat && formatJid(wanted.chat)
  if (chat === undefined)
    return refuse('unsupported', 'GOWA searches within a chat only, and knows no references')
  const page = async (mine?: true): Promise<Answer<unknown[]>> =>
    ask(
      {
        path: `/chat/${encodeURIComponent(chat)}/messages${query({
          limit: LIMIT,
          start_time: wanted.since === undefined ? undefined : wholeSeconds(wanted.since),
          is_from_me: mine,
        })}`,
      },
      listOf,
    )
  const all = await page()
  if (!all.ok) return all
  let raw = all.value
  if (raw.length >= LIMIT) {
    // In a busy chat our own messages, which most searches are for, may stand behind the others'.
    const own = await page(true)
    if (own.ok) raw = [...raw, ...own.value]
  }
  const found = new Map<string, RemoteMessage>()
  for (const one of raw) {
    const message = messageOf(one)
    if (message && (wanted.id === undefined || message.id === wanted.id)) found.set(message.id, message)
  }
  return given(shortened([...found.values()].sort((a, b) => (b.at ?? 0) - (a.at ?? 0))))
}

/** Newest first; where there are too many, other people's go first. */
function shortened(messages: RemoteMessage[]): RemoteMessage[] {
  let room = LIMIT - Math.min(LIMIT, messages.filter(({ fromMe }) => fromMe).length)
  return messages.filter(({ fromMe }) => fromMe || room-- > 0).slice(0, LIMIT)
}
/** GOWA reads RFC 3339 and keeps whole seconds. */
const wholeSeconds = (ms: number): string =>
  new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z')

function messageOf(raw: unknown): RemoteMessage | undefined {
  const wire = isObject(raw) ? Stored.parse(raw) : undefined
  if (wire?.id === undefined) return undefined
  const chat = parseJid(wire.chat_jid)?.address
  const media =
    wire.media_type !== undefined && Object.hasOwn(MEDIA, wire.media_type)
      ? MEDIA[wire.media_type]
      : undefined
  const fromMe = wire.is_from_me === true
  const said = fromMe ? ownWords(wire.content, media) : { text: wire.content, media }
  return {
    id: messageId(wire.id),
    fromMe,
    ...(chat && { chat }),
    ...(wire.timestamp !== undefined && { at: wire.timestamp }),
    ...(said.text !== undefined && { text: said.text }),
    ...(said.media && { media: said.media }),
    ...(fromMe && { state: 'sent' }),
  }
}

/** GOWA writes its own sends down with a mark before the caption, and a word where there is none. */
const MARKS: readonly (readonly [mark: string, word: string, media: MediaType])[] = [
  ['🖼️', 'Image', 'image'],
  ['🎥', 'Video', 'video'],
  ['🎬', 'Video', 'video'],
  ['🎵', 'Audio', 'audio'],
  ['📄', 'Document', 'document'],
  ['🎨', 'Sticker', 'sticker'],
]
/**
 * What a message of ours said. Older versions keep no type of a medium: then only the bare word gives one
 * away, since a text may begin with the same mark.
 */
function ownWords(content = '', media: MediaType | undefined): { text?: string; media?: MediaType } {
  const found = MARKS.find(([mark]) => content.startsWith(`${mark} `))
  const rest = found && content.slice(found[0].length + 1)
  const isBare = found !== undefined && rest === found[1]
  if (isBare) return { media: media ?? found[2] }
  if (media === undefined) return { text: content }
  const text = rest ?? content
  return { media, ...(text !== '' && { text }) }
}

const Downloaded = z.object({ file_path: z.string().min(1) })
/** GOWA fetches it from WhatsApp before it answers. */
const DOWNLOAD_TIMEOUT_MS = 50_000

/**
 * Where a message's medium lies on GOWA: a file it already has (public below `/statics`), or one it fetches
 * when asked. The address a delivery may carry is WhatsApp's encrypted one and is never followed.
 */
export async function download(
  { ask }: Asking,
  link: Link,
  { id, chat, media }: Parameters<Download>[0],
): ReturnType<Download> {
  const located = (path: string): Answer<MediaLocation> => {
    const url = below(link.base, path)
    if (url === undefined) return refuse('gateway-bug', 'GOWA named no file below /statics')
    return given({ type: 'url', url, headers: { ...link.login }, ...(media.mime && { mime: media.mime }) })
  }
  if (media.source.type === 'path') return located(media.source.path)
  const phone = formatJid(chat)
  const named = segment(id)
  if (phone === undefined || named === undefined)
    return refuse('unsupported', 'GOWA cannot name this message')
  const path = `/message/${named}/download${query({ phone })}`
  const file = await ask({ path, timeoutMs: DOWNLOAD_TIMEOUT_MS }, Downloaded)
  return file.ok ? located(file.value.file_path) : file
}
