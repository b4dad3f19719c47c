import { z } from 'zod'
import { HubError } from '../../../core/errors.ts'
import type { ServerClient } from '../../../core/gateway.ts'
import type { ServerId } from '../../../core/ids.ts'
import type { Api, Edge } from '../../edge.ts'
import { answered, name } from './ask.ts'

const serverParams = z.strictObject({ id: name })

/** Servers that hold several numbers, and the numbers on them. */
export function serverRoutes(api: Api, { hub }: Edge): void {
  const server = (id: string): ServerClient => {
    const found = hub.server(id as ServerId)
    if (!found)
      throw new HubError(
        'E_NOT_FOUND',
        'There is no such server in the configuration, or its gateway takes no administration.',
      )
    return found
  }
  api.get('/servers/:id/instances', { schema: { params: serverParams } }, async ({ params }) => ({
    // A new instance's credential is shown once, when it is made.
    data: answered(await server(params.id).instances()).map(({ credential: _, ...one }) => one),
    next: null,
  }))
  api.post(
    '/servers/:id/instances',
    { config: { scope: 'manage' }, schema: { params: serverParams, body: z.strictObject({ name }) } },
    async ({ params, body }, reply) =>
      reply.code(201).send(answered(await server(params.id).create(body.name))),
  )
  api.patch(
    '/servers/:id/instances/:instance',
    {
      config: { scope: 'manage' },
      schema: { params: serverParams.extend({ instance: name }), body: z.strictObject({ name }) },
    },
    async ({ params, body }, reply) => {
      const { rename } = server(params.id)
      if (!rename)
        throw new HubError('E_UNSUPPORTED', 'The gateway of this server does not rename its numbers.')
      answered(await rename(params.instance, body.name))
      return reply.code(204).send()
    },
  )
  api.delete(
    '/servers/:id/instances/:instance',
    { config: { scope: 'manage' }, schema: { params: serverParams.extend({ instance: name }) } },
    async ({ params }, reply) => {
      answered(await server(params.id).remove(params.instance))
      return reply.code(204).send()
    },
  )
}
