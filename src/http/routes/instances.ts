import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import type { InstanceConfig } from '../../core/config.ts'
import { HubError } from '../../core/errors.ts'
import { MEDIA_TYPES } from '../../core/events.ts'
import { messageId } from '../../core/ids.ts'
import type { Page } from '../../core/store.ts'
import type { Hub } from '../../hub.ts'
import type { Api, Edge } from '../edge.ts'
import { presentInstance, presentPage } from '../present.ts'
import { resolveRecipient } from '../recipient.ts'
import { instanceIdSchema, pageSchema, shapeOf } from '../validation.ts'

/** WhatsApp's own limit on a text. */
const MAX_TEXT = 65_536
const MAX_KEY = 200

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
  const { config, store } = hub

  api.get('/instances', { schema: { querystring: listQuery } }, async ({ query }) => {
    const states = new Map((await store.instanceStates()).map((state) => [state.instance, state]))
    return presentPage(Promise.resolve(pageOf(config.instances, query)), (instance) =>
      presentInstance(instance, states.get(instance.id)),
    )
  })

  api.post(
    '/instances/:id/messages',
    { schema: { params: idParams, body: messageBody } },
    async ({ params, body, raw }, reply) => {
      if (!config.instances.some(({ id }) => id === params.id)) {
        throw new HubError('E_NOT_FOUND', 'There is no such instance in the configuration.')
      }
      const { id } = await hub.send({
        instance: params.id,
        to: await resolveRecipient(hub, params.id, body.to.trim()),
        command: commandOf(body),
        idempotencyKey: idempotencyKey(raw),
        claim: body.claim,
      })
      return reply.code(202).send({ id })
    },
  )
}

function commandOf({ text, media, replyTo }: MessageBody): Parameters<Hub['send']>[0]['command'] {
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

function idempotencyKey(req: IncomingMessage): string | undefined {
  const key = req.headers['idempotency-key']
  if (key === undefined) return undefined
  if (typeof key === 'string' && key.length <= MAX_KEY && /^[\x21-\x7e](?:[\x20-\x7e]*)$/.test(key))
    return key
  throw new HubError(
    'E_INVALID',
    `The header Idempotency-Key must be 1 to ${MAX_KEY} printable ASCII characters (received ${shapeOf(key)}).`,
  )
}

/** Instances live in the configuration; the cursor is the name of the last one shown. */
function pageOf(
  instances: readonly InstanceConfig[],
  { limit, cursor }: { limit: number; cursor?: string },
): Page<InstanceConfig> {
  const last = cursor === undefined ? -1 : instances.findIndex(({ id }) => id === cursor)
  if (cursor !== undefined && last < 0) {
    throw new HubError('E_INVALID', 'query.cursor: must be the "next" of an earlier page, unchanged')
  }
  const data = instances.slice(last + 1, last + 1 + limit)
  const more = last + 1 + limit < instances.length
  return { data, next: more ? (data.at(-1)?.id ?? null) : null }
}
