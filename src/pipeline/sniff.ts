import type { MediaType } from '../core/events.ts'

/**
 * What bytes are, by the bytes themselves: the sender's word is not worth anything, and a wrong one is how a
 * web page gets served as a picture.
 */

/** Begins with these bytes, `at` an offset, and has those of `and`. */
const MAGIC: readonly { mime: string; at?: number; bytes: readonly number[] | string; and?: Part }[] = [
  { mime: 'image/jpeg', bytes: [0xff, 0xd8, 0xff] },
  { mime: 'image/png', bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] },
  { mime: 'image/gif', bytes: 'GIF87a' },
  { mime: 'image/gif', bytes: 'GIF89a' },
  { mime: 'image/webp', bytes: 'RIFF', and: { at: 8, bytes: 'WEBP' } },
  { mime: 'audio/wav', bytes: 'RIFF', and: { at: 8, bytes: 'WAVE' } },
  { mime: 'video/x-msvideo', bytes: 'RIFF', and: { at: 8, bytes: 'AVI ' } },
  { mime: 'image/bmp', bytes: 'BM', and: { at: 6, bytes: [0, 0, 0, 0] } },
  { mime: 'image/tiff', bytes: [0x49, 0x49, 0x2a, 0] },
  { mime: 'image/tiff', bytes: [0x4d, 0x4d, 0, 0x2a] },
  { mime: 'audio/mpeg', bytes: 'ID3' },
  { mime: 'audio/amr', bytes: '#!AMR' },
  { mime: 'audio/flac', bytes: 'fLaC' },
  { mime: 'video/webm', bytes: [0x1a, 0x45, 0xdf, 0xa3] },
  { mime: 'application/pdf', bytes: '%PDF-' },
  { mime: 'application/gzip', bytes: [0x1f, 0x8b] },
  { mime: 'application/vnd.rar', bytes: 'Rar!' },
  { mime: 'application/x-7z-compressed', bytes: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c] },
  { mime: 'application/rtf', bytes: '{\\rtf' },
  { mime: 'application/x-ole-storage', bytes: [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1] },
]
interface Part {
  at: number
  bytes: readonly number[] | string
}

/** Brands of the ISO base media format, by the four letters after `ftyp`. */
const BRANDS: readonly [RegExp, string][] = [
  [/^avi[fs]/, 'image/avif'],
  [/^(hei[cxms]|mif1|msf1)/, 'image/heic'],
  [/^M4[AB]/, 'audio/mp4'],
  [/^qt/, 'video/quicktime'],
  [/^3g/, 'video/3gpp'],
]
/** The packed folders of office documents. */
const OFFICE: readonly [string, string][] = [
  ['word/', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  ['xl/', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['ppt/', 'application/vnd.openxmlformats-officedocument.presentationml.presentation'],
]
const UNKNOWN = 'application/octet-stream'

/** The media type of bytes, by how they begin; `application/octet-stream` when it does not show. */
export function sniff(head: Uint8Array): string {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
  for (const { mime, at = 0, bytes: magic, and } of MAGIC) {
    if (has(bytes, { at, bytes: magic }) && (!and || has(bytes, and))) return mime
  }
  if (has(bytes, { at: 4, bytes: 'ftyp' })) {
    const brand = bytes.toString('latin1', 8, 12)
    return BRANDS.find(([pattern]) => pattern.test(brand))?.[1] ?? 'video/mp4'
  }
  if (has(bytes, { at: 0, bytes: 'OggS' })) {
    return bytes.includes('theora', 0, 'latin1') ? 'video/ogg' : 'audio/ogg'
  }
  // MPEG audio frames: eleven set bits, then layer 0 for AAC.
  if (bytes.length > 2 && bytes[0] === 0xff && (bytes[1]! & 0xe0) === 0xe0) {
    return (bytes[1]! & 0x06) === 0 ? 'audio/aac' : 'audio/mpeg'
  }
  if (has(bytes, { at: 0, bytes: [0x50, 0x4b, 0x03, 0x04] })) {
    return OFFICE.find(([folder]) => bytes.includes(folder, 0, 'latin1'))?.[1] ?? 'application/zip'
  }
  return sniffText(bytes)
}

const has = (bytes: Buffer, { at, bytes: magic }: Part): boolean => {
  const wanted = typeof magic === 'string' ? Buffer.from(magic, 'latin1') : Buffer.from(magic)
  return bytes.subarray(at, at + wanted.length).equals(wanted)
}

function sniffText(bytes: Buffer): string {
  if (bytes.length === 0 || bytes.includes(0)) return UNKNOWN
  // The last character may be cut off in the middle.
  const text = new TextDecoder('utf-8').decode(bytes, { stream: true })
  if (text.includes('\ufffd')) return UNKNOWN
  const start = text
    .replace(/^\ufeff/, '')
    .trimStart()
    .slice(0, 512)
    .toLowerCase()
  if (/^(<!doctype html|<html|<head|<body|<script|<iframe)/.test(start)) return 'text/html'
  if (/^(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?(<!doctype svg[^>]*>\s*)?<svg/s.test(start)) return 'image/svg+xml'
  if (start.startsWith('<?xml')) return 'application/xml'
  if (/^begin:vcard/.test(start)) return 'text/vcard'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: text has none of them
  return /[\u0001-\u0008\u000e-\u001a\u001c-\u001f]/.test(text) ? UNKNOWN : 'text/plain'
}

/**
 * Can a message of this kind hold such bytes? An error page where a picture should be is no picture. What does
 * not show its type may be one the table does not know.
 */
export function isPlausible(kind: MediaType, mime: string): boolean {
  if (kind === 'document' || mime === UNKNOWN) return true
  // Animated stickers may come packed.
  return /^(image|video|audio)\//.test(mime) || (kind === 'sticker' && mime === 'application/zip')
}
