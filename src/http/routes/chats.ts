import { HubError } from '../../core/errors.ts'
import type { ChatId } from '../../core/ids.ts'
import type { ChatRow } from '../../core/store.ts'
import {
  chatDetail,
  chatList,
  chatListQuery,
  chatParams,
  messageList,
  messageListQuery,
  ownerBody,
  ownerChange,
} from '../contract/chats.ts'
import type { Api, Edge } from '../edge.ts'
import { presentChat, presentChatDetail, presentMessage, presentPage } from '../present.ts'

/** Conversations, what was said in them, and who may speak. */
export function chatRoutes(api: Api, edge: Edge): void {
  const { hub } = edge
  const { store } = hub

  async function chat(id: number): Promise<ChatRow> {
    const row = await store.getChat(id as ChatId)
    if (row === undefined) throw new HubError('E_NOT_FOUND', 'There is no such chat.')
    return row
  }

  api.get(
    '/chats',
    {
      schema: {
        querystring: chatListQuery,
        response: { 200: chatList },
      },
    },
    async ({ query }) => presentPage(store.listChats(query), presentChat),
  )

  api.get(
    '/chats/:id',
    {
      schema: {
        params: chatParams,
        response: { 200: chatDetail },
      },
    },
    async ({ params }) => {
      const row = await chat(params.id)
      const contact = row.contact === undefined ? undefined : await store.getContact(row.contact)
      return presentChatDetail(row, contact)
    },
  )

  api.get(
    '/chats/:id/messages',
    {
      schema: {
        params: chatParams,
        querystring: messageListQuery,
        response: { 200: messageList },
      },
    },
    async ({ params, query }) => {
      const { id } = await chat(params.id)
      return presentPage(store.listMessages(id, query), presentMessage)
    },
  )

  api.post(
    '/chats/:id/owner',
    {
      config: { scope: 'send' },
      schema: {
        params: chatParams,
        body: ownerBody,
        response: { 200: ownerChange },
      },
    },
    async (request) => {
      const { params, body } = request
      const { id } = await chat(params.id)
      const change = await hub.setOwner(id, body.owner)
      await edge.audit(request, {
        action: 'chat.owner',
        target: `chat_${id}`,
        detail: { owner: body.owner },
      })
      return { ...presentChat(await chat(id)), ...(change?.inFlight && { inFlight: change.inFlight }) }
    },
  )
}
