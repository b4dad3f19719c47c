import type { IncomingMessage } from 'node:http'
import type { FastifyRequest, RouteOptions } from 'fastify'
import type { Access } from '../access/index.ts'
import { type Principal, SCOPES, type Scope } from '../core/access.ts'
import { HubError } from '../core/errors.ts'
import { cookieOf } from './cookie.ts'
import type { Api } from './edge.ts'

/** What a route asks of whoever calls it: a scope, any valid credential (`self`), or nothing (`anyone`). */
export type RouteScope = Scope | 'self' | 'anyone'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks. Set before the body is read, on every route below `/api/v1`. */
    principal: Principal
    /** When the session of this request ends if nothing is asked before (ms); `ended` when it has. */
    standing: { expiresAt?: number; ended: boolean }
  }
  interface FastifyContextConfig {
    /** Default of GET and HEAD: `read`. Every other method has to name one. */
    scope?: RouteScope
  }
}

/** By whom the API can be used. */
export interface Gate {
  access: Access
  /** Whoever reaches the hub may do everything, without a credential. */
  open: boolean
  publicUrl?: string | undefined
}

const NOBODY: Principal = { type: 'anyone', id: 'anyone', name: 'anyone', scopes: [] }
const DEMO: Principal = { type: 'demo', id: 'demo', name: 'demo', scopes: SCOPES }
const BEARER = /^Bearer +([^ ]+) *$/i
const HOW = 'One is made with "pombo key create", or set as POMBO_API_KEY.'
const SAFE_METHODS: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

/** Asks of every route, from here on, who calls it and whether they may. */
export function guard(api: Api, gate: Gate): void {
  api.decorateRequest('principal')
  api.decorateRequest('standing')
  api.addHook('onRoute', requireScope)
  api.addHook('onRequest', async (request) => {
    const scope = request.is404 ? 'self' : (request.routeOptions.config.scope ?? 'read')
    request.standing = { ended: false }
    request.principal = await identify(request, gate).catch((error: unknown) => {
      if (scope !== 'anyone' || !(error instanceof HubError) || error.code !== 'E_UNAUTHENTICATED')
        throw error
      return NOBODY
    })
    requireOwnPage(request, gate.publicUrl)
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

/** @throws HubError E_UNAUTHENTICATED saying what is missing */
async function identify(
  request: FastifyRequest,
  { access, open }: Pick<Gate, 'access' | 'open'>,
): Promise<Principal> {
  if (request.headers.authorization !== undefined) return principalOfKey(request.raw, access)
  const token = cookieOf(request.raw)
  const session = token === undefined ? undefined : await access.sessions.byToken(token)
  if (session) {
    request.standing = { ended: false, expiresAt: session.expiresAt }
    return session.principal
  }
  if (open) return DEMO
  if (token === undefined)
    throw new HubError(
      'E_UNAUTHENTICATED',
      `Sign in, or send an API key as "Authorization: Bearer <key>". ${HOW}`,
    )
  request.standing = { ended: true }
  throw new HubError('E_UNAUTHENTICATED', 'Your session has ended. Sign in again.')
}

/** For answers that go on for long: does the credential of a request still stand, and allow this? */
export async function stands(
  request: FastifyRequest,
  gate: Pick<Gate, 'access' | 'open'>,
  scope: Scope,
): Promise<boolean> {
  try {
    return (await identify(request, gate)).scopes.includes(scope)
  } catch (error) {
    if (error instanceof HubError && error.code === 'E_UNAUTHENTICATED') return false
    throw error
  }
}

/**
 * Whose key `Authorization: Bearer <key>` holds.
 * @throws HubError E_UNAUTHENTICATED saying what to send
 */
export async function principalOfKey(req: IncomingMessage, access: Access): Promise<Principal> {
  const given = BEARER.exec(req.headers.authorization ?? '')?.[1]
  if (given === undefined)
    throw new HubError('E_UNAUTHENTICATED', `Send the API key as "Authorization: Bearer <key>". ${HOW}`)
  return access.keys.bySecret(given)
}

/**
 * A browser sends what it holds along with whatever any page makes it ask. So a change that rests on a cookie, or on
 * nothing, must come from a page of this hub, as the browser itself says. A key is sent by whoever means to.
 * @throws HubError E_FORBIDDEN
 */
function requireOwnPage(request: FastifyRequest, publicUrl: string | undefined): void {
  const { principal, method, headers } = request
  if (SAFE_METHODS.includes(method) || principal.type === 'key') return
  const site = headers['sec-fetch-site']
  const { origin, host } = headers
  const isSilent = site === undefined && origin === undefined
  // What no browser sent rests on a cookie only when somebody has taken it from one.
  if (isSilent && principal.type !== 'user') return
  if (site !== undefined ? site === 'same-origin' : isOneOf(hostOf(origin), [host, hostOf(publicUrl)])) return
  throw new HubError(
    'E_FORBIDDEN',
    'A change by session has to come from a page of this hub. Programs send an API key instead.',
  )
}

const hostOf = (url: string | undefined): string | undefined =>
  url === undefined ? undefined : URL.parse(url)?.host
const isOneOf = (host: string | undefined, known: readonly (string | undefined)[]): boolean =>
  host !== undefined && known.includes(host)
