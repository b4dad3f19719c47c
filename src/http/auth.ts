import type { IncomingMessage } from 'node:http'
import type { RouteOptions } from 'fastify'
import { type Principal, SCOPES, type Scope } from '../core/access.ts'
import { HubError } from '../core/errors.ts'
import { sameText } from '../core/signature.ts'
import type { Api } from './edge.ts'

/** What a route asks of whoever calls it: a scope, any valid credential (`self`), or nothing (`anyone`). */
export type RouteScope = Scope | 'self' | 'anyone'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks. Set before the body is read, on every route below `/api/v1`. */
    principal: Principal
  }
  interface FastifyContextConfig {
    /** Default of GET and HEAD: `read`. Every other method has to name one. */
    scope?: RouteScope
  }
}

const NOBODY: Principal = { type: 'anyone', id: 'anyone', name: 'anyone', scopes: [] }
const BEARER = /^Bearer +([^ ]+) *$/i

/** Asks of every route, from here on, who calls it and whether they may. */
export function guard(api: Api, apiKey: string | undefined): void {
  api.decorateRequest('principal')
  api.addHook('onRoute', requireScope)
  api.addHook('onRequest', async (request) => {
    const scope = request.is404 ? 'self' : (request.routeOptions.config.scope ?? 'read')
    request.principal = scope === 'anyone' ? NOBODY : principalOf(request.raw, apiKey)
    if (scope === 'anyone' || scope === 'self' || request.principal.scopes.includes(scope)) return
    throw new HubError(
      'E_FORBIDDEN',
      `This needs the scope "${scope}", which ${request.principal.name} does not have.`,
      { details: { scope } },
    )
  })
}

/** @throws Error at start, for a route that changes something and does not say who may */
function requireScope({ method, url, config }: RouteOptions): void {
  const methods = [method].flat()
  if (config?.scope !== undefined || methods.every((one) => one === 'GET' || one === 'HEAD')) return
  throw new Error(`${methods.join(', ')} ${url} names no scope: give the route config: { scope: … }`)
}

function principalOf(req: IncomingMessage, apiKey: string | undefined): Principal {
  requireApiKey(req, apiKey)
  return { type: 'key', id: 'key_env', name: 'POMBO_API_KEY', scopes: SCOPES }
}

/**
 * Checks `Authorization: Bearer <key>` against the hub's key, in constant time.
 * @throws HubError E_UNAUTHENTICATED saying what to send, or how to set a key where there is none
 */
export function requireApiKey(req: IncomingMessage, apiKey: string | undefined): void {
  if (!apiKey) {
    throw new HubError(
      'E_UNAUTHENTICATED',
      'This hub has no API key yet. Set the environment variable POMBO_API_KEY to a long random text (openssl rand -hex 32) and start it again.',
    )
  }
  const given = BEARER.exec(req.headers.authorization ?? '')?.[1]
  if (given === undefined) {
    throw new HubError('E_UNAUTHENTICATED', 'Send the API key as "Authorization: Bearer <key>".')
  }
  if (!sameText(given, apiKey))
    throw new HubError('E_UNAUTHENTICATED', 'The API key is not the one of this hub.')
}
