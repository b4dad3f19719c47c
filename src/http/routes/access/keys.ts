import { z } from 'zod'
import { ENVIRONMENT_KEY } from '../../../access/index.ts'
import { HubError } from '../../../core/errors.ts'
import { type KeyId, publicId } from '../../../core/ids.ts'
import * as contract from '../../contract/access.ts'
import type { Api, Edge } from '../../edge.ts'
import { requestKey } from '../../idempotency.ts'
import { presentPage } from '../../present.ts'
import { pageSchema, publicIdSchema } from '../../validation.ts'
import { environmentKey, presentKey } from './present.ts'

const idParams = z.strictObject({
  id: z.union([z.literal(ENVIRONMENT_KEY.id), publicIdSchema('key')], {
    error: 'must be an id such as key_12',
  }),
})
const config = { scope: 'people' } as const

/** What programs use the API with. */
export function keyRoutes(api: Api, edge: Edge): void {
  const { keys } = edge.access

  api.get(
    '/keys',
    { config, schema: { querystring: z.strictObject(pageSchema), response: { 200: contract.keys } } },
    async ({ query }) => {
      const { data, next } = await presentPage(keys.list(query), presentKey)
      const isFirst = query.cursor === undefined && edge.hub.config.apiKey !== undefined
      return { data: isFirst ? [environmentKey(), ...data] : data, next }
    },
  )

  api.post(
    '/keys',
    { config, schema: { body: contract.keyBody, response: { 201: contract.madeKey } } },
    async (request, reply) => {
      const { name, scopes, expiresAt } = request.body
      const made = await keys.create(
        {
          name,
          scopes,
          ...(expiresAt !== undefined && { expiresAt: Date.parse(expiresAt) }),
          ...requestKey(request),
        },
        request.principal,
      )
      const shown = presentKey(made.key)
      await edge.audit(request, { action: 'key.create', target: shown.id, detail: { name, scopes } })
      return reply.code(201).send({ key: shown, secret: made.secret })
    },
  )

  api.delete('/keys/:id', { config, schema: { params: idParams } }, async (request, reply) => {
    const { id } = request.params
    if (id === ENVIRONMENT_KEY.id)
      throw new HubError(
        'E_CONFLICT',
        'This key is set by POMBO_API_KEY. Change or remove that variable and start the hub again.',
      )
    await keys.revoke(id as KeyId)
    await edge.audit(request, { action: 'key.revoke', target: publicId('key', id) })
    return reply.code(204).send()
  })
}
