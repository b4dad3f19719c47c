import type { ClientContext } from '../../../core/gateway.ts'
import type { HttpOutcome, HttpRequest } from '../../../core/ports.ts'

/** uazapi states no limit of its own; it uploads a medium before it answers. */
export const SEND_TIMEOUT_MS = 30_000
export const ASK_TIMEOUT_MS = 10_000

export type Json = Record<string, unknown>
export type Method = Extract<HttpRequest['method'], 'GET' | 'POST' | 'DELETE'>

/** Makes one request. Never throws. */
export type Caller = (
  method: Method,
  path: string,
  body: Json | undefined,
  timeoutMs: number,
) => Promise<HttpOutcome>

/** Instance paths take `token`; those of the whole server (`/instance/all`, `/globalwebhook`…) `admintoken`. */
export type Credential = { token: string } | { admintoken: string }

/** Every request goes to the configured `baseUrl` with one credential; nothing of an answer decides where. */
export const caller =
  (credential: Credential, { baseUrl, http }: Pick<ClientContext, 'baseUrl' | 'http'>): Caller =>
  (method, path, body, timeoutMs) =>
    http({
      method,
      url: baseUrl + path,
      headers: {
        accept: 'application/json',
        ...credential,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      timeoutMs,
    })
