import { readdir, readFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { HubError } from '../core/errors.ts'
import { EXAMPLE_PICTURE } from './samples.ts'

const PAGE = 'phone.html'
const PICTURE = `media/${EXAMPLE_PICTURE}`
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
}
const HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
}

/** The example picture, and the page with the phone as the build of the console leaves it. */
export class PageFiles {
  readonly #folder: string
  readonly #picture: Buffer
  #page: ReadonlyMap<string, Buffer> | undefined

  private constructor(folder: string, picture: Buffer) {
    this.#folder = folder
    this.#picture = picture
  }

  /** @param folder that of the console's build; the page in it is read when somebody first looks */
  static async open(folder: string): Promise<PageFiles> {
    return new PageFiles(folder, await readFile(new URL(PICTURE, import.meta.url)))
  }

  isPicture(name: string): boolean {
    return name === PICTURE
  }

  /**
   * @param name a path without its first slash; '' is the page itself
   * @throws HubError E_NOT_FOUND
   */
  async answer(response: ServerResponse, name: string): Promise<void> {
    if (this.isPicture(name)) return send(response, PICTURE, this.#picture)
    this.#page ??= await readPage(this.#folder)
    const wanted = name || PAGE
    const bytes = this.#page?.get(wanted)
    if (bytes) return send(response, wanted, bytes)
    if (name !== '' || this.#page) throw new HubError('E_NOT_FOUND', 'There is no such page.')
    response.writeHead(503, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8', 'retry-after': '2' })
    response.end('The page is not built. In a checkout, `npm run build` builds it. Then reload.\n')
  }
}

const send = (response: ServerResponse, name: string, bytes: Buffer): void =>
  void response
    .writeHead(200, { ...HEADERS, 'content-type': TYPES[extname(name)] ?? 'text/plain' })
    .end(bytes)

/** @returns the page and what it may load; undefined where nothing is built */
async function readPage(folder: string): Promise<ReadonlyMap<string, Buffer> | undefined> {
  try {
    const assets = (await readdir(join(folder, 'assets'))).filter((name) => extname(name) in TYPES)
    const names = [PAGE, 'theme.js', 'icon.svg', ...assets.map((name) => `assets/${name}`)]
    return new Map(
      await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)),
    )
  } catch {
    return undefined
  }
}
