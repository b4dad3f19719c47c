import { z } from 'zod'
import { HubError } from '../../../core/errors.ts'
import type { ServerClient } from '../../../core/gateway.ts'
import type { ServerId } from '../../../core/ids.ts'
import { madeAtServer } from '../../contract/gateway.ts'
import { remoteInstanceList } from '../../contract/servers.ts'
import type { Api, Edge } from '../../edge.ts'
import { answered, name } from './ask.ts'

const serverParams = z.strictObject({ id: name })

/** Servers that hold several numbers, and the numbers on them. */
export function serverRoutes(api: Api, edge: Edge): void {
  const { hub } = edge
  const server = (id: string): ServerClient => {
    const found = hub.server(id as ServerId)
    if (!found)
      throw new HubError(
        'E_NOT_FOUND',
        'There is no such server in the hub, or its gateway takes no administration.',
      )
    return found
  }
  api.get(
    '/servers/:id/instances',
    { schema: { params: serverParams, response: { 200: remoteInstanceList } } },
    async ({ params }) => {
      const client = server(params.id)
      const { config } = hub.registry.servers.get(params.id as ServerId)!
      return {
        data: answered(await client.instances()).map((remote) => {
          // A new instance's credential is shown once, when it is made.
          const { credential: _, ...one } = remote
          const known = hub.maker.instanceOf(config, remote)
          return { ...one, instance: known?.id, adoptable: known === undefined }
        }),
        next: null,
      }
    },
  )
  api.post(
    '/servers/:id/instances',
    {
      config: { scope: 'manage' },
      schema: { params: serverParams, body: z.strictObject({ name }), response: { 201: madeAtServer } },
    },
    async (request, reply) => {
      const made = answered(await server(request.params.id).create(request.body.name))
      await edge.audit(request, {
        action: 'server.create-instance',
        target: request.params.id,
        detail: { instance: made.id },
      })
      return reply.code(201).send(made)
    },
  )
  api.patch(
    '/servers/:id/instances/:instance',
    {
      config: { scope: 'manage' },
      schema: { params: serverParams.extend({ instance: name }), body: z.strictObject({ name }) },
    },
    async (request, reply) => {
      const { params, body } = request
      const { rename } = server(params.id)
      if (!rename)
        throw new HubError('E_UNSUPPORTED', 'The gateway of this server does not rename its numbers.')
      answered(await rename(params.instance, body.name))
      await edge.audit(request, {
        action: 'server.rename-instance',
        target: params.id,
        detail: { instance: params.instance },
      })
      return reply.code(204).send()
    },
  )
  api.delete(
    '/servers/:id/instances/:instance',
    { config: { scope: 'manage' }, schema: { params: serverParams.extend({ instance: name }) } },
    async (request, reply) => {
      const { params } = request
      answered(await server(params.id).remove(params.instance))
      await edge.audit(request, {
        action: 'server.remove-instance',
        target: params.id,
        detail: { instance: params.instance },
      })
      return reply.code(204).send()
    },
  )
}
