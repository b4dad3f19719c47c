import type { IncomingMessage, ServerResponse } from 'node:http'
import { HubError } from '../core/errors.ts'
import { WorldError } from './model.ts'

export const LOOPBACK: readonly string[] = ['127.0.0.1', '::1', 'localhost']

export function isLoopbackHost(header: string | undefined): boolean {
  const name = header?.replace(/:[0-9]+$/, '').toLowerCase()
  return name !== undefined && (LOOPBACK.includes(name) || name === '[::1]')
}

/**
 * Another site's page may send requests here from the same browser; its Origin gives it away.
 * @param friends origins of other pages that may ask and read the answers
 * @returns true when the browser only asks whether it may, and has been answered
 */
export function admitPage(
  request: IncomingMessage,
  response: ServerResponse,
  friends: ReadonlySet<string>,
): boolean {
  const { origin, host } = request.headers
  if (origin === undefined || origin === `http://${host}`) return false
  if (!friends.has(origin)) throw new HubError('E_FORBIDDEN', 'Requests from other pages are refused.')
  response.setHeader('access-control-allow-origin', origin)
  response.setHeader('vary', 'origin')
  if (request.method !== 'OPTIONS') return false
  response
    .writeHead(204, {
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'content-type',
      'access-control-max-age': '600',
    })
    .end()
  return true
}

/** A loopback origin under both of the names people open it by. */
export function sameOnLoopback(url: string): ReadonlySet<string> {
  const { protocol, port, origin } = new URL(url)
  return new Set([origin, `${protocol}//127.0.0.1:${port}`, `${protocol}//localhost:${port}`])
}

/** @throws HubError E_TOO_LARGE beyond `limit` bytes */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length
    if (bytes > limit) throw new HubError('E_TOO_LARGE', `The body exceeds ${limit} bytes.`)
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    throw new HubError('E_INVALID', 'The body is not JSON.')
  }
}

export const flatHeaders = (request: IncomingMessage): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : value,
    ]),
  )

export function json(response: ServerResponse, status: number, value: unknown): void {
  response
    .writeHead(status, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    .end(JSON.stringify(value))
}

/** What cannot be done on WhatsApp is a conflict, and its reason is for people. */
export function problem(response: ServerResponse, error: unknown): void {
  const known =
    error instanceof HubError
      ? error
      : error instanceof WorldError
        ? new HubError('E_CONFLICT', error.message)
        : new HubError('E_INTERNAL', 'The simulator failed.', { cause: error })
  json(response, known.status, { status: known.status, code: known.code, detail: known.message })
}
