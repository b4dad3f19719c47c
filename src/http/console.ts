import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'

export interface ConsoleOptions {
  /** What the build wrote: `index.html`, `assets/` with hashes in their names, and `.br` and `.gz` beside each. */
  folder: string
  /** Origins beside the hub's own that its pages may ask. */
  connect?: readonly string[]
}

/** The pages of the console. */
export interface Console {
  /**
   * Answers with a file of the build, or with the page itself for any other address a browser opens: which page
   * that is, the browser decides.
   * @returns false when this is nothing of the console's
   */
  answer(request: FastifyRequest, reply: FastifyReply): Promise<boolean>
}

interface File {
  readonly type: string
  readonly etag: string
  /** By content coding. */
  readonly bytes: ReadonlyMap<Coding, Buffer>
}
type Coding = 'br' | 'gzip' | 'identity'

const SUFFIXES = { '.br': 'br', '.gz': 'gzip' } as const
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.woff2': 'font/woff2',
}
const PAGE = '/index.html'
const YEAR_SECONDS = 31_536_000

/** What only the hub answers: a browser that opens an unknown address there is told so. */
const NOT_PAGES = /^\/(api|assets|webhooks)(\/|$)/

/** Serves the build out of memory: what was not read from the folder cannot be asked for. */
export function createConsole({ folder, connect = [] }: ConsoleOptions): Console {
  const policy = contentSecurityPolicy(connect)
  let reading: Promise<ReadonlyMap<string, File>> | undefined
  /** Read when first asked for: a hub that nobody looks at holds none of it, and a build may still be running. */
  const files = (): Promise<ReadonlyMap<string, File>> => {
    reading ??= readBuild(folder).catch(() => {
      reading = undefined
      return new Map()
    })
    return reading
  }

  return {
    async answer(request, reply) {
      const path = new URL(request.url, 'http://hub').pathname
      const isPage = !NOT_PAGES.test(path) && (request.headers.accept ?? '').includes('text/html')
      if (request.method !== 'GET' && request.method !== 'HEAD') return false
      const known = await files()
      // A page beside that one is another server's.
      const found = extname(path) === '.html' ? undefined : known.get(path)
      if (found === undefined && !isPage) return false
      const file = found ?? known.get(PAGE)
      reply.header('Vary', 'Accept-Encoding')
      if (file === undefined) {
        reply.code(503).header('Retry-After', '2').type('text/plain; charset=utf-8').send(NOT_BUILT)
        return true
      }
      if (found === undefined) {
        reply.header('Content-Security-Policy', policy).header('Cross-Origin-Opener-Policy', 'same-origin')
      } else if (path.startsWith('/assets/')) {
        reply.header('Cache-Control', `public, max-age=${YEAR_SECONDS}, immutable`)
      } else {
        reply.header('Cache-Control', 'no-cache').header('ETag', file.etag)
        if (request.headers['if-none-match'] === file.etag) {
          reply.code(304).send()
          return true
        }
      }
      const [coding, bytes] = choose(file, request.headers['accept-encoding'])
      if (coding !== 'identity') reply.header('Content-Encoding', coding)
      reply.type(file.type).send(bytes)
      return true
    },
  }
}

const NOT_BUILT =
  'The console is not built. It is being built right now, or, in a checkout, `npm run build` builds it. Then reload.\n'

/** Nothing inline, nothing of another host, never in a frame. */
const contentSecurityPolicy = (connect: readonly string[]): string =>
  [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    `connect-src ${["'self'", ...connect].join(' ')}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')

/** The smallest form that the browser takes. */
function choose(file: File, accepted: string | undefined): [Coding, Buffer] {
  const refused = /;\s*q=0(\.0*)?\s*$/
  const takes = new Set(
    (accepted ?? '')
      .split(',')
      .filter((one) => !refused.test(one))
      .map((one) => one.split(';')[0]?.trim()),
  )
  for (const coding of ['br', 'gzip'] as const) {
    const bytes = file.bytes.get(coding)
    if (bytes && takes.has(coding)) return [coding, bytes]
  }
  return ['identity', file.bytes.get('identity') ?? Buffer.alloc(0)]
}

/** @returns every file of the build by its address. Rejects where there is no build. */
async function readBuild(folder: string): Promise<ReadonlyMap<string, File>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name))
  const present = new Set(paths)
  if (!present.has(join(folder, PAGE))) throw new Error('there is no build')
  const read = await Promise.all(
    paths
      .filter((path) => !(extname(path) in SUFFIXES))
      .map(async (path): Promise<[string, File]> => {
        const plain = await readFile(path)
        const bytes = new Map<Coding, Buffer>([['identity', plain]])
        for (const [suffix, coding] of Object.entries(SUFFIXES))
          if (present.has(path + suffix)) bytes.set(coding, await readFile(path + suffix))
        const type = TYPES[extname(path)] ?? 'application/octet-stream'
        const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`
        return [`/${relative(folder, path).split(sep).join('/')}`, { type, etag, bytes }]
      }),
  )
  return new Map(read)
}
