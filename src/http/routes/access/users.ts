import { z } from 'zod'
import { type AccountId, publicId } from '../../../core/ids.ts'
import * as contract from '../../contract/access.ts'
import type { Api, Edge } from '../../edge.ts'
import { requestKey } from '../../idempotency.ts'
import { presentPage } from '../../present.ts'
import { pageSchema, publicIdSchema } from '../../validation.ts'
import { presentMadeLink, presentUser } from './present.ts'

const idParams = z.strictObject({ id: publicIdSchema('usr') })
const config = { scope: 'people' } as const

/** The people of this hub. */
export function userRoutes(api: Api, edge: Edge): void {
  const { people } = edge.access

  api.get(
    '/users',
    { config, schema: { querystring: z.strictObject(pageSchema), response: { 200: contract.users } } },
    async ({ query, principal }) => presentPage(people.list(query), (row) => presentUser(row, principal)),
  )

  api.patch(
    '/users/:id',
    { config, schema: { params: idParams, body: contract.userBody, response: { 200: contract.user } } },
    async (request) => {
      const { version, ...change } = request.body
      const id = request.params.id as AccountId
      const user = await people.change(id, version, change, request.principal)
      await edge.audit(request, { action: 'user.change', target: publicId('usr', id), detail: change })
      return presentUser(user, request.principal)
    },
  )

  api.delete('/users/:id', { config, schema: { params: idParams } }, async (request, reply) => {
    const id = request.params.id as AccountId
    const { login } = await people.remove(id, request.principal)
    await edge.audit(request, { action: 'user.remove', target: publicId('usr', id), detail: { login } })
    return reply.code(204).send()
  })

  api.post(
    '/users/:id/password-link',
    { config, schema: { params: idParams, response: { 201: contract.madeLink } } },
    async (request, reply) => {
      const id = request.params.id as AccountId
      const made = await people.passwordLink(id, request.principal, requestKey(request))
      await edge.audit(request, { action: 'user.password-link', target: publicId('usr', id) })
      return reply.code(201).send(presentMadeLink(edge.baseUrl, made))
    },
  )
}
