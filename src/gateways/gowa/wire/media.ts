import { z } from 'zod'
import type { Media } from '../../../core/events.ts'
import { isObject, isThere, reader, word } from './fields.ts'

/** The object forms of a medium, all versions together. */
const WireMedia = z.object({
  /** ≥ 8.3.1, with a caption. */
  path: word,
  /** ≤ 8.1.2. */
  media_path: word,
  mime_type: word,
  caption: word,
  filename: word,
})

/** From 8.2.0 GOWA names no type; its own file extensions say enough. */
const TYPES: Readonly<Record<string, string>> = {
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  jpe: 'image/jpeg',
  jfif: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
  mp4: 'video/mp4',
  m4v: 'video/mp4',
  mov: 'video/quicktime',
  '3gp': 'video/3gpp',
  webm: 'video/webm',
  ogg: 'audio/ogg',
  oga: 'audio/ogg',
  opus: 'audio/ogg',
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  aac: 'audio/aac',
  amr: 'audio/amr',
  wav: 'audio/wav',
  pdf: 'application/pdf',
  txt: 'text/plain',
  csv: 'text/csv',
  zip: 'application/zip',
  doc: 'application/msword',
  xls: 'application/vnd.ms-excel',
  ppt: 'application/vnd.ms-powerpoint',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
}
const typeOf = (name: string | undefined): string | undefined => {
  const extension = /\.([0-9a-z]{2,5})$/i.exec(name ?? '')?.[1]?.toLowerCase()
  return extension !== undefined && Object.hasOwn(TYPES, extension) ? TYPES[extension] : undefined
}

/** A relative path that stays below the base URL. */
const PATH = /^[\w@+=,-][\w@+=,. -]*(?:\/[\w@+=,-][\w@+=,. -]*)*$/

/** `media` is missing when there is something that is no medium. */
export interface ReadMedia {
  media?: Media
  caption?: string
}

/**
 * Reads a medium in any of its forms: path string, `{path,caption}`, `{media_path,mime_type,caption}`,
 * `{url,caption?,filename?}`. Undefined when there is none. An encrypted CDN address is useless without its
 * keys, so such a medium is asked from the gateway, as is one that nothing says the place of.
 */
function readMedia(value: unknown): ReadMedia | undefined {
  if (!isThere(value)) return undefined
  if (typeof value === 'string') return { media: fromPath(value, {}) }
  if (!isObject(value)) return {}
  const wire = WireMedia.parse(value)
  const path = wire.path ?? wire.media_path
  const media = fromPath(path, { mime: wire.mime_type, fileName: wire.filename })
  return wire.caption === undefined ? { media } : { media, caption: wire.caption }
}

function fromPath(path: string | undefined, known: { mime?: string; fileName?: string }): Media {
  const inside = path?.replace(/^\//, '')
  const mime = known.mime ?? typeOf(known.fileName) ?? typeOf(inside)
  return {
    source: inside !== undefined && PATH.test(inside) ? { type: 'path', path: inside } : { type: 'gateway' },
    ...(mime !== undefined && { mime }),
    ...(known.fileName !== undefined && { fileName: known.fileName }),
  }
}

/** A schema's field that holds a medium in any form. */
export const medium = reader(readMedia)
