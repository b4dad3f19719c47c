import type { FastifyReply, FastifyRequest } from 'fastify'
import type { AccountId } from '../../../core/ids.ts'
import * as contract from '../../contract/access.ts'
import type { Api, Edge } from '../../edge.ts'
import { presentLink } from './present.ts'
import { enter, presentSession } from './session.ts'

/** What one-time links are for: the first owner, an invitation, a new password. All are open to whoever has one. */
export function linkRoutes(api: Api, edge: Edge): void {
  const { people, sessions } = edge.access
  const config = { scope: 'anyone' } as const
  const response = { 200: contract.session }

  async function signIn(account: AccountId, action: string, request: FastifyRequest, reply: FastifyReply) {
    enter(edge, await sessions.open(account, edge.visitor(request)), request, reply)
    await edge.audit(request, { action })
    return presentSession(edge, request)
  }

  api.post(
    '/links/check',
    { config, schema: { body: contract.linkCheckBody, response: { 200: contract.link } } },
    async ({ body }) => presentLink(await people.link(body.token)),
  )

  api.post(
    '/welcome',
    { config, schema: { body: contract.newAccountBody, response } },
    async (request, reply) => {
      const { token, ...account } = request.body
      return signIn(await people.accept('owner', token, account), 'owner.welcome', request, reply)
    },
  )

  api.post(
    '/invitations/accept',
    { config, schema: { body: contract.newAccountBody, response } },
    async (request, reply) => {
      const { token, ...account } = request.body
      return signIn(await people.accept('invitation', token, account), 'invitation.accept', request, reply)
    },
  )

  api.post(
    '/password-reset',
    { config, schema: { body: contract.passwordResetBody, response } },
    async (request, reply) => {
      const { token, password } = request.body
      return signIn(await people.resetPassword(token, password), 'user.password', request, reply)
    },
  )
}
