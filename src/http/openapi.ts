import type { FastifySchema, RouteOptions } from 'fastify'
import type { RouteScope } from './auth.ts'
import { problemSchema } from './contract/common.ts'
import type { Api } from './edge.ts'
import { OPERATIONS } from './operations.ts'
import { PROBLEM_TYPE } from './problem.ts'

/** A route as it is described. */
type Described = Pick<RouteOptions, 'method' | 'url' | 'schema' | 'config'>

declare module 'fastify' {
  interface FastifySchema {
    /** Media types of its answers; default JSON. */
    produces?: readonly string[]
    /** A route that is there, but for nobody to use by hand. */
    hide?: boolean
  }
}

export const API_PREFIX = '/api/v1'
export const OPENAPI_PATH = '/api/openapi.json'

/** Gathers the routes of a scope from here on, as they are registered. What each is described by is read later. */
export function gatherRoutes(api: Api): readonly Described[] {
  const routes: Described[] = []
  api.addHook('onRoute', ({ method, url, schema, config }) => {
    if (schema?.hide || [method].flat().every((one) => one === 'HEAD')) return
    routes.push({ method, url, schema, config })
  })
  return routes
}

/**
 * `GET /api/openapi.json`: the API as OpenAPI 3.1, made out of the very schemas that requests are checked with. It is
 * made when it is first asked for, with what only that needs, so that the start costs nothing of it.
 */
export function mountOpenApi(app: Api, routes: readonly Described[], version: string): void {
  let document: Promise<Buffer> | undefined
  app.get(OPENAPI_PATH, async (_request, reply) => {
    document ??= describe(routes, version).catch((error: unknown) => {
      document = undefined
      throw error
    })
    return reply.type('application/json; charset=utf-8').send(await document)
  })
}

/** What any operation may answer beside its own. */
const PROBLEMS = ['400', '401', '403', '404', '409', '429', '503'] as const
const PROBLEM_REF = { $ref: '#/components/responses/Problem' } as const
const OPEN: readonly RouteScope[] = ['anyone']

async function describe(routes: readonly Described[], version: string): Promise<Buffer> {
  const [{ default: fastify }, { default: swagger }, zod, { toJSONSchema }] = await Promise.all([
    import('fastify'),
    import('@fastify/swagger'),
    import('fastify-type-provider-zod'),
    import('zod'),
  ])
  const operations = new Map(
    Object.entries(OPERATIONS).flatMap(([tag, those]) =>
      Object.entries(those).map(([name, [summary, more]]) => [name, { tag, summary, more }] as const),
    ),
  )
  const asJson = zod.createJsonSchemaTransform({ zodToJsonConfig: { unrepresentable: 'any' } })
  const { $schema: _, ...problem } = toJSONSchema(problemSchema)
  const app = fastify({ exposeHeadRoutes: false })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Pombo',
        version,
        description:
          'The hub between WhatsApp gateways and those who serve customers through them. Ids carry their kind (`evt_12`), times are ISO 8601 in UTC, lists have the form `{data, next}`, and every answer that is not a success is a problem document.',
      },
      servers: [{ url: '/' }],
      tags: Object.keys(OPERATIONS).map((name) => ({ name })),
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'An API key' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: 'pombo_session',
            description: 'Of somebody who has signed in',
          },
        },
        schemas: { Problem: problem as object },
        responses: {
          Problem: {
            description: 'What was wrong, what is allowed, what to do next (RFC 9457)',
            content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
          },
        },
      },
    },
    transformObject: zod.createJsonSchemaTransformObject({ zodToJsonConfig: { unrepresentable: 'any' } }),
    transform: (route) => {
      const { schema, url } = asJson(route as Parameters<typeof asJson>[0])
      const { scope, method } = route.route.config as { scope?: RouteScope; method: string }
      const about = operations.get(`${method} ${url.slice(API_PREFIX.length)}`)
      return {
        url,
        schema: complete((schema ?? {}) as FastifySchema, { scope: scope ?? 'read', method, url, about }),
      }
    },
  })
  app.setValidatorCompiler(() => () => true)
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  for (const { method, url, schema, config } of routes) {
    for (const one of [method].flat()) {
      app.route({
        method: one,
        url,
        handler: async () => {},
        ...(schema !== undefined && { schema }),
        config: { ...config, method: one } as object,
      })
    }
  }
  await app.ready()
  try {
    return Buffer.from(
      JSON.stringify(tidy(JSON.parse(JSON.stringify(app.swagger(), withoutNoise)) as Described31)),
    )
  } finally {
    await app.close()
  }
}

/** What all operations have in common. */
function complete(
  schema: FastifySchema,
  {
    scope,
    method,
    url,
    about,
  }: {
    scope: RouteScope
    method: string
    url: string
    about: { tag: string; summary: string; more: string | undefined } | undefined
  },
): FastifySchema {
  const isOpen = OPEN.includes(scope)
  const needs = isOpen
    ? 'Open to anyone.'
    : scope === 'self'
      ? 'Needs a credential.'
      : `Needs the scope \`${scope}\`.`
  const { response = { 204: {} } } = schema
  const answers = Object.entries(response as Record<string, Record<string, unknown>>).map(
    ([status, body]) => [status, { description: ANSWERS[status] ?? 'Done', ...body }] as const,
  )
  return {
    ...schema,
    operationId: operationId(method, url),
    ...(about && { summary: about.summary, tags: [about.tag] }),
    description: [about?.more, needs].filter((part) => part !== undefined).join('\n\n'),
    security: isOpen ? [] : [{ key: [] }, { session: [] }],
    'x-scope': scope,
    response: Object.fromEntries(answers),
  } as FastifySchema
}

const ANSWERS: Readonly<Record<string, string>> = {
  '200': 'Done',
  '201': 'Made',
  '202': 'Taken; it is done later',
  '204': 'Done; there is nothing to say',
}

/** `GET /api/v1/events/:id` → `getEventsById`. */
const operationId = (method: string, url: string): string =>
  method.toLowerCase() +
  url
    .slice(API_PREFIX.length)
    .split(/[/-]/)
    .filter((part) => part !== '')
    .map((part) => (part.startsWith(':') ? `By${upper(part.slice(1))}` : upper(part)))
    .join('')
const upper = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

interface Described31 {
  paths: Record<string, Record<string, { responses: Record<string, unknown> }>>
  components: { schemas: Record<string, unknown> }
}

/** Adds what every operation may answer, and leaves out what says nothing. */
function tidy(document: Described31): unknown {
  for (const operations of Object.values(document.paths)) {
    for (const { responses } of Object.values(operations)) {
      for (const status of PROBLEMS) responses[status] ??= PROBLEM_REF
    }
  }
  const text = JSON.stringify(document)
  for (const name of Object.keys(document.components.schemas)) {
    if (!text.includes(`"#/components/schemas/${name}"`)) delete document.components.schemas[name]
  }
  return document
}

/** The pattern of a date is longer than all else that is said of it. */
function withoutNoise(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('format' in value) || value.format !== 'date-time')
    return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== 'pattern'))
}
