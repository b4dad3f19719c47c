import { readFileSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MAX_DATA_BYTES } from '../core/commands.ts'
import { HubError } from '../core/errors.ts'
import type { MediaType } from '../core/events.ts'

/**
 * An http(s) URL, which the gateway fetches; a file as `new URL('./menu.pdf', import.meta.url)`; or the bytes.
 * A plain text never names a file: it may be something a customer wrote.
 */
export type MediumSource = string | URL | Uint8Array

export interface Medium {
  /** As a command carries it: http(s), or `data:` with the bytes in it. */
  url: string
  type: MediaType
  fileName?: string
}

const ENDINGS: Readonly<Record<string, { type: MediaType; mime: string }>> = {
  jpg: { type: 'image', mime: 'image/jpeg' },
  jpeg: { type: 'image', mime: 'image/jpeg' },
  png: { type: 'image', mime: 'image/png' },
  mp4: { type: 'video', mime: 'video/mp4' },
  '3gp': { type: 'video', mime: 'video/3gpp' },
  mp3: { type: 'audio', mime: 'audio/mpeg' },
  m4a: { type: 'audio', mime: 'audio/mp4' },
  aac: { type: 'audio', mime: 'audio/aac' },
  ogg: { type: 'audio', mime: 'audio/ogg' },
  opus: { type: 'audio', mime: 'audio/ogg' },
  webp: { type: 'sticker', mime: 'image/webp' },
  pdf: { type: 'document', mime: 'application/pdf' },
  csv: { type: 'document', mime: 'text/csv' },
  txt: { type: 'document', mime: 'text/plain' },
}
const OTHER = { type: 'document', mime: 'application/octet-stream' } as const

/**
 * A medium as a command carries it. What sort it is follows from the ending of its name; `document` when
 * that says nothing. Files are read at once, so that what is sent is what was there when it was intended.
 * @param fileName name of bytes; of anything else its own is taken
 * @throws HubError E_BOT for any other URL, a file that cannot be read, and for more than 16 MiB
 */
export function mediumFrom(source: MediumSource, fileName?: string): Medium {
  if (source instanceof Uint8Array) return embedded(source, fileName)
  const url = source instanceof URL ? source : URL.parse(source)
  if (url?.protocol === 'http:' || url?.protocol === 'https:') {
    const name = fileName ?? decode(url.pathname.slice(url.pathname.lastIndexOf('/') + 1))
    return { url: url.href, type: kindOf(url.pathname).type, ...(name !== '' && { fileName: name }) }
  }
  if (!(source instanceof URL) || source.protocol !== 'file:')
    throw new HubError(
      'E_BOT',
      "A medium is an absolute http(s) URL, because the gateway fetches it, or a file as new URL('./menu.pdf', import.meta.url), or bytes.",
    )
  const path = fileURLToPath(source)
  return embedded(read(path), fileName ?? basename(path))
}

function embedded(bytes: Uint8Array, name: string | undefined): Medium {
  if (bytes.length > MAX_DATA_BYTES)
    throw new HubError(
      'E_BOT',
      `The medium has ${bytes.length} bytes; at most ${MAX_DATA_BYTES / 1024 / 1024} MiB go along with a command. Give the gateway an address to fetch instead.`,
    )
  const { type, mime } = kindOf(name ?? '')
  const url = `data:${mime};base64,${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')}`
  return { url, type, ...(name !== undefined && { fileName: name }) }
}

function read(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new HubError(
      'E_BOT',
      `The file of a medium cannot be read: ${(cause as NodeJS.ErrnoException).code ?? 'unknown fault'}.`,
      { cause },
    )
  }
}

const kindOf = (path: string): { type: MediaType; mime: string } =>
  ENDINGS[extname(path).slice(1).toLowerCase()] ?? OTHER

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
