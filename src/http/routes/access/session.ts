import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { expiryOf, type Opened, type UserPrincipal } from '../../../access/index.ts'
import { SESSION } from '../../../core/access.ts'
import { HubError } from '../../../core/errors.ts'
import { publicId, type SessionId } from '../../../core/ids.ts'
import * as contract from '../../contract/access.ts'
import { cookieOf, sessionCookie } from '../../cookie.ts'
import type { Api, Edge } from '../../edge.ts'
import { preferredLanguage } from '../../language.ts'
import { iso } from '../../present.ts'
import { pageSchema, publicIdSchema } from '../../validation.ts'
import { presentUser } from './present.ts'

const idParams = z.strictObject({ id: publicIdSchema('ses') })

/** Signing in and out, and what somebody may change of their own. */
export function sessionRoutes(api: Api, edge: Edge): void {
  const { sessions, people } = edge.access

  api.get(
    '/session',
    { config: { scope: 'anyone' }, schema: { response: { 200: contract.session } } },
    (request) => presentSession(edge, request),
  )

  api.post(
    '/session',
    {
      config: { scope: 'anyone' },
      schema: { body: contract.loginBody, response: { 200: contract.session } },
    },
    async (request, reply) => {
      const { login, password } = request.body
      enter(edge, await sessions.signIn(login, password, edge.visitor(request)), request, reply)
      await edge.audit(request, { action: 'session.open' })
      return presentSession(edge, request)
    },
  )

  api.delete('/session', { config: { scope: 'anyone' } }, async (request, reply) => {
    const { principal } = request
    // Also a cookie that stands for nobody any more is taken back.
    reply.header('Set-Cookie', sessionCookie('', 0, edge.isSecure))
    if (principal.type === 'user') {
      await sessions.end(principal.session, principal.account)
      await edge.audit(request, { action: 'session.end' })
    }
    return reply.code(204).send()
  })

  api.get(
    '/me/sessions',
    {
      config: { scope: 'self' },
      schema: { querystring: z.strictObject(pageSchema), response: { 200: contract.ownSessions } },
    },
    async (request) => {
      const { account, session } = somebody(request)
      const data = (await sessions.list(account)).map((one) => ({
        id: publicId('ses', one.id),
        current: one.id === session,
        createdAt: iso(one.createdAt),
        lastSeenAt: iso(one.seenAt),
        expiresAt: iso(expiryOf(one)),
        source: one.source,
        agent: one.agent,
      }))
      return { data, next: null }
    },
  )

  api.delete(
    '/me/sessions/:id',
    { config: { scope: 'self' }, schema: { params: idParams } },
    async (request, reply) => {
      const { account } = somebody(request)
      await sessions.end(request.params.id as SessionId, account)
      await edge.audit(request, { action: 'session.end', target: publicId('ses', request.params.id) })
      return reply.code(204).send()
    },
  )

  api.patch(
    '/me',
    { config: { scope: 'self' }, schema: { body: contract.meBody, response: { 200: contract.user } } },
    async (request) => {
      const user = await people.rename(somebody(request).account, request.body.name)
      await edge.audit(request, { action: 'user.rename', target: publicId('usr', user.id) })
      return presentUser(user, request.principal)
    },
  )

  api.post(
    '/me/password',
    { config: { scope: 'self' }, schema: { body: contract.passwordBody } },
    async (request, reply) => {
      const me = somebody(request)
      const { current, next } = request.body
      await sessions.prove(me, current, edge.visitor(request))
      await people.setPassword(await people.get(me.account), next, me.session)
      await edge.audit(request, { action: 'user.password', target: me.id })
      return reply.code(204).send()
    },
  )
}

/** Gives the browser a session that has just begun; from here on the request is that user's. */
export function enter(
  edge: Edge,
  { token, principal, endsAt }: Opened,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const seconds = Math.floor(SESSION.longestMs / 1000)
  reply.header('Set-Cookie', sessionCookie(token, seconds, edge.isSecure))
  request.principal = principal
  request.standing = { ended: false, expiresAt: Math.min(edge.clock.now() + SESSION.idleMs, endsAt) }
}

/** Who asks, how long for, and what a page needs to know before anybody has signed in. */
export async function presentSession(
  edge: Edge,
  { principal, standing, raw, headers }: FastifyRequest,
): Promise<contract.SessionView> {
  const isNobody = principal.type === 'anyone'
  return {
    principal: isNobody ? null : shown(principal),
    ended: standing.ended && cookieOf(raw) !== undefined,
    expiresAt: standing.expiresAt === undefined ? null : iso(standing.expiresAt),
    ownerExists: await edge.access.people.hasOwner(),
    demo: edge.isOpen,
    phone: edge.phone,
    language: preferredLanguage(headers['accept-language']),
    version: isNobody ? null : edge.version,
  }
}

function shown(principal: Exclude<FastifyRequest['principal'], { type: 'anyone' }>): contract.PrincipalView {
  const scopes = [...principal.scopes]
  switch (principal.type) {
    case 'user': {
      const { type, id, name, login, role } = principal
      return { type, id, name, login, role, scopes }
    }
    case 'key':
      return { type: 'key', id: principal.id, name: principal.name, scopes }
    case 'demo':
      return { type: 'demo', id: 'demo', name: principal.name, scopes }
    default:
      return principal satisfies never
  }
}

function somebody({ principal }: FastifyRequest): UserPrincipal {
  if (principal.type === 'user') return principal
  throw new HubError('E_FORBIDDEN', 'This is for somebody who has signed in: a key has no account.')
}
