import { type Command, MAX_DATA_BYTES } from '../../../core/commands.ts'
import type { MediaType } from '../../../core/events.ts'
import { type Failure, reject, withMessageId } from './endings.ts'
import { NEEDS } from './needs.ts'
import { Form, type Step } from './step.ts'

interface How {
  /** The endpoint's last word. */
  to: string
  /** Field of a file that is uploaded; with `_url` behind it that of an address. */
  field: string
  caption: boolean
  extra?: object
  need?: Step['need']
}
const MEDIA: Readonly<Record<MediaType, How | undefined>> = {
  image: { to: 'image', field: 'image', caption: true },
  video: { to: 'video', field: 'video', caption: true },
  audio: { to: 'audio', field: 'audio', caption: false },
  voice: { to: 'audio', field: 'audio', caption: false, extra: { ptt: true } },
  document: { to: 'file', field: 'file', caption: true },
  sticker: { to: 'sticker', field: 'sticker', caption: false, need: NEEDS.stickers },
  'video-note': undefined,
}

/**
 * A medium by address, which GOWA fetches, or by its bytes, which are uploaded. Leaving out a caption, the
 * view-once mark or mentions would send something else than was meant, so what GOWA cannot carry is refused.
 */
export function mediaStep(command: Extract<Command, { type: 'media' }>, phone: string): Step | Failure {
  const { media, url, text, viewOnce } = command
  const how = MEDIA[media]
  if (!how) return reject('unsupported', `GOWA cannot send a ${media}`)
  if (text && !how.caption) return reject('unsupported', `GOWA sends no caption with a ${media}`)
  if (command.mentions?.length) return reject('unsupported', 'GOWA sends no mentions with a medium')
  if (viewOnce && media !== 'image' && media !== 'video')
    return reject('unsupported', `GOWA sends no view-once ${media}`)
  const fields = {
    phone,
    ...how.extra,
    caption: text,
    view_once: viewOnce,
    reply_message_id: command.replyTo,
  }
  const step = { method: 'POST', path: `/send/${how.to}`, says: true, judge: withMessageId } as const
  const need = how.need && { need: how.need }
  if (!url.startsWith('data:')) {
    // Before 8.2.0 a document without a file ends in GOWA's unspecific error, so its version is asked first.
    const asked = media === 'document' ? { need: { ...NEEDS.documentUrl, always: true as const } } : need
    return { ...step, ...asked, body: { ...fields, [`${how.field}_url`]: url } }
  }
  const file = dataFile(url)
  if (!file) return reject('invalid', 'the data: URL is not base64 of at most 16 MiB')
  const name = command.fileName ?? `${media}.${extensionOf(file.mime)}`
  return { ...step, ...need, body: new Form(fields, { field: how.field, name, ...file }) }
}

/** The bytes of a `data:<mime>;base64,…` URL; undefined for any other, and for too large ones. */
export function dataFile(url: string): { mime: string; bytes: Uint8Array } | undefined {
  const comma = url.indexOf(',')
  const head = /^data:([a-z0-9.+-]{1,60}\/[a-z0-9.+-]{1,80})?(?:;[a-z0-9=."+-]{1,80})*;base64$/i.exec(
    url.slice(0, Math.max(0, Math.min(comma, 400))),
  )
  if (!head) return undefined
  const text = url.slice(comma + 1)
  if (text.length > Math.ceil(MAX_DATA_BYTES / 3) * 4 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text))
    return undefined
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length === 0 || bytes.length > MAX_DATA_BYTES) return undefined
  return { mime: (head[1] ?? 'application/octet-stream').toLowerCase(), bytes }
}

/** GOWA judges an upload by its name's ending too. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'm4a',
  'video/quicktime': 'mov',
  'video/x-matroska': 'mkv',
  'text/plain': 'txt',
}
const extensionOf = (mime: string): string =>
  (Object.hasOwn(EXTENSIONS, mime) ? EXTENSIONS[mime] : /\/([a-z0-9]{2,5})$/.exec(mime)?.[1]) ?? 'bin'
