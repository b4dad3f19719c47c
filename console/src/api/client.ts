import { ApiError } from './problem.ts'

type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>

export interface Ask {
  /** Left out where undefined; a list becomes the same name several times. */
  query?: Query
  signal?: AbortSignal
}
export interface Write extends Ask {
  /**
   * The same for every try of one intent, so that a creation whose answer was lost is not made twice. Each
   * call is an intent of its own unless this says otherwise.
   */
  idempotencyKey?: string
}

const PREFIX = '/api/v1'

/** @returns a fresh key for {@link Write.idempotencyKey} */
export function newIntent(): string {
  // Not randomUUID: browsers have that on HTTPS and loopback only.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}

/**
 * The hub's API. Paths are those behind `/api/v1`; put ids in with {@link path}. What comes back has the type
 * the contract gives it (`import type` from `src/http/contract`), which the server has checked.
 * @throws ApiError for every answer that is no success, and when there is none
 */
export const api = {
  get: <T>(where: string, ask?: Ask): Promise<T> => request<T>('GET', where, undefined, ask),
  post: <T = void>(where: string, body?: unknown, write?: Write): Promise<T> =>
    request<T>('POST', where, body, write),
  put: <T = void>(where: string, body?: unknown, write?: Write): Promise<T> =>
    request<T>('PUT', where, body, write),
  patch: <T = void>(where: string, body?: unknown, write?: Write): Promise<T> =>
    request<T>('PATCH', where, body, write),
  delete: <T = void>(where: string, { body, ...write }: Write & { body?: unknown } = {}): Promise<T> =>
    request<T>('DELETE', where, body, write),
}

/** A path with ids in it, each encoded: path`/instances/${id}`. */
export const path = (parts: TemplateStringsArray, ...ids: readonly (string | number)[]): string =>
  parts.reduce((whole, part, at) => `${whole}${encodeURIComponent(ids[at - 1] ?? '')}${part}`)

async function request<T>(method: string, where: string, body: unknown, ask: Write = {}): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (method === 'POST') headers['idempotency-key'] = ask.idempotencyKey ?? newIntent()
  let response: Response
  try {
    response = await fetch(PREFIX + where + search(ask.query), {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(ask.signal && { signal: ask.signal }),
    })
  } catch (cause) {
    if (ask.signal?.aborted) throw cause
    throw new ApiError(0, undefined, { cause })
  }
  const answer = await readBody(response)
  if (!response.ok) throw new ApiError(response.status, answer)
  return answer as T
}

function search(query: Query = {}): string {
  const all = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined) all.append(name, String(one))
  return all.size === 0 ? '' : `?${all}`
}

/** JSON where it is some; the text of anything else, such as a proxy's own page. */
async function readBody(response: Response): Promise<unknown> {
  const text = await response.text().catch(() => '')
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
