import { z } from 'zod'
import type { MediaType } from '../../../core/events.ts'
import type { Answer, GatewayClient, MediaLocation, RemoteMessage } from '../../../core/gateway.ts'
import { messageId } from '../../../core/ids.ts'
import { fullForm, readAddress } from '../wire/address.ts'
import { bareId, flag, moment, text } from '../wire/fields.ts'
import { MEDIA_WORDS } from '../wire/words.ts'
import { type Asking, refuse, UNREADABLE } from './asking.ts'
import { SEND_TIMEOUT_MS } from './caller.ts'

const MOST = 100

/** Words in any case (1.0.0 wrote them in lower case). Queued and Pending will still go out. */
const STATES: ReadonlyMap<string, NonNullable<RemoteMessage['state']>> = new Map([
  ['queued', 'queued'],
  ['pending', 'queued'],
  ['scheduled', 'queued'],
  ['sent', 'sent'],
  // It was there for everyone to be deleted.
  ['deleted', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['played', 'played'],
  ['failed', 'failed'],
  ['canceled', 'failed'],
])
const MEDIA: ReadonlyMap<string, MediaType> = new Map([
  ...Object.entries(MEDIA_WORDS).map(([type, word]) => [word, type as MediaType] as const),
  ['gif', 'video'],
  ['1p_sticker', 'sticker'],
  ['user_created_sticker', 'sticker'],
])

const found = z.object({
  id: text,
  messageid: text,
  chatid: text,
  fromMe: flag,
  messageTimestamp: moment,
  text,
  mediaType: text,
  track_id: text,
  status: text,
})
function readFound(body: unknown): RemoteMessage[] {
  const read = found.safeParse(body)
  if (!read.success) return []
  const one = read.data
  const id = bareId(one.messageid || one.id)
  if (id === '') return []
  const chat = readAddress(one.chatid)
  const media = MEDIA.get(one.mediaType)
  const state = STATES.get(one.status.toLowerCase())
  return [
    {
      id: messageId(id),
      ...(chat && { chat }),
      fromMe: one.fromMe,
      ...(one.messageTimestamp !== undefined && { at: one.messageTimestamp }),
      ...(one.text !== '' && { text: one.text }),
      ...(media && { media }),
      ...(one.track_id !== '' && { reference: one.track_id }),
      ...(state && { state }),
    },
  ]
}
const answer = z.object({ messages: z.array(z.unknown()) })

type Query = Parameters<NonNullable<GatewayClient['search']>>[0]
/** `/message/find`: what uazapi's own store holds of the last seven days, newest first. */
export async function search({ ask }: Asking, query: Query): Promise<Answer<RemoteMessage[]>> {
  const { chat, id, reference, since } = query
  const chatid = chat && fullForm(chat)
  if (chat !== undefined && chatid === undefined) {
    return refuse('unsupported', 'uazapi has no name for this kind of address.')
  }
  const body = {
    ...(id !== undefined && { id }),
    ...(chatid !== undefined && { chatid }),
    ...(reference !== undefined && { track_id: reference }),
    limit: MOST,
    offset: 0,
  }
  return ask({ method: 'POST', path: '/message/find', body, about: 'chat' }, (answered) => {
    const read = answer.safeParse(answered)
    if (!read.success) return undefined
    return read.data.messages
      .slice(0, MOST)
      .flatMap(readFound)
      .filter(({ at }) => since === undefined || at === undefined || at >= since)
  })
}

const downloaded = z.object({ fileURL: text, base64Data: text, mimetype: text })

/**
 * Where the bytes of a medium are: a link that lives two days (documented), else the bytes themselves. The
 * link may be relative, to the configured server.
 */
export async function download({ ask }: Asking, baseUrl: string, id: string): Promise<Answer<MediaLocation>> {
  const attempt = (asLink: boolean) =>
    ask(
      {
        method: 'POST',
        path: '/message/download',
        // Voice stays what it is: converted to mp3 it could not be sent as voice again.
        body: { id, return_link: asLink, return_base64: !asLink, generate_mp3: false },
        about: 'message-action',
        timeoutMs: SEND_TIMEOUT_MS,
      },
      (body) => {
        const read = downloaded.safeParse(body)
        return read.success ? { location: locate(read.data, baseUrl) } : undefined
      },
    )
  const link = await attempt(true)
  if (!link.ok) return link
  if (link.value.location) return { ok: true, value: link.value.location }
  const bytes = await attempt(false)
  if (!bytes.ok) return bytes
  return bytes.value.location ? { ok: true, value: bytes.value.location } : UNREADABLE
}

function locate(
  { fileURL, base64Data, mimetype }: z.infer<typeof downloaded>,
  baseUrl: string,
): MediaLocation | undefined {
  const mime = mimetype !== '' && { mime: mimetype }
  if (fileURL !== '' && URL.canParse(fileURL, `${baseUrl}/`)) {
    const url = new URL(fileURL, `${baseUrl}/`)
    if (url.protocol === 'https:' || url.protocol === 'http:') return { type: 'url', url: url.href, ...mime }
  }
  const base64 = base64Data.slice(base64Data.startsWith('data:') ? base64Data.indexOf(',') + 1 : 0)
  const bytes = Buffer.from(base64, 'base64')
  return bytes.length > 0 ? { type: 'bytes', bytes, ...mime } : undefined
}
