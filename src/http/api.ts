import { HubError } from '../core/errors.ts'
import { checkedAnswers, checkSilence, plainAnswers } from './answers.ts'
import { guard } from './auth.ts'
import type { Api, Edge } from './edge.ts'
import { API_PREFIX, gatherRoutes, mountOpenApi } from './openapi.ts'
import { accessRoutes } from './routes/access/index.ts'
import { alertRoutes } from './routes/alerts.ts'
import { chatRoutes } from './routes/chats.ts'
import { commandRoutes } from './routes/commands.ts'
import { contactRoutes } from './routes/contacts.ts'
import { eventRoutes } from './routes/events.ts'
import { gatewayRoutes } from './routes/gateway/index.ts'
import { instanceRoutes } from './routes/instances.ts'
import { mediaRoutes } from './routes/media.ts'
import { nodeRoutes } from './routes/nodes.ts'
import { overviewRoutes } from './routes/overview.ts'
import { checkRoutes } from './routes/registry/check.ts'
import { registryRoutes } from './routes/registry/instances.ts'
import { serverAdministration } from './routes/registry/servers.ts'
import { unroutedRoutes } from './routes/registry/unrouted.ts'
import { replayRoutes } from './routes/replays.ts'
import { securityRoutes } from './routes/security.ts'
import { streamRoutes } from './routes/stream.ts'
import { validatorCompiler } from './validation.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/**
 * Mounts `/api/v1`. Everything below it, unknown paths included, needs a credential, but for what signs in. A known
 * path with another method is 405 and says which it takes.
 */
export async function mountApi(app: Api, edge: Edge): Promise<void> {
  await app.register(
    async (scope) => {
      const api = scope as unknown as Api
      api.setValidatorCompiler(validatorCompiler)
      api.setSerializerCompiler(edge.checksAnswers ? checkedAnswers : plainAnswers)
      guard(api, { access: edge.access, open: edge.isOpen, publicUrl: edge.hub.config.publicUrl })
      api.setNotFoundHandler(async () => {
        throw new HubError('E_NOT_FOUND', 'The API has no such path.')
      })
      if (edge.checksAnswers) checkSilence(api)
      const taken = collectMethods(api)
      mountOpenApi(app, gatherRoutes(api), edge.version)
      accessRoutes(api, edge)
      eventRoutes(api, edge)
      chatRoutes(api, edge)
      commandRoutes(api, edge)
      instanceRoutes(api, edge)
      registryRoutes(api, edge)
      checkRoutes(api, edge)
      unroutedRoutes(api, edge)
      serverAdministration(api, edge)
      gatewayRoutes(api, edge)
      contactRoutes(api, edge)
      mediaRoutes(api, edge)
      nodeRoutes(api, edge)
      overviewRoutes(api, edge)
      replayRoutes(api, edge)
      streamRoutes(api, edge)
      alertRoutes(api, edge)
      securityRoutes(api, edge)
      await api.after()
      refuseOtherMethods(api, taken)
    },
    { prefix: API_PREFIX },
  )
}

function collectMethods(api: Api): Map<string, Set<string>> {
  const taken = new Map<string, Set<string>>()
  api.addHook('onRoute', ({ url, method }) => {
    const methods = taken.get(url) ?? new Set()
    for (const one of [method].flat()) methods.add(one)
    taken.set(url, methods)
  })
  return taken
}

function refuseOtherMethods(api: Api, taken: ReadonlyMap<string, ReadonlySet<string>>): void {
  for (const [url, methods] of [...taken]) {
    const allow = [...methods].join(', ')
    api.route({
      url: url.slice(API_PREFIX.length),
      method: METHODS.filter((method) => !methods.has(method)),
      config: { scope: 'self' },
      schema: { hide: true },
      handler: async (_request, reply) => {
        reply.header('Allow', allow)
        throw new HubError('E_METHOD', `This path takes ${allow}.`)
      },
    })
  }
}
