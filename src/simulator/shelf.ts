import { createHash } from 'node:crypto'
import { extname } from 'node:path'

const MOST_BYTES = 64 * 1024 * 1024
const ENDINGS: Readonly<Record<string, string>> = {
  'image/jpeg': '.jpe',
  'image/png': '.png',
  'image/webp': '.webp',
  'video/mp4': '.mp4',
  'audio/ogg': '.ogg',
  'audio/mpeg': '.mp3',
  'application/pdf': '.pdf',
}

interface Kept {
  bytes: Uint8Array
  mime: string
}

/** Media a gateway keeps and serves, by name; the oldest go when there are too many bytes. */
export class Shelf {
  readonly #kept = new Map<string, Kept>()
  #bytes = 0

  /** Answers the name it is served under: made of the content, so the same bytes are kept once. */
  keep(bytes: Uint8Array, mime: string): string {
    const plain = mime.split(';')[0]?.trim() ?? ''
    const name = `${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}${ENDINGS[plain] ?? '.bin'}`
    if (this.#kept.has(name)) return name
    this.#kept.set(name, { bytes, mime })
    this.#bytes += bytes.length
    for (const [oldest, { bytes: old }] of this.#kept) {
      if (this.#bytes <= MOST_BYTES || oldest === name) break
      this.#kept.delete(oldest)
      this.#bytes -= old.length
    }
    return name
  }

  /** `name` with or without its ending. */
  get(name: string): Kept | undefined {
    const found = this.#kept.get(name)
    if (found || extname(name) !== '') return found
    for (const [kept, medium] of this.#kept) if (kept.startsWith(`${name}.`)) return medium
    return undefined
  }
}
