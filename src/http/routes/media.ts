import { Readable } from 'node:stream'
import { z } from 'zod'
import { HubError } from '../../core/errors.ts'
import type { MessageRowId } from '../../core/ids.ts'
import type { MediaRow } from '../../core/media.ts'
import { mediumBytes } from '../contract/chats.ts'
import type { Api, Edge } from '../edge.ts'
import { publicIdSchema } from '../validation.ts'

const params = z.strictObject({ id: publicIdSchema('msg') })

/** What could run in a browser that ignores everything else it is told: it is not named by its name. */
const SCRIPTABLE = /^(text\/html|image\/svg\+xml|application\/xml)$/
/** What a browser shows without running anything. Everything else is for saving. */
const SHOWN = /^(image\/(jpeg|png|gif|webp|bmp|avif)|audio\/[\w.+-]+|video\/[\w.+-]+)$/
/** Bytes never change under their address. */
const CACHE = 'private, max-age=86400, immutable'

/** The bytes of what somebody sent us. */
export function mediaRoutes(api: Api, { hub }: Edge): void {
  api.get(
    '/messages/:id/media',
    { schema: { params, produces: ['application/octet-stream'], response: { 200: mediumBytes } } },
    async ({ params }, reply) => {
      const medium = await hub.media(params.id as MessageRowId)
      if (medium === undefined) throw new HubError('E_NOT_FOUND', 'There is no such message with a medium.')
      const { row, bytes } = medium
      if (bytes === undefined) throw whyNot(row)
      const mime = row.mime ?? 'application/octet-stream'
      reply
        .header('Content-Type', SCRIPTABLE.test(mime) ? 'application/octet-stream' : mime)
        .header('Content-Disposition', disposition(SHOWN.test(mime) ? 'inline' : 'attachment', row.fileName))
        .header('Content-Security-Policy', "default-src 'none'; sandbox")
        .header('X-Content-Type-Options', 'nosniff')
        .header('Cache-Control', CACHE)
      if (row.bytes !== undefined) reply.header('Content-Length', row.bytes)
      return reply.send(bytes instanceof Readable ? bytes : Readable.from(bytes))
    },
  )
}

function whyNot({ state, reason }: MediaRow): HubError {
  switch (state) {
    case 'wanted':
      return new HubError(
        'E_CONFLICT',
        'This medium has not been fetched yet. The message says when its state is "fetched".',
        { details: { retryAfterSeconds: 5 } },
      )
    case 'failed':
      return new HubError('E_NOT_FOUND', `This medium could not be had: ${reason ?? 'nobody knows why'}.`)
    case 'expired':
      return new HubError(
        'E_NOT_FOUND',
        'This medium is not kept any more; media.keepMs of the configuration says how long.',
      )
    case 'fetched':
      return new HubError('E_NOT_FOUND', 'The file of this medium is not in the media store any more.')
    default:
      return state satisfies never
  }
}

/** A name somebody else chose: in plain letters for old programs, whole and escaped for all others (RFC 6266). */
function disposition(kind: 'inline' | 'attachment', name: string | undefined): string {
  const clean = name
    ?.toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must go
    .replace(/[\u0000-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069/\\]/g, '_')
    .slice(0, 200)
  if (!clean) return kind
  const plain = clean.replace(/[^\w.() -]/g, '_')
  const whole = encodeURIComponent(clean.toWellFormed()).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `${kind}; filename="${plain}"; filename*=UTF-8''${whole}`
}
