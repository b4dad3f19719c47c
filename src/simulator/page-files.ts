import { readFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { extname } from 'node:path'
import { HubError } from '../core/errors.ts'
import { EXAMPLE_PICTURE } from './samples.ts'

const NAMES = [
  'index.html',
  'phone.css',
  'phone.js',
  'attach.js',
  'trouble.js',
  'words.js',
  'bubble.js',
  'wire.js',
  'dom.js',
  'icon.svg',
  `media/${EXAMPLE_PICTURE}`,
] as const
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
}
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
}

/** The files of the phone page, read once. */
export class PageFiles {
  readonly #files: ReadonlyMap<string, Buffer>

  private constructor(files: ReadonlyMap<string, Buffer>) {
    this.#files = files
  }

  static async read(): Promise<PageFiles> {
    const files = await Promise.all(
      NAMES.map(async (name) => [name, await readFile(new URL(`./page/${name}`, import.meta.url))] as const),
    )
    return new PageFiles(new Map(files))
  }

  has(name: string): boolean {
    return this.#files.has(name)
  }

  /** @throws HubError E_NOT_FOUND */
  answer(response: ServerResponse, name: string): void {
    const bytes = this.#files.get(name)
    if (!bytes) throw new HubError('E_NOT_FOUND', 'There is no such page.')
    response.writeHead(200, { ...HEADERS, 'content-type': TYPES[extname(name)] ?? 'text/plain' }).end(bytes)
  }
}
