import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { HubError } from '../../core/errors.ts'
import { MEDIA_TYPES } from '../../core/events.ts'
import { type CommandId, type InstanceId, messageId } from '../../core/ids.ts'
import type { KnownInstance } from '../../core/registry.ts'
import type { Page, PageRequest } from '../../core/store.ts'
import type { SendRequest } from '../../hub.ts'
import { commandRequest, MAX_TEXT } from '../command-body.ts'
import { queuedCommand } from '../contract/gateway.ts'
import { instanceList } from '../contract/instances.ts'
import type { Api, Edge } from '../edge.ts'
import { idempotencyKey } from '../idempotency.ts'
import { foreignCursor, pageOfRest } from '../paging.ts'
import { presentInstance, presentPage } from '../present.ts'
import { resolveRecipient } from '../recipient.ts'
import { instanceIdSchema, pageSchema } from '../validation.ts'

/** A medium of the largest size in base64, and what goes with it. */
const MAX_COMMAND_BYTES = 24 * 1024 * 1024

const listQuery = z.strictObject(pageSchema)
const idParams = z.strictObject({ id: instanceIdSchema })
const messageBody = z
  .strictObject({
    to: z.string().min(1).max(150),
    text: z.string().min(1).max(MAX_TEXT).optional(),
    media: z
      .strictObject({
        type: z.enum(MEDIA_TYPES),
        url: z.url({ protocol: /^https?$/, error: 'must be an absolute http or https URL' }).max(2048),
        fileName: z.string().min(1).max(255).optional(),
      })
      .optional(),
    replyTo: z.string().min(1).max(128).optional(),
    /** Take the chat over for a person first. */
    claim: z.boolean().default(false),
  })
  .refine((body) => body.text !== undefined || body.media !== undefined, {
    path: ['text'],
    message: 'must be given, or "media"',
  })
type MessageBody = z.output<typeof messageBody>

/** The numbers of this hub, and sending through them. */
export function instanceRoutes(api: Api, { hub }: Edge): void {
  const { registry, store } = hub

  api.get(
    '/instances',
    { schema: { querystring: listQuery, response: { 200: instanceList } } },
    async ({ query }) => {
      const states = new Map((await store.instanceStates()).map((state) => [state.instance, state]))
      return presentPage(Promise.resolve(pageOf([...registry.instances.values()], query)), (known) =>
        presentInstance(known, states.get(known.config.id), registry.serverOf(known.config)?.id),
      )
    },
  )

  async function queue(
    instance: InstanceId,
    request: { to: string; claim: boolean; command: SendRequest['command'] },
    raw: IncomingMessage,
  ): Promise<{ id: CommandId }> {
    if (!registry.instances.has(instance))
      throw new HubError('E_NOT_FOUND', 'There is no such instance in the hub.')
    const key = idempotencyKey(raw)
    const { id } = await hub.send({
      instance,
      to: await resolveRecipient(hub, instance, request.to.trim()),
      command: request.command,
      ...(key !== undefined && { idempotencyKey: key }),
      claim: request.claim,
    })
    return { id }
  }

  api.post(
    '/instances/:id/messages',
    {
      config: { scope: 'send' },
      schema: { params: idParams, body: messageBody, response: { 202: queuedCommand } },
    },
    async ({ params, body, raw }, reply) =>
      reply.code(202).send(await queue(params.id, { ...body, command: messageOf(body) }, raw)),
  )

  api.post(
    '/instances/:id/commands',
    {
      config: { scope: 'send' },
      schema: { params: idParams, body: commandRequest, response: { 202: queuedCommand } },
      bodyLimit: MAX_COMMAND_BYTES,
    },
    async ({ params, body, raw }, reply) => reply.code(202).send(await queue(params.id, body, raw)),
  )
}

function messageOf({ text, media, replyTo }: MessageBody): SendRequest['command'] {
  const reply = replyTo === undefined ? {} : { replyTo: messageId(replyTo) }
  if (media === undefined) return { type: 'text', text: text ?? '', ...reply }
  const { type, url, fileName } = media
  return {
    type: 'media',
    media: type,
    url,
    ...(text === undefined ? {} : { text }),
    ...(fileName === undefined ? {} : { fileName }),
    ...reply,
  }
}

/** The cursor is the name of the last one shown. */
function pageOf(instances: readonly KnownInstance[], { limit, cursor }: PageRequest): Page<KnownInstance> {
  const last = cursor === undefined ? -1 : instances.findIndex(({ config }) => config.id === cursor)
  if (cursor !== undefined && last < 0) throw foreignCursor()
  return pageOfRest(instances.slice(last + 1), limit, ({ config }) => config.id)
}
