import { z } from 'zod'
import { type LinkId, publicId } from '../../../core/ids.ts'
import * as contract from '../../contract/access.ts'
import type { Api, Edge } from '../../edge.ts'
import { requestKey } from '../../idempotency.ts'
import { presentPage } from '../../present.ts'
import { pageSchema, publicIdSchema } from '../../validation.ts'
import { presentInvitation, presentMadeLink } from './present.ts'

const idParams = z.strictObject({ id: publicIdSchema('inv') })
const config = { scope: 'people' } as const

/** Links that let somebody make an account of their own. */
export function invitationRoutes(api: Api, edge: Edge): void {
  const { people } = edge.access

  api.get(
    '/invitations',
    { config, schema: { querystring: z.strictObject(pageSchema), response: { 200: contract.invitations } } },
    async ({ query }) => presentPage(people.invitations(query), presentInvitation),
  )

  api.post(
    '/invitations',
    { config, schema: { body: contract.invitationBody, response: { 201: contract.madeInvitation } } },
    async (request, reply) => {
      const { role } = request.body
      const made = await people.invite({ ...request.body, ...requestKey(request) }, request.principal)
      const invitation = presentInvitation(made.link)
      await edge.audit(request, { action: 'invitation.create', target: invitation.id, detail: { role } })
      return reply.code(201).send({ ...presentMadeLink(edge.baseUrl, made), invitation })
    },
  )

  api.delete('/invitations/:id', { config, schema: { params: idParams } }, async (request, reply) => {
    const id = request.params.id as LinkId
    await people.takeBack(id)
    await edge.audit(request, { action: 'invitation.revoke', target: publicId('inv', id) })
    return reply.code(204).send()
  })
}
