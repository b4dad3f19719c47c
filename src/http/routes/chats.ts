import { z } from 'zod'
import { HubError } from '../../core/errors.ts'
import type { ChatId } from '../../core/ids.ts'
import type { ChatRow } from '../../core/store.ts'
import type { Owner } from '../../core/turn.ts'
import type { Api, Edge } from '../edge.ts'
import { presentChat, presentChatDetail, presentMessage, presentPage } from '../present.ts'
import { instanceIdSchema, pageSchema, publicIdSchema } from '../validation.ts'

const OWNERS = ['bot', 'person', 'nobody'] as const satisfies readonly Owner[]

const listQuery = z.strictObject({ ...pageSchema, instance: instanceIdSchema.optional() })
const messagesQuery = z.strictObject(pageSchema)
const idParams = z.strictObject({ id: publicIdSchema('chat') })
const ownerBody = z.strictObject({ owner: z.enum(OWNERS) })

/** Conversations, what was said in them, and who may speak. */
export function chatRoutes(api: Api, { hub }: Edge): void {
  const { store } = hub

  async function chat(id: number): Promise<ChatRow> {
    const row = await store.getChat(id as ChatId)
    if (row === undefined) throw new HubError('E_NOT_FOUND', 'There is no such chat.')
    return row
  }

  api.get('/chats', { schema: { querystring: listQuery } }, async ({ query }) =>
    presentPage(store.listChats(query), presentChat),
  )

  api.get('/chats/:id', { schema: { params: idParams } }, async ({ params }) => {
    const row = await chat(params.id)
    const contact = row.contact === undefined ? undefined : await store.getContact(row.contact)
    return presentChatDetail(row, contact)
  })

  api.get(
    '/chats/:id/messages',
    { schema: { params: idParams, querystring: messagesQuery } },
    async ({ params, query }) => {
      const { id } = await chat(params.id)
      return presentPage(store.listMessages(id, query), presentMessage)
    },
  )

  api.post(
    '/chats/:id/owner',
    { config: { scope: 'send' }, schema: { params: idParams, body: ownerBody } },
    async ({ params, body }) => {
      const { id } = await chat(params.id)
      const change = await hub.setOwner(id, body.owner)
      return { ...presentChat(await chat(id)), ...(change?.inFlight && { inFlight: change.inFlight }) }
    },
  )
}
